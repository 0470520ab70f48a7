//! The process: its number, program, user and compiler.

use trace_core::Tag;

use super::machine::Machine;
use crate::conventions::resource_key as key;

/// Detects `process.*`.
pub(super) fn detect(machine: &Machine<'_>) -> Vec<Tag> {
    let path = machine.executable.as_ref();
    let path = path.map(|path| path.to_string_lossy().into_owned());
    let known = [
        (key::PROCESS_EXECUTABLE_NAME, executable_name(machine)),
        (key::PROCESS_EXECUTABLE_PATH, path),
        (key::PROCESS_OWNER, owner(machine)),
        // The conventions do not name a runtime for Rust. As for Go, we use the compiler.
        (key::PROCESS_RUNTIME_NAME, Some("rustc".to_owned())),
        (key::PROCESS_RUNTIME_VERSION, compiler()),
    ];
    let known = known
        .into_iter()
        .filter_map(|(key, text)| Some(Tag::new(key, text?)));
    let pid = Tag::new(key::PROCESS_PID, machine.pid);
    std::iter::once(pid).chain(known).collect()
}

/// Returns the name of the program's file.
pub(super) fn executable_name(machine: &Machine<'_>) -> Option<String> {
    let name = machine.executable.as_ref()?.file_name()?;
    Some(name.to_string_lossy().into_owned())
}

fn compiler() -> Option<String> {
    let version = env!("TRACE_OTLP_RUSTC");
    (!version.is_empty()).then(|| version.to_owned())
}

/// Returns the name of the effective user. Only Linux has these files.
fn owner(machine: &Machine<'_>) -> Option<String> {
    let status = machine.text("/proc/self/status")?;
    // Real, effective, saved and file system's user. Source: `proc_pid_status(5)`.
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let effective = users.split_whitespace().nth(1)?;
    let accounts = machine.text("/etc/passwd")?;
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == effective).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_the_effective_user() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nshop:x:1000:1000::/home/shop:/bin/sh\n";
        let status = "Name:\tshop\nUid:\t0\t1000\t0\t0\nGid:\t0\t0\t0\t0\n";
        let files = [("/proc/self/status", status), ("/etc/passwd", passwd)];
        assert_eq!(Machine::with(&files, &[], owner).as_deref(), Some("shop"));
        // A user without an account, as in many containers.
        let files = [("/proc/self/status", "Uid:\t9\t9\t9\t9\n"), files[1]];
        assert_eq!(Machine::with(&files, &[], owner), None);
    }

    #[test]
    fn the_program_is_known_by_its_file() {
        let mut machine = Machine::nowhere();
        machine.executable = Some("/srv/bin/shop".into());
        let tags = detect(&machine);
        let value = |key| {
            tags.iter()
                .find(|tag| tag.key == key)
                .map(|tag| tag.value.to_string())
        };
        assert_eq!(value("process.pid").as_deref(), Some("7"));
        assert_eq!(value("process.executable.name").as_deref(), Some("shop"));
        assert_eq!(
            value("process.executable.path").as_deref(),
            Some("/srv/bin/shop")
        );
        assert!(value("process.runtime.version").is_some_and(|text| text.starts_with("1.")));
    }
}
