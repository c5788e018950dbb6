//! Work that markers share, and how they find that none is left. gc: `gcWork`, `gcMarkDone`.
//!
//! MARK-1  Work is private to a marker, or in the pool. `busy` counts the markers that may have private work; it changes under
//!         the pool's lock, together with what they take. So no work is left when the pool is empty, nobody is busy, and all
//!         root jobs were handed out.
//! MARK-2  Threads without a P mark while the world is stopped, too: a stop says nothing about them. So the collector's thread
//!         closes the pool in the same step in which it finds that no work is left: from then on nobody is busy, and nobody
//!         but that thread takes anything, until it opens the pool again. Everybody may put.
//! MARK-3  Marking ends with a pool that is closed and empty. It stays closed until the next cycle begins.

use crate::sync::{AtomicUsize, Mutex, Ordering};
use rust_alloc::vec::Vec;

pub type Chunk = Vec<usize>;

struct State {
    chunks: Vec<Chunk>,
    busy: usize,
    closed: bool,
}

pub struct Pool {
    state: Mutex<State>,
    /// Chunks in it; read without the lock.
    chunks: AtomicUsize,
    /// The next root job, and how many there are.
    next_root: AtomicUsize,
    roots: AtomicUsize,
}

/// What a marker gets.
pub enum Job {
    Work(Chunk),
    Root(usize),
    /// Others are busy, or the pool is closed.
    Wait,
    /// No work is left; for the collector's thread the pool is closed now (MARK-2).
    Done,
}

impl Pool {
    pub const fn new() -> Pool {
        Pool {
            state: Mutex::new(State { chunks: Vec::new(), busy: 0, closed: true }),
            chunks: AtomicUsize::new(0),
            next_root: AtomicUsize::new(0),
            roots: AtomicUsize::new(0),
        }
    }

    /// A cycle begins, with so many root jobs. World stopped.
    pub fn open(&self, roots: usize) {
        let mut s = self.state.lock();
        assert_rt!(s.closed && s.busy == 0 && s.chunks.is_empty(), "MARK-3 work of another cycle");
        self.next_root.store(0, Ordering::Relaxed);
        self.roots.store(roots, Ordering::Relaxed);
        s.closed = false;
    }

    /// Whether a marker would find nothing in the pool; a hint.
    pub fn is_empty(&self) -> bool {
        self.chunks.load(Ordering::Relaxed) == 0
    }

    pub fn put(&self, chunk: Chunk) {
        let mut s = self.state.lock();
        s.chunks.push(chunk);
        self.chunks.store(s.chunks.len(), Ordering::Relaxed);
    }

    /// A job for a marker that has no private work. `busy`: whether it counts as one that may have some. Only the collector's
    /// thread `closes`.
    pub fn take(&self, busy: &mut bool, closes: bool) -> Job {
        let mut s = self.state.lock();
        let job = if s.closed {
            Job::Wait
        } else if self.next_root.load(Ordering::Relaxed) < self.roots.load(Ordering::Relaxed) {
            Job::Root(self.next_root.fetch_add(1, Ordering::Relaxed))
        } else {
            self.pop(&mut s).map_or(Job::Wait, Job::Work)
        };
        match (&job, *busy) {
            (Job::Work(_) | Job::Root(_), false) => s.busy += 1,
            (Job::Wait, true) => s.busy -= 1,
            _ => {}
        }
        *busy = !matches!(job, Job::Wait);
        if *busy || s.closed || s.busy > 0 {
            return job;
        }
        s.closed = closes;
        Job::Done
    }

    /// A marker that was busy has no private work any more.
    pub fn leave(&self) {
        let mut s = self.state.lock();
        assert_rt!(s.busy > 0, "MARK-1 a marker leaves that was not busy");
        s.busy -= 1;
    }

    /// Work that was put since the pool was closed; for the collector's thread.
    pub fn take_closed(&self) -> Option<Chunk> {
        let mut s = self.state.lock();
        assert_rt!(s.closed && s.busy == 0, "MARK-2 somebody else marks");
        self.pop(&mut s)
    }

    /// The collector's thread found too much work while the pool was closed.
    pub fn reopen(&self) {
        self.state.lock().closed = false;
    }

    /// Asserts that marking is complete (MARK-3).
    pub fn check_over(&self) {
        let s = self.state.lock();
        assert_rt!(s.closed && s.busy == 0 && s.chunks.is_empty(), "MARK-3 marking ends with work");
    }

    fn pop(&self, s: &mut State) -> Option<Chunk> {
        let chunk = s.chunks.pop();
        self.chunks.store(s.chunks.len(), Ordering::Relaxed);
        chunk
    }
}

impl Default for Pool {
    fn default() -> Self {
        Pool::new()
    }
}
