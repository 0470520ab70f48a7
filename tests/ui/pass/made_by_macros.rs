//! Functions made by `macro_rules!` of every kind of fragment.

use trace_core::{trace_root, traced};

macro_rules! items {
    ($($item:item)*) => { $(#[traced] $item)* };
}

items! {
    async fn as_item(a: u32) -> Result<u32, String> {
        Ok(a)
    }
    pub fn as_item_too((a, b): (u32, u32)) -> Result<u32, String> {
        Ok(a + b)
    }
}

macro_rules! full {
    (
        $(#[$meta:meta])* $vis:vis $name:ident<$lifetime:lifetime>, $op:expr, $ret:ty, $bound:path,
        $arg:pat_param, $arg_ty:ty, $value:expr, $block:block, $stmt:stmt; $($token:tt)*
    ) => {
        $(#[$meta])*
        #[traced($op, tags(value = $value * 2))]
        $vis async fn $name<$lifetime, T: $bound>($arg: $arg_ty, text: &$lifetime str, other: &T) -> $ret {
            $stmt
            let value: u32 = $value * 2;
            let more: u32 = $block;
            println!("{text} {other:?} {value} {more}");
            $($token)*
        }
    };
}

full! {
    /// Documented.
    #[allow(dead_code)]
    pub(crate) full<'a>, "op", Result<&'a str, String>, std::fmt::Debug,
    (_first, Some(_) | None), (u32, Option<u32>), 1 + 2, { 3 }, let _unused = 1;
    Ok("")
}

macro_rules! with_self {
    ($self:ident, $body:expr, $first:ident, $ret:ty) => {
        #[traced(service = $self.service, tags(first = $self.$first, $first))]
        async fn run(&$self, $first: u32) -> $ret {
            $body
        }
        #[traced(tags($first))]
        fn run_sync(&$self, $first: u32) -> Result<$ret, String> {
            Ok($body)
        }
    };
}

struct Thing {
    service: String,
    value: u32,
}

impl Thing {
    with_self!(self, self.value + value, value, u32);
}

macro_rules! whole_body {
    ($name:ident $body:block $ret:ty) => {
        #[trace_root]
        async fn $name() -> $ret $body
    };
}

whole_body!(whole { if true { return Err("no".into()) } Ok(1) } Result<u32, Box<dyn std::error::Error>>);

macro_rules! reference {
    ($t:ty) => {
        #[traced]
        async fn by_reference(a: &$t, b: Option<&$t>) -> usize {
            b.map_or(0, |_| 1) + std::mem::size_of_val(a)
        }
    };
}

reference!(dyn Fn(u32) -> u32);

macro_rules! local {
    ($e:expr) => {{
        #[traced]
        fn nested(a: u32) -> Result<u32, ()> {
            let x = 1;
            Ok($e + a + x)
        }
        let x = 2;
        nested(x)
    }};
}

fn main() {
    drop(as_item(1));
    as_item_too((1, 2)).unwrap();
    drop(full((1, None), "a", &1));
    let thing = Thing { service: "s".into(), value: 1 };
    drop(thing.run(1));
    thing.run_sync(1).unwrap();
    drop(whole());
    drop(by_reference(&|a| a, None));
    local!(3 * 2).unwrap();
}
