use std::rc::Rc;

use trace_core::traced;

#[traced]
async fn local(value: Rc<u32>) -> u32 {
    std::future::ready(()).await;
    *value
}

fn send<T: Send>(_: T) {}

fn main() {
    send(local(Rc::new(1)));
}
