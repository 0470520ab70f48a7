//! Names of spans that consist of parts. Each name is made once and kept.
//!
//! A sampler gets the name of each request, even if the request is not recorded. Such a request
//! must not allocate a name.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// The largest number of names that the process keeps. Routes and methods are part of the
/// program, so there are few. A method that a caller sends is kept only after a server has
/// answered it.
const MAX_NAMES: usize = 2_048;

/// The largest length of a kept name, in bytes. Together with [`MAX_NAMES`], it bounds the
/// memory, even if a server answers every method that callers send.
const MAX_NAME_BYTES: usize = 256;

/// All kept names. They are never freed.
static KEPT: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);

thread_local! {
    /// A cache of the names that this thread has used, so that threads do not wait for the
    /// lock.
    static SEEN: RefCell<Seen> = RefCell::default();
}

#[derive(Default)]
struct Seen {
    /// Names by method and route.
    routes: HashMap<(&'static str, &'static str), &'static str>,
    calls: HashSet<&'static str>,
}

/// Returns the name of a request: its method, or `HTTP`, and the route, if it has one.
pub(crate) fn of_request(method: &'static str, route: Option<&str>) -> Cow<'static, str> {
    let Some(route) = route else {
        return method.into();
    };
    let seen = with_seen(|seen| seen.routes.get(&(method, route)).copied());
    if let Some(name) = seen {
        return name.into();
    }
    let name = format!("{method} {route}");
    let Some((name, route)) = keep(&name).zip(keep(route)) else {
        return name.into();
    };
    with_seen(|seen| seen.routes.insert((method, route), name));
    name.into()
}

/// Returns the method of a call, if it is known that a server has this method.
pub(crate) fn known_call(method: &str) -> Option<&'static str> {
    let seen = with_seen(|seen| seen.calls.get(method).copied());
    seen.or_else(|| {
        let kept = KEPT.lock().ok()?.as_ref()?.get(method).copied()?;
        see_call(kept);
        Some(kept)
    })
}

/// Notes that a server has the method of a call. Returns whether the name could be kept.
pub(crate) fn learn_call(method: &str) -> bool {
    let kept = keep(method);
    if let Some(kept) = kept {
        see_call(kept);
    }
    kept.is_some()
}

fn see_call(kept: &'static str) {
    with_seen(|seen| seen.calls.insert(kept).then_some(()));
}

/// Looks up a name in the cache of this thread. Returns `None` also if the thread is ending
/// and its cache no longer exists.
fn with_seen<R>(look: impl FnOnce(&mut Seen) -> Option<R>) -> Option<R> {
    let looked = SEEN.try_with(|seen| look(&mut *seen.try_borrow_mut().ok()?));
    looked.ok().flatten()
}

/// Keeps a name, unless it is too long or there are too many names.
fn keep(name: &str) -> Option<&'static str> {
    if name.len() > MAX_NAME_BYTES {
        return None;
    }
    let mut kept = KEPT.lock().ok()?;
    let kept = kept.get_or_insert_default();
    if let Some(known) = kept.get(name) {
        return Some(known);
    }
    if kept.len() >= MAX_NAMES {
        return None;
    }
    let name: &'static str = Box::leak(name.into());
    kept.insert(name);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_once() {
        let name = |method, route: &str| of_request(method, Some(route));
        let first = name("GET", "/users/{id}");
        assert_eq!(first, "GET /users/{id}");
        assert_eq!(name("PUT", "/users/{id}"), "PUT /users/{id}");
        let Cow::Borrowed(first) = first else {
            unreachable!()
        };
        let again = std::thread::scope(|scope| {
            let again = scope.spawn(|| name("GET", "/users/{id}"));
            again.join().unwrap()
        });
        assert!(std::ptr::eq(first, &*again));
        assert_eq!(of_request("HTTP", None), "HTTP");
    }

    #[test]
    fn calls_are_known_once_they_are_learned() {
        assert_eq!(known_call("pkg.Names/Learned"), None);
        assert!(learn_call("pkg.Names/Learned"));
        assert_eq!(known_call("pkg.Names/Learned"), Some("pkg.Names/Learned"));
        let is_known = std::thread::scope(|scope| {
            let elsewhere = scope.spawn(|| known_call("pkg.Names/Learned").is_some());
            elsewhere.join().unwrap()
        });
        assert!(is_known);
    }

    #[test]
    fn a_name_that_is_too_long_is_not_kept() {
        let name = |bytes: usize| format!("p/{}", "M".repeat(bytes - 2));
        assert!(learn_call(&name(256)) && known_call(&name(256)).is_some());
        assert!(!learn_call(&name(257)) && known_call(&name(257)).is_none());
        let route = name(300);
        assert_eq!(of_request("GET", Some(&route)), format!("GET {route}"));
    }
}
