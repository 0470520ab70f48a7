//! Tests that code that runs only because something is recorded is not recorded itself.

use std::fmt;

use expect_test::expect;
use futures_util::future::BoxFuture;
use trace_core::{TraceContext, span, traced};

use super::check;

#[derive(Debug)]
struct Broken;

#[traced]
impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

struct Shelf {
    id: u32,
}

// Each function calls another traced function to evaluate a tag.
#[traced(service = self.name(), tags(id = self.id(), shown = %self.shown(), ret.size = |size| self.size(size)))]
impl Shelf {
    fn id(&self) -> u32 {
        self.id
    }

    fn name(&self) -> String {
        "shelf".to_owned()
    }

    fn shown(&self) -> Broken {
        Broken
    }

    fn size<T>(&self, _value: &T) -> usize {
        size_of::<T>()
    }

    #[traced(links(self.context()))]
    async fn take(&self) -> Result<u32, Broken> {
        Err(Broken)
    }

    fn context(&self) -> Option<TraceContext> {
        span::current_context()
    }
}

#[traced(tags(broken = %Broken), err(|_| is_bad()))]
fn boxed(early: bool) -> BoxFuture<'static, Result<(), Broken>> {
    if early {
        return Box::pin(std::future::ready(Err(Broken)));
    }
    Box::pin(async { Ok(()) })
}

#[traced]
fn is_bad() -> bool {
    true
}

#[test]
fn tags_errors_and_links_leave_no_spans() {
    let body = async {
        let shelf = Shelf { id: 7 };
        assert!(shelf.take().await.is_err());
        assert!(boxed(true).await.is_err());
        assert_eq!(shelf.id(), 7);
        assert!(is_bad());
        assert_eq!(Broken.to_string(), "broken");
    };
    check(
        body,
        expect![[r#"
            Shelf::take (shelf) id=I64(7) shown=String("broken") ret.size=I64(8) error it::macros::not_recorded::Broken: broken
            boxed broken=String("broken") error it::macros::not_recorded::Broken: broken
            Shelf::id (shelf) id=I64(7) shown=String("broken") ret.size=I64(4)
            is_bad
            Broken::fmt
        "#]],
    );
}
