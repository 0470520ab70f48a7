//! What the arguments of the attribute become: the site, and the tags.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::args::{Args, TagArg, TagForm};

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

/// Records the service and the tags.
///
/// Input: `service = self.name, tags(id = order.id, card = secret(card))`
/// Output:
/// ```text
/// if recording() {
///     service(&(self.name));
///     tag(&SITE, 0, &(order.id));
///     if false { let _ = &(card); }
///     tag(&SITE, 1, REDACTED);
/// }
/// ```
pub(super) fn write(private: &TokenStream, args: &Args) -> TokenStream {
    if args.service.is_none() && args.tags.is_empty() {
        return TokenStream::new();
    }
    let at = Span::mixed_site();
    let service = args.service.iter().map(|name| {
        let name = reference(name);
        quote_spanned!(at=> #private::service(#name);)
    });
    let tags = args.tags.iter().enumerate().map(|(index, tag)| {
        let key = Literal::usize_suffixed(index);
        let check = check(tag);
        let call = call(
            private,
            "tag",
            tag,
            &quote_spanned!(at=> &__TRACED_SITE, #key,),
        );
        quote_spanned!(at=> #check #call;)
    });
    quote_spanned! {at=>
        if #private::recording() {
            #(#service)*
            #(#tags)*
        }
    }
}

/// Copies the service and the tags at the call, for a future that starts when
/// the arguments are gone: the copying, and what hands the copies over.
///
/// Input: `tags(id = order.id)`
/// Output:
/// ```text
/// let values = recording().then(|| (captured(&(order.id)),));
/// if let Some((value0,)) = values { tag(&SITE, 0, &value0); }
/// ```
pub(super) fn captured(
    private: &TokenStream,
    args: &Args,
    root: bool,
) -> Option<(TokenStream, TokenStream)> {
    if args.service.is_none() && args.tags.is_empty() {
        return None;
    }
    let at = Span::mixed_site();
    // Whether a root is recorded is known only when it starts.
    let recording = if root {
        quote_spanned!(at=> true)
    } else {
        quote_spanned!(at=> #private::recording())
    };
    let mut names = Vec::new();
    let mut values = Vec::new();
    let mut replay = TokenStream::new();
    if let Some(service) = &args.service {
        let name = format_ident!("__traced_service", span = at);
        let service = reference(service);
        values.push(quote_spanned!(at=> #private::owned(#service)));
        replay.extend(quote_spanned!(at=> #private::service(&#name);));
        names.push(name);
    }
    for (index, tag) in args.tags.iter().enumerate() {
        let name = format_ident!("__traced_value{index}", span = at);
        let key = Literal::usize_suffixed(index);
        let check = check(tag);
        let call = call(private, "captured", tag, &TokenStream::new());
        values.push(quote_spanned!(at=> { #check #call }));
        replay.extend(quote_spanned!(at=> #private::tag(&__TRACED_SITE, #key, &#name);));
        names.push(name);
    }
    let capture = quote_spanned! {at=>
        let __traced_values = #recording.then(|| (#(#values,)*));
    };
    let replay = quote_spanned! {at=>
        if let ::core::option::Option::Some((#(#names,)*)) = __traced_values {
            #replay
        }
    };
    Some((capture, replay))
}

/// Returns the call that records a tag, or the one that copies its value.
fn call(private: &TokenStream, action: &str, tag: &TagArg, site: &TokenStream) -> TokenStream {
    let at = Span::mixed_site();
    let suffix = match tag.form {
        TagForm::Display => "_display",
        TagForm::Debug => "_debug",
        TagForm::Argument | TagForm::Typed | TagForm::Secret => "",
    };
    let function = format_ident!("{action}{suffix}", span = at);
    let value = match tag.form {
        TagForm::Secret => quote_spanned!(at=> #private::REDACTED),
        _ => reference(&tag.value),
    };
    quote_spanned!(at=> #private::#function(#site #value))
}

/// Has the compiler look at a secret, which is never evaluated.
fn check(tag: &TagArg) -> TokenStream {
    if tag.form != TagForm::Secret {
        return TokenStream::new();
    }
    let value = reference(&tag.value);
    quote_spanned!(Span::mixed_site()=> if false { let _ = #value; })
}

/// A reference to an expression, placed at the expression for the sake of errors.
fn reference(value: &TokenStream) -> TokenStream {
    let at = value.span().resolved_at(Span::mixed_site());
    let value = quote!(#value);
    quote_spanned!(at=> &(#value))
}
