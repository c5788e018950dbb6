//! Atomics as `core` has them, of the same size; before each operation another thread may go on.

use super::switch;
use core::sync::atomic::{self, Ordering};

macro_rules! common {
    ($name:ident $([$p:ident])?, $inner:ty, $t:ty) => {
        #[derive(Default)]
        #[repr(transparent)]
        pub struct $name $(<$p>)? ($inner);

        impl $(<$p>)? $name $(<$p>)? {
            pub const fn new(v: $t) -> Self {
                Self(<$inner>::new(v))
            }
            pub fn load(&self, _: Ordering) -> $t {
                switch();
                self.0.load(Ordering::SeqCst)
            }
            pub fn store(&self, v: $t, _: Ordering) {
                switch();
                self.0.store(v, Ordering::SeqCst)
            }
            pub fn swap(&self, v: $t, _: Ordering) -> $t {
                switch();
                self.0.swap(v, Ordering::SeqCst)
            }
            pub fn compare_exchange(
                &self,
                old: $t,
                new: $t,
                _: Ordering,
                _: Ordering,
            ) -> Result<$t, $t> {
                switch();
                self.0.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst)
            }
            /// The value, without being seen by the model.
            #[allow(dead_code, reason = "not for every type")]
            pub fn peek(&self) -> $t {
                self.0.load(Ordering::SeqCst)
            }
        }
    };
}

macro_rules! numbers {
    ($($name:ident $t:ty),*) => {$(
        common!($name, atomic::$name, $t);

        #[allow(dead_code, reason = "not for every type")]
        impl $name {
            pub fn fetch_add(&self, v: $t, _: Ordering) -> $t {
                switch();
                self.0.fetch_add(v, Ordering::SeqCst)
            }
            pub fn fetch_sub(&self, v: $t, _: Ordering) -> $t {
                switch();
                self.0.fetch_sub(v, Ordering::SeqCst)
            }
            pub fn fetch_or(&self, v: $t, _: Ordering) -> $t {
                switch();
                self.0.fetch_or(v, Ordering::SeqCst)
            }
            pub fn fetch_and(&self, v: $t, _: Ordering) -> $t {
                switch();
                self.0.fetch_and(v, Ordering::SeqCst)
            }
        }
    )*};
}

numbers!(AtomicI32 i32, AtomicI64 i64, AtomicU8 u8, AtomicU32 u32, AtomicU64 u64, AtomicUsize usize);
common!(AtomicBool, atomic::AtomicBool, bool);
common!(AtomicPtr[T], atomic::AtomicPtr<T>, *mut T);
