//! The attributes of `trace-core`, which re-exports them.

mod args;
mod attribute;
mod body;
mod expand;
mod fallback;
mod item;
mod params;
mod returns;
mod suggest;

use proc_macro::TokenStream;

use attribute::Attribute;

/// Records a span below the current one for each call of the function.
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::Traced, args.into(), item.into()).into()
}

/// Starts a trace with each call of the function.
#[proc_macro_attribute]
pub fn trace_root(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::TraceRoot, args.into(), item.into()).into()
}

/// Runs a test with a tracer of its own.
#[proc_macro_attribute]
pub fn traced_test(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::TracedTest, args.into(), item.into()).into()
}
