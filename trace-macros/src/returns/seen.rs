//! What a function returns, as far as its type and the attribute show.

use syn::{ReturnType, Type, TypePath};

use super::bounds::{bounds_in_box, peel};
use super::{Form, NO_RESULTS, Polled, polled};

/// What the attribute says of the returned value: `returns = ..`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnsArg {
    /// Nothing: the type says it.
    Unsaid,
    /// `future` or `stream`.
    Polled(Polled),
    /// `value`: the span is that of the call, whatever is returned.
    Value,
}

/// What a function that is not `async` returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Something that is not polled.
    Value,
    /// Something that is polled, and can be wrapped.
    Polled(Polled, Form),
    /// Something whose type may stand for one that is polled, or does, as the attribute says.
    Named(Option<Polled>),
}

/// Returns what a function returns; nothing if that cannot be what the attribute says.
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
            (Some((polled, form)), _) if polled == said => Some(Seen::Polled(polled, form)),
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
    let is_single = path.path.get_ident().is_some();
    let is_value = |names: &[&str]| names.iter().any(|name| last.ident == name);
    let is_known = is_single && is_value(NO_RESULTS)
        || path.qself.is_none() && is_value(VALUES)
        || bounds_in_box(path).is_some();
    !is_known
}

/// Types that are not polled; and handles of what runs elsewhere, whatever polls them: there
/// the call is what the function does.
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
