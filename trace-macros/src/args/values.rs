//! Reads the value of each argument except `tags`.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprClosure, Ident, Lit, LitStr, Path, Token, parenthesized};

use super::commas::at_comma_or_end;
use crate::returns::{Polled, ReturnsArg};
use crate::suggest::{did_you_mean, list};
use crate::tokens::{is_punct, is_word};

/// What an `Err` does to the span.
#[derive(Clone)]
pub(crate) enum ErrArg {
    /// Nothing: the value is ignored.
    Off,
    /// Sets the status, the type, and writes an `exception` log.
    Full,
    /// The same without the log.
    Status,
    /// The same as `Full`, if the function returns `true` for the error.
    If(TokenStream),
}

/// Reads an operation name.
pub(super) fn operation(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let span = input.span();
    let expected = "expected a string literal as operation name, for example `\"charge\"`";
    let Ok(Lit::Str(name)) = input.parse::<Lit>() else {
        return Err(syn::Error::new(span, expected));
    };
    if name.value().trim().is_empty() {
        let message = "the operation name is empty; leave it out to use the function's name";
        return Err(syn::Error::new(name.span(), message));
    }
    if !name.suffix().is_empty() {
        return Err(syn::Error::new(name.span(), expected));
    }
    Ok(name)
}

const KINDS: &[(&str, &str)] = &[
    ("internal", "Internal"),
    ("server", "Server"),
    ("client", "Client"),
    ("producer", "Producer"),
    ("consumer", "Consumer"),
];

/// Reads a span kind; returns the variant of `SpanKind`.
pub(super) fn kind(input: ParseStream<'_>) -> syn::Result<&'static str> {
    let names = || KINDS.iter().map(|(name, _)| *name);
    if let Ok(text) = input.fork().parse::<LitStr>() {
        let name = text.value();
        let advice = match names().find(|known| *known == name) {
            Some(name) => format!("write `kind = {name}`, without quotes"),
            None => format!("expected {}, without quotes", list(names())),
        };
        return Err(syn::Error::new(text.span(), advice));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected a kind: {}", list(names()))));
    }
    if let Some((path, name)) = variant(input) {
        let name = name.to_string().to_lowercase();
        let advice = match names().find(|known| *known == name) {
            Some(name) => format!("write `kind = {name}`"),
            None => format!("expected {}, without a path", list(names())),
        };
        return Err(syn::Error::new_spanned(path, advice));
    }
    let found = input.call(Ident::parse_any)?;
    let name = found.to_string();
    match KINDS.iter().find(|(known, _)| *known == name) {
        Some((_, variant)) => Ok(variant),
        None => {
            let advice = did_you_mean(&name.to_lowercase(), names());
            let message = format!("unknown kind `{name}`{advice}\nexpected {}", list(names()));
            Err(syn::Error::new(found.span(), message))
        }
    }
}

/// Reads ahead the path of a variant, such as `SpanKind::Server`.
fn variant(input: ParseStream<'_>) -> Option<(syn::Path, Ident)> {
    let path: syn::Path = input.fork().call(syn::Path::parse_mod_style).ok()?;
    let name = path.segments.last()?.ident.clone();
    (path.segments.len() > 1).then_some((path, name))
}

/// Reads `off`, `status`, or `(|error| ..)`.
pub(super) fn err_value(input: ParseStream<'_>) -> syn::Result<ErrArg> {
    if input.peek(syn::token::Paren) {
        let content;
        let paren = parenthesized!(content in input);
        let form = "write `err(|error| error.is_fatal())`";
        if content.is_empty() {
            let message = format!("`err()` needs a function of the error; {form}");
            return Err(syn::Error::new(paren.span.join(), message));
        }
        for word in ["off", "status"] {
            if content
                .fork()
                .parse::<Ident>()
                .is_ok_and(|found| found == word)
                && content
                    .fork()
                    .parse::<syn::Path>()
                    .is_ok_and(|path| path.is_ident(word))
            {
                let message = format!("write `err = {word}`");
                return Err(content.error(message));
            }
        }
        if let Some(advice) = advice_for_other_crates(&content) {
            return Err(content.error(advice));
        }
        let at = content.span();
        let closure = expression(&content)?;
        if !content.is_empty() {
            return Err(content.error(format!("expected `)`; `err` takes one function: {form}")));
        }
        if parameters(&closure).is_some_and(|number| number != 1) {
            let message = format!("a function of the error takes it alone; {form}");
            return Err(syn::Error::new(at, message));
        }
        return Ok(ErrArg::If(closure));
    }
    let expected = "expected `off` or `status`; errors are recorded without `err`";
    let span = input.span();
    match input.call(Ident::parse_any) {
        Ok(word) if word == "off" => Ok(ErrArg::Off),
        Ok(word) if word == "status" => Ok(ErrArg::Status),
        _ => Err(syn::Error::new(span, expected)),
    }
}

/// Says what to write for arguments of `err(..)` in the attribute of `tracing`.
pub(super) fn advice_for_other_crates(content: ParseStream<'_>) -> Option<&'static str> {
    let ahead = content.fork();
    let word = ahead.call(Ident::parse_any).ok()?.to_string();
    let ends = ahead.is_empty() || ahead.peek(Token![,]);
    match &*word {
        "Debug" | "Display" if ends => {
            Some("an `Err` is recorded anyway, by its text if it has one; leave out `err(..)`")
        }
        "level" if ahead.peek(Token![=]) => {
            Some("an `Err` is recorded anyway, and has no level; leave out `err(..)`")
        }
        _ => None,
    }
}

/// Reads `future`, `stream` or `value`.
pub(super) fn returns_value(input: ParseStream<'_>) -> syn::Result<ReturnsArg> {
    let span = input.span();
    match input.call(Ident::parse_any) {
        Ok(word) if word == "future" => Ok(ReturnsArg::Polled(Polled::Future)),
        Ok(word) if word == "stream" => Ok(ReturnsArg::Polled(Polled::Stream)),
        Ok(word) if word == "value" => Ok(ReturnsArg::Value),
        _ => Err(syn::Error::new(
            span,
            "expected `future`, `stream` or `value`, without quotes",
        )),
    }
}

/// Reads the expressions of `links(..)`.
pub(super) fn expressions(input: ParseStream<'_>) -> syn::Result<Vec<TokenStream>> {
    let content;
    let paren = parenthesized!(content in input);
    if content.is_empty() {
        let message = "`links()` names no context; write `links(message.context)`";
        return Err(syn::Error::new(paren.span.join(), message));
    }
    let mut expressions = Vec::new();
    while !content.is_empty() {
        let advice = "`None` links to nothing; leave it out";
        expressions.push(something(&content, advice)?);
        at_comma_or_end(&content)?;
        content.parse::<Option<Token![,]>>()?;
    }
    Ok(expressions)
}

/// Returns how many parameters a closure has; `None` if it is not a closure.
pub(super) fn parameters(expression: &TokenStream) -> Option<usize> {
    let closure = syn::parse2::<ExprClosure>(expression.clone()).ok()?;
    Some(closure.inputs.len())
}

/// Reads an expression and keeps its tokens.
pub(super) fn expression(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let begin = input.fork();
    let result = input.parse::<Expr>();
    let tokens = tokens_between(&begin, input);
    if let (Err(_), true, Some(last)) =
        (&result, input.is_empty(), tokens.clone().into_iter().last())
    {
        let message = format!("expected the rest of an expression after `{last}`");
        return Err(syn::Error::new(last.span(), message));
    }
    result?;
    not_awaited(tokens.clone())?;
    Ok(tokens.into_iter().map(visible).collect())
}

/// Reads an expression and refuses a plain `None`: its type is unknown, and it records
/// nothing. `advice` is what to do instead.
pub(super) fn something(input: ParseStream<'_>, advice: &str) -> syn::Result<TokenStream> {
    let value = expression(input)?;
    let is_none = syn::parse2::<Path>(value.clone()).is_ok_and(|path| {
        let last = path.segments.last();
        last.is_some_and(|last| last.ident == "None" && last.arguments.is_none())
    });
    match is_none {
        true => Err(syn::Error::new_spanned(value, advice)),
        false => Ok(value),
    }
}

/// Reads a path without generics.
pub(super) fn path(input: ParseStream<'_>) -> syn::Result<Path> {
    let begin = input.fork();
    input.call(Path::parse_mod_style).map_err(|error| {
        let read = tokens_between(&begin, input).into_iter().last();
        match read.filter(|_| input.is_empty()) {
            // The end of the input has no place in the source.
            Some(last) => syn::Error::new(last.span(), format!("expected a name after `{last}`")),
            None => error,
        }
    })
}

/// Refuses `.await`: an expression that is evaluated for a span is not part of the
/// function, and nothing that it calls is recorded.
fn not_awaited(tokens: TokenStream) -> syn::Result<()> {
    let mut follows_dot = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            not_awaited(group.stream())?;
        }
        if follows_dot && is_word(&token, "await") {
            let message = "a value that is recorded cannot be awaited; await it in the body, and record it there, as by `span::add_tag`";
            return Err(syn::Error::new(token.span(), message));
        }
        follows_dot = is_punct(&token, '.');
    }
    Ok(())
}

/// Returns the tokens from `begin` to `end`, and advances `begin`.
pub(super) fn tokens_between(begin: ParseStream<'_>, end: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while begin.cursor() != end.cursor() && !begin.is_empty() {
        let Ok(token) = begin.parse::<TokenTree>() else {
            break;
        };
        tokens.extend([token]);
    }
    tokens
}

/// Turns the invisible groups of macro fragments into parentheses.
///
/// Input: `⟦1 + 2⟧ * 2`, where `$e:expr` was `1 + 2`.
/// Output: `(1 + 2) * 2`; the compiler ignores invisible groups that a macro
/// hands back, and would multiply first.
fn visible(token: TokenTree) -> TokenTree {
    let TokenTree::Group(group) = token else {
        return token;
    };
    let inner: Vec<_> = group.stream().into_iter().map(visible).collect();
    let delimiter = match (group.delimiter(), inner.as_slice()) {
        (Delimiter::None, [single]) => return single.clone(),
        (Delimiter::None, _) => Delimiter::Parenthesis,
        (delimiter, _) => delimiter,
    };
    let mut shown = Group::new(delimiter, inner.into_iter().collect());
    shown.set_span(group.span());
    shown.into()
}

/// Whether a literal comes next, bare or as a macro fragment.
pub(super) fn is_literal(input: ParseStream<'_>) -> bool {
    input.fork().parse::<Lit>().is_ok() && !input.peek(Ident::peek_any)
}
