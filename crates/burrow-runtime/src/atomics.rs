//! Out-of-line forms of the atomic functions: the compiler knows them as intrinsics, but they may also be func values.
//! All are sequentially consistent. Those that write pointers are in `barrier.rs`.

use crate::sync::{AtomicU8, AtomicU32, AtomicU64, Ordering::SeqCst};

macro_rules! exports {
    ($($kind:ident $atomic:ty, $word:ty: $($name:literal)*;)*) => {
        $($( exports!(@one $kind $atomic, $word, $name); )*)*
    };
    (@one load $a:ty, $w:ty, $n:literal) => {
        const _: () = {
            #[unsafe(export_name = $n)]
            unsafe extern "C" fn f(p: *const $a) -> $w {
                // SAFETY: a Go variable.
                unsafe { (*p).load(SeqCst) }
            }
        };
    };
    (@one store $a:ty, $w:ty, $n:literal) => {
        const _: () = {
            #[unsafe(export_name = $n)]
            unsafe extern "C" fn f(p: *const $a, v: $w) {
                // SAFETY: a Go variable.
                unsafe { (*p).store(v, SeqCst) }
            }
        };
    };
    (@one swap $a:ty, $w:ty, $n:literal) => { exports!(@rmw $a, $w, $n, swap); };
    (@one or $a:ty, $w:ty, $n:literal) => { exports!(@rmw $a, $w, $n, fetch_or); };
    (@one and $a:ty, $w:ty, $n:literal) => { exports!(@rmw $a, $w, $n, fetch_and); };
    (@rmw $a:ty, $w:ty, $n:literal, $f:ident) => {
        const _: () = {
            #[unsafe(export_name = $n)]
            unsafe extern "C" fn f(p: *const $a, v: $w) -> $w {
                // SAFETY: a Go variable.
                unsafe { (*p).$f(v, SeqCst) }
            }
        };
    };
    (@one add $a:ty, $w:ty, $n:literal) => {
        const _: () = {
            #[unsafe(export_name = $n)]
            unsafe extern "C" fn f(p: *const $a, v: $w) -> $w {
                // SAFETY: a Go variable.
                unsafe { (*p).fetch_add(v, SeqCst).wrapping_add(v) }
            }
        };
    };
    (@one cas $a:ty, $w:ty, $n:literal) => {
        const _: () = {
            #[unsafe(export_name = $n)]
            unsafe extern "C" fn f(p: *const $a, old: $w, new: $w) -> bool {
                // SAFETY: a Go variable.
                unsafe { (*p).compare_exchange(old, new, SeqCst, SeqCst).is_ok() }
            }
        };
    };
}

exports! {
    add AtomicU32, u32:
        "internal/runtime/atomic.Xadd"
        "internal/runtime/atomic.Xaddint32"
        "sync/atomic.AddInt32"
        "sync/atomic.AddUint32"
    ;
    add AtomicU64, u64:
        "internal/runtime/atomic.Xadd64"
        "internal/runtime/atomic.Xaddint64"
        "internal/runtime/atomic.Xadduintptr"
        "sync/atomic.AddInt64"
        "sync/atomic.AddUint64"
        "sync/atomic.AddUintptr"
    ;
    and AtomicU8, u8:
        "internal/runtime/atomic.And8"
    ;
    and AtomicU32, u32:
        "internal/runtime/atomic.And"
        "internal/runtime/atomic.And32"
        "sync/atomic.AndInt32"
        "sync/atomic.AndUint32"
    ;
    and AtomicU64, u64:
        "internal/runtime/atomic.And64"
        "internal/runtime/atomic.Anduintptr"
        "sync/atomic.AndInt64"
        "sync/atomic.AndUint64"
        "sync/atomic.AndUintptr"
    ;
    cas AtomicU32, u32:
        "internal/runtime/atomic.Cas"
        "internal/runtime/atomic.CasRel"
        "internal/runtime/atomic.Casint32"
        "sync/atomic.CompareAndSwapInt32"
        "sync/atomic.CompareAndSwapUint32"
    ;
    cas AtomicU64, u64:
        "internal/runtime/atomic.Cas64"
        "internal/runtime/atomic.Casint64"
        "internal/runtime/atomic.Casuintptr"
        "sync/atomic.CompareAndSwapInt64"
        "sync/atomic.CompareAndSwapUint64"
        "sync/atomic.CompareAndSwapUintptr"
    ;
    load AtomicU32, u32:
        "internal/runtime/atomic.Loadint32"
        "sync/atomic.LoadInt32"
        "sync/atomic.LoadUint32"
    ;
    load AtomicU64, u64:
        "internal/runtime/atomic.Loadint64"
        "internal/runtime/atomic.Loaduint"
        "internal/runtime/atomic.Loaduintptr"
        "sync/atomic.LoadInt64"
        "sync/atomic.LoadPointer"
        "sync/atomic.LoadUint64"
        "sync/atomic.LoadUintptr"
    ;
    or AtomicU8, u8:
        "internal/runtime/atomic.Or8"
    ;
    or AtomicU32, u32:
        "internal/runtime/atomic.Or"
        "internal/runtime/atomic.Or32"
        "sync/atomic.OrInt32"
        "sync/atomic.OrUint32"
    ;
    or AtomicU64, u64:
        "internal/runtime/atomic.Or64"
        "internal/runtime/atomic.Oruintptr"
        "sync/atomic.OrInt64"
        "sync/atomic.OrUint64"
        "sync/atomic.OrUintptr"
    ;
    store AtomicU8, u8:
        "internal/runtime/atomic.Store8"
    ;
    store AtomicU32, u32:
        "internal/runtime/atomic.Store"
        "internal/runtime/atomic.StoreRel"
        "internal/runtime/atomic.Storeint32"
        "sync/atomic.StoreInt32"
        "sync/atomic.StoreUint32"
    ;
    store AtomicU64, u64:
        "internal/runtime/atomic.Store64"
        "internal/runtime/atomic.StoreRel64"
        "internal/runtime/atomic.StoreReluintptr"
        "internal/runtime/atomic.Storeint64"
        "internal/runtime/atomic.StorepNoWB"
        "internal/runtime/atomic.Storeuintptr"
        "sync/atomic.StoreInt64"
        "sync/atomic.StoreUint64"
        "sync/atomic.StoreUintptr"
    ;
    swap AtomicU8, u8:
        "internal/runtime/atomic.Xchg8"
    ;
    swap AtomicU32, u32:
        "internal/runtime/atomic.Xchg"
        "internal/runtime/atomic.Xchgint32"
        "sync/atomic.SwapInt32"
        "sync/atomic.SwapUint32"
    ;
    swap AtomicU64, u64:
        "internal/runtime/atomic.Xchg64"
        "internal/runtime/atomic.Xchgint64"
        "internal/runtime/atomic.Xchguintptr"
        "sync/atomic.SwapInt64"
        "sync/atomic.SwapUint64"
        "sync/atomic.SwapUintptr"
    ;
}
