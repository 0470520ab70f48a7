//! Tests that `#[traced_test]` adds a test attribute or finds one, and passes the body on.

use trace_core::traced_test;

/// Replaces `trace-core`. Its functions record their arguments.
mod instead {
    pub(super) use trace_core::__private;

    pub(super) mod testing {
        use std::cell::RefCell;

        thread_local! {
            static RUNNING: RefCell<Option<String>> = const { RefCell::new(None) };
        }

        /// Returns which function runs the test, and the test's name.
        pub(in super::super) fn running() -> Option<String> {
            RUNNING.with_borrow(Clone::clone)
        }

        fn start(function: &str, name: &str) {
            RUNNING.set(Some(format!("{function} {name}")));
        }

        pub(in super::super) fn __run_sync<R>(name: &'static str, body: impl FnOnce() -> R) -> R {
            start("sync", name);
            body()
        }

        pub(in super::super) fn __run_async<F: Future>(name: &'static str, body: F) -> F::Output {
            start("async", name);
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
                .block_on(body)
        }

        pub(in super::super) fn __run_tokio<F: Future>(
            name: &'static str,
            is_multi_thread: bool,
            worker_threads: usize,
            start_paused: bool,
            body: F,
        ) -> F::Output {
            let output = __run_async("", body);
            start(
                &format!("{is_multi_thread} {worker_threads} {start_paused}"),
                name,
            );
            output
        }

        pub(in super::super) async fn __within<F: Future>(
            name: &'static str,
            body: F,
        ) -> F::Output {
            start("within", name);
            body.await
        }
    }
}

fn assert_running(expected: &str) {
    assert_eq!(instead::testing::running().as_deref(), Some(expected));
}

#[traced_test(crate = instead)]
fn plain() {
    assert_running("sync plain");
}

#[traced_test(crate = instead)]
fn r#type() -> Result<(), String> {
    assert_running("sync type");
    let number: u32 = "1".parse().map_err(|_| "no number")?;
    assert_eq!(number, 1);
    Ok(())
}

#[traced_test(crate = instead)]
#[test]
fn above_test() -> Result<(), Box<dyn std::error::Error>> {
    assert_running("sync above_test");
    Ok(())
}

#[traced_test(crate = instead)]
async fn asynchronous() {
    tokio::task::yield_now().await;
    assert_running("async asynchronous");
}

#[traced_test(crate = instead)]
async fn asynchronous_with_result() -> Result<(), Box<dyn std::error::Error>> {
    #![expect(unused_variables, reason = "an inner attribute moves to the front")]
    assert_running("async asynchronous_with_result");
    let number: u32 = "1".parse()?;
    Ok(())
}

/// A runtime that the attribute does not know.
mod other {
    pub(super) use tokio::test;
}

#[traced_test(crate = instead)]
#[other::test]
async fn above_a_runtime() -> Result<(), std::num::ParseIntError> {
    assert_running("within above_a_runtime");
    assert_eq!("1".parse::<u32>()?, 1);
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
#[traced_test(crate = instead)]
async fn below_a_runtime() {
    assert_running("sync below_a_runtime");
}

/// Functions that return their runtime. They are not tests here.
mod described {
    use super::instead;

    macro_rules! described {
        ($($name:ident($($arguments:tt)*))*) => {$(
            #[trace_core::traced_test(crate = instead)]
            #[tokio::test($($arguments)*)]
            async fn $name() {}
        )*

            #[test]
            fn the_runtime_is_the_one_that_the_attribute_describes() {
                $(
                    $name();
                    let (runtime, name) = (stringify!($($arguments)*), stringify!($name));
                    let running = instead::testing::running().unwrap();
                    let (given, of) = running.rsplit_once(' ').unwrap();
                    assert_eq!((super::expected(runtime), name), (given, of));
                )*
            }
        };
    }

    described! {
        plain()
        current(flavor = "current_thread")
        multi(flavor = "multi_thread")
        with_threads(flavor = "multi_thread", worker_threads = 3)
        paused(start_paused = true)
    }
}

fn expected(arguments: &str) -> &'static str {
    match arguments {
        "" | r#"flavor = "current_thread""# => "false 0 false",
        r#"flavor = "multi_thread""# => "true 0 false",
        "start_paused = true" => "false 0 true",
        _ => "true 3 false",
    }
}
