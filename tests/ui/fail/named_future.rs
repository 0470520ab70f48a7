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

enum Either<A, B> {
    Left(A),
    Right(B),
}

impl<A: Future + Unpin, B: Future<Output = A::Output> + Unpin> Future for Either<A, B> {
    type Output = A::Output;

    fn poll(
        self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<A::Output> {
        match self.get_mut() {
            Self::Left(left) => Pin::new(left).poll(context),
            Self::Right(right) => Pin::new(right).poll(context),
        }
    }
}

#[traced]
fn either(ready: bool) -> Either<impl Future<Output = u32> + Unpin, std::future::Ready<u32>> {
    if ready {
        return Either::Right(std::future::ready(1));
    }
    Either::Left(Box::pin(async { 2 }))
}

#[traced(returns = future)]
fn no_future_within() -> Either<impl Sized, u32> {
    Either::<u32, u32>::Right(1)
}

fn main() {}
