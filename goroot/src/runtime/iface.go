package runtime

import (
	"internal/abi"
	"unsafe"
)

type itab = abi.ITab

// The table of itabs: open addressing, read without lock (entries are only added, and a full table is replaced).
var itabs struct {
	table *itabTable
	lock  spinLock
}

type itabTable struct {
	mask  uintptr
	count uintptr
	slots []*itab
}

// A spinLock guards a few instructions.
type spinLock struct{ held uint32 }

func (l *spinLock) lock() {
	for !casUint32(&l.held, 0, 1) {
		osyield()
	}
}

func (l *spinLock) unlock() { casUint32(&l.held, 1, 0) }

//go:noescape
func casUint32(p *uint32, old, new uint32) bool
func osyield()

func itabHash(inter *abi.InterfaceType, t *abi.Type) uintptr {
	return uintptr(inter.Type.Hash) ^ uintptr(t.Hash)*31
}

func (t *itabTable) find(inter *abi.InterfaceType, typ *abi.Type) *itab {
	h := itabHash(inter, typ) & t.mask
	for i := uintptr(1); ; i++ {
		e := t.slots[h]
		if e == nil {
			return nil
		}
		if e.Inter == inter && e.Type == typ {
			return e
		}
		h = (h + i) & t.mask
	}
}

func (t *itabTable) add(e *itab) {
	h := itabHash(e.Inter, e.Type) & t.mask
	for i := uintptr(1); t.slots[h] != nil; i++ {
		h = (h + i) & t.mask
	}
	t.slots[h] = e
	t.count++
}

func newItabTable(size uintptr) *itabTable {
	return &itabTable{mask: size - 1, slots: make([]*itab, size)}
}

//go:linkname goItablinks go:itablinks
var goItablinks []*itab

// itabsinit enters the itabs that the compiler made.
func itabsinit() {
	size := uintptr(512)
	for size < uintptr(len(goItablinks))*2 {
		size *= 2
	}
	t := newItabTable(size)
	for _, e := range goItablinks {
		if t.find(e.Inter, e.Type) == nil {
			t.add(e)
		}
	}
	itabs.table = t
}

func addItab(e *itab) *itab {
	itabs.lock.lock()
	t := itabs.table
	if found := t.find(e.Inter, e.Type); found != nil {
		itabs.lock.unlock()
		return found
	}
	if 4*t.count >= 3*(t.mask+1) {
		larger := newItabTable((t.mask + 1) * 2)
		for _, old := range t.slots {
			if old != nil {
				larger.add(old)
			}
		}
		t = larger
		t.add(e)
		itabs.table = t
	} else {
		t.add(e)
	}
	itabs.lock.unlock()
	return e
}

// getitab gives the itab for t as an inter. If t does not implement it: nil if canfail, else a panic.
func getitab(inter *abi.InterfaceType, t *abi.Type, canfail bool) *itab {
	if len(inter.Methods) == 0 {
		throw("internal error - misuse of itab")
	}
	e := itabs.table.find(inter, t)
	if e == nil {
		e = makeItab(inter, t)
		e = addItab(e)
	}
	if e.Fun[0] != 0 {
		return e
	}
	if canfail {
		return nil
	}
	panic(&TypeAssertionError{concrete: t, asserted: &inter.Type, missing: itabFill(inter, t, nil)})
}

func makeItab(inter *abi.InterfaceType, t *abi.Type) *itab {
	size := unsafe.Sizeof(itab{}) + uintptr(len(inter.Methods)-1)*8
	// In memory of slice of words: an itab's pointers are all static or kept alive by their types.
	words := make([]unsafe.Pointer, (size+7)/8)
	e := (*itab)(unsafe.Pointer(&words[0]))
	e.Inter = inter
	e.Type = t
	e.Hash = t.Hash
	itabFill(inter, t, unsafe.Slice(&e.Fun[0], len(inter.Methods)))
	return e
}

// itabFill fills funs, an itab's methods, unless that is nil. If t lacks a method, funs[0] becomes 0 and the method's
// name is given. Both method lists are sorted by name, so one pass suffices.
func itabFill(inter *abi.InterfaceType, t *abi.Type, funs []uintptr) string {
	x := t.Uncommon()
	var have []abi.Method
	if x != nil {
		have = x.Methods()
	}
	j := 0
	var first uintptr
	for k := range inter.Methods {
		want := &inter.Methods[k]
		wantType := typeAt(want.Typ)
		wantName := nameAt(want.Name)
		text := wantName.Name()
		wantPkg := pkgPathOf(wantName)
		if wantPkg == "" {
			wantPkg = nameAt32(inter.PkgPath)
		}
		found := false
		for ; j < len(have); j++ {
			m := &have[j]
			name := nameAt(m.Name)
			if name.Name() != text || typeAt(m.Mtyp) != wantType {
				continue
			}
			pkg := pkgPathOf(name)
			if pkg == "" {
				pkg = nameAt(x.PkgPath).Name()
			}
			if name.IsExported() || pkg == wantPkg {
				code := uintptr(textAt(m.Ifn))
				if k == 0 {
					first = code
				} else if funs != nil {
					funs[k] = code
				}
				found = true
				j++
				break
			}
		}
		if !found {
			if funs != nil {
				funs[0] = 0
			}
			return text
		}
	}
	if funs != nil {
		funs[0] = first
	}
	return ""
}

func nameAt32(n abi.Name) string {
	if n.Bytes == nil {
		return ""
	}
	return n.Name()
}

func assertE2I(inter *abi.InterfaceType, t *abi.Type) *itab {
	if t == nil {
		panic(&TypeAssertionError{asserted: &inter.Type})
	}
	return getitab(inter, t, false)
}

func assertE2I2(inter *abi.InterfaceType, t *abi.Type) *itab {
	if t == nil {
		return nil
	}
	return getitab(inter, t, true)
}

// panicdottypeE reports that an any holds have instead of want.
func panicdottypeE(have, want, iface *abi.Type) {
	panic(&TypeAssertionError{iface: iface, concrete: have, asserted: want})
}

func panicdottypeI(have *itab, want, iface *abi.Type) {
	var t *abi.Type
	if have != nil {
		t = have.Type
	}
	panicdottypeE(t, want, iface)
}

func panicnildottype(want *abi.Type) {
	panic(&TypeAssertionError{asserted: want})
}

func ifaceE2I(inter *abi.InterfaceType, e eface, dst *iface) {
	*dst = iface{assertE2I(inter, e.typ), e.data}
}

//go:linkname reflect_ifaceE2I reflect.ifaceE2I
func reflect_ifaceE2I(inter *abi.InterfaceType, e eface, dst *iface) { ifaceE2I(inter, e, dst) }

//go:linkname reflectlite_ifaceE2I internal/reflectlite.ifaceE2I
func reflectlite_ifaceE2I(inter *abi.InterfaceType, e eface, dst *iface) { ifaceE2I(inter, e, dst) }

// Data words of interfaces: pointers to copies, or to what is always there for small numbers and zero values.

func convT16(v uint16) unsafe.Pointer {
	if v < uint16(len(staticuint64s)) {
		return unsafe.Pointer(&staticuint64s[v])
	}
	p := mallocgc(2, nil, false)
	*(*uint16)(p) = v
	return p
}

func convT32(v uint32) unsafe.Pointer {
	if v < uint32(len(staticuint64s)) {
		return unsafe.Pointer(&staticuint64s[v])
	}
	p := mallocgc(4, nil, false)
	*(*uint32)(p) = v
	return p
}

func convT64(v uint64) unsafe.Pointer {
	if v < uint64(len(staticuint64s)) {
		return unsafe.Pointer(&staticuint64s[v])
	}
	p := mallocgc(8, nil, false)
	*(*uint64)(p) = v
	return p
}

func convTstring(v string) unsafe.Pointer {
	if v == "" {
		return unsafe.Pointer(&zeroVal[0])
	}
	p := new(string)
	*p = v
	return unsafe.Pointer(p)
}

func convTslice(v []byte) unsafe.Pointer {
	if unsafe.SliceData(v) == nil {
		return unsafe.Pointer(&zeroVal[0])
	}
	p := new([]byte)
	*p = v
	return unsafe.Pointer(p)
}
