//! What a function returns, as far as its type and the attribute show.

use syn::{ReturnType, Type, TypePath};

use super::bounds::{bounds_in_box, peel, type_in_pinned_box};
use super::{Form, NO_RESULTS, Polled, polled};

/// What the attribute says about the returned value: `returns = ..`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnsArg {
    /// Nothing: the type says it.
    Unsaid,
    /// `future` or `stream`.
    Polled(Polled),
    /// `value`: the span is that of the call, for every type.
    Value,
}

/// What a function that is not `async` returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Something that is not polled.
    Value,
    /// Something that is polled, and can be wrapped.
    Polled(Polled, Form),
    /// Something whose type may stand for a future or stream, or does if the attribute says so.
    Named(Option<Polled>),
}

/// Returns what a function returns; `None` if the type contradicts the attribute.
pub(crate) fn seen(output: &ReturnType, says: ReturnsArg) -> Option<Seen> {
    let shown = polled(output);
    let ty = match output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(peel(ty)),
    };
    match says {
        ReturnsArg::Value => Some(Seen::Value),
        ReturnsArg::Unsaid => Some(match (shown, ty) {
            (Some((polled, form)), _) => Seen::Polled(polled, form),
            (None, Some(Type::Path(path))) if may_be_polled(path) => Seen::Named(None),
            (None, Some(Type::Macro(_))) => Seen::Named(None),
            (None, _) => Seen::Value,
        }),
        ReturnsArg::Polled(said) => match (shown, ty?) {
            (Some((polled, form)), _) => (polled == said).then_some(Seen::Polled(polled, form)),
            (_, Type::ImplTrait(_)) => Some(Seen::Polled(said, Form::Opaque)),
            (_, Type::Path(_) | Type::Macro(_)) => Some(Seen::Named(Some(said))),
            _ => None,
        },
    }
}

/// Returns whether a type that does not show a future may stand for one.
fn may_be_polled(path: &TypePath) -> bool {
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    let is_value = VALUES.iter().any(|name| last.ident == name);
    let is_value = path.qself.is_none() && is_value || is_known(path);
    !is_value && bounds_in_box(path).is_none()
}

/// Returns whether a type is a single word that names no future.
fn is_known(path: &TypePath) -> bool {
    let single = path.path.get_ident();
    single.is_some_and(|single| NO_RESULTS.iter().any(|name| single == name))
}

/// Returns whether a type that does not show a future may be that of an async block, or of a
/// pinned box of one.
pub(crate) fn may_be_unseen(output: &ReturnType, is_boxed: bool) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    match peel(ty) {
        Type::ImplTrait(_) | Type::Verbatim(_) => true,
        Type::Path(path) => is_boxed && path.path.is_ident("Self"),
        _ => false,
    }
}

/// Returns whether a type may be that of a pinned box of a future, or an alias of one.
pub(crate) fn may_be_pinned_box(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    let Type::Path(path) = peel(ty) else {
        return true;
    };
    let is_value = |ty: &Type| matches!(peel(ty), Type::Path(path) if is_known(path));
    let last = path.path.segments.last();
    let is_unpinned = last.is_some_and(|last| last.ident == "Box");
    !is_unpinned && !type_in_pinned_box(path).is_some_and(is_value)
}

/// Types that are not polled, and handles of work that runs elsewhere. A handle may be
/// polled, but the work of the function is the call.
const VALUES: &[&str] = &[
    "Arc",
    "BTreeMap",
    "BTreeSet",
    "Cow",
    "Duration",
    "HashMap",
    "HashSet",
    "Instant",
    "JoinHandle",
    "Mutex",
    "Option",
    "OsString",
    "PathBuf",
    "Poll",
    "Rc",
    "Receiver",
    "RemoteHandle",
    "Result",
    "RwLock",
    "SystemTime",
    "Vec",
    "VecDeque",
];
