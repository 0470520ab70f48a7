//! Finds the name of the type or trait whose functions are in a block.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{ItemImpl, Type, TypeParamBound};

use super::items::{Item, What};

/// Returns the name of the type or trait whose functions are in a block.
pub(super) fn owner(block: &Item) -> Option<String> {
    match &block.what {
        What::Trait(name) => Some(name.unraw().to_string()),
        What::Impl => {
            let (_braces, header) = block.tokens.split_last()?;
            let header: TokenStream = header.iter().cloned().collect();
            // Functions of an item that syn cannot read have no owner.
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
