//! Writes the function for builds in which nothing is recorded.

use proc_macro2::{Delimiter, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::lint_copy::not_const;
use super::{Expansion, tags};
use crate::body::split_inner_attributes;
use crate::item::Item;
use crate::tokens::group;

impl Expansion {
    /// Writes the function as the user wrote it, with the expressions of the attribute's
    /// arguments in code that never runs. So the compiler reports mistakes in them whether or
    /// not anything is recorded, and the variables that they name count as used.
    ///
    /// Input: `async fn count(text: &str) -> usize { body }`
    /// Output: `async fn count(text: &str) -> usize { body }`
    ///
    /// Input: `tags(order.id = order.id)`, `async fn charge(order: Order) { body }`
    /// Output:
    /// ```text
    /// async fn charge(order: Order) {
    ///     if false {
    ///         static SITE: Site = Site::new(..);
    ///         tag(&SITE, 0, &(order.id));
    ///         loop {}
    ///     }
    ///     body
    /// }
    /// ```
    /// The loop keeps the future as small as the plain one: without it, the values that the
    /// tags borrow might still be borrowed at each `.await` that follows, and would be stored.
    /// A function that is not `async` has no loop, so that `unconditional_recursion` works.
    pub(super) fn off(&self, item: &Item) -> TokenStream {
        let at = Span::mixed_site();
        let origin = self
            .origin
            .as_ref()
            .map(|origin| quote_spanned!(at=> let _ = #origin;));
        let statements = tags::statements(&self.private, &self.args);
        let returned = self
            .looks_at_return()
            .then(|| self.check_returned(item))
            .flatten();
        // Otherwise an import that only `crate = ..` names would be unused.
        let private = &self.private;
        let krate = self.args.krate.as_ref();
        let krate = krate.map(|_| quote_spanned!(at=> let _ = #private::recording;));
        let is_async = item.signature.asyncness.is_some();
        let refused = match is_async || returned.is_some() {
            true => None,
            false => self.is_refused(item),
        };
        let is_empty =
            statements.is_empty() && origin.is_none() && returned.is_none() && refused.is_none();
        if is_empty && krate.is_none() {
            let lints = not_const(item);
            let written = item.as_written();
            return quote!(#lints #written);
        }
        let site = &self.site;
        let end = is_async.then(|| quote_spanned!(at=> loop {}));
        // With a `;`, or this would be the last expression of a function that has none.
        let check = quote_spanned! {at=>
            if false {
                #krate
                #site
                #origin
                #statements
                #returned
                #refused
                #end
            };
        };
        let (inner_attributes, body) = split_inner_attributes(item.body.clone());
        let body = body.stream();
        let stream = quote!(#inner_attributes #check #body);
        let body = group(Delimiter::Brace, stream, item.body.span());
        let header = item.header();
        quote!(#header #body)
    }
}
