//! The host: its name, id, processor and operating system.

use trace_core::Tag;

use super::container;
use super::machine::Machine;
use crate::conventions::resource_key as key;

/// Detects `os.type` and `host.*`.
pub(super) fn detect(machine: &Machine<'_>) -> Vec<Tag> {
    let mut tags = vec![
        Tag::new(key::OS_TYPE, os_type(std::env::consts::OS)),
        Tag::new(key::HOST_ARCH, architecture(std::env::consts::ARCH)),
    ];
    tags.extend(
        machine
            .host_name()
            .map(|name| Tag::new(key::HOST_NAME, name)),
    );
    tags.extend(id(machine).map(|id| Tag::new(key::HOST_ID, id)));
    tags
}

/// Returns the id of the machine; `None` in a container, where it would be the image's id, or
/// one that several containers share.
///
/// Source: semantic conventions, *Host*, "Non-privileged Machine ID Lookup".
fn id(machine: &Machine<'_>) -> Option<String> {
    if container::is_container(machine) {
        return None;
    }
    let files = ["/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostid"];
    let ids = files.iter().filter_map(|path| machine.text(path));
    // A system image that was not booted yet has `uninitialized` here.
    let mut ids = ids.filter(|id| id != "uninitialized");
    ids.next()
}

fn os_type(name: &'static str) -> &'static str {
    match name {
        "macos" | "ios" => "darwin",
        "dragonfly" => "dragonflybsd",
        "illumos" => "solaris",
        "android" => "linux",
        other => other,
    }
}

fn architecture(name: &'static str) -> &'static str {
    match name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_conventions() {
        assert_eq!(
            ["macos", "linux", "windows"].map(os_type),
            ["darwin", "linux", "windows"]
        );
        assert_eq!(
            ["x86_64", "aarch64", "riscv64"].map(architecture),
            ["amd64", "arm64", "riscv64"]
        );
    }

    #[test]
    fn a_container_has_no_machine_id() {
        let machine_id = ("/etc/machine-id", "fdbf79e8af94cb7f9e8df36789187052\n");
        let dbus = ("/var/lib/dbus/machine-id", "0123");
        let found = |files: &[_]| Machine::with(files, &[], id);
        assert_eq!(
            found(&[machine_id, dbus]).as_deref(),
            Some("fdbf79e8af94cb7f9e8df36789187052")
        );
        assert_eq!(
            found(&[("/etc/machine-id", "uninitialized\n"), dbus]).as_deref(),
            Some("0123")
        );
        assert_eq!(found(&[machine_id, ("/.dockerenv", "")]), None);
    }
}
