//! Receives spans from other processes, like an OpenTelemetry Collector.
//!
//! It owns the socket, and passes the decoded spans to the collectors. It takes protobuf and
//! JSON over HTTP, plain or by gzip, and does not know the services.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use axum::routing::post;
use flate2::read::MultiGzDecoder;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trace_otlp::decode::{self, DecodedRequest, ProtobufOptions};

use crate::collectors::Collectors;

/// An HTTP server that accepts OTLP.
///
/// Source: OTLP specification, *OTLP/HTTP*.
pub struct Receiver {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
}

/// The maximum size of a request, compressed or not. A batch of 4,096 spans has about 3 MB.
const MAX_REQUEST_BYTES: usize = 64 << 20;

const STOP_TIMEOUT: Duration = Duration::from_secs(5);

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// A status and its reason.
type Refused = (StatusCode, String);

impl Receiver {
    pub async fn start(address: SocketAddr, collectors: Collectors) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let router: Router = Router::new()
            .route("/v1/traces", post(take))
            .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
            .with_state(collectors);
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            drop(stopped.await);
        });
        Ok(Self {
            address,
            stop,
            serving: tokio::spawn(serve.into_future()),
        })
    }

    pub async fn stop(mut self) {
        let _ = self.stop.send(());
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
        }
    }
}

/// Takes a request. The answer has the content type of the request, and says that nothing was
/// rejected.
async fn take(
    State(collectors): State<Collectors>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<([(HeaderName, &'static str); 1], &'static str), Refused> {
    let body = decompress(text(&headers, &CONTENT_ENCODING), body)?;
    let (content_type, answer, requests) = match text(&headers, &CONTENT_TYPE) {
        PROTOBUF => {
            let request = decode::protobuf(&body, &ProtobufOptions::default());
            (PROTOBUF, "", vec![request])
        }
        JSON => (JSON, "{}", decode::requests(&body[..]).collect()),
        other => {
            let message = format!("`{other}` is not read; expected {PROTOBUF} or {JSON}");
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
    };
    // Nothing of a request that is refused may be kept: its sender may send it again.
    let requests: Result<Vec<DecodedRequest>, _> = requests.into_iter().collect();
    for request in requests.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))? {
        request.feed(&collectors.traces);
        request.feed(&collectors.json);
    }
    Ok(([(CONTENT_TYPE, content_type)], answer))
}

/// Returns the value of a header without its parameters; an empty text if there is none.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    let value = value.and_then(|value| value.split(';').next());
    value.unwrap_or_default().trim()
}

fn decompress(encoding: &str, body: Bytes) -> Result<Bytes, Refused> {
    match encoding {
        "" | "identity" => Ok(body),
        "gzip" => {
            let most = u64::try_from(MAX_REQUEST_BYTES).unwrap_or(u64::MAX);
            let mut whole = Vec::new();
            let read = MultiGzDecoder::new(&body[..])
                .take(most + 1)
                .read_to_end(&mut whole);
            read.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
            if whole.len() > MAX_REQUEST_BYTES {
                return Err((StatusCode::PAYLOAD_TOO_LARGE, "more than 64 MiB".to_owned()));
            }
            Ok(whole.into())
        }
        other => {
            let message = format!("`{other}` is not read; expected gzip");
            Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
        }
    }
}
