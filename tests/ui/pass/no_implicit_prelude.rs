#![no_implicit_prelude]

#[::trace_core::traced(service = "a", tags(a, b = %a, c = secret(a)))]
async fn asynchronous(a: u32) -> ::std::result::Result<u32, u32> {
    ::std::result::Result::Ok(a)
}

#[::trace_core::traced(service = "a", tags(a, b = ?a))]
fn sync(a: u32) -> ::std::result::Result<u32, u32> {
    ::std::result::Result::Ok(a)
}

#[::trace_core::trace_root(tags(a))]
fn future(a: u32) -> impl ::std::future::Future<Output = u32> {
    ::std::future::ready(a)
}

#[::trace_core::traced]
async fn never() -> ! {
    loop {
        sync(1).unwrap();
    }
}

fn main() {
    ::std::mem::drop(asynchronous(1));
    ::std::mem::drop(sync(1));
    ::std::mem::drop(future(1));
    ::std::mem::drop(never());
}
