//! Child processes by `fork`.

/// Runs a closure in a child, which ends with its result; returns the child's id.
pub fn fork(child: impl FnOnce() -> i32) -> Option<libc::pid_t> {
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: what the child runs beyond async-signal-safe functions are allocations and
    // threads, which the C libraries this is tested with keep usable in it.
    let process = unsafe { libc::fork() };
    assert!(process >= 0);
    if process > 0 {
        return Some(process);
    }
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: the timer has no handler for its signal, so it kills a child that hangs. Nothing
    // of the child is to run after `_exit`.
    unsafe {
        libc::alarm(20);
        let run = std::panic::AssertUnwindSafe(child);
        libc::_exit(std::panic::catch_unwind(run).unwrap_or(101));
    }
}

/// Waits for a child's end; returns its exit code, or minus the signal.
pub fn wait(process: libc::pid_t) -> i32 {
    let mut status = 0;
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: the child is this process's own, and is waited for once.
    let waited = unsafe { libc::waitpid(process, &raw mut status, 0) };
    assert_eq!(waited, process);
    match libc::WIFEXITED(status) {
        true => libc::WEXITSTATUS(status),
        false => -libc::WTERMSIG(status),
    }
}
