//! Tests of tasks that the code under test spawns.

use std::panic::catch_unwind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use trace_core::testing::{__run_async, __run_tokio, TestTracer};
use trace_core::{assert_trace, trace, trace_root, traced, traced_test};

#[traced]
async fn step() {}

#[trace_root]
async fn job() {
    tokio::task::yield_now().await;
    step().await;
}

#[trace_root]
fn blocking_job() {}

/// Returns the names of all roots, sorted.
fn roots() -> Vec<String> {
    let traces = TestTracer::current().traces();
    let roots = traces.iter().filter_map(|trace| trace.root());
    let mut names: Vec<_> = roots.map(|root| root.operation_name.to_string()).collect();
    names.sort();
    names
}

#[traced_test]
async fn roots_in_spawned_tasks_are_the_tests() {
    tokio::spawn(job()).await.unwrap();
    assert_trace!(trace!(), "job\n└─ step");
    tokio::task::spawn_blocking(blocking_job).await.unwrap();
    let from_task = tokio::spawn(async { roots() }).await.unwrap();
    assert_eq!(from_task, ["blocking_job", "job"]);
}

#[traced_test]
async fn a_function_in_a_spawned_task_needs_a_root() {
    tokio::spawn(step()).await.unwrap();
    step().await;
    assert_trace!(trace!(), "step");
}

#[traced_test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roots_on_all_threads_are_the_tests() {
    let nested = tokio::spawn(async {
        tokio::task::block_in_place(blocking_job);
        tokio::spawn(job()).await.unwrap();
        tokio::task::spawn_blocking(blocking_job).await.unwrap();
    });
    nested.await.unwrap();
    let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(job())).collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(TestTracer::current().traces().len(), 23);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_workers(), 2);
}

#[traced_test]
#[tokio::test]
async fn the_runtime_may_be_named() {
    tokio::spawn(job()).await.unwrap();
    assert_trace!(trace!(), "job\n└─ step");
}

#[traced_test]
#[tokio::test(start_paused = true)]
async fn time_may_be_paused() {
    tokio::spawn(async {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        job().await;
    })
    .await
    .unwrap();
    assert_eq!(roots(), ["job"]);
}

#[traced_test]
async fn local_tasks_and_runtimes_within_are_the_tests() {
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async { tokio::task::spawn_local(job()).await.unwrap() })
        .await;
    let within = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let task = async { tokio::spawn(job()).await.unwrap() };
        runtime.unwrap().block_on(task);
    };
    tokio::task::spawn_blocking(within).await.unwrap();
    assert_eq!(roots(), ["job", "job"]);
}

/// A server with its own task, and one task for each connection.
async fn serve(listener: TcpListener) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        tokio::spawn(answer(connection));
    }
}

#[trace_root("GET")]
async fn answer(mut connection: TcpStream) {
    let byte = connection.read_u8().await.unwrap();
    connection.write_u8(byte).await.unwrap();
    // The client has its answer while the span continues.
    tokio::time::sleep(Duration::from_millis(20)).await;
    step().await;
}

async fn get(address: std::net::SocketAddr) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_u8(7).await.unwrap();
    assert_eq!(connection.read_u8().await.unwrap(), 7);
}

async fn asks_a_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener));
    get(address).await;
    let test = TestTracer::current();
    test.settled(Duration::from_secs(30)).await;
    assert_trace!(test.trace(), "GET\n└─ step");
}

#[traced_test]
async fn a_spawned_server_is_the_tests() {
    asks_a_server().await;
}

#[traced_test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_server_on_other_threads_is_the_tests() {
    asks_a_server().await;
}

#[test]
fn tests_at_once_have_their_own_tasks() {
    let test = |is_multi_thread: bool| {
        __run_tokio("at_once", is_multi_thread, 0, false, async {
            for _ in 0..20 {
                tokio::spawn(job()).await.unwrap();
                tokio::task::spawn_blocking(blocking_job).await.unwrap();
            }
            assert_eq!(TestTracer::current().traces().len(), 40);
        });
    };
    std::thread::scope(|threads| {
        for number in 0..4 {
            threads.spawn(move || test(number % 2 == 0));
        }
    });
}

#[test]
fn when_the_test_has_ended_its_tracer_is_gone_from_the_thread() {
    __run_async("ends", async { tokio::spawn(job()).await.unwrap() });
    assert!(catch_unwind(TestTracer::current).is_err());
    let panics = || __run_async("panics", async { std::panic::panic_any("on purpose") });
    let panicked: Result<(), _> = catch_unwind(panics);
    assert!(panicked.is_err());
    assert!(catch_unwind(TestTracer::current).is_err());
}
