//! Splits a block into its items, and reads of each only its kind.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use super::attributes::OuterAttribute;
use crate::body::{INNER_ATTRIBUTE, starts_with_inner_attribute};
use crate::tokens::{Angles, block, is_punct};

/// One item.
pub(super) struct Item {
    pub(super) attributes: Vec<OuterAttribute>,
    /// Everything after the attributes.
    pub(super) tokens: Vec<TokenTree>,
    pub(super) what: What,
    /// The word that says what it is.
    pub(super) keyword: Span,
}

/// What an item is.
pub(super) enum What {
    /// A function with a body, which runs at run time.
    Function(Ident),
    /// A function that may run at compile time, and so is not traced.
    ConstFunction,
    /// An `impl` block.
    Impl,
    /// A trait.
    Trait(Ident),
    /// A module with a body.
    Module,
    /// Items in the invisible group of a macro fragment.
    Invisible,
    /// Anything else.
    Other,
}

impl Item {
    /// Returns the name of the kind of item, if it is a block.
    pub(super) fn noun(&self) -> &'static str {
        match self.what {
            What::Impl => "`impl` block",
            What::Trait(_) => "trait",
            _ => "module",
        }
    }

    pub(super) fn into_tokens(self) -> TokenStream {
        let attributes = self.attributes.into_iter();
        let mut tokens: TokenStream = attributes.flat_map(|outer| outer.0).collect();
        tokens.extend(self.tokens.into_iter().map(|token| {
            // One by one: a stream would lose invisible groups.
            TokenStream::from(token)
        }));
        tokens
    }
}

/// Splits the content of a block.
pub(super) fn split(content: TokenStream) -> Vec<Item> {
    let tokens: Vec<TokenTree> = content.into_iter().collect();
    let mut rest = &tokens[..];
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (item, after) = next(rest);
        items.push(item);
        rest = after;
    }
    items
}

/// Takes the first item.
fn next(tokens: &[TokenTree]) -> (Item, &[TokenTree]) {
    let mut rest = tokens;
    let mut attributes = Vec::new();
    while let [
        hash @ TokenTree::Punct(punct),
        brackets @ TokenTree::Group(_),
        after @ ..,
    ] = rest
        && punct.as_char() == '#'
    {
        attributes.push(OuterAttribute([hash.clone(), brackets.clone()]));
        rest = after;
    }
    let (what, keyword) = what(rest);
    let length = match what {
        What::Invisible => 1,
        // An inner attribute of the block counts as an item, or it would hide the next item.
        _ if starts_with_inner_attribute(rest) => INNER_ATTRIBUTE,
        _ => length(rest),
    };
    let (item, after) = rest.split_at(length);
    let has_body = item.last().and_then(block).is_some();
    let item = Item {
        attributes,
        tokens: item.to_vec(),
        what: match what {
            What::Invisible => What::Invisible,
            what if has_body => what,
            _ => What::Other,
        },
        keyword: keyword.map_or_else(Span::call_site, |keyword| keyword.span()),
    };
    (item, after)
}

/// Returns the kind of an item, and the word that shows it.
fn what(tokens: &[TokenTree]) -> (What, Option<Ident>) {
    let mut is_const = false;
    let mut rest = tokens;
    while let [first, after @ ..] = rest {
        rest = after;
        let word = match first {
            TokenTree::Ident(word) => word,
            TokenTree::Literal(_) => continue, // the ABI in `extern "C" fn`
            TokenTree::Group(group) if is_visibility(group) => continue,
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                return (What::Invisible, None);
            }
            _ => break,
        };
        let name = match after {
            [TokenTree::Ident(name), ..] => Some(name.clone()),
            // `fn $name` of a macro.
            [TokenTree::Group(group), ..] => match group.stream().into_iter().next() {
                Some(TokenTree::Ident(name)) => Some(name),
                _ => None,
            },
            _ => None,
        };
        let what = match (word.to_string().as_str(), name) {
            ("const", _) => {
                is_const = true;
                continue;
            }
            (
                "pub" | "crate" | "default" | "async" | "auto" | "unsafe" | "safe" | "extern"
                | "gen",
                _,
            ) => continue,
            ("fn", _) if is_const => What::ConstFunction,
            ("fn", Some(name)) => What::Function(name),
            ("impl", _) => What::Impl,
            ("trait", Some(name)) => What::Trait(name),
            ("mod", _) => What::Module,
            _ => What::Other,
        };
        return (what, Some(word.clone()));
    }
    (What::Other, None)
}

/// Whether it is the group after `pub`, or a `$vis` of a macro.
fn is_visibility(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    match group.delimiter() {
        Delimiter::Parenthesis => true,
        Delimiter::None => {
            first.is_none_or(
                |token| matches!(token, TokenTree::Ident(word) if word == "pub" || word == "crate"),
            ) && group.stream().into_iter().count() <= 2
        }
        _ => false,
    }
}

/// Returns how many tokens an item has: up to a `;`, or its braces.
fn length(tokens: &[TokenTree]) -> usize {
    let ends_with_braces = !is_statement(tokens);
    let mut angles = Angles::default();
    let mut places = tokens.iter().enumerate();
    let last = places.find(|(_, token)| {
        let is_outside = angles.pass(token);
        let is_end = ends_with_braces && is_outside && block(token).is_some();
        is_end || is_punct(token, ';')
    });
    last.map_or(tokens.len(), |(index, _)| index + 1)
}

/// Whether an item always ends with `;`, even if it has braces.
fn is_statement(tokens: &[TokenTree]) -> bool {
    let mut words = tokens.iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    });
    let is_qualifier = |word: &String| {
        matches!(
            word.as_str(),
            "pub" | "crate" | "in" | "super" | "self" | "default"
        )
    };
    match words.find(|word| !is_qualifier(word)).as_deref() {
        Some("use" | "static" | "type" | "let") => true,
        Some("const") => !words
            .take_while(|word| matches!(word.as_str(), "async" | "unsafe" | "extern" | "fn"))
            .any(|word| word == "fn"),
        _ => false,
    }
}
