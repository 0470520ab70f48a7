//! Other threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Another thread that runs jobs one after another.
pub(crate) struct Threads {
    jobs: Sender<Job>,
    done: Mutex<Receiver<()>>,
    is_busy: AtomicBool,
}

/// Programs may nest polls of futures to any depth.
const STACK_BYTES: usize = 128 << 20;

impl Threads {
    pub(crate) fn new() -> Self {
        let (jobs, received) = channel::<Job>();
        let (finished, done) = channel();
        Builder::new()
            .stack_size(STACK_BYTES)
            .spawn(move || {
                for job in received {
                    job();
                    let _sent = finished.send(());
                }
            })
            .unwrap();
        Self {
            jobs,
            done: Mutex::new(done),
            is_busy: AtomicBool::new(false),
        }
    }

    /// Runs a job on the other thread, or on this thread if the other one waits for it.
    pub(crate) fn run(&self, job: Job) {
        if self.is_busy.swap(true, Ordering::Relaxed) {
            return job();
        }
        self.jobs.send(job).unwrap();
        self.done.lock().unwrap().recv().unwrap();
        self.is_busy.store(false, Ordering::Relaxed);
    }
}

/// Runs a job on a new thread that ends with the job.
pub(super) fn run_once(job: Job) {
    let thread = Builder::new().stack_size(STACK_BYTES).spawn(job);
    thread.unwrap().join().unwrap();
}
