//! The container in which the process runs.

use trace_core::Tag;

use super::machine::Machine;
use super::{cgroup, kubernetes};
use crate::conventions::resource_key as key;

/// Detects `container.id`.
pub(super) fn detect(machine: &Machine<'_>) -> Vec<Tag> {
    let id = id(machine).map(|id| Tag::new(key::CONTAINER_ID, id));
    id.into_iter().collect()
}

/// Returns whether the process runs in a container.
pub(super) fn is_container(machine: &Machine<'_>) -> bool {
    machine.has_file("/.dockerenv")
        || machine.has_file("/run/.containerenv")
        || kubernetes::is_pod(machine)
        || id(machine).is_some()
}

fn id(machine: &Machine<'_>) -> Option<String> {
    let groups = cgroup::groups(machine);
    let mut ids = groups
        .iter()
        .filter_map(|group| cgroup::container_id(group));
    if let Some(id) = ids.next() {
        return Some(id.to_owned());
    }
    // In a cgroup namespace, the path is `/`. The paths of files that the runtime mounts still
    // contain the id. In a pod, that is the id of another container, which only holds the
    // network.
    if kubernetes::is_pod(machine) {
        return None;
    }
    let mounts = cgroup::mounted(machine);
    mounts.iter().find_map(|parts| id_in_mount(parts))
}

/// Returns the id in the path of a mounted file, as in
/// `/var/lib/docker/containers/ID/hostname` and, for podman,
/// `/overlay-containers/ID/userdata/hostname`.
fn id_in_mount(parts: &[String]) -> Option<String> {
    let mut pairs = parts.windows(2);
    pairs.find_map(|pair| match pair {
        [folder, id] if folder.ends_with("containers") && cgroup::is_hex(id, 64) => {
            Some(id.clone())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn found(cgroup: &str, mountinfo: &str) -> Option<String> {
        let files = [
            ("/proc/self/cgroup", cgroup),
            ("/proc/self/mountinfo", mountinfo),
        ];
        Machine::with(&files, &[], id)
    }

    #[test]
    fn control_groups_have_the_id_in_many_forms() {
        for group in [
            "12:cpu,cpuacct:/docker/ID",
            "0::/system.slice/docker-ID.scope",
            "1:name=systemd:/kubepods/besteffort/pod8c1f4a31-7d2c-4a3e-9a5e-b5f8a3c2d1e0/ID",
            "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope",
            "0::/kubepods.slice/kubepods-pod1.slice/crio-ID.scope",
            "0::/kubepods-burstable-pod1.slice:cri-containerd:ID",
            "0::/user.slice/user@1000.service/user.slice/libpod-ID.scope/container",
            "4:memory:/ecs/1a2b/ID",
            "0::/docker/fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210/docker/ID",
        ] {
            let text = format!("13:pids:/\n{}\n", group.replace("ID", ID));
            assert_eq!(found(&text, "").as_deref(), Some(ID), "{group}");
        }
    }

    #[test]
    fn fargate_has_an_id_of_its_own_form() {
        let task = "0123456789abcdef0123456789abcdef";
        let text = format!("9:perf_event:/ecs/{task}/{task}-2189373312\n");
        assert_eq!(found(&text, ""), Some(format!("{task}-2189373312")));
    }

    #[test]
    fn version_2_of_control_groups_leaves_it_to_the_mounts() {
        let docker = format!(
            "573 563 254:1 /var/lib/docker/containers/{ID}/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda rw\n"
        );
        assert_eq!(found("0::/\n", &docker).as_deref(), Some(ID));
        let podman = format!(
            "600 590 0:47 /containers/overlay-containers/{ID}/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n"
        );
        assert_eq!(found("0::/\n", &podman).as_deref(), Some(ID));
        // The id of the container that holds the pod's network.
        let sandbox = format!(
            "600 590 8:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n"
        );
        assert_eq!(found("0::/\n", &sandbox), None);
    }

    #[test]
    fn a_process_on_a_host_is_in_no_container() {
        let host = "0::/user.slice/user-1000.slice/session-3.scope\n";
        let mounts = "26 1 254:1 / / rw,relatime - ext4 /dev/vda rw\n";
        assert_eq!(found(host, mounts), None);
        let files = [
            ("/proc/self/cgroup", host),
            ("/proc/self/mountinfo", mounts),
        ];
        assert!(!Machine::with(&files, &[], is_container));
    }

    #[test]
    fn damaged_files_are_no_mistake() {
        let long = "/".repeat(100_000);
        for text in ["", ":", "0::", "0", "a:b:c:d:e", "\u{0}", "-.scope", &long] {
            assert_eq!(found(text, text), None);
        }
    }
}
