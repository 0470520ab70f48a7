//! The tracer of new roots in the whole process.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use super::builder::BuildError;
use super::tracer::Tracer;
use crate::record::{TracerCore, active};

static GLOBAL: RwLock<Option<Arc<TracerCore>>> = RwLock::new(None);

/// Keeps the process's tracer installed; dropping it delivers what is left.
///
/// Dereferences to the [`Tracer`].
#[must_use = "dropping the guard removes the tracer, and `let _ = ..` drops it at once: bind it in `main` with `let _tracing = ..`"]
#[derive(Debug)]
pub struct TracerGuard(Tracer);

/// A tracer that could not be installed.
pub struct InstallError(Reason);

#[derive(Debug)]
enum Reason {
    AlreadyInstalled,
    Build(BuildError),
}

pub(super) fn install(
    build: impl FnOnce() -> Result<Tracer, BuildError>,
) -> Result<TracerGuard, InstallError> {
    let mut global = GLOBAL.write().unwrap_or_else(PoisonError::into_inner);
    if global.is_some() {
        return Err(InstallError(Reason::AlreadyInstalled));
    }
    let tracer = build()?;
    *global = Some(Arc::clone(tracer.core()));
    Ok(TracerGuard(tracer))
}

/// The tracer for a root that begins here: the one that surrounds the code, else
/// the process's.
pub(super) fn current() -> Option<Arc<TracerCore>> {
    active::with_tracer(Arc::clone).or_else(|| {
        let global = GLOBAL.read().unwrap_or_else(PoisonError::into_inner);
        global.clone()
    })
}

impl Deref for TracerGuard {
    type Target = Tracer;

    fn deref(&self) -> &Tracer {
        &self.0
    }
}

impl Drop for TracerGuard {
    fn drop(&mut self) {
        let mut global = GLOBAL.write().unwrap_or_else(PoisonError::into_inner);
        *global = None;
        drop(global);
        let _report = self.0.shut_down_in_time();
    }
}

impl From<BuildError> for InstallError {
    fn from(error: BuildError) -> Self {
        Self(Reason::Build(error))
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::AlreadyInstalled => f.write_str(
                "a tracer is installed already; expected one `install` in a process, or `build` for another tracer",
            ),
            Reason::Build(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for InstallError {
    /// The message: a `main` that returns the error shows it in this form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstallError({self})")
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Reason::AlreadyInstalled => None,
            Reason::Build(error) => std::error::Error::source(error),
        }
    }
}
