//! Mistakes that have nothing to do with recording.

use std::pin::Pin;

use trace_core::traced;

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

struct Shop;

#[traced]
fn missing() -> Shop {
}

#[traced(tags(number))]
async fn missing_of_async(number: u32) -> u32 {
}

#[traced(tags(number))]
fn missing_of_result(number: u32) -> Result<u32, String> {
    let _more = number + 1;
}

#[traced(tags(ret.nope = |number| number.nope()))]
fn looked_at(number: &u32) -> Later<'_, u32> {
    let future = async move { *number };
    Box::pin(future)
}

impl Shop {
    #[traced(err(|error| error.nope()))]
    fn asked(&self) -> Later<'_, Result<u32, u32>> {
        let future = async move { Err(1) };
        Box::pin(future)
    }
}

fn main() {}
