//! The function under the attribute.
//!
//! Only the signature is read by syn. The header's tokens are handed back as
//! they came, and the body stays one token: a body taken apart and put together
//! again loses the invisible groups of macro fragments, and with them the
//! meaning of `$e * 2`.

mod other;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute as Outer, Signature, Visibility};

use crate::attribute::Attribute;
use crate::tokens::{Angles, block, group, is_punct, is_word};

use other::{check_is_function, is_statement};

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

/// What stands under an attribute.
pub(crate) enum Found {
    Function(Box<Item>),
    /// A function with a signature that is malformed, which the compiler reports itself.
    Malformed,
    /// A statement or an expression: the compiler has reported that it takes no attribute.
    Statement,
}

/// The same of the header of a function.
enum Header {
    Function(Vec<Outer>, Box<Signature>),
    Malformed,
    Statement,
}

impl Item {
    /// Reads a function.
    ///
    /// # Errors
    ///
    /// If the tokens are not a function that has a body and, unless it `may_be_const`, runs
    /// at run time: the error names what they are.
    pub(crate) fn parse(
        attribute: Attribute,
        tokens: TokenStream,
        may_be_const: bool,
    ) -> syn::Result<Found> {
        let mut header: Vec<TokenTree> = tokens.into_iter().collect();
        let last = header.pop();
        let body = last.as_ref().and_then(block);
        if body.is_none() {
            header.extend(last);
        }
        let has_body = body.is_some();
        let read = |input: ParseStream<'_>| read_header(attribute, has_body, may_be_const, input);
        let tokens = header.iter().cloned().collect();
        let (attributes, signature) = match read.parse2(tokens)? {
            Header::Function(attributes, signature) => (attributes, *signature),
            Header::Malformed => return Ok(Found::Malformed),
            Header::Statement => return Ok(Found::Statement),
        };
        let Some(body) = body else {
            // `read_header` has reported it; this keeps the type honest.
            return Err(missing_body(attribute, signature.ident.span()));
        };
        Ok(Found::Function(Box::new(Self {
            attributes,
            signature,
            header,
            body,
        })))
    }

    /// Returns the header as it was written.
    pub(crate) fn header(&self) -> TokenStream {
        self.header.iter().cloned().collect()
    }

    /// Returns where the header begins and ends, as the compiler points at a function:
    /// without attributes and bounds.
    pub(crate) fn head(&self) -> (Span, Span) {
        let attributes = self.header.chunks(2).take_while(
            |tokens| matches!(tokens, [hash, TokenTree::Group(_)] if is_punct(hash, '#')),
        );
        let head = self.header.get(2 * attributes.count()..);
        let mut head = head
            .unwrap_or_default()
            .split(|token| is_word(token, "where"));
        let head = head.next().unwrap_or_default();
        let place = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
        // A `$vis` comes from another place, perhaps from an edition without `async`.
        let mut words = head
            .iter()
            .filter(|token| !matches!(token, TokenTree::Group(_)));
        (place(words.next()), place(head.last()))
    }

    /// Returns the whole function as it was written.
    pub(crate) fn as_written(&self) -> TokenStream {
        let mut tokens = self.header();
        tokens.extend([TokenTree::from(self.body.clone())]);
        tokens
    }

    /// Returns the header with other parameters, if there are any.
    pub(crate) fn header_with(&self, inputs: Option<TokenStream>) -> TokenStream {
        let (before, old, after) = self.around_inputs();
        let mut header = before;
        header.extend(old.map(|old| with_stream(old, inputs)));
        header.extend(after.iter().cloned());
        header
    }

    /// Returns the header of the same function without `async`.
    pub(crate) fn header_without_async(&self, inputs: Option<TokenStream>) -> TokenStream {
        let header = self.header_with(inputs).into_iter();
        header.filter(|token| !is_word(token, "async")).collect()
    }

    /// Returns the header of the plain function that an `async fn` stands for.
    ///
    /// Input: `pub async fn load<T>(&self, (a, b): (A, B)) -> T where T: Row`
    /// Output: `pub fn load<T>(&self, __traced_arg1: (A, B)) -> impl Future<Output = T> where T: Row`
    pub(crate) fn header_returning(
        &self,
        inputs: Option<TokenStream>,
        future: impl FnOnce(TokenStream) -> TokenStream,
    ) -> TokenStream {
        let (before, old, after) = self.around_inputs();
        let mut header: TokenStream = before
            .into_iter()
            .filter(|token| !is_word(token, "async"))
            .collect();
        header.extend(old.map(|old| with_stream(old, inputs)));
        let clause = after.iter().position(|token| is_word(token, "where"));
        let (output, clause) = after.split_at(clause.unwrap_or(after.len()));
        let output = output.iter().skip(2).cloned().collect();
        header.extend([future(output)]);
        if clause.is_empty() {
            // For lints, the function must end at its old place: its last token gets the
            // place of the user's last one.
            let end = self
                .header
                .last()
                .map_or_else(Span::call_site, TokenTree::span);
            header.extend([TokenTree::from(Ident::new("where", end))]);
        }
        header.extend(clause.iter().cloned());
        header
    }

    /// Splits the header at the parameter list.
    fn around_inputs(&self) -> (TokenStream, Option<&Group>, &[TokenTree]) {
        let at = position_of_inputs(&self.header).unwrap_or(self.header.len());
        let (before, rest) = self.header.split_at(at);
        let (inputs, after) = match rest {
            [TokenTree::Group(inputs), after @ ..] => (Some(inputs), after),
            _ => (None, rest),
        };
        (before.iter().cloned().collect(), inputs, after)
    }
}

fn with_stream(old: &Group, stream: Option<TokenStream>) -> TokenTree {
    match stream {
        Some(stream) => group(old.delimiter(), stream, old.span()),
        None => old.clone().into(),
    }
}

fn read_header(
    attribute: Attribute,
    has_body: bool,
    may_be_const: bool,
    input: ParseStream<'_>,
) -> syn::Result<Header> {
    let attributes = input.call(Outer::parse_outer)?;
    input.parse::<Visibility>()?;
    if is_statement(has_body, input) {
        input.parse::<TokenStream>()?;
        return Ok(Header::Statement);
    }
    check_is_function(attribute, input)?;
    let Ok(signature) = input.parse::<Signature>() else {
        input.parse::<TokenStream>()?;
        return Ok(Header::Malformed);
    };
    if let (Some(constness), false) = (&signature.constness, may_be_const) {
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
    Ok(Header::Function(attributes, Box::new(signature)))
}

fn missing_body(attribute: Attribute, span: Span) -> syn::Error {
    let message = format!(
        "`#[{}]` needs a function body\n\
         put it on the implementations, or give this function a default body",
        attribute.name()
    );
    syn::Error::new(span, message)
}

/// Returns the place of the parameter list among the tokens of a header.
fn position_of_inputs(header: &[TokenTree]) -> Option<usize> {
    let function = header.iter().position(|token| is_word(token, "fn"))?;
    let is_list = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
    let mut angles = Angles::default();
    let mut tokens = header.iter().enumerate().skip(function);
    tokens
        .find(|(_, token)| angles.pass(token) && is_list(token))
        .map(|(index, _)| index)
}
