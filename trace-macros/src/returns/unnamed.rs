//! Replaces types that have no name, within types that have one.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Token, Type, TypeInfer, TypeParamBound};

use crate::tokens::{group, is_callable, is_punct, is_word};

/// Returns whether a type has a `_` in it; a `'_` does not count.
pub(crate) fn has_unnamed(ty: &TokenStream) -> bool {
    let mut after_quote = false;
    ty.clone().into_iter().any(|token| {
        let is_lifetime = std::mem::replace(&mut after_quote, is_punct(&token, '\''));
        match token {
            TokenTree::Group(group) => has_unnamed(&group.stream()),
            token => !is_lifetime && is_word(&token, "_"),
        }
    })
}

/// Returns whether `'_` might not mean the lifetime that is named in a type: the type has
/// functions, which have their own lifetimes, or a macro, or code.
fn has_own_lifetimes(ty: &TokenStream) -> bool {
    let mut after_name = false;
    ty.clone().into_iter().any(|token| {
        let is_called = std::mem::replace(&mut after_name, is_callable(&token));
        match &token {
            TokenTree::Group(group) => {
                let delimiter = group.delimiter();
                delimiter == Delimiter::Brace
                    || delimiter == Delimiter::Parenthesis && is_called
                    || has_own_lifetimes(&group.stream())
            }
            token => is_word(token, "for") || is_word(token, "fn") || is_punct(token, '!'),
        }
    })
}

/// Writes a type with `'_` for each lifetime, unless it has functions, macros or code.
///
/// Input: `Result<&'a str, Error>`
/// Output: `Result<&'_ str, Error>`
pub(super) fn without_lifetimes(ty: TokenStream) -> TokenStream {
    if has_own_lifetimes(&ty) {
        return ty;
    }
    let mut after_quote = false;
    let tokens = ty.into_iter().map(|token| {
        let is_name = std::mem::replace(&mut after_quote, is_punct(&token, '\''));
        match token {
            TokenTree::Ident(name) if is_name => Ident::new("_", name.span()).into(),
            TokenTree::Group(inside) => {
                let stream = without_lifetimes(inside.stream());
                group(inside.delimiter(), stream, inside.span())
            }
            token => token,
        }
    });
    tokens.collect()
}

/// Writes a type with `_` for each `impl Trait` in it.
pub(super) fn without_impl(ty: &Type) -> TokenStream {
    let tokens = ty.to_token_stream();
    match syn::parse2::<Type>(tokens.clone()) {
        Ok(mut ty) => {
            if infer_impl(&mut ty) {
                ty.into_token_stream()
            } else {
                tokens
            }
        }
        Err(_) => tokens,
    }
}

fn infer_impl(ty: &mut Type) -> bool {
    match ty {
        Type::ImplTrait(_) => {
            *ty = Type::Infer(TypeInfer {
                attrs: Vec::new(),
                underscore_token: Token![_](Span::mixed_site()),
            });
            true
        }
        Type::Array(ty) => infer_impl(&mut ty.elem),
        Type::Group(ty) => infer_impl(&mut ty.elem),
        Type::Paren(ty) => infer_impl(&mut ty.elem),
        Type::Ptr(ty) => infer_impl(&mut ty.elem),
        Type::Reference(ty) => infer_impl(&mut ty.elem),
        Type::Slice(ty) => infer_impl(&mut ty.elem),
        Type::Tuple(ty) => ty
            .elems
            .iter_mut()
            .fold(false, |any, ty| infer_impl(ty) | any),
        Type::Path(ty) => infer_impl_in_path(&mut ty.path),
        Type::TraitObject(ty) => ty.bounds.iter_mut().fold(false, |any, bound| match bound {
            TypeParamBound::Trait(bound) => infer_impl_in_path(&mut bound.path) | any,
            _ => any,
        }),
        _ => false,
    }
}

fn infer_impl_in_path(path: &mut syn::Path) -> bool {
    let mut any = false;
    for segment in &mut path.segments {
        let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else {
            continue;
        };
        for argument in &mut arguments.args {
            any |= match argument {
                GenericArgument::Type(ty) => infer_impl(ty),
                GenericArgument::AssocType(ty) => infer_impl(&mut ty.ty),
                _ => false,
            };
        }
    }
    any
}
