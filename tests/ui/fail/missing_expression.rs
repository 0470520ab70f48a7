use trace_core::traced;

#[traced]
fn no_expression() -> Result<u32, String> {
    let value = ;
    Ok(value)
}

#[traced]
async fn no_expression_in_async() -> Result<u32, String> {
    let value = ;
    Ok(value)
}

fn main() {}
