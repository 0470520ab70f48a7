//! A user's items may have any name.
#![allow(dead_code, non_camel_case_types, non_upper_case_globals, unused_imports)]

mod core {}
mod std {}
mod alloc {}
mod __private {}

struct Result;
struct Option;
struct Box;
struct Pin;
struct String;
struct Some;
struct None;
struct Ok;
struct Err;
struct Future;
struct bool;
struct str;
struct u32;
struct usize;
struct Site;
struct Output;

const span: i8 = 1;
const guard: i8 = 2;
const output: i8 = 3;
struct value;
struct error;

macro_rules! line {
    () => {
        compile_error!("line")
    };
}
macro_rules! file {
    () => {
        compile_error!("file")
    };
}

trait Confusing {
    fn record(&self, _: i8) {}
    fn failure(&self) {}
    fn then(&self) {}
    fn poll(&self) {}
}

impl<T> Confusing for T {}

#[trace_core::traced("op", kind = client, service = "a", tags(a, b = %a, c = ?a, d = secret(a)))]
async fn asynchronous(a: i64) -> ::core::result::Result<i64, i8> {
    ::core::result::Result::Ok(a)
}

#[trace_core::trace_root("op", service = "a", tags(a, b = %a, c = ?a, d = secret(a)))]
fn sync(a: i64) -> ::core::result::Result<i64, i8> {
    ::core::result::Result::Ok(a)
}

#[trace_core::traced(service = "a", tags(a))]
fn future(a: i64) -> impl ::core::future::Future<Output = ::core::result::Result<i64, i8>> {
    ::core::future::ready(::core::result::Result::Ok(a))
}

#[trace_core::traced(service = "a", tags(a))]
fn boxed(
    a: i64,
) -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = i64>>> {
    if a == 0 {
        return ::std::boxed::Box::pin(::core::future::ready(1));
    }
    ::std::boxed::Box::pin(::core::future::ready(a))
}

fn main() {
    drop(asynchronous(1));
    drop(sync(1));
    drop(future(1));
    drop(boxed(1));
}
