//! What a fleet shares with the wakers of its runs: which runs are ready.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use crate::types::InstanceId;

#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The runs that are ready to be polled.
    ready: Mutex<VecDeque<InstanceId>>,
    /// The waker of the task that polls the fleet.
    waker: Mutex<Option<Waker>>,
}

impl Shared {
    /// The instance of the next run to poll. Its later wake-ups queue it again.
    pub(super) fn pop(&self) -> Option<InstanceId> {
        lock(&self.ready).pop_front()
    }

    pub(super) fn set_waker(&self, waker: &Waker) {
        lock(&self.waker)
            .get_or_insert_with(|| waker.clone())
            .clone_from(waker);
    }

    fn wake(&self) {
        let waker = lock(&self.waker).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Wakes the fleet for one run, so that only runs that are ready are polled.
pub(super) struct RunWaker {
    instance_id: InstanceId,
    is_queued: AtomicBool,
    shared: Arc<Shared>,
}

impl RunWaker {
    pub(super) fn new(instance_id: InstanceId, shared: &Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            instance_id,
            is_queued: AtomicBool::new(false),
            shared: Arc::clone(shared),
        })
    }

    pub(super) fn queue(&self) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            lock(&self.shared.ready).push_back(self.instance_id.clone());
        }
    }

    /// The run has left the queue and is polled now.
    pub(super) fn begin_poll(self: &Arc<Self>) -> Waker {
        self.is_queued.store(false, Ordering::Release);
        Waker::from(Arc::clone(self))
    }
}

impl Wake for RunWaker {
    fn wake(self: Arc<Self>) {
        self.queue();
        self.shared.wake();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
