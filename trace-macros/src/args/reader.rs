//! Reads the arguments in any order, and reports each mistake at its token.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Token};

use super::arguments::Args;
use super::commas::{at_comma_or_end, skip_to_comma};
use super::errors::Errors;
use super::known_arguments::{NAME, Rule, SKIPPED_LIST, Shape, rules, unknown};
use super::values::{advice_for_other_crates, is_literal, operation, tokens_between};
use crate::attribute::Attribute;
use crate::suggest::list;

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
            args: Args::new(attribute),
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
            if let Some(advice) = advice_for_other_crates(&content) {
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
