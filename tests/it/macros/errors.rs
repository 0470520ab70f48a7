//! Tests of what is recorded for an `Err`.

use std::fmt;

use expect_test::expect;
use trace_core::traced;

use super::check;

#[derive(Debug)]
struct Chained(&'static str, Option<Box<Chained>>);

impl fmt::Display for Chained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Chained {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

fn chain() -> Chained {
    let root = Chained("disk full", None);
    let middle = Chained("cannot write: disk full", Some(Box::new(root)));
    Chained("cannot save", Some(Box::new(middle)))
}

#[derive(Debug)]
struct OnlyDebug;

struct Nothing;

struct OnlyDisplay;

impl fmt::Display for OnlyDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shown")
    }
}

type Fallible<T> = Result<T, Chained>;

#[traced]
async fn error() -> Fallible<u32> {
    Err(chain())
}

#[traced]
fn error_behind_a_pointer() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Err(chain())?
}

#[traced]
async fn anyhow() -> anyhow::Result<()> {
    use anyhow::Context as _;
    Err(chain()).context("in the task")
}

#[traced]
async fn text() -> Result<(), &'static str> {
    Err("text")
}

#[traced]
async fn display() -> Result<(), OnlyDisplay> {
    Err(OnlyDisplay)
}

#[traced]
fn debug() -> Result<(), OnlyDebug> {
    Err(OnlyDebug)
}

#[traced]
fn name() -> Result<(), Nothing> {
    Err(Nothing)
}

#[traced]
async fn generic<E>(error: E) -> Result<(), E> {
    Err(error)
}

#[traced]
async fn generic_display<E: fmt::Display>(error: E) -> Result<(), E> {
    Err(error)
}

#[traced]
async fn question_mark() -> Result<(), Box<dyn std::error::Error>> {
    let parsed: u32 = "x".parse()?;
    let _ = parsed;
    Ok(())
}

#[test]
fn errors_of_any_type() {
    let body = async {
        drop(error().await);
        drop(error_behind_a_pointer());
        drop(anyhow().await);
        assert!(text().await.is_err());
        drop(display().await);
        drop(debug());
        drop(name());
        drop(generic(Nothing).await);
        assert!(generic_display(1).await.is_err());
        drop(question_mark().await);
    };
    check(
        body,
        expect![[r#"
            error error it::macros::errors::Chained: cannot save: cannot write: disk full
            error_behind_a_pointer error alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>: cannot save: cannot write: disk full
            anyhow error anyhow::Error: in the task: cannot save: cannot write: disk full
            text error &str: text
            display error it::macros::errors::OnlyDisplay: shown
            debug error it::macros::errors::OnlyDebug: OnlyDebug
            name error it::macros::errors::Nothing: it::macros::errors::Nothing
            generic error it::macros::errors::Nothing: it::macros::errors::Nothing
            generic_display error i32: 1
            question_mark error alloc::boxed::Box<dyn core::error::Error>: invalid digit found in string
        "#]],
    );
}

#[traced]
async fn none() -> Option<u32> {
    None
}

#[traced]
fn any<T>(value: T) -> T {
    value
}

trait Source {
    type Item;
    fn item(&self) -> Self::Item;
}

impl Source for u32 {
    type Item = Result<u32, OnlyDisplay>;
    fn item(&self) -> Self::Item {
        Err(OnlyDisplay)
    }
}

#[traced]
fn associated<S: Source>(source: S) -> S::Item {
    source.item()
}

#[traced]
async fn normalized() -> <u32 as Source>::Item {
    1.item()
}

#[test]
fn what_is_not_known_to_be_a_result_is_left_alone() {
    let body = async {
        none().await;
        any(Err::<(), _>("no"))?;
        Ok::<_, &str>(())
    };
    let outcome = check(
        body,
        expect![[r#"
            none
            any
        "#]],
    );
    assert_eq!(outcome, Err("no"));
    let body = async {
        drop(associated(1));
        drop(normalized().await);
    };
    check(
        body,
        expect![[r#"
            associated
            normalized error it::macros::errors::OnlyDisplay: shown
        "#]],
    );
}
