package pprof

// expandInlinedFrames copies a stack: the runtime's have a pc for each logical frame already, and each is understood alone
// (package runtime, symtab.go). GOROOT's goes by way of Frame.PC, which does not say which frame of the pc it is.
func expandInlinedFrames(dst, pcs []uintptr) int { return copy(dst, pcs) }
