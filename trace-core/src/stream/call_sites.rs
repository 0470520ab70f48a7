//! Sites for calls that pass the name of a span at run time.
//!
//! A root or a held span that a function call begins has no static site, because its name
//! is an argument of the call. Usually all calls at one place in the source pass the same
//! name. So each such *call site* gets a [`Site`] with the name of its first call. If a
//! later call passes another name, its span gets a second [`Site`] of the same place, which
//! has no name. The name is then written into the stream as a text.
//!
//! Nothing here waits, because it runs on the application's threads.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::Location;
use std::ptr;
use std::sync::Mutex;

use super::site::Site;
use crate::value::SpanKind;

/// A place in the source, the site with the name of its first call, and the site for all
/// other names.
///
/// It is leaked, because sites are static. There is at most one for each call in the
/// program's source.
struct CallSite {
    source: &'static Location<'static>,
    site: Site,
    unnamed: Site,
}

/// All call sites, by the address of their `Location`, which is static. The lock is only
/// acquired with `try_lock`.
static CALL_SITES: Mutex<BTreeMap<usize, &'static CallSite>> = Mutex::new(BTreeMap::new());

/// The number of entries in a thread's cache.
const RECENT_SITES: usize = 32;

/// The longest name for which a site is made, because that name is never freed. Longer
/// names are written with each span, within the limits.
const MAX_NAME_BYTES: usize = 128;

thread_local! {
    /// A cache of the call sites that this thread has used last. The index is computed
    /// from the address of the call site. A thread takes the lock only for a call site
    /// that is not in its cache.
    ///
    /// It has no destructor, so it can be used until the thread exits.
    static RECENT: [Cell<Option<&'static CallSite>>; RECENT_SITES] =
        const { [const { Cell::new(None) }; RECENT_SITES] };
}

impl Site {
    /// Returns the site of a call, if the first call at this place passed the same name.
    ///
    /// If the site is not in the thread's cache, the search needs the lock. It returns
    /// `None` if the name is longer than 128 bytes, or if another thread holds the lock.
    /// The caller then writes the name into the stream, and the next call tries again.
    #[inline]
    pub(crate) fn find_by_call(
        name: &str,
        source: &'static Location<'static>,
    ) -> Option<&'static Self> {
        let known = match find_recent(source) {
            Some(known) => known,
            None => find_or_add(name, source)?,
        };
        (known.site.operation_name() == name).then_some(&known.site)
    }

    /// Returns the site for spans at this place that [`find_by_call`](Self::find_by_call) has
    /// not found. The site has no name. Returns [`unnamed`](Self::unnamed) if the thread's
    /// cache does not have the call site.
    #[inline(never)]
    pub(crate) fn unnamed_at(source: &'static Location<'static>) -> &'static Self {
        // `find_by_call` has just put the call site into the cache, if it could.
        find_recent(source).map_or(Self::unnamed(), |known| &known.unnamed)
    }
}

/// Returns a call site from the thread's cache.
#[inline]
fn find_recent(source: &'static Location<'static>) -> Option<&'static CallSite> {
    let address = ptr::from_ref(source).addr();
    // Most machines align a `Location` to 8 bytes: the lowest three bits are all zero.
    let near = RECENT.with(|near| near.get((address >> 3) % RECENT_SITES).and_then(Cell::get));
    near.filter(|known| ptr::eq(known.source, source))
}

/// Returns a call site from the table. Adds it with this name if it is new.
#[cold]
#[inline(never)]
fn find_or_add(name: &str, source: &'static Location<'static>) -> Option<&'static CallSite> {
    if name.len() > MAX_NAME_BYTES {
        return None;
    }
    let address = ptr::from_ref(source).addr();
    // `try_lock`, because in the child of a `fork` the lock may never be released.
    let mut known = CALL_SITES.try_lock().ok()?;
    let known = *known.entry(address).or_insert_with(|| {
        let name: &'static str = Box::leak(name.into());
        let site = |name| Site::new(name, SpanKind::Internal, source.file(), source.line(), &[]);
        let (site, unnamed) = (site(name), site(""));
        Box::leak(Box::new(CallSite {
            source,
            site,
            unnamed,
        }))
    });
    RECENT.with(|near| {
        if let Some(near) = near.get((address >> 3) % RECENT_SITES) {
            near.set(Some(known));
        }
    });
    Some(known)
}
