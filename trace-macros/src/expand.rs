//! Writes the function that records a span, from the arguments and the user's function.
//!
//! Every generated name is hygienic or unlikely (patterns are not hygienic against a
//! user's constants), and every path is absolute. The user's block stays one token with the
//! user's spans, so that errors and lints in it do not change.

mod async_function;
mod lint_copy;
mod named;
mod off;
mod returned;
mod site;
mod sync_function;
mod tags;
mod test;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Signature};

use crate::args::{Args, ErrArg, Errors, TagForm};
use crate::attribute::Attribute;
use crate::block;
use crate::body::{Words, leaves_no_loop, split_inner_attributes};
use crate::fallback;
use crate::item::{Found, Item};
use crate::params::{self, Params};
use crate::returns;
use crate::suggest::did_you_mean;
use crate::tokens::{group, located};

/// Whether functions record; `trace-core` sets the feature for the whole program.
const RECORDS: bool = cfg!(feature = "record");

/// Expands one attribute.
pub(crate) fn expand(attribute: Attribute, args: TokenStream, item: TokenStream) -> TokenStream {
    if attribute == Attribute::Traced
        && let Some(block) = block::find(item.clone())
    {
        let expanded = block.expand(args);
        return expanded.unwrap_or_else(|error| fallback::with_item(&error, item));
    }
    let args = Args::parse(attribute, args);
    let is_skipped = args.as_ref().is_ok_and(|args| args.skip);
    let result = match (args, Item::parse(attribute, item.clone(), is_skipped)) {
        (Ok(args), Ok(Found::Function(parsed))) => check(&args, &parsed).map(|()| (args, parsed)),
        (_, Ok(Found::Statement)) => return item,
        (Ok(_), Ok(Found::Malformed)) => return fallback::not_traced(item),
        (Err(mut error), Err(more)) => {
            error.combine(more);
            Err(error)
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    };
    match result {
        Ok((args, parsed)) if attribute == Attribute::TracedTest => test::write(&args, &parsed),
        Ok((args, parsed)) if args.skip || leaves_no_loop(parsed.body.stream()) => {
            parsed.as_written()
        }
        Ok((args, parsed)) => {
            let expansion = Expansion::new(args, &parsed);
            match RECORDS {
                true => expansion.write(&parsed),
                false => expansion.off(&parsed),
            }
        }
        Err(error) => fallback::with_item(&error, item),
    }
}

/// Reports arguments that do not fit the function.
fn check(args: &Args, item: &Item) -> syn::Result<()> {
    let mut errors = Errors::default();
    errors.add(check_error(args, item));
    errors.add(check_tags(args, item));
    errors.add(check_returns(args, item));
    errors.or(())
}

/// Reports `err` on a function that cannot return an error.
fn check_error(args: &Args, item: &Item) -> syn::Result<()> {
    let output = &item.signature.output;
    if returns::may_be_result(output) || returns::polled(output).is_some() {
        return Ok(());
    }
    let written = args.written.iter().find(|(name, _)| *name == "err");
    let (span, form) = match (&args.errors, written) {
        (ErrArg::If(function), _) => (function.span(), "err(..)"),
        (ErrArg::Status, Some((_, written))) => (written.span(), "err = status"),
        _ => return Ok(()),
    };
    let message = format!(
        "`{form}` needs a function that returns a `Result`; `{}` does not\nleave out `{form}`",
        item.signature.ident,
    );
    Err(syn::Error::new(span, message))
}

/// Reports a `returns` that contradicts the function.
fn check_returns(args: &Args, item: &Item) -> syn::Result<()> {
    let written = args.written.iter().find(|(name, _)| *name == "returns");
    let Some((_, written)) = written else {
        return Ok(());
    };
    let signature = &item.signature;
    let message = if signature.asyncness.is_some() {
        "an `async fn` is what is polled; leave out `returns`".to_owned()
    } else if returns::seen(&signature.output, args.returns).is_none() {
        format!(
            "`{written}` needs a function that returns one; `{}` does not\nleave it out",
            signature.ident,
        )
    } else {
        return Ok(());
    };
    Err(syn::Error::new(written.span(), message))
}

/// Reports each bare tag that is not a parameter of the function.
fn check_tags(args: &Args, item: &Item) -> syn::Result<()> {
    let names: Vec<String> = params::names(&item.signature)
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut errors = Errors::default();
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
        errors.add(Err(syn::Error::new(tag.span, message)));
    }
    errors.or(())
}

/// Returns the path of a module of `trace-core`.
fn module(krate: Option<&Path>, name: &str) -> TokenStream {
    let name = syn::Ident::new(name, Span::mixed_site());
    match krate {
        Some(path) => quote!(#path::#name),
        None => quote_spanned!(Span::mixed_site()=> ::trace_core::#name),
    }
}

/// The parts that are the same for every shape of function.
struct Expansion {
    args: Args,
    private: TokenStream,
    site: TokenStream,
    /// Where the span belongs, if it is not below the current span.
    origin: Option<TokenStream>,
}

/// The header and the code of the new function.
type Rewritten = (TokenStream, TokenStream);

impl Expansion {
    fn new(args: Args, item: &Item) -> Self {
        let private = module(args.krate.as_ref(), "__private");
        let site = site::site(&private, &args, &item.signature.ident);
        let origin = site::origin(&private, &args);
        Self {
            args,
            private,
            site,
            origin,
        }
    }

    fn write(&self, item: &Item) -> TokenStream {
        let (inner_attributes, body) = split_inner_attributes(item.body.clone());
        let (header, code) = match item.signature.asyncness {
            Some(_) => self.async_function(item, &body),
            None => self.called_function(item, &body),
        };
        let site = &self.site;
        let origin = self
            .origin
            .as_ref()
            .map(|origin| quote_spanned!(Span::mixed_site()=> let __traced_origin = #origin;));
        let stream = quote!(#inner_attributes #site #origin #code);
        // With the user's braces the function counts as the user's, so lints about it fire,
        // at its own place.
        let body = group(Delimiter::Brace, stream, item.body.span());
        self.beside_lint_copy(item, quote!(#header #body))
    }

    /// Returns the content of a closure or async block that runs the body. `carry` decides how
    /// the parameters get into it.
    fn carried(
        &self,
        carry: fn(&Signature, &Words) -> Params,
        item: &Item,
        body: &Group,
    ) -> (Option<TokenStream>, TokenStream) {
        self.carried_after(carry, item, body, self.prologue())
    }

    /// The same with another prologue.
    fn carried_after(
        &self,
        carry: fn(&Signature, &Words) -> Params,
        item: &Item,
        body: &Group,
        prologue: TokenStream,
    ) -> (Option<TokenStream>, TokenStream) {
        let mut used = words(body);
        used.add(prologue.clone());
        // Parameters that only the origin or a function of the output names are used outside
        // of the block.
        let mut elsewhere = Words::default();
        elsewhere.add(self.origin.clone().unwrap_or_default());
        elsewhere.add(self.failure(true, &TokenStream::new()).unwrap_or_default());
        let mentions = params::mention_all(&item.signature, &elsewhere);
        let carried = carry(&item.signature, &used);
        let statements = [carried.statements, mentions, prologue];
        let block = content(&self.private, item, &statements, body);
        (carried.inputs, block)
    }

    /// Wraps a future or a stream with one of three functions. The block around the inner
    /// expression makes the compiler check that one before the closure that reads its output.
    ///
    /// If the type of the output has a name, an error about its lifetimes points at the
    /// user's expression, and not at the whole; other errors go from `begin` to `end`.
    fn wrap(
        &self,
        wrappers: [&str; 3],
        gives: Option<&TokenStream>,
        observe: &TokenStream,
        inner: &TokenStream,
        (begin, end): (Span, Span),
    ) -> TokenStream {
        let private = located(&self.private, begin);
        let at = Span::mixed_site().located_at(begin);
        let (wrap, origin) = self.pick(wrappers);
        let gives = gives.map(|gives| quote_spanned!(at=> ::<#gives, _, _, _>));
        let arguments = quote_spanned!(at=> #origin || &__TRACED_SITE, #observe, { #inner });
        let arguments = group(Delimiter::Parenthesis, arguments, at.located_at(end));
        quote_spanned!(at=> #private::#wrap #gives #arguments)
    }

    /// Writes the closure that reads the output of a future or a stream; `ty` is the
    /// output's type, if it can be named.
    fn observe(&self, may_be_result: bool, ty: Option<TokenStream>) -> TokenStream {
        let at = Span::mixed_site();
        let output = quote_spanned!(at=> __traced_output);
        match self.failure(may_be_result, &output) {
            Some(failure) => {
                let ty = ty.map(|ty| quote_spanned!(at=> : &#ty));
                // Functions of the output outlive the call, so they capture by value.
                quote_spanned!(at=> move |__traced_output #ty| #failure)
            }
            None => quote_spanned!(at=> |_| false),
        }
    }

    /// Writes the expression that records tags and errors from a reference to the output;
    /// its value says whether the output is a failure.
    fn failure(&self, may_be_result: bool, output: &TokenStream) -> Option<TokenStream> {
        let (private, at) = (&self.private, Span::mixed_site());
        let tags = tags::tag_returned(private, &self.args, output);
        let (only, log) = match &self.args.errors {
            ErrArg::Off => (None, None),
            ErrArg::Full => (None, Some(true)),
            ErrArg::Status => (None, Some(false)),
            ErrArg::If(function) => (
                Some(quote_spanned!(at=> .__traced_when(#function))),
                Some(true),
            ),
        };
        match log.filter(|_| may_be_result) {
            None if tags.is_empty() => None,
            None => Some(quote_spanned!(at=> { #tags false })),
            Some(log) => Some(quote_spanned! {at=> {
                #tags
                #private::outcome::Output::new(#output).__traced_failure()#only.__traced_record(#log)
            }}),
        }
    }

    fn prologue(&self) -> TokenStream {
        tags::write(&self.private, &self.args)
    }

    /// Picks the function for a span below the current one, for a root, or for a span with
    /// another origin, which is the function's first argument.
    fn pick(&self, [below, root, from]: [&str; 3]) -> (Ident, TokenStream) {
        let at = Span::mixed_site();
        let (name, origin) = match &self.origin {
            Some(_) => (from, quote_spanned!(at=> __traced_origin,)),
            None if self.args.is_root => (root, TokenStream::new()),
            None => (below, TokenStream::new()),
        };
        (Ident::new(name, at), origin)
    }
}

/// Writes the content of a closure or async block whose value is that of the function.
fn content(
    private: &TokenStream,
    item: &Item,
    statements: &[TokenStream],
    body: &Group,
) -> TokenStream {
    let output = &item.signature.output;
    let pin = returns::pin(private, output);
    let body = match returns::never(private, output) {
        None => own_block(body),
        // Otherwise its last expression might have any type.
        Some(never) => quote_spanned! {Span::mixed_site()=>
            let __traced_never: #never = #body;
            #[allow(unreachable_code)]
            { __traced_never }
        },
    };
    quote!(#pin #(#statements)* #body)
}

fn words(body: &Group) -> Words {
    let mut words = Words::default();
    words.add(body.stream());
    words
}

/// Writes the user's block as the last expression of another block.
///
/// The braces keep their span, because the edition's rules for temporaries depend on it.
/// The empty attribute stops `unused_braces`, which would ask to remove one pair.
fn own_block(body: &Group) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> #[allow()] #body)
}
