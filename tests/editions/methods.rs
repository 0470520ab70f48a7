//! Methods, of types and of traits.

use std::future::Future;
use std::num::ParseIntError;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use trace_core::{assert_trace, trace, traced_test};

use crate::{assert_same, is_send, run, twice};

twice! {
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(super) struct Thing {
        pub(super) value: u32,
    }

    impl Thing {
        pub(super) async fn by_ref(&self) -> u32 {
            self.value
        }

        pub(super) async fn by_mut(&mut self) -> &mut u32 {
            self.value += 1;
            &mut self.value
        }

        pub(super) async fn by_value(mut self) -> Self {
            self.value += 1;
            self
        }

        pub(super) async fn by_arc(self: Arc<Self>, other: u32) -> u32 {
            self.value + other
        }

        pub(super) async fn by_rc(self: &Rc<Self>) -> u32 {
            self.value
        }

        pub(super) async fn by_box(self: Box<Self>) -> u32 {
            self.value
        }

        pub(super) async fn by_pin(self: Pin<&mut Self>) -> u32 {
            self.value
        }

        pub(super) fn sync_by_mut(&mut self, text: &str) -> Result<&mut u32, ParseIntError> {
            self.value += text.parse::<u32>()?;
            Ok(&mut self.value)
        }

        pub(super) fn sync_by_value(self) -> Result<Self, String> {
            Ok(self)
        }

        pub(super) async fn unnamed(&mut self, items: impl IntoIterator<Item = &u32>) -> &mut u32 {
            self.value += items.into_iter().sum::<u32>();
            &mut self.value
        }

        pub(super) async fn with_lifetime<'a>(&'a self, other: &'a Self, _text: &str) -> &'a Self {
            if self.value > other.value { self } else { other }
        }
    }

    pub(super) trait Shape {
        fn area(&self) -> u32;

        fn doubled(&self) -> u32 {
            self.area() * 2
        }

        fn checked(&self) -> Result<u32, String> {
            self.area().checked_sub(1).ok_or_else(String::new)
        }

        fn later(&self) -> impl Future<Output = u32> + Send;

        fn in_a_row(&self) -> impl Iterator<Item = u32> {
            0..self.area()
        }

        fn later_by_default(&self) -> impl Future<Output = u32> {
            let area = self.area();
            async move { area }
        }
    }

    impl Shape for Thing {
        fn area(&self) -> u32 {
            self.value
        }

        async fn later(&self) -> u32 {
            self.value
        }
    }

    pub(super) trait Adds {
        #[allow(async_fn_in_trait)]
        async fn add(&self, items: impl IntoIterator<Item = &u32>) -> u32;

        #[allow(async_fn_in_trait)]
        async fn add_twice(&self, items: impl IntoIterator<Item = &u32> + Clone) -> u32 {
            self.add(items.clone()).await + self.add(items).await
        }
    }

    impl Adds for Thing {
        async fn add(&self, items: impl IntoIterator<Item = &u32>) -> u32 {
            items.into_iter().sum::<u32>() + self.value
        }
    }

    pub(super) trait Convert<'a, T> {
        #[allow(async_fn_in_trait)]
        async fn convert(&'a self, value: T) -> (&'a Self, T) {
            (self, value)
        }
    }

    impl<'a> Convert<'a, u32> for Thing {}

    impl<'a> Convert<'a, &'a str> for Thing {
        async fn convert(&'a self, value: &'a str) -> (&'a Self, &'a str) {
            (self, &value[1..])
        }
    }

    #[async_trait]
    pub(super) trait ByAttribute {
        async fn required(&self, text: &str) -> Result<u32, String>;

        async fn by_default(&self, value: u32) -> u32 {
            value + 1
        }
    }

    #[async_trait]
    impl ByAttribute for Thing {
        async fn required(&self, text: &str) -> Result<u32, String> {
            let number: u32 = text.parse().map_err(|_| text.to_owned())?;
            Ok(number + self.value)
        }
    }

    #[async_trait(?Send)]
    pub(super) trait ByAttributeLocal {
        async fn required(&mut self, value: Rc<u32>) -> Rc<u32>;
    }

    #[async_trait(?Send)]
    impl ByAttributeLocal for Thing {
        async fn required(&mut self, value: Rc<u32>) -> Rc<u32> {
            self.value += *value;
            value
        }
    }
}

#[test]
fn methods_have_the_same_value() {
    assert_same!(
        run(Thing::default().by_ref()),
        *run(Thing::default().by_mut()),
        *run(Thing::default().unnamed(&[1, 2])),
        run(Thing::default().add_twice(&[1, 2])),
        run(is_send(Thing::default().by_value())).value,
        run(Arc::new(Thing::default()).by_arc(1)),
        run(Rc::new(Thing::default()).by_rc()),
        run(Box::new(Thing::default()).by_box()),
        run(Pin::new(&mut Thing::default()).by_pin()),
        Thing::default().sync_by_mut("1").map(|value| *value),
        Thing::default().sync_by_mut("x").map(|value| *value),
        Thing::default().sync_by_value().map(|thing| thing.value),
        run(Thing::default().with_lifetime(&Thing { value: 2 }, "")).value,
    );
}

#[test]
fn methods_of_traits_have_the_same_value() {
    assert_same!(
        Thing { value: 1 }.doubled(),
        Thing { value: 0 }.checked(),
        run(is_send(Thing { value: 1 }.later())),
        Thing { value: 2 }.in_a_row().collect::<Vec<_>>(),
        run(Thing { value: 2 }.later_by_default()),
        {
            let thing = Thing::default();
            let (_, value) = run(thing.convert(1_u32));
            value
        },
        {
            let thing = Thing::default();
            let (_, rest) = run(thing.convert("abc"));
            rest.len()
        },
        run(is_send(ByAttribute::required(&Thing::default(), "1"))),
        run(ByAttribute::required(&Thing::default(), "x")),
        run(Thing::default().by_default(1)),
        run(ByAttributeLocal::required(
            &mut Thing::default(),
            Rc::new(1)
        )),
    );
}

#[traced_test]
async fn methods_have_spans() {
    use with_span::{ByAttribute, Convert, Shape, Thing};

    let mut thing = Thing::default();
    *thing.by_mut().await += 1;
    thing.doubled();
    thing.later().await;
    thing.later_by_default().await;
    thing.convert(1_u32).await;
    thing.required("x").await.unwrap_err();
    assert_trace!(
        trace!(),
        r#"
        methods_have_spans
        ├─ Thing::by_mut
        ├─ Shape::doubled
        │  └─ Thing::area
        ├─ Thing::later
        ├─ Thing::area
        ├─ Shape::later_by_default
        ├─ Convert::convert
        └─ Thing::required           error: x
    "#
    );
}
