//! Expands functions that return a value which is not polled.

use proc_macro2::{Group, Span, TokenStream};
use quote::quote_spanned;

use super::{Expansion, Rewritten, own_block};
use crate::body::{has_value, may_exit_early, place_of_value};
use crate::item::Item;
use crate::params;
use crate::returns;

impl Expansion {
    /// Input: `fn parse(text: &str) -> Result<u32, Error> { body }`
    /// Output:
    /// ```text
    /// let guard = enter(&SITE);
    /// let output = call(move || -> Result<u32, Error> {
    ///     if false { let output: Result<u32, Error> = never_called(); return output; }
    ///     let text = text;
    ///     if recording() { tag(&SITE, 0, &(text)); }
    ///     { body }
    /// });
    /// if guard.is_recording() {
    ///     guard.end(Output::new(&output).failure().record(true));
    /// }
    /// output
    /// ```
    ///
    /// The body of a function that is left only at its end needs no closure: with a
    /// block, lints that look at whole functions see it.
    /// ```text
    /// let output: Result<u32, Error> = match () {
    ///     () => {
    ///         if recording() { tag(&SITE, 0, &(text)); }
    ///         { body }
    ///     }
    ///     _ => never_called(),
    /// };
    /// ```
    /// Because of the second arm, the code after a body that never ends is not unreachable.
    /// A body without a last expression is reported at the type if it is in a closure.
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
    pub(super) fn sync_function(&self, item: &Item, body: &Group) -> Rewritten {
        let (private, at) = (&self.private, Span::mixed_site());
        let output = &item.signature.output;
        let (enter, origin) = self.pick(["enter", "enter_root", "enter_from"]);
        let failure = self.failure(
            returns::may_be_result(output),
            &quote_spanned!(at=> &__traced_output),
        );
        let Some(failure) = failure else {
            let (prologue, body) = (self.prologue(), own_block(body));
            let code = quote_spanned! {at=>
                let __traced_guard = #private::#enter(#origin &__TRACED_SITE);
                { #prologue #body }
            };
            return (item.header(), code);
        };
        self.value_function(item, body, None, Some(failure))
    }

    /// Writes a function whose value is examined before it is returned: by the compiler in
    /// `check`, and at run time for a `failure`.
    pub(super) fn value_function(
        &self,
        item: &Item,
        body: &Group,
        check: Option<&TokenStream>,
        failure: Option<TokenStream>,
    ) -> Rewritten {
        let (private, at) = (&self.private, Span::mixed_site());
        let (enter, origin) = self.pick(["enter", "enter_root", "enter_from"]);
        let (inputs, ty, value) = self.value(item, body, self.prologue());
        let here = at.located_at(place_of_value(body).0);
        let returned = quote_spanned!(here=> __traced_output);
        let end = failure.map(|failure| {
            quote_spanned! {at=>
                if __traced_guard.is_recording() {
                    __traced_guard.end(#failure);
                }
            }
        });
        let code = quote_spanned! {at=>
            let __traced_guard = #private::#enter(#origin &__TRACED_SITE);
            let __traced_output #ty = #value;
            #check
            #end
            #returned
        };
        (item.header_with(inputs), code)
    }

    /// Writes the prologue and the body as a value. Returns the parameters of the function,
    /// the type of a variable for the value, and the value.
    pub(super) fn value(
        &self,
        item: &Item,
        body: &Group,
        prologue: TokenStream,
    ) -> (Option<TokenStream>, TokenStream, TokenStream) {
        let (private, at) = (&self.private, Span::mixed_site());
        let output = &item.signature.output;
        let is_plain = has_value(body) && !may_exit_early(body.stream());
        if is_track_caller(item) || is_plain {
            // A closure would change `Location::caller()`. An error that leaves this block
            // early is not recorded.
            let body = own_block(body);
            let value = quote_spanned! {at=>
                match () {
                    () => { #prologue #body }
                    _ => #private::never_called(),
                }
            };
            return (None, returns::loose_annotation(output), value);
        }
        let (inputs, block) = self.carried_after(params::pass, item, body, prologue);
        let arrow = returns::arrow(output);
        let value = quote_spanned!(at=> #private::call(move || #arrow { #block }));
        (inputs, returns::annotation(output), value)
    }
}

fn is_track_caller(item: &Item) -> bool {
    item.attributes
        .iter()
        .any(|outer| outer.path().is_ident("track_caller"))
}
