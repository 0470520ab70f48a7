//! Counts the spans of a body: walks its outer messages, and skips what is in a span.

/// Returns the number of spans in an `ExportTraceServiceRequest`; `None` if it is incomplete.
pub fn spans(body: &[u8]) -> Option<u64> {
    let mut spans = 0;
    each_message(body, 1, &mut |resource| {
        each_message(resource, 2, &mut |scope| {
            each_message(scope, 2, &mut |_| {
                spans += 1;
                Some(())
            })
        })
    })?;
    Some(spans)
}

/// Passes each message with this field number to `visit`.
fn each_message(
    mut rest: &[u8],
    number: u64,
    visit: &mut dyn FnMut(&[u8]) -> Option<()>,
) -> Option<()> {
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        let length = match key & 7 {
            0 => {
                varint(&mut rest)?;
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut rest)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (message, after) = rest.split_at_checked(length)?;
        if key == number << 3 | 2 {
            visit(message)?;
        }
        rest = after;
    }
    Some(())
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
