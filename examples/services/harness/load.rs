//! The client: sends requests, and gives up on some of them.
//!
//! It limits the number of concurrent requests and the time for an answer. Like a browser, it
//! is not traced.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::Request;
use http_body_util::Empty;
use tokio::task::JoinSet;

use super::calls::{self, HttpClient};
use super::fate::{Fate, Fates};
use super::options::{ANSWER_TIMEOUT, Options};
use crate::layers::REQUEST_ID;

/// The result of a request.
#[derive(Debug)]
pub struct Answer {
    /// Its number, from 1.
    pub request: u64,
    pub end: End,
}

/// How a request ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// There was an answer, with this status code.
    Status(u16),
    /// The client did not wait any longer.
    GaveUp,
    /// The answer is missing, for this reason.
    NoAnswer(String),
}

/// The patience of a client that will give up.
const PATIENCE: Duration = Duration::from_millis(60);

/// Sends all requests, with limited concurrency. Returns their results in order.
pub async fn send_all(frontend: SocketAddr, options: &Options) -> Vec<Answer> {
    let http: HttpClient = calls::client(false);
    let fates = options.fates();
    let next = Arc::new(AtomicU64::new(1));
    let mut senders = JoinSet::new();
    for _ in 0..options.concurrency.min(options.requests) {
        let (http, next, last) = (http.clone(), Arc::clone(&next), options.requests);
        senders.spawn(async move {
            let mut answers = Vec::new();
            loop {
                let request = next.fetch_add(1, Ordering::Relaxed);
                if request > last {
                    return answers;
                }
                let end = send(&http, frontend, fates, request).await;
                answers.push(Answer { request, end });
            }
        });
    }
    let mut answers: Vec<Answer> = senders.join_all().await.into_iter().flatten().collect();
    answers.sort_by_key(|answer| answer.request);
    answers
}

async fn send(http: &HttpClient, frontend: SocketAddr, fates: Fates, request: u64) -> End {
    let patience = match fates.of(request) {
        Fate::ClientGivesUp => PATIENCE,
        _ => ANSWER_TIMEOUT,
    };
    let answer = async {
        let user = request % 50;
        let sent = Request::get(format!("http://{frontend}/users/{user}"))
            .header("baggage", format!("{REQUEST_ID}={request}"))
            .body(Empty::new())?;
        calls::send(http.clone(), sent).await
    };
    // The answer is dropped after the timeout. This closes the connection, which cancels the
    // work of all services behind it.
    match tokio::time::timeout(patience, answer).await {
        Ok(Ok(answer)) => End::Status(answer.status().as_u16()),
        Ok(Err(error)) => End::NoAnswer(error.to_string()),
        Err(_) if patience == PATIENCE => End::GaveUp,
        Err(_) => End::NoAnswer(format!("none within {ANSWER_TIMEOUT:?}")),
    }
}
