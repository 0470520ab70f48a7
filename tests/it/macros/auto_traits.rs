//! Tests that a traced future has the auto traits of the plain future. `tests/errors` checks
//! that it has no others.

use std::cell::Cell;
use std::future::ready;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::Mutex;

use futures_util::{Stream, stream};
use trace_core::{TraceContext, trace_root, traced};

fn has_all<T: Send + Sync + UnwindSafe + RefUnwindSafe>(_: &T) {}

fn is_safe<T: UnwindSafe + RefUnwindSafe>(_: &T) {}

fn is_unwind_safe<T: UnwindSafe>(_: &T) {}

fn is_ref_unwind_safe<T: RefUnwindSafe>(_: &T) {}

macro_rules! twice {
    ($($check:ident: $(#[$attribute:meta])* $name:ident($data:ident: $ty:ty) = $value:expr;)*) => {
        mod plain {
            use super::*;
            $(pub(super) async fn $name($data: $ty) -> usize {
                ready(()).await;
                let _data = &$data;
                1
            })*
        }
        mod with_span {
            use super::*;
            $($(#[$attribute])* pub(super) async fn $name($data: $ty) -> usize {
                ready(()).await;
                let _data = &$data;
                1
            })*
        }
        #[test]
        fn a_traced_async_fn_has_those_of_the_plain_one() {
            $(
                $check(&plain::$name($value));
                $check(&with_span::$name($value));
            )*
        }
    };
}

twice! {
    has_all: #[traced] owned(data: String) = String::new();
    has_all: #[traced] borrowed(data: &str) = "text";
    has_all: #[traced] mutex(data: &Mutex<u32>) = &Mutex::new(1);
    is_ref_unwind_safe: #[traced] borrowed_mut(data: &mut u32) = &mut 1;
    is_unwind_safe: #[traced] cell(data: Cell<u32>) = Cell::new(1);
    is_safe: #[traced] rc(data: Rc<u32>) = Rc::new(1);
    is_safe: #[traced] asserted(data: AssertUnwindSafe<&mut u32>) = AssertUnwindSafe(&mut 1);
    has_all: #[traced] unnamed(data: impl Send) = 1;
    is_safe: #[traced] unnamed_borrows(data: impl Iterator<Item = &u32>) = [1].iter();
    has_all: #[trace_root] root(data: String) = String::new();
    is_unwind_safe: #[trace_root] root_of_cell(data: Cell<u32>) = Cell::new(1);
    is_safe: #[traced(parent = None::<TraceContext>)] below(data: String) = String::new();
    has_all: #[traced(tags(data, size = |size| *size))] tagged(data: String) = String::new();
    has_all: #[traced(tags(size = |size| size + data))] captured(data: usize) = 1;
    has_all: #[traced] #[must_use] under_an_attribute(data: String) = String::new();
}

#[traced]
#[expect(clippy::manual_async_fn, reason = "the shape is what is tested")]
fn future(text: String) -> impl Future<Output = usize> {
    async move { text.len() }
}

#[traced(tags(text))]
fn future_of_another(text: String) -> impl Future<Output = usize> {
    drop(text);
    ready(1)
}

#[traced]
fn items(list: Vec<u32>) -> impl Stream<Item = u32> {
    stream::iter(list)
}

#[test]
fn so_has_what_a_function_returns() {
    has_all(&future(String::new()));
    has_all(&future_of_another(String::new()));
    has_all(&items(vec![1]));
}
