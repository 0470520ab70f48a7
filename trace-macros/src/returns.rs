//! What a return type says: whether the value is polled, whether it may be an error, and
//! which type to write for it.

mod bounds;
mod polled;
mod seen;
mod unnamed;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, ReturnType, Type, TypeParamBound};

use crate::tokens::located;
use bounds::{boxed_bounds, given_in_bounds, is_boxed, peel, trait_bound, unpinned_bounds};
use unnamed::{without_impl, without_lifetimes};

pub(crate) use polled::Polled;
pub(crate) use seen::{ReturnsArg, Seen, may_be_pinned_box, may_be_unseen, seen};
pub(crate) use unnamed::has_unnamed;

/// How the type shows that the returned value is polled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `impl Future`, `impl Stream`, `impl TryFuture`, `impl TryStream`.
    Opaque,
    /// `Pin<Box<dyn Future>>`, `BoxFuture`, `LocalBoxFuture`, and those of streams.
    Boxed,
    /// `Box<dyn Future + Unpin>`, and that of streams.
    Unpinned,
}

/// Returns whether a function returns a future or a stream, if its type shows it.
pub(crate) fn polled(output: &ReturnType) -> Option<(Polled, Form)> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    Polled::ALL.into_iter().find_map(|polled| {
        let form = match peel(ty) {
            Type::ImplTrait(opaque) => {
                let names = [polled.trait_name(), polled.trait_of_results()];
                let mut names = names.into_iter();
                let is_bound = names.any(|name| trait_bound(&opaque.bounds, name).is_some());
                is_bound.then_some(Form::Opaque)
            }
            Type::Path(path) if is_boxed(path, polled) => Some(Form::Boxed),
            Type::Path(path) => unpinned_bounds(path)
                .and_then(|bounds| trait_bound(bounds, polled.trait_name()))
                .map(|_| Form::Unpinned),
            _ => None,
        };
        form.map(|form| (polled, form))
    })
}

/// Returns whether the type names `Future` or `Stream` by a path from the root, which
/// attributes that rewrite an `async fn` do, and people do not.
///
/// Input: `::core::pin::Pin<Box<dyn ::core::future::Future<Output = u32>>>`, of
/// `#[async_recursion]`, or `impl ::core::future::Future<Output = u32> + Send`, of
/// `#[trait_variant::make]`
pub(crate) fn is_written_by_macro(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    match peel(ty) {
        Type::Path(path) => path.path.leading_colon.is_some(),
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(|bound| {
            matches!(bound, TypeParamBound::Trait(bound) if bound.path.leading_colon.is_some())
        }),
        _ => false,
    }
}

/// Returns whether the value may be a `Result`, perhaps by another name.
pub(crate) fn may_be_result(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    match peel(ty) {
        Type::Path(path) if path.qself.is_none() => {
            let single = path.path.get_ident().map(ToString::to_string);
            !single.is_some_and(|name| NO_RESULTS.contains(&name.as_str()))
        }
        Type::Path(_) | Type::Macro(_) | Type::Verbatim(_) => true,
        _ => false,
    }
}

const NO_RESULTS: &[&str] = &[
    "bool", "char", "str", "String", "Self", "u8", "u16", "u32", "u64", "u128", "usize", "i8",
    "i16", "i32", "i64", "i128", "isize", "f32", "f64",
];

/// Pins the type of a block before the compiler checks its body.
///
/// Errors then point at the user's expressions, and `return Err(error.into())`
/// is coerced as in the plain function. Except for `!`, no lint is silenced for this:
/// `allow` is an error under a user's `forbid`.
///
/// Input: `-> Result<impl Iterator, Error>`
/// Output: `if false { let output: Result<_, Error> = never_called(); return output; }`
///
/// Input: `-> !`, which has no name outside of a function's type
/// Output: `if false { let output: ReturnOf<fn() -> !> = never_called(); return output; }`
pub(crate) fn pin(private: &TokenStream, output: &ReturnType) -> TokenStream {
    let at = Span::mixed_site();
    match output {
        ReturnType::Default => pin_to(private, &quote!(()), at),
        ReturnType::Type(_, ty) => match peel(ty) {
            Type::ImplTrait(_) => TokenStream::new(),
            Type::Never(_) => {
                let pin = pin_to(private, &name_of_never(private), ty.span());
                let lints = quote!(unreachable_code, clippy::diverging_sub_expression);
                quote_spanned!(at=> #[allow(#lints)] #pin)
            }
            _ => pin_to(private, &without_impl(ty), ty.span()),
        },
    }
}

/// Pins the type of an async block whose output is known.
pub(crate) fn pin_to(private: &TokenStream, ty: &TokenStream, span: Span) -> TokenStream {
    // Compiler errors point at where the type comes from: at `span`, not at the attribute.
    let private = located(private, span);
    quote_spanned! {span.resolved_at(Span::mixed_site())=>
        if false {
            let __traced_output: #ty = #private::never_called();
            return __traced_output;
        }
    }
}

/// Returns the type of the output or items of a returned future or stream, if it can be
/// named.
///
/// Input: `impl Future<Output = u32>`, `Pin<Box<dyn Future<Output = u32>>>`
/// Output: `u32`
///
/// Input: `BoxFuture<'_, u32>`, or any alias; it may stand for a future of a
/// `Result<u32, Error>`
/// Output: `OutputOf<BoxFuture<'_, u32>>`
pub(crate) fn given(
    private: &TokenStream,
    output: &ReturnType,
    polled: Polled,
) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let named = match peel(ty) {
        Type::ImplTrait(opaque) => given_in_bounds(&opaque.bounds, polled),
        Type::Path(path) => boxed_bounds(path)
            .or_else(|| unpinned_bounds(path))
            .and_then(|bounds| given_in_bounds(bounds, polled)),
        _ => None,
    };
    match named.map(peel) {
        Some(Type::ImplTrait(_) | Type::Never(_)) => None,
        Some(named) => Some(without_impl(named)),
        None if matches!(peel(ty), Type::Path(_)) => {
            let (at, ty) = (Span::mixed_site(), without_impl(ty));
            let [_, alias] = polled.gives();
            let alias = Ident::new(alias, at);
            Some(quote_spanned!(at=> #private::#alias<#ty>))
        }
        None => None,
    }
}

/// Returns whether the output or items of the returned value have a name, or get one from the
/// name of the value's type. An `impl Trait` may not name its output, or not in one word.
pub(crate) fn is_given(output: &ReturnType, polled: Polled) -> bool {
    match output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => match peel(ty) {
            Type::ImplTrait(opaque) => given_in_bounds(&opaque.bounds, polled).is_some(),
            _ => true,
        },
    }
}

/// Writes a return type as one that may stand in another type.
///
/// Input: nothing, or `!`
/// Output: `()`, or `ReturnOf<fn() -> !>`
pub(crate) fn named(private: &TokenStream, ty: TokenStream) -> TokenStream {
    let at = Span::mixed_site();
    if ty.is_empty() {
        return quote_spanned!(at=> ());
    }
    match syn::parse2::<Type>(ty.clone()) {
        Ok(parsed) if matches!(peel(&parsed), Type::Never(_)) => name_of_never(private),
        _ => ty,
    }
}

/// Returns a name of `!`, if that is the type.
pub(crate) fn never(private: &TokenStream, output: &ReturnType) -> Option<TokenStream> {
    let is_never = matches!(output, ReturnType::Type(_, ty) if matches!(peel(ty), Type::Never(_)));
    is_never.then(|| name_of_never(private))
}

/// `!` stands for a type only where a function returns it.
fn name_of_never(private: &TokenStream) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> #private::ReturnOf<fn() -> !>)
}

/// Returns `: T` for the binding of a returned value, or nothing if `T` has no name.
pub(crate) fn annotation(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => TokenStream::new(),
        ReturnType::Type(..) => type_of(output).map_or_else(TokenStream::new, |ty| quote!(: #ty)),
    }
}

/// Returns the same as [`annotation`] without names of lifetimes: a wrong lifetime is then
/// reported where the value is returned, and not at the type.
pub(crate) fn loose_annotation(output: &ReturnType) -> TokenStream {
    without_lifetimes(annotation(output))
}

/// Returns `-> T` for a closure that returns the function's value, or nothing if `T` has
/// no name.
///
/// A body without a last expression is then reported at the type.
pub(crate) fn arrow(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => TokenStream::new(),
        ReturnType::Type(arrow, _) => {
            type_of(output).map_or_else(TokenStream::new, |ty| quote!(#arrow #ty))
        }
    }
}

/// Returns the type of a returned value, if it has a name; with `_` for parts that have
/// none.
pub(crate) fn type_of(output: &ReturnType) -> Option<TokenStream> {
    match output {
        ReturnType::Default => Some(quote!(())),
        ReturnType::Type(_, ty) => match peel(ty) {
            Type::ImplTrait(_) | Type::Never(_) => None,
            _ => Some(without_impl(ty)),
        },
    }
}
