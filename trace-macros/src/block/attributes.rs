//! Reads and rewrites the attributes on an item in a block.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;

use crate::attribute::Attribute;
use crate::tokens::is_punct;

/// An attribute on an item: `#` and the brackets.
pub(super) struct OuterAttribute(pub(super) [TokenTree; 2]);

impl OuterAttribute {
    pub(super) fn new(content: TokenStream) -> Self {
        let mut hash = Punct::new('#', Spacing::Alone);
        let mut brackets = Group::new(Delimiter::Bracket, content);
        hash.set_span(Span::mixed_site());
        brackets.set_span(Span::mixed_site());
        Self([hash.into(), brackets.into()])
    }

    fn content(&self) -> Vec<TokenTree> {
        match &self.0[1] {
            TokenTree::Group(brackets) => brackets.stream().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The words and colons before the arguments.
    pub(super) fn path(&self) -> TokenStream {
        let content = self.content().into_iter();
        content.take_while(is_of_path).collect()
    }

    /// What is in the parentheses.
    pub(super) fn arguments(&self) -> TokenStream {
        match self.content().into_iter().find(|token| !is_of_path(token)) {
            Some(TokenTree::Group(arguments)) => arguments.stream(),
            _ => TokenStream::new(),
        }
    }

    /// The last word of the path.
    fn name(&self) -> Option<Ident> {
        match self.path().into_iter().last() {
            Some(TokenTree::Ident(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether it is one of this crate for functions: by its last word, as the path
    /// may lead through any re-export.
    pub(super) fn is_ours(&self) -> bool {
        self.name()
            .is_some_and(|name| name == "traced" || name == "trace_root")
    }

    /// Whether it is one of this crate, perhaps under a condition.
    pub(super) fn may_be_ours(&mut self) -> bool {
        self.is_ours() || !self.rewrite_conditional(&mut |_| ()).is_empty()
    }

    /// Which one of this crate it is.
    pub(super) fn kind(&self) -> Attribute {
        match self.name() {
            Some(name) if name == "trace_root" => Attribute::TraceRoot,
            _ => Attribute::Traced,
        }
    }

    /// Rewrites those of this crate that `#[cfg_attr(condition, ..)]` brings; returns
    /// the conditions.
    ///
    /// Input: `#[cfg_attr(test, inline, traced(skip))]`
    /// Output: `test`
    pub(super) fn rewrite_conditional(
        &mut self,
        rewrite: &mut dyn FnMut(&mut Self),
    ) -> Vec<TokenStream> {
        let mut conditions = Vec::new();
        if self.name().is_none_or(|name| name != "cfg_attr") {
            return conditions;
        }
        let mut parts = split_at_commas(self.arguments()).into_iter();
        let condition = parts.next().unwrap_or_default();
        let attributes: Vec<TokenStream> = parts
            .map(|content| {
                let mut attribute = Self::new(content);
                if attribute.is_ours() {
                    rewrite(&mut attribute);
                    conditions.push(condition.clone());
                } else {
                    let inner = attribute.rewrite_conditional(rewrite).into_iter();
                    conditions.extend(inner.map(|inner| quote!(all(#condition, #inner))));
                }
                attribute.content().into_iter().collect()
            })
            .collect();
        if !conditions.is_empty() {
            let path = self.path();
            *self = Self::new(quote!(#path(#condition, #(#attributes),*)));
        }
        conditions
    }

    /// Whether the item is a test, or there for tests only.
    pub(super) fn is_for_tests(&self) -> bool {
        self.name()
            .is_some_and(|name| match name.to_string().as_str() {
                "test" | "traced_test" | "bench" => true,
                "cfg" => self.arguments().to_string() == "test",
                _ => false,
            })
    }
}

fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match parts.last_mut() {
            Some(part) if !is_punct(&token, ',') => part.extend([token]),
            _ => parts.push(TokenStream::new()),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn is_of_path(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    }
}
