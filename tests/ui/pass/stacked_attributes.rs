use trace_core::{trace_root, traced};

mod reexport {
    pub use trace_core as tracing;
}

#[tokio::main(flavor = "current_thread")]
#[trace_root("main", crate = reexport::tracing)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    #![allow(unused_variables)]
    let unused = 1;
    twice().await;
    inlined(1).await?;
    documented();
    Ok(())
}

#[trace_root("outer")]
#[traced("inner")]
async fn twice() {}

/// Documented.
#[traced]
#[inline]
#[must_use]
#[deprecated]
#[cfg(all())]
#[cfg_attr(all(), doc(hidden))]
#[expect(clippy::unused_async)]
pub async fn inlined(#[allow(unused)] a: u32) -> Result<u32, std::fmt::Error> {
    Ok(1)
}

#[traced]
#[track_caller]
pub(crate) fn documented() -> Option<u32> {
    //! Documented inside.
    None
}
