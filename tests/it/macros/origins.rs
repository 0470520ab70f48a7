//! Tests of `parent`, `root`, `remote`, `trust` and `links`.

use std::time::Duration;

use expect_test::expect;
use futures_util::future::BoxFuture;
use trace_core::propagation::{self, ContextSource, Extracted};
use trace_core::{
    AlwaysOff, MemoryCollector, SpanRecord, TraceContext, Tracer, Trust, span, trace_root, traced,
};

use super::check;

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn headers() -> Vec<(&'static str, &'static str)> {
    vec![("traceparent", CALLER), ("baggage", "tenant=acme")]
}

struct Request {
    headers: Vec<(&'static str, &'static str)>,
    id: u32,
}

impl ContextSource for Request {
    fn extracted(&self) -> Extracted {
        propagation::extract(&self.headers)
    }
}

#[trace_root("GET /", kind = server, remote = request, tags(request.id = request.id))]
async fn handle(request: Request) -> Option<String> {
    tokio::task::yield_now().await;
    span::baggage("tenant")
}

#[traced(root, remote = propagation::extract(&headers), trust = Trust::Restart)]
fn edge(headers: Vec<(&'static str, &'static str)>) -> Result<Option<String>, String> {
    Ok(span::baggage("tenant"))
}

#[trace_root(remote = context, trust = Trust::Capped { per_second: 1 })]
fn capped(context: &Option<TraceContext>) -> BoxFuture<'_, bool> {
    if context.is_none() {
        return Box::pin(async { false });
    }
    Box::pin(async { span::is_recording() })
}

fn spans(run: impl Future<Output = ()>) -> Vec<SpanRecord> {
    let records = MemoryCollector::new();
    let tracer = Tracer::builder("test")
        .collector(records.clone())
        .on_demand()
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(tracer.attach(run));
    assert!(tracer.flush(Duration::ZERO).is_complete);
    assert_eq!(tracer.stats().open, 0);
    records.spans()
}

#[test]
fn a_root_goes_on_with_a_remote_trace() {
    let spans = spans(async {
        let request = Request {
            headers: headers(),
            id: 7,
        };
        assert_eq!(handle(request).await.as_deref(), Some("acme"));
        let request = Request {
            headers: Vec::new(),
            id: 8,
        };
        assert_eq!(handle(request).await, None);
    });
    let [remote, fresh] = &spans[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(remote.trace_id.to_string(), CALLER[3..35]);
    assert_eq!(remote.parent_span_id.unwrap().to_string(), CALLER[36..52]);
    assert_eq!(remote.tag("request.id"), Some(&7.into()));
    assert_eq!(fresh.parent_span_id, None);
    assert_ne!(fresh.trace_id, remote.trace_id);
}

#[test]
fn a_root_may_distrust_its_caller() {
    let spans = spans(async {
        assert_eq!(edge(headers()), Ok(None));
        let remote = propagation::extract(&headers()).context;
        assert!(capped(&remote).await);
        assert!(!capped(&remote).await);
        assert!(!capped(&None).await);
    });
    let [restarted, admitted, fresh] = &spans[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(restarted.parent_span_id, None);
    let [link] = &restarted.links[..] else {
        panic!("{restarted:?}")
    };
    assert_eq!(link.span_id.to_string(), CALLER[36..52]);
    assert_ne!(restarted.trace_id, link.trace_id);
    assert_eq!(admitted.trace_id, link.trace_id);
    assert_eq!(fresh.parent_span_id, None);
}

struct Job {
    creator: Option<TraceContext>,
}

impl Job {
    #[traced(parent = self.creator)]
    async fn run(&self) -> u32 {
        tokio::task::yield_now().await;
        step()
    }

    #[traced(parent = self.creator)]
    fn run_sync(self) -> Result<u32, String> {
        drop(self);
        Ok(step())
    }
}

#[traced]
fn step() -> u32 {
    1
}

#[traced]
async fn create() -> Job {
    Job {
        creator: span::current_context(),
    }
}

#[traced]
async fn elsewhere(job: Job) {
    deeper(job).await;
}

#[traced]
async fn deeper(job: Job) {
    job.run().await;
    job.run_sync().unwrap();
    Job { creator: None }.run().await;
}

#[test]
fn a_span_may_have_another_parent_in_its_trace() {
    let body = async {
        let job = create().await;
        elsewhere(job).await;
    };
    check(
        body,
        expect![[r#"
            create
            elsewhere
              deeper
              run
                step
              run_sync
                step
                run
                  step
        "#]],
    );
}

#[test]
fn a_span_may_have_a_parent_in_another_trace() {
    #[trace_root]
    async fn first() -> Job {
        create().await
    }

    #[trace_root]
    async fn second(job: Job) {
        job.run().await;
        step();
    }

    let spans = spans(async {
        let job = first().await;
        let creator = job.creator.clone().unwrap();
        tokio::spawn(async move {}).await.unwrap();
        job.run().await;
        second(job).await;
        assert!(creator.is_sampled());
    });
    let create = spans.iter().find(|span| span.operation_name == "create");
    let create = create.unwrap();
    let runs: Vec<_> = spans
        .iter()
        .filter(|span| span.operation_name == "run")
        .collect();
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_eq!(run.trace_id, create.trace_id);
        assert_eq!(run.parent_span_id, Some(create.span_id));
        let step = spans
            .iter()
            .find(|span| span.parent_span_id == Some(run.span_id));
        assert_eq!(step.unwrap().trace_id, create.trace_id);
    }
}

#[test]
fn a_parent_that_is_not_recorded_has_children_that_are_not() {
    let tracer = Tracer::builder("test").sampler(AlwaysOff).build().unwrap();
    let job = tracer.root("unsampled").run_sync(|| Job {
        creator: span::current_context(),
    });
    let spans = spans(async {
        assert_eq!(job.run().await, 1);
        assert_eq!(job.run_sync(), Ok(1));
    });
    assert_eq!(spans, []);
}

#[traced(links(batch, batch[0]))]
async fn consume(batch: Vec<TraceContext>) -> usize {
    batch.len()
}

#[traced(links(first))]
fn consume_boxed(first: Option<TraceContext>) -> BoxFuture<'static, ()> {
    if first.is_some() {
        return Box::pin(async {});
    }
    Box::pin(std::future::ready(()))
}

#[test]
fn links_point_at_all_contexts() {
    let contexts: Vec<_> = (1..=2)
        .map(|id| {
            let ids = (trace_core::TraceId::new(id), trace_core::SpanId::new(3));
            TraceContext::new(ids.0.unwrap(), ids.1.unwrap())
        })
        .collect();
    let tracer_spans = spans(async {
        let first = contexts.first().cloned();
        trace_core::root("root")
            .run(async {
                assert_eq!(consume(contexts).await, 2);
                consume_boxed(first).await;
                consume_boxed(None).await;
            })
            .await;
    });
    let links: Vec<Vec<u128>> = tracer_spans
        .iter()
        .filter(|span| span.parent_span_id.is_some())
        .map(|span| {
            let ids = span.links.iter().map(|link| link.trace_id.get());
            ids.collect()
        })
        .collect();
    assert_eq!(links, [vec![1, 2, 1], vec![1], vec![]]);
}
