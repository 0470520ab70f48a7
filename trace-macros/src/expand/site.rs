//! Writes what is known about the span before the body runs: its site, and where it belongs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;

use super::tags::reference;
use crate::args::Args;

/// Input: `#[traced("charge", kind = client, tags(order.id = order.id))]`
/// Output:
/// ```text
/// static SITE: Site = Site::new("charge", SpanKind::Client, file!(), line!(), &["order.id"]);
/// ```
pub(super) fn site(private: &TokenStream, args: &Args, function: &Ident) -> TokenStream {
    let at = Span::mixed_site();
    let name = match &args.operation {
        Some(name) => name.value(),
        None => function.unraw().to_string(),
    };
    let kind = Ident::new(args.kind.unwrap_or("Internal"), at);
    let keys = args.tags.iter().map(|tag| &tag.key);
    // With the function's own span, the line is the function's and not the attribute's.
    let line = quote_spanned!(function.span()=> ::core::line!());
    quote_spanned! {at=>
        static __TRACED_SITE: #private::Site = #private::Site::new(
            #name,
            #private::SpanKind::#kind,
            ::core::file!(),
            #line,
            &[#(#keys),*],
        );
    }
}

/// Writes where the span belongs, if it is not below the current span.
///
/// Input: `parent = self.context`
/// Output: `SpanOrigin::parent(&(self.context))`
///
/// Input: `root, remote = context, trust = Trust::Restart`
/// Output: `SpanOrigin::remote(&(context)).trust(Trust::Restart)`
pub(super) fn origin(private: &TokenStream, args: &Args) -> Option<TokenStream> {
    let at = Span::mixed_site();
    if let Some(parent) = &args.parent {
        let parent = reference(parent);
        return Some(quote_spanned!(at=> #private::SpanOrigin::parent(#parent)));
    }
    let remote = reference(args.remote.as_ref()?);
    let trust = args.trust.iter();
    Some(quote_spanned!(at=> #private::SpanOrigin::remote(#remote)#(.trust(#trust))*))
}
