//! Functions: parameters, generics, lifetimes, values.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Debug;
use std::num::ParseIntError;

use trace_core::{assert_trace, trace, traced_test};

use crate::{assert_same, is_send, run, twice};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    left: u32,
    right: String,
}

twice! {
    pub(super) fn sync(value: u32) -> u32 {
        value + 1
    }

    pub(super) fn fallible(text: &str) -> Result<u32, ParseIntError> {
        let number: u32 = text.parse()?;
        if number == 1 {
            return Ok(0);
        }
        Ok(number)
    }

    pub(super) async fn asynchronous(value: u32) -> u32 {
        sync(value) + 1
    }

    pub(super) async fn async_fallible(text: &str) -> Result<u32, Box<dyn Error + Send + Sync>> {
        if text.is_empty() {
            return Err("empty".into());
        }
        let number = fallible(text)?;
        Ok(asynchronous(number).await)
    }

    pub(super) async fn generic<T, const N: usize>(values: [T; N]) -> (usize, Vec<T>)
    where
        T: Clone + Debug,
    {
        (N, values.to_vec())
    }

    pub(super) async fn higher_ranked<F>(
        call: F,
        dynamic: &dyn for<'x> Fn(&'x str) -> &'x str,
    ) -> usize
    where
        F: for<'x> Fn(&'x str) -> &'x str,
    {
        call("abc").len() + dynamic("abcd").len()
    }

    pub(super) async fn unnamed_lifetime(items: impl Iterator<Item = &str> + Send) -> usize {
        items.count()
    }

    pub(super) async fn unnamed_lifetime_in_path(text: impl Into<Cow<'_, str>>) -> usize {
        text.into().len()
    }

    #[must_use]
    pub(super) async fn unnamed_lifetime_below(
        first: &str,
        items: Option<&mut impl Iterator<Item = &(u32, &'static str)>>,
    ) -> Option<usize> {
        Some(items?.count() + first.len())
    }

    pub(super) async fn unnamed_function(call: impl Fn(&str) -> &str, text: &str) -> &str {
        &text[call(text).len() - 1..]
    }

    pub(super) async fn elided(text: &str) -> &str {
        &text[1..]
    }

    pub(super) async fn named<'a, 'b: 'a>(
        text: &'a str,
        other: &'b mut String,
    ) -> (&'a str, &'b mut String) {
        other.push_str(text);
        (text, other)
    }

    // An async function captures all lifetimes, in every edition.
    pub(super) async fn captures_all<'a, 'b>(text: &'a str, other: &'b mut String) -> usize {
        other.push_str(text);
        other.len()
    }

    pub(super) fn sync_named<'a>(text: &'a str, other: &str) -> Result<&'a str, String> {
        let number: usize = other.parse().map_err(|_| other.to_owned())?;
        Ok(&text[number..])
    }

    pub(super) async fn impl_argument(values: impl IntoIterator<Item = u32>) -> u32 {
        values.into_iter().sum()
    }

    pub(super) fn impl_returned(values: &[u32]) -> impl Iterator<Item = u32> + '_ {
        values.iter().map(|value| value + 1)
    }

    pub(super) async fn impl_returned_async(values: &[u32]) -> impl Iterator<Item = u32> + '_ {
        values.iter().map(|value| value + 1)
    }

    pub(super) fn captures_named<'a>(
        values: &'a [u32],
        _other: &str,
    ) -> impl Iterator<Item = u32> + use<'a> {
        values.iter().copied()
    }

    pub(super) async fn patterns(
        Pair { left, ref right }: Pair,
        (first, _): (u32, u32),
        [head, .., mut last]: [u32; 3],
        _: String,
        mut sum: u32,
    ) -> u32 {
        last += head;
        sum += left + right.len() as u32 + first + last;
        sum
    }

    pub(super) fn sync_patterns(
        (text, _): (&str, u32),
        mut sum: u32,
        _unused: String,
    ) -> Result<u32, ParseIntError> {
        sum += text.parse::<u32>()?;
        Ok(sum)
    }

    pub(super) async fn r#type(r#in: u32) -> u32 {
        r#in
    }

    pub(super) async unsafe fn async_unsafe(pointer: &u32) -> u32 {
        *pointer
    }

    pub(super) unsafe fn sync_unsafe(pointer: &u32) -> Result<u32, ParseIntError> {
        "1".parse::<u32>().map(|one| one + *pointer)
    }

    pub(super) extern "C" fn foreign(value: u32) -> u32 {
        value + 1
    }

    pub(super) async fn control(values: &[u32]) -> Option<u32> {
        let found = 'outer: loop {
            for value in values {
                if *value == 2 {
                    break 'outer Some(value);
                }
            }
            break None;
        };
        let closure = |value: &u32| -> u32 {
            return *value;
        };
        fn nested(value: u32) -> u32 {
            return value + 1;
        }
        Some(nested(closure(found?)))
    }

    pub(super) async fn boxed_recursion(value: u32) -> u32 {
        match value {
            0 => 0,
            _ => 1 + Box::pin(boxed_recursion(value - 1)).await,
        }
    }

    pub(super) fn coerced(flag: bool) -> Result<Box<dyn Debug>, Box<dyn Error>> {
        if flag {
            return Ok(Box::new(1_u32));
        }
        Err("no flag")?
    }

    pub(super) async fn inner_attribute(unused: u32) {
        #![allow(unused_variables)]
    }
}

macro_rules! made {
    (
        $name:ident, $vis:vis, $argument:ident: $ty:ty,
        $value:expr, $body:block, $lifetime:lifetime
    ) => {
        twice! {
            $vis async fn $name<$lifetime>($argument: &$lifetime $ty) -> $ty {
                let doubled = $value * 2;
                let same = $body;
                doubled + same + *$argument
            }
        }
    };
}

mod made {
    use super::{assert_same, run, twice};

    made!(by_macro, pub(super), number: u32, 1 + 2, { 7 }, 'a);

    #[test]
    fn functions_made_by_macros_have_the_same_value() {
        assert_same!(run(by_macro(&1)));
        assert_eq!(run(plain::by_macro(&1)), 14);
    }
}

fn pair() -> Pair {
    Pair {
        left: 1,
        right: "right".to_owned(),
    }
}

#[test]
fn functions_have_the_same_value() {
    let mut text = String::new();
    assert_same!(
        sync(1),
        fallible("1"),
        fallible("7"),
        fallible("x"),
        run(is_send(asynchronous(1))),
        run(async_fallible("2")).ok(),
        run(is_send(unnamed_lifetime("a b".split(' ')))),
        run(unnamed_lifetime_in_path("abc")),
        run(unnamed_lifetime_below("a", Some(&mut [(1, "b")].iter()))),
        run(unnamed_function(|text| text, "abc")).len(),
        run(async_fallible("")).map_err(|error| error.to_string()),
        run(generic(["a", "b"])),
        run(higher_ranked(|text| &text[1..], &|text| text)),
        run(elided("abc")),
        run(named("abc", &mut String::new())).1.clone(),
        run(captures_all("abc", &mut String::new())),
        sync_named("abc", "1"),
        sync_named("abc", ""),
        run(impl_argument(vec![1, 2])),
        impl_returned(&[1, 2]).collect::<Vec<_>>(),
        run(impl_returned_async(&[1, 2])).collect::<Vec<_>>(),
        captures_named(&[1, 2], &String::new()).collect::<Vec<_>>(),
        run(patterns(pair(), (1, 2), [3, 4, 5], String::new(), 6)),
        sync_patterns(("1", 2), 3, String::new()),
        run(r#type(1)),
        run(unsafe { async_unsafe(&1) }),
        unsafe { sync_unsafe(&1) },
        foreign(1),
        run(control(&[1, 2])),
        run(control(&[1])),
        run(boxed_recursion(3)),
        format!("{:?} {:?}", coerced(true), coerced(false)),
        run(inner_attribute(1)),
    );
    run(with_span::named("abc", &mut text)).1.push('d');
    assert_eq!(text, "abcd");
}

#[traced_test]
async fn functions_have_spans() {
    with_span::async_fallible("2").await.unwrap();
    with_span::sync_named("abc", "").unwrap_err();
    with_span::boxed_recursion(1).await;
    assert_trace!(
        trace!(),
        r#"
        functions_have_spans
        ├─ async_fallible
        │  ├─ fallible
        │  └─ asynchronous
        │     └─ sync
        ├─ sync_named   error
        └─ boxed_recursion
           └─ boxed_recursion
    "#
    );
}
