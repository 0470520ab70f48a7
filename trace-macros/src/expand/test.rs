//! `#[traced_test]`.

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
/// With an attribute such as `#[tokio::test]` below, that one runs it:
/// `__within("pays", { async move { .. } }).await`. A plain function:
/// `__run_sync("pays", move || { .. })`.
pub(super) fn write(args: &Args, item: &Item) -> TokenStream {
    let at = Span::mixed_site();
    let testing = super::module(args.krate.as_ref(), "testing");
    let private = super::module(args.krate.as_ref(), "__private");
    let (inner_attributes, body) = split_inner_attributes(item.body.clone());
    let name = item.signature.ident.unraw().to_string();
    let has_runner = item.attributes.iter().any(|outer| {
        let last = outer.path().segments.last();
        last.is_some_and(|segment| segment.ident == "test")
    });
    let is_async = item.signature.asyncness.is_some();

    let carried = params::carry(&item.signature, &super::words(&body));
    let block = super::content(&private, item, &[carried.statements], &body);

    let code = match (is_async, has_runner) {
        (true, true) => {
            quote_spanned!(at=> #testing::__within(#name, { async move { #block } }).await)
        }
        (true, false) => {
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
    tokens.extend(if has_runner {
        item.header_with(carried.inputs)
    } else {
        item.header_without_async(carried.inputs)
    });
    tokens.extend([group(Delimiter::Brace, stream, braces)]);
    tokens
}
