//! What is known of a call site of `tracing`, whichever bridge asks.
//!
//! It is made once for each call site of the program, and never freed, as `tracing` itself keeps
//! it.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ptr;
use std::sync::{OnceLock, PoisonError, RwLock};

use trace_core::__private::{Site, SpanKind};
use tracing_core::{Metadata, field::Field};

use crate::role::Role;

/// A call site: a `span!`, an `event!`, or a function with `#[instrument]`.
#[derive(Debug)]
pub(crate) struct Callsite {
    /// Counted from zero.
    pub(crate) number: u32,
    pub(crate) metadata: &'static Metadata<'static>,
    /// What its spans have in common.
    pub(crate) site: Site,
    /// What each field is, by its index.
    roles: Box<[Role]>,
    /// Whether a field has another role than that of a tag or log field.
    pub(crate) has_roles: bool,
}

/// All call sites.
#[derive(Default)]
struct Callsites {
    /// By the address of their metadata.
    by_address: HashMap<usize, &'static Callsite>,
    /// The files and lines of events.
    event_places: HashSet<(&'static str, u32)>,
}

static CALLSITES: OnceLock<RwLock<Callsites>> = OnceLock::new();

/// The number of call sites that a thread remembers.
const RECENT: usize = 64;

thread_local! {
    /// The call sites that this thread has used last, by their address. It has no destructor.
    static RECENT_SITES: [Cell<Option<&'static Callsite>>; RECENT] =
        const { [const { Cell::new(None) }; RECENT] };
}

/// Returns whether an event of `tracing` was seen at this place in the source.
#[cfg(feature = "log")]
pub(crate) fn has_event_at(file: Option<&str>, line: Option<u32>) -> bool {
    let (Some(file), Some(line), Some(callsites)) = (file, line, CALLSITES.get()) else {
        return false;
    };
    let callsites = callsites.read().unwrap_or_else(PoisonError::into_inner);
    callsites.event_places.contains(&(file, line))
}

impl Callsite {
    /// Returns what is known of a call site.
    #[inline]
    pub(crate) fn get(metadata: &'static Metadata<'static>) -> &'static Self {
        let address = ptr::from_ref(metadata).addr();
        RECENT_SITES.with(|recent| {
            // Metadata is larger than 64 bytes.
            let Some(place) = recent.get((address >> 6) % RECENT) else {
                return Self::find(metadata);
            };
            match place.get() {
                Some(known) if ptr::eq(known.metadata, metadata) => known,
                _ => {
                    let found = Self::find(metadata);
                    place.set(Some(found));
                    found
                }
            }
        })
    }

    /// Returns what is known of a call site, if it was used before. `metadata` may be of another
    /// lifetime: no other has the address of one that is never freed.
    #[inline]
    pub(crate) fn known(metadata: &Metadata<'_>) -> Option<&'static Self> {
        let address = ptr::from_ref(metadata).addr();
        RECENT_SITES.with(|recent| {
            let place = recent.get((address >> 6) % RECENT)?;
            let is_it = |known: &&Self| ptr::from_ref(known.metadata).addr() == address;
            let found = place
                .get()
                .filter(is_it)
                .or_else(|| Self::find_known(address));
            if found.is_some() {
                place.set(found);
            }
            found
        })
    }

    #[cold]
    fn find_known(address: usize) -> Option<&'static Self> {
        let known = CALLSITES.get()?.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        known.by_address.get(&address).copied()
    }

    #[cold]
    fn find(metadata: &'static Metadata<'static>) -> &'static Self {
        let address = ptr::from_ref(metadata).addr();
        if let Some(known) = Self::find_known(address) {
            return known;
        }
        let callsites = CALLSITES.get_or_init(RwLock::default);
        let mut known = callsites.write().unwrap_or_else(PoisonError::into_inner);
        let number = u32::try_from(known.by_address.len()).unwrap_or(u32::MAX);
        if let (true, Some(file), Some(line)) =
            (metadata.is_event(), metadata.file(), metadata.line())
        {
            known.event_places.insert((file, line));
        }
        known
            .by_address
            .entry(address)
            .or_insert_with(|| Box::leak(Box::new(Self::new(number, metadata))))
    }

    fn new(number: u32, metadata: &'static Metadata<'static>) -> Self {
        let is_event = metadata.is_event();
        let fields = metadata.fields();
        let roles: Box<[Role]> = fields
            .iter()
            .map(|field| Role::of(field.name(), is_event))
            .collect();
        let has_roles = roles.iter().any(|role| *role != Role::Value);
        let (file, line) = (metadata.file(), metadata.line());
        Self {
            number,
            metadata,
            site: Site::new(
                metadata.name(),
                SpanKind::Internal,
                file.unwrap_or(""),
                line.unwrap_or(0),
                &[],
            ),
            roles,
            has_roles,
        }
    }

    /// Returns what a field is.
    #[inline]
    pub(crate) fn role(&self, field: &Field) -> Role {
        let role = self.roles.get(field.index()).copied();
        role.unwrap_or(Role::Value)
    }
}
