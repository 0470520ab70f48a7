//! Writes the output if something is wrong: the error, and the function without a
//! span.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote_spanned;

/// Writes the errors and the untouched item.
///
/// The item stays, so that one mistake is one message and the editor still knows the
/// function.
pub(crate) fn with_item(error: &syn::Error, item: TokenStream) -> TokenStream {
    let mut tokens = error.to_compile_error();
    tokens.extend([item]);
    tokens
}

/// Writes a function that cannot be read, and a warning in it.
///
/// Usually the compiler cannot read it either and has reported that, so a second error would
/// be superfluous. If the compiler can read it, it knows more of the language than this
/// crate, and the function must not be left untraced silently.
///
/// Input: `fn next(..) -> .. { body }`
/// Output:
/// ```text
/// fn next(..) -> .. {
///     { #[deprecated(note = "..")] fn not_traced() {} not_traced(); }
///     body
/// }
/// ```
pub(crate) fn not_traced(item: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut()
        && body.delimiter() == Delimiter::Brace
    {
        let at = body.span_open();
        let mut stream = quote_spanned! {at=>
            {
                #[deprecated(note = "the signature of this function is not understood, so that it is not traced")]
                fn not_traced() {}
                not_traced();
            }
        };
        stream.extend(body.stream());
        let mut warned = Group::new(Delimiter::Brace, stream);
        warned.set_span(body.span());
        *body = warned;
    }
    tokens.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn a_function_that_is_not_understood_says_so_and_is_the_same() {
        let written = not_traced(quote!(
            gen fn next() -> u32 {
                yield 1
            }
        ))
        .to_string();
        assert!(written.starts_with("gen fn next () -> u32 {"), "{written}");
        assert!(
            written.contains("deprecated") && written.ends_with("yield 1 }"),
            "{written}"
        );
    }
}
