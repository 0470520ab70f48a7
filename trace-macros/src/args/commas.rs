//! What separates arguments, and values in a list.

use proc_macro2::{Delimiter, TokenTree};
use syn::Token;
use syn::parse::ParseStream;

/// Refuses a token that is not a comma.
pub(super) fn at_comma_or_end(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format!("expected `,`, found `{}`", found(input))))
}

/// Returns the text of the next token.
fn found(input: ParseStream<'_>) -> String {
    let next = input.fork().parse::<TokenTree>();
    next.map_or_else(
        |_| String::new(),
        |token| match token {
            TokenTree::Group(group) => match group.delimiter() {
                Delimiter::Parenthesis => "(".to_owned(),
                Delimiter::Bracket => "[".to_owned(),
                Delimiter::Brace => "{".to_owned(),
                Delimiter::None => group.to_string(),
            },
            token => token.to_string(),
        },
    )
}

/// Skips to the next comma, or to the end.
pub(super) fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}
