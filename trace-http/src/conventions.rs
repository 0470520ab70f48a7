//! Keys and values that the layers write.
//!
//! They are of OpenTelemetry's semantic conventions 1.44, *HTTP spans* and *gRPC*, unless
//! another source is named.

/// The address of whoever sent a request, as far as proxies say it.
pub const CLIENT_ADDRESS: &str = "client.address";

/// The method of a request: a known one, or [`OTHER`].
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";

/// The method as it was sent, where it is not a known one.
pub const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";

/// Bytes of a request's body.
pub const HTTP_REQUEST_BODY_SIZE: &str = "http.request.body.size";

/// How often a request was sent before.
pub const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";

/// What is before the name of a request's header; its values are an array.
pub const HTTP_REQUEST_HEADER: &str = "http.request.header.";

/// Bytes of a response's body, or those that were given before it was dropped.
pub const HTTP_RESPONSE_BODY_SIZE: &str = "http.response.body.size";

/// What is before the name of a response's header; its values are an array.
pub const HTTP_RESPONSE_HEADER: &str = "http.response.header.";

/// The status of a response, as a number.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";

/// The path of a route, with names in place of values: `/users/{id}`.
pub const HTTP_ROUTE: &str = "http.route";

/// The address of the other end of the connection.
pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";

/// The port of the other end of the connection.
pub const NETWORK_PEER_PORT: &str = "network.peer.port";

/// The version of HTTP: `1.0`, `1.1`, `2` or `3`.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";

/// The method of a call: `pkg.Service/Method`, or [`OTHER`].
pub const RPC_METHOD: &str = "rpc.method";

/// The method as it was called, where the server is not known to have one of that name.
pub const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";

/// The status of a call, as text: `OK`, `NOT_FOUND`.
pub const RPC_STATUS_CODE: &str = "rpc.status_code";

/// What calls are made with: [`GRPC`].
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";

/// The name of the server, as the client knows it.
pub const SERVER_ADDRESS: &str = "server.address";

/// The port of the server, as the client knows it.
pub const SERVER_PORT: &str = "server.port";

/// The whole address of a request, without credentials.
pub const URL_FULL: &str = "url.full";

/// The path of a request.
pub const URL_PATH: &str = "url.path";

/// The query of a request, without credentials.
pub const URL_QUERY: &str = "url.query";

/// `http` or `https`.
pub const URL_SCHEME: &str = "url.scheme";

/// What the client says that it is.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";

/// The value of [`RPC_SYSTEM_NAME`] for gRPC.
pub const GRPC: &str = "grpc";

/// How long a caller of gRPC waits, in seconds. Not of OpenTelemetry.
pub const GRPC_TIMEOUT: &str = "grpc.timeout";

/// The value for a method that is not known.
pub const OTHER: &str = "_OTHER";

/// The value of `error.type` where a server's request was dropped before its end. Not of
/// OpenTelemetry.
pub const CANCELLED: &str = "cancelled";
