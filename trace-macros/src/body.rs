//! What the user's block contains, found from its tokens.
//!
//! Does not change the block, and does not parse it as syntax.

mod jumps;
mod places;
mod tail;
mod uses;

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::tokens::{is_punct, is_word};

pub(crate) use jumps::leaves_no_loop;
pub(crate) use tail::AsyncTail;

/// The words in some tokens: identifiers, and what format strings may name.
#[derive(Default)]
pub(crate) struct Words(HashSet<String>);

impl Words {
    /// Adds the words of `tokens`.
    pub(crate) fn add(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    self.0.insert(word.to_string());
                }
                TokenTree::Group(group) => self.add(group.stream()),
                TokenTree::Literal(literal) => self.add_text(&literal.to_string()),
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// Returns whether `word` is there.
    pub(crate) fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    fn add_text(&mut self, text: &str) {
        if text.contains('{') {
            let words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
            self.0.extend(words.map(str::to_owned));
        }
    }
}

/// Splits the inner attributes off a block.
///
/// Input: `{ #![allow(unused)] 1 }`
/// Output: `#![allow(unused)]` and `{ 1 }`; they are errors anywhere but at the
/// start of the function's own block.
pub(crate) fn split_inner_attributes(body: Group) -> (TokenStream, Group) {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let mut length = 0;
    while starts_with_inner_attribute(tokens.get(length..).unwrap_or_default()) {
        length += INNER_ATTRIBUTE;
    }
    if length == 0 {
        return (TokenStream::new(), body);
    }
    let mut tokens = tokens.into_iter();
    let attributes = tokens.by_ref().take(length).collect();
    let mut rest = Group::new(Delimiter::Brace, tokens.collect());
    rest.set_span(body.span());
    (attributes, rest)
}

/// Returns where the last expression of a block begins and ends, as far as tokens
/// show it.
pub(crate) fn place_of_value(body: &Group) -> (Span, Span) {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let last = tokens.rsplit(|token| is_punct(token, ';')).next();
    match last {
        Some([first, .., last]) => (first.span(), last.span()),
        Some([only]) => (only.span(), only.span()),
        _ => (body.span_close(), body.span_close()),
    }
}

/// Returns whether a block may end with an expression, as far as tokens show it.
pub(crate) fn has_value(body: &Group) -> bool {
    let last = body.stream().into_iter().last();
    last.is_some_and(|token| !is_punct(&token, ';'))
}

/// How many tokens an inner attribute has: `#`, `!` and the brackets.
pub(crate) const INNER_ATTRIBUTE: usize = 3;

/// Returns whether the first thing is an inner attribute, such as `#![allow(unused)]`
/// or a `//!` comment.
pub(crate) fn starts_with_inner_attribute(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [
        TokenTree::Punct(hash),
        TokenTree::Punct(bang),
        TokenTree::Group(attribute),
        ..,
    ] if hash.as_char() == '#'
        && bang.as_char() == '!'
        && attribute.delimiter() == Delimiter::Bracket)
}

/// Returns whether the block may be left before its end: by `return`, `?`, or a
/// macro that may hold one of them.
pub(crate) fn may_exit_early(tokens: TokenStream) -> bool {
    let mut after_bang = false;
    for token in tokens {
        let mut bang = false;
        match &token {
            token if is_word(token, "return") || is_punct(token, '?') => return true,
            TokenTree::Punct(punct) => bang = punct.as_char() == '!',
            TokenTree::Group(group) if after_bang && group.delimiter() != Delimiter::None => {
                return true;
            }
            TokenTree::Group(group) if may_exit_early(group.stream()) => return true,
            _ => {}
        }
        after_bang = bang;
    }
    false
}
