//! gRPC-Web, with the layer on either side of what translates it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full};
use tonic::transport::Server;
use tonic_web::GrpcWebLayer;
use trace_core::{Outcome, traced_test};
use trace_http::server;

use super::shop::{self, Shop};
use crate::wire::{BOTH, Http, fetch, request, server_span, tag};

/// One message, as gRPC writes it.
fn message(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), text.as_bytes()].concat()
}

async fn call(
    http: Http,
    address: std::net::SocketAddr,
    content_type: &str,
    body: Vec<u8>,
    method: &str,
) -> Response<Bytes> {
    let path = format!("/shop.Shop/{method}");
    let request = request(http, "POST", address, &path);
    let mut request = request.map(|_| Full::new(Bytes::from(body)).boxed());
    let content_type = content_type.parse().unwrap();
    request.headers_mut().insert("content-type", content_type);
    fetch(http, address, request).await
}

#[traced_test]
async fn the_status_is_found_on_either_side() {
    let outside = Server::builder()
        .accept_http1(true)
        .layer(server())
        .layer(GrpcWebLayer::new())
        .add_service(Shop);
    let inside = Server::builder()
        .accept_http1(true)
        .layer(GrpcWebLayer::new())
        .layer(server())
        .add_service(Shop);
    for address in [shop::serve(outside).await, shop::serve(inside).await] {
        for (text, status, outcome) in [
            ("tea!", "OK", Outcome::Ok),
            ("not found", "NOT_FOUND", Outcome::Ok),
            ("tea, then internal", "INTERNAL", Outcome::Error),
        ] {
            for method in ["Ask", "List"] {
                if method == "Ask" && status == "INTERNAL" {
                    continue;
                }
                let binary = message(text);
                let bodies = [
                    ("application/grpc-web+proto", binary.clone()),
                    (
                        "application/grpc-web-text+proto",
                        STANDARD.encode(binary).into_bytes(),
                    ),
                ];
                let both = bodies
                    .into_iter()
                    .flat_map(|body| BOTH.map(|http| (http, body.clone())));
                for (http, (content_type, body)) in both {
                    let response = call(http, address, content_type, body, method).await;
                    assert_eq!(response.status(), 200);
                    let span = server_span().await;
                    assert_eq!(span.operation_name, format!("shop.Shop/{method}"));
                    let about = format!("{http:?} {content_type} {method} {text}: {span:?}");
                    assert_eq!(tag(&span, "rpc.status_code"), status, "{about}");
                    assert_eq!(span.outcome, outcome, "{about}");
                }
            }
        }
    }
}

/// What comes behind the trailers is not looked at, however much it is.
#[traced_test]
async fn a_body_has_trailers_once() {
    use tower::ServiceExt;
    let status = b"\x80\0\0\0\x0egrpc-status:5\n";
    let none = b"\x80\0\0\0\x06fff:1\n";
    for (first, second, code) in [
        (&status[..], &none[..], "NOT_FOUND"),
        (none, status, "UNKNOWN"),
    ] {
        let pieces = tower::service_fn(async |_: http::Request<()>| {
            let frames = std::iter::once(first).chain(std::iter::repeat_n(second, 1_000));
            let frames = frames.map(|frame| {
                let frame = http_body::Frame::data(Bytes::copy_from_slice(frame));
                Ok::<_, std::convert::Infallible>(frame)
            });
            let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames));
            let head = Response::builder().header("content-type", "application/grpc-web");
            Ok::<_, std::convert::Infallible>(head.body(body).unwrap())
        });
        let request = http::Request::post("/shop.Shop/List");
        let request = request.header("content-type", "application/grpc-web");
        let response = server().layer(pieces).oneshot(request.body(()).unwrap());
        let body = response.await.unwrap().into_body().collect().await;
        assert!(!body.unwrap().to_bytes().is_empty());
        assert_eq!(tag(&server_span().await, "rpc.status_code"), code);
    }
}
