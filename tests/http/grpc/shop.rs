//! A service of gRPC, written by hand: messages are texts, so that no compiler of protocols
//! is needed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut};
use futures_util::{Stream, StreamExt, stream};
use http::{Request, Response};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, NamedService};
use tonic::transport::server::{Router, TcpIncoming};
use tonic::{Status, Streaming};

/// Messages that are texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts;

impl Codec for Texts {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Texts {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Texts {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// What is asked for decides how a call ends:
///
/// | text | what happens |
/// |---|---|
/// | `not found`, `internal`, `secret` | an error at once |
/// | `.. then internal` | an error after the first message |
/// | `.. then wait` | nothing more, for ever |
/// | else | the text comes back, from a stream three times |
#[derive(Clone, Copy, Debug)]
pub struct Shop;

type Answers = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

fn answer(text: String) -> Result<String, Status> {
    match text.as_str() {
        "not found" => Err(Status::not_found("no such order")),
        "internal" => Err(Status::internal("no Zürich")),
        "secret" => Err(Status::internal("at http://me:pw@shop/?sig=s3cr3t")),
        "panic" => panic!("no such handler"),
        _ => Ok(text),
    }
}

fn answers(text: String) -> Result<Answers, Status> {
    let text = answer(text)?;
    let first = stream::iter([Ok(text.clone())]);
    if text.ends_with("then internal") {
        return Ok(first
            .chain(stream::iter([Err(Status::internal("late"))]))
            .boxed());
    }
    if text.ends_with("then wait") {
        return Ok(first.chain(stream::pending()).boxed());
    }
    Ok(stream::iter((0..3).map(move |_| Ok(text.clone()))).boxed())
}

/// Joins what a client sends, until an error or the end.
async fn join(mut messages: Streaming<String>) -> Result<String, Status> {
    let mut texts = Vec::new();
    while let Some(text) = messages.message().await? {
        texts.push(answer(text)?);
    }
    Ok(texts.join(","))
}

impl tower::Service<Request<Body>> for Shop {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        use tonic::{Request, Response};
        Box::pin(async move {
            let mut grpc = Grpc::new(Texts);
            let path = request.uri().path().to_owned();
            Ok(match path.as_str() {
                "/shop.Shop/Ask" => {
                    let ask = tower::service_fn(async |request: Request<String>| {
                        tokio::task::yield_now().await;
                        answer(request.into_inner()).map(Response::new)
                    });
                    grpc.unary(ask, request).await
                }
                "/shop.Shop/List" => {
                    let list = tower::service_fn(async |request: Request<String>| {
                        answers(request.into_inner()).map(Response::new)
                    });
                    grpc.server_streaming(list, request).await
                }
                "/shop.Shop/Join" => {
                    let join = tower::service_fn(async |request: Request<Streaming<String>>| {
                        join(request.into_inner()).await.map(Response::new)
                    });
                    grpc.client_streaming(join, request).await
                }
                "/shop.Shop/Chat" => {
                    let chat = tower::service_fn(async |request: Request<Streaming<String>>| {
                        let mut messages = request.into_inner();
                        let first = messages.message().await?.unwrap_or_default();
                        answers(first).map(Response::new)
                    });
                    grpc.streaming(chat, request).await
                }
                // A method of its own that is not written yet.
                "/shop.Shop/Later" => Status::unimplemented("later").into_http(),
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}

impl NamedService for Shop {
    const NAME: &'static str = "shop.Shop";
}

/// Serves until the end of the test. `serve` is given the listener.
pub async fn serve<L, B>(router: Router<L>) -> SocketAddr
where
    L: tower::Layer<tonic::service::Routes> + Send + 'static,
    L::Service: tower::Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    <L::Service as tower::Service<Request<Body>>>::Future: Send,
    <L::Service as tower::Service<Request<Body>>>::Error:
        Into<Box<dyn std::error::Error + Send + Sync>> + Send,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = TcpIncoming::from(listener);
    tokio::spawn(async move { router.serve_with_incoming(incoming).await });
    address
}
