//! Locks and sleeping for threads (not goroutines), on futexes.
//!
//! K1  A lock is never held over a switch of goroutines, unless the switch itself releases it.
//! K2  Nothing in here allocates.
//! K3  All atomics of the runtime come from here. Under the model (`model.rs`) each of their operations is a point where
//!     another thread may go on, and futexes are the model's.

#[cfg(all(test, feature = "model"))]
pub use crate::model::atomics::*;
use crate::sys;
use core::cell::UnsafeCell;
pub use core::sync::atomic::Ordering;
#[cfg(not(all(test, feature = "model")))]
pub use core::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};

/// Turns of busy waiting before a thread sleeps.
const SPINS: u32 = if cfg!(feature = "model") { 1 } else { 8 };
/// Pauses between two looks, at most.
const MOST_PAUSES: u32 = if cfg!(feature = "model") { 1 } else { 16 };

/// Declares statics that are as at first in each execution of the model.
#[macro_export]
macro_rules! shared {
    ($($(#[$a:meta])* $v:vis static $name:ident: $t:ty = $value:expr;)*) => {$(
        $(#[$a])*
        #[cfg_attr(all(test, feature = "model"), unsafe(link_section = "burrow_shared"))]
        $v static $name: $t = $value;
    )*};
}

/// A lock without data: 0 free, 1 held, 2 held and somebody sleeps.
#[repr(transparent)]
pub struct RawLock(AtomicU32);

impl RawLock {
    pub const fn new() -> RawLock {
        RawLock(AtomicU32::new(0))
    }

    #[inline]
    pub fn lock(&self) {
        if self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.lock_slow();
        }
    }

    #[cold]
    fn lock_slow(&self) {
        // Looked at too often, the word is never the holder's alone, who needs it to go on.
        let mut pauses = MOST_PAUSES.min(4);
        for _ in 0..SPINS {
            for _ in 0..pauses {
                sys::pause();
            }
            if self.0.load(Ordering::Relaxed) == 0
                && self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                return;
            }
            pauses = (pauses * 2).min(MOST_PAUSES);
        }
        while self.0.swap(2, Ordering::Acquire) != 0 {
            sys::futex_wait(&self.0, 2, -1);
        }
    }

    pub fn try_lock(&self) -> bool {
        self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[inline]
    pub fn unlock(&self) {
        if self.0.swap(0, Ordering::Release) == 2 {
            sys::futex_wake(&self.0, 1);
        }
    }

    /// The lock for one scope.
    #[inline]
    pub fn guard(&self) -> RawGuard<'_> {
        self.lock();
        RawGuard(self)
    }
}

impl Default for RawLock {
    fn default() -> Self {
        RawLock::new()
    }
}

pub struct RawGuard<'a>(&'a RawLock);

impl Drop for RawGuard<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

/// A lock for what is held for some instructions, and changed often: it is released by a plain store, and so costs half of
/// a `RawLock`. Who has to wait lets others run, and naps if that does not help: the holder may have lost its processor.
#[repr(transparent)]
pub struct BriefLock(AtomicU32);

/// How often one who waits for a `BriefLock` lets others run before it naps, and for how long it does.
const YIELDS: u32 = if cfg!(feature = "model") { u32::MAX } else { 16 };
const NAP_NS: i64 = 20_000;

impl BriefLock {
    pub const fn new() -> BriefLock {
        BriefLock(AtomicU32::new(0))
    }

    #[inline]
    pub fn lock(&self) {
        if self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.lock_slow();
        }
    }

    #[cold]
    fn lock_slow(&self) {
        let mut yields = 0;
        loop {
            for _ in 0..SPINS {
                sys::pause();
                if self.0.load(Ordering::Relaxed) == 0
                    && self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
                {
                    return;
                }
            }
            if yields < YIELDS {
                yields += 1;
                sys::yield_thread();
            } else {
                sys::sleep_ns(NAP_NS);
            }
        }
    }

    #[inline]
    pub fn unlock(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// The lock for one scope.
    #[inline]
    pub fn guard(&self) -> BriefGuard<'_> {
        self.lock();
        BriefGuard(self)
    }
}

pub struct BriefGuard<'a>(&'a BriefLock);

impl Drop for BriefGuard<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

/// Data behind a lock.
pub struct Mutex<T> {
    lock: RawLock,
    data: UnsafeCell<T>,
}

// SAFETY: the lock gives one thread at a time access.
unsafe impl<T> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    pub const fn new(data: T) -> Mutex<T> {
        Mutex { lock: RawLock::new(), data: UnsafeCell::new(data) }
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.lock.lock();
        MutexGuard(self)
    }

    pub fn raw(&self) -> &RawLock {
        &self.lock
    }

    /// # Safety
    /// The caller holds the lock, or is alone.
    #[allow(clippy::mut_from_ref, reason = "the lock is the proof")]
    pub unsafe fn get(&self) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.data.get() }
    }
}

pub struct MutexGuard<'a, T>(&'a Mutex<T>);

impl<T> core::ops::Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock.
        unsafe { &*self.0.data.get() }
    }
}

impl<T> core::ops::DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock.
        unsafe { &mut *self.0.data.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.0.lock.unlock();
    }
}

/// A one-shot event for one sleeping thread.
#[derive(Default)]
pub struct Note(AtomicU32);

impl Note {
    pub const fn new() -> Note {
        Note(AtomicU32::new(0))
    }

    pub fn clear(&self) {
        self.0.store(0, Ordering::Release);
    }

    pub fn wake(&self) {
        self.0.store(1, Ordering::Release);
        sys::futex_wake(&self.0, 1);
    }

    pub fn sleep(&self) {
        while self.0.load(Ordering::Acquire) == 0 {
            sys::futex_wait(&self.0, 0, -1);
        }
    }

    /// Looks `n` times whether the event came.
    pub fn spin(&self, n: u32) -> bool {
        (0..n).any(|_| {
            core::hint::spin_loop();
            self.0.load(Ordering::Acquire) != 0
        })
    }

    /// Like `sleep`, but at most `ns` nanoseconds; whether the event came.
    pub fn sleep_for(&self, ns: i64) -> bool {
        if self.0.load(Ordering::Acquire) == 0 {
            sys::futex_wait(&self.0, 0, ns);
        }
        self.0.load(Ordering::Acquire) != 0
    }
}

/// A static that is written once at start, or whose users follow a rule of their own.
pub struct Global<T>(UnsafeCell<T>);

// SAFETY: every access is an unsafe call that names its reason.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    pub const fn new(value: T) -> Global<T> {
        Global(UnsafeCell::new(value))
    }

    pub const fn as_ptr(&self) -> *mut T {
        self.0.get()
    }

    /// # Safety
    /// No other reference to the value is in use.
    #[allow(clippy::mut_from_ref, reason = "the caller's rule is the proof")]
    pub unsafe fn get(&self) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.0.get() }
    }
}
