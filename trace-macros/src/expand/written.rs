//! The function as it is written, for those who read it.

use proc_macro2::{Delimiter, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Expansion, own_block};
use crate::args::ErrArg;
use crate::body::split_inner_attributes;
use crate::item::{Item, group};

impl Expansion {
    /// Puts the user's function beside the one that records: clippy lints it, and
    /// rustdoc shows it, as if there were no attribute.
    ///
    /// Not where the arguments of the attribute hold functions of the returned
    /// value, which can be looked at only where there is one.
    ///
    /// Input: `fn count(text: &str) -> usize { body }`
    /// Output:
    /// ```text
    /// #[cfg(not(any(clippy, doc)))]
    /// fn count(text: &str) -> usize { .. }
    /// #[cfg(any(clippy, doc))]
    /// fn count(text: &str) -> usize { body }
    /// ```
    pub(super) fn beside_written(&self, item: &Item, recording: TokenStream) -> TokenStream {
        let looks_at_return = matches!(self.args.errors, ErrArg::If(_))
            || self.args.tags.iter().any(|tag| tag.is_of_return);
        if looks_at_return {
            return recording;
        }
        let written = self.written(item);
        quote_spanned! {Span::mixed_site()=>
            #[cfg(not(any(clippy, doc)))]
            #recording
            #[cfg(any(clippy, doc))]
            #written
        }
    }

    /// The user's function, with the expressions of the attribute's arguments.
    fn written(&self, item: &Item) -> TokenStream {
        let prologue = self.prologue();
        if prologue.is_empty() && self.origin.is_none() {
            return item.as_written();
        }
        let at = Span::mixed_site();
        let origin = self
            .origin
            .as_ref()
            .map(|origin| quote_spanned!(at=> if false { let _ = #origin; }));
        let (inner_attributes, body) = split_inner_attributes(item.body.clone());
        let (site, body) = (&self.site, own_block(&body));
        let stream = quote!(#inner_attributes #site #origin #prologue #body);
        let body = group(Delimiter::Brace, stream, item.body.span());
        let header = item.header();
        quote!(#header #body)
    }
}
