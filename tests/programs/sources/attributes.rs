//! Functions of every shape, with the attributes and, in another build, without.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

#[cfg(feature = "traced")]
use trace_core::{trace_root, traced};

pub struct Order {
    id: u64,
    customer: String,
    items: [u64; 16],
}

/// Gives the thread back once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        cx.waker().wake_by_ref();
        match std::mem::replace(&mut self.0, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// Used in tags only.
#[cfg_attr(not(feature = "traced"), allow(dead_code))]
fn digest(items: &[u64]) -> u64 {
    items.iter().fold(0, |digest, item| digest ^ item)
}

#[inline(never)]
#[cfg_attr(
    feature = "traced",
    traced("charge", kind = client, tags(customer, order.id = order.id, items = ?order.items,
        digest = digest(&order.items), card = secret(order.customer)))
)]
#[cfg_attr(not(feature = "traced"), allow(unused_variables))]
async fn charge(customer: &str, order: Order) -> Result<u64, std::num::ParseIntError> {
    let number: u64 = order.customer.parse()?;
    drop(order);
    Yield(false).await;
    Ok(number)
}

#[inline(never)]
#[cfg_attr(
    feature = "traced",
    trace_root("checkout", tags(order.id = order.id, ret = |sent| sent.is_ok()))
)]
async fn checkout(order: Order) -> Result<u64, std::num::ParseIntError> {
    let id = order.id;
    Yield(false).await;
    Ok(charge("me", order).await? + id + u64::from(count("four")) + parse("7")?)
}

#[inline(never)]
#[cfg_attr(feature = "traced", traced(tags(text), err = status))]
fn parse(text: &str) -> Result<u64, std::num::ParseIntError> {
    let number: u64 = text.parse()?;
    Ok(number + 1)
}

#[inline(never)]
#[cfg_attr(feature = "traced", traced)]
fn count(text: &str) -> u8 {
    text.len() as u8
}

#[inline(never)]
#[cfg_attr(feature = "traced", traced(tags(id)))]
fn later(id: u64) -> impl Future<Output = u64> {
    async move {
        Yield(false).await;
        id
    }
}

#[inline(never)]
#[cfg_attr(feature = "traced", traced(tags(id)))]
fn boxed(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    if id == 0 {
        return Box::pin(async { 0 });
    }
    Box::pin(async move {
        Yield(false).await;
        id
    })
}

pub struct Shop(u64);

#[cfg_attr(feature = "traced", traced(service = "shop", tags(shop = self.0)))]
impl Shop {
    #[inline(never)]
    async fn open(&self, order: Order) -> u64 {
        Yield(false).await;
        order.items.len() as u64 + self.0
    }

    #[inline(never)]
    fn close(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    println!("{} bytes", size_of_val(&future));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

fn order() -> Order {
    Order {
        id: std::env::args().len() as u64,
        customer: "42".to_owned(),
        items: [3; 16],
    }
}

fn main() {
    println!("{:?}", block_on(charge("me", order())));
    println!("{:?}", block_on(checkout(order())));
    println!("{}", block_on(later(1)) + block_on(boxed(2)));
    let mut shop = Shop(1);
    println!("{} {}", block_on(shop.open(order())), shop.close());
}
