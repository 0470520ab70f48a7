//! Expands an `async fn`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::returned::TraceOf;
use super::{Expansion, Rewritten};
use crate::body::place_of_value;
use crate::item::Item;
use crate::params;
use crate::returns::{self, Polled};
use crate::tokens::group;

impl Expansion {
    /// Input: `async fn charge(order: Order) -> Result<Receipt, Error> { body }`
    /// Output:
    /// ```text
    /// fn charge(order: Order) -> impl Future<Output = Result<Receipt, Error>> {
    ///     traced::<Result<Receipt, Error>, _, _, _>(
    ///         || &SITE,
    ///         |output| Output::new(output).failure().record(true),
    ///         { async move {
    ///             if false { let output: Result<Receipt, Error> = never_called(); return output; }
    ///             let _ = &order;
    ///             if recording() { tag(&SITE, 0, &(order.id)); }
    ///             { body }
    ///         } },
    ///     )
    /// }
    /// ```
    /// One future and not two: nothing is stored twice, and callers nest deeper.
    ///
    /// If another attribute may need to see an `async fn`, or the signature is an error in
    /// a function that is not `async`, the function stays one, and the future is awaited:
    /// ```text
    /// async fn charge(order: Order) -> Result<Receipt, Error> {
    ///     traced(..).await
    /// }
    /// ```
    pub(super) fn async_function(&self, item: &Item, body: &Group) -> Rewritten {
        let at = Span::mixed_site();
        // Errors about the lifetime of the output are about the whole future here. They
        // are placed at the body's value.
        let here = place_of_value(body);
        let wrappers = Polled::Future.wrappers(TraceOf::FirstPoll);
        let output = &item.signature.output;
        let observe = self.observe(returns::may_be_result(output), None);
        if !is_read_as_written(item) && !params::has_anonymous_in_impl(&item.signature) {
            let (inputs, block) = self.carried(params::take, item, body);
            let future = own_future(item, &block);
            // A single word has no lifetime; an unknown word would be reported twice.
            let gives = returns::type_of(output).filter(|ty| ty.clone().into_iter().count() > 1);
            let future = self.wrap(wrappers, gives.as_ref(), &observe, &future, here);
            let header = item.header_returning(inputs, |output| self.future_type(output));
            return (header, future);
        }
        let (inputs, block) = self.carried(params::carry, item, body);
        let future = own_future(item, &block);
        let future = self.wrap(wrappers, None, &observe, &future, here);
        (item.header_with(inputs), quote_spanned!(at=> #future.await))
    }

    /// Input: `Receipt`
    /// Output: `-> impl Future<Output = Receipt>`
    ///
    /// The tokens are of this crate's edition, in which `impl` captures every
    /// lifetime in scope, as an `async fn` does in all editions.
    fn future_type(&self, output: TokenStream) -> TokenStream {
        let at = |place: Span| Span::mixed_site().located_at(place);
        let mut places = output.clone().into_iter().map(|token| token.span());
        let begin = at(places.next().unwrap_or_else(Span::call_site));
        let end = at(places.last().unwrap_or(begin));
        let output = returns::named(&self.private, output);
        // Errors about the type as a whole underline it.
        let end = quote_spanned!(end=> >);
        quote_spanned!(begin=> -> impl ::core::future::Future<Output = #output #end)
    }
}

/// Writes the async block that stands for the body of an `async fn`.
///
/// Its keywords have the places of the two ends of the function's header, where errors
/// about an `async fn` are. Keywords and braces are the user's, because the compiler does
/// not name variables in code that a macro has written. The braces inside are this
/// crate's, so they drop temporaries before the arguments in every edition, as an
/// `async fn` does.
fn own_future(item: &Item, block: &TokenStream) -> TokenStream {
    let (begin, end) = item.head();
    let (begin, end) = (Ident::new("async", begin), Ident::new("move", end));
    let block = quote_spanned!(Span::mixed_site()=> { #block });
    let block = group(Delimiter::Brace, block, item.body.span());
    quote!(#begin #end #block)
}

/// Whether an attribute is left that may read the function, as `#[tokio::main]`
/// does, or that means something else on an `async fn`, as `#[must_use]` does.
fn is_read_as_written(item: &Item) -> bool {
    !item.attributes.iter().all(|outer| {
        let path = outer.path();
        let first = path.segments.first();
        path.get_ident()
            .is_some_and(|name| PLAIN.iter().any(|plain| name == plain))
            || first.is_some_and(|tool| tool.ident == "clippy" || tool.ident == "rustfmt")
    })
}

/// Attributes that mean the same on the function that returns the future.
const PLAIN: &[&str] = &[
    "allow",
    "cfg",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "inline",
    "warn",
];
