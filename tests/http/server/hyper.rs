//! A service of hyper's, without a router.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use trace_core::{Outcome, traced_test};
use trace_http::server;

use crate::wire::{BOTH, fetch, request, server_span, tag};

async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    Ok(Response::new(Full::new(body)))
}

#[traced_test]
async fn a_service_of_hyper_is_traced() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = server().layer(tower::service_fn(echo));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                let served = builder.serve_connection(TokioIo::new(stream), service);
                let _closed = served.await;
            });
        }
    });
    for http in BOTH {
        for text in ["", "hello"] {
            let body = Full::new(Bytes::from_static(text.as_bytes())).boxed();
            let request = request(http, "POST", address, "/a").map(|_| body);
            assert_eq!(fetch(http, address, request).await.body(), text);
            let span = server_span().await;
            assert_eq!(span.operation_name, "POST");
            assert_eq!(span.outcome, Outcome::Ok);
            assert_eq!(tag(&span, "url.path"), "/a");
            assert_eq!(tag(&span, "http.response.status_code"), "200");
        }
    }
}
