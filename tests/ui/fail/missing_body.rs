use trace_core::traced;

trait Store {
    #[traced]
    async fn load(&self) -> u32;
}

struct Memory;

impl Store for Memory {
    async fn load(&self) -> u32 {
        1
    }
}

fn main() {
    drop(Memory.load());
}
