//! A server made with tonic and OpenTelemetry's own messages, which are independent of our
//! code.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Request, Response, Status};
use trace_otlp::{Compression, OtlpCollector, OtlpCollectorBuilder, Protocol};

use super::super::spans::{check, collect, settle, to_url};
use super::last_error;

/// The server's next answer.
type Next = Result<ExportTraceServiceResponse, Status>;

#[derive(Clone, Default)]
struct Service {
    requests: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    next: Arc<Mutex<Vec<Next>>>,
}

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.requests.lock().unwrap().push(request.into_inner());
        let next = self.next.lock().unwrap().pop();
        next.unwrap_or_else(|| Ok(ExportTraceServiceResponse::default()))
            .map(Response::new)
    }
}

impl Service {
    fn spans(&self) -> usize {
        let requests = self.requests.lock().unwrap();
        let resources = requests.iter().flat_map(|one| &one.resource_spans);
        let scopes = resources.flat_map(|one| &one.scope_spans);
        scopes.map(|one| one.spans.len()).sum()
    }
}

/// A server that runs until it is dropped.
struct Tonic {
    url: String,
    service: Service,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Tonic {
    fn new(max_bytes: usize) -> Self {
        let service = Service::default();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = TraceServiceServer::new(service.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(max_bytes);
        let server = tonic::transport::Server::builder().add_service(server);
        runtime.spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Self {
            url,
            service,
            runtime: Some(runtime),
        }
    }

    fn collector(&self) -> OtlpCollectorBuilder {
        to_url(&self.url).protocol(Protocol::Grpc)
    }

    fn then(&self, next: Next) -> OtlpCollector {
        self.service.next.lock().unwrap().push(next);
        let collector = self.collector().build().unwrap();
        collect(&collector, 3);
        collector
    }
}

impl Drop for Tonic {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[test]
fn tonic_takes_what_is_sent() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let server = Tonic::new(4 << 20);
        let collector = server.collector().compression(compression);
        let collector = collector.build().unwrap();
        collect(&collector, 3);
        collect(&collector, 500);
        assert_eq!(check(&collector).spans_exported, 503);
        assert_eq!(server.service.spans(), 503);
        let requests = server.service.requests.lock().unwrap();
        let span = &requests[0].resource_spans[0].scope_spans[0].spans[0];
        assert_eq!(span.name, "charge");
        assert_eq!(span.span_id, 1_u64.to_be_bytes());
    }
}

#[test]
fn what_tonic_answers_is_understood() {
    let server = Tonic::new(4 << 20);
    let status = Status::new(Code::InvalidArgument, "100% wr\u{f6}ng\n");
    let collector = server.then(Err(status));
    assert_eq!(check(&collector).spans_lost.refused, 3);
    let error = last_error(&collector);
    assert!(
        error.ends_with("gRPC status 3 (INVALID_ARGUMENT): 100% wr\u{f6}ng\\n"),
        "{error}"
    );

    let collector = server.then(Err(Status::unavailable("later")));
    let stats = settle(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (3, 1));

    // `Status` with a `RetryInfo` of zero.
    let mut details = b"\x08\x08\x1a\x2e\x0a\x28type.googleapis.com/google.rpc.RetryInfo".to_vec();
    details.extend([0x12, 2, 0x0a, 0]);
    let status = Status::with_details(Code::ResourceExhausted, "full", details.into());
    let stats = settle(&server.then(Err(status)));
    assert_eq!((stats.spans_exported, stats.failed_requests), (3, 1));

    let collector = server.then(Ok(ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess {
            rejected_spans: 2,
            error_message: "no".to_owned(),
        }),
    }));
    let stats = settle(&collector);
    assert_eq!((stats.spans_exported, stats.spans_rejected), (1, 2));
}

#[test]
fn a_message_that_is_too_large_for_tonic_is_halved() {
    let server = Tonic::new(2_000);
    let collector = server.collector().build().unwrap();
    collect(&collector, 200);
    let stats = settle(&collector);
    assert_eq!(
        stats.spans_exported,
        200,
        "{stats:?} {}",
        last_error(&collector)
    );
    assert_eq!(server.service.spans(), 200);
    assert!(stats.failed_requests > 0);
}

#[test]
fn tonic_that_restarts_gets_what_waits() {
    let server = Tonic::new(4 << 20);
    let collector = server.collector().build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 3);
    drop(server);
    collect(&collector, 2);
    let stats = check(&collector);
    assert_eq!(stats.spans_waiting + stats.spans_exported, 5);
    let _left = trace_core::Collector::shutdown(&collector, Duration::from_millis(20));
    check(&collector);
}
