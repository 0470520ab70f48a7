//! Places in the source that begin spans by a function, whose names are mostly always the
//! same.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::Location;
use std::ptr;
use std::sync::Mutex;

use super::site::Site;
use crate::value::SpanKind;

/// A place and the first name that was given there. Never leaves: there are as many as
/// there are calls in the program's text.
struct CallSite {
    source: &'static Location<'static>,
    site: Site,
}

/// All that are known, by the address of their source.
static CALL_SITES: Mutex<BTreeMap<usize, &'static CallSite>> = Mutex::new(BTreeMap::new());

const RECENT_SITES: usize = 32;

/// Longer names are written with each span, within the limits.
const MAX_NAME_BYTES: usize = 128;

thread_local! {
    /// Those that this thread met last.
    static RECENT: [Cell<Option<&'static CallSite>>; RECENT_SITES] =
        const { [const { Cell::new(None) }; RECENT_SITES] };
}

impl Site {
    /// The site of spans of a name that are begun at a place, if that is not used for several
    /// names.
    #[inline]
    pub(crate) fn find_by_call(
        name: &str,
        source: &'static Location<'static>,
    ) -> Option<&'static Self> {
        let address = ptr::from_ref(source).addr();
        let near = RECENT.with(|near| near.get((address >> 3) % RECENT_SITES).and_then(Cell::get));
        let known = match near {
            Some(known) if ptr::eq(known.source, source) => known,
            _ => find_or_add(name, source)?,
        };
        (known.site.operation_name() == name).then_some(&known.site)
    }
}

#[cold]
#[inline(never)]
fn find_or_add(name: &str, source: &'static Location<'static>) -> Option<&'static CallSite> {
    if name.len() > MAX_NAME_BYTES {
        return None;
    }
    let address = ptr::from_ref(source).addr();
    // Not waited for: in the child of a `fork` it may be held for ever.
    let mut known = CALL_SITES.try_lock().ok()?;
    let known = *known.entry(address).or_insert_with(|| {
        let name: &'static str = Box::leak(name.into());
        let site = Site::new(name, SpanKind::Internal, source.file(), source.line(), &[]);
        Box::leak(Box::new(CallSite { source, site }))
    });
    RECENT.with(|near| {
        if let Some(near) = near.get((address >> 3) % RECENT_SITES) {
            near.set(Some(known));
        }
    });
    Some(known)
}
