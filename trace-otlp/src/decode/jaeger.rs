//! Reads traces as Jaeger's UI and its HTTP API return them. The docs of `decode` describe
//! what each field becomes.
//!
//! Source: jaegertracing/jaeger, `model/json`; OpenTelemetry specification, *OpenTelemetry
//! to Jaeger Transformation*.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use trace_core::Tag;

use super::decoded::ResourceSpans;
use super::error::{DecodeError, Position, join};
use super::explain::explain;
use super::jaeger_span::{KeyValue, Span, record, tags};
use super::older::Loose;
use super::reader::Reader;
use super::record::resource;
use super::scalar::or_default;
use crate::conventions::key;

#[derive(Deserialize)]
#[serde(expecting = "an object with `data`")]
struct Answer<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    /// The reasons why traces are missing from the answer.
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `spans` and `processes`")]
struct Trace<'a> {
    #[serde(borrow)]
    spans: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    processes: HashMap<String, &'a RawValue>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with `serviceName`"
)]
struct Process {
    #[serde(deserialize_with = "or_default")]
    service_name: String,
    #[serde(deserialize_with = "or_default")]
    tags: Vec<KeyValue>,
}

/// Reads `text` as an answer with traces.
pub(super) fn read_answer(
    reader: &mut Reader<'_>,
    text: &[u8],
    start: Position,
    path: &str,
) -> Result<(), DecodeError> {
    let answer: Answer<'_> = serde_json::from_slice(text)
        .map_err(|error| explain::<Answer<'_>>(text, &error, start, path))?;
    if let Some(said) = answer.errors.and_then(said_by) {
        reader.say_partial(&said);
    }
    for (index, text) in answer.data.into_iter().enumerate() {
        let path = join(path, &format!("data[{index}]"));
        if let Some(trace) = reader.part::<Trace<'_>>(&path, text, count_spans)? {
            read_spans(reader, &trace, &path)?;
        }
    }
    Ok(())
}

fn count_spans(trace: &RawValue) -> u64 {
    #[derive(Deserialize)]
    struct Counted {
        spans: Vec<IgnoredAny>,
    }
    let counted = serde_json::from_str(trace.get());
    counted.map_or(0, |counted: Counted| counted.spans.len() as u64)
}

/// Returns the message of an answer's first error, if there is one.
fn said_by(errors: &RawValue) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        code: Loose,
        msg: Loose,
    }
    let errors: Vec<Loose> = serde_json::from_str(errors.get()).ok()?;
    let more = errors.len().checked_sub(1)?;
    let first: Loose = errors.into_iter().next()?;
    let first = first.into_text();
    let said = match serde_json::from_str::<Said>(&first) {
        Ok(Said { code, msg }) => format!("{} {}", code.into_text(), msg.into_text()),
        Err(_) => first,
    };
    Some(match more {
        0 => said,
        more => format!("{said}, and {more} more"),
    })
}

/// Reads `text` as a trace.
pub(super) fn read_trace(
    reader: &mut Reader<'_>,
    text: &[u8],
    start: Position,
    path: &str,
) -> Result<(), DecodeError> {
    let trace: Trace<'_> = serde_json::from_slice(text)
        .map_err(|error| explain::<Trace<'_>>(text, &error, start, path))?;
    read_spans(reader, &trace, path)
}

fn read_spans(reader: &mut Reader<'_>, trace: &Trace<'_>, outer: &str) -> Result<(), DecodeError> {
    let mut groups: Vec<ResourceSpans> = Vec::new();
    // The index of the group of each process; `None` if the process cannot be read.
    let mut group_indexes: HashMap<(String, Option<&str>), Option<usize>> = HashMap::new();
    for (index, text) in trace.spans.iter().enumerate() {
        let Some(mut span) = reader.span::<Span<'_>>(outer, index, text)? else {
            continue;
        };
        let id = std::mem::take(&mut span.process_id);
        let (process, path) = match span.process {
            Some(process) => (Some(process), format!("spans[{index}].process")),
            None => (trace.processes.get(&id).copied(), format!("processes.{id}")),
        };
        if process.is_none() && !id.is_empty() {
            reader.count_unknown_service();
        }
        let key = (id, span.process.map(RawValue::get));
        let group_index = match group_indexes.get(&key) {
            Some(None) => {
                reader.leave_out_more();
                continue;
            }
            Some(Some(group_index)) => *group_index,
            None => {
                let path = join(outer, &path);
                let read = match process {
                    Some(process) => reader.part::<Process>(&path, process, |_| 1)?,
                    None => Some(Process::default()),
                };
                let group_index = read.as_ref().map(|_| groups.len());
                group_indexes.insert(key, group_index);
                let Some(process) = read else { continue };
                groups.push(ResourceSpans::new(resource(process.tags()), Vec::new()));
                groups.len() - 1
            }
        };
        if let Some(group) = groups.get_mut(group_index) {
            let service_name = Arc::clone(&group.resource.service_name);
            group.spans.push(record(reader, span, service_name));
        }
    }
    groups.into_iter().for_each(|group| reader.push(group));
    Ok(())
}

impl Process {
    /// Returns the tags of the process, including its name.
    fn tags(mut self) -> Vec<Tag> {
        if !self.service_name.is_empty() {
            self.tags.push(KeyValue {
                key: key::SERVICE_NAME.to_owned(),
                value_type: "string".to_owned(),
                value: Loose::Text(self.service_name),
            });
        }
        tags(self.tags)
    }
}
