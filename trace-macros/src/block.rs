//! `#[traced]` on an `impl` block, a trait or an inline module: an attribute for
//! each function in it.
//!
//! The functions get the attribute and are expanded one by one, after any
//! other attribute on the block: `#[async_trait]` still sees `async fn`.

mod annotator;
mod attributes;
mod items;
mod owner;

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::attribute::Attribute;

use annotator::Annotator;
use items::{Item, What};

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
    /// If the arguments are wrong, or there is no function.
    pub(crate) fn expand(mut self, args: TokenStream) -> syn::Result<TokenStream> {
        let args = Args::parse(Attribute::TracedBlock, args)?;
        if args.skip {
            return Ok(self.0.into_tokens());
        }
        let mut annotator = Annotator {
            args,
            functions: 0,
            constants: 0,
            methods: 0,
        };
        annotator.annotate_inside(&mut self.0);
        if annotator.functions == 0 {
            let (noun, keyword) = (self.0.noun(), self.0.keyword);
            let message = match annotator.constants {
                0 => format!(
                    "there is no function with a body in this {noun}\n\
                     put `#[traced]` where the functions are"
                ),
                _ => format!(
                    "each function in this {noun} is a `const fn`, which cannot be traced, \
                     because there is no clock at compile time\n\
                     remove `const` or `#[traced]`"
                ),
            };
            return Err(syn::Error::new(keyword, message));
        }
        if let (0, Some(span)) = (annotator.methods, annotator.find_self()) {
            let message =
                "no function in this block has a `self`\nname something else, or leave it out";
            return Err(syn::Error::new(span, message));
        }
        Ok(self.0.into_tokens())
    }
}
