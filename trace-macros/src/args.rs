//! The arguments of the attributes, as they are written.
//!
//! Each argument is one row of a table; the reader takes them in any order,
//! reports each mistake at its token and goes on after the next comma.

mod errors;
mod rules;
mod tags;
mod values;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Path, Token};

use crate::attribute::Attribute;
use crate::returns::ReturnsArg;
use crate::suggest::list;

use rules::{NAME, Rule, SKIPPED_LIST, Shape, rules, unknown};
use values::{is_literal, of_other_crates, operation, tokens_between};

pub(crate) use errors::Errors;
pub(crate) use tags::{TagArg, TagForm};

/// What the user asked for.
pub(crate) struct Args {
    /// The operation name; without it the function's name serves.
    pub(crate) operation: Option<LitStr>,
    /// The name of the service, evaluated when a span is recorded.
    pub(crate) service: Option<TokenStream>,
    /// The variant of `SpanKind`.
    pub(crate) kind: Option<&'static str>,
    /// The tags in the order in which they are written.
    pub(crate) tags: Vec<TagArg>,
    /// What an `Err` does.
    pub(crate) errors: ErrArg,
    /// Spans of other traces to point at.
    pub(crate) links: Vec<TokenStream>,
    /// The context below whose span this one belongs.
    pub(crate) parent: Option<TokenStream>,
    /// The span begins a trace.
    pub(crate) is_root: bool,
    /// The context from which a root goes on, and how far it is believed.
    pub(crate) remote: Option<TokenStream>,
    pub(crate) trust: Option<TokenStream>,
    /// What the returned value is said to be.
    pub(crate) returns: ReturnsArg,
    /// The function is left as it is.
    pub(crate) skip: bool,
    /// The path of `trace-core`.
    pub(crate) krate: Option<Path>,
    /// Each argument as it is written, with its name.
    pub(crate) written: Vec<(&'static str, TokenStream)>,
}

/// What an `Err` does to the span.
#[derive(Clone)]
pub(crate) enum ErrArg {
    /// Nothing: the value is not looked at.
    Off,
    /// Sets the status, the type, and writes an `exception` log.
    Full,
    /// The same without the log.
    Status,
    /// The same as `Full`, if the function says so of the error.
    If(TokenStream),
}

impl Args {
    /// Reads the arguments of `attribute`.
    ///
    /// # Errors
    ///
    /// All mistakes in one error, each at its token.
    pub(crate) fn parse(attribute: Attribute, tokens: TokenStream) -> syn::Result<Self> {
        let read = |input: ParseStream<'_>| Self::read(attribute, input);
        read.parse2(tokens)
    }

    fn read(attribute: Attribute, input: ParseStream<'_>) -> syn::Result<Self> {
        let mut draft = Draft::new(attribute);
        let mut errors = Errors::default();
        while !input.is_empty() {
            let result = draft.read_one(attribute, input);
            errors.add(result.and_then(|()| at_comma_or_end(input)));
            skip_to_comma(input);
            if !input.is_empty() {
                errors.add(input.parse::<Token![,]>().map(|_| ()));
            }
        }
        errors.add(draft.check());
        errors.or(draft.args)
    }
}

/// Arguments that are still being read.
struct Draft {
    args: Args,
    /// The names that were read, and where.
    seen: Vec<(&'static str, Span)>,
}

impl Draft {
    fn new(attribute: Attribute) -> Self {
        Self {
            args: Args {
                operation: None,
                service: None,
                kind: None,
                tags: Vec::new(),
                errors: ErrArg::Full,
                links: Vec::new(),
                parent: None,
                is_root: attribute == Attribute::TraceRoot,
                remote: None,
                trust: None,
                returns: ReturnsArg::Unsaid,
                skip: false,
                krate: None,
                written: Vec::new(),
            },
            seen: Vec::new(),
        }
    }

    fn read_one(&mut self, attribute: Attribute, input: ParseStream<'_>) -> syn::Result<()> {
        let begin = input.fork();
        let rule = self.read_value(attribute, input)?;
        let written = tokens_between(&begin, input);
        self.args.written.push((rule.name, written));
        Ok(())
    }

    fn read_value(
        &mut self,
        attribute: Attribute,
        input: ParseStream<'_>,
    ) -> syn::Result<&'static Rule> {
        let rules = rules(attribute);
        let span = input.span();
        if is_literal(input) && attribute.takes_name() {
            self.once(NAME.name, span)?;
            self.args.operation = Some(operation(input)?);
            return Ok(&NAME);
        }
        if is_literal(input) && attribute == Attribute::TracedBlock {
            return Err(input.error(unknown(attribute, NAME.name)));
        }
        if !input.peek(Ident::peek_any) {
            let expected = list(rules.iter().map(|rule| rule.name));
            return Err(input.error(format!("expected an argument: {expected}")));
        }
        let key = input.call(Ident::parse_any)?;
        let name = key.to_string();
        let is_called = input.peek(syn::token::Paren);
        if name == "skip" && is_called && attribute != Attribute::TracedTest {
            return Err(syn::Error::new(key.span(), SKIPPED_LIST));
        }
        let Some(rule) = rules.iter().find(|rule| rule.name == name) else {
            return Err(syn::Error::new(key.span(), unknown(attribute, &name)));
        };
        self.once(rule.name, key.span())?;
        if attribute == Attribute::TracedBlock && name == "err" && is_called {
            let content;
            syn::parenthesized!(content in input);
            if let Some(advice) = of_other_crates(&content) {
                return Err(content.error(advice));
            }
            content.parse::<TokenStream>()?;
            return Err(syn::Error::new(key.span(), unknown(attribute, "err(..)")));
        }
        check_shape(rule, &key, input)?;
        (rule.read)(&mut self.args, input)?;
        Ok(rule)
    }

    fn once(&mut self, name: &'static str, span: Span) -> syn::Result<()> {
        if self.span_of(name).is_some() {
            let message = if name == NAME.name {
                "the operation name is given twice".to_owned()
            } else {
                format!("`{name}` is given twice")
            };
            return Err(syn::Error::new(span, message));
        }
        self.seen.push((name, span));
        Ok(())
    }

    fn span_of(&self, name: &str) -> Option<Span> {
        let seen = self.seen.iter().find(|(seen, _)| *seen == name);
        seen.map(|(_, span)| *span)
    }

    /// Reports arguments that contradict each other.
    fn check(&self) -> syn::Result<()> {
        let (parent, root) = (self.span_of("parent"), self.span_of("root"));
        let (remote, trust) = (self.span_of("remote"), self.span_of("trust"));
        let is_root = self.args.is_root;
        if let (Some(skip), true) = (self.span_of("skip"), self.seen.len() > 1) {
            let message = "`skip` leaves the function as it is; it takes no other argument";
            return Err(syn::Error::new(skip, message));
        }
        if let (Some(parent), Some(_)) = (parent, root.or(remote)) {
            let message = "a root has no parent here; leave out `parent` or `root`";
            return Err(syn::Error::new(parent, message));
        }
        if let (Some(remote), false) = (remote, is_root) {
            let message = "`remote` is where a root goes on from; \
                           write `root, remote = ..`, or use `#[trace_root(remote = ..)]`";
            return Err(syn::Error::new(remote, message));
        }
        if let (Some(trust), None) = (trust, remote) {
            let message = "`trust` is how far a remote context is believed; \
                           name that context: `remote = context`";
            return Err(syn::Error::new(trust, message));
        }
        Ok(())
    }
}

/// Checks what follows the name of an argument, up to its value.
fn check_shape(rule: &Rule, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    let name = rule.name;
    let ends = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    let missing = |at| {
        let advice = match name {
            "err" => "an `Err` is recorded anyway; leave it out, or write",
            _ => "write",
        };
        let message = format!("`{name}` needs a value; {advice} `{}`", rule.form);
        syn::Error::new(at, message)
    };
    let is_list = input.peek(syn::token::Paren);
    match rule.shape {
        Shape::Flag if ends(input) => return Ok(()),
        Shape::Flag => {
            let message = format!("`{name}` takes no value; write `{}`", rule.form);
            return Err(input.error(message));
        }
        Shape::List | Shape::ValueOrList if is_list => return Ok(()),
        Shape::List | Shape::ValueOrList
            if input.peek(syn::token::Bracket) || input.peek(syn::token::Brace) =>
        {
            let message = format!("`{name}` takes parentheses; write `{name}(..)`");
            return Err(input.error(message));
        }
        Shape::List if input.peek(Token![=]) => {
            let message = format!("`{name}` takes parentheses; write `{}`", rule.form);
            return Err(input.error(message));
        }
        Shape::List => return Err(missing(key.span())),
        Shape::Value | Shape::ValueOrList => {}
    }
    if ends(input) {
        return Err(missing(key.span()));
    }
    if !input.peek(Token![=]) {
        let message = format!("expected `=` after `{name}`; write `{}`", rule.form);
        return Err(input.error(message));
    }
    let sign = input.parse::<Token![=]>()?;
    match ends(input) {
        true => Err(missing(sign.span)),
        false => Ok(()),
    }
}

fn at_comma_or_end(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format!("expected `,`, found `{}`", found(input))))
}

/// Returns the text of the next token.
fn found(input: ParseStream<'_>) -> String {
    let next = input.fork().parse::<TokenTree>();
    next.map_or_else(
        |_| String::new(),
        |token| match token {
            TokenTree::Group(group) => match group.delimiter() {
                Delimiter::Parenthesis => "(".to_owned(),
                Delimiter::Bracket => "[".to_owned(),
                Delimiter::Brace => "{".to_owned(),
                Delimiter::None => group.to_string(),
            },
            token => token.to_string(),
        },
    )
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}
