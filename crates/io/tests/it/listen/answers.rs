//! What an answer looks like on the wire.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use simpul_exchange::call::{Answer, AnswerBody, ConsumerCall};
use simpul_exchange::ports::{BodyError, BodyStream, Spooled};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::http::{answer, chunks, raw, read_answer, read_to_end};
use crate::support::port::{bounds, port, text};

#[tokio::test]
async fn answers_keep_status_reason_and_headers() {
    let port = port(bounds(), None, |_| async {
        let headers =
            [("X-Road-Id", "1"), ("b", "1"), ("a", "2"), ("b", "3"), ("Connection", "close"), ("Content-Length", "99")];
        Answer { reason: Some("All Is Well".to_owned()), ..answer(299, &headers, AnswerBody::Whole("body".into())) }
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
        let said = read_answer(&mut stream).await;
        assert!(
            said.starts_with(
                "HTTP/1.1 299 All Is Well\r\nx-road-id: 1\r\nb: 1\r\nb: 3\r\na: 2\r\ncontent-length: 4\r\n"
            ),
            "{said}"
        );
        assert!(said.ends_with("\r\n\r\nbody"), "{said}");
        assert!(!said.contains("connection: close"), "connection headers are this connection's own: {said}");
    }
}

#[tokio::test]
async fn an_answer_that_http_cannot_carry_becomes_a_500() {
    let port = port(bounds(), None, |call: ConsumerCall| async move {
        match call.target.as_str() {
            "/name" => answer(200, &[("a b", "x")], AnswerBody::Empty),
            "/value" => answer(200, &[("a", "x\r\ny: z")], AnswerBody::Empty),
            "/interim" => answer(101, &[], AnswerBody::Empty),
            _ => answer(99, &[], AnswerBody::Empty),
        }
    })
    .await;
    for target in ["/name", "/value", "/interim", "/status"] {
        let (said, _) = raw(port.at, &format!("GET {target} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")).await;
        assert!(said.starts_with("HTTP/1.1 500 "), "{target}: {said}");
    }
}

#[tokio::test]
async fn the_answer_to_head_has_the_headers_and_no_body() {
    let port = port(bounds(), None, |call: ConsumerCall| async move {
        match call.target.as_str() {
            "/given" => answer(200, &[("content-type", "a/b"), ("content-length", "1234")], AnswerBody::Empty),
            "/body" => answer(200, &[("content-type", "a/b")], AnswerBody::Whole("four".into())),
            "/stream" => answer(200, &[("content-type", "a/b")], AnswerBody::Stream(chunks(&["x"]))),
            _ => answer(200, &[("content-type", "a/b")], AnswerBody::Empty),
        }
    })
    .await;
    for (target, expected) in
        [("/given", "content-length: 1234\r\n"), ("/body", "content-length: 4\r\n"), ("/stream", ""), ("/", "")]
    {
        let request = format!("HEAD {target} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
        let (said, ended) = raw(port.at, &request).await;
        ended.unwrap();
        assert!(said.starts_with("HTTP/1.1 200 OK\r\ncontent-type: a/b\r\n"), "{target}: {said}");
        assert!(said.contains(expected) && said.ends_with("\r\n\r\n"), "{target}: {said}");
        assert_eq!(said.matches("content-length").count(), usize::from(!expected.is_empty()), "{target}: {said}");
    }
}

#[tokio::test]
async fn statuses_without_a_body_have_none() {
    let port = port(bounds(), None, |call: ConsumerCall| async move {
        let status = call.target.trim_start_matches('/').parse().unwrap();
        answer(status, &[("etag", "x")], AnswerBody::Empty)
    })
    .await;
    for (status, length) in [(204, false), (304, false), (200, true), (404, true)] {
        let (said, _) = raw(port.at, &format!("GET /{status} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")) && said.ends_with("\r\n\r\n"), "{said}");
        assert_eq!(said.contains("content-length: 0"), length, "{said}");
    }
}

pub(super) fn broken(chunks: &[&'static str]) -> BodyStream {
    let whole = stream::iter(chunks.iter().map(|c| Ok(Bytes::from_static(c.as_bytes()))).collect::<Vec<_>>());
    Box::pin(whole.chain(stream::once(async { Err(BodyError::Abandoned) })))
}

struct Short;

impl Spooled for Short {
    fn len(&self) -> u64 {
        100
    }
    fn read(&self) -> BodyStream {
        chunks(&["too little"])
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_breaks_the_connection() {
    let port = port(bounds(), None, |call: ConsumerCall| async move {
        match call.target.as_str() {
            "/stream" => answer(200, &[], AnswerBody::Stream(broken(&["some", "thing"]))),
            _ => answer(200, &[], AnswerBody::Spooled(Arc::new(Short))),
        }
    })
    .await;
    for target in ["/stream", "/spooled"] {
        // For HTTP/1.0 the end of the connection is the end of the body: only a reset tells that something is missing.
        for version in ["1.1", "1.0"] {
            let (said, ended) = raw(port.at, &format!("GET {target} HTTP/{version}\r\nhost: h\r\n\r\n")).await;
            assert!(ended.is_err(), "{target} {version}: ended cleanly after {said:?}");
            assert!(!said.ends_with("0\r\n\r\n"), "{said}");
        }
    }
}

#[tokio::test]
async fn the_head_leaves_with_the_first_chunk() {
    let go = Arc::new(Notify::new());
    let port = port(bounds(), None, {
        let go = go.clone();
        move |_| {
            let go = go.clone();
            let late = stream::once(async move {
                go.notified().await;
                Ok(Bytes::from_static(b"late"))
            });
            async { answer(200, &[], AnswerBody::Stream(Box::pin(late))) }
        }
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut octet = [0];
    let early = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut octet)).await;
    assert!(early.is_err(), "the head came alone");
    go.notify_one();
    let (said, ended) = read_to_end(&mut stream).await;
    ended.unwrap();
    assert!(said.contains("transfer-encoding: chunked") && said.ends_with("4\r\nlate\r\n0\r\n\r\n"), "{said}");
}

#[tokio::test]
async fn an_answer_is_seen_by_a_caller_that_is_still_sending() {
    let port = port(bounds(), None, |_| async { text(400, "not here") }).await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4000000\r\n\r\n").await.unwrap();
    // Far more than the sockets hold: the answer is there before this is through. Were the connection closed at once,
    // it would be reset, which destroys the answer on many systems.
    let (mut from, mut to) = stream.into_split();
    let sending = tokio::spawn(async move {
        for _ in 0..4_000_000 / 10_000 {
            to.write_all(&[b'x'; 10_000]).await.expect("the connection was reset");
        }
        drop(to);
    });
    sending.await.unwrap();
    let (said, ended) = read_to_end(&mut from).await;
    ended.expect("the connection was reset");
    assert!(said.starts_with("HTTP/1.1 400 ") && said.ends_with("not here"), "{said}");
}

#[tokio::test]
async fn a_handler_that_panics_is_a_500_and_no_more() {
    let port = port(bounds(), None, |call: ConsumerCall| async move {
        assert_ne!(call.target, "/panic", "a panic of the test's handler");
        text(200, "fine")
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET /panic HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 500 "));
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    assert!(read_answer(&mut stream).await.ends_with("fine"));
}
