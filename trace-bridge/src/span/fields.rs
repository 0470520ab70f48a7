//! Writes the fields of a span as tags, and those with a meaning of their own as what they mean.

use std::error::Error;
use std::fmt;

use trace_core::{Status, TagSource, debug, display};
use tracing_core::field::{Field, Visit};

use super::bridged::BridgedSpan;
use super::pending::Said;
use super::role::{Role, kind_of};
use crate::callsite::Callsite;
use crate::errors::chain_of;
use crate::site_flags::Flags;

/// Visits the fields of a span.
pub(crate) struct SpanFields<'a> {
    span: &'a BridgedSpan,
    callsite: &'a Callsite,
    flags: Flags,
    /// A status with a message comes from two fields, in any order.
    has_failed: bool,
    message: Option<String>,
}

impl<'a> SpanFields<'a> {
    pub(crate) fn new(span: &'a BridgedSpan, callsite: &'a Callsite, flags: Flags) -> Self {
        Self {
            span,
            callsite,
            flags,
            has_failed: false,
            message: None,
        }
    }

    /// Sets the status, once all fields were visited.
    pub(crate) fn finish(self) {
        match self.message {
            Some(message) => self.span.set_status(Status::from(message)),
            None if self.has_failed => self.span.set_status(Status::from("")),
            None => {}
        }
    }

    #[inline]
    fn write(&mut self, field: &Field, value: impl TagSource) {
        if self.flags.leaves_out(field.index()) {
            return;
        }
        let has_role = self.callsite.has_roles && self.callsite.role(field) != Role::Value;
        match has_role {
            false => self.span.add_tag(field.name(), value),
            true => self.write_role(field, &value),
        }
    }

    #[cold]
    fn write_role(&mut self, field: &Field, value: &dyn TagSource) {
        let text = || trace_core::__private::evaluated(|| text_of(value)).flatten();
        match self.callsite.role(field) {
            Role::Name => {
                if let Some(name) = text() {
                    self.span.set_name(name);
                }
            }
            Role::Kind => match text().as_deref().and_then(kind_of) {
                Some(kind) => self.span.set_kind(kind),
                None => self.span.add_tag(field.name(), value),
            },
            Role::StatusCode => match text().as_deref() {
                Some(code) if code.eq_ignore_ascii_case("ok") => self.span.set_status(Status::Ok),
                Some(code) if code.eq_ignore_ascii_case("error") => self.has_failed = true,
                Some(code) if code.eq_ignore_ascii_case("unset") => {}
                _ => self.span.add_tag(field.name(), value),
            },
            Role::StatusDescription => self.message = text(),
            Role::Error => {
                self.span.add_tag("exception.message", value);
                self.has_failed = true;
                if self.message.is_none() {
                    self.message = text();
                }
            }
            Role::Value | Role::Message | Role::LogTarget | Role::LogSource => {
                self.span.add_tag(field.name(), value);
            }
        }
    }
}

/// Returns the text of a value; `None` for no value.
fn text_of(value: &dyn TagSource) -> Option<String> {
    let value = value.tag_input().to_value()?;
    Some(match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    })
}

impl Visit for SpanFields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.write(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.write(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.write(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.write(field, display(value));
        if !self.flags.leaves_out(field.index())
            && let Some(chain) = chain_of(value)
        {
            let key = format!("{}.chain", field.name());
            self.span.say(Said::Tag(key.into(), chain.into()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, debug(value));
    }
}
