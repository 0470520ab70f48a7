use trace_core::traced;

#[traced]
pub const fn constant() -> u32 {
    1
}

const VALUE: u32 = constant();

fn main() {
    let _ = VALUE;
}
