//! Walks over a body, and finds fields that prost would refuse or that are above a limit, with
//! their path. Allocates nothing unless it finds something.
//!
//! Source: Protocol Buffers, *Encoding*.

use super::ProtobufOptions;
use super::schema::{Field, Form, Message, REQUEST, SPAN};
use crate::decode::error::{DecodeError, Position};

/// Largest depth. Beyond prost's own limit, the error would have no path.
const MOST_DEPTH: usize = 90;

/// A span has the most fields of all messages.
const MAX_FIELDS: usize = 16;

/// Checks a whole body.
pub(super) fn check(body: &[u8], options: &ProtobufOptions) -> Result<(), DecodeError> {
    let most = options.max_request_bytes;
    if body.len() > most {
        let message = format!(
            "the request has {} bytes; expected at most {most}",
            body.len()
        );
        return Err(DecodeError::new(Position::default(), message));
    }
    let mut walk = Walk {
        options,
        spans: 0,
        items: 0,
    };
    walk.message(body, &REQUEST, 0).map_err(Fault::into_error)
}

struct Walk<'a> {
    options: &'a ProtobufOptions,
    spans: usize,
    items: usize,
}

/// A fault and its place. The path is built while the functions return.
struct Fault {
    path: String,
    message: String,
}

impl Walk<'_> {
    fn message(&mut self, bytes: &[u8], of: &'static Message, depth: usize) -> Result<(), Fault> {
        let most = self.options.max_depth.min(MOST_DEPTH);
        if depth > most {
            let message = format!("is message {depth} within others; expected at most {most}");
            return Err(Fault::new(message));
        }
        let mut indexes = [0_usize; MAX_FIELDS];
        let mut bytes = Bytes(bytes);
        while !bytes.0.is_empty() {
            let key = bytes.varint()?;
            let (number, wire_type) = (key >> 3, key & 7);
            let Some(place) = of.fields.iter().position(|field| field.number == number) else {
                bytes.skip(number, wire_type)?;
                continue;
            };
            let (Some(field), Some(index)) = (of.fields.get(place), indexes.get_mut(place)) else {
                continue;
            };
            let found = self.field(&mut bytes, field, wire_type, depth);
            found.map_err(|fault| fault.within(field, *index))?;
            *index += 1;
        }
        Ok(())
    }

    fn field(
        &mut self,
        bytes: &mut Bytes<'_>,
        field: &Field,
        wire_type: u64,
        depth: usize,
    ) -> Result<(), Fault> {
        let expected = match field.form {
            Form::Varint => VARINT,
            Form::Fixed64 => FIXED64,
            Form::Fixed32 => FIXED32,
            Form::Bytes | Form::Text | Form::Message(_) => LENGTH,
        };
        if wire_type != expected {
            let (found, expected) = (form_name(wire_type), form_name(expected));
            return Err(Fault::new(format!("is {found}; expected {expected}")));
        }
        match field.form {
            Form::Varint => drop(bytes.varint()?),
            Form::Fixed64 => drop(bytes.take(8)?),
            Form::Fixed32 => drop(bytes.take(4)?),
            Form::Bytes => drop(bytes.with_length()?),
            Form::Text => {
                if let Err(error) = std::str::from_utf8(bytes.with_length()?) {
                    let place = error.valid_up_to();
                    let message = format!("is not UTF-8 at byte {place}; expected a text");
                    return Err(Fault::new(message));
                }
            }
            Form::Message(message) => {
                let content = bytes.with_length()?;
                if field.is_list {
                    self.count(message)?;
                }
                self.message(content, message, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Counts an item of a list.
    fn count(&mut self, of: &'static Message) -> Result<(), Fault> {
        let (count, most, what) = if std::ptr::eq(of, &raw const SPAN) {
            (&mut self.spans, self.options.max_spans, "spans")
        } else {
            (&mut self.items, self.options.max_items, "items of lists")
        };
        *count += 1;
        if *count > most {
            let message = format!("is one of more than {most} {what}; expected at most {most}");
            return Err(Fault::new(message));
        }
        Ok(())
    }
}

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

const fn form_name(wire_type: u64) -> &'static str {
    match wire_type {
        VARINT => "a varint",
        FIXED64 => "a number of 8 bytes",
        LENGTH => "bytes with a length",
        FIXED32 => "a number of 4 bytes",
        _ => "of a form that does not exist",
    }
}

/// The rest of a message.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0_u64;
        for index in 0..10 {
            let Some((byte, rest)) = self.0.split_first() else {
                return Err(Fault::new("is cut off within a number".to_owned()));
            };
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                // The tenth byte may only contain the last bit.
                if index < 9 || *byte <= 1 {
                    return Ok(value);
                }
                break;
            }
        }
        let message = "is a number of more than 64 bits; expected a varint";
        Err(Fault::new(message.to_owned()))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let Some((taken, rest)) = self.0.split_at_checked(count) else {
            let left = self.0.len();
            return Err(Fault::new(format!(
                "is cut off: {left} bytes are left; expected {count}"
            )));
        };
        self.0 = rest;
        Ok(taken)
    }

    fn with_length(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.varint()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Skips an unknown field.
    fn skip(&mut self, number: u64, wire_type: u64) -> Result<(), Fault> {
        let skipped = match wire_type {
            // Field numbers have 29 bits, from 1.
            _ if number == 0 || number >= 1 << 29 => {
                Err(Fault::new("has a number that no field has".to_owned()))
            }
            VARINT => self.varint().map(drop),
            FIXED64 => self.take(8).map(drop),
            LENGTH => self.with_length().map(drop),
            FIXED32 => self.take(4).map(drop),
            _ => {
                let message = "is a group or of a form that does not exist; expected another field";
                Err(Fault::new(message.to_owned()))
            }
        };
        skipped.map_err(|fault| Fault {
            path: format!("field {number}"),
            ..fault
        })
    }
}

impl Fault {
    fn new(message: String) -> Self {
        Self {
            path: String::new(),
            message,
        }
    }

    fn within(mut self, field: &Field, index: usize) -> Self {
        let index = if field.is_list {
            format!("[{index}]")
        } else {
            String::new()
        };
        let separator = if self.path.is_empty() { "" } else { "." };
        self.path = format!("{}{index}{separator}{}", field.name, self.path);
        self
    }

    fn into_error(self) -> DecodeError {
        let subject = if self.path.is_empty() {
            "the request "
        } else {
            ""
        };
        DecodeError {
            path: self.path,
            ..DecodeError::new(Position::default(), format!("{subject}{}", self.message))
        }
    }
}
