//! `#[traced]` on an `impl` block, a trait or an inline module: an attribute for
//! each function in it.
//!
//! The functions get the attribute and are expanded one by one, after whatever
//! other attribute stands on the block: `#[async_trait]` goes on seeing `async fn`.

mod items;

use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{ItemImpl, Type, TypeParamBound};

use crate::args::{Args, TagArg};
use crate::attribute::Attribute;
use crate::tokens::group;

use items::{Item, OuterAttribute, What};

/// Returns the block that the tokens are, if they are one.
pub(crate) fn find(tokens: TokenStream) -> Option<Block> {
    let mut items = items::split(tokens);
    let item = items.pop()?;
    (items.is_empty() && matches!(item.what, What::Impl | What::Trait(_) | What::Module))
        .then_some(Block(item))
}

/// An `impl` block, a trait or an inline module.
pub(crate) struct Block(Item);

impl Block {
    /// Gives each function in the block the attribute.
    ///
    /// Input:
    /// ```text
    /// #[traced(service = "shop")]
    /// impl Shop {
    ///     fn open(&self) {}
    ///     #[traced("pay", service = "bank")]
    ///     fn pay(&self) {}
    ///     #[traced(skip)]
    ///     fn id(&self) {}
    /// }
    /// ```
    /// Output:
    /// ```text
    /// impl Shop {
    ///     #[traced(service = "shop", name = "Shop::open")]
    ///     fn open(&self) {}
    ///     #[traced("pay", service = "bank")]
    ///     fn pay(&self) {}
    ///     #[traced(skip)]
    ///     fn id(&self) {}
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with the arguments, or that there is no function.
    pub(crate) fn expand(mut self, args: TokenStream) -> syn::Result<TokenStream> {
        let args = Args::parse(Attribute::TracedBlock, args)?;
        if args.skip {
            return Ok(self.0.into_tokens());
        }
        let mut giver = Giver { args, functions: 0 };
        giver.give_inside(&mut self.0);
        if giver.functions == 0 {
            let noun = match self.0.what {
                What::Impl => "`impl` block",
                What::Trait(_) => "trait",
                _ => "module",
            };
            let message = format!(
                "there is no function with a body in this {noun}\n\
                 put `#[traced]` where the functions are"
            );
            return Err(syn::Error::new(self.0.keyword, message));
        }
        Ok(self.0.into_tokens())
    }
}

/// Gives functions the attribute.
struct Giver {
    /// The arguments of the block.
    args: Args,
    /// How many functions there are that can be traced.
    functions: usize,
}

impl Giver {
    /// Rewrites what is in the braces at the end of an item.
    fn give_inside(&mut self, block: &mut Item) {
        let owner = owner(block);
        if let Some(TokenTree::Group(content)) = block.tokens.pop() {
            let inside = self.give_all(content.stream(), owner.as_deref());
            let braces = group(content.delimiter(), inside, content.span());
            block.tokens.push(braces);
        }
    }

    /// Rewrites the items of a block; `owner` is the type whose functions they are.
    fn give_all(&mut self, content: TokenStream, owner: Option<&str>) -> TokenStream {
        let mut tokens = TokenStream::new();
        for mut item in items::split(content) {
            self.give(&mut item, owner);
            tokens.extend([item.into_tokens()]);
        }
        tokens
    }

    fn give(&mut self, item: &mut Item, owner: Option<&str>) {
        if item.attributes.iter().any(OuterAttribute::is_for_tests) {
            return;
        }
        let own = item.attributes.iter().position(OuterAttribute::is_ours);
        match (&item.what, own) {
            (What::Other, _) => {}
            (What::Invisible, _) => {
                if let [TokenTree::Group(content)] = &item.tokens[..] {
                    let inside = self.give_all(content.stream(), owner);
                    item.tokens = vec![Group::new(Delimiter::None, inside).into()];
                }
            }
            (_, Some(own)) if item.attributes[own].is_skip() => self.functions += 1,
            (What::Function(name), own) => {
                self.functions += 1;
                let name = name.unraw();
                let operation = owner.map(|owner| format!("{owner}::{name}"));
                match own {
                    Some(own) => self.complete(&mut item.attributes[own], operation),
                    None => item.attributes.insert(0, self.attribute(operation)),
                }
            }
            // The attribute of a block within the block wins.
            (What::Impl | What::Trait(_) | What::Module, Some(_)) => self.functions += 1,
            (What::Impl | What::Trait(_) | What::Module, None) => self.give_inside(item),
        }
    }

    /// Makes the attribute of a function that has none.
    fn attribute(&self, operation: Option<String>) -> OuterAttribute {
        let at = Span::mixed_site();
        let mut arguments: Vec<_> = self.arguments(|_| true).collect();
        arguments.extend(operation.map(|name| name_argument(&name)));
        let path = match &self.args.krate {
            Some(path) => quote!(#path::traced),
            None => quote_spanned!(at=> ::trace_core::traced),
        };
        OuterAttribute::new(quote!(#path(#(#arguments),*)))
    }

    /// Adds to the attribute of a function what it does not say itself: arguments, and
    /// tags.
    fn complete(&self, attribute: &mut OuterAttribute, operation: Option<String>) {
        // Wrong arguments are reported when the attribute is expanded.
        let Ok(own) = Args::parse(attribute.kind(), attribute.arguments()) else {
            return;
        };
        let says = |name: &str| own.written.iter().any(|(own, _)| *own == name);
        let mut arguments: Vec<_> = own
            .written
            .iter()
            .map(|(name, written)| match *name {
                "tags" => self.with_tags(&own.tags),
                _ => written.clone(),
            })
            .collect();
        arguments.extend(self.arguments(|name| !says(name)));
        arguments.extend(
            operation
                .filter(|_| !says("name"))
                .map(|name| name_argument(&name)),
        );
        let path = attribute.path();
        *attribute = OuterAttribute::new(quote!(#path(#(#arguments),*)));
    }

    /// The tags of a function, and those of the block with other keys.
    fn with_tags(&self, own: &[TagArg]) -> TokenStream {
        let tags = self.args.tags.iter();
        let others = tags.filter(|tag| !own.iter().any(|own| own.key == tag.key));
        let tags = own.iter().chain(others).map(|tag| &tag.written);
        quote!(tags(#(#tags),*))
    }

    /// The arguments of the block.
    fn arguments(&self, wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = TokenStream> {
        let arguments = self.args.written.iter();
        arguments
            .filter(move |(name, _)| wanted(name))
            .map(|(_, written)| written.clone())
    }
}

fn name_argument(operation: &str) -> TokenStream {
    let mut operation = Literal::string(operation);
    operation.set_span(Span::mixed_site());
    quote_spanned!(Span::mixed_site()=> name = #operation)
}

/// Returns the name of the type or trait whose functions are in a block.
fn owner(block: &Item) -> Option<String> {
    match &block.what {
        What::Trait(name) => Some(name.unraw().to_string()),
        What::Impl => {
            let (_braces, header) = block.tokens.split_last()?;
            let header: TokenStream = header.iter().cloned().collect();
            // Functions of an item that syn cannot read go without an owner.
            let parsed: ItemImpl = syn::parse2(quote!(#header {})).ok()?;
            type_name(&parsed.self_ty)
        }
        _ => None,
    }
}

fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(ty) => Some(ty.path.segments.last()?.ident.unraw().to_string()),
        Type::Reference(ty) => type_name(&ty.elem),
        Type::Group(ty) => type_name(&ty.elem),
        Type::Paren(ty) => type_name(&ty.elem),
        Type::TraitObject(ty) => ty.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                Some(bound.path.segments.last()?.ident.unraw().to_string())
            }
            _ => None,
        }),
        _ => None,
    }
}
