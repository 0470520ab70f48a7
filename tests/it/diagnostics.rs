//! Tests of the messages about spans that are not recorded or are lost, with programs that
//! contain one mistake each.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use trace_core::Tracer;

/// The messages about a function in a task, and about one in a thread.
const SPAWNED: &str = "as its task does not see the trace in which it was spawned: write `trace_core::spawn(..)` or `trace_core::spawn_blocking(..)`, or `future.in_current_trace()` for a `JoinSet` or `tokio::spawn`, or make it a root by `#[trace_root]`";
const OUTSIDE: &str = "as no trace runs where it is called: make it, or what calls it, a root by `#[trace_root]` or `trace_core::root(..)`; a thread takes the trace along in a `Carried`";

const PROGRAM: &str = include_str!("../mistakes/main.rs");

/// Returns the standard error of a program with a mistake.
fn said(mistake: &str, level: Option<&str>) -> String {
    said_by(Path::new(env!("CARGO_BIN_EXE_mistakes")), mistake, level)
}

fn said_by(program: &Path, mistake: &str, level: Option<&str>) -> String {
    let mut program = Command::new(program);
    program
        .arg(mistake)
        .env_remove("OTEL_LOG_LEVEL")
        .env_remove("NEXTEST");
    if let Some(level) = level {
        program.env("OTEL_LOG_LEVEL", level);
    }
    let output = program.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Returns the place of a text in the program. The text must occur once.
fn place(text: &str) -> String {
    place_in("main.rs", PROGRAM, text)
}

fn place_in(file: &str, program: &str, text: &str) -> String {
    let mut lines = program
        .lines()
        .zip(1..)
        .filter(|(line, _)| line.contains(text));
    let (_, line) = lines.next().unwrap();
    assert_eq!(lines.next(), None, "{text} is there twice");
    format!("tests/mistakes/{file}:{line}")
}

/// Compares the messages, without the name of the crate in each line.
#[track_caller]
fn check(mistake: &str, expected: &[&str]) {
    let lines: Vec<String> = expected
        .iter()
        .map(|line| format!("trace-core: {line}\n"))
        .collect();
    assert_eq!(said(mistake, None), lines.concat(), "{mistake}");
}

#[test]
fn nothing_is_said_where_nothing_is_lost() {
    check("fine", &[]);
}

#[test]
fn a_root_without_a_tracer_is_said_once() {
    let request = place("async fn request()");
    check(
        "no_tracer",
        &[&format!(
            "root `request` ({request}) is not recorded, as no tracer is installed: write `let _tracing = Tracer::builder(\"my-service\").collector(..).install()?;` at the beginning of a `main` that is no root"
        )],
    );
}

#[test]
fn a_guard_that_is_dropped_at_once() {
    let (request, work) = (place("async fn request()"), place("fn work()"));
    let install = place("let _ = Tracer::builder");
    let end = format!(
        "is not recorded, as the guard of the tracer that is installed at {install} has been dropped: write `let _tracing = ..install()?;` in `main`; `let _ = ..` drops it at once"
    );
    check(
        "guard_dropped",
        &[
            &format!("`request` ({request}) {end}"),
            &format!("`work` ({work}) {end}"),
        ],
    );
}

#[test]
fn a_function_below_a_spawn_of_tokio() {
    let mail = place("async fn send_mail()");
    check(
        "spawned",
        &[&format!("`send_mail` ({mail}) is not recorded, {SPAWNED}")],
    );
}

#[test]
fn functions_in_a_blocking_task_a_join_set_and_a_thread() {
    let [bill, ship, pack] = ["fn bill()", "async fn ship()", "fn pack()"].map(place);
    check(
        "spawned_otherwise",
        &[
            &format!("`bill` ({bill}) is not recorded, {SPAWNED}"),
            &format!("`ship` ({ship}) is not recorded, {SPAWNED}"),
            &format!("`pack` ({pack}) is not recorded, {OUTSIDE}"),
        ],
    );
}

#[test]
fn a_tracer_without_a_collector() {
    let install = place("Tracer::builder(\"quiet\")");
    check(
        "no_collector",
        &[&format!(
            "the tracer at {install} has no collector, so nothing is kept: write `.collector(TraceCollector::printing())`, or `.collector(())` if that is meant"
        )],
    );
}

#[test]
fn no_root_at_all() {
    let work = place("fn work()");
    check(
        "no_root",
        &[&format!("`work` ({work}) is not recorded, {OUTSIDE}")],
    );
}

#[test]
fn a_main_that_is_a_root_and_installs() {
    let root = place("async fn whole_program()");
    let install = place("// Every other one.");
    check(
        "main_is_root",
        &[
            &format!(
                "root `whole_program` ({root}) is not recorded, as no tracer is installed: write `let _tracing = Tracer::builder(\"my-service\").collector(..).install()?;` at the beginning of a `main` that is no root"
            ),
            &format!(
                "root `whole_program` ({root}) began before the tracer that is installed at {install}, and is not recorded: install it first, in a `main` that is no root and calls the root"
            ),
        ],
    );
}

#[test]
fn spans_that_are_open_at_the_end_and_a_failed_export_are_one_line() {
    let mail = place("async fn slow_mail()");
    check(
        "still_open",
        &[&format!(
            "3 spans lost: 2 still open (slow_mail, {mail}), collector otlp: connection refused"
        )],
    );
}

#[test]
fn a_failed_export_alone() {
    check(
        "failed_export",
        &["1 span lost: collector otlp: connection refused"],
    );
}

#[test]
fn what_was_lost_before_the_end_is_said_there() {
    check(
        "lost_before",
        &["5 spans lost: 3 as the queue was full, collector panics: 2 as it panicked"],
    );
}

#[test]
fn a_collector_that_was_not_done() {
    check(
        "late",
        &["1 span lost: collector slow: 1 not taken in time"],
    );
}

#[test]
fn a_collector_that_hangs_is_waited_for_once() {
    check(
        "hangs_at_the_end",
        &[
            "1 span lost: collector hangs: 1 not taken in time",
            "the guard is dropped",
        ],
    );
}

#[test]
fn a_root_in_a_task_that_a_server_spawns_below_an_attached_tracer() {
    let request = place("async fn request()");
    check(
        "attached",
        &[&format!(
            "root `request` ({request}) is not recorded, as a task of `tokio::spawn` does not see the tracer that is attached elsewhere: write `..install()?` for it, or `tracer.attach(..)` around the future of the task"
        )],
    );
}

#[test]
fn five_places_and_how_many_more() {
    let said = said("many", None);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 6, "{said}");
    assert!(lines[4].starts_with("trace-core: `five` ("), "{said}");
    assert_eq!(
        lines[5],
        "trace-core: and 2 more that are not recorded, as no trace runs where they are called: `tracer.doctor()` lists them"
    );
}

#[test]
fn five_places_and_how_many_more_where_no_tracer_ends() {
    let said = said("many_without_tracer", None);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[4].starts_with("trace-core: root `five` ("), "{said}");
    let more = "trace-core: and 3 more that are not recorded, as no tracer is installed: `tracer.doctor()` lists them";
    // Only on Unix there is a message at the end of the process.
    let more = cfg!(unix).then_some(more);
    assert_eq!(lines[5..], Vec::from_iter(more), "{said}");
}

/// Links the program into a folder like that of cargo's test programs. Returns the new path.
fn as_a_harness() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deps");
    std::fs::create_dir_all(&folder).unwrap();
    let place = folder.join(format!("mistakes-{}", std::process::id()));
    // A link and not a copy, because a program that was just written may be busy in a child
    // process of another test.
    std::fs::hard_link(env!("CARGO_BIN_EXE_mistakes"), &place).unwrap();
    place
}

#[test]
fn a_test_needs_no_tracer() {
    let program = as_a_harness();
    for mistake in [
        "no_tracer",
        "no_collector",
        "guard_dropped",
        "many_without_tracer",
    ] {
        assert_eq!(said_by(&program, mistake, None), "", "{mistake}");
    }
    // The messages about an existing tracer are still printed.
    let (mail, lost) = ("`send_mail` (", "connection refused");
    assert!(said_by(&program, "spawned", None).contains(mail));
    assert!(said_by(&program, "failed_export", None).contains(lost));
    std::fs::remove_file(program).unwrap();
}

#[test]
fn an_end_does_not_wait_for_the_standard_error() {
    check("stderr_is_locked", &[]);
}

/// The next test runs this one, too.
#[test]
fn a_test_loses_a_span() {
    let tracer = Tracer::builder("shop").on_demand().build().unwrap();
    let open = tracer.root("open").start();
    tracer.shutdown(Duration::ZERO);
    assert_eq!(tracer.stats().open, 1);
    drop(open);
}

#[test]
fn a_test_loses_a_span_with_a_later_name() {
    let tracer = Tracer::builder("shop").on_demand().build().unwrap();
    let start = |name: &str| tracer.root(name.to_owned()).start();
    start("GET /a").end();
    let open = start("GET /b");
    open.in_scope(|| tracer.flush(Duration::ZERO));
    tracer.shutdown(Duration::ZERO);
    drop(open);
}

#[test]
fn what_is_said_at_an_end_is_captured_where_it_is_a_test() {
    let shown = shown_by_test("a_test_loses_a_span");
    assert!(
        shown.contains("\ntrace-core: 1 span lost: 1 still open\n"),
        "{shown}"
    );
}

#[test]
fn an_open_span_with_a_later_name_has_its_place() {
    let mut lines = include_str!("diagnostics.rs").lines();
    let place = lines
        .position(|line| line.contains("tracer.root(name"))
        .unwrap()
        + 1;
    let shown = shown_by_test("a_test_loses_a_span_with_a_later_name");
    let line = format!(
        "trace-core: 1 span lost: 1 still open (named at run time, {}:{place})\n",
        file!()
    );
    assert!(shown.contains(&line), "{line}{shown}");
}

/// Runs a test of this file in a process of its own. Returns what the harness captured.
fn shown_by_test(name: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("diagnostics::{name}")])
        .arg("--show-output")
        .env_remove("OTEL_LOG_LEVEL")
        .env_remove("RUST_TEST_NOCAPTURE")
        .output()
        .unwrap();
    assert_eq!(output.stderr, b"", "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_environment_and_the_program_say_how_much_is_said() {
    let request = place("async fn request()");
    for quiet in ["none", "error", "ERROR"] {
        assert_eq!(said("no_tracer", Some(quiet)), "", "{quiet}");
    }
    assert!(said("no_tracer", Some("warn")).contains(&request));
    assert_eq!(said("failed_export", Some("none")), "");
    assert!(said("failed_export", Some("error")).contains("connection refused"));
    check("silenced", &[]);
    check(
        "losses_alone",
        &["1 span lost: collector otlp: connection refused"],
    );
}

#[test]
fn a_listener_may_panic_and_trace() {
    assert_eq!(said("hostile_listener", None), "heard NoTracer\n");
}

#[test]
fn a_listener_is_dropped_where_that_harms_nobody() {
    check(
        "listener_with_a_tracer",
        &["1 span lost: collector otlp: connection refused"],
    );
    let heard = |mistake| said(mistake, None);
    assert_eq!(heard("listener_that_begins_a_root"), "heard NoTracer\n");
    assert_eq!(
        heard("listener_that_replaces_itself"),
        "heard NoTracer\nheard Lost\n"
    );
}

/// Of 162 spans, 50 found no room in the queue, one was open, and 111 were read. Each of these
/// was lost by a collector.
#[test]
fn a_service_that_loses_spans_in_every_way_at_once() {
    let (request, mail) = (place("async fn request()"), place("async fn slow_mail()"));
    let program = include_str!("../mistakes/every_loss.rs");
    let install = place_in("every_loss.rs", program, ".install()");
    check(
        "every_loss",
        &[
            &format!(
                "162 spans lost: 1 still open (slow_mail, {mail}), 50 as the queue was full, collector stuck: 1 not taken in time, collector stuck: 100 as its lane was full, collector stuck: 10 given up at the deadline, collector panics: 111 as it panicked, collector otlp: connection refused"
            ),
            &format!(
                "`request` ({request}) is not recorded, as the guard of the tracer that is installed at {install} has been dropped: write `let _tracing = ..install()?;` in `main`; `let _ = ..` drops it at once"
            ),
        ],
    );
}

/// It may call the tracer, begin roots, which are not recorded, and panic.
#[test]
fn the_text_of_a_collectors_error_is_code_of_the_application() {
    check(
        "asking_error",
        &["1 span lost: collector fails: not written: of 1 spans"],
    );
    check(
        "panicking_error",
        &["spans may be lost: collector fails: not written"],
    );
}

#[test]
fn what_a_collector_takes_after_it_has_ended_the_tracer_is_not_lost() {
    check("ended_by_a_collector", &[]);
}
