//! The call of a function that returns a value, for a return type that the attribute does not
//! recognize.
//!
//! The span begins and ends with the call. The types have the same methods as in `polling.rs`,
//! because the generated code is the same.

use std::fmt::{Debug, Display};

use super::{Paused, ServiceName, Site, SpanGuard, SpanOrigin};
use crate::propagation::link_source::LinkSource;
use crate::root::RootGuard;
use crate::value::TagSource;

/// The call of a function that returns a value.
#[derive(Debug)]
pub struct ValueCall;

impl ValueCall {
    /// Opens a child span.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn enter(self, site: &'static Site) -> Called<SpanGuard> {
        Called(SpanGuard::enter(site))
    }

    /// Opens a root span.
    #[inline]
    pub fn enter_root(self, site: &'static Site) -> Called<RootGuard> {
        Called(super::enter_root(site))
    }

    /// Opens a span with an explicit origin.
    #[inline]
    pub fn enter_from(self, origin: SpanOrigin, site: &'static Site) -> Called<RootGuard> {
        Called(super::enter_from(origin, site))
    }
}

/// A call with the guard of its span.
#[derive(Debug)]
pub struct Called<G>(G);

impl Called<SpanGuard> {
    /// Ends the span and returns what the body returned.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn end<T, S>(self, _site: S, observe: impl Fn(&T) -> bool, output: T) -> T {
        if self.0.is_recording() {
            self.0.end(observe(&output));
        }
        output
    }
}

impl Called<RootGuard> {
    /// Ends the span and returns what the body returned.
    #[inline]
    pub fn end<T, S>(self, _site: S, observe: impl Fn(&T) -> bool, output: T) -> T {
        if self.0.is_recording() {
            self.0.end(observe(&output));
        }
        output
    }
}

/// Records the attribute's arguments in the current span.
impl<G> Called<G> {
    /// Returns whether the span is recorded.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn recording(&self) -> bool {
        super::recording()
    }

    /// See [`tag`](super::tag).
    #[inline]
    pub fn tag<T: TagSource + ?Sized>(&self, site: &'static Site, key: usize, value: &T) {
        super::tag(site, key, value);
    }

    /// See [`tag_display`](super::tag_display).
    #[inline]
    pub fn tag_display<T: Display + ?Sized>(&self, site: &'static Site, key: usize, value: &T) {
        super::tag_display(site, key, value);
    }

    /// See [`tag_debug`](super::tag_debug).
    #[inline]
    pub fn tag_debug<T: Debug + ?Sized>(&self, site: &'static Site, key: usize, value: &T) {
        super::tag_debug(site, key, value);
    }

    /// See [`evaluate_tag`](super::evaluate_tag).
    #[inline]
    pub fn evaluate_tag(&self, site: &'static Site, key: usize, evaluate: impl FnOnce(&Paused)) {
        super::evaluate_tag(site, key, evaluate);
    }

    /// See [`service`](super::service).
    pub fn service<T: ServiceName + ?Sized>(&self, name: &T) {
        super::service(name);
    }

    /// See [`link`](super::link).
    pub fn link<T: LinkSource + ?Sized>(&self, links: &T) {
        super::link(links);
    }
}
