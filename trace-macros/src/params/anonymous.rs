//! Finds lifetimes without a name in the types of parameters.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, Signature};

use crate::tokens::{is_callable, is_punct};

/// Returns whether an `impl Trait` among the parameters has a lifetime without a name,
/// which is an error in a function that is not `async`.
///
/// One that a path leaves out is not seen, and an error in an `async fn` as well.
///
/// Input: `impl Executor<'_>`, `Option<&impl Iterator<Item = &str>>`
/// Output: `true`
///
/// Input: `&impl Executor<'a>`, `impl Fn(&str) -> &str`
/// Output: `false`
pub(crate) fn has_anonymous_in_impl(signature: &Signature) -> bool {
    signature.inputs.iter().any(|input| match input {
        FnArg::Receiver(_) => false,
        FnArg::Typed(argument) => is_anonymous(argument.ty.to_token_stream(), false),
    })
}

/// Looks through the tokens of a type, or of bounds that are `in_impl`.
fn is_anonymous(tokens: TokenStream, in_impl: bool) -> bool {
    let mut depth = 0_usize;
    // Where the bounds around the token began, and where a function's output did.
    let mut bounds = in_impl.then_some(0);
    let mut output = None;
    let mut tokens = tokens.into_iter().peekable();
    let mut before: Option<TokenTree> = None;
    let mut is_lifetime = false;
    while let Some(token) = tokens.next() {
        let is_inside = bounds.is_some() && output.is_none();
        let is_named = std::mem::replace(&mut is_lifetime, is_punct(&token, '\''));
        match &token {
            TokenTree::Ident(word) if is_named && is_inside && word == "_" => return true,
            TokenTree::Ident(word) if word == "impl" => {
                bounds = bounds.or(Some(depth));
            }
            TokenTree::Punct(sign) => match sign.as_char() {
                '<' => depth += 1,
                '>' if before.as_ref().is_some_and(|token| is_punct(token, '-')) => {
                    output = output.or(Some(depth));
                }
                '>' => {
                    depth = depth.saturating_sub(1);
                    bounds.take_if(|began| *began > depth);
                    output.take_if(|began| *began > depth);
                }
                ',' => {
                    bounds.take_if(|began| *began == depth && !in_impl);
                    output.take_if(|began| *began == depth);
                }
                '+' => {
                    output.take_if(|began| *began == depth);
                }
                '&' if is_inside => {
                    let next = tokens.peek();
                    if next.is_none_or(|token| !is_punct(token, '\'')) {
                        return true;
                    }
                }
                _ => {}
            },
            TokenTree::Group(group) => {
                // The parameters and the output of a function have their own lifetimes.
                let is_call = group.delimiter() == Delimiter::Parenthesis
                    && !is_named
                    && before.as_ref().is_some_and(is_callable);
                if !is_call && is_anonymous(group.stream(), is_inside) {
                    return true;
                }
            }
            _ => {}
        }
        if is_named {
            before = None;
        } else {
            before = Some(token);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(parameters: &str) -> bool {
        let function = format!("async fn run({parameters})");
        has_anonymous_in_impl(&syn::parse_str(&function).unwrap())
    }

    #[test]
    fn a_lifetime_in_an_unnamed_type_is_seen() {
        for parameters in [
            "executor: impl Executor<'_>",
            "&self, items: impl Iterator<Item = &str>",
            "items: impl Iterator<Item = &&'a str>",
            "items: impl Iterator<Item = &mut u32> + Send",
            "text: impl Into<Cow<'_, str>>",
            "executor: Option<&impl Executor<'_>>",
            "executor: &'a mut impl Executor<'_>",
            "pairs: impl IntoIterator<Item = (&str, u32)>",
            "lists: impl AsRef<[&str]>",
            "pair: (u32, impl Executor<'_>)",
            "inner: impl Wraps<impl Executor<'_>>",
            "first: Option<impl Fn(&str)>, second: [impl Into<&'a [&u8]>; 2]",
            "f: impl Fn(u32) -> u32 + Executor<'_>",
            "f: impl Fn(u32) -> u32, items: impl Iterator<Item = &str>",
            "all: (impl Fn(u32) -> u32, impl Executor<'_>)",
            "text: impl Into<Box<dyn Display + '_>>",
            "bounds: impl (Executor<'_>)",
            "list: impl Into<&'a mut (&str, u32)>",
        ] {
            assert!(is(parameters), "{parameters}");
        }
        for parameters in [
            "executor: impl Executor<'a>",
            "executor: &impl Executor<'a>, text: &str",
            "f: impl Fn(&str) -> &str",
            "f: impl FnMut(&str, &'_ u32) -> Option<&str> + Send",
            "f: impl Fn(fn(&str) -> &str)",
            "f: impl Into<fn(&str) -> &str>",
            "f: impl for<'a> Fn(&'a str)",
            "pair: (impl Into<String>, &str)",
            "pairs: HashMap<impl Hash, &str>",
            "text: Cow<'_, str>, other: &mut dyn Executor<'_>",
            "items: impl Iterator<Item = &'a str>",
            "list: &[impl Into<String>]",
        ] {
            assert!(!is(parameters), "{parameters}");
        }
    }
}
