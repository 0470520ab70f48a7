//! The function under the attribute.
//!
//! Only the signature is read by syn. The header's tokens are handed back as
//! they came, and the body stays one token: a body taken apart and put together
//! again loses the invisible groups of macro fragments, and with them the
//! meaning of `$e * 2`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute as Outer, Signature, Visibility};

use crate::attribute::Attribute;

/// A function with a body.
pub(crate) struct Item {
    /// The attributes that are still there.
    pub(crate) attributes: Vec<Outer>,
    /// The signature, for reading.
    pub(crate) signature: Signature,
    /// Attributes, visibility and signature, for writing.
    header: Vec<TokenTree>,
    /// The user's block, as written.
    pub(crate) body: Group,
}

impl Item {
    /// Reads a function.
    ///
    /// # Errors
    ///
    /// What is there instead of a function that has a body and runs at run time.
    pub(crate) fn parse(attribute: Attribute, tokens: TokenStream) -> syn::Result<Self> {
        let mut header: Vec<TokenTree> = tokens.into_iter().collect();
        let last = header.pop();
        let body = last.as_ref().and_then(block);
        if body.is_none() {
            header.extend(last);
        }
        let read = |input: ParseStream<'_>| read_header(attribute, body.is_some(), input);
        let (attributes, signature) = read.parse2(header.iter().cloned().collect())?;
        let Some(body) = body else {
            // `read_header` has reported it; this keeps the type honest.
            return Err(missing_body(attribute, signature.ident.span()));
        };
        Ok(Self {
            attributes,
            signature,
            header,
            body,
        })
    }

    /// Returns the header, with other parameters if there are any, and without
    /// `async` if it is not wanted.
    pub(crate) fn header(self, inputs: Option<TokenStream>, keep_async: bool) -> TokenStream {
        let inputs_at = position_of_inputs(&self.header);
        let is_async =
            |token: &TokenTree| matches!(token, TokenTree::Ident(word) if *word == "async");
        let mut inputs = inputs;
        let mut header = TokenStream::new();
        for (index, token) in self.header.into_iter().enumerate() {
            match (token, Some(index) == inputs_at) {
                (TokenTree::Group(old), true) => {
                    let stream = inputs.take().unwrap_or_else(|| old.stream());
                    header.extend([group(Delimiter::Parenthesis, stream, old.span())]);
                }
                (token, _) if !keep_async && is_async(&token) => {}
                (token, _) => header.extend([token]),
            }
        }
        header
    }
}

/// Makes a group with a span.
pub(crate) fn group(delimiter: Delimiter, stream: TokenStream, span: Span) -> TokenTree {
    let mut group = Group::new(delimiter, stream);
    group.set_span(span);
    group.into()
}

/// Returns the block that a token is, also one that came as `$body:block`.
fn block(token: &TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut inner = group.stream().into_iter();
            let first = inner.next()?;
            inner.next().is_none().then(|| block(&first))?
        }
        Delimiter::Parenthesis | Delimiter::Bracket => None,
    }
}

fn read_header(
    attribute: Attribute,
    has_body: bool,
    input: ParseStream<'_>,
) -> syn::Result<(Vec<Outer>, Signature)> {
    let attributes = input.call(Outer::parse_outer)?;
    input.parse::<Visibility>()?;
    check_is_function(attribute, input)?;
    let signature: Signature = input.parse()?;
    if let Some(constness) = &signature.constness {
        let message = format!(
            "a `const fn` cannot be traced, because there is no clock at compile time\n\
             remove `const` or `#[{}]`",
            attribute.name()
        );
        return Err(syn::Error::new(constness.span, message));
    }
    if let Some(variadic) = &signature.variadic {
        let message = "a function with variable arguments cannot be traced";
        return Err(syn::Error::new_spanned(variadic, message));
    }
    if !has_body {
        let span = input.span();
        return Err(missing_body(attribute, span));
    }
    if !input.is_empty() {
        return Err(input.error("expected the function's body"));
    }
    Ok((attributes, signature))
}

fn missing_body(attribute: Attribute, span: Span) -> syn::Error {
    let message = format!(
        "`#[{}]` needs a function body\n\
         put it on the implementations, or give this function a default body",
        attribute.name()
    );
    syn::Error::new(span, message)
}

const NOT_FUNCTIONS: &[(&str, &str)] = &[
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("union", "a union"),
    ("trait", "a trait"),
    ("impl", "an `impl` block"),
    ("mod", "a module"),
    ("use", "an import"),
    ("static", "a static"),
    ("const", "a constant"),
    ("type", "a type alias"),
    ("extern", "an `extern` block"),
    ("macro_rules", "a macro"),
    ("let", "a statement"),
];

/// Reports anything but a function at the word that says what it is.
fn check_is_function(attribute: Attribute, input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    let mut kind: Option<(Ident, &str)> = None;
    while ahead.peek(Ident::peek_any) || ahead.peek(syn::Lit) {
        let Ok(word) = ahead.call(Ident::parse_any) else {
            ahead.parse::<syn::Lit>()?; // the ABI in `extern "C" fn`
            continue;
        };
        let text = word.to_string();
        if text == "fn" {
            return Ok(());
        }
        let known = NOT_FUNCTIONS.iter().find(|(keyword, _)| *keyword == text);
        if let Some((_, noun)) = known {
            let qualifier = matches!(text.as_str(), "const" | "extern");
            if kind.is_none() || !qualifier {
                kind = Some((word, noun));
            }
            if !qualifier {
                break;
            }
        } else if !matches!(
            text.as_str(),
            "async" | "unsafe" | "safe" | "auto" | "default" | "gen"
        ) {
            break;
        }
    }
    let name = attribute.name();
    let (span, found) = kind.map_or_else(
        || (input.span(), "something else".to_owned()),
        |(word, noun)| (word.span(), noun.to_owned()),
    );
    let advice = match found.as_str() {
        "an `impl` block" | "a trait" | "a module" => "\nput it on each function inside",
        _ => "",
    };
    let message = format!("`#[{name}]` goes on a function, but this is {found}{advice}");
    Err(syn::Error::new(span, message))
}

/// Returns the place of the parameter list among the tokens of a header.
fn position_of_inputs(header: &[TokenTree]) -> Option<usize> {
    let function = header
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(word) if *word == "fn"))?;
    let mut depth = 0_usize;
    let mut after_minus = false;
    for (index, token) in header.iter().enumerate().skip(function) {
        let mut minus = false;
        match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                '<' => depth += 1,
                '>' if !after_minus => depth = depth.saturating_sub(1),
                '-' => minus = true,
                _ => {}
            },
            TokenTree::Group(group)
                if depth == 0 && group.delimiter() == Delimiter::Parenthesis =>
            {
                return Some(index);
            }
            _ => {}
        }
        after_minus = minus;
    }
    None
}
