//! Reads `tags(customer, order.id = order.id, card = secret(card))`.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Token, parenthesized, token};

use super::commas::{at_comma_or_end, skip_to_comma};
use super::errors::Errors;
use super::values::{expression, parameters, something, tokens_between};

/// One tag.
pub(crate) struct TagArg {
    /// The key: a dotted path or a literal.
    pub(crate) key: String,
    /// Where the key is written.
    pub(crate) span: Span,
    /// How the value is recorded.
    pub(crate) form: TagForm,
    /// What is recorded.
    pub(crate) value: TokenStream,
    /// The value is a function of the returned value.
    pub(crate) reads_returned: bool,
    /// The whole tag as it is written.
    pub(crate) written: TokenStream,
}

/// How a tag's value is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagForm {
    /// `customer`: the argument of that name.
    Argument,
    /// `key = value`: as a bool, number, text or array.
    Typed,
    /// `key = %value`: as its `Display` text.
    Display,
    /// `key = ?value`: as its `Debug` text.
    Debug,
    /// `key = secret(value)`: that it was there.
    Secret,
}

/// Reads the tokens after `tags`.
pub(super) fn read(input: ParseStream<'_>) -> syn::Result<Vec<TagArg>> {
    let content;
    let paren = parenthesized!(content in input);
    if content.is_empty() {
        let message = "`tags()` names no tag; write `tags(order.id = order.id)`";
        return Err(syn::Error::new(paren.span.join(), message));
    }
    let mut tags: Vec<TagArg> = Vec::new();
    let mut errors = Errors::default();
    while !content.is_empty() {
        let begin = content.fork();
        let result = read_one(&content).and_then(|mut tag| {
            tag.written = tokens_between(&begin, &content);
            at_comma_or_end(&content)?;
            if tags.iter().any(|other| other.key == tag.key) {
                let message = format!("tag `{}` is given twice", tag.key);
                return Err(syn::Error::new(tag.span, message));
            }
            tags.push(tag);
            Ok(())
        });
        errors.add(result);
        skip_to_comma(&content);
        if !content.is_empty() {
            errors.add(content.parse::<Token![,]>().map(|_| ()));
        }
    }
    errors.or(tags)
}

fn read_one(input: ParseStream<'_>) -> syn::Result<TagArg> {
    if input.peek(Token![%]) || input.peek(Token![?]) {
        let sign = if input.peek(Token![%]) { '%' } else { '?' };
        let message = format!("expected a key before `{sign}`; write `key = {sign}value`");
        return Err(input.error(message));
    }
    let span = input.span();
    let is_quoted = input.peek(LitStr);
    let (key, bare) = key(input)?;
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        let (form, value, reads_returned) = value(input, &key, span)?;
        return Ok(TagArg {
            key,
            span,
            form,
            value,
            reads_returned,
            written: TokenStream::new(),
        });
    }
    if key == "secret" && input.peek(token::Paren) {
        let message = "a secret needs a key; write `card = secret(card)`";
        return Err(syn::Error::new(span, message));
    }
    if !input.is_empty() && !input.peek(Token![,]) {
        let message = format!("expected `=` after the key; write `{key} = value`");
        return Err(input.error(message));
    }
    let Some(argument) = bare else {
        let example = match key.split('.').next() {
            Some("ret") => "|returned| ..",
            _ if key.contains('.') => &key,
            _ => "value",
        };
        let argument = match is_quoted && syn::parse_str::<Ident>(&key).is_ok() {
            true => format!("`tags({key})`, without quotes, for an argument of that name, or "),
            false => String::new(),
        };
        let message = format!("tag `{key}` needs a value; write {argument}`{key} = {example}`");
        return Err(syn::Error::new(span, message));
    };
    Ok(TagArg {
        key,
        span,
        form: TagForm::Argument,
        value: quote::quote!(#argument),
        reads_returned: false,
        written: TokenStream::new(),
    })
}

/// Reads a key; also returns its word if the key is a single word.
fn key(input: ParseStream<'_>) -> syn::Result<(String, Option<Ident>)> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let key = literal.value();
        if key.trim().is_empty() {
            return Err(syn::Error::new(literal.span(), "the key of a tag is empty"));
        }
        return Ok((key, None));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error(
            "expected the key of a tag: a name, a dotted name such as `order.id`, or a literal",
        ));
    }
    let first = input.call(Ident::parse_any)?;
    let mut key = first.unraw().to_string();
    let mut bare = Some(first);
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected a name after `.` in the key of a tag"));
        }
        key.push('.');
        key.push_str(&input.call(Ident::parse_any)?.unraw().to_string());
        bare = None;
    }
    Ok((key, bare))
}

/// Reads a value; also returns whether it is a function of the returned value.
fn value(
    input: ParseStream<'_>,
    key: &str,
    span: Span,
) -> syn::Result<(TagForm, TokenStream, bool)> {
    let form = if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        TagForm::Display
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        TagForm::Debug
    } else {
        TagForm::Typed
    };
    if input.is_empty() || input.peek(Token![,]) {
        let message = format!("tag `{key}` needs a value; write `{key} = value`");
        return Err(syn::Error::new(span, message));
    }
    if form == TagForm::Typed && is_secret(input) {
        input.parse::<Ident>()?;
        let content;
        let paren = parenthesized!(content in input);
        if content.is_empty() {
            let message = format!("`secret` needs a value; write `{key} = secret(value)`");
            return Err(syn::Error::new(paren.span.join(), message));
        }
        let value = expression(&content)?;
        if !content.is_empty() {
            return Err(content.error("expected `)`; `secret` takes one value"));
        }
        return Ok((TagForm::Secret, value, false));
    }
    let at = input.span();
    let advice = format!("`None` records no tag; leave out `{key}`");
    let value = something(input, &advice)?;
    let parameters = parameters(&value);
    if parameters.is_some_and(|number| number != 1) {
        let message =
            format!("a function of the returned value takes it; write `{key} = |returned| ..`");
        return Err(syn::Error::new(at, message));
    }
    Ok((form, value, parameters.is_some()))
}

/// `secret(..)` and nothing after it.
fn is_secret(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let Ok(word) = ahead.parse::<Ident>() else {
        return false;
    };
    word == "secret"
        && ahead.peek(token::Paren)
        && ahead.parse::<proc_macro2::Group>().is_ok()
        && (ahead.is_empty() || ahead.peek(Token![,]))
}
