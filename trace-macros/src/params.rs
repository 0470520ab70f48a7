//! The parameters of a function whose body moves into a closure or async block.

mod anonymous;
mod attributes;
mod carry;
mod take;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute as Outer, FnArg, Ident, Pat, PatIdent, PatType, ReceiverKind, Signature, Type,
};

use crate::body::Words;

use attributes::Outers;

pub(crate) use anonymous::has_anonymous_in_impl;
pub(crate) use carry::{carry, pass};
pub(crate) use take::take;

/// How the parameters get into the block.
pub(crate) struct Params {
    /// Statements for the top of the block.
    pub(crate) statements: TokenStream,
    /// The parameter list to write instead of the user's.
    pub(crate) inputs: Option<TokenStream>,
}

/// Returns whether a value of the type is at most as large as a wide pointer or a
/// number, and has no destructor.
fn is_small(ty: &Type) -> bool {
    match ty {
        Type::Group(ty) => is_small(&ty.elem),
        Type::Paren(ty) => is_small(&ty.elem),
        Type::Array(_) | Type::Tuple(_) => false,
        _ => !may_drop(ty),
    }
}

/// Returns whether lints look at assignments to a parameter: they do not see those to a
/// captured one. An array does not count, because a local would be a copy of it.
fn is_changed(argument: &PatType) -> bool {
    let is_mut = matches!(&*argument.pat, Pat::Ident(name) if name.mutability.is_some());
    is_mut && !matches!(*argument.ty, Type::Array(_))
}

/// Returns whether a value of the type may have a destructor.
fn may_drop(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) | Type::Ptr(_) | Type::Never(_) | Type::FnPtr(_) => false,
        Type::Array(ty) => may_drop(&ty.elem),
        Type::Group(ty) => may_drop(&ty.elem),
        Type::Paren(ty) => may_drop(&ty.elem),
        Type::Tuple(ty) => ty.elems.iter().any(may_drop),
        Type::Path(ty) => {
            let name = ty.path.get_ident().map(ToString::to_string);
            !name.is_some_and(|name| NUMBERS.contains(&name.as_str()))
        }
        _ => true,
    }
}

const NUMBERS: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
    "u64", "u128", "usize",
];

/// Mentions what the parameters bind, the last one first.
///
/// For a closure beside code that also needs the user's names, so that the parameters
/// cannot be renamed. A part that a pattern leaves out therefore drops later than in the
/// plain function.
pub(crate) fn mention_all(signature: &Signature, used: &Words) -> TokenStream {
    let mut mentions = Vec::new();
    for input in &signature.inputs {
        let names = names_of(input).into_iter();
        let used = names.filter(|name| used.contains(&name.to_string()));
        mentions.extend(used.map(|name| mention(attributes_of(input), &name)));
    }
    mentions.into_iter().rev().collect()
}

/// Mentions parameters by their names, in this order.
pub(crate) fn mention_in_order(signature: &Signature, names: &[String]) -> TokenStream {
    let mut mentions = TokenStream::new();
    for name in names {
        for input in &signature.inputs {
            let bound = names_of(input).into_iter();
            for bound in bound.filter(|bound| bound == name) {
                mentions.extend(mention(attributes_of(input), &bound));
            }
        }
    }
    mentions
}

/// Lists the names that the parameters bind.
pub(crate) fn names(signature: &Signature) -> Vec<Ident> {
    signature.inputs.iter().flat_map(names_of).collect()
}

/// Returns whether `self` is a reference, or a pointer of the standard library.
pub(crate) fn self_is_pointer(signature: &Signature) -> bool {
    let kind = signature.receiver().map(|receiver| &receiver.kind);
    match kind {
        Some(ReceiverKind::Reference(..)) => true,
        Some(ReceiverKind::Typed(_, ty)) => match &**ty {
            Type::Reference(_) => true,
            Type::Path(ty) => {
                let last = ty.path.segments.last();
                last.is_some_and(|last| POINTERS.iter().any(|name| last.ident == name))
            }
            _ => false,
        },
        _ => false,
    }
}

const POINTERS: &[&str] = &["Arc", "Box", "Pin", "Rc"];

fn attributes_of(input: &FnArg) -> &[Outer] {
    match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(argument) => &argument.attrs,
    }
}

fn names_of(input: &FnArg) -> Vec<Ident> {
    match input {
        FnArg::Receiver(receiver) => vec![Ident::new("self", receiver.self_token.span)],
        FnArg::Typed(argument) => {
            let bound = bindings(&argument.pat).into_iter();
            bound.map(|binding| binding.ident.clone()).collect()
        }
    }
}

/// Leaves the parameters unchanged if a name seems to be bound twice, at least once by a
/// pattern.
///
/// Rebinding would turn that error into one `let` after the other, which is allowed. The
/// names may also differ, by hygiene alone or because one of the parameters is configured
/// out; only the compiler can tell.
fn if_ambiguous(signature: &Signature, used: &Words) -> Option<Params> {
    let mut names: Vec<String> = Vec::new();
    let mut is_ambiguous = false;
    for input in &signature.inputs {
        for name in names_of(input).iter().map(ToString::to_string) {
            is_ambiguous |= names.contains(&name);
            names.push(name);
        }
    }
    let is_pattern = |input: &FnArg| matches!(input, FnArg::Typed(argument) if plain_name(&argument.pat).is_none());
    (is_ambiguous && signature.inputs.iter().any(is_pattern)).then(|| Params {
        statements: mention_all(signature, used),
        inputs: None,
    })
}

/// Mentions a parameter, placed where it is written: messages about captures point there.
fn mention(attributes: &[Outer], name: &Ident) -> TokenStream {
    let conditions = Outers::new(attributes).conditions;
    quote_spanned! {Span::mixed_site()=>
        #(#conditions)*
        #[allow(clippy::used_underscore_binding)]
        let _ = &#name;
    }
}

/// Returns the parameter for the new signature, and the statements that make the user's
/// bindings from it.
fn rebind(argument: &PatType, plain: Option<&Ident>, index: usize) -> (TokenStream, TokenStream) {
    let (pattern, ty) = (&argument.pat, &argument.ty);
    let Outers {
        conditions,
        lints,
        others,
    } = Outers::new(&argument.attrs);
    let at = Span::mixed_site();
    if let Some(name) = plain {
        let statement = quote_spanned! {at=>
            #(#conditions)*
            #(#lints)*
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_same,
                clippy::used_underscore_binding
            )]
            let #pattern = #name;
        };
        return (quote!(#(#conditions)* #(#others)* #name: #ty,), statement);
    }
    let whole = format_ident!("__traced_arg{index}", span = at);
    let borrows_mut =
        |binding: &&PatIdent| binding.by_ref.is_some() && binding.mutability.is_some();
    let mutable = bindings(pattern)
        .iter()
        .any(borrows_mut)
        .then(|| quote_spanned!(at=> mut));
    let mut statements = quote_spanned!(at=> #(#conditions)* let #mutable #whole = #whole;);
    if !matches!(**pattern, Pat::Wild(_)) {
        let bind = quote_spanned!(at=> #(#conditions)* #(#lints)* let #pattern = #whole;);
        statements.extend(bind);
    }
    (quote!(#(#conditions)* #(#others)* #whole: #ty,), statements)
}

/// Returns the name in `name` and `mut name`.
fn plain_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}

/// Lists the bindings in a pattern; a binding that several alternatives have is listed once.
fn bindings(pattern: &Pat) -> Vec<&PatIdent> {
    fn all<'a>(patterns: impl Iterator<Item = &'a Pat>) -> Vec<&'a PatIdent> {
        patterns.flat_map(bindings).collect()
    }
    match pattern {
        Pat::Ident(name) => {
            let inner = name.subpat.iter().map(|(_, inner)| &**inner);
            std::iter::once(name).chain(all(inner)).collect()
        }
        Pat::Or(pattern) => all(pattern.cases.iter().take(1)),
        Pat::Paren(pattern) => bindings(&pattern.pat),
        Pat::Reference(pattern) => bindings(&pattern.pat),
        Pat::Slice(pattern) => all(pattern.elems.iter()),
        Pat::Struct(pattern) => all(pattern.fields.iter().map(|field| &*field.pat)),
        Pat::Tuple(pattern) => all(pattern.elems.iter()),
        Pat::TupleStruct(pattern) => all(pattern.elems.iter()),
        Pat::Type(pattern) => bindings(&pattern.pat),
        _ => Vec::new(),
    }
}
