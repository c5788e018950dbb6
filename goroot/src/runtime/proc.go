package runtime

import (
	"internal/abi"
	"internal/cpu"
	"internal/runtime/atomic"
	"internal/runtime/exithook"
	"internal/runtime/maps"
	"internal/runtime/sys"
	"unsafe"
)

// The order in which a program begins: main (below) is the main goroutine; it prepares what package initialisers
// rely on, runs them all, then the program's main.main.

//go:linkname main_main main.main
func main_main()

//go:linkname goInit go:init
func goInit()

// mainStarted is set once the initialisers may run; exit hooks and GC finalizers wait for it.
var mainStarted bool

// runtimeReady tells the Rust side that collections may start.
func runtimeReady()

func main() {
	prepare()
	main_main()
	finish()
}

// prepare and finish are functions of their own so that the instruction behind the call of main.main is main's:
// programs ask FuncForPC about it.
//
//go:noinline
func prepare() {
	cpu.Initialize(godebugText())
	maps.AlgInit()
	itabsinit()
	exithook.Gosched = Gosched
	exithook.Goid = func() uint64 { return me().goid }
	exithook.Throw = throw
	mainStarted = true
	startMemProfile()
	runtimeReady()
	initProcs()
	lockMain()
	// An initialiser that panics, or calls Goexit, lets go of the thread, too.
	defer unlockMain()
	goInit()
}

//go:noinline
func finish() {
	os_beforeExit(0)
	exit(0)
}

// The main goroutine stays on the first thread while initialisers run, so that they may lock it for good.
func lockMain()
func unlockMain()

func exit(code int32)

//go:linkname os_beforeExit os.runtime_beforeExit
func os_beforeExit(code int) {
	exithook.Run(code)
	waitForDeath()
}

// waitForDeath blocks if another goroutine is reporting a fatal panic.
func waitForDeath()

// Gosched yields the processor.
func Gosched()

// goyield yields to the goroutines of this P.
func goyield()

// NumGoroutine returns the number of goroutines that currently exist.
func NumGoroutine() int

// LockOSThread wires the calling goroutine to its current operating system thread.
func LockOSThread()

// UnlockOSThread undoes an earlier call to LockOSThread.
func UnlockOSThread()

func newproc(fn func()) {
	if fn == nil {
		fatal("go of nil func value")
	}
	newproc0(fn, sys.GetCallerPC())
}

//go:linkname newproc0 runtime.burrowNewproc
func newproc0(fn func(), callerPC uintptr)

func procPin() int
func procUnpin()

//go:linkname procPin
//go:linkname procUnpin

//go:linkname sync_procPin sync.runtime_procPin
func sync_procPin() int { return procPin() }

//go:linkname sync_procUnpin sync.runtime_procUnpin
func sync_procUnpin() { procUnpin() }

//go:linkname atomic_procPin sync/atomic.runtime_procPin
func atomic_procPin() int { return procPin() }

//go:linkname atomic_procUnpin sync/atomic.runtime_procUnpin
func atomic_procUnpin() { procUnpin() }

//go:linkname setProcs runtime.burrowSetProcs
func setProcs(n int) int

//go:linkname numCPU runtime.burrowNCPU
func numCPU() int

// NumCPU returns the number of logical CPUs usable by the process.
func NumCPU() int { return numCPU() }

// NumCgoCall returns the number of cgo calls made by the process.
func NumCgoCall() int64 { return 0 }

// keepAlive does nothing with p, elsewhere: until its call, p is needed.
func keepAlive(p unsafe.Pointer)

// KeepAlive marks its argument as currently reachable.
//
//go:noinline
func KeepAlive(x any) {
	if keepAliveNever {
		print(efaceOf(&x).data)
	}
}

var keepAliveNever bool

// nothing is what a deferred or started call of a built-in without effect does.
func nothing() {}

// Breakpoint executes a breakpoint trap.
func Breakpoint()

// ---- arguments and environment

//go:linkname argc runtime.burrowArgc
func argc() int

//go:linkname argv runtime.burrowArgv
func argv() unsafe.Pointer

//go:linkname envp runtime.burrowEnvp
func envp() unsafe.Pointer

//go:linkname auxvStart runtime.burrowAuxv
func auxvStart() unsafe.Pointer

var argslice, envslice []string

//go:linkname os_args os.runtime_args
func os_args() []string {
	if argslice == nil {
		n := argc()
		list := make([]string, n)
		for i := range list {
			list[i] = cstring(*(**byte)(add(argv(), uintptr(i)*8)))
		}
		argslice = list
	}
	return append([]string{}, argslice...)
}

func environ() []string {
	if envslice == nil {
		p := envp()
		n := 0
		for *(*unsafe.Pointer)(add(p, uintptr(n)*8)) != nil {
			n++
		}
		list := make([]string, n)
		for i := range list {
			list[i] = cstring(*(**byte)(add(p, uintptr(i)*8)))
		}
		envslice = list
	}
	return envslice
}

//go:linkname syscall_envs syscall.runtime_envs
func syscall_envs() []string { return append([]string{}, environ()...) }

func gogetenv(key string) string {
	for _, s := range environ() {
		if len(s) > len(key) && s[len(key)] == '=' && s[:len(key)] == key {
			return s[len(key)+1:]
		}
	}
	return ""
}

// godebugOwn is what the program has set GODEBUG to, nil if nothing.
var godebugOwn atomic.Pointer[string]

func godebugText() string {
	if own := godebugOwn.Load(); own != nil {
		return *own
	}
	return gogetenv("GODEBUG")
}

func godebugChange(env string) {
	godebugOwn.Store(&env)
	godebugNotify(env)
}

// godebugSetting gives the value of one GODEBUG setting; the environment wins over the program's defaults.
func godebugSetting(key string) string {
	if v, ok := settingIn(godebugText(), key); ok {
		return v
	}
	v, _ := settingIn(godebugDefault, key)
	return v
}

func settingIn(text, key string) (string, bool) {
	for end := len(text); end > 0; {
		start := end
		for start > 0 && text[start-1] != ',' {
			start--
		}
		item := text[start:end]
		if len(item) > len(key) && item[len(key)] == '=' && item[:len(key)] == key {
			return item[len(key)+1:], true
		}
		end = start - 1
	}
	return "", false
}

func panicNilAllowed() bool { return godebugSetting("panicnil") == "1" }

//go:linkname syscall_Exit syscall.Exit
func syscall_Exit(code int) { exit(int32(code)) }

//go:linkname syscall_Getpagesize syscall.Getpagesize
func syscall_Getpagesize() int { return 4096 }

//go:linkname syscall_runtimeSetenv syscall.runtimeSetenv
func syscall_runtimeSetenv(k, v string) {
	if k == "GODEBUG" {
		godebugChange(v)
	}
}

//go:linkname syscall_runtimeUnsetenv syscall.runtimeUnsetenv
func syscall_runtimeUnsetenv(k string) {
	if k == "GODEBUG" {
		godebugChange("")
	}
}

//go:linkname syscall_runtimeClearenv syscall.runtimeClearenv
func syscall_runtimeClearenv(env map[string]int) {
	if _, ok := env["GODEBUG"]; ok {
		godebugChange("")
	}
}

var godebugUpdate func(def, env string)

func godebugNotify(env string) {
	if godebugUpdate != nil {
		godebugUpdate(godebugDefault, env)
	}
}

//go:linkname godebug_setUpdate internal/godebug.setUpdate
func godebug_setUpdate(update func(string, string)) {
	godebugUpdate = update
	godebugNotify(godebugText())
}

//go:linkname godebug_setNewIncNonDefault internal/godebug.setNewIncNonDefault
func godebug_setNewIncNonDefault(f func(string) func()) {}

//go:linkname getAuxv
func getAuxv() []uintptr {
	p := auxvStart()
	n := 0
	for *(*uintptr)(add(p, uintptr(n)*8)) != 0 {
		n += 2
	}
	return unsafe.Slice((*uintptr)(p), n)
}

// Set by the linker (-X).
var buildVersion = "go1.27.3"
var defaultGOROOT string
var modinfo string
var godebugDefault string

// GOROOT returns the root of the Go tree, from the environment or as it was when the program was built.
func GOROOT() string {
	if s := gogetenv("GOROOT"); s != "" {
		return s
	}
	return defaultGOROOT
}

//go:linkname goBuildversion go:buildversion
var goBuildversion string

//go:linkname goModinfo go:modinfo
var goModinfo string

// Version returns the Go version that the standard library and language are of.
func Version() string {
	if goBuildversion != "" {
		return goBuildversion
	}
	return buildVersion
}

//go:linkname debug_modinfo runtime/debug.modinfo
func debug_modinfo() string {
	if goModinfo != "" {
		return goModinfo
	}
	return modinfo
}

// GOOS is the running program's operating system target.
const GOOS = "linux"

// GOARCH is the running program's architecture target.
const GOARCH = "amd64"

// Compiler is the name of the compiler toolchain that built the running binary. Programs compare it with "gc" to
// know which language and libraries they get.
const Compiler = "gc"

// ---- random numbers

func rand() uint64
func cheaprand() uint32
func bootstrapRand() uint64

//go:linkname rand
//go:linkname bootstrapRand
//go:linkname cheaprand

func rand32() uint32 { return uint32(rand() >> 32) }

//go:linkname randn
func randn(n uint32) uint32 { return uint32((uint64(uint32(rand())) * uint64(n)) >> 32) }

//go:linkname cheaprandn
func cheaprandn(n uint32) uint32 { return uint32((uint64(cheaprand()) * uint64(n)) >> 32) }

//go:linkname cheaprand64
func cheaprand64() int64 { return int64(cheaprand())<<31 ^ int64(cheaprand()) }

//go:linkname maps_rand internal/runtime/maps.rand
func maps_rand() uint64 { return rand() }

//go:linkname vgetrandom
func vgetrandom(p []byte, flags uint32) (ret int, supported bool) { return -1, false }

// ---- time

func nanotime() int64
func walltime() (sec int64, nsec int32)

//go:linkname nanotime

//go:linkname time_now time.now
func time_now() (sec int64, nsec int32, mono int64) {
	if b := me().bubble; b != nil {
		return bubbleNow()
	}
	sec, nsec = walltime()
	return sec, nsec, nanotime()
}

//go:linkname time_runtimeNow time.runtimeNow
func time_runtimeNow() (sec int64, nsec int32, mono int64) { return time_now() }

//go:linkname time_runtimeNano time.runtimeNano
func time_runtimeNano() int64 {
	if b := me().bubble; b != nil {
		return bubbleTime()
	}
	return nanotime()
}

//go:linkname isync_nanotime internal/sync.runtime_nanotime
func isync_nanotime() int64 { return nanotime() }

//go:linkname fips_monoTime crypto/internal/fips140deps/time.monoTime
func fips_monoTime() int64 { return nanotime() }

//go:linkname godebug_write internal/godebug.write
func godebug_write(fd uintptr, p unsafe.Pointer, n int32) int32 { return write(fd, p, n) }

func write(fd uintptr, p unsafe.Pointer, n int32) int32

//go:linkname write

func fcntl(fd, cmd, arg int32) (ret int32, errno int32)

//go:linkname fcntl

func entersyscall()
func exitsyscall()

//go:linkname entersyscall
//go:linkname exitsyscall

//go:linkname syscall_cgocaller syscall.cgocaller
func syscall_cgocaller(fn unsafe.Pointer, args ...uintptr) uintptr {
	throw("syscall.cgocaller: no cgo in this program")
	return 0
}

//go:linkname syscall_doAllThreadsSyscall syscall.runtime_doAllThreadsSyscall
func syscall_doAllThreadsSyscall(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, err uintptr) {
	var out [3]uintptr
	in := [7]uintptr{trap, a1, a2, a3, a4, a5, a6}
	allThreadsSyscall(&in, &out)
	return out[0], out[1], out[2]
}

func allThreadsSyscall(in *[7]uintptr, out *[3]uintptr)

// ---- coroutines (package iter)

// A coro is a goroutine that runs only while another one waits for it.
type coro struct {
	waiting unsafe.Pointer // the G that does not run now
	f       func(*coro)
}

// coroStart makes a goroutine, not yet runnable, for fn; coroSwitch parks the current goroutine in c.waiting and runs
// what was there; coroExit runs what was there and ends the current goroutine.
func coroStart(fn func()) unsafe.Pointer
func coroSwitch(slot *unsafe.Pointer)
func coroExit(slot *unsafe.Pointer)

//go:linkname newcoro
func newcoro(f func(*coro)) *coro {
	c := &coro{f: f}
	c.waiting = coroStart(func() {
		defer coroExit(&c.waiting) // also after Goexit
		c.f(c)
	})
	return c
}

//go:linkname coroswitch
func coroswitch(c *coro) { coroSwitch(&c.waiting) }

// ---- fips140

//go:linkname fips_getIndicator crypto/internal/fips140.getIndicator
func fips_getIndicator() uint8 { return uint8(me().fips) }

//go:linkname fips_setIndicator crypto/internal/fips140.setIndicator
func fips_setIndicator(v uint8) { me().fips = me().fips&^0xff | uintptr(v) }

//go:linkname fips_isBypassed crypto/fips140.isBypassed
func fips_isBypassed() bool { return me().fips&0x100 != 0 }

//go:linkname fips_setBypass crypto/fips140.setBypass
func fips_setBypass() { me().fips |= 0x100 }

//go:linkname fips_unsetBypass crypto/fips140.unsetBypass
func fips_unsetBypass() { me().fips &^= 0x100 }

//go:linkname subtle_setDITEnabled crypto/subtle.setDITEnabled
func subtle_setDITEnabled() bool { return false }

//go:linkname subtle_setDITDisabled crypto/subtle.setDITDisabled
func subtle_setDITDisabled() {}

var _ abi.Kind
