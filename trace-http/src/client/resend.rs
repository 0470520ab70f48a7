//! The number of times that a request was sent before.

use http::Extensions;

/// The number of times that a request was sent before. It is an extension of the request. A
/// retry layer around [`client`](crate::client()) sets it.
///
/// It is recorded as
/// [`http.request.resend_count`](crate::conventions::HTTP_REQUEST_RESEND_COUNT), if it is not
/// zero. This is how a policy of `tower::retry` sets it:
///
/// ```
/// use std::future::{Ready, ready};
/// use http::{Request, Response};
/// use tower::retry::Policy;
/// use trace_http::ResendCount;
///
/// #[derive(Clone)]
/// struct Twice(u32);
///
/// impl<B: Clone, R, E> Policy<Request<B>, Response<R>, E> for Twice {
///     type Future = Ready<()>;
///
///     fn retry(
///         &mut self,
///         request: &mut Request<B>,
///         result: &mut Result<Response<R>, E>,
///     ) -> Option<Ready<()>> {
///         self.0 = self.0.checked_sub(1)?;
///         let failed = result.as_ref().map_or(true, |response| response.status() == 503);
///         failed.then(|| {
///             ResendCount::increment(request.extensions_mut());
///             ready(())
///         })
///     }
///
///     fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
///         Some(request.clone())
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResendCount(pub u32);

impl ResendCount {
    /// Adds one to the count in the extensions of a request that is about to be sent again.
    pub fn increment(extensions: &mut Extensions) {
        let Self(before) = Self::in_extensions(extensions);
        extensions.insert(Self(before.saturating_add(1)));
    }

    pub(super) fn in_extensions(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }
}
