package pprof

import "io"

// expandInlinedFrames copies a stack: the runtime's have a pc for each logical frame already, and each is understood alone
// (package runtime, symtab.go). GOROOT's goes by way of Frame.PC, which does not say which frame of the pc it is.
func expandInlinedFrames(dst, pcs []uintptr) int { return copy(dst, pcs) }

func runtime_findLeaks() error

// writeGoroutineLeak looks for leaked goroutines and writes their stacks. GOROOT's cannot say that the search was not made.
func writeGoroutineLeak(w io.Writer, debug int) error {
	goroutineLeakProfileLock.Lock()
	defer goroutineLeakProfileLock.Unlock()
	if err := runtime_findLeaks(); err != nil {
		return err
	}
	if debug >= 2 {
		return writeGoroutineStacks(w)
	}
	return writeRuntimeProfile(w, debug, "goroutineleak", pprof_goroutineLeakProfileWithLabels)
}
