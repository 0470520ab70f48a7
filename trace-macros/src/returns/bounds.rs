//! Finds the traits that a return type names.

use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, PathSegment, Token, Type, TypeParamBound, TypePath};

use super::polled::Polled;

/// Looks through parentheses and the invisible groups of macro fragments.
pub(super) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(inner) => peel(&inner.elem),
        Type::Paren(inner) => peel(&inner.elem),
        _ => ty,
    }
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

pub(super) fn trait_bound<'a>(bounds: &'a Bounds, name: &str) -> Option<&'a PathSegment> {
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.filter(|segment| segment.ident == name)
        }
        _ => None,
    })
}

pub(super) fn given_in_bounds(bounds: &Bounds, polled: Polled) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) =
        &trait_bound(bounds, polled.trait_name())?.arguments
    else {
        return None;
    };
    let [name, _] = polled.gives();
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(ty) if ty.ident == name => Some(&ty.ty),
        _ => None,
    })
}

pub(super) fn is_boxed(path: &TypePath, polled: Polled) -> bool {
    let last = path.path.segments.last();
    let is_alias =
        last.is_some_and(|last| polled.aliases().iter().any(|alias| last.ident == alias));
    let is_bound = |bounds| trait_bound(bounds, polled.trait_name()).is_some();
    is_alias || boxed_bounds(path).is_some_and(is_bound)
}

/// Returns the bounds in `Pin<Box<dyn ..>>` and `Pin<Box<impl ..>>`.
pub(super) fn boxed_bounds(path: &TypePath) -> Option<&Bounds> {
    match peel(only_type_argument(path, "Pin")?) {
        Type::Path(boxed) => bounds_in_box(boxed),
        _ => None,
    }
}

/// Returns the type in `Pin<Box<..>>`.
pub(super) fn type_in_pinned_box(path: &TypePath) -> Option<&Type> {
    match peel(only_type_argument(path, "Pin")?) {
        Type::Path(boxed) => only_type_argument(boxed, "Box"),
        _ => None,
    }
}

/// Returns the bounds in `Box<dyn .. + Unpin>`.
pub(super) fn unpinned_bounds(path: &TypePath) -> Option<&Bounds> {
    bounds_in_box(path).filter(|bounds| trait_bound(bounds, "Unpin").is_some())
}

pub(super) fn bounds_in_box(path: &TypePath) -> Option<&Bounds> {
    match peel(only_type_argument(path, "Box")?) {
        Type::TraitObject(object) => Some(&object.bounds),
        Type::ImplTrait(opaque) => Some(&opaque.bounds),
        _ => None,
    }
}

fn only_type_argument<'a>(path: &'a TypePath, name: &str) -> Option<&'a Type> {
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let first = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    first.filter(|_| last.ident == name)
}
