//! The protocol of the auth service: what `protoc` would make of its description.
//!
//! ```proto
//! package auth;
//! service Auth { rpc CheckToken(Token) returns (Rights); }
//! ```
//!
//! It owns messages and paths, of both ends. It knows nothing of tracing: the layers see
//! that a request is a call.

use axum::BoxError;
use axum::body::HttpBody;
use axum::extract::Request;
use http::Uri;
use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::{Response, Status};
use tonic_prost::ProstCodec;

/// Where the method is.
pub const CHECK_TOKEN: &str = "/auth.Auth/CheckToken";

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Token {
    #[prost(uint64, tag = "1")]
    pub user: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Rights {
    #[prost(bool, tag = "1")]
    pub may_read: bool,
}

/// Calls the method.
pub async fn check_token<C>(client: C, origin: Uri, token: Token) -> Result<Rights, Status>
where
    C: GrpcService<Body, ResponseBody: HttpBody<Error: Into<BoxError>> + Send + 'static>,
{
    let mut client = tonic::client::Grpc::with_origin(client, origin);
    let ready = client.ready().await;
    ready.map_err(|error| Status::from_error(error.into()))?;
    let method = PathAndQuery::from_static(CHECK_TOKEN);
    let codec = ProstCodec::default();
    let answer = client.unary(tonic::Request::new(token), method, codec);
    Ok(answer.await?.into_inner())
}

/// Answers a call of the method.
pub async fn answer<F>(request: Request, check: impl Fn(Token) -> F) -> http::Response<Body>
where
    F: Future<Output = Result<Rights, Status>>,
{
    let check = tower::service_fn(|request: tonic::Request<Token>| {
        let rights = check(request.into_inner());
        async { rights.await.map(Response::new) }
    });
    let codec: ProstCodec<Rights, Token> = ProstCodec::default();
    tonic::server::Grpc::new(codec).unary(check, request).await
}
