use trace_core::traced;

fn call() {}

fn statements() {
    #[traced]
    call();

    #[traced("each")]
    for _ in 0..1 {}

    #[traced(nonsense)]
    async { call() };

    #[traced]
    let _number = 1;

    #[traced]
    (1, 2).0;
}

fn expression() {
    #[traced]
    if true {
        call();
    }
}

fn repeated() {
    #[traced]
    loop {
        call();
    }
}

fn block() {
    #[traced]
    {
        call();
    }
}

#[traced]
thread_local! {
    static NUMBER: u32 = const { 1 };
}

fn main() {}
