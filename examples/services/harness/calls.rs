//! Clients, and how an answer is read.
//!
//! It owns connections, limits and the addresses of services. What is traced of a call is
//! up to the layer around a client.

use std::collections::HashMap;
use std::net::SocketAddr;

use axum::BoxError;
use axum::body::{Bytes, HttpBody};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower::{Service as Called, ServiceExt};
use trace_http::ClientService;

use super::failure::{CallError, Failure};
use crate::auth_proto::{self, Rights, Token};
use crate::layers;
use crate::service::Service;

/// A client whose requests have a body of this type.
pub type HttpClient<B = Empty<Bytes>> = Client<HttpConnector, B>;

/// Bytes of the longest answer that is read.
const MAX_ANSWER_BYTES: usize = 64 * 1_024;

/// What a service calls others with.
pub struct Callees {
    addresses: HashMap<Service, SocketAddr>,
    http: ClientService<HttpClient>,
    grpc: ClientService<HttpClient<tonic::body::Body>>,
}

impl Callees {
    pub fn new(addresses: HashMap<Service, SocketAddr>) -> Self {
        Self {
            addresses,
            http: layers::client().layer(client(false)),
            grpc: layers::client().layer(client(true)),
        }
    }

    /// Asks a service over HTTP.
    pub async fn get(&self, callee: Service, path: &str) -> Result<String, CallError> {
        let answer = async {
            let request = Request::get(self.uri(callee, path)?).body(Empty::new());
            let request = request.map_err(BoxError::from)?;
            let answer = send(self.http.clone(), request).await?;
            let (status, message) = (answer.status(), answer.into_body());
            match status.is_success() {
                true => Ok(message),
                false => Err(Failure { status, message }),
            }
        };
        let answer = answer.await;
        answer.map_err(|failure| CallError { callee, failure })
    }

    /// Asks the auth service, over gRPC.
    pub async fn check_token(&self, token: Token) -> Result<Rights, CallError> {
        let callee = Service::Auth;
        let answer = async {
            let origin = self.uri(callee, "/")?;
            Ok(auth_proto::check_token(self.grpc.clone(), origin, token).await?)
        };
        let answer = answer.await;
        answer.map_err(|failure| CallError { callee, failure })
    }

    fn uri(&self, callee: Service, path: &str) -> Result<Uri, BoxError> {
        let address = self.addresses.get(&callee);
        let address = address.ok_or("its address is not known")?;
        Ok(format!("http://{address}{path}").parse()?)
    }
}

/// Returns a client of HTTP/1.1, or of HTTP/2, which gRPC needs.
pub fn client<B>(is_http2: bool) -> HttpClient<B>
where
    B: HttpBody<Data: Send> + Send,
{
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .http2_only(is_http2)
        .build(connector)
}

/// Sends a request, and reads the whole answer.
pub async fn send<C, B>(
    client: C,
    request: Request<Empty<Bytes>>,
) -> Result<Response<String>, BoxError>
where
    C: Called<Request<Empty<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    B: HttpBody<Error: Into<BoxError>>,
{
    let response = client.oneshot(request).await.map_err(Into::into)?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await?;
    let text = String::from_utf8(body.to_bytes().into())?;
    Ok(Response::from_parts(head, text))
}
