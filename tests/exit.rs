//! Ends of processes whose tracer is still installed: what each delivers, and how long it
//! takes.
//!
//! Has no harness: it is its own program, which runs one of the ends if it is told which.

#![cfg_attr(not(unix), allow(unused, reason = "only Unix tells of the end"))]
#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked `#[test]` for tests, not what they call"
)]

#[cfg(unix)]
#[path = "exit/ends.rs"]
mod ends;
#[cfg(unix)]
#[path = "fork/process.rs"]
#[expect(dead_code, reason = "its children end in another way here")]
mod process;

fn main() {
    #[cfg(unix)]
    unix::run();
}

#[cfg(unix)]
mod unix {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::ends::{self, ENDS, End};

    /// What tells this program which end to run.
    const RUN: &str = "--run-end=";

    /// What a shutdown takes at most that is not to be waited for.
    const SHORT: Duration = Duration::from_secs(10);

    pub(super) fn run() {
        let told = std::env::args().find_map(|arg| Some(arg.strip_prefix(RUN)?.to_owned()));
        if let Some(told) = told {
            let end = ENDS.iter().find(|end| end.name == told).unwrap();
            return (end.run)();
        }
        for end in ENDS {
            check(end);
        }
        a_guard_that_was_dropped_in_vain_is_not_waited_for_again();
    }

    fn command(name: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(format!("{RUN}{name}"));
        command
    }

    #[expect(clippy::disallowed_methods, reason = "a wait is what is tested")]
    fn now() -> Instant {
        Instant::now()
    }

    fn check(end: &End) {
        let begin = now();
        let output = command(end.name).output().unwrap();
        let took = begin.elapsed();
        let errors = String::from_utf8_lossy(&output.stderr);
        let name = end.name;
        assert_eq!(output.status.code(), Some(end.code), "{name}:\n{errors}");
        let said = String::from_utf8_lossy(&output.stdout);
        let mut said: Vec<&str> = said.lines().collect();
        said.sort_unstable();
        assert_eq!(said, end.says, "{name}:\n{errors}");
        for line in end.warns {
            assert!(
                errors.lines().any(|other| other == *line),
                "{name}:\n{errors}"
            );
        }
        assert!(took < SHORT, "{name} took {took:?}");
        assert!(took >= end.takes, "{name} took {took:?}");
    }

    fn a_guard_that_was_dropped_in_vain_is_not_waited_for_again() {
        let mut child = command("dropped in vain")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "dropped");
        let begin = now();
        assert!(lines.next().is_none());
        assert!(child.wait().unwrap().success());
        assert!(begin.elapsed() < ends::IN_VAIN / 2, "waits twice");
    }
}
