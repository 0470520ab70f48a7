use trace_core::traced;

#[traced("op", knd = server, skip_all, zzz)]
async fn charge() {}

fn main() {
    let _survives = charge();
}
