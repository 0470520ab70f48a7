//! What comes out when something is wrong.

use proc_macro2::TokenStream;

/// Writes the errors and the untouched item.
///
/// The item survives, so that one mistake is one message and the editor goes on
/// knowing the function.
pub(crate) fn with_item(error: &syn::Error, item: TokenStream) -> TokenStream {
    let mut tokens = error.to_compile_error();
    tokens.extend([item]);
    tokens
}
