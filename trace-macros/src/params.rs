//! The parameters of a function whose body moves into a closure or async block.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute as Outer, FnArg, Ident, Pat, PatType, ReceiverKind, Signature, Type};

use crate::body::Words;

/// How the parameters get into the block.
pub(crate) struct Params {
    /// Statements for the top of the block.
    pub(crate) statements: TokenStream,
    /// The parameter list to write instead of the user's.
    pub(crate) inputs: Option<TokenStream>,
}

/// Makes the parameters drop as they do in the plain function, when the async block
/// runs within it.
///
/// Captures drop in the order of their first use, so that a mention of each,
/// the last one first, gives the order of the plain function without a second
/// copy. A parameter that the body never names is not mentioned, because
/// `unused_variables` has to see it; from there on, and from the first pattern or
/// `mut` on, parameters are rebound one after the other, as the compiler does
/// itself. What is small and has no destructor is rebound wherever it stands: a
/// mention would hide from lints that it is shadowed, or never reached.
///
/// Input: `(&self, a: A, id: u64, b: B, (c, d): (C, D), e: E)`
/// Output:
/// ```text
/// (&self, a: A, id: u64, b: B, __traced_arg4: (C, D), e: E)
///
/// let _ = &b;
/// let _ = &a;
/// let _ = &self;
/// let id = id;
/// let __traced_arg4 = __traced_arg4;
/// let (c, d) = __traced_arg4;
/// let e = e;
/// ```
pub(crate) fn carry(signature: &Signature, used: &Words) -> Params {
    let mut mentions = Vec::new();
    let mut rebound = TokenStream::new();
    let mut inputs = TokenStream::new();
    let mut rebinds = false;
    let mut changes = false;
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
            let is_used = used.contains(&text) || text.starts_with('_');
            let is_small = is_small(&argument.ty);
            if is_used && !is_small && !is_changed(argument) {
                mentions.push(mention(&argument.attrs, name));
                inputs.extend(quote!(#input,));
                continue;
            }
            if !is_used && (is_small || mentions.is_empty()) {
                inputs.extend(quote!(#input,));
                continue;
            }
            rebinds = !is_small;
        } else {
            rebinds = true;
        }
        changes = true;
        let (input, statements) = rebind(argument, plain, index);
        inputs.extend(input);
        rebound.extend(statements);
    }
    let mentions = mentions.into_iter().rev();
    Params {
        statements: quote!(#(#mentions)* #rebound),
        inputs: changes.then_some(inputs),
    }
}

/// Moves the parameters into a closure that runs within the function.
///
/// Each is rebound in the order of the function: what the closure adds is then
/// seen neither by the order in which they drop, nor by lints, nor by borrowing.
///
/// Input: `(&self, a: A, mut b: B, (c, d): (C, D))`
/// Output:
/// ```text
/// (&self, a: A, b: B, __traced_arg3: (C, D))
///
/// let _ = &self;
/// let a = a;
/// let mut b = b;
/// let __traced_arg3 = __traced_arg3;
/// let (c, d) = __traced_arg3;
/// ```
pub(crate) fn pass(signature: &Signature, used: &Words) -> Params {
    let mut statements = TokenStream::new();
    let mut inputs = TokenStream::new();
    for (index, input) in signature.inputs.iter().enumerate() {
        match input {
            FnArg::Receiver(receiver) => {
                if used.contains("self") {
                    let name = Ident::new("self", receiver.self_token.span);
                    statements.extend(mention(&receiver.attrs, &name));
                }
                inputs.extend(quote!(#input,));
            }
            FnArg::Typed(argument) => {
                let (input, rebound) = rebind(argument, plain_name(&argument.pat), index);
                inputs.extend(input);
                statements.extend(rebound);
            }
        }
    }
    Params {
        statements,
        inputs: Some(inputs),
    }
}

/// Moves the parameters into a block that outlives the function, and makes them drop
/// as those of an `async fn` do: the first one first if the block never runs, else
/// the last one first.
///
/// The first that may have a destructor is captured, and so dropped after all
/// locals; those that follow become locals one after the other. An array without
/// a destructor is only captured: it is stored once. What is small, or `mut`,
/// becomes a local, for the lints that [`carry`] has it for.
///
/// Input: `(&self, a: A, id: u64, mut b: B, (c, d): (C, D))`
/// Output:
/// ```text
/// (&self, a: A, id: u64, b: B, __traced_arg4: (C, D))
///
/// let _ = &self;
/// let _ = &a;
/// let id = id;
/// let mut b = b;
/// let __traced_arg4 = __traced_arg4;
/// let (c, d) = __traced_arg4;
/// ```
pub(crate) fn take(signature: &Signature, used: &Words) -> Params {
    let mut statements = TokenStream::new();
    let mut inputs = TokenStream::new();
    let mut drops = false;
    let mut rebinds = false;
    for (index, input) in signature.inputs.iter().enumerate() {
        let argument = match input {
            FnArg::Receiver(receiver) => {
                let name = Ident::new("self", receiver.self_token.span);
                statements.extend(mention(&receiver.attrs, &name));
                inputs.extend(quote!(#input,));
                drops |= match &receiver.kind {
                    ReceiverKind::Reference(..) => false,
                    ReceiverKind::Typed(_, ty) => may_drop(ty),
                    _ => true,
                };
                continue;
            }
            FnArg::Typed(argument) => argument,
        };
        let may_drop = may_drop(&argument.ty);
        let plain = plain_name(&argument.pat);
        let captured = plain.filter(|name| {
            let text = name.to_string();
            let is_used = used.contains(&text) || text.starts_with('_');
            let is_local = may_drop && drops || is_small(&argument.ty) || is_changed(argument);
            is_used && !is_local
        });
        drops |= may_drop;
        if let Some(name) = captured {
            statements.extend(mention(&argument.attrs, name));
            inputs.extend(quote!(#input,));
            continue;
        }
        rebinds = true;
        let (input, rebound) = rebind(argument, plain, index);
        inputs.extend(input);
        statements.extend(rebound);
    }
    Params {
        statements,
        inputs: rebinds.then_some(inputs),
    }
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

/// Returns whether lints look at assignments to a parameter, which may hide in a
/// captured one. An array is left alone: a local would be a copy of it.
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

/// Mentions a parameter, at its own place: where the compiler says what is captured.
fn mention(attributes: &[Outer], name: &Ident) -> TokenStream {
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
