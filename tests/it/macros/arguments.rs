//! Tests of the arguments of the attributes.

use std::cell::Cell;

use expect_test::expect;
use futures_util::future::BoxFuture;
use trace_core::testing::TestTracer;
use trace_core::{SpanKind, trace_root, traced};

use super::check;

struct Order {
    id: u64,
    items: Vec<String>,
    paid: bool,
    total: f64,
    address: std::net::Ipv4Addr,
    card: Card,
    note: Option<&'static str>,
}

/// A type without `Display`, `Debug` and `Clone`.
struct Card;

impl Order {
    fn sample() -> Self {
        Self {
            id: 42,
            items: vec!["a".to_owned(), "b".to_owned()],
            paid: true,
            total: 1.5,
            address: std::net::Ipv4Addr::LOCALHOST,
            card: Card,
            note: None,
        }
    }
}

#[traced(tags(
    customer,
    order.id = order.id,
    items = order.items,
    first = order.items[0],
    paid = order.paid,
    total = order.total,
    type = "literal",
    address = %order.address,
    note = order.note,
    debugged = ?order.items,
    "http.request.header.x-id" = order.id + 1,
    card = secret(order.card),
))]
async fn moved(order: Order, customer: String) -> usize {
    drop(customer);
    let Order {
        items, card: Card, ..
    } = order;
    items.len()
}

#[traced(tags(order.id = order.id, note = order.note))]
fn sync(mut order: Order) -> Result<u64, String> {
    order.id += 1;
    Ok(order.id)
}

#[test]
fn tags_are_typed_and_read_before_the_arguments_move() {
    let body = async {
        moved(Order::sample(), "ann".to_owned()).await;
        let mut order = Order::sample();
        order.note = Some("fragile");
        sync(order).unwrap();
    };
    check(
        body,
        expect![[r#"
            moved customer=String("ann") order.id=I64(42) items=Array(String(["a", "b"])) first=String("a") paid=Bool(true) total=F64(1.5) type=String("literal") address=String("127.0.0.1") debugged=String("[\"a\", \"b\"]") http.request.header.x-id=I64(43) card=String("[redacted]")
            sync order.id=I64(42) note=String("fragile")
        "#]],
    );
}

fn counted(counter: &Cell<u32>) -> u32 {
    counter.set(counter.get() + 1);
    counter.get()
}

#[traced(service = counted(counter).to_string(), tags(n = counted(counter), s = secret(counted(counter))))]
async fn lazy(counter: &Cell<u32>) {}

#[traced(tags(n = counted(counter), s = secret(counted(counter))))]
fn lazy_sync(counter: &Cell<u32>) -> Result<(), ()> {
    Ok(())
}

#[traced(tags(n = counted(counter), s = secret(counted(counter))))]
fn lazy_future(counter: &Cell<u32>) -> impl Future<Output = ()> {
    std::future::ready(())
}

#[trace_root(tags(n = counted(counter)))]
async fn caller(counter: &Cell<u32>) {
    lazy_future(counter).await;
}

#[test]
fn values_are_evaluated_only_for_a_span_that_is_recorded() {
    let counter = Cell::new(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(lazy(&counter));
    lazy_sync(&counter).unwrap();
    runtime.block_on(lazy_future(&counter));
    runtime.block_on(caller(&counter));
    assert_eq!(counter.get(), 0);
    let body = async {
        lazy(&counter).await;
        lazy_sync(&counter).unwrap();
        caller(&counter).await;
    };
    check(
        body,
        expect![[r#"
            lazy (1) n=I64(2) s=String("[redacted]")
            lazy_sync n=I64(3) s=String("[redacted]")
            root caller n=I64(4)
              lazy_future n=I64(5) s=String("[redacted]")
        "#]],
    );
}

struct Service {
    service_name: String,
}

impl Service {
    #[traced("handle", kind = server, service = self.service_name)]
    async fn handle(&self) -> u32 {
        self.call()
    }
    #[traced(kind = client, name = "call", service = "fixed", tags(me = self.service_name))]
    fn call(&self) -> u32 {
        1
    }
    #[traced(crate = trace_core, service = self.service_name, err = off, kind = producer, "send")]
    fn send(&self) -> BoxFuture<'_, Result<(), String>> {
        if self.service_name.is_empty() {
            return Box::pin(async { Ok(()) });
        }
        Box::pin(async { Err("full".to_owned()) })
    }
    #[traced(kind = consumer, tags(ok = true), err = off)]
    async fn receive(&self) -> Result<(), String> {
        Err("empty".to_owned())
    }
    #[traced(err = off, kind = internal)]
    fn local(&self) -> Result<(), String> {
        Err("no".to_owned())
    }
}

#[test]
fn arguments_come_in_any_order() {
    let body = async {
        let service = Service {
            service_name: "shop".to_owned(),
        };
        service.handle().await;
        service.send().await.unwrap_err();
        service.receive().await.unwrap_err();
        service.local().unwrap_err();
    };
    check(
        body,
        expect![[r#"
            handle Server (shop)
              call Client (fixed) me=String("shop")
            send Producer (shop)
            receive Consumer ok=Bool(true)
            local
        "#]],
    );
}

macro_rules! made {
    ($name:ident, $op:literal, $e:expr, $t:ty, $body:block, $v:vis, $first:ident) => {
        #[traced($op, tags(twice = $e * 2))]
        $v async fn $name($first: $t, (a, b): ($t, $t)) -> $t {
            let plain = $e * 2;
            assert_eq!(plain, 6);
            let blocks: u32 = $body;
            $first + a + b + plain + blocks
        }
    };
}

made!(made, "made by a macro", 1 + 2, u32, { 10 }, pub(crate), first);

macro_rules! with_block {
    ($(#[$meta:meta])* $body:block) => {
        $(#[$meta])*
        fn block_fragment() -> Result<u32, String> $body
    };
}

with_block!(
    #[traced("block")]
    {
        Ok(1 + 1)
    }
);

#[test]
fn functions_made_by_macros() {
    let body = async {
        assert_eq!(made(1, (2, 3)).await, 22);
        assert_eq!(block_fragment(), Ok(2));
    };
    check(
        body,
        expect![[r#"
            made by a macro twice=I64(6)
            block
        "#]],
    );
}

/// There is no wildcard, so a kind that the attribute does not know does not compile.
#[test]
fn the_attribute_knows_every_kind() {
    fn of_kind(kind: SpanKind) -> fn() {
        #[trace_root(kind = internal)]
        fn internal() {}
        #[trace_root(kind = server)]
        fn server() {}
        #[trace_root(kind = client)]
        fn client() {}
        #[trace_root(kind = producer)]
        fn producer() {}
        #[trace_root(kind = consumer)]
        fn consumer() {}
        match kind {
            SpanKind::Internal => internal,
            SpanKind::Server => server,
            SpanKind::Client => client,
            SpanKind::Producer => producer,
            SpanKind::Consumer => consumer,
        }
    }
    for kind in SpanKind::ALL {
        let tracer = TestTracer::new();
        tracer.attach_sync(of_kind(kind));
        assert_eq!(tracer.spans()[0].kind, kind);
        assert_eq!(tracer.spans()[0].operation_name, kind.as_str());
    }
}
