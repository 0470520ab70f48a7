//! The table of arguments: name, form, and the function that reads the value; and the
//! messages about unknown arguments.

use syn::parse::ParseStream;

use super::arguments::Args;
use super::tags;
use super::values::{
    err_value, expression, expressions, kind, operation, path, returns_value, something,
};
use crate::attribute::Attribute;
use crate::suggest::{did_you_mean, list};

/// One argument: its name, how it is written, and the function that reads its value.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) form: &'static str,
    pub(super) shape: Shape,
    pub(super) read: fn(&mut Args, ParseStream<'_>) -> syn::Result<()>,
}

/// What follows the name of an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `root`
    Flag,
    /// `kind = server`
    Value,
    /// `tags(..)`
    List,
    /// `err = off` and `err(..)`
    ValueOrList,
}

pub(super) const NAME: Rule = Rule {
    name: "name",
    form: "name = \"operation\"",
    shape: Shape::Value,
    read: |args, input| {
        args.operation = Some(operation(input)?);
        Ok(())
    },
};

const SERVICE: Rule = Rule {
    name: "service",
    form: "service = self.service_name",
    shape: Shape::Value,
    read: |args, input| {
        args.service = Some(expression(input)?);
        Ok(())
    },
};

const KIND: Rule = Rule {
    name: "kind",
    form: "kind = server",
    shape: Shape::Value,
    read: |args, input| {
        args.kind = Some(kind(input)?);
        Ok(())
    },
};

const TAGS: Rule = Rule {
    name: "tags",
    form: "tags(order.id = order.id)",
    shape: Shape::List,
    read: |args, input| {
        args.tags = tags::read(input)?;
        Ok(())
    },
};

const ERR: Rule = Rule {
    name: "err",
    form: "err = off",
    shape: Shape::ValueOrList,
    read: |args, input| {
        args.errors = err_value(input)?;
        Ok(())
    },
};

const LINKS: Rule = Rule {
    name: "links",
    form: "links(message.context)",
    shape: Shape::List,
    read: |args, input| {
        args.links = expressions(input)?;
        Ok(())
    },
};

const PARENT: Rule = Rule {
    name: "parent",
    form: "parent = self.context",
    shape: Shape::Value,
    read: |args, input| {
        let advice = "a span without a parent begins a trace; write `root`, or `#[trace_root]`";
        args.parent = Some(something(input, advice)?);
        Ok(())
    },
};

const ROOT: Rule = Rule {
    name: "root",
    form: "root",
    shape: Shape::Flag,
    read: |args, _| {
        args.is_root = true;
        Ok(())
    },
};

const REMOTE: Rule = Rule {
    name: "remote",
    form: "remote = request.context",
    shape: Shape::Value,
    read: |args, input| {
        let advice = "`None` is no context; leave out `remote`";
        args.remote = Some(something(input, advice)?);
        Ok(())
    },
};

const TRUST: Rule = Rule {
    name: "trust",
    form: "trust = Trust::Restart",
    shape: Shape::Value,
    read: |args, input| {
        args.trust = Some(expression(input)?);
        Ok(())
    },
};

const RETURNS: Rule = Rule {
    name: "returns",
    form: "returns = future",
    shape: Shape::Value,
    read: |args, input| {
        args.returns = returns_value(input)?;
        Ok(())
    },
};

const SKIP: Rule = Rule {
    name: "skip",
    form: "skip",
    shape: Shape::Flag,
    read: |args, _| {
        args.skip = true;
        Ok(())
    },
};

const CRATE: Rule = Rule {
    name: "crate",
    form: "crate = my::trace_core",
    shape: Shape::Value,
    read: |args, input| {
        if input.peek(syn::Lit) {
            let message = "expected a path, without quotes; write `crate = my::trace_core`";
            return Err(input.error(message));
        }
        args.krate = Some(path(input)?);
        Ok(())
    },
};

/// The arguments of an attribute, in the order in which messages list them.
pub(super) fn rules(attribute: Attribute) -> &'static [Rule] {
    match attribute {
        Attribute::Traced => &[
            NAME, SERVICE, KIND, TAGS, ERR, LINKS, PARENT, ROOT, REMOTE, TRUST, RETURNS, SKIP,
            CRATE,
        ],
        Attribute::TraceRoot => &[
            NAME, SERVICE, KIND, TAGS, ERR, LINKS, REMOTE, TRUST, RETURNS, CRATE,
        ],
        Attribute::TracedBlock => &[SERVICE, KIND, TAGS, ERR, LINKS, SKIP, CRATE],
        Attribute::TracedTest => &[CRATE],
    }
}

/// Arguments of other crates' attributes, each with what to write here.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "skip_all",
        "no argument is recorded unless `tags(..)` names it; leave it out",
    ),
    ("true", "the attribute alone records; leave it out"),
    ("false", "leave the attribute out, or write `skip`"),
    ("fields", "write `tags(..)`"),
    ("properties", "write `tags(key = value)`"),
    ("attributes", "write `tags(..)`"),
    ("follows_from", "write `links(..)`"),
    ("link", "write `links(..)`"),
    ("tag", "write `tags(..)`"),
    (
        "short_name",
        "the function's name is the operation name; leave it out",
    ),
    ("level", "spans have no level; leave it out"),
    ("target", "spans have no target; leave it out"),
    ("ret", "write `tags(ret = |value| ..)`"),
    ("op", "write the name alone: `\"operation\"`"),
    ("operation", "write the name alone: `\"operation\"`"),
];

/// The message about an argument that another attribute of this crate takes.
fn misplaced(attribute: Attribute, name: &str) -> Option<&'static str> {
    Some(match (attribute, name) {
        (Attribute::TraceRoot, "root") => "this attribute always begins a trace; leave it out",
        (Attribute::TraceRoot, "parent") => {
            "a root has no parent; write `remote = context`, or use `#[traced(parent = ..)]`"
        }
        (Attribute::TraceRoot, "skip") => "leave the whole attribute out",
        (Attribute::TracedBlock, "name") => {
            "the functions of a block cannot share a name; put it on one of them"
        }
        (Attribute::TracedBlock, "root" | "remote" | "trust" | "parent" | "returns") => {
            "that differs from function to function; put it on one of them"
        }
        (Attribute::TracedBlock, "err(..)") => {
            "not all of them return that error; put it on one of them"
        }
        _ => return None,
    })
}

/// The message about `skip(argument)`, which other crates have.
pub(super) const SKIPPED_LIST: &str = "`skip(..)` takes no list here: no argument is recorded unless `tags(..)` names it; leave it out";

/// Returns the message about an unknown argument.
pub(super) fn unknown(attribute: Attribute, name: &str) -> String {
    let rules = rules(attribute);
    let names = || rules.iter().map(|rule| rule.name);
    if let Some(advice) = misplaced(attribute, name) {
        let described = attribute.described();
        return format!("`{name}` is no argument of {described}; {advice}");
    }
    if attribute == Attribute::TracedTest {
        return format!("unknown argument `{name}`; expected {}", list(names()));
    }
    let elsewhere = ELSEWHERE.iter().find(|(word, _)| *word == name);
    let advice = match elsewhere {
        Some((_, advice)) => format!("; {advice}"),
        None => did_you_mean(name, names()),
    };
    let literal = match attribute.takes_name() {
        true => "an operation name in quotes, ",
        false => "",
    };
    format!(
        "unknown argument `{name}`{advice}\nexpected {literal}{}",
        list(names())
    )
}
