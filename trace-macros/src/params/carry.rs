//! Passes parameters to a block that runs within the function.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Ident, Signature};

use super::{Params, if_ambiguous, is_changed, is_small, mention, plain_name, rebind};
use crate::body::Words;

/// Makes the parameters drop as they do in the plain function, for an async block that
/// runs within it.
///
/// Captures drop in the order of their first use. So each parameter is mentioned, the
/// last one first: that gives the order of the plain function without a second copy. A
/// parameter that the body never names is not mentioned, because `unused_variables` has
/// to see it. From that parameter on, or from the first pattern or `mut`, parameters are
/// rebound one after the other, as the compiler itself does. A small parameter without a
/// destructor is rebound in any position: a mention would hide from lints that it is
/// shadowed, or never reached.
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
    if let Some(params) = if_ambiguous(signature, used) {
        return params;
    }
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
/// Each is rebound in the order of the function. So the closure changes neither the order
/// in which they drop, nor lints, nor borrowing.
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
    if let Some(params) = if_ambiguous(signature, used) {
        return params;
    }
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
