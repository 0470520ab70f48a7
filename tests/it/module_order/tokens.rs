//! Finds paths in the tokens of macros, which have no syntax tree.

use proc_macro2::{TokenStream, TokenTree};

/// Returns the paths that begin with `crate`, `super` or `self`, including those in groups.
pub(super) fn paths_in_tokens(tokens: TokenStream) -> Vec<Vec<String>> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut paths = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Group(group) => paths.extend(paths_in_tokens(group.stream())),
            TokenTree::Ident(first) if is_start(&first.to_string()) => {
                let mut path = vec![first.to_string()];
                while let [
                    TokenTree::Punct(one),
                    TokenTree::Punct(two),
                    TokenTree::Ident(name),
                ] = tokens.get(at..at + 3).unwrap_or_default()
                    && (one.as_char(), two.as_char()) == (':', ':')
                {
                    path.push(name.to_string());
                    at += 3;
                }
                paths.push(path);
            }
            _ => {}
        }
    }
    paths
}

fn is_start(name: &str) -> bool {
    matches!(name, "crate" | "super" | "self")
}
