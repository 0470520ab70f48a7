use trace_core::traced;

#[traced("op", name = "again", kind = server, kind = client, service = "a", service = "b")]
fn charge() {}

fn main() {
    charge();
}
