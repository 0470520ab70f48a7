//! Writes what is recorded of the arguments: the service, the tags and the links.

use proc_macro2::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::args::{Args, TagArg, TagForm};

/// Records the service, the tags and the links.
///
/// Input: `service = self.name, tags(id = order.id, card = secret(card)), links(context)`
/// Output:
/// ```text
/// if recording() {
///     service(&(self.name));
///     tag(&SITE, 0, &(order.id));
///     if false { let _ = &(card); }
///     tag(&SITE, 1, REDACTED);
///     link(&(context));
/// }
/// ```
///
/// The code that an expression calls is not recorded: it runs only because something is
/// recorded, and it may have the same tags itself. If it panics, the function continues.
///
/// Input: `tags(id = order.id())`
/// Output:
/// ```text
/// evaluate_tag(&SITE, 0, |paused| match &(order.id()) {
///     value => { resume(paused); tag(&SITE, 0, value); pause_again(paused); }
/// });
/// ```
pub(super) fn write(private: &TokenStream, args: &Args) -> TokenStream {
    write_to(private, &to_current(private), args)
}

/// The same by methods of a value: `to` is written before the name of each method.
pub(super) fn write_to(private: &TokenStream, to: &TokenStream, args: &Args) -> TokenStream {
    if !records_something(args) {
        return TokenStream::new();
    }
    let statements = statements_to(private, to, args);
    quote_spanned! {Span::mixed_site()=>
        if #to recording() {
            #statements
        }
    }
}

/// The tokens before the name of a function that records in the current span.
fn to_current(private: &TokenStream) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> #private::)
}

/// Records the service, the tags and the links, without asking whether anything is recorded.
pub(super) fn statements(private: &TokenStream, args: &Args) -> TokenStream {
    statements_to(private, &to_current(private), args)
}

fn statements_to(private: &TokenStream, to: &TokenStream, args: &Args) -> TokenStream {
    let at = Span::mixed_site();
    let service = args.service.iter().map(|name| {
        let record = |name| quote_spanned!(at=> #to service(#name););
        evaluated(private, to, None, name, record)
    });
    let tags = tags_of_arguments(args).map(|(key, tag)| {
        let check = check(tag);
        let function = with_suffix("tag", tag);
        let record = |value| quote_spanned!(at=> #to #function(&__TRACED_SITE, #key, #value););
        let recorded = match tag.form {
            TagForm::Secret => record(quote_spanned!(at=> #private::REDACTED)),
            _ => evaluated(private, to, Some(&key), &tag.value, record),
        };
        quote_spanned!(at=> #check #recorded)
    });
    let links = args.links.iter().map(|link| {
        let record = |link| quote_spanned!(at=> #to link(#link););
        evaluated(private, to, None, link, record)
    });
    quote_spanned! {at=>
        #(#service)*
        #(#tags)*
        #(#links)*
    }
}

/// Copies the service, the tags and the links at the call, for a future that starts after
/// the arguments have been moved. Returns the code that copies, and the code that records
/// the copies.
///
/// Input: `tags(id = order.id)`
/// Output:
/// ```text
/// let values = recording().then(|| (captured(&(order.id)),));
/// if let Some((value0,)) = values { tag(&SITE, 0, &value0); }
/// ```
pub(super) fn captured(private: &TokenStream, args: &Args) -> Option<(TokenStream, TokenStream)> {
    if !records_something(args) {
        return None;
    }
    let at = Span::mixed_site();
    // The sampler decides only when a root starts, so its values are always copied.
    let recording = if args.is_root || args.parent.is_some() {
        quote_spanned!(at=> true)
    } else {
        quote_spanned!(at=> #private::recording())
    };
    let mut names = Vec::new();
    let mut values = Vec::new();
    let mut replay = TokenStream::new();
    if let Some(service) = &args.service {
        let name = format_ident!("__traced_service", span = at);
        let service = reference(service);
        values.push(quote_spanned!(at=> #private::evaluated(|| #private::owned(#service))));
        replay.extend(quote_spanned! {at=>
            if let ::core::option::Option::Some(__traced_service) = &#name {
                #private::service(__traced_service);
            }
        });
        names.push(name);
    }
    for (key, tag) in tags_of_arguments(args) {
        let name = format_ident!("__traced_value{}", names.len(), span = at);
        let check = check(tag);
        let copy = with_suffix("captured", tag);
        let value = match tag.form {
            TagForm::Secret => quote_spanned!(at=> #private::REDACTED),
            _ => reference(&tag.value),
        };
        let mut copied = quote_spanned!(at=> #private::#copy(#value));
        if tag.form != TagForm::Secret && !is_place(&tag.value) {
            copied = quote_spanned!(at=> #private::evaluated_tag(|| #copied));
        }
        values.push(quote_spanned!(at=> { #check #copied }));
        replay.extend(quote_spanned!(at=> #private::tag(&__TRACED_SITE, #key, &#name);));
        names.push(name);
    }
    for link in &args.links {
        let name = format_ident!("__traced_link{}", names.len(), span = at);
        let link = reference(link);
        let copied = quote_spanned!(at=> #private::captured_links(#link));
        values.push(quote_spanned!(at=> #private::evaluated(|| #copied)));
        replay.extend(quote_spanned!(at=> #private::link(&#name);));
        names.push(name);
    }
    let capture = quote_spanned! {at=>
        let __traced_values = #recording.then(|| (#(#values,)*));
    };
    let replay = quote_spanned! {at=>
        if let ::core::option::Option::Some((#(#names,)*)) = __traced_values {
            #replay
        }
    };
    Some((capture, replay))
}

/// Records the tags that are functions of the returned value.
///
/// Input: `tags(ret.rows = |rows| rows.len())`
/// Output:
/// ```text
/// evaluate_tag(&SITE, 0, |paused| match &{ returned(output, |rows| rows.len()) } {
///     value => { resume(paused); tag(&SITE, 0, value); pause_again(paused); }
/// });
/// ```
pub(super) fn tag_returned(
    private: &TokenStream,
    args: &Args,
    output: &TokenStream,
) -> TokenStream {
    let at = Span::mixed_site();
    let tags = numbered(args).filter(|(_, tag)| tag.reads_returned);
    tags.map(|(key, tag)| {
        let function = &tag.value;
        let value = quote_spanned!(at=> #private::returned(#output, #function));
        // Placed at the function for the sake of errors.
        let here = function.span().resolved_at(at);
        let value = quote_spanned!(here=> &{ #value });
        let record = with_suffix("tag", tag);
        let record = |value| quote_spanned!(at=> #private::#record(&__TRACED_SITE, #key, #value););
        evaluate(
            private,
            &to_current(private),
            Some(&key),
            &value,
            here,
            record,
        )
    })
    .collect()
}

/// Whether the prologue records anything.
fn records_something(args: &Args) -> bool {
    args.service.is_some() || !args.links.is_empty() || tags_of_arguments(args).next().is_some()
}

fn tags_of_arguments(args: &Args) -> impl Iterator<Item = (Literal, &TagArg)> {
    numbered(args).filter(|(_, tag)| !tag.reads_returned)
}

/// The tags with the positions of their keys in the site.
fn numbered(args: &Args) -> impl Iterator<Item = (Literal, &TagArg)> {
    let tags = args.tags.iter().enumerate();
    tags.map(|(index, tag)| (Literal::usize_suffixed(index), tag))
}

/// Evaluates an expression for `record`, and records nothing that the expression calls. `tag`
/// is the position of the tag's key.
fn evaluated(
    private: &TokenStream,
    to: &TokenStream,
    tag: Option<&Literal>,
    expression: &TokenStream,
    record: impl FnOnce(TokenStream) -> TokenStream,
) -> TokenStream {
    let value = reference(expression);
    if is_place(expression) {
        return record(value);
    }
    evaluate(private, to, tag, &value, Span::mixed_site(), record)
}

/// The same for every expression, even if it calls nothing. The recorded value is placed
/// `here`.
fn evaluate(
    private: &TokenStream,
    to: &TokenStream,
    tag: Option<&Literal>,
    value: &TokenStream,
    here: Span,
    record: impl FnOnce(TokenStream) -> TokenStream,
) -> TokenStream {
    let at = Span::mixed_site();
    let record = record(quote_spanned!(here=> __traced_value));
    let evaluate = quote_spanned! {at=>
        |__traced_paused| match #value {
            __traced_value => {
                #private::resume(__traced_paused);
                #record
                #private::pause_again(__traced_paused);
            }
        }
    };
    match tag {
        Some(key) => {
            quote_spanned!(at=> #to evaluate_tag(&__TRACED_SITE, #key, #evaluate);)
        }
        None => quote_spanned!(at=> #private::evaluate(#evaluate);),
    }
}

/// Whether an expression is a literal, a name, or a field of one: nothing is called.
fn is_place(expression: &TokenStream) -> bool {
    expression.clone().into_iter().all(|token| match token {
        TokenTree::Ident(_) | TokenTree::Literal(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == '.',
        TokenTree::Group(group) => {
            group.delimiter() == Delimiter::None && is_place(&group.stream())
        }
    })
}

/// `tag`, `tag_display` or `tag_debug`.
fn with_suffix(action: &str, tag: &TagArg) -> Ident {
    let suffix = match tag.form {
        TagForm::Display => "_display",
        TagForm::Debug => "_debug",
        TagForm::Argument | TagForm::Typed | TagForm::Secret => "",
    };
    format_ident!("{action}{suffix}", span = Span::mixed_site())
}

/// Writes a secret where the compiler checks it, and where it is never evaluated.
fn check(tag: &TagArg) -> TokenStream {
    if tag.form != TagForm::Secret {
        return TokenStream::new();
    }
    let value = reference(&tag.value);
    quote_spanned!(Span::mixed_site()=> if false { let _ = #value; })
}

/// A reference to an expression, placed at the expression for the sake of errors.
pub(super) fn reference(value: &TokenStream) -> TokenStream {
    let at = value.span().resolved_at(Span::mixed_site());
    let value = quote!(#value);
    quote_spanned!(at=> &(#value))
}
