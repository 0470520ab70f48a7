use trace_core::traced;

#[traced]
async fn unknown_error(id: u32) -> Result<u32, Nope> {
    Ok(id)
}

#[traced]
fn unknown_error_of_sync(id: u32) -> Result<u32, Nope> {
    Ok(id)
}

#[traced]
async fn unknown_argument(id: Nope) -> Result<u32, String> {
    Ok(id)
}

#[traced]
async fn unknown_return() -> Nope {
    todo!()
}

#[traced]
fn unknown_return_of_sync() -> Nope {
    todo!()
}

#[traced(err(|error| error.is_fatal()), tags(ok = |result| result.is_ok()))]
async fn unknown_function() -> Result<u32, String> {
    nope()
}

fn main() {}
