//! Signatures, attributes and calls.

use crate::random::Random;
use crate::statements::{Body, Returned, Variable};

/// What kind of function it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Async,
    Sync,
    /// Ends with an async block.
    Opaque,
    /// Ends with one in a box.
    Boxed,
    /// Gives one in a box, by an alias that does not show it.
    Named,
}

impl Kind {
    /// Whether its arguments may be references, without more being written.
    fn may_borrow(self) -> bool {
        matches!(self, Self::Async | Self::Sync)
    }
}

/// One function, as text.
pub(crate) struct Function {
    index: u64,
    kind: Kind,
    attributes: String,
    parameters: Vec<Parameter>,
    output: String,
    body: String,
    is_method: bool,
}

/// A parameter and what is given for it.
struct Parameter {
    written: String,
    /// What has to be there before the call.
    setup: String,
    given: String,
}

impl Function {
    pub(crate) fn new(random: &mut Random, index: u64) -> Self {
        let kind = *random.pick(&[
            Kind::Async,
            Kind::Async,
            Kind::Async,
            Kind::Async,
            Kind::Sync,
            Kind::Sync,
            Kind::Opaque,
            Kind::Boxed,
            Kind::Named,
        ]);
        let mut ids = 0;
        let mut parameters = Vec::new();
        let mut variables = Vec::new();
        let is_method = random.once_in(5);
        if is_method {
            parameters.push(receiver(random, kind, &mut ids, &mut variables));
        }
        let control = random.below(4);
        let count = random.below(5);
        let mut lent = Vec::new();
        let mut references = 0;
        for place in 0..=count {
            if place == control.min(count) {
                parameters.push(Parameter {
                    written: "c: u32".to_owned(),
                    setup: String::new(),
                    given: "c".to_owned(),
                });
            }
            if place < count {
                let name = ["a", "b", "d", "e"][place];
                let (parameter, is_lent) = parameter(random, name, kind, &mut ids, &mut variables);
                references += usize::from(parameter.written.contains(['&', '\'']));
                parameters.push(parameter);
                lent.extend(is_lent.then(|| name.to_owned()));
            }
        }
        let named: Vec<&Variable> = variables.iter().filter(|v| v.is_argument).collect();
        let returned = match random.below(6) {
            0 => Returned::Number,
            1 => Returned::Value,
            2 | 3 => Returned::Result,
            4 => Returned::Nothing,
            _ if lent.len() == 1 && references == 1 && !is_method && random.once_in(2) => {
                Returned::Lent(lent.remove(0))
            }
            _ if !matches!(kind, Kind::Boxed | Kind::Named) => Returned::Opaque,
            _ => Returned::Option,
        };
        let attributes = attributes(random, &named, &returned);
        let is_async = kind != Kind::Sync;
        let mut body = Body::new(random, returned.clone(), is_async, ids + 100);
        let text = match kind {
            Kind::Async | Kind::Sync => body.block(&mut variables),
            Kind::Opaque | Kind::Boxed | Kind::Named => {
                let before = body.before(&mut variables);
                let inner = body.block(&mut variables);
                match kind {
                    Kind::Boxed => format!("{{\n{before}Box::pin(async move {inner})\n}}"),
                    Kind::Named => format!(
                        "{{\n{before}let future = async move {inner};\nBox::pin(future)\n}}"
                    ),
                    _ => format!("{{\n{before}async move {inner}\n}}"),
                }
            }
        };
        let ty = returned.ty();
        let output = match kind {
            Kind::Async | Kind::Sync if ty == "()" => String::new(),
            Kind::Async | Kind::Sync => format!(" -> {ty}"),
            Kind::Opaque => format!(" -> impl Future<Output = {ty}>"),
            Kind::Boxed => format!(" -> Pin<Box<dyn Future<Output = {ty}>>>"),
            Kind::Named => format!(" -> Later<'static, {ty}>"),
        };
        Self {
            index,
            kind,
            attributes,
            parameters,
            output,
            body: text,
            is_method,
        }
    }

    /// Writes the function, with its attribute or without.
    pub(crate) fn write(&self, is_traced: bool) -> String {
        let attributes = if is_traced { &*self.attributes } else { "" };
        let parameters: Vec<&str> = self.parameters.iter().map(|p| &*p.written).collect();
        let parameters = parameters.join(", ");
        let asyncness = if self.kind == Kind::Async {
            "async "
        } else {
            ""
        };
        let Self {
            index,
            output,
            body,
            ..
        } = self;
        let function =
            format!("{attributes}\npub {asyncness}fn f{index}({parameters}){output} {body}\n\n");
        match self.is_method {
            true => format!("impl S {{\n{function}}}\n"),
            false => function,
        }
    }

    /// Writes a closure that makes a future of the call.
    pub(crate) fn call(&self, module: &str) -> String {
        let setup: String = self.parameters.iter().map(|p| &*p.setup).collect();
        let mut given: Vec<String> = Vec::new();
        for parameter in &self.parameters {
            given.push(parameter.given.replace("MODULE", module));
        }
        let setup = setup.replace("MODULE", module);
        let (given, index) = (given.join(", "), self.index);
        let path = if self.is_method { "S::" } else { "" };
        let wait = if self.kind == Kind::Sync {
            ""
        } else {
            ".await"
        };
        format!(
            "|c| Box::pin(async move {{ {setup}show({module}::{path}f{index}({given}){wait}) }})"
        )
    }
}

/// What `self` is.
fn receiver(
    random: &mut Random,
    kind: Kind,
    ids: &mut u32,
    variables: &mut Vec<Variable>,
) -> Parameter {
    *ids += 1;
    let id = *ids;
    let value = format!("MODULE::S(D({id}))");
    let kinds = if kind.may_borrow() { 5 } else { 3 };
    let (written, setup, given, is_owned, is_mut) = match random.below(kinds) {
        0 => ("self", String::new(), value, true, false),
        1 => ("mut self", String::new(), value, true, true),
        2 => (
            "self: Box<Self>",
            String::new(),
            format!("Box::new({value})"),
            true,
            false,
        ),
        3 => (
            "&self",
            format!("let this = {value}; "),
            "&this".to_owned(),
            false,
            false,
        ),
        _ => (
            "&mut self",
            format!("let mut this = {value}; "),
            "&mut this".to_owned(),
            false,
            true,
        ),
    };
    variables.push(Variable::argument("self", "self.0", is_owned, is_mut));
    Parameter {
        written: written.to_owned(),
        setup,
        given,
    }
}

/// What another parameter is, and whether it may be returned as a reference.
fn parameter(
    random: &mut Random,
    name: &str,
    kind: Kind,
    ids: &mut u32,
    variables: &mut Vec<Variable>,
) -> (Parameter, bool) {
    let mut value = || {
        *ids += 1;
        format!("D({ids})")
    };
    let owned = |name: &str, is_mut| Variable::argument(name, name, true, is_mut);
    let (other, setup) = (format!("{name}2"), String::new());
    let lent = format!("l{name}");
    let kinds = match kind {
        // A lifetime without a name in `impl Trait` is an error elsewhere.
        Kind::Async => 18,
        Kind::Sync => 17,
        Kind::Opaque | Kind::Boxed | Kind::Named => 12,
    };
    let (written, setup, given) = match random.below(kinds) {
        0..=2 => {
            variables.push(owned(name, false));
            (format!("{name}: D"), setup, value())
        }
        3 => {
            variables.push(owned(name, true));
            (format!("mut {name}: D"), setup, value())
        }
        4 => (format!("_{name}: D"), setup, value()),
        5 => ("_: D".to_owned(), setup, value()),
        6 => {
            variables.extend([owned(name, false), owned(&other, false)]);
            (
                format!("({name}, {other}): (D, D)"),
                setup,
                format!("({}, {})", value(), value()),
            )
        }
        7 => {
            variables.push(owned(name, true));
            (
                format!("(mut {name}, _): (D, D)"),
                setup,
                format!("({}, {})", value(), value()),
            )
        }
        8 => {
            variables.push(Variable::argument(name, &format!("{name}.1"), true, false));
            (
                format!("{name}: (D, D)"),
                setup,
                format!("({}, {})", value(), value()),
            )
        }
        9 => {
            variables.push(owned(name, false));
            (
                format!("[{name}, ..]: [D; 2]"),
                setup,
                format!("[{}, {}]", value(), value()),
            )
        }
        10 => {
            variables.push(owned(&other, false));
            (
                format!("Pair {{ left: _, right: {other} }}: Pair"),
                setup,
                format!("Pair {{ left: {}, right: {} }}", value(), value()),
            )
        }
        12 => {
            variables.push(Variable::argument(name, name, false, false));
            (format!("ref {name}: D"), setup, value())
        }
        11 => (format!("mut {name}: [u32; 4]"), setup, "[c; 4]".to_owned()),
        13 | 14 => {
            variables.push(Variable::argument(name, name, false, false));
            let setup = format!("let {lent} = {}; ", value());
            return (
                Parameter {
                    written: format!("{name}: &D"),
                    setup,
                    given: format!("&{lent}"),
                },
                true,
            );
        }
        15 => {
            variables.push(Variable::argument(name, name, false, true));
            let setup = format!("let mut {lent} = {}; ", value());
            (format!("{name}: &mut D"), setup, format!("&mut {lent}"))
        }
        16 => {
            variables.push(Variable::argument(name, name, false, false));
            (format!("{name}: impl Makes"), setup, value())
        }
        _ => {
            variables.push(Variable::argument(name, name, false, false));
            (
                format!("{name}: impl Lends<'_>"),
                format!("let {lent} = {}; ", value()),
                format!("&{lent}"),
            )
        }
    };
    let parameter = Parameter {
        written,
        setup,
        given,
    };
    (parameter, false)
}

fn attributes(random: &mut Random, named: &[&Variable], returned: &Returned) -> String {
    let mut arguments = Vec::new();
    if random.once_in(4)
        && let Some(variable) = named.first()
    {
        arguments.push(format!("tags(id = {}.id())", variable.place));
    }
    if *returned == Returned::Result {
        match random.below(6) {
            0 | 1 => arguments.push("err = status".to_owned()),
            2 => arguments.push("err(|error| error.0.0 % 2 == 0)".to_owned()),
            3 if arguments.is_empty() => {
                arguments.push("tags(ok = |result| result.is_ok())".to_owned())
            }
            _ => {}
        }
    }
    let name = if random.once_in(6) {
        "trace_root"
    } else {
        "traced"
    };
    let other = if random.once_in(8) {
        "\n#[must_use]"
    } else {
        ""
    };
    match arguments.is_empty() {
        true => format!("#[{name}]{other}"),
        false => format!("#[{name}({})]{other}", arguments.join(", ")),
    }
}
