use std::pin::Pin;
use trace_core::traced;

trait Service {
    type Future: Future<Output = u32>;
    fn call(&self) -> Self::Future;
}

struct Layer<S>(S);

impl<S: Service> Service for Layer<S> {
    type Future = S::Future;

    #[traced]
    fn call(&self) -> S::Future {
        self.0.call()
    }
}

#[traced(tags(number))]
fn ready(number: u32) -> std::future::Ready<u32> {
    std::future::ready(number)
}

trait Job: Future<Output = u32> {}

#[traced]
fn dynamic(job: Pin<Box<dyn Job>>) -> Pin<Box<dyn Job>> {
    job
}

#[traced(returns = future)]
fn no_future() -> std::num::NonZero<u32> {
    std::num::NonZero::<u32>::MIN
}

fn main() {}
