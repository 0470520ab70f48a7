//! Routes: the path patterns of a router, with names in place of values.

use std::borrow::Cow;
use std::fmt;

use http::Extensions;

/// The route that a request has matched, such as `/users/{id}`. If this crate does not know the
/// router, put this into the extensions of the response, or into those of the request before it
/// reaches [`server`](crate::server()).
///
/// Routes of axum are found automatically.
///
/// ```
/// use http::Response;
/// use trace_http::Route;
///
/// let mut response = Response::new("Ferris");
/// response.extensions_mut().insert(Route::new("/users/{id}"));
/// ```
#[derive(Clone)]
pub struct Route(Text);

#[derive(Clone)]
enum Text {
    Given(Cow<'static, str>),
    #[cfg(feature = "axum")]
    Matched(axum::extract::MatchedPath),
}

impl Route {
    /// Makes a route from its path.
    pub fn new(path: impl Into<Cow<'static, str>>) -> Self {
        Self(Text::Given(path.into()))
    }

    /// Returns the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Given(path) => path,
            #[cfg(feature = "axum")]
            Text::Matched(path) => path.as_str(),
        }
    }

    /// Returns the route that is in the extensions of a request or response.
    pub(crate) fn from_extensions(extensions: &Extensions) -> Option<Self> {
        if let Some(route) = extensions.get::<Self>() {
            return Some(route.clone());
        }
        #[cfg(feature = "axum")]
        if let Some(path) = extensions.get::<axum::extract::MatchedPath>() {
            return Some(Self(Text::Matched(path.clone())));
        }
        None
    }
}

/// Returns the path of the route that is in the extensions of a request or response.
pub(crate) fn path_in(extensions: &Extensions) -> Option<&str> {
    if let Some(route) = extensions.get::<Route>() {
        return Some(route.as_str());
    }
    #[cfg(feature = "axum")]
    if let Some(path) = extensions.get::<axum::extract::MatchedPath>() {
        return Some(path.as_str());
    }
    None
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Route").field(&self.as_str()).finish()
    }
}
