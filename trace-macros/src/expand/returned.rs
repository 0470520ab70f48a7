//! Expands functions that are not `async` and return a future or a stream.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ReturnType, Signature};

use super::{Expansion, Rewritten, own_block, tags, words};
use crate::body::{AsyncTail, Words, may_exit_early, split_inner_attributes};
use crate::item::Item;
use crate::params;
use crate::returns::{self, Form, Polled, ReturnsArg, Seen};
use crate::tokens::{group, located};

/// Finds the async block that a function ends with, if wrapping it is enough.
///
/// It is not enough if the function may return another future early, or if the value is a
/// box and the block is not in one. But if the return type does not show that it stands
/// for a future, there is no other way.
fn async_tail(seen: Seen, output: &ReturnType, body: &Group) -> Option<AsyncTail> {
    AsyncTail::find(body).filter(|tail| match seen {
        Seen::Value => returns::may_be_unseen(output, tail.is_boxed()),
        Seen::Named(Some(Polled::Stream)) | Seen::Polled(_, Form::Unpinned) => false,
        Seen::Named(_) => tail.is_simple() && tail.is_boxed() && returns::may_be_pinned_box(output),
        Seen::Polled(_, Form::Opaque) => tail.is_simple(),
        Seen::Polled(_, Form::Boxed) => tail.is_simple() && tail.is_boxed(),
    })
}

/// Writes the mentions that must stand in the block before `prologue`; `None` if `prologue`
/// may not stand in the block.
fn before_prologue(tail: &AsyncTail, item: &Item, prologue: TokenStream) -> Option<TokenStream> {
    let mut words = Words::default();
    words.add(prologue);
    let names = params::names(&item.signature);
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let is_recorded = |name: &&String| words.contains(name);
    let recorded: Vec<String> = names.iter().filter(is_recorded).cloned().collect();
    if recorded.is_empty() {
        return Some(TokenStream::new());
    }
    let self_is_pointer = params::self_is_pointer(&item.signature);
    let captured = tail.captured_until(&names, &recorded, self_is_pointer)?;
    Some(params::mention_in_order(&item.signature, &captured))
}

/// The trace to which a span without a `parent` or `root` belongs.
#[derive(Clone, Copy)]
pub(super) enum TraceOf {
    /// The trace in which the function is called.
    Call,
    /// The trace in which the future is first polled, as for an `async fn`.
    FirstPoll,
}

impl TraceOf {
    fn function(item: &Item, tail: Option<&AsyncTail>) -> Self {
        let signature = &item.signature;
        let is_rewritten = has_lifetime_of_async(signature)
            || (returns::is_written_by_macro(&signature.output)
                && tail.is_some_and(AsyncTail::is_whole));
        match is_rewritten {
            true => Self::FirstPoll,
            false => Self::Call,
        }
    }
}

/// Whether the function was an `async fn` before another attribute rewrote it, as its
/// lifetimes show.
fn has_lifetime_of_async(signature: &Signature) -> bool {
    let mut lifetimes = signature.generics.lifetimes();
    lifetimes.any(|param| {
        let name = &param.lifetime.ident;
        LIFETIMES_OF_ASYNC.iter().any(|known| name == known)
    })
}

/// The lifetimes of the future, as the attributes call them that rewrite an `async fn`.
///
/// Source: `#[async_trait]` always adds its own, `#[async_recursion]` if there are
/// references, `self` or types among the parameters.
const LIFETIMES_OF_ASYNC: &[&str] = &["async_trait", "async_recursion"];

impl Polled {
    /// The functions that wrap it: for a span below the current one, for a root, and for a
    /// span with the origin in the first argument.
    pub(super) fn wrappers(self, of: TraceOf) -> [&'static str; 3] {
        match (self, of) {
            (Self::Future, TraceOf::Call) => ["called", "root", "from"],
            (Self::Future, TraceOf::FirstPoll) => ["traced", "root", "from"],
            // No attribute makes a stream of an `async fn`.
            (Self::Stream, _) => ["called_stream", "root_stream", "stream_from"],
        }
    }
}

impl Expansion {
    /// Writes a function that is not `async`.
    pub(super) fn called_function(&self, item: &Item, body: &Group) -> Rewritten {
        let seen = self.seen(item);
        if self.args.returns == ReturnsArg::Value {
            return self.sync_function(item, body);
        }
        let output = &item.signature.output;
        if let Some(tail) = async_tail(seen, output, body) {
            let is_shown = returns::is_given(output, Polled::Future);
            let code = match is_shown || tail.is_simple() && !tail.is_boxed() {
                true => self.future_in_place(item, tail),
                // The output's type is known only where the wrapper itself is returned.
                false => self.polled_as_value(item, body, (Polled::Future, Form::Opaque)),
            };
            return (item.header(), code);
        }
        match seen {
            Seen::Value => self.sync_function(item, body),
            Seen::Polled(polled, form) => (
                item.header(),
                self.polled_as_value(item, body, (polled, form)),
            ),
            Seen::Named(polled) => self.named_function(item, body, polled),
        }
    }

    /// Returns whether the async block at the end of the function is wrapped. Then it does
    /// not matter what the type stands for.
    pub(super) fn is_wrapped_in_place(&self, item: &Item) -> bool {
        let (_, body) = split_inner_attributes(item.body.clone());
        async_tail(self.seen(item), &item.signature.output, &body).is_some()
    }

    /// Returns what the function returns.
    pub(super) fn seen(&self, item: &Item) -> Seen {
        // `check_returns` has reported arguments that contradict the type.
        returns::seen(&item.signature.output, self.args.returns).unwrap_or(Seen::Value)
    }

    /// Input: `fn charge(&self) -> BoxFuture<'_, u32> { log(); Box::pin(async move { body }) }`
    /// Output:
    /// ```text
    /// let calling = calling();
    /// log();
    /// Box::pin(called(|| &SITE, |output| .., { drop(calling); async move {
    ///     if false { let output: u32 = never_called(); return output; }
    ///     if recording() { tag(&SITE, 0, &(self.id)); }
    ///     { body }
    /// } }))
    /// ```
    ///
    /// If the block does not capture all of the tagged arguments, they are read before the
    /// body:
    /// ```text
    /// let values = recording().then(|| (captured(&(self.id)),));
    /// let calling = calling();
    /// log();
    /// Box::pin(called(|| &SITE, |output| .., { drop(calling); first(
    ///     move || if let Some((value0,)) = values { tag(&SITE, 0, &value0); },
    ///     async move { if false { .. } { body } },
    /// ) }))
    /// ```
    /// A function that was an `async fn` gets `traced` instead of `called`.
    fn future_in_place(&self, item: &Item, tail: AsyncTail) -> TokenStream {
        let (private, at) = (&self.private, Span::mixed_site());
        let output = &item.signature.output;
        let wrappers = Polled::Future.wrappers(TraceOf::function(item, Some(&tail)));
        let is_shown = returns::is_given(output, Polled::Future);
        let gives = returns::given(private, output, Polled::Future);
        let pin = gives.map(|ty| returns::pin_to(private, &ty, ty.span()));
        let mut prologue = self.prologue();
        let mut captures = TokenStream::new();
        let mut replay = None;
        if let Some(mentions) = before_prologue(&tail, item, prologue.clone()) {
            prologue = quote!(#mentions #prologue);
        } else if let Some((capture, hand_over)) = tags::captured(private, &self.args) {
            (captures, replay, prologue) = (capture, Some(hand_over), TokenStream::new());
        }
        let (begin, end) = if tail.has_statements() {
            self.calling()
        } else {
            Default::default()
        };
        let body = tail.replace(|keywords, block| {
            let here = (keywords.span(), block.span());
            let block = own_block(&block);
            let future = quote_spanned!(at=> #keywords { #pin #prologue #block });
            let future = match replay {
                None => future,
                Some(replay) => {
                    quote_spanned!(at=> #private::first(move || { #replay }, #future))
                }
            };
            let observe = self.observe(true, None);
            let future = quote_spanned!(at=> #end #future);
            match is_shown {
                true => self.wrap(wrappers, None, &observe, &future, here),
                false => self.wrap_opaque(wrappers, &observe, &future, here),
            }
        });
        if captures.is_empty() && begin.is_empty() {
            // The function's own block: errors about its value are at the value.
            return body.stream();
        }
        let body = own_block(&body);
        quote!(#captures #begin #body)
    }

    /// Input: `fn charge(id: u32) -> BoxFuture<'static, u32> { if id == 0 { return a() } b(id) }`
    /// Output:
    /// ```text
    /// let values = recording().then(|| (captured(&(id)),));
    /// let calling = calling();
    /// let future = call(move || {
    ///     if false { let output: BoxFuture<'static, u32> = never_called(); return output; }
    ///     let _ = &id;
    ///     { body }
    /// });
    /// drop(calling);
    /// boxed(called(|| &SITE, |output| .., first(
    ///     move || if let Some((value0,)) = values { tag(&SITE, 0, &value0); },
    ///     future,
    /// )))
    /// ```
    /// The same for a stream, with `called_stream`.
    fn polled_as_value(
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
        let (captures, inner) = match tags::captured(private, &self.args) {
            None => (TokenStream::new(), inner),
            Some((captures, replay)) => (
                captures,
                quote_spanned!(at=> #private::first(move || { #replay }, #inner)),
            ),
        };
        let here = at.located_at(item.body.span());
        let wrappers = polled.wrappers(TraceOf::function(item, None));
        let wrapped = if form == Form::Opaque {
            let observe = self.observe(true, None);
            self.wrap_opaque(wrappers, &observe, &inner, (here, here))
        } else {
            let observe = self.observe(true, returns::given(private, output, polled));
            self.wrap(wrappers, None, &observe, &inner, (here, here))
        };
        let wrapped = match form {
            Form::Opaque => wrapped,
            Form::Boxed => quote_spanned!(at=> #private::boxed(#wrapped)),
            Form::Unpinned => quote_spanned!(at=> #private::unpinned(#wrapped)),
        };
        let (begin, end) = self.calling();
        quote!(#captures #begin #made #end #wrapped)
    }

    /// Wraps the value of an `impl Trait`. The compiler sees that the wrapper is returned
    /// before it infers the wrapper's output, so the output is the one in the trait.
    ///
    /// Input: `-> impl TryFuture<Ok = u32, Error = String>`
    /// Output:
    /// ```text
    /// {
    ///     let (wrap, inner) = (called, { future });
    ///     if false { return wrap(never_called(), never_called(), inner); }
    ///     wrap(|| &SITE, |output| .., inner)
    /// }
    /// ```
    fn wrap_opaque(
        &self,
        wrappers: [&str; 3],
        observe: &TokenStream,
        inner: &TokenStream,
        (begin, end): (Span, Span),
    ) -> TokenStream {
        let private = located(&self.private, begin);
        let at = Span::mixed_site().located_at(begin);
        let (mut wrap, origin) = self.pick(wrappers);
        // If the value is not a future, the error is about the function, which is not
        // called at this place.
        wrap.set_span(at);
        let never = quote_spanned!(at=> #private::never_called());
        let no_origin = (!origin.is_empty()).then(|| quote_spanned!(at=> #never,));
        let code = quote_spanned! {at=>
            let (__traced_wrap, __traced_inner) = (#private::#wrap, { #inner });
            if false {
                return __traced_wrap(#no_origin #never, #never, __traced_inner);
            }
            __traced_wrap(#origin || &__TRACED_SITE, #observe, __traced_inner)
        };
        let code = group(Delimiter::Brace, code, at.located_at(end));
        quote!(#code)
    }

    /// Writes the beginning and the end of the code that runs at the call. Functions that
    /// this code calls belong below the span of the returned future, which begins later.
    fn calling(&self) -> (TokenStream, TokenStream) {
        let (private, at) = (&self.private, Span::mixed_site());
        (
            quote_spanned!(at=> let __traced_calling = #private::calling();),
            quote_spanned!(at=> ::core::mem::drop(__traced_calling);),
        )
    }
}
