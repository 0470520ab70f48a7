//! A safe face of `fork`, for children that report numbers and end.

use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Seconds after which a child that hangs is killed.
const LONGEST: libc::c_uint = 20;

pub(super) enum Fork {
    Parent(Child),
    Child,
}

pub(super) struct Child {
    process: libc::pid_t,
    report: File,
}

thread_local! {
    /// Where this process reports to, if it is a child.
    static REPORT: Cell<Option<File>> = const { Cell::new(None) };
}

pub(super) fn fork() -> Fork {
    let (reader, writer) = std::io::pipe().unwrap();
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: what the child runs beyond async-signal-safe functions are allocations and
    // threads, which the C libraries this is tested with keep usable in it.
    let process = unsafe { libc::fork() };
    assert!(process >= 0);
    if process > 0 {
        let report = File::from(OwnedFd::from(reader));
        return Fork::Parent(Child { process, report });
    }
    REPORT.set(Some(File::from(OwnedFd::from(writer))));
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: sets the timer of this process, which has no handler for its signal.
    unsafe {
        libc::alarm(LONGEST);
    }
    Fork::Child
}

/// Ends a child with the report of what it does.
pub(super) fn exit(run: impl FnOnce() -> Vec<u64>) -> ! {
    let code = catch_unwind(AssertUnwindSafe(run)).map_or(1, |numbers| {
        let bytes: Vec<u8> = numbers.into_iter().flat_map(u64::to_ne_bytes).collect();
        let mut report = REPORT.take().unwrap();
        report.write_all(&bytes).map_or(2, |()| 0)
    });
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: nothing of the child is to run any more.
    unsafe {
        libc::_exit(code)
    }
}

impl Child {
    /// Waits for the end of the child; returns what it reported.
    pub(super) fn wait(mut self, round: u64) -> Vec<u64> {
        let mut bytes = Vec::new();
        self.report.read_to_end(&mut bytes).unwrap();
        let mut status = 0;
        #[expect(unsafe_code, reason = "std has no face for it")]
        // SAFETY: the status is a place to write to, and the child nobody else's.
        let process = unsafe { libc::waitpid(self.process, &raw mut status, 0) };
        assert_eq!(process, self.process);
        assert_eq!(status, 0, "the child of round {round} failed, or hung");
        let numbers = bytes.chunks_exact(8);
        let numbers = numbers.map(|number| u64::from_ne_bytes(number.try_into().unwrap()));
        numbers.collect()
    }
}
