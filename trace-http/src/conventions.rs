//! Keys and values that the layers write.
//!
//! Unless another source is named, they are defined by OpenTelemetry's semantic conventions
//! 1.44, *HTTP spans* and *gRPC*.

/// The address of the client that sent a request, from headers of proxies or from the
/// connection.
pub const CLIENT_ADDRESS: &str = "client.address";

/// The method of a request: a known one, or [`OTHER`].
///
/// By default, the known methods are those of RFC 9110 and RFC 5789, and `QUERY`. The
/// environment variable `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` replaces this list. The list
/// contains all known methods, separated by commas, such as `GET,POST,PURGE`. Case matters.
/// The variable is read once in a process. An empty list is ignored.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";

/// The method that was sent, if it is not a known one.
pub const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";

/// The number of bytes of a request's body.
pub const HTTP_REQUEST_BODY_SIZE: &str = "http.request.body.size";

/// How often a request was sent before.
pub const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";

/// The prefix of the key for a request's header. The name of the header follows. The values are
/// an array.
pub const HTTP_REQUEST_HEADER: &str = "http.request.header.";

/// The number of bytes of a response's body, up to its end or until it was dropped.
pub const HTTP_RESPONSE_BODY_SIZE: &str = "http.response.body.size";

/// The prefix of the key for a response's header. The name of the header follows. The values are
/// an array.
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

/// The method that the caller sent, if the server is not known to have it.
pub const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";

/// The status of a call, as text: `OK`, `NOT_FOUND`.
pub const RPC_STATUS_CODE: &str = "rpc.status_code";

/// The system for remote calls: [`GRPC`].
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";

/// The host of the server that the client requested.
pub const SERVER_ADDRESS: &str = "server.address";

/// The port of the server that the client requested.
pub const SERVER_PORT: &str = "server.port";

/// The whole address of a request, without credentials.
pub const URL_FULL: &str = "url.full";

/// The path of a request.
pub const URL_PATH: &str = "url.path";

/// The query of a request, without credentials.
pub const URL_QUERY: &str = "url.query";

/// `http` or `https`.
pub const URL_SCHEME: &str = "url.scheme";

/// The header `User-Agent` of the client.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";

/// The value of [`RPC_SYSTEM_NAME`] for gRPC.
pub const GRPC: &str = "grpc";

/// The time that a gRPC caller will wait, in seconds. OpenTelemetry does not define it.
pub const GRPC_TIMEOUT: &str = "grpc.timeout";

/// The value for a method that is not a known one.
pub const OTHER: &str = "_OTHER";

/// The value of `error.type` if a server's request was dropped before its end. OpenTelemetry
/// does not define it.
pub const CANCELLED: &str = "cancelled";

/// The value of `error.type` if the body of a server's response ended before all bytes of its
/// `content-length`. OpenTelemetry does not define it.
pub const INCOMPLETE_BODY: &str = "incomplete_body";

/// The value of `error.type` if the body of a server's response returned more bytes than its
/// `content-length`. OpenTelemetry does not define it.
pub const OVERSIZED_BODY: &str = "oversized_body";
