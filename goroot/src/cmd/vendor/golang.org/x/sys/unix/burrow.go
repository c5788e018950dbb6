package unix

import (
	"syscall"
	"unsafe"
)

// What this package has in assembly jumps to package syscall; here it calls that.

func Syscall(trap, a1, a2, a3 uintptr) (r1, r2 uintptr, err syscall.Errno) {
	return syscall.Syscall(trap, a1, a2, a3)
}

func Syscall6(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err syscall.Errno) {
	return syscall.Syscall6(trap, a1, a2, a3, a4, a5, a6)
}

func RawSyscall(trap, a1, a2, a3 uintptr) (r1, r2 uintptr, err syscall.Errno) {
	return syscall.RawSyscall(trap, a1, a2, a3)
}

func RawSyscall6(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err syscall.Errno) {
	return syscall.RawSyscall6(trap, a1, a2, a3, a4, a5, a6)
}

// SyscallNoError and RawSyscallNoError are for calls that can't fail: what they give is a result, whatever it looks like.

func SyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr) {
	return resultOf(syscall.Syscall(trap, a1, a2, a3))
}

func RawSyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr) {
	return resultOf(syscall.RawSyscall(trap, a1, a2, a3))
}

func resultOf(r1, r2 uintptr, err syscall.Errno) (uintptr, uintptr) {
	if err != 0 {
		return -uintptr(err), r2
	}
	return r1, r2
}

func gettimeofday(tv *Timeval) syscall.Errno {
	_, _, err := syscall.RawSyscall(SYS_GETTIMEOFDAY, uintptr(unsafe.Pointer(tv)), 0, 0)
	return err
}
