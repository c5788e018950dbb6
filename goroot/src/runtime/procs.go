package runtime

import (
	"internal/runtime/cgroup"
	_ "unsafe" // for linkname
)

// How many goroutines may run at once, if neither the program nor the environment says: as many as there are
// processors for this process, but no more than what its cgroup may use on average (rounded up, at least 2). Both may
// change while the program runs: a goroutine of the runtime looks once a second, while there is work.

var cgroups struct {
	// The package wants this much to read in; it lies in bss, and is hardly touched.
	scratch [cgroup.ScratchSize]byte
	cpu     cgroup.CPU
	known   bool
}

// procsChosen is set while the number is the program's or the environment's choice. Changed with the world as it is: who
// changes GOMAXPROCS twice at once gets one of both.
var procsChosen bool

// cpuCount counts the processors of this process anew.
//
//go:linkname cpuCount runtime.burrowCPUCount
func cpuCount() int

// waitProcsDue parks until a second has passed in which somebody ran.
func waitProcsDue()

// initProcs is called before the program's initialisers.
func initProcs() {
	if environmentProcs() {
		procsChosen = true
		return
	}
	if godebugSetting("containermaxprocs") != "0" {
		if cpu, err := cgroup.OpenCPU(cgroups.scratch[:]); err == nil {
			cgroups.cpu, cgroups.known = cpu, true
			setProcs(defaultProcs(numCPU()))
		}
	}
	if godebugSetting("updatemaxprocs") != "0" {
		startSystem(watchProcs)
	}
}

// environmentProcs reports whether GOMAXPROCS is a number; the Rust side has used it.
func environmentProcs() bool {
	s := gogetenv("GOMAXPROCS")
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || n > 1<<24 {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n > 0
}

func defaultProcs(n int) int {
	if cgroups.known {
		if limit, ok, err := cgroup.ReadCPULimit(cgroups.cpu); ok && err == nil {
			up := int(limit)
			if float64(up) < limit {
				up++
			}
			n = min(n, max(up, 2))
		}
	}
	return n
}

func watchProcs() {
	for {
		waitProcsDue()
		if n := defaultProcs(cpuCount()); !procsChosen {
			setProcs(n)
		}
	}
}

// GOMAXPROCS sets the maximum number of CPUs that can execute simultaneously and returns the previous setting. If
// n < 1, it does not change the setting.
func GOMAXPROCS(n int) int {
	if n > 0 {
		procsChosen = true
	}
	return setProcs(n)
}

// SetDefaultGOMAXPROCS sets GOMAXPROCS to what it is by default: the number of usable CPUs, or the limit of the
// process's cgroup if that is lower. From now on it follows both again.
func SetDefaultGOMAXPROCS() {
	setProcs(defaultProcs(cpuCount()))
	procsChosen = false
}
