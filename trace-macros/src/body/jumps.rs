//! Finds `break` and `continue` that are in no loop.

use proc_macro2::{TokenStream, TokenTree};

use crate::tokens::{is_punct, is_word};

/// Returns whether there is surely a `break` or a `continue` outside of any loop.
///
/// The compiler refuses it, and its message says where it stands: if the body were put into
/// a closure or an async block, the message would name that.
pub(crate) fn leaves_no_loop(body: TokenStream) -> bool {
    let mut may_be_loop = false;
    let mut after_bang = false;
    for token in body {
        let bang = is_punct(&token, '!');
        match &token {
            TokenTree::Ident(_) => {
                if LOOPS.iter().any(|word| is_word(&token, word)) {
                    may_be_loop = true;
                } else if !may_be_loop && (is_word(&token, "break") || is_word(&token, "continue"))
                {
                    return true;
                }
            }
            // A block may have a label.
            TokenTree::Punct(punct) if punct.as_char() == '\'' => may_be_loop = true,
            // A macro may write a loop around its input.
            TokenTree::Group(group)
                if !may_be_loop && !after_bang && leaves_no_loop(group.stream()) =>
            {
                return true;
            }
            _ => {}
        }
        after_bang = bang;
    }
    false
}

const LOOPS: &[&str] = &["for", "loop", "macro_rules", "while"];

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(body: &str) -> bool {
        leaves_no_loop(body.parse().unwrap())
    }

    #[test]
    fn only_what_is_surely_in_no_loop_is_seen() {
        for body in [
            "break",
            "if flag { continue; }",
            "let Some(x) = y else { break };",
            "work(|| { break 1 });",
            "list.each(async { continue })",
        ] {
            assert!(leaves(body), "{body}");
        }
        for body in [
            "loop { break }",
            "while flag { if other { continue; } }",
            "for x in y { let Some(z) = x else { continue }; }",
            "'outer: { break 'outer 1 }",
            "let x = 'outer: { if flag { break 'outer 1 } 2 };",
            "while let Some(x) = next(break_it) { break }",
            "forever!({ break })",
            "forever! { break }",
            "macro_rules! stop { () => { break } } loop { stop!() }",
            "break_(r#break)",
        ] {
            assert!(!leaves(body), "{body}");
        }
    }
}
