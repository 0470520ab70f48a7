//! Names an item that is not a function, for error messages.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use crate::attribute::Attribute;
use crate::tokens::is_punct;

/// Returns whether a statement or an expression comes next. The braces at its end may have
/// been removed. A macro call may be an item, and so does not count.
pub(super) fn is_statement(has_body: bool, input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let mut tokens = ahead.parse::<TokenStream>().into_iter().flatten();
    let (first, second) = (tokens.next(), tokens.next());
    match (&first, &second) {
        (Some(TokenTree::Ident(word)), second) => match word.to_string().as_str() {
            "async" | "move" | "unsafe" => match second {
                None | Some(TokenTree::Group(_)) => true,
                Some(TokenTree::Ident(second)) => second == "move",
                Some(token) => is_punct(token, '|'),
            },
            word if STATEMENTS.contains(&word) => true,
            word if is_keyword_of_item(word) => false,
            _ => match second {
                Some(TokenTree::Ident(_)) => false,
                Some(token) if is_punct(token, '!') => false,
                // The path of a macro, or of a function.
                Some(token) if is_punct(token, ':') => !tokens.any(|token| is_punct(&token, '!')),
                None | Some(_) => true,
            },
        },
        (Some(TokenTree::Group(group)), _) => group.delimiter() != Delimiter::None,
        (Some(TokenTree::Literal(_) | TokenTree::Punct(_)), _) => true,
        (None, _) => has_body,
    }
}

fn is_keyword_of_item(word: &str) -> bool {
    word == "fn" || NOT_FUNCTIONS.iter().any(|(keyword, _)| *keyword == word)
}

/// Words that always begin a statement or an expression.
const STATEMENTS: &[&str] = &[
    "break", "continue", "for", "if", "let", "loop", "match", "return", "while",
];

const NOT_FUNCTIONS: &[(&str, &str)] = &[
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("union", "a union"),
    ("trait", "a trait"),
    ("impl", "an `impl` block"),
    ("mod", "a module"),
    ("use", "an import"),
    ("static", "a static"),
    ("const", "a constant"),
    ("type", "a type alias"),
    ("extern", "an `extern` block"),
    ("macro_rules", "a macro"),
];

/// Reports every item that is not a function, at the word that shows its kind.
pub(super) fn check_is_function(attribute: Attribute, input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    let mut kind: Option<(Ident, &str)> = None;
    while ahead.peek(Ident::peek_any) || ahead.peek(syn::Lit) {
        let Ok(word) = ahead.call(Ident::parse_any) else {
            ahead.parse::<syn::Lit>()?; // the ABI in `extern "C" fn`
            continue;
        };
        let text = word.to_string();
        if text == "fn" {
            return Ok(());
        }
        let known = NOT_FUNCTIONS.iter().find(|(keyword, _)| *keyword == text);
        if let Some((_, noun)) = known {
            let qualifier = matches!(text.as_str(), "const" | "extern");
            if kind.is_none() || !qualifier {
                kind = Some((word, noun));
            }
            if !qualifier {
                break;
            }
        } else if !matches!(
            text.as_str(),
            "async" | "unsafe" | "safe" | "auto" | "default" | "gen"
        ) {
            break;
        }
    }
    let name = attribute.name();
    let (span, found) = kind.map_or_else(
        || (input.span(), "something else".to_owned()),
        |(word, noun)| (word.span(), noun.to_owned()),
    );
    let is_block = matches!(found.as_str(), "an `impl` block" | "a trait" | "a module");
    let (places, advice) = match (attribute, is_block) {
        (Attribute::Traced, false) => (
            "a function, or an `impl` block, a trait or a module of functions",
            "",
        ),
        // A block is expanded elsewhere, if its functions can be seen.
        (Attribute::Traced, true) => (
            "a function or an inline module",
            "\nput it on the functions in the other file",
        ),
        (_, true) => ("a function", "\nput it on each function inside"),
        (_, false) => ("a function", ""),
    };
    let message = format!("`#[{name}]` goes on {places}, but this is {found}{advice}");
    Err(syn::Error::new(span, message))
}
