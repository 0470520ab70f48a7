//! Finds out whether a block uses a variable from outside.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::Words;
use super::places::{is_part, is_place, is_taken_apart};
use crate::tokens::{is_punct, is_word};

/// Returns whether an `async move` block surely holds the whole variable `name` of
/// the code around it.
///
/// Names are not resolved here: the first occurrence of the name decides, and it counts
/// only if it cannot be a new binding, a field, a type or a label. A `false` may be wrong.
///
/// If a pattern or a `match` destructures the value, the block may capture only a part of
/// it, or nothing. If a field is used, the block captures only the field, unless it is a
/// field of a `self` that is a pointer.
///
/// Input: `id` in `{ log(id); }` and in `{ let id = id; }`
/// Output: `true`
///
/// Input: `id` in `{ Row { id: 1 } }`, `{ let id = 1; id }`, `{ |id| id }`, `{ id.0 }`,
/// `{ let _ = id; }`
/// Output: `false`
pub(super) fn surely_uses(block: &Group, name: &str, is_pointer: bool) -> bool {
    let around = Around {
        is_unsure: false,
        is_format: false,
        is_pointer,
    };
    first_use(block.stream(), name, around).unwrap_or(false)
}

/// Lists the names that occur in a block, in the order of their first occurrence, which is
/// the order in which the block captures them.
pub(super) fn by_first_place(block: &Group, names: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    find_places(block.stream(), names, &mut found);
    found
}

fn find_places(tokens: TokenStream, names: &[String], found: &mut Vec<String>) {
    for token in tokens {
        if let TokenTree::Group(group) = token {
            find_places(group.stream(), names, found);
            continue;
        }
        let mut words = Words::default();
        words.add(token.into());
        for name in names {
            if words.contains(name) && !found.contains(name) {
                found.push(name.clone());
            }
        }
    }
}

/// What is known about the group around some tokens.
#[derive(Clone, Copy)]
struct Around {
    /// Names in it may be new bindings.
    is_unsure: bool,
    /// Literals in it may be format strings.
    is_format: bool,
    /// A field of the variable is a field of the value that it points to.
    is_pointer: bool,
}

/// Words that begin an item, in which names mean something else.
const ITEMS: &[&str] = &[
    "const",
    "enum",
    "fn",
    "impl",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "use",
];

/// Macros that evaluate what they are given.
const PLAIN_MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "eprintln",
    "format",
    "panic",
    "print",
    "println",
    "vec",
    "write",
    "writeln",
];

/// Returns whether the first place of the name is a use, if there is one.
fn first_use(tokens: TokenStream, name: &str, around: Around) -> Option<bool> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    // No pattern binds `self`.
    let can_be_bound = name != "self";
    let mut is_unsure = around.is_unsure;
    let mut is_pattern = false;
    let mut has_arms = false;
    for (index, token) in tokens.iter().enumerate() {
        let (before, rest) = tokens.split_at(index);
        let after = rest.get(1..).unwrap_or_default();
        match token {
            TokenTree::Ident(word) if *word == name => {
                let is_whole =
                    is_whole_value(before, after) && (around.is_pointer || !is_part(after));
                return Some(!is_unsure && !is_pattern && is_whole);
            }
            TokenTree::Ident(word) if word == "let" => match binding(after) {
                Some((bound, value)) if bound == name => {
                    return Some(!is_unsure && starts_with_itself(value, name));
                }
                bound => is_pattern = can_be_bound && bound.is_none(),
            },
            TokenTree::Ident(word) if word == "for" => is_pattern = can_be_bound,
            TokenTree::Ident(word) if word == "in" => is_pattern = false,
            TokenTree::Ident(word) if word == "match" => has_arms = can_be_bound,
            TokenTree::Ident(word) => is_unsure |= ITEMS.iter().any(|item| word == item),
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' => is_unsure = around.is_unsure,
                '=' => is_pattern = false,
                '|' => is_unsure |= can_be_bound,
                _ => {}
            },
            TokenTree::Literal(_) if around.is_format => {
                let mut words = Words::default();
                words.add(token.clone().into());
                if words.contains(name) {
                    return Some(!is_unsure);
                }
            }
            TokenTree::Literal(_) => {}
            TokenTree::Group(group) => {
                let called = macro_before(before);
                let is_format = called.is_some_and(|called| {
                    let called = called.to_string();
                    PLAIN_MACROS.contains(&called.as_str())
                });
                let is_block = group.delimiter() == Delimiter::Brace;
                let inside = Around {
                    is_unsure: is_unsure
                        || is_pattern
                        || has_arms && is_block
                        || called.is_some() && !is_format
                        || is_place(group) && is_taken_apart(before, after),
                    is_format,
                    is_pointer: around.is_pointer,
                };
                let found = first_use(group.stream(), name, inside);
                if found.is_some() {
                    return found;
                }
                if is_block {
                    (is_unsure, has_arms) = (around.is_unsure, false);
                }
            }
        }
    }
    None
}

/// Returns whether a name between these tokens is the whole value of a variable, and is not
/// destructured by a pattern: a block captures no more than it uses.
fn is_whole_value(before: &[TokenTree], after: &[TokenTree]) -> bool {
    let is_sign =
        |token: Option<&TokenTree>, sign| token.is_some_and(|token| is_punct(token, sign));
    let previous = before.last();
    let one_before = before.len().checked_sub(2).and_then(|at| before.get(at));
    let is_field = is_sign(previous, '.') && !is_sign(one_before, '.');
    let is_label = is_sign(previous, '\'');
    let is_mut = previous.is_some_and(|token| is_word(token, "mut")) && !is_sign(one_before, '&');
    let is_ref = previous.is_some_and(|token| is_word(token, "ref"));
    let is_path = is_sign(after.first(), ':');
    let is_macro = matches!(after, [bang, TokenTree::Group(_), ..] if is_punct(bang, '!'));
    !(is_field
        || is_label
        || is_mut
        || is_ref
        || is_path
        || is_macro
        || is_taken_apart(before, after))
}

/// Returns the name, and the tokens after the `=`, of a `let` that binds one name.
fn binding(after: &[TokenTree]) -> Option<(String, &[TokenTree])> {
    match after {
        [word, rest @ ..] if is_word(word, "mut") => binding(rest),
        [TokenTree::Ident(name), equals, value @ ..] if is_punct(equals, '=') => {
            Some((name.to_string(), value))
        }
        _ => None,
    }
}

/// `name;`
fn starts_with_itself(value: &[TokenTree], name: &str) -> bool {
    matches!(value, [value, end, ..] if is_word(value, name) && is_punct(end, ';'))
}

/// Returns the name of the macro whose arguments follow these tokens.
fn macro_before(before: &[TokenTree]) -> Option<&proc_macro2::Ident> {
    match before {
        [.., TokenTree::Ident(name), bang] if is_punct(bang, '!') => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(block: &str) -> bool {
        surely(block, "id", false)
    }

    fn surely(block: &str, name: &str, is_pointer: bool) -> bool {
        let tokens: TokenStream = format!("{{ {block} }}").parse().unwrap_or_default();
        match tokens.into_iter().next() {
            Some(TokenTree::Group(block)) => surely_uses(&block, name, is_pointer),
            _ => false,
        }
    }

    #[test]
    fn a_use_is_the_first_place_of_the_name() {
        for block in [
            "id",
            "log(id); let id = 1;",
            "let id = id; 1",
            "let mut id = id;",
            "let text = format!(\"{id}\");",
            "let (a, b) = (id, 1);",
            "let text: String = id.to_string();",
            "if let Some(__ret) = None::<u32> { return __ret; } let id = id;",
            "for x in 0..id {}",
            "match &id { _ => 1 }",
            "match (id, 1) { _ => 1 }",
            "let mut all: Vec<u32> = id;",
            "self.total = id;",
            "total += id;",
            "if 1 == id {}",
            "if 1 <= id {}",
            "let _ = &id;",
            "let Row { a, .. } = id.clone();",
            "let _ = log(id);",
            "fn inner(x: u32) {} id",
            "&mut id",
            "id.await",
        ] {
            assert!(uses(block), "{block}");
        }
        for block in [
            "1",
            "let id = 1; id",
            "let (id, x) = (1, 2); id",
            "Row { id: 1 }",
            "row.id",
            "id.field",
            "id.0 + 1",
            "|id| id",
            "values.map(|x| id + x)",
            "match value { id => id }",
            "for id in 0..1 { id; }",
            "fn inner(id: u32) -> u32 { id }",
            "if let Some(id) = value { id; }",
            "other!(id)",
            "\"{id}\"",
            "'id: loop {}",
            "id::new()",
            "match id { _ => 1 }",
            "match (id) { Row { a, .. } => a }",
            "let _ = id;",
            "_ = id;",
            "(_, a) = id;",
            "let Row { a, .. } = id;",
            "let Row { a, .. } = (id);",
            "let Row { a, .. } = *id else { return };",
            "if let Row { a, .. } = id {}",
            "while let Some(x) = id {}",
            "let NONE = id else { return };",
            "let (a, _): (u32, u32) = id;",
            "{ let _ = id; }",
        ] {
            assert!(!uses(block), "{block}");
        }
        for (block, of_value, of_pointer) in [
            ("self.a", false, true),
            ("self.a()", true, true),
            ("let (a, _) = self;", false, false),
        ] {
            assert_eq!(surely(block, "self", false), of_value, "{block}");
            assert_eq!(surely(block, "self", true), of_pointer, "{block}");
        }
    }
}
