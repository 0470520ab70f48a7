//! Questions about single tokens, and tokens with other spans.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// Returns whether a token is this word.
pub(crate) fn is_word(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if *word == name)
}

/// Returns whether a token is this sign.
pub(crate) fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// Returns whether a parenthesis after the word, in a type, has a function's parameters.
pub(crate) fn is_callable(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(_)) && !NOT_CALLED.iter().any(|word| is_word(token, word))
}

const NOT_CALLED: &[&str] = &["const", "dyn", "impl", "mut"];

/// Makes a group with a span.
pub(crate) fn group(delimiter: Delimiter, stream: TokenStream, span: Span) -> TokenTree {
    let mut group = Group::new(delimiter, stream);
    group.set_span(span);
    group.into()
}

/// Returns a token as a block, if it is one; it may have come as `$body:block`.
pub(crate) fn block(token: &TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut inner = group.stream().into_iter();
            let first = inner.next()?;
            inner.next().is_none().then(|| block(&first))?
        }
        Delimiter::Parenthesis | Delimiter::Bracket => None,
    }
}

/// Returns the tokens of a path at another place.
pub(crate) fn located(path: &TokenStream, place: Span) -> TokenStream {
    let tokens = path.clone().into_iter().map(|mut token| {
        token.set_span(token.span().located_at(place));
        token
    });
    tokens.collect()
}

/// Follows the `<` and `>` of generics through a header; the `>` of `->` does not count.
#[derive(Default)]
pub(crate) struct Angles {
    depth: usize,
    after_minus: bool,
}

impl Angles {
    /// Passes a token; returns whether it stands outside of all angles.
    pub(crate) fn pass(&mut self, token: &TokenTree) -> bool {
        if is_punct(token, '<') {
            self.depth += 1;
        } else if is_punct(token, '>') && !self.after_minus {
            self.depth = self.depth.saturating_sub(1);
        }
        self.after_minus = is_punct(token, '-');
        self.depth == 0
    }
}
