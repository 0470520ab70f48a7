//! Child processes made by `fork`.

/// Runs a closure in a child process, which exits with its result. Returns the child's id.
pub fn fork(child: impl FnOnce() -> i32) -> Option<libc::pid_t> {
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: besides async-signal-safe functions, the child only allocates and starts
    // threads. The C libraries of our tests keep both usable in a child.
    let process = unsafe { libc::fork() };
    assert!(process >= 0);
    if process > 0 {
        return Some(process);
    }
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: the timer has no handler for its signal, so it kills a child that hangs. No code
    // of the child may run after `_exit`.
    unsafe {
        libc::alarm(20);
        let run = std::panic::AssertUnwindSafe(child);
        libc::_exit(std::panic::catch_unwind(run).unwrap_or(101));
    }
}

/// Waits for a child's end. Returns its exit code, or the negated signal.
pub fn wait(process: libc::pid_t) -> i32 {
    let mut status = 0;
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: the child belongs to this process, which waits for it once.
    let waited = unsafe { libc::waitpid(process, &raw mut status, 0) };
    assert_eq!(waited, process);
    match libc::WIFEXITED(status) {
        true => libc::WEXITSTATUS(status),
        false => -libc::WTERMSIG(status),
    }
}
