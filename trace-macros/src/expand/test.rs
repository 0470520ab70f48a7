//! Expands `#[traced_test]`.

mod tokio;

use proc_macro2::{Delimiter, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use crate::args::Args;
use crate::body::split_inner_attributes;
use crate::item::Item;
use crate::params;
use crate::tokens::group;

/// Input: `async fn pays() -> Result<(), Error> { body }`
/// Output:
/// ```text
/// #[test]
/// fn pays() -> Result<(), Error> {
///     __run_async("pays", { async move {
///         if false { let output: Result<(), Error> = never_called(); return output; }
///         { body }
///     } })
/// }
/// ```
///
/// With `#[tokio::test(..)]` below, which is left out, that runtime is built:
/// `__run_tokio("pays", worker_threads, is_multi_thread, start_paused, { async move { .. } })`.
/// With another attribute such as `#[sqlx::test]`, that one runs it:
/// `__within("pays", { async move { .. } }).await`. A plain function:
/// `__run_sync("pays", move || { .. })`.
pub(super) fn write(args: &Args, item: &Item) -> TokenStream {
    let at = Span::mixed_site();
    let testing = super::module(args.krate.as_ref(), "testing");
    let private = super::module(args.krate.as_ref(), "__private");
    let (inner_attributes, body) = split_inner_attributes(item.body.clone());
    let name = item.signature.ident.unraw().to_string();
    let is_async = item.signature.asyncness.is_some();
    let runtime = tokio::Runtime::from_item(item);
    let has_runner = runtime.is_none()
        && item.attributes.iter().any(|outer| {
            let last = outer.path().segments.last();
            last.is_some_and(|segment| segment.ident == "test")
        });

    let carried = params::carry(&item.signature, &super::words(&body));
    let block = super::content(&private, item, &[carried.statements], &body);

    let code = match (is_async, &runtime) {
        (true, Some(runtime)) => {
            let arguments = runtime.arguments(at);
            quote_spanned!(at=> #testing::__run_tokio(#name, #arguments, { async move { #block } }))
        }
        (true, None) if has_runner => {
            quote_spanned!(at=> #testing::__within(#name, { async move { #block } }).await)
        }
        (true, None) => {
            quote_spanned!(at=> #testing::__run_async(#name, { async move { #block } }))
        }
        (false, _) => quote_spanned!(at=> #testing::__run_sync(#name, move || { #block })),
    };
    let braces = item.body.span();
    let mut tokens = if has_runner {
        TokenStream::new()
    } else {
        quote_spanned!(at=> #[::core::prelude::v1::test])
    };
    let stream = quote!(#inner_attributes #code);
    tokens.extend(match (has_runner, &runtime) {
        (true, _) => item.header_with(carried.inputs),
        (false, None) => item.header_without_async(carried.inputs),
        (false, Some(_)) => tokio::without_attribute(item.header_without_async(carried.inputs)),
    });
    tokens.extend([group(Delimiter::Brace, stream, braces)]);
    tokens
}
