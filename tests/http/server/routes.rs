//! What spans are called, and which requests have one.

use axum::Router;
use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::extract::Path;
use axum::routing::{any, get};
use http::{Request, Response};
use tower::{Layer, ServiceExt};
use trace_core::testing::TestTracer;
use trace_core::{Outcome, Status, diagnostics, span, traced_test};
use trace_http::{Route, RouteLayer, route, server};

use crate::wire::{
    BOTH, Http, fetch, get as fetch_get, request, serve, server_span, server_spans, tag,
};

fn users() -> Router {
    Router::new()
        .route("/{id}", get(async |Path(id): Path<u32>| id.to_string()))
        .route("/", get(async || "all"))
}

fn app() -> Router {
    Router::new()
        .nest("/users", users())
        .nest_service("/mounted", users())
        .merge(Router::new().route("/merged/{*rest}", get(async || "merged")))
        .route("/any", any(async || "any"))
}

const NAMES: [(&str, &str, &str); 4] = [
    ("/users/7", "GET /users/{id}", "/users/{id}"),
    ("/users", "GET /users", "/users"),
    ("/merged/a/b", "GET /merged/{*rest}", "/merged/{*rest}"),
    ("/any?q=1", "GET /any", "/any"),
];

#[traced_test]
async fn names_are_routes() {
    let address = serve(app().layer(server())).await;
    for http in BOTH {
        for (path, name, route) in NAMES {
            assert_eq!(fetch_get(http, address, path).await.status(), 200);
            let span = server_span().await;
            assert_eq!(span.operation_name, name);
            assert_eq!(tag(&span, "http.route"), route);
            let path = path.split('?').next().unwrap();
            assert_eq!(tag(&span, "url.path"), path);
        }
    }
}

#[traced_test]
async fn a_layer_around_a_router_is_told_the_route() {
    let router = app().layer(route());
    let around = server().layer(router);
    let address = serve(Router::new().fallback_service(around)).await;
    for http in BOTH {
        for (path, name, route) in NAMES {
            assert_eq!(fetch_get(http, address, path).await.status(), 200);
            let span = server_span().await;
            assert_eq!(span.operation_name, name);
            assert_eq!(tag(&span, "http.route"), route);
        }
        // The layer inside has not seen it.
        fetch_get(http, address, "/nothing").await;
        assert_eq!(server_span().await.operation_name, "GET");
    }
}

#[traced_test]
async fn a_route_is_known_though_the_handler_panics() {
    use tower_http::catch_panic::CatchPanicLayer;

    let panics = get(async |Path(id): Path<u32>| -> () { panic!("no order {id}") });
    let around = server().layer(Router::new().route("/orders/{id}", panics).layer(route()));
    let app = Router::new().fallback_service(around);
    let address = serve(app.layer(CatchPanicLayer::new())).await;
    for http in BOTH {
        assert_eq!(fetch_get(http, address, "/orders/7").await.status(), 500);
        let span = server_span().await;
        assert_eq!(span.operation_name, "GET /orders/{id}");
        assert_eq!(tag(&span, "http.route"), "/orders/{id}");
        assert_eq!(span.outcome, Outcome::Panicked);
    }
}

#[traced_test]
async fn a_mounted_router_has_its_own_route_and_the_whole_path() {
    let inside = Router::new().nest_service("/mounted", users().layer(route()));
    let address = serve(inside.layer(server())).await;
    for http in BOTH {
        fetch_get(http, address, "/mounted/7").await;
        let span = server_span().await;
        assert_eq!(span.operation_name, "GET /mounted/{id}");
        assert_eq!(tag(&span, "url.path"), "/mounted/7");
    }
    // As the docs say, `nest_service` alone gives none.
    let address = serve(app().layer(server())).await;
    for http in BOTH {
        fetch_get(http, address, "/mounted/7").await;
        let span = server_span().await;
        assert_eq!(span.operation_name, "GET");
        assert_eq!(tag(&span, "http.route"), "");
    }
}

#[traced_test]
async fn a_layer_in_a_nested_router_sees_the_whole_route_and_path() {
    let app = Router::new().nest("/users", users().layer(server()));
    let address = serve(app).await;
    for http in BOTH {
        fetch_get(http, address, "/users/7").await;
        let span = server_span().await;
        assert_eq!(span.operation_name, "GET /users/{id}");
        assert_eq!(tag(&span, "url.path"), "/users/7");
    }
}

#[traced_test]
async fn a_route_is_known_though_the_client_has_left() {
    use crate::wire::{Connection, LONG};
    let (began, mut has_begun) = tokio::sync::mpsc::channel(1);
    let wait = get(async move || {
        began.send(()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let router = Router::new().route("/wait/{id}", wait).layer(route());
    let around = server().layer(router);
    let address = serve(Router::new().fallback_service(around)).await;
    for http in BOTH {
        let mut connection = Connection::open(http, address).await;
        let waiting = tokio::spawn(async move {
            let request = request(http, "GET", address, "/wait/1");
            let _left = connection.send(request).await;
        });
        let begun = tokio::time::timeout(LONG, has_begun.recv());
        begun.await.unwrap();
        waiting.abort();
        let span = server_span().await;
        assert_eq!(span.operation_name, "GET /wait/{id}");
        assert_eq!(span.outcome, Outcome::Cancelled);
    }
}

#[traced_test]
async fn other_routers_say_the_route_in_extensions() {
    let inner = tower::service_fn(async |request: Request<Body>| {
        let mut response = Response::new(Body::empty());
        let route = match request.uri().path() {
            "/static" => Route::new("/static"),
            _ => Route::new(String::from("/pets/:name")),
        };
        response.extensions_mut().insert(route);
        Ok::<_, std::convert::Infallible>(response)
    });
    let service = server().layer(inner);
    for (path, name) in [("/static", "PUT /static"), ("/pets/rex", "PUT /pets/:name")] {
        let request = Request::put(path).body(Body::empty()).unwrap();
        service.clone().oneshot(request).await.unwrap();
        assert_eq!(server_span().await.operation_name, name);
    }
    let mut request = Request::get("/a/1").body(Body::empty()).unwrap();
    request.extensions_mut().insert(Route::new("/a/:b"));
    let inner = tower::service_fn(async |_: Request<Body>| {
        Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
    });
    server().layer(inner).oneshot(request).await.unwrap();
    assert_eq!(server_span().await.operation_name, "GET /a/:b");
}

#[traced_test]
async fn a_name_is_never_a_path() {
    let refusing = get(async |Path(id): Path<u32>| id.to_string());
    let app = Router::new().route("/orders/{id}", refusing);
    let address = serve(app.layer(server())).await;
    for http in BOTH {
        // Nothing there, a method that the route has not, and an extractor that refuses.
        let cases = [
            ("GET", "/nothing/7", "GET", 404),
            ("DELETE", "/orders/7", "DELETE /orders/{id}", 405),
            ("GET", "/orders/x", "GET /orders/{id}", 400),
        ];
        for (method, path, name, status) in cases {
            let response = fetch(http, address, request(http, method, address, path)).await;
            assert_eq!(response.status(), status);
            let span = server_span().await;
            assert_eq!(span.operation_name, name);
            assert_eq!(tag(&span, "http.response.status_code"), status.to_string());
            assert_eq!(tag(&span, "url.path"), path);
            assert_eq!(span.status, Status::Unset, "no error of a server");
            assert_eq!(tag(&span, "error.type"), "");
        }
    }
}

#[traced_test]
async fn unknown_methods_have_no_name() {
    let address = serve(app().layer(server())).await;
    for http in BOTH {
        let cases = [
            ("PURGE", "HTTP /any"),
            ("get", "HTTP /any"),
            ("QUERY", "QUERY /any"),
        ];
        for (method, name) in cases {
            fetch(http, address, request(http, method, address, "/any")).await;
            let span = server_span().await;
            assert_eq!(span.operation_name, name);
            let (known, original) = match method {
                "QUERY" => ("QUERY", ""),
                _ => ("_OTHER", method),
            };
            assert_eq!(tag(&span, "http.request.method"), known);
            assert_eq!(tag(&span, "http.request.method_original"), original);
        }
    }
}

#[traced_test]
async fn skipped_paths_have_no_span_and_their_callers_pass() {
    let headers = get(async || {
        let mut headers = http::HeaderMap::new();
        trace_http::inject(&mut headers);
        let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        format!("{:?} {:?}", value("traceparent"), value("baggage"))
    });
    let app = Router::new()
        .route("/health", headers.clone())
        .route("/internal/{*rest}", headers);
    let layer = server().skip("/health").skip("/internal/*");
    let address = serve(app.layer(layer)).await;
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for http in BOTH {
        for path in ["/health", "/internal/a/b"] {
            let mut request = request(http, "GET", address, path);
            let headers = request.headers_mut();
            headers.insert("traceparent", caller.parse().unwrap());
            headers.insert("baggage", "tenant=acme".parse().unwrap());
            let response = fetch(http, address, request).await;
            let expected = format!("Some(\"{caller}\") Some(\"tenant=acme\")");
            assert_eq!(response.body(), &expected);
            let nobody = fetch_get(http, address, path).await;
            assert_eq!(nobody.body(), "None None");
        }
    }
    assert_eq!(server_spans().await, []);
    assert_eq!(TestTracer::current().stats().started, 0);
}

fn users_below_a_layer() -> Router {
    Router::new().nest("/users", users()).layer(server())
}

/// In a test of its own, as what is said is said once in a process: of two mistakes the first
/// one is told. The other tests make none.
#[traced_test]
async fn two_layers_make_one_span_and_are_told() {
    use std::sync::{Arc, Mutex};
    use tower_http::normalize_path::NormalizePathLayer;

    let lines = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&lines);
    diagnostics::set_level(diagnostics::Level::All);
    diagnostics::listen(move |said| listener.lock().unwrap().push(said.to_string()));

    let nested = Router::new()
        .nest("/users", users().layer(server()))
        .layer(server());
    let around = server().layer(NormalizePathLayer::trim_trailing_slash().layer(nested));
    let address = serve(Router::new().fallback_service(around)).await;
    for http in BOTH {
        for path in ["/users/7", "/users/7/"] {
            let before = server_spans().await.len();
            assert_eq!(fetch_get(http, address, path).await.status(), 200);
            let spans = server_spans().await;
            assert_eq!(spans.len(), before + 1);
            assert_eq!(server_span().await.operation_name, "GET /users/{id}");
            assert_eq!(tag(&server_span().await, "url.path"), path);
        }
    }
    // A queue is between them, and what rewrites the path.
    let rewritten = |mut request: Request<Body>| {
        *request.uri_mut() = "/users/7".parse().unwrap();
        request
    };
    let queued = tower::ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |_: tower::BoxError| {
            http::StatusCode::INTERNAL_SERVER_ERROR
        }))
        .layer(server())
        .map_request(rewritten)
        .buffer(1)
        .service(users_below_a_layer());
    let address = serve(Router::new().fallback_service(queued)).await;
    let before = server_spans().await.len();
    assert_eq!(fetch_get(Http::One, address, "/v1/7").await.body(), "7");
    assert_eq!(server_spans().await.len(), before + 1);
    assert_eq!(tag(&server_span().await, "url.path"), "/v1/7");

    let told: Vec<String> = lines.lock().unwrap().clone();
    let told: Vec<&String> = told.iter().filter(|line| line.contains("layers")).collect();
    let [line] = told[..] else {
        unreachable!("said once: {told:?}")
    };
    assert!(line.starts_with("requests pass two layers of `trace_http::server()`, made at "));
    assert_eq!(line.matches("routes.rs:").count(), 2);
}

#[traced_test]
async fn a_service_that_a_handler_calls_has_its_own_span() {
    let inner = users().layer(server());
    let batch = get(async move |request: axum::extract::Request| {
        let (mut handled, _) = request.into_parts();
        handled.extensions.clear();
        // The last one has its own path: a client has sent a context with it.
        for path in ["/1", "/2", "/7"] {
            let mut parts = handled.clone();
            parts.uri = path.parse().unwrap();
            if path == "/7" {
                trace_http::inject(&mut parts.headers);
            }
            let request = Request::from_parts(parts, Body::empty());
            let response = inner.clone().oneshot(request).await.unwrap();
            let _read = axum::body::to_bytes(response.into_body(), 100).await;
        }
    });
    let app = Router::new().route("/7", batch).layer(server());
    let request = Request::get("/7").header("accept", "text/plain");
    let request = request.body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap();
    let spans = server_spans().await;
    let names: Vec<&str> = spans.iter().map(|span| &*span.operation_name).collect();
    assert_eq!(names, ["GET /7", "GET /{id}", "GET /{id}", "GET /{id}"]);
}

#[traced_test]
async fn what_a_layer_skips_may_be_recorded_by_an_inner_one() {
    let api = Router::new().nest("/api", users().layer(server()));
    let address = serve(api.layer(server().skip("/api/*"))).await;
    for http in BOTH {
        fetch_get(http, address, "/api/7").await;
        assert_eq!(server_span().await.operation_name, "GET /api/{id}");
    }
    assert_eq!(server_spans().await.len(), 2);
}

#[traced_test]
async fn a_request_that_a_handler_sends_on_is_a_new_one() {
    use trace_http::client;

    let gateway = get(async |mut request: axum::extract::Request| {
        *request.uri_mut() = "http://store.internal/7".parse().unwrap();
        let store = client().layer(server().layer(users()));
        store.oneshot(request).await.unwrap().map(Body::new)
    });
    let app = Router::new().route("/a", gateway).layer(server());
    assert_eq!(
        fetch_get(Http::One, serve(app).await, "/a").await.body(),
        "7"
    );
    let spans = server_spans().await;
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0].operation_name, "GET /a");
}

/// One that differs in nothing, and one that is a copy.
#[traced_test]
async fn a_handler_that_calls_itself_has_a_span_for_each_call() {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, OnceLock};

    let itself = Arc::new(OnceLock::<Router>::new());
    let (called, calls) = (Arc::clone(&itself), Arc::new(AtomicU32::new(0)));
    let again = get(async move |request: axum::extract::Request| {
        let (parts, _) = request.into_parts();
        let inner = match calls.fetch_add(1, Ordering::Relaxed) {
            0 => Request::get("/again").body(Body::empty()).unwrap(),
            1 => Request::from_parts(parts.clone(), Body::empty()),
            _ => return,
        };
        let app = called.get().unwrap().clone();
        let response = app.oneshot(inner).await.unwrap();
        let _read = axum::body::to_bytes(response.into_body(), 100).await;
    });
    let app = Router::new().route("/again", again).layer(server());
    itself.set(app.clone()).unwrap();
    fetch_get(Http::One, serve(app).await, "/again").await;
    assert_eq!(server_spans().await.len(), 3);
}

#[traced_test]
async fn a_layer_for_routes_alone_begins_nothing() {
    let layer: RouteLayer = route();
    let app = app().layer(layer);
    let request = Request::get("/any").body(Body::empty()).unwrap();
    assert_eq!(app.oneshot(request).await.unwrap().status(), 200);
    assert!(!span::is_recording() || TestTracer::current().spans().is_empty());
}

/// Neither if it passes on its own request, nor if that is the same path.
#[traced_test]
async fn the_first_route_of_a_request_counts() {
    let other = || Router::new().route("/{*all}", get(async || "o"));
    for other in [other().layer(route()), other().layer(server())] {
        let (first, second) = (other.clone(), other);
        let passed = get(async move |request: axum::extract::Request| {
            tokio::task::yield_now().await;
            first.oneshot(request).await
        });
        let same = get(async move || {
            let request = Request::get("/same").body(Body::empty()).unwrap();
            second.oneshot(request).await
        });
        let routes = Router::new().route("/passed", passed).route("/same", same);
        let around = server().layer(routes.clone().layer(route()));
        let around = Router::new().fallback_service(around);
        for app in [routes.layer(server()), around] {
            for path in ["/passed", "/same"] {
                let before = server_spans().await.len();
                let request = Request::get(path).body(Body::empty()).unwrap();
                app.clone().oneshot(request).await.unwrap();
                let span = &server_spans().await[before];
                assert_eq!(span.operation_name, format!("GET {path}"));
            }
        }
    }
}

/// That its span is not named after the router that it asks.
#[traced_test]
async fn a_router_that_a_handler_calls_tells_no_route_of_the_outer_request() {
    let inner = users().layer(route());
    let batch = get(async move || {
        let request = Request::get("/7").body(Body::empty()).unwrap();
        assert_eq!(inner.oneshot(request).await.unwrap().status(), 200);
    });
    let app = Router::new().route("/batch", batch);
    let request = || Request::get("/batch").body(Body::empty()).unwrap();
    let inside = app.clone().layer(server());
    inside.oneshot(request()).await.unwrap();
    assert_eq!(server_span().await.operation_name, "GET /batch");
    let around = server().layer(app.clone().layer(route()));
    around.oneshot(request()).await.unwrap();
    assert_eq!(server_span().await.operation_name, "GET /batch");
    server().layer(app).oneshot(request()).await.unwrap();
    assert_eq!(server_span().await.operation_name, "GET");
}
