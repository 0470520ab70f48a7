//! Bodies.

use std::fmt::Write as _;

use crate::random::Random;

/// What a function gives.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Returned {
    Number,
    Value,
    Result,
    Option,
    Nothing,
    Opaque,
    /// The argument that is a reference.
    Lent(String),
}

impl Returned {
    pub(crate) fn ty(&self) -> &'static str {
        match self {
            Self::Number => "u32",
            Self::Value => "D",
            Self::Result => "Result<D, E>",
            Self::Option => "Option<D>",
            Self::Nothing => "()",
            Self::Opaque => "impl Show",
            Self::Lent(_) => "&D",
        }
    }
}

/// Something that has a `D`.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    name: String,
    /// The expression of the `D`.
    pub(crate) place: String,
    is_owned: bool,
    is_mut: bool,
    pub(crate) is_argument: bool,
}

impl Variable {
    pub(crate) fn argument(name: &str, place: &str, is_owned: bool, is_mut: bool) -> Self {
        Self {
            name: name.to_owned(),
            place: place.to_owned(),
            is_owned,
            is_mut,
            is_argument: true,
        }
    }

    fn local(name: String) -> Self {
        Self {
            place: name.clone(),
            name,
            is_owned: true,
            is_mut: false,
            is_argument: false,
        }
    }
}

/// Writes one body.
pub(crate) struct Body<'a> {
    random: &'a mut Random,
    returned: Returned,
    is_async: bool,
    /// Whether the function returns what this is in.
    may_return: bool,
    ids: u32,
    locals: u32,
}

impl<'a> Body<'a> {
    pub(crate) fn new(
        random: &'a mut Random,
        returned: Returned,
        is_async: bool,
        ids: u32,
    ) -> Self {
        Self {
            random,
            returned,
            is_async,
            may_return: true,
            ids,
            locals: 0,
        }
    }

    /// Statements that run at the call, before the future is there.
    pub(crate) fn before(&mut self, variables: &mut Vec<Variable>) -> String {
        (self.is_async, self.may_return) = (false, false);
        let count = self.random.below(3);
        let text = self.statements(count, variables, 0, false);
        (self.is_async, self.may_return) = (true, true);
        text
    }

    /// The whole block.
    pub(crate) fn block(&mut self, variables: &mut Vec<Variable>) -> String {
        let count = self.random.below(7);
        let statements = self.statements(count, variables, 0, false);
        let value = self.value(variables);
        if self.random.once_in(12) {
            return format!("{{\n{statements}return {value};\n}}");
        }
        format!("{{\n{statements}{value}\n}}")
    }

    fn id(&mut self) -> u32 {
        self.ids += 1;
        self.ids
    }

    /// A condition that holds for some runs.
    fn condition(&mut self) -> String {
        match self.random.below(3) {
            0 => format!("c == {}", self.random.below(8)),
            1 => format!("c & {} != 0", 1 << self.random.below(3)),
            _ => format!("c % 3 == {}", self.random.below(3)),
        }
    }

    fn statements(
        &mut self,
        count: usize,
        variables: &mut Vec<Variable>,
        depth: usize,
        in_loop: bool,
    ) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let statement = self.statement(variables, depth, in_loop);
            writeln!(text, "{statement}").unwrap();
        }
        text
    }

    /// A block in another: what is moved in it is gone after it.
    fn nested(&mut self, variables: &mut Vec<Variable>, depth: usize, in_loop: bool) -> String {
        let mut inner = variables.clone();
        let count = 1 + self.random.below(2);
        let text = self.statements(count, &mut inner, depth + 1, in_loop);
        variables.retain(|variable| inner.iter().any(|other| other.name == variable.name));
        format!("{{\n{text}}}")
    }

    fn statement(&mut self, variables: &mut Vec<Variable>, depth: usize, in_loop: bool) -> String {
        let id = self.id();
        match self.random.below(20) {
            0 | 1 => {
                self.locals += 1;
                let name = format!("v{}", self.locals);
                variables.push(Variable::local(name.clone()));
                format!("let {name} = D({id});")
            }
            2 => format!("let _ = D({id});"),
            3 => format!("let _kept = D({id});"),
            4 | 5 => match self.any(variables) {
                Some(variable) => format!("{}.touch();", variable.place),
                None => format!("D({id}).touch();"),
            },
            6 | 7 if !in_loop => match self.take(variables) {
                Some(variable) => format!("drop({});", variable.name),
                None => "drop(D(0));".to_owned(),
            },
            8 if !in_loop => match self.take(variables) {
                Some(variable) => {
                    let place = variable.place;
                    self.locals += 1;
                    let name = format!("v{}", self.locals);
                    variables.push(Variable::local(name.clone()));
                    format!("let {name} = {place};")
                }
                None => String::new(),
            },
            9 => {
                let mutable = variables.iter().filter(|v| v.is_mut);
                let mut changes = mutable.map(|v| format!("{}.set({id});", v.place));
                changes.next_back().unwrap_or_default()
            }
            10 | 11 if self.is_async => format!("Wait({}).await;", self.random.below(3)),
            12 if self.is_async => match self.any(variables) {
                Some(variable) => format!(
                    "async {{ {}.touch(); Wait(1).await; }}.await;",
                    variable.place
                ),
                None => "Wait(1).await;".to_owned(),
            },
            13 if self.may_return && !matches!(self.returned, Returned::Opaque) => {
                let condition = self.condition();
                let mut inner = variables.clone();
                let value = self.value(&mut inner);
                format!("if {condition} {{ return {value}; }}")
            }
            14 if self.may_return && self.returned == Returned::Result => {
                let condition = self.condition();
                format!("fails({condition}, {id})?;")
            }
            15 => {
                let condition = self.condition();
                format!("if {condition} {{ throw({id}); }}")
            }
            16 if depth < 2 => {
                let condition = self.condition();
                let block = self.nested(variables, depth, in_loop);
                match self.random.once_in(2) {
                    true => format!("if {condition} {block}"),
                    false => block,
                }
            }
            17 if depth < 2 => {
                let condition = self.condition();
                let block = self.nested(variables, depth, true);
                format!("for _ in 0..2 {{ {block} if {condition} {{ break; }} }}")
            }
            18 => match self.any(variables) {
                Some(variable) => format!(
                    "match {0}.make({id}).touch() {{ 0 => {{}} _ => {{ {0}.touch(); }} }}",
                    variable.place
                ),
                None => String::new(),
            },
            19 if !in_loop => match self.take(variables) {
                Some(variable) => format!(
                    "let closure = move || {}.touch(); closure();",
                    variable.place
                ),
                None => String::new(),
            },
            _ => String::new(),
        }
    }

    /// Something to look at.
    fn any(&mut self, variables: &[Variable]) -> Option<Variable> {
        (!variables.is_empty()).then(|| self.random.pick(variables).clone())
    }

    /// Something to give away.
    fn take(&mut self, variables: &mut Vec<Variable>) -> Option<Variable> {
        let owned: Vec<usize> = (0..variables.len())
            .filter(|at| variables[*at].is_owned)
            .collect();
        (!owned.is_empty()).then(|| variables.remove(*self.random.pick(&owned)))
    }

    /// A value of the type that is returned.
    fn value(&mut self, variables: &mut Vec<Variable>) -> String {
        match self.returned.clone() {
            Returned::Number => self.number(variables),
            Returned::Value | Returned::Opaque => self.owned(variables),
            Returned::Result => match self.random.below(4) {
                0 => format!("Err(E({}))", self.owned(variables)),
                1 => {
                    let (condition, id) = (self.condition(), self.id());
                    format!("fails({condition}, {id})")
                }
                _ => format!("Ok({})", self.owned(variables)),
            },
            Returned::Option => match self.random.once_in(3) {
                true => "None".to_owned(),
                false => format!("Some({})", self.owned(variables)),
            },
            Returned::Nothing => format!("drop({})", self.owned(variables)),
            Returned::Lent(name) => name,
        }
    }

    fn number(&mut self, variables: &mut [Variable]) -> String {
        let (first, second) = (self.id(), self.id());
        let Some(Variable { place, .. }) = self.any(variables) else {
            return "1".to_owned();
        };
        match self.random.below(4) {
            0 => format!("{place}.touch()"),
            1 => format!("{place}.make({first}).touch() + {place}.make({second}).touch()"),
            2 => format!(
                "if let 1 = {place}.make({first}).touch() {{ {place}.make({second}).touch() }} else {{ 0 }}"
            ),
            _ => format!("match {place}.make({first}).touch() {{ n => n + {place}.touch() }}"),
        }
    }

    fn owned(&mut self, variables: &mut Vec<Variable>) -> String {
        let id = self.id();
        if self.random.once_in(2)
            && let Some(variable) = self.take(variables)
        {
            return variable.place;
        }
        match self.any(variables) {
            Some(variable) if self.random.once_in(2) => {
                let other = self.id();
                format!("{}.make({id}).make({other})", variable.place)
            }
            _ => format!("D({id})"),
        }
    }
}
