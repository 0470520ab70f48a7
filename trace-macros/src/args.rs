//! The arguments of the attributes, as they are written.
//!
//! Each argument is one row of a table; the reader takes them in any order,
//! reports each mistake at its token and goes on after the next comma.

mod tags;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Lit, LitStr, Path, Token};

use crate::attribute::Attribute;
use crate::suggest::{did_you_mean, list};

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
    /// Whether an `Err` marks the span.
    pub(crate) errors: bool,
    /// The path of `trace-core`.
    pub(crate) krate: Option<Path>,
}

/// One argument: its name, how it is written, and who reads what follows the name.
struct Rule {
    name: &'static str,
    form: &'static str,
    read: fn(&mut Args, ParseStream<'_>) -> syn::Result<()>,
}

const NAME: Rule = Rule {
    name: "name",
    form: "name = \"operation\"",
    read: |args, input| {
        args.operation = Some(operation(input)?);
        Ok(())
    },
};

const SERVICE: Rule = Rule {
    name: "service",
    form: "service = self.service_name",
    read: |args, input| {
        args.service = Some(expression(input)?);
        Ok(())
    },
};

const KIND: Rule = Rule {
    name: "kind",
    form: "kind = server",
    read: |args, input| {
        args.kind = Some(kind(input)?);
        Ok(())
    },
};

const TAGS: Rule = Rule {
    name: "tags",
    form: "tags(order.id = order.id)",
    read: |args, input| {
        args.tags = tags::read(input)?;
        Ok(())
    },
};

const ERR: Rule = Rule {
    name: "err",
    form: "err = off",
    read: |args, input| {
        args.errors = false;
        off(input)
    },
};

const CRATE: Rule = Rule {
    name: "crate",
    form: "crate = my::trace_core",
    read: |args, input| {
        if input.peek(Lit) {
            let message = "expected a path, without quotes; write `crate = my::trace_core`";
            return Err(input.error(message));
        }
        args.krate = Some(input.call(Path::parse_mod_style)?);
        Ok(())
    },
};

const SPAN_RULES: &[Rule] = &[NAME, SERVICE, KIND, TAGS, ERR, CRATE];
const TEST_RULES: &[Rule] = &[CRATE];

const KINDS: &[(&str, &str)] = &[
    ("internal", "Internal"),
    ("server", "Server"),
    ("client", "Client"),
    ("producer", "Producer"),
    ("consumer", "Consumer"),
];

/// What other crates' attributes call something that is different here.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "skip",
        "no argument is recorded unless `tags(..)` names it; leave it out",
    ),
    (
        "skip_all",
        "no argument is recorded unless `tags(..)` names it; leave it out",
    ),
    ("fields", "write `tags(..)`"),
    ("properties", "write `tags(key = value)`"),
    ("attributes", "write `tags(..)`"),
    (
        "short_name",
        "the function's name is the operation name; leave it out",
    ),
    ("level", "spans have no level; leave it out"),
    ("target", "spans have no target; leave it out"),
    ("ret", "write `span::add_tag(..)` in the body"),
    ("op", "write the name alone: `\"operation\"`"),
    ("operation", "write the name alone: `\"operation\"`"),
];

impl Args {
    /// Reads the arguments of `attribute`.
    ///
    /// # Errors
    ///
    /// All mistakes in one error, each at its token.
    pub(crate) fn parse(attribute: Attribute, tokens: TokenStream) -> syn::Result<Self> {
        let rules = match attribute {
            Attribute::Traced | Attribute::TraceRoot => SPAN_RULES,
            Attribute::TracedTest => TEST_RULES,
        };
        (|input: ParseStream<'_>| Self::read(rules, input)).parse2(tokens)
    }

    fn read(rules: &[Rule], input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self {
            operation: None,
            service: None,
            kind: None,
            tags: Vec::new(),
            errors: true,
            krate: None,
        };
        let mut seen = Vec::new();
        let mut errors = Errors::default();
        while !input.is_empty() {
            let result = args.read_one(rules, &mut seen, input);
            errors.add(result.and_then(|()| at_comma_or_end(input)));
            skip_to_comma(input);
            if !input.is_empty() {
                errors.add(input.parse::<Token![,]>().map(|_| ()));
            }
        }
        errors.or(args)
    }

    fn read_one(
        &mut self,
        rules: &[Rule],
        seen: &mut Vec<&'static str>,
        input: ParseStream<'_>,
    ) -> syn::Result<()> {
        if is_literal(input) && rules.iter().any(|rule| rule.name == NAME.name) {
            let span = input.span();
            once(seen, NAME.name, span)?;
            self.operation = Some(operation(input)?);
            return Ok(());
        }
        let expected = || list(rules.iter().map(|rule| rule.name));
        if !input.peek(Ident::peek_any) {
            let message = format!("expected an argument: {}", expected());
            return Err(input.error(message));
        }
        let key = input.call(Ident::parse_any)?;
        let name = key.to_string();
        let Some(rule) = rules.iter().find(|rule| rule.name == name) else {
            return Err(syn::Error::new(key.span(), unknown(&name, rules)));
        };
        once(seen, rule.name, key.span())?;
        let missing = || {
            let advice = match name.as_str() {
                "err" => "an `Err` is recorded anyway; leave it out, or write",
                _ => "write",
            };
            let message = format!("`{name}` needs a value; {advice} `{}`", rule.form);
            syn::Error::new(key.span(), message)
        };
        if rule.name == TAGS.name {
            if !input.peek(syn::token::Paren) {
                return Err(missing());
            }
        } else {
            if input.is_empty() || input.peek(Token![,]) {
                return Err(missing());
            }
            if !input.peek(Token![=]) {
                let message = format!("expected `=` after `{name}`; write `{}`", rule.form);
                return Err(input.error(message));
            }
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(missing());
            }
        }
        (rule.read)(self, input)
    }
}

fn unknown(name: &str, rules: &[Rule]) -> String {
    let names = || rules.iter().map(|rule| rule.name);
    let elsewhere = ELSEWHERE.iter().find(|(word, _)| *word == name);
    let advice = match elsewhere {
        Some((_, advice)) => format!("; {advice}"),
        None => did_you_mean(name, names()),
    };
    if rules.len() == 1 {
        return format!("unknown argument `{name}`; expected {}", list(names()));
    }
    format!(
        "unknown argument `{name}`{advice}\nexpected an operation name in quotes, {}",
        list(names())
    )
}

fn once(seen: &mut Vec<&'static str>, name: &'static str, span: Span) -> syn::Result<()> {
    if seen.contains(&name) {
        let message = if name == NAME.name {
            "the operation name is given twice".to_owned()
        } else {
            format!("`{name}` is given twice")
        };
        return Err(syn::Error::new(span, message));
    }
    seen.push(name);
    Ok(())
}

/// Reads an operation name.
fn operation(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let span = input.span();
    let expected = "expected a string literal as operation name, for example `\"charge\"`";
    let Ok(Lit::Str(name)) = input.parse::<Lit>() else {
        return Err(syn::Error::new(span, expected));
    };
    if name.value().trim().is_empty() {
        let message = "the operation name is empty; leave it out to use the function's name";
        return Err(syn::Error::new(name.span(), message));
    }
    if !name.suffix().is_empty() {
        return Err(syn::Error::new(name.span(), expected));
    }
    Ok(name)
}

fn kind(input: ParseStream<'_>) -> syn::Result<&'static str> {
    let names = || KINDS.iter().map(|(name, _)| *name);
    if let Ok(text) = input.fork().parse::<LitStr>() {
        let name = text.value();
        let advice = match names().find(|known| *known == name) {
            Some(name) => format!("write `kind = {name}`, without quotes"),
            None => format!("expected {}, without quotes", list(names())),
        };
        return Err(syn::Error::new(text.span(), advice));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected a kind: {}", list(names()))));
    }
    let found = input.call(Ident::parse_any)?;
    let name = found.to_string();
    match KINDS.iter().find(|(known, _)| *known == name) {
        Some((_, variant)) => Ok(variant),
        None => {
            let advice = did_you_mean(&name.to_lowercase(), names());
            let message = format!("unknown kind `{name}`{advice}\nexpected {}", list(names()));
            Err(syn::Error::new(found.span(), message))
        }
    }
}

fn off(input: ParseStream<'_>) -> syn::Result<()> {
    let expected = "expected `off`; errors are recorded without `err`";
    let span = input.span();
    match input.call(Ident::parse_any) {
        Ok(word) if word == "off" => Ok(()),
        _ => Err(syn::Error::new(span, expected)),
    }
}

/// Reads an expression and keeps its tokens.
fn expression(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let end = input.fork();
    end.parse::<Expr>()?;
    let mut tokens = TokenStream::new();
    while input.cursor() != end.cursor() && !input.is_empty() {
        tokens.extend([visible(input.parse::<TokenTree>()?)]);
    }
    Ok(tokens)
}

/// Turns the invisible groups of macro fragments into parentheses.
///
/// Input: `⟦1 + 2⟧ * 2`, where `$e:expr` was `1 + 2`.
/// Output: `(1 + 2) * 2`; the compiler ignores invisible groups that a macro
/// hands back, and would multiply first.
fn visible(token: TokenTree) -> TokenTree {
    let TokenTree::Group(group) = token else {
        return token;
    };
    let inner: Vec<_> = group.stream().into_iter().map(visible).collect();
    let delimiter = match (group.delimiter(), inner.as_slice()) {
        (Delimiter::None, [single]) => return single.clone(),
        (Delimiter::None, _) => Delimiter::Parenthesis,
        (delimiter, _) => delimiter,
    };
    let mut shown = Group::new(delimiter, inner.into_iter().collect());
    shown.set_span(group.span());
    shown.into()
}

fn is_literal(input: ParseStream<'_>) -> bool {
    input.fork().parse::<Lit>().is_ok() && !input.peek(Ident::peek_any)
}

fn at_comma_or_end(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("expected `,`"))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// Mistakes found so far.
#[derive(Default)]
struct Errors(Option<syn::Error>);

impl Errors {
    fn add(&mut self, result: syn::Result<()>) {
        if let Err(error) = result {
            match &mut self.0 {
                Some(errors) => errors.combine(error),
                None => self.0 = Some(error),
            }
        }
    }

    fn or<T>(self, value: T) -> syn::Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}
