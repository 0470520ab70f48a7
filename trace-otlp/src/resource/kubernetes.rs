//! Detects the pod in which the process runs, from variables and files.
//!
//! Never calls the cluster's API server.

use trace_core::Tag;

use super::cgroup;
use super::machine::Machine;
use crate::conventions::resource_key as key;

const NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Detects `k8s.*`.
pub(super) fn detect(machine: &Machine<'_>) -> Vec<Tag> {
    if !is_pod(machine) {
        return Vec::new();
    }
    let known = [
        (key::K8S_POD_NAME, pod_name(machine)),
        (key::K8S_POD_UID, pod_uid(machine)),
        (key::K8S_NAMESPACE_NAME, namespace(machine)),
        (
            key::K8S_NODE_NAME,
            machine.variable(&["K8S_NODE_NAME", "NODE_NAME"]),
        ),
        (key::K8S_CONTAINER_NAME, container_name(machine)),
    ];
    let known = known.into_iter();
    known
        .filter_map(|(key, text)| Some(Tag::new(key, text?)))
        .collect()
}

/// Returns whether the process runs in a pod.
pub(super) fn is_pod(machine: &Machine<'_>) -> bool {
    machine.variable(&["KUBERNETES_SERVICE_HOST"]).is_some()
        || machine.has_file(NAMESPACE)
        || cgroup::groups(machine)
            .iter()
            .any(|group| group.starts_with("kubepods"))
}

/// Returns the name in the pod's variables, or the host name, which is usually the pod's name.
fn pod_name(machine: &Machine<'_>) -> Option<String> {
    let said = machine.variable(&["K8S_POD_NAME", "POD_NAME"]);
    said.or_else(|| {
        // A pod on the network of its node has the node's host name. The kubelet notes this in
        // the file. For other pods, it writes only `# Kubernetes-managed hosts file.`
        let hosts = machine.text("/etc/hosts").unwrap_or_default();
        let is_of_node = hosts
            .lines()
            .any(|line| line.starts_with("# Kubernetes-managed") && line.contains("host network"));
        (!is_of_node).then(|| machine.host_name()).flatten()
    })
}

fn pod_uid(machine: &Machine<'_>) -> Option<String> {
    let said = machine.variable(&["K8S_POD_UID", "POD_UID"]);
    let of_groups = || {
        let groups = cgroup::groups(machine);
        groups.iter().find_map(|group| cgroup::pod_uid(group))
    };
    let of_mounts = || {
        let mounts = cgroup::mounted(machine);
        mounts
            .iter()
            .find_map(|parts| Some(place_in_pod(parts)?.0.to_owned()))
    };
    said.or_else(of_groups).or_else(of_mounts)
}

fn namespace(machine: &Machine<'_>) -> Option<String> {
    let names = ["K8S_NAMESPACE_NAME", "K8S_NAMESPACE", "POD_NAMESPACE"];
    let said = machine.variable(&names);
    said.or_else(|| machine.text(NAMESPACE))
}

/// Returns the container's name, from the path of its termination log.
fn container_name(machine: &Machine<'_>) -> Option<String> {
    let said = machine.variable(&["K8S_CONTAINER_NAME", "CONTAINER_NAME"]);
    said.or_else(|| {
        let mounts = cgroup::mounted(machine);
        mounts
            .iter()
            .find_map(|parts| match place_in_pod(parts)?.1 {
                [folder, name, ..] if folder == "containers" => Some(name.clone()),
                _ => None,
            })
    })
}

/// Returns the pod's uid and the rest of a path in the kubelet's folder, as in
/// `/var/lib/kubelet/pods/UID/containers/NAME/0a1b2c3d`.
fn place_in_pod(parts: &[String]) -> Option<(&str, &[String])> {
    let pods = parts.iter().position(|part| part == "pods")?;
    let (uid, rest) = parts.get(pods + 1..)?.split_first()?;
    cgroup::is_pod_uid(uid).then_some((uid.as_str(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "8c1f4a31-7d2c-4a3e-9a5e-b5f8a3c2d1e0";
    const SERVER: (&str, &str) = ("KUBERNETES_SERVICE_HOST", "10.96.0.1");
    const HOST: (&str, &str) = ("/proc/sys/kernel/hostname", "orders-5f7d9c-x2v\n");

    fn found(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Vec<String> {
        let tags = Machine::with(files, variables, detect);
        let tags = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value));
        tags.collect()
    }

    #[test]
    fn outside_of_a_pod_nothing_is_said() {
        assert!(found(&[HOST], &[("POD_NAME", "orders"), ("NODE_NAME", "n")]).is_empty());
    }

    #[test]
    fn variables_of_the_downward_api_come_first() {
        let variables = [
            SERVER,
            ("POD_NAME", "orders-1"),
            ("POD_UID", UID),
            ("POD_NAMESPACE", "shop"),
            ("K8S_NODE_NAME", "node-1"),
            ("CONTAINER_NAME", "app"),
        ];
        let files = [HOST, (NAMESPACE, "other\n")];
        let expected = [
            "k8s.pod.name=orders-1",
            &format!("k8s.pod.uid={UID}"),
            "k8s.namespace.name=shop",
            "k8s.node.name=node-1",
            "k8s.container.name=app",
        ];
        assert_eq!(found(&files, &variables), expected);
    }

    #[test]
    fn without_variables_files_say_it() {
        let mounts = format!(
            "1 2 8:1 /var/lib/kubelet/pods/{UID}/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n\
             3 2 8:1 /var/lib/kubelet/pods/{UID}/containers/app/0a1b2c3d /dev/termination-log rw - ext4 /dev/sda1 rw\n"
        );
        let files = [
            HOST,
            (NAMESPACE, "shop"),
            (
                "/etc/hosts",
                "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n",
            ),
            ("/proc/self/cgroup", "0::/\n"),
            ("/proc/self/mountinfo", &mounts),
        ];
        let expected = [
            "k8s.pod.name=orders-5f7d9c-x2v",
            &format!("k8s.pod.uid={UID}"),
            "k8s.namespace.name=shop",
            "k8s.container.name=app",
        ];
        assert_eq!(found(&files, &[]), expected);
    }

    #[test]
    fn control_groups_have_the_uid_with_two_kinds_of_marks() {
        let systemd = format!(
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{}.slice/x\n",
            UID.replace('-', "_")
        );
        let plain = format!("5:cpu:/kubepods/besteffort/pod{UID}/x\n");
        for group in [systemd, plain] {
            let found = found(&[("/proc/self/cgroup", &group)], &[]);
            assert_eq!(found, [format!("k8s.pod.uid={UID}")]);
        }
    }

    #[test]
    fn a_pod_with_the_name_of_its_node_has_none() {
        let hosts = "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n";
        assert!(found(&[HOST, ("/etc/hosts", hosts)], &[SERVER]).is_empty());
    }
}
