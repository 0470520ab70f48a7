//! Functions that are not `async` and return a future or a stream.

use proc_macro2::{Group, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Expansion, own_block, prologue, words};
use crate::body::{AsyncTail, Words, may_exit_early};
use crate::item::Item;
use crate::params;
use crate::returns::{self, Form, Polled};

/// Finds the async block that a function ends with, if wrapping it is enough.
///
/// It is not where the function may end elsewhere with another future, or where
/// `prologue` would have the block hold a parameter that it does not have; only where
/// the return type does not show a future, nothing else can be done.
pub(super) fn async_tail(item: &Item, body: &Group, prologue: TokenStream) -> Option<AsyncTail> {
    let visible = returns::polled(&item.signature.output).is_some();
    let mut recorded = Words::default();
    recorded.add(prologue);
    let names = params::names(&item.signature);
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let wanted = || {
        let names = names.iter().map(String::as_str);
        names.filter(|name| recorded.contains(name))
    };
    let is_owned = |tail: &AsyncTail| wanted().next().is_none() || tail.owns(wanted());
    AsyncTail::find(body).filter(|tail| !visible || tail.is_simple() && is_owned(tail))
}

impl Polled {
    /// The functions that wrap it: below the current span, as a root, and below
    /// what the first argument says.
    pub(super) fn wrappers(self) -> [&'static str; 3] {
        match self {
            Self::Future => ["traced", "root", "from"],
            Self::Stream => ["traced_stream", "root_stream", "stream_from"],
        }
    }
}

impl Expansion {
    /// Input: `fn charge(&self) -> BoxFuture<'_, u32> { log(); Box::pin(async move { body }) }`
    /// Output:
    /// ```text
    /// log();
    /// Box::pin(traced(|| &SITE, |output| .., { async move {
    ///     if false { return never_called::<u32>(); }
    ///     if recording() { tag(&SITE, 0, &(self.id)); }
    ///     { body }
    /// } }))
    /// ```
    pub(super) fn future_in_place(&self, item: &Item, tail: AsyncTail) -> TokenStream {
        let output = &item.signature.output;
        let gives = returns::given(&self.private, output, Polled::Future);
        let pin = gives.map(|ty| returns::pin_to(&self.private, &ty, ty.span()));
        let prologue = self.prologue();
        let body = tail.replace(|keywords, block| {
            let at = Span::mixed_site();
            let block = own_block(&block);
            let future = quote_spanned!(at=> #keywords { #pin #prologue #block });
            let observe = self.observe(true, None);
            self.wrap(Polled::Future, None, &observe, &future)
        });
        own_block(&body)
    }

    /// Input: `fn charge(id: u32) -> BoxFuture<'static, u32> { if id == 0 { return a() } b(id) }`
    /// Output:
    /// ```text
    /// let values = recording().then(|| (captured(&(id)),));
    /// let future = call(move || {
    ///     if false { return never_called::<BoxFuture<'static, u32>>(); }
    ///     let _ = &id;
    ///     { body }
    /// });
    /// boxed(traced(|| &SITE, |output| .., first(
    ///     move || if let Some((value0,)) = values { tag(&SITE, 0, &value0); },
    ///     future,
    /// )))
    /// ```
    /// The same for a stream, with `traced_stream`.
    pub(super) fn polled_as_value(
        &self,
        item: &Item,
        body: &Group,
        (polled, form): (Polled, Form),
    ) -> TokenStream {
        let (private, at) = (&self.private, Span::mixed_site());
        let output = &item.signature.output;
        let value = if may_exit_early(body.stream()) {
            let mentions = params::mention_all(&item.signature, &words(body));
            let (pin, body) = (returns::pin(private, output), own_block(body));
            quote_spanned!(at=> #private::call(move || { #pin #mentions #body }))
        } else {
            let body = own_block(body);
            quote_spanned!(at=> { #body })
        };
        let ty = returns::annotation(output);
        let made = quote_spanned!(at=> let __traced_inner #ty = #value;);
        let inner = quote_spanned!(at=> __traced_inner);
        let (captures, inner) = match prologue::captured(private, &self.args) {
            None => (TokenStream::new(), inner),
            Some((captures, replay)) => (
                captures,
                quote_spanned!(at=> #private::first(move || { #replay }, #inner)),
            ),
        };
        let gives = returns::given(private, output, polled);
        let wrapped = self.wrap(polled, None, &self.observe(true, gives), &inner);
        let wrapped = match form {
            Form::Opaque => wrapped,
            Form::Boxed => quote_spanned!(at=> #private::boxed(#wrapped)),
        };
        quote!(#captures #made #wrapped)
    }
}
