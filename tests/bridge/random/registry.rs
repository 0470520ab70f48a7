//! A layer that records what a registry says of a program.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::model::{Expected, Number};

/// What a registry has seen.
#[derive(Clone, Default)]
pub(super) struct Seen {
    spans: Arc<Mutex<BTreeMap<Number, Expected>>>,
    open: Arc<Mutex<usize>>,
}

impl Seen {
    /// Returns the spans, and how many of them are open.
    pub(super) fn take(&self) -> (BTreeMap<Number, Expected>, usize) {
        let spans = std::mem::take(&mut *self.spans.lock().unwrap());
        (spans, *self.open.lock().unwrap())
    }
}

#[derive(Default)]
struct Fields {
    n: Option<Number>,
    later: Option<i64>,
    message: String,
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == "later" {
            self.later = Some(value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "n" {
            self.n = Some(value as Number);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let span = context.span(id).unwrap();
        let number = fields.n.unwrap();
        let parent = span.parent();
        let parent = parent.map(|parent| *parent.extensions().get::<Number>().unwrap());
        span.extensions_mut().insert(number);
        let expected = Expected {
            parent,
            ..Expected::default()
        };
        self.spans.lock().unwrap().insert(number, expected);
        *self.open.lock().unwrap() += 1;
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        let number = *context
            .span(id)
            .unwrap()
            .extensions()
            .get::<Number>()
            .unwrap();
        let mut spans = self.spans.lock().unwrap();
        let later = &mut spans.get_mut(&number).unwrap().later;
        *later = fields.later.max(*later);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let Some(span) = context.event_span(event) {
            let number = *span.extensions().get::<Number>().unwrap();
            let mut spans = self.spans.lock().unwrap();
            spans.get_mut(&number).unwrap().logs.push(fields.message);
        }
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        *self.open.lock().unwrap() -= 1;
    }
}
