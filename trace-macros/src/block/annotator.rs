//! Decides which items in a block get which attribute, and adds it.
//!
//! Does not expand the attribute: the compiler calls it again for each function.

use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Signature, Visibility};

use super::attributes::OuterAttribute;
use super::items::{self, Item, What};
use super::owner::owner;
use crate::args::{Args, TagArg};
use crate::attribute::Attribute;
use crate::returns;
use crate::tokens::{group, is_punct, is_word};

/// Adds the attribute to functions.
pub(super) struct Annotator {
    /// The arguments of the block.
    pub(super) args: Args,
    /// How many functions there are that can be traced.
    pub(super) functions: usize,
    /// How many there are that run at compile time.
    pub(super) constants: usize,
    /// How many of the functions may have a `self`.
    pub(super) methods: usize,
}

/// An item that gets an attribute, and which arguments fit it.
struct Target {
    attribute: Attribute,
    /// The operation name of a function, unless its attribute says another.
    operation: Option<String>,
    /// Whether expressions may name `self`.
    has_self: bool,
    /// Whether an `Err` may be returned.
    may_fail: bool,
}

impl Annotator {
    /// Rewrites what is in the braces at the end of an item.
    pub(super) fn annotate_inside(&mut self, block: &mut Item) {
        let owner = owner(block);
        if let Some(TokenTree::Group(content)) = block.tokens.pop() {
            let inside = self.annotate_all(content.stream(), owner.as_deref());
            let braces = group(content.delimiter(), inside, content.span());
            block.tokens.push(braces);
        }
    }

    /// Rewrites the items of a block; `owner` is the type whose functions they are.
    fn annotate_all(&mut self, content: TokenStream, owner: Option<&str>) -> TokenStream {
        let mut tokens = TokenStream::new();
        for mut item in items::split(content) {
            self.annotate(&mut item, owner);
            tokens.extend([item.into_tokens()]);
        }
        tokens
    }

    fn annotate(&mut self, item: &mut Item, owner: Option<&str>) {
        if item.attributes.iter().any(OuterAttribute::is_for_tests) {
            return;
        }
        match &item.what {
            What::Other => {}
            What::ConstFunction => self.constants += 1,
            What::Invisible => {
                if let [TokenTree::Group(content)] = &item.tokens[..] {
                    let inside = self.annotate_all(content.stream(), owner);
                    item.tokens = vec![Group::new(Delimiter::None, inside).into()];
                }
            }
            What::Function(name) => {
                self.functions += 1;
                let name = name.unraw();
                let signature = signature(item);
                let output = signature.as_ref().map(|signature| &signature.output);
                let target = Target {
                    attribute: Attribute::Traced,
                    operation: owner.map(|owner| format!("{owner}::{name}")),
                    has_self: signature
                        .as_ref()
                        .is_none_or(|signature| signature.receiver().is_some()),
                    may_fail: output.is_none_or(|output| {
                        returns::may_be_result(output) || returns::polled(output).is_some()
                    }),
                };
                self.methods += usize::from(target.has_self);
                self.add_attribute(item, &target);
            }
            What::Impl | What::Trait(_) | What::Module => {
                let target = Target {
                    attribute: Attribute::TracedBlock,
                    operation: None,
                    has_self: true,
                    may_fail: true,
                };
                if item.attributes.iter_mut().any(OuterAttribute::may_be_ours) {
                    self.functions += 1;
                    self.methods += 1;
                    self.add_attribute(item, &target);
                } else {
                    self.annotate_inside(item);
                }
            }
        }
    }

    /// Completes the attributes that an item has, or makes one for it.
    ///
    /// Input: `#[cfg_attr(test, traced(skip))] fn id(&self) {}`
    /// Output:
    /// ```text
    /// #[cfg_attr(not(any(test)), traced(..))]
    /// #[cfg_attr(test, traced(skip))]
    /// fn id(&self) {}
    /// ```
    fn add_attribute(&self, item: &mut Item, target: &Target) {
        let mut has_own = false;
        let mut conditions = Vec::new();
        for attribute in &mut item.attributes {
            if attribute.is_ours() {
                self.complete(attribute, target);
                has_own = true;
            } else {
                let mut complete = |own: &mut OuterAttribute| self.complete(own, target);
                conditions.extend(attribute.rewrite_conditional(&mut complete));
            }
        }
        if has_own {
            return;
        }
        let content = self.attribute(target);
        let content = match conditions.as_slice() {
            [] => content,
            conditions => {
                let at = Span::mixed_site();
                quote_spanned!(at=> cfg_attr(not(any(#(#conditions),*)), #content))
            }
        };
        item.attributes.insert(0, OuterAttribute::new(content));
    }

    /// Makes an attribute for an item that has none.
    fn attribute(&self, target: &Target) -> TokenStream {
        let mut arguments = self.arguments(target, &[], |_| true);
        arguments.extend(target.operation.as_deref().map(name_argument));
        let path = match &self.args.krate {
            Some(path) => quote!(#path::traced),
            None => quote_spanned!(Span::mixed_site()=> ::trace_core::traced),
        };
        quote!(#path(#(#arguments),*))
    }

    /// Adds the arguments and tags of the block that an attribute does not have itself.
    fn complete(&self, attribute: &mut OuterAttribute, target: &Target) {
        let kind = match target.attribute {
            Attribute::Traced => attribute.kind(),
            block => block,
        };
        // Wrong arguments are reported when the attribute is expanded.
        let Ok(own) = Args::parse(kind, attribute.arguments()) else {
            return;
        };
        if own.skip {
            return;
        }
        let says = |name: &str| own.written.iter().any(|(own, _)| *own == name);
        let written = own.written.iter();
        let mut arguments: Vec<_> = written
            .filter(|(name, _)| *name != "tags")
            .map(|(_, written)| written.clone())
            .collect();
        arguments.extend(self.arguments(target, &own.tags, |name| name == "tags" || !says(name)));
        let operation = target.operation.as_deref().filter(|_| !says("name"));
        arguments.extend(operation.map(name_argument));
        let path = attribute.path();
        *attribute = OuterAttribute::new(quote!(#path(#(#arguments),*)));
    }

    /// The arguments of the block that are `wanted` and fit the target, and the target's own
    /// tags.
    fn arguments(
        &self,
        target: &Target,
        own: &[TagArg],
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<TokenStream> {
        let fits = |tokens: &&TokenStream| target.has_self || self_in(tokens).is_none();
        let mut arguments = Vec::new();
        for (name, written) in &self.args.written {
            match *name {
                "tags" => {}
                _ if !wanted(name) => {}
                "err" if !target.may_fail => {}
                "links" => {
                    let links: Vec<_> = self.args.links.iter().filter(fits).collect();
                    arguments.extend((!links.is_empty()).then(|| quote!(links(#(#links),*))));
                }
                _ => arguments.extend(Some(written).filter(fits).cloned()),
            }
        }
        let others = self.args.tags.iter();
        let others = others.filter(|tag| !own.iter().any(|own| own.key == tag.key));
        let others = others.map(|tag| &tag.written).filter(fits);
        let tags: Vec<_> = own.iter().map(|tag| &tag.written).chain(others).collect();
        arguments.extend((!tags.is_empty()).then(|| quote!(tags(#(#tags),*))));
        arguments
    }

    /// Returns where the arguments of the block name `self`.
    pub(super) fn find_self(&self) -> Option<Span> {
        let mut written = self.args.written.iter();
        written.find_map(|(_, written)| self_in(written))
    }
}

/// Finds a `self` that is a value: not that of `self::CONSTANT`.
fn self_in(tokens: &TokenStream) -> Option<Span> {
    let mut tokens = tokens.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_path = tokens.peek().is_some_and(|next| is_punct(next, ':'));
        let found = match &token {
            TokenTree::Group(group) => self_in(&group.stream()),
            TokenTree::Literal(text) if text.to_string().contains("{self") => Some(text.span()),
            token => (is_word(token, "self") && !is_path).then(|| token.span()),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn name_argument(operation: &str) -> TokenStream {
    let mut operation = Literal::string(operation);
    operation.set_span(Span::mixed_site());
    quote_spanned!(Span::mixed_site()=> name = #operation)
}

/// Reads the signature of a function, if syn can.
fn signature(function: &Item) -> Option<Signature> {
    let (_body, header) = function.tokens.split_last()?;
    let read = |input: ParseStream<'_>| {
        input.parse::<Visibility>()?;
        input.parse::<Signature>()
    };
    read.parse2(header.iter().cloned().collect()).ok()
}
