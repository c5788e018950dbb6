package runtime

import (
	"internal/abi"
	"unsafe"
)

// Offsets in type descriptors count from the start of the linker's type section; negative ones were given out by
// reflect.addReflectOff for what reflect made at run time.

var reflectOffs struct {
	lock spinLock
	list []unsafe.Pointer // entry i has offset -1-i
	ids  map[unsafe.Pointer]int32
}

// typesBase and textBase are the bases of the offsets.
func typesBase() unsafe.Pointer
func textBase() unsafe.Pointer

func resolveOff(off int32) unsafe.Pointer {
	if off < 0 {
		reflectOffs.lock.lock()
		p := reflectOffs.list[-1-off]
		reflectOffs.lock.unlock()
		return p
	}
	if off == 0 {
		return nil
	}
	return add(typesBase(), uintptr(off))
}

func nameAt(off abi.NameOff) abi.Name { return abi.Name{Bytes: (*byte)(resolveOff(int32(off)))} }

func typeAt(off abi.TypeOff) *abi.Type {
	if off == -1 {
		return nil // a method that the linker left out
	}
	return (*abi.Type)(resolveOff(int32(off)))
}

func textAt(off abi.TextOff) unsafe.Pointer {
	if off == -1 {
		return unsafe.Pointer(unreachableMethodPC())
	}
	if off < 0 {
		return resolveOff(int32(off))
	}
	return add(textBase(), uintptr(off))
}

func unreachableMethodPC() uintptr {
	f := unreachableMethod
	return **(**uintptr)(unsafe.Pointer(&f))
}

func unreachableMethod() { throw("unreachable method called. linker bug?") }

// pkgPathOf is the package path stored with an unexported name of another package.
func pkgPathOf(n abi.Name) string {
	if n.Bytes == nil || *n.Data(0)&(1<<2) == 0 {
		return ""
	}
	i, l := n.ReadVarint(1)
	off := 1 + i + l
	if n.HasTag() {
		i2, l2 := n.ReadVarint(off)
		off += i2 + l2
	}
	var o int32
	for k := 0; k < 4; k++ {
		o |= int32(*n.Data(off + k)) << (8 * k)
	}
	return nameAt(abi.NameOff(o)).Name()
}

func typeString(t *abi.Type) string {
	s := nameAt(t.Str).Name()
	if t.TFlag&abi.TFlagExtraStar != 0 {
		return s[1:]
	}
	return s
}

func toTypeString(t *abi.Type) string { return typeString(t) }

func pkgPath(t *abi.Type) string {
	if u := t.Uncommon(); u != nil {
		return nameAt32(nameAt(u.PkgPath))
	}
	switch t.Kind_ {
	case abi.Struct:
		return nameAt32((*abi.StructType)(unsafe.Pointer(t)).PkgPath)
	case abi.Interface:
		return nameAt32((*abi.InterfaceType)(unsafe.Pointer(t)).PkgPath)
	}
	return ""
}

//go:linkname reflect_resolveNameOff reflect.resolveNameOff
func reflect_resolveNameOff(base unsafe.Pointer, off int32) unsafe.Pointer { return resolveOff(off) }

//go:linkname reflectlite_resolveNameOff internal/reflectlite.resolveNameOff
func reflectlite_resolveNameOff(base unsafe.Pointer, off int32) unsafe.Pointer {
	return resolveOff(off)
}

//go:linkname reflect_resolveTypeOff reflect.resolveTypeOff
func reflect_resolveTypeOff(t unsafe.Pointer, off int32) unsafe.Pointer {
	return unsafe.Pointer(typeAt(abi.TypeOff(off)))
}

//go:linkname reflectlite_resolveTypeOff internal/reflectlite.resolveTypeOff
func reflectlite_resolveTypeOff(t unsafe.Pointer, off int32) unsafe.Pointer {
	return unsafe.Pointer(typeAt(abi.TypeOff(off)))
}

//go:linkname reflect_resolveTextOff reflect.resolveTextOff
func reflect_resolveTextOff(t unsafe.Pointer, off int32) unsafe.Pointer {
	return textAt(abi.TextOff(off))
}

//go:linkname reflect_addReflectOff reflect.addReflectOff
func reflect_addReflectOff(p unsafe.Pointer) int32 {
	// The table is allocated outside of the lock's short section; addReflectOff is rare.
	reflectOffs.lock.lock()
	defer reflectOffs.lock.unlock()
	if reflectOffs.ids == nil {
		reflectOffs.ids = make(map[unsafe.Pointer]int32)
		reflectOffs.list = append(reflectOffs.list, nil) // -1 means an unreachable method
	}
	id, ok := reflectOffs.ids[p]
	if !ok {
		reflectOffs.list = append(reflectOffs.list, p)
		id = -int32(len(reflectOffs.list))
		reflectOffs.ids[p] = id
	}
	return id
}

//go:linkname goTypelinks go:typelinks
var goTypelinks []*abi.Type

//go:linkname reflect_compiledTypelinks reflect.compiledTypelinks
func reflect_compiledTypelinks() ([]*abi.Type, [][]*abi.Type) { return goTypelinks, nil }

//go:linkname reflect_adjustAIXGCDataForRuntime reflect.adjustAIXGCDataForRuntime
func reflect_adjustAIXGCDataForRuntime(p *byte) *byte { return p }
