//! The parameters of a function whose body moves into a closure or async block.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute as Outer, FnArg, Ident, Pat, PatType, Signature};

use crate::body::Words;

/// How the parameters get into the block.
pub(crate) struct Params {
    /// Statements for the top of the block.
    pub(crate) statements: TokenStream,
    /// The parameter list to write instead of the user's.
    pub(crate) inputs: Option<TokenStream>,
}

/// Makes the parameters drop as they do in the plain function.
///
/// Captures drop in the order of their first use, so that a mention of each,
/// the last one first, gives the order of the plain function without a second
/// copy. A parameter that the body never names is not mentioned, because
/// `unused_variables` has to see it; from there on, and from the first pattern
/// on, parameters are rebound one after the other, as the compiler does itself.
///
/// Input: `(&self, a: A, mut b: B, (c, d): (C, D), e: E)`
/// Output:
/// ```text
/// (&self, a: A, mut b: B, __traced_arg3: (C, D), e: E)
///
/// let _ = &b;
/// let _ = &a;
/// let _ = &self;
/// let __traced_arg3 = __traced_arg3;
/// let (c, d) = __traced_arg3;
/// let e = e;
/// ```
pub(crate) fn carry(signature: &Signature, used: &Words) -> Params {
    let mut mentions = Vec::new();
    let mut rebound = TokenStream::new();
    let mut inputs = TokenStream::new();
    let mut rebinds = false;
    for (index, input) in signature.inputs.iter().enumerate() {
        let argument = match input {
            FnArg::Receiver(receiver) => {
                if used.contains("self") {
                    let name = Ident::new("self", receiver.self_token.span);
                    mentions.push(mention(&receiver.attrs, &name));
                }
                inputs.extend(quote!(#input,));
                continue;
            }
            FnArg::Typed(argument) => argument,
        };
        let plain = plain_name(&argument.pat);
        if let (Some(name), false) = (plain, rebinds) {
            let text = name.to_string();
            if used.contains(&text) || text.starts_with('_') {
                mentions.push(mention(&argument.attrs, name));
                inputs.extend(quote!(#input,));
                continue;
            }
            if mentions.is_empty() {
                inputs.extend(quote!(#input,));
                continue;
            }
        }
        rebinds = true;
        let (input, statements) = rebind(argument, plain, index);
        inputs.extend(input);
        rebound.extend(statements);
    }
    let mentions = mentions.into_iter().rev();
    Params {
        statements: quote!(#(#mentions)* #rebound),
        inputs: rebinds.then_some(inputs),
    }
}

/// Mentions what the parameters bind, the last one first.
///
/// For a closure beside code that needs the user's names too, so that the
/// parameters cannot be renamed: what a pattern leaves out drops later than in the
/// plain function.
pub(crate) fn mention_all(signature: &Signature, used: &Words) -> TokenStream {
    let names = names(signature).into_iter().rev();
    names
        .filter(|name| used.contains(&name.to_string()))
        .map(|name| mention(&[], &name))
        .collect()
}

/// Lists the names that the parameters bind.
pub(crate) fn names(signature: &Signature) -> Vec<Ident> {
    let mut names = Vec::new();
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                names.push(Ident::new("self", receiver.self_token.span));
            }
            FnArg::Typed(argument) => bindings(&argument.pat, &mut names),
        }
    }
    names
}

/// The user's name, at the attribute: no lint about the mention points there.
fn at_attribute(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().located_at(Span::mixed_site()));
    name
}

fn mention(attributes: &[Outer], name: &Ident) -> TokenStream {
    let name = at_attribute(name);
    let conditions = attributes
        .iter()
        .filter(|outer| outer.path().is_ident("cfg"));
    quote_spanned! {Span::mixed_site()=>
        #(#conditions)*
        #[allow(clippy::used_underscore_binding)]
        let _ = &#name;
    }
}

/// Returns the parameter as it is written in the signature, and the statements
/// that make the user's bindings of it.
fn rebind(argument: &PatType, plain: Option<&Ident>, index: usize) -> (TokenStream, TokenStream) {
    let (pattern, ty) = (&argument.pat, &argument.ty);
    let (lints, others): (Vec<_>, Vec<_>) = argument.attrs.iter().partition(|outer| is_lint(outer));
    let conditions: Vec<_> = others
        .iter()
        .filter(|outer| outer.path().is_ident("cfg"))
        .collect();
    let at = Span::mixed_site();
    if let Some(name) = plain {
        let value = at_attribute(name);
        let statement = quote_spanned! {at=>
            #(#conditions)*
            #(#lints)*
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_same,
                clippy::used_underscore_binding
            )]
            let #pattern = #value;
        };
        return (quote!(#(#others)* #name: #ty,), statement);
    }
    let whole = format_ident!("__traced_arg{index}", span = at);
    let mut statements = quote_spanned!(at=> #(#conditions)* let #whole = #whole;);
    if !matches!(**pattern, Pat::Wild(_)) {
        let bind = quote_spanned!(at=> #(#conditions)* #(#lints)* let #pattern = #whole;);
        statements.extend(bind);
    }
    (quote!(#(#others)* #whole: #ty,), statements)
}

fn is_lint(outer: &Outer) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"]
        .iter()
        .any(|name| outer.path().is_ident(name))
}

/// Returns the name in `name` and `mut name`.
fn plain_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}

fn bindings(pattern: &Pat, names: &mut Vec<Ident>) {
    let mut all = |patterns: &mut dyn Iterator<Item = &Pat>| {
        patterns.for_each(|inner| bindings(inner, names));
    };
    match pattern {
        Pat::Ident(name) => {
            names.push(name.ident.clone());
            if let Some((_, inner)) = &name.subpat {
                bindings(inner, names);
            }
        }
        Pat::Or(pattern) => all(&mut pattern.cases.iter()),
        Pat::Paren(pattern) => bindings(&pattern.pat, names),
        Pat::Reference(pattern) => bindings(&pattern.pat, names),
        Pat::Slice(pattern) => all(&mut pattern.elems.iter()),
        Pat::Struct(pattern) => all(&mut pattern.fields.iter().map(|field| &*field.pat)),
        Pat::Tuple(pattern) => all(&mut pattern.elems.iter()),
        Pat::TupleStruct(pattern) => all(&mut pattern.elems.iter()),
        Pat::Type(pattern) => bindings(&pattern.pat, names),
        _ => {}
    }
}
