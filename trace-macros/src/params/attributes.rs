//! Reads the attributes of a parameter.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute as Outer, Meta};

use crate::tokens::is_punct;

/// A parameter's attributes, sorted by where they belong if it becomes a variable.
#[derive(Default)]
pub(super) struct Outers {
    /// Belong to both: whether the parameter exists.
    pub(super) conditions: Vec<TokenStream>,
    /// Belong to the variable: the lints that are allowed for it.
    pub(super) lints: Vec<TokenStream>,
    /// Belong to the parameter.
    pub(super) others: Vec<TokenStream>,
}

impl Outers {
    /// Input: `#[cfg_attr(test, cfg(feature = "a"), allow(unused_variables))]`
    /// Output: `#[cfg_attr(test, cfg(feature = "a"))]` among the conditions, and
    /// `#[cfg_attr(test, allow(unused_variables))]` among the lints
    pub(super) fn new(attributes: &[Outer]) -> Self {
        let mut outers = Self::default();
        for outer in attributes {
            match &outer.meta {
                Meta::List(list) if outer.path().is_ident("cfg_attr") => {
                    outers.add_conditional(&list.tokens, &|attribute| quote!(#[#attribute]));
                }
                _ => outers.list(outer.path().get_ident()).push(quote!(#outer)),
            }
        }
        outers
    }

    /// Adds the attributes in `cfg_attr(..)`, each again within the `cfg_attr`s around it.
    fn add_conditional(
        &mut self,
        content: &TokenStream,
        around: &dyn Fn(TokenStream) -> TokenStream,
    ) {
        let content: Vec<TokenTree> = content.clone().into_iter().collect();
        let mut parts = content.split(|token| is_punct(token, ','));
        let condition: TokenStream = parts.next().unwrap_or_default().iter().cloned().collect();
        let within = |attribute: TokenStream| around(quote!(cfg_attr(#condition, #attribute)));
        for part in parts {
            match part {
                [] => {}
                [TokenTree::Ident(name), TokenTree::Group(inner)] if name == "cfg_attr" => {
                    self.add_conditional(&inner.stream(), &within);
                }
                [first, rest @ ..] => {
                    let name = match (first, rest) {
                        (TokenTree::Ident(name), [TokenTree::Group(_)]) => Some(name),
                        _ => None,
                    };
                    let attribute = part.iter().cloned().collect();
                    self.list(name).push(within(attribute));
                }
            }
        }
    }

    fn list(&mut self, name: Option<&Ident>) -> &mut Vec<TokenStream> {
        match name {
            Some(name) if name == "cfg" => &mut self.conditions,
            Some(name) if LINTS.iter().any(|lint| name == lint) => &mut self.lints,
            _ => &mut self.others,
        }
    }
}

const LINTS: &[&str] = &["allow", "deny", "expect", "forbid", "warn"];
