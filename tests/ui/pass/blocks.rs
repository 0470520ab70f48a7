//! `#[traced]` on what holds functions.

#![deny(warnings)]

use trace_core::{trace_root, traced};

pub struct Stack<T, const N: usize>([Option<T>; N]);

#[traced(kind = client)]
impl<T: Clone, const N: usize> Stack<T, { N }>
where
    T: 'static,
{
    const EMPTY: Option<T> = { None };

    pub const fn size(&self) -> usize {
        N
    }

    pub async fn top(&self) -> Option<T> {
        self.0.first().cloned().unwrap_or(Self::EMPTY)
    }

    pub fn map<F>(self, call: F) -> impl Future<Output = T> + use<T, F, N>
    where
        F: FnOnce(Option<T>) -> T,
    {
        async move {
            let Some(first) = self.0.first() else {
                return call(None);
            };
            call(first.clone())
        }
    }

    pub unsafe extern "C" fn raw(_text: *const u8) {}
}

#[traced]
unsafe impl<T> Marker for Stack<T, 1> {
    fn mark(&self) -> bool {
        true
    }
}

/// Safe for stacks of one.
pub unsafe trait Marker {
    fn mark(&self) -> bool;
}

impl Marked for dyn Marker + Send {}

#[traced]
pub trait Marked {
    #[trace_root]
    fn default(&self) -> u8 {
        1
    }
}

#[traced]
mod parts {
    #![allow(dead_code)]

    use std::fmt;

    pub enum Part {
        One,
        Two { id: u8 },
    }

    pub union Bits {
        _one: u8,
        _two: u16,
    }

    static TABLE: [u8; 2] = if 1 < 2 { [1, 2] } else { [2, 1] };

    type Table = [u8; 2];

    extern "C" fn _callback() {}

    macro_rules! one {
        () => {
            1
        };
    }

    impl fmt::Display for Part {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let text = match self {
                Self::One => one!(),
                Self::Two { id } => *id,
            };
            write!(f, "{text}")
        }
    }

    pub(in super::parts) async fn table() -> Table {
        TABLE
    }

    #[traced(skip)]
    impl Part {
        pub const fn id(&self) -> u8 {
            1
        }
    }

    use trace_core::traced;
}

struct Constant(u32);

#[traced]
impl Constant {
    #[traced(skip)]
    const fn new(number: u32) -> Self {
        Self(number)
    }

    #[traced(skip)]
    pub const fn get(&self) -> u32 {
        self.0
    }

    fn traced(&self) -> u32 {
        self.get()
    }
}

#[traced(skip)]
const fn constant() -> u32 {
    const { Constant::new(1).get() }
}

fn main() {
    assert_eq!(Constant::new(constant()).traced(), constant());
    let stack = Stack([Some(1)]);
    assert!(stack.mark() && stack.size() == 1);
    drop(stack.map(|first| first.unwrap_or_default()));
    assert_eq!(parts::Part::One.to_string(), "1");
    let _ = parts::Part::Two { id: 1 }.id();
}
