//! Detects tags that describe this process: service, process, host, container, Kubernetes.
//!
//! All tags come from variables and files of this machine; the network is not used. Tags that
//! cannot be read are left out. [`from_env`](crate::from_env()) adds these tags to the
//! resource. Tags of `OTEL_RESOURCE_ATTRIBUTES` win.
//!
//! | tag | from |
//! |---|---|
//! | `telemetry.sdk.name`, `.language`, `.version` | `trace-core`, `rust`, the version of this crate |
//! | `service.instance.id` | a random UUID for each process; the child of a `fork` has its own |
//! | `process.pid`, `process.executable.name`, `process.executable.path` | the process |
//! | `process.owner` | the effective user in `/proc/self/status`, with its name from `/etc/passwd` |
//! | `process.runtime.name`, `process.runtime.version` | `rustc`, and the version of the compiler |
//! | `os.type`, `host.arch` | the target of the build |
//! | `host.name` | the kernel, `/etc/hostname`, `HOSTNAME`, `COMPUTERNAME` |
//! | `host.id` | `/etc/machine-id`; not in containers, where it would be the image's id |
//! | `container.id` | `/proc/self/cgroup` (versions 1 and 2), `/proc/self/mountinfo` |
//! | `k8s.pod.name` | `K8S_POD_NAME` or `POD_NAME`, or the name of the host, unless that is the node's name |
//! | `k8s.pod.uid` | `K8S_POD_UID` or `POD_UID`, or cgroups and mounts |
//! | `k8s.namespace.name` | `K8S_NAMESPACE_NAME`, `K8S_NAMESPACE` or `POD_NAMESPACE`, or the service account |
//! | `k8s.node.name` | `K8S_NODE_NAME` or `NODE_NAME` |
//! | `k8s.container.name` | `K8S_CONTAINER_NAME` or `CONTAINER_NAME`, or mounts |
//!
//! The names are those of OpenTelemetry's semantic conventions 1.44. `process.command_args` is
//! not among them, because arguments may contain secrets. To add it, call
//! `.tag("process.command_args", resource::command_args())`.
//!
//! ```
//! use trace_core::Tracer;
//!
//! let mut builder = Tracer::builder("shop");
//! for tag in trace_otlp::resource::detect() {
//!     builder = builder.tag(tag.key, tag.value);
//! }
//! # let _ = builder;
//! ```

mod cgroup;
mod container;
mod host;
mod kubernetes;
mod machine;
mod process;
mod service;

use trace_core::{Tag, TagValue};

use machine::Machine;

/// Returns the tags that describe this process and its machine.
///
/// Reads a few small files. In the child of a `fork`, call it again: the child is another
/// process.
#[must_use]
pub fn detect() -> Vec<Tag> {
    Machine::with_this(detect_on)
}

/// Returns the arguments with which this process was started, the program's name first.
///
/// Arguments may contain secrets, so they are in a resource only if the application adds them.
#[must_use]
pub fn command_args() -> TagValue {
    let arguments = std::env::args_os().map(|text| text.to_string_lossy().into_owned());
    arguments.collect::<Vec<_>>().into()
}

/// Returns the name of this program's file, for services without a name.
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) fn executable_name() -> Option<String> {
    Machine::with_this(process::executable_name)
}

fn detect_on(machine: &Machine<'_>) -> Vec<Tag> {
    let detectors = [
        service::detect,
        process::detect,
        host::detect,
        container::detect,
        kubernetes::detect,
    ];
    detectors
        .iter()
        .flat_map(|detect| detect(machine))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_described_once_for_each_key() {
        let tags = detect();
        let mut keys: Vec<_> = tags.iter().map(|tag| tag.key.as_ref()).collect();
        for key in [
            "telemetry.sdk.name",
            "service.instance.id",
            "process.pid",
            "os.type",
        ] {
            assert!(keys.contains(&key), "{key}: {keys:?}");
        }
        assert!(!keys.contains(&"process.command_args"));
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all, "{keys:?}");
    }

    #[test]
    fn nothing_to_read_is_no_mistake() {
        let tags = detect_on(&Machine::nowhere());
        let mut keys: Vec<_> = tags.iter().map(|tag| tag.key.as_ref()).collect();
        keys.retain(|key| !key.starts_with("telemetry."));
        let known = [
            "service.instance.id",
            "process.pid",
            "process.runtime.name",
            "process.runtime.version",
            "os.type",
            "host.arch",
        ];
        assert_eq!(keys, known);
    }
}
