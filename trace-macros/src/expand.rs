//! From arguments and function to the function that records a span.
//!
//! Every generated name is hygienic or unlikely (patterns are not hygienic
//! against a user's constants), every path is absolute, and the user's block is
//! one token with the user's spans, so that errors and lints in it stay as they
//! are.

mod prologue;
mod test;

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use crate::args::{Args, TagForm};
use crate::attribute::Attribute;
use crate::body::{AsyncTail, Words, may_exit_early, split_inner_attributes};
use crate::fallback;
use crate::item::{Item, group};
use crate::params;
use crate::returns::{self, ReturnedFuture};
use crate::suggest::did_you_mean;

/// Expands one attribute.
pub(crate) fn expand(attribute: Attribute, args: TokenStream, item: TokenStream) -> TokenStream {
    let result = match (
        Args::parse(attribute, args),
        Item::parse(attribute, item.clone()),
    ) {
        (Ok(args), Ok(parsed)) => check_tags(&args, &parsed).map(|()| (args, parsed)),
        (Err(mut error), Err(more)) => {
            error.combine(more);
            Err(error)
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    };
    match result {
        Ok((args, parsed)) if attribute == Attribute::TracedTest => test::write(&args, parsed),
        Ok((args, parsed)) => Expansion::new(attribute, args, &parsed).write(parsed),
        Err(error) => fallback::with_item(&error, item),
    }
}

/// Reports each bare tag that is no argument.
fn check_tags(args: &Args, item: &Item) -> syn::Result<()> {
    let names: Vec<String> = params::names(&item.signature)
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut error: Option<syn::Error> = None;
    for tag in &args.tags {
        let name = tag.value.to_string();
        if tag.form != TagForm::Argument || names.contains(&name) {
            continue;
        }
        let message = format!(
            "`{name}` is not an argument of `{}`{}\nwrite `{name} = value` for anything else",
            item.signature.ident,
            did_you_mean(&name, names.iter().map(String::as_str)),
        );
        let next = syn::Error::new(tag.span, message);
        match &mut error {
            Some(error) => error.combine(next),
            None => error = Some(next),
        }
    }
    error.map_or(Ok(()), Err)
}

/// Returns the path of a module of `trace-core`.
fn module(krate: Option<&Path>, name: &str) -> TokenStream {
    let name = syn::Ident::new(name, Span::mixed_site());
    match krate {
        Some(path) => quote!(#path::#name),
        None => quote_spanned!(Span::mixed_site()=> ::trace_core::#name),
    }
}

/// What is the same for every shape of function.
struct Expansion {
    attribute: Attribute,
    args: Args,
    private: TokenStream,
    site: TokenStream,
}

/// A new parameter list, if one is needed, and the code of the new body.
type Rewritten = (Option<TokenStream>, TokenStream);

impl Expansion {
    fn new(attribute: Attribute, args: Args, item: &Item) -> Self {
        let private = module(args.krate.as_ref(), "__private");
        let site = prologue::site(&private, &args, &item.signature.ident);
        Self {
            attribute,
            args,
            private,
            site,
        }
    }

    fn write(self, item: Item) -> TokenStream {
        let (inner_attributes, body) = split_inner_attributes(item.body.clone());
        let site = &self.site;
        let (inputs, code) = if item.signature.asyncness.is_some() {
            self.async_function(&item, &body)
        } else if let Some(tail) = self.async_tail(&item, &body) {
            (None, self.future_in_place(&item, tail))
        } else if let Some(kind) = returns::future(&item.signature.output) {
            (None, self.future_as_value(&item, &body, kind))
        } else {
            self.sync_function(&item, &body)
        };
        let stream = quote_spanned!(Span::mixed_site()=> #inner_attributes #site #code);
        // The user's braces: with them the function is the user's, and lints about
        // it fire, at its own place.
        let braces = item.body.span();
        let mut tokens = item.header(inputs, true);
        tokens.extend([group(Delimiter::Brace, stream, braces)]);
        tokens
    }

    /// Input: `async fn charge(order: Order) -> Result<Receipt, Error> { body }`
    /// Output:
    /// ```text
    /// traced(
    ///     || &SITE,
    ///     |output| Output::new(output).failure().record(true),
    ///     { async move {
    ///         if false { return never_called::<Result<Receipt, Error>>(); }
    ///         let _ = &order;
    ///         if recording() { tag(&SITE, 0, &(order.id)); }
    ///         { body }
    ///     } },
    /// ).await
    /// ```
    fn async_function(&self, item: &Item, body: &Group) -> Rewritten {
        let output = &item.signature.output;
        let (inputs, block) = self.carried(item, &self.prologue(), body);
        let at = Span::mixed_site();
        let observe = self.observe(returns::may_be_result(output), None);
        let future = self.wrap(&observe, &quote_spanned!(at=> async move { #block }));
        (inputs, quote_spanned!(at=> #future.await))
    }

    /// Finds the async block that a function ends with, if wrapping it is enough.
    ///
    /// It is not where the function may end elsewhere with another future; only
    /// where the return type does not show a future, nothing else can be done.
    fn async_tail(&self, item: &Item, body: &Group) -> Option<AsyncTail> {
        let visible = returns::future(&item.signature.output).is_some();
        AsyncTail::find(body).filter(|tail| !visible || tail.is_simple())
    }

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
    fn future_in_place(&self, item: &Item, tail: AsyncTail) -> TokenStream {
        let output = &item.signature.output;
        let gives = returns::future_output(&self.private, output);
        let pin = gives.map(|ty| returns::pin_to(&self.private, &ty, ty.span()));
        let prologue = self.prologue();
        let body = tail.replace(|keywords, block| {
            let at = Span::mixed_site();
            let block = own_block(&block);
            let future = quote_spanned!(at=> #keywords { #pin #prologue #block });
            let observe = self.observe(true, None);
            self.wrap(&observe, &future)
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
    fn future_as_value(&self, item: &Item, body: &Group, kind: ReturnedFuture) -> TokenStream {
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
        let made = quote_spanned!(at=> let __traced_future #ty = #value;);
        let future = quote_spanned!(at=> __traced_future);
        let (captures, future) =
            match prologue::captured(private, &self.args, self.attribute == Attribute::TraceRoot) {
                None => (TokenStream::new(), future),
                Some((captures, replay)) => (
                    captures,
                    quote_spanned!(at=> #private::first(move || { #replay }, #future)),
                ),
            };
        let gives = returns::future_output(private, output);
        let wrapped = self.wrap(&self.observe(true, gives), &future);
        let wrapped = match kind {
            ReturnedFuture::Opaque => wrapped,
            ReturnedFuture::Boxed => quote_spanned!(at=> #private::boxed(#wrapped)),
        };
        quote!(#captures #made #wrapped)
    }

    /// Input: `fn parse(text: &str) -> Result<u32, Error> { body }`
    /// Output:
    /// ```text
    /// let mut guard = enter(&SITE);
    /// let output = call(move || {
    ///     if false { return never_called::<Result<u32, Error>>(); }
    ///     let _ = &text;
    ///     if recording() { tag(&SITE, 0, &(text)); }
    ///     { body }
    /// });
    /// if guard.is_recording() && Output::new(&output).failure().record(true) {
    ///     guard.set_failed();
    /// }
    /// output
    /// ```
    ///
    /// Input: `fn parse(text: &str) -> u32 { body }`
    /// Output:
    /// ```text
    /// let guard = enter(&SITE);
    /// {
    ///     if recording() { tag(&SITE, 0, &(text)); }
    ///     { body }
    /// }
    /// ```
    /// The block in between drops the temporaries of the body's last expression
    /// before the guard, in every edition.
    fn sync_function(&self, item: &Item, body: &Group) -> Rewritten {
        let (private, at) = (&self.private, Span::mixed_site());
        let output = &item.signature.output;
        let enter = self.pick("enter", "enter_root");
        if !self.args.errors || !returns::may_be_result(output) {
            let (prologue, body) = (self.prologue(), own_block(body));
            let code = quote_spanned! {at=>
                let __traced_guard = #private::#enter(&__TRACED_SITE);
                { #prologue #body }
            };
            return (None, code);
        }
        let (inputs, value) = if is_track_caller(item) {
            // A closure would change `Location::caller()`. What leaves this block
            // early is not looked at.
            let (prologue, body) = (self.prologue(), own_block(body));
            (None, quote_spanned!(at=> { #prologue #body }))
        } else {
            let (inputs, block) = self.carried(item, &self.prologue(), body);
            (
                inputs,
                quote_spanned!(at=> #private::call(move || { #block })),
            )
        };
        let ty = returns::annotation(output);
        let code = quote_spanned! {at=>
            let mut __traced_guard = #private::#enter(&__TRACED_SITE);
            let __traced_output #ty = #value;
            if __traced_guard.is_recording()
                && #private::outcome::Output::new(&__traced_output).__traced_failure().__traced_record(true)
            {
                __traced_guard.set_failed();
            }
            __traced_output
        };
        (inputs, code)
    }

    /// Returns the content of a closure or async block that runs the body.
    fn carried(&self, item: &Item, prologue: &TokenStream, body: &Group) -> Rewritten {
        let mut used = words(body);
        used.add(prologue.clone());
        let carried = params::carry(&item.signature, &used);
        let pin = returns::pin(&self.private, &item.signature.output);
        let (statements, body) = (carried.statements, own_block(body));
        let block = quote!(#pin #statements #prologue #body);
        (carried.inputs, block)
    }

    /// Wraps a future; the block around it has the compiler look at the future
    /// before the closure that looks at its output.
    fn wrap(&self, observe: &TokenStream, future: &TokenStream) -> TokenStream {
        let private = &self.private;
        let wrap = self.pick("traced", "root");
        quote_spanned!(Span::mixed_site()=>
            #private::#wrap(|| &__TRACED_SITE, #observe, { #future })
        )
    }

    /// Writes the closure that looks at the output of a future.
    fn observe(&self, may_be_result: bool, ty: Option<TokenStream>) -> TokenStream {
        let (private, at) = (&self.private, Span::mixed_site());
        if !self.args.errors || !may_be_result {
            return quote_spanned!(at=> |_| false);
        }
        let ty = ty.map(|ty| quote_spanned!(at=> : &#ty));
        quote_spanned! {at=>
            |__traced_output #ty| {
                #private::outcome::Output::new(__traced_output).__traced_failure().__traced_record(true)
            }
        }
    }

    fn prologue(&self) -> TokenStream {
        prologue::write(&self.private, &self.args)
    }

    fn pick(&self, traced: &str, root: &str) -> TokenStream {
        let name = match self.attribute {
            Attribute::TraceRoot => root,
            Attribute::Traced | Attribute::TracedTest => traced,
        };
        syn::Ident::new(name, Span::mixed_site()).into_token_stream()
    }
}

fn words(body: &Group) -> Words {
    let mut words = Words::default();
    words.add(body.stream());
    words
}

/// Writes the user's block as the last expression of another.
///
/// The braces keep their span: with it come the edition's rules for temporaries.
/// The empty attribute stops `unused_braces`, which would want one pair removed.
fn own_block(body: &Group) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> #[allow()] #body)
}

fn is_track_caller(item: &Item) -> bool {
    item.attributes
        .iter()
        .any(|outer| outer.path().is_ident("track_caller"))
}
