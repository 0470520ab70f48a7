//! Finds out whether an expression uses the whole of a value that it names, or a
//! part.

use proc_macro2::{Delimiter, Group, Spacing, TokenTree};

use crate::tokens::{is_punct, is_word};

/// Returns whether a name before these tokens stands for one of its fields.
pub(super) fn is_part(after: &[TokenTree]) -> bool {
    match after {
        [dot, TokenTree::Ident(field), call, ..] if is_punct(dot, '.') => {
            field != "await" && !matches!(call, TokenTree::Group(_)) && !is_punct(call, ':')
        }
        [dot, TokenTree::Ident(field)] if is_punct(dot, '.') => field != "await",
        [dot, TokenTree::Literal(_), ..] => is_punct(dot, '.'),
        _ => false,
    }
}

/// Returns whether a value between these tokens is matched with patterns, other than one name:
/// `match`, `let Row { id, .. } =`, `let _ =`, `(first, _) =`.
pub(super) fn is_taken_apart(before: &[TokenTree], after: &[TokenTree]) -> bool {
    if makes_value(after) {
        return false;
    }
    let pointers = before.iter().rev().take_while(|token| is_punct(token, '*'));
    let (before, _) = before.split_at(before.len() - pointers.count());
    match before {
        [.., word] if is_word(word, "match") => true,
        // `==`, `+=`, `..=` and so on.
        [.., sign, equals] if is_punct(equals, '=') && is_joint(sign) => false,
        [place @ .., equals] if is_punct(equals, '=') => {
            let mut statements = place.rsplit(|token| {
                is_punct(token, ';')
                    || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
            });
            !is_one_name(statements.next().unwrap_or_default())
        }
        _ => false,
    }
}

/// Returns whether these tokens continue an expression so that it is a new value: by a call
/// or an operator, after any number of fields.
fn makes_value(after: &[TokenTree]) -> bool {
    match after {
        [dot, TokenTree::Ident(_) | TokenTree::Literal(_), rest @ ..]
            if is_punct(dot, '.') && is_part(after) =>
        {
            makes_value(rest)
        }
        [TokenTree::Punct(sign), ..] => !matches!(sign.as_char(), ';' | ',' | '&'),
        [TokenTree::Ident(word), ..] => word == "as",
        [TokenTree::Group(group), ..] => group.delimiter() == Delimiter::Bracket,
        _ => false,
    }
}

/// Whether a group may stand for the place in it, and not for a new value.
pub(super) fn is_place(group: &Group) -> bool {
    match group.delimiter() {
        Delimiter::None => true,
        Delimiter::Parenthesis => !group
            .stream()
            .into_iter()
            .any(|token| is_punct(&token, ',')),
        Delimiter::Brace | Delimiter::Bracket => false,
    }
}

fn is_joint(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint)
}

/// Returns whether the tokens before the `=` of a statement are one new name, with or
/// without a type, or a place: `let mut id: u32`, `self.id`.
fn is_one_name(place: &[TokenTree]) -> bool {
    let name = match place {
        [word, change, name @ ..] if is_word(word, "let") && is_word(change, "mut") => name,
        [word, name @ ..] if is_word(word, "let") => name,
        place => {
            // No tokens are left if the pattern ends with braces.
            return !place.is_empty()
                && place.iter().all(|token| match token {
                    TokenTree::Ident(word) => word != "_" && word != "let",
                    TokenTree::Literal(_) => true,
                    token => is_punct(token, '.'),
                });
        }
    };
    match name {
        [TokenTree::Ident(name), rest @ ..] => {
            // A name in capitals may be that of a constant.
            let is_new = name != "_"
                && name
                    .to_string()
                    .starts_with(|letter: char| !letter.is_uppercase());
            is_new && rest.first().is_none_or(|token| is_punct(token, ':'))
        }
        _ => false,
    }
}
