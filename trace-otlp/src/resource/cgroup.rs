//! Reads paths in `/proc` that identify containers and pods: control groups and mounts.
//!
//! Finds ids in paths. The detectors decide what an id identifies.

use super::machine::Machine;

/// Returns the path segments of this process's control groups, the innermost first.
///
/// Source: `cgroups(7)`, "/proc/pid files": lines are `number:controllers:path`. Version 2 has
/// one line, `0::path`.
pub(super) fn groups(machine: &Machine<'_>) -> Vec<String> {
    let text = machine.text("/proc/self/cgroup").unwrap_or_default();
    let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    // containerd without systemd's driver writes `parent.slice:cri-containerd:id`.
    let parts = paths.flat_map(|path| path.rsplit(['/', ':']));
    parts
        .filter(|part| !part.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// Returns, for each mount, the segments of the mounted path.
///
/// Source: `proc_pid_mountinfo(5)`: the fourth field is the path within the file system, the
/// fifth is the mount point.
pub(super) fn mounted(machine: &Machine<'_>) -> Vec<Vec<String>> {
    let text = machine.text("/proc/self/mountinfo").unwrap_or_default();
    let paths = text.lines().filter_map(|line| line.split(' ').nth(3));
    let parts = paths.map(|path| path.split('/').map(ToOwned::to_owned).collect());
    parts.collect()
}

/// Returns the container's id in the name of a control group: 64 hex digits, alone or as in
/// `docker-ID.scope`. On AWS Fargate, an id is 32 hex digits, `-` and a number.
pub(super) fn container_id(group: &str) -> Option<&str> {
    let name = group.strip_suffix(".scope").unwrap_or(group);
    if let Some((task, number)) = name.split_once('-')
        && is_hex(task, 32)
        && !number.is_empty()
        && number.bytes().all(|digit| digit.is_ascii_digit())
    {
        return Some(name);
    }
    let id = name.rsplit('-').next()?;
    is_hex(id, 64).then_some(id)
}

/// Returns the pod's uid in the name of a control group, as in `podUID` or
/// `kubepods-burstable-podUID.slice`. The latter has `_` in place of each `-`.
pub(super) fn pod_uid(group: &str) -> Option<String> {
    let name = group.strip_suffix(".slice").unwrap_or(group);
    let (_, uid) = name.rsplit_once("pod")?;
    let uid = uid.replace('_', "-");
    is_pod_uid(&uid).then_some(uid)
}

/// Returns whether the text is a UUID, or 32 hex digits as for static pods.
pub(super) fn is_pod_uid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    is_hex(text, 32)
        || groups.len() == 5
            && groups
                .iter()
                .zip([8, 4, 4, 4, 12])
                .all(|(group, digits)| is_hex(group, digits))
}

pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}
