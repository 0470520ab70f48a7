//! Writes a copy of the function as the user wrote it, beside the recording one, for lints
//! and documentation.

use proc_macro2::{Delimiter, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Expansion, own_block};
use crate::args::ErrArg;
use crate::body::split_inner_attributes;
use crate::item::Item;
use crate::returns::{self, Polled, ReturnsArg, Seen};
use crate::tokens::group;

impl Expansion {
    /// Puts the user's function beside the one that records: clippy lints it, and
    /// rustdoc shows it, as if there were no attribute.
    ///
    /// There is no copy if the arguments of the attribute have functions of a returned value
    /// whose type has no name: the compiler can check these only where there is such a value.
    ///
    /// Input: `fn count(text: &str) -> usize { body }`
    /// Output:
    /// ```text
    /// #[cfg(not(any(clippy, doc)))]
    /// fn count(text: &str) -> usize { .. }
    /// #[cfg_attr(not(any(clippy, doc)), cfg(any()))]
    /// fn count(text: &str) -> usize { body }
    /// ```
    /// With a plain `#[cfg(any(clippy, doc))]`, rustdoc would believe that the function exists
    /// only under clippy: it would say so in the documentation, and leave out its doctests.
    pub(super) fn beside_lint_copy(&self, item: &Item, recording: TokenStream) -> TokenStream {
        let looks_at_return = self.looks_at_return();
        let check = match self.check_returned(item) {
            Some(code) if looks_at_return => code,
            None if looks_at_return => return recording,
            _ => TokenStream::new(),
        };
        let lint_copy = self.lint_copy(item, &check);
        quote_spanned! {Span::mixed_site()=>
            #[cfg(not(any(clippy, doc)))]
            #recording
            #[cfg_attr(not(any(clippy, doc)), cfg(any()))]
            #lint_copy
        }
    }

    /// Whether an argument of the attribute holds a function of the returned value.
    pub(super) fn looks_at_return(&self) -> bool {
        matches!(self.args.errors, ErrArg::If(_))
            || self.args.tags.iter().any(|tag| tag.reads_returned)
    }

    /// The user's function, with the expressions of the attribute's arguments.
    fn lint_copy(&self, item: &Item, check: &TokenStream) -> TokenStream {
        let prologue = self.prologue();
        if prologue.is_empty() && check.is_empty() && self.origin.is_none() {
            let lints = not_const(item);
            let written = item.as_written();
            return quote!(#lints #written);
        }
        let at = Span::mixed_site();
        let origin = self
            .origin
            .as_ref()
            .map(|origin| quote_spanned!(at=> if false { let _ = #origin; }));
        let (inner_attributes, body) = split_inner_attributes(item.body.clone());
        let (site, body) = (&self.site, own_block(&body));
        let stream = quote!(#inner_attributes #site #origin #prologue #check #body);
        let body = group(Delimiter::Brace, stream, item.body.span());
        let header = item.header();
        quote!(#header #body)
    }

    /// Writes code by which the compiler checks functions of the returned value.
    ///
    /// Input: `tags(ret.rows = |rows| rows.len())`, `-> Vec<u32>`
    /// Output:
    /// ```text
    /// if false {
    ///     let output: Vec<u32> = never_called();
    ///     let _ = { tag(&SITE, 0, &returned(&output, |rows| rows.len())); false };
    /// }
    /// ```
    pub(super) fn check_returned(&self, item: &Item) -> Option<TokenStream> {
        let (private, at) = (&self.private, Span::mixed_site());
        let output = &item.signature.output;
        let ty = match item.signature.asyncness {
            Some(_) => returns::type_of(output),
            None if self.args.returns == ReturnsArg::Value => returns::type_of(output),
            None => match self.seen(item) {
                Seen::Named(_) | Seen::Value if self.is_wrapped_in_place(item) => {
                    returns::given(private, output, Polled::Future)
                }
                Seen::Value => returns::type_of(output),
                Seen::Polled(polled, _) => returns::given(private, output, polled),
                Seen::Named(polled) => return self.check_named(item, polled),
            },
        };
        let ty = ty.filter(|ty| !returns::has_unnamed(ty))?;
        let value = quote_spanned!(at=> &__traced_output);
        let failure = self.failure(true, &value)?;
        Some(quote_spanned! {at=>
            if false {
                let __traced_output: #ty = #private::never_called();
                let _ = #failure;
            }
        })
    }
}

/// Silences the lint that asks for `const`, which the attribute refuses.
///
/// The `allow` is there under clippy alone. It stands on the user's own code, because other
/// lints would see anything that is added to the body. So a `forbid` of just this lint is an
/// error under clippy.
pub(super) fn not_const(item: &Item) -> Option<TokenStream> {
    let is_called = item.signature.asyncness.is_none();
    is_called.then(|| {
        quote_spanned!(Span::mixed_site()=> #[cfg_attr(clippy, allow(clippy::missing_const_for_fn))])
    })
}
