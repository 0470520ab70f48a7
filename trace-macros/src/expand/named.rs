//! Expands functions that are not `async` and whose return type may be a name of a
//! future or a stream.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::{Expansion, Rewritten, tags};
use crate::body::place_of_value;
use crate::item::Item;
use crate::returns::{self, Polled, Seen};
use crate::tokens::located;

impl Expansion {
    /// The compiler finds out what the type stands for: see `__private::returned`.
    ///
    /// Input: `tags(id)`, `fn call(&mut self, id: u32) -> Self::Future { body }`
    /// Output:
    /// ```text
    /// let guard = Returned::<Self::Future>::TYPE.kind().enter(&SITE);
    /// let said = &guard;
    /// let output: Self::Future = match () {
    ///     () => {
    ///         if said.recording() { said.tag(&SITE, 0, &(id)); }
    ///         { body }
    ///     }
    ///     _ => never_called(),
    /// };
    /// guard.end(|| &SITE, |output| Output::new(output).failure().record(true), output)
    /// ```
    /// The value is made like that of a function that is called and not polled.
    pub(super) fn named_function(
        &self,
        item: &Item,
        body: &Group,
        polled: Option<Polled>,
    ) -> Rewritten {
        let at = Span::mixed_site();
        let Some(kind) = self.kind(item, polled) else {
            return self.unnamed_function(item, body, polled);
        };
        let to = quote_spanned!(at=> __traced_said.);
        let prologue = tags::write_to(&self.private, &to, &self.args);
        let said = (!prologue.is_empty())
            .then(|| quote_spanned!(at=> let __traced_said = &__traced_guard;));
        let (inputs, ty, value) = self.value(item, body, prologue);
        let here = at.located_at(place_of_value(body).0);
        let output = quote_spanned!(here=> __traced_output);
        let enter = self.entered(&kind);
        let end = self.ended(&output);
        let code = quote_spanned! {at=>
            let __traced_guard = #enter;
            #said
            let __traced_output #ty = #value;
            #end
        };
        (item.header_with(inputs), code)
    }

    /// A type with an `impl Trait` in it has no name, but its value has one type.
    ///
    /// Input: `fn either(ready: bool) -> Either<impl Future, Ready<u32>> { body }`
    /// Output:
    /// ```text
    /// let guard = enter(&SITE);
    /// let output: Either<_, Ready<u32>> = body;
    /// let _ = Returned::from_ref(&output).kind();
    /// if guard.is_recording() {
    ///     guard.end(Output::new(&output).failure().record(true));
    /// }
    /// output
    /// ```
    fn unnamed_function(&self, item: &Item, body: &Group, polled: Option<Polled>) -> Rewritten {
        let at = Span::mixed_site();
        let returned = returns::type_of(&item.signature.output);
        let place = returned.map_or(at, |ty| ty.span().resolved_at(at));
        let (method, private) = (kind_method(polled, place), located(&self.private, place));
        let kind = quote_spanned!(place=> #private::Returned::from_ref(&__traced_output).#method());
        let check = quote_spanned!(at=> let _ = #kind;);
        let failure = self.failure(true, &quote_spanned!(at=> &__traced_output));
        self.value_function(item, body, Some(&check), failure)
    }

    /// Writes code by which the compiler refuses the returned type if it has to.
    ///
    /// Output: `let _ = Returned::<Self::Future>::TYPE.kind();`
    pub(super) fn is_refused(&self, item: &Item) -> Option<TokenStream> {
        let Seen::Named(polled) = self.seen(item) else {
            return None;
        };
        if self.is_wrapped_in_place(item) {
            return None;
        }
        let kind = self.kind(item, polled)?;
        Some(quote_spanned!(Span::mixed_site()=> let _ = #kind;))
    }

    /// Writes code by which the compiler checks functions of the returned value, or of the
    /// output of a returned future.
    pub(super) fn check_named(&self, item: &Item, polled: Option<Polled>) -> Option<TokenStream> {
        let (private, at) = (&self.private, Span::mixed_site());
        let kind = self.kind(item, polled)?;
        let ty = returns::annotation(&item.signature.output);
        let enter = self.entered(&kind);
        let end = self.ended(&quote_spanned!(at=> __traced_output));
        Some(quote_spanned! {at=>
            if false {
                let __traced_guard = #enter;
                let __traced_output #ty = #private::never_called();
                let _ = #end;
            }
        })
    }

    /// Writes the expression for what the returned type stands for, if it has a name.
    fn kind(&self, item: &Item, polled: Option<Polled>) -> Option<TokenStream> {
        let ty = returns::type_of(&item.signature.output).filter(|ty| !returns::has_unnamed(ty))?;
        // The compiler refuses the type there, and not at the attribute.
        let here = ty.span().resolved_at(Span::mixed_site());
        let private = located(&self.private, here);
        let method = kind_method(polled, here);
        // As the type of a variable, because elsewhere an unknown type would be reported
        // twice.
        let returned = quote_spanned! {here=>
            (if false {
                let __traced_output: #ty = #private::never_called();
                #private::Returned::new(__traced_output)
            } else {
                #private::Returned::TYPE
            })
        };
        Some(quote_spanned!(here=> #returned.#method()))
    }

    fn entered(&self, kind: &TokenStream) -> TokenStream {
        let (enter, origin) = self.pick(["enter", "enter_root", "enter_from"]);
        quote_spanned!(Span::mixed_site()=> #kind.#enter(#origin &__TRACED_SITE))
    }

    /// Errors about the lifetime of what is returned are at `output`.
    fn ended(&self, output: &TokenStream) -> TokenStream {
        let observe = self.observe(true, None);
        let here = output.span().resolved_at(Span::mixed_site());
        quote_spanned!(here=> __traced_guard.end(|| &__TRACED_SITE, #observe, #output))
    }
}

/// The method that returns what a returned type stands for.
fn kind_method(polled: Option<Polled>, span: Span) -> Ident {
    let name = match polled {
        None => "__traced_kind",
        Some(Polled::Future) => "__traced_future",
        Some(Polled::Stream) => "__traced_stream",
    };
    Ident::new(name, span)
}
