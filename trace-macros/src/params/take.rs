//! Moves parameters into a block that outlives the function.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Ident, ReceiverKind, Signature};

use super::{Params, if_ambiguous, is_changed, is_small, may_drop, mention, plain_name, rebind};
use crate::body::Words;

/// Moves the parameters into a block that outlives the function, and makes them drop
/// as those of an `async fn` do: the first one first if the block never runs, else
/// the last one first.
///
/// The first parameter that may have a destructor is captured, and so dropped after all
/// locals; those that follow become locals one after the other. An array without
/// a destructor is only captured: it is stored once. A small or `mut` parameter becomes a
/// local, because of the same lints as in [`carry`](super::carry()).
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
    if let Some(params) = if_ambiguous(signature, used) {
        return params;
    }
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
