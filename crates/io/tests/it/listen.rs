//! Listeners: what reaches the handler, what the answer looks like on the wire, and every bound.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode};
use simpul_core::limits;
use simpul_exchange::call::{Answer, AnswerBody, Caller, ConsumerCall};
use simpul_exchange::ports::{BodyError, BodyStream, Spooled};
use simpul_io::listen::{self, Bounds, ConsumerHandler, Listener, OwnResponses};
use simpul_io::tls::SystemAcceptor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_openssl::SslStream;
use tokio_util::sync::CancellationToken;

use crate::support::{EC_CLIENT, EC_SERVER, answer, bounds, chunks, collect, local, raw, read_answer, read_to_end};

/// A consumer port whose handler is a closure.
struct Port {
    at: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl Drop for Port {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Handler<F>(F);

#[async_trait]
impl<F, R> ConsumerHandler for Handler<F>
where
    F: Fn(ConsumerCall) -> R + Send + Sync,
    R: Future<Output = Answer> + Send,
{
    async fn handle(&self, call: ConsumerCall) -> Answer {
        (self.0)(call).await
    }
}

async fn port<F, R>(bounds: Bounds, tls: Option<Arc<SystemAcceptor>>, handler: F) -> Port
where
    F: Fn(ConsumerCall) -> R + Send + Sync + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let listener = Listener::bind(local()).await.unwrap();
    let (at, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let served = tokio::spawn(listen::consumer(listener, tls, Arc::new(Handler(handler)), bounds, stop.clone()));
    Port { at, stop, served }
}

fn text(status: u16, text: impl Into<Bytes>) -> Answer {
    answer(status, &[], AnswerBody::Whole(text.into()))
}

/// Answers with what reached the handler: method, target, headers, body.
async fn echo(call: ConsumerCall) -> Answer {
    let mut said = format!("{} {}\n", call.method, call.target);
    for (name, value) in &call.headers {
        said.push_str(&format!("{name}={}\n", String::from_utf8_lossy(value)));
    }
    match call.body {
        None => said.push_str("no body"),
        Some(body) => said.push_str(&String::from_utf8(collect(body).await.unwrap()).unwrap()),
    }
    text(200, said)
}

#[tokio::test]
async fn what_was_sent_reaches_the_handler_as_it_is() {
    let port = port(bounds(), None, echo).await;
    let target = "/r1/ID/GOV/1/sub%2Fsystem/svc//a/../b%20c;x=1?q=%zz&&a+b=%C3%A9";
    let request = format!(
        "TRACE {target} HTTP/1.1\r\nHost: h\r\nX-Road-Client: ID/GOV/1/x\r\nB: 1\r\nA: \t2 \r\nB: 3\r\nconnection: close\r\n\r\n"
    );
    let (said, ended) = raw(port.at, &request).await;
    ended.unwrap();
    let expected =
        format!("TRACE {target}\nhost=h\nx-road-client=ID/GOV/1/x\nb=1\nb=3\na=2\nconnection=close\nno body");
    assert!(said.ends_with(&expected), "{said}");
}

#[tokio::test]
async fn unusual_methods_and_forms_of_target() {
    let port = port(bounds(), None, echo).await;
    for (line, expected) in [
        ("BREW /r1/x HTTP/1.1", "BREW /r1/x\n"),
        ("get /r1/x HTTP/1.1", "get /r1/x\n"),
        ("GET http://other:99/r1/a%2Fb?c HTTP/1.1", "GET /r1/a%2Fb?c\n"),
        ("GET http://other HTTP/1.1", "GET /\n"),
        ("OPTIONS * HTTP/1.1", "OPTIONS *\n"),
        ("GET /r1/x HTTP/1.0", "GET /r1/x\n"),
    ] {
        let (said, _) = raw(port.at, &format!("{line}\r\nhost: h\r\nconnection: close\r\n\r\n")).await;
        assert!(said.contains(" 200 OK\r\n"), "{line}: {said}");
        assert!(said.contains(&format!("\r\n\r\n{expected}")), "{line}: {said}");
    }
}

#[tokio::test]
async fn what_is_no_request_never_reaches_the_handler() {
    let port = port(bounds(), None, |_| async { panic!("the handler was called") }).await;
    for (request, status) in [
        ("CONNECT h:443 HTTP/1.1\r\nhost: h\r\n\r\n", "405"),
        ("GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "400"),
        ("GET / HTTP/1.1\r\nhost: h\r\ncontent-length: -1\r\n\r\n", "400"),
        ("GET / HTTP/1.0\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: gzip\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost : h\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: h\r\n folded: x\r\n\r\n", "400"),
        ("GET /\u{1} HTTP/1.1\r\nhost: h\r\n\r\n", "400"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
    ] {
        let (said, _) = raw(port.at, request).await;
        let expected = if status.is_empty() { String::new() } else { format!("HTTP/1.1 {status} ") };
        assert!(said.starts_with(&expected) && !said.contains(" 200 "), "{request:?}: {said}");
    }
}

#[tokio::test]
async fn a_body_of_either_framing_is_the_same_and_framing_cannot_be_confused() {
    let port = port(bounds(), None, echo).await;
    let chunked = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    assert!(raw(port.at, chunked).await.0.ends_with("\nabc"));
    let sized = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc";
    assert!(raw(port.at, sized).await.0.ends_with("\nabc"));
    // RFC 9112 §6.3: with both, the transfer coding counts and the length must not be believed.
    let both = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 40\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let (said, _) = raw(port.at, both).await;
    assert!(said.ends_with("\nabc") && !said.contains("content-length=40"), "{said}");
}

#[tokio::test]
async fn who_waits_for_100_gets_it_when_the_body_is_wanted() {
    let port = port(bounds(), None, echo).await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n").await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").await.unwrap();
    assert!(read_answer(&mut stream).await.ends_with("\nok"));
}

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

fn broken(chunks: &[&'static str]) -> BodyStream {
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
async fn a_request_body_that_breaks_off_is_an_error_to_the_handler() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let port = port(bounds(), None, move |call: ConsumerCall| {
        let tell = tell.clone();
        async move {
            tell.send(collect(call.body.unwrap()).await).unwrap();
            text(200, "")
        }
    })
    .await;
    for request in [
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nab",
        "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
        "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(port.at).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        drop(stream);
        assert!(matches!(told.recv().await.unwrap(), Err(BodyError::Cut(_))), "{request}");
    }
}

/// Times of a listener that is in a hurry.
fn hasty() -> Bounds {
    let soon = Duration::from_millis(150);
    Bounds { head: soon, idle: soon * 2, body: soon, stall: soon, handshake: soon, ..bounds() }
}

#[tokio::test]
async fn a_slow_head_is_cut() {
    let port = port(hasty(), None, echo).await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: ").await.unwrap();
    let (said, _) = read_to_end(&mut stream).await;
    assert_eq!(said, "");
    // One that trickles does not last longer: the bound is on the whole head.
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let trickle = async {
        while stream.write_all(b"a: b\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), trickle).await.expect("a head may not last for ever");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let port = port(hasty(), None, echo).await;
    let mut silent = TcpStream::connect(port.at).await.unwrap();
    let mut used = TcpStream::connect(port.at).await.unwrap();
    used.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    assert!(read_answer(&mut used).await.starts_with("HTTP/1.1 200"));
    for stream in [&mut silent, &mut used] {
        let (said, ended) = read_to_end(stream).await;
        assert_eq!(said, "");
        ended.expect("an idle connection ends cleanly");
    }
}

#[tokio::test]
async fn a_silent_body_is_an_error_to_the_handler() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let port = port(hasty(), None, move |call: ConsumerCall| {
        let tell = tell.clone();
        async move {
            tell.send(collect(call.body.unwrap()).await).unwrap();
            text(400, "too slow")
        }
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nab").await.unwrap();
    assert!(matches!(told.recv().await.unwrap(), Err(BodyError::Slow(_))));
    let (said, _) = read_to_end(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 400"), "the caller is told: {said}");
}

#[tokio::test]
async fn a_body_that_comes_in_time_may_take_long() {
    let port = port(hasty(), None, echo).await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 8\r\n\r\n").await.unwrap();
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(b"x").await.unwrap();
    }
    assert!(read_answer(&mut stream).await.ends_with("\nxxxxxxxx"));
}

#[tokio::test]
async fn who_does_not_read_the_answer_is_dropped() {
    let (tell, mut told) = mpsc::unbounded_channel::<()>();
    let port = port(hasty(), None, move |_| {
        let tell = tell.clone();
        let endless = stream::repeat_with(move || {
            let _alive = &tell;
            Ok(Bytes::from_static(&[0; 64 * 1024]))
        });
        async move { answer(200, &[], AnswerBody::Stream(Box::pin(endless))) }
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    drop(port);
    // The only sender lives in the body: the channel ends when the answer is given up.
    tokio::time::timeout(Duration::from_secs(5), told.recv()).await.expect("the answer is still being written");
}

#[tokio::test]
async fn the_head_has_its_bounds() {
    let port = port(bounds(), None, echo).await;
    let fixed = "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx: \r\n\r\n".len();
    for (len, status) in [(limits::HTTP_HEAD, "200"), (limits::HTTP_HEAD + 1, "431")] {
        let filling = "v".repeat(len - fixed);
        let request = format!("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx: {filling}\r\n\r\n");
        assert_eq!(request.len(), len);
        let (said, _) = raw(port.at, &request).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{len}: {}", &said[..said.len().min(80)]);
    }
    for (count, status) in [(limits::HTTP_HEADERS, "200"), (limits::HTTP_HEADERS + 1, "431")] {
        let more = "x: y\r\n".repeat(count - 2);
        let (said, _) = raw(port.at, &format!("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{more}\r\n")).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{count}: {}", &said[..said.len().min(80)]);
    }
    // A head that does not even end is refused as soon as it is too long.
    let (said, _) = raw(port.at, &format!("GET / HTTP/1.1\r\nx: {}", "v".repeat(limits::HTTP_HEAD))).await;
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
}

#[tokio::test]
async fn one_connection_more_than_there_are_places_waits() {
    let port = port(Bounds { connections: 2, ..bounds() }, None, echo).await;
    let mut first = TcpStream::connect(port.at).await.unwrap();
    let mut second = TcpStream::connect(port.at).await.unwrap();
    for stream in [&mut first, &mut second] {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
        read_answer(stream).await;
    }
    let mut third = TcpStream::connect(port.at).await.unwrap();
    third.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), read_answer(&mut third)).await;
    assert!(early.is_err(), "there was no place: {early:?}");
    drop(first);
    assert!(read_answer(&mut third).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn one_address_cannot_take_every_place() {
    let port = port(Bounds { per_address: 1, ..bounds() }, None, echo).await;
    let mut first = TcpStream::connect(port.at).await.unwrap();
    first.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    read_answer(&mut first).await;
    let mut second = TcpStream::connect(port.at).await.unwrap();
    assert_eq!(read_to_end(&mut second).await.0, "");
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
    let mut other = socket.connect(port.at).await.unwrap();
    other.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    assert!(read_answer(&mut other).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn an_answer_is_seen_by_a_caller_that_is_still_sending() {
    let port = port(bounds(), None, |_| async { text(400, "not here") }).await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4000000\r\n\r\n").await.unwrap();
    // Far more than the sockets hold: the answer is there before this is through, and a reset would destroy it.
    let (mut from, mut to) = stream.into_split();
    let sending = tokio::spawn(async move {
        for _ in 0..4_000_000 / 10_000 {
            if to.write_all(&[b'x'; 10_000]).await.is_err() {
                break;
            }
        }
        drop(to);
    });
    sending.await.unwrap();
    let (said, _) = read_to_end(&mut from).await;
    assert!(said.starts_with("HTTP/1.1 400 ") && said.ends_with("not here"), "{said}");
}

#[tokio::test]
async fn a_handler_runs_to_its_end_when_the_caller_goes_away() {
    let (go, entered, (tell, mut told)) = (Arc::new(Notify::new()), Arc::new(Notify::new()), mpsc::unbounded_channel());
    let port = port(bounds(), None, {
        let (go, entered) = (go.clone(), entered.clone());
        move |_| {
            let (go, entered, tell) = (go.clone(), entered.clone(), tell.clone());
            async move {
                entered.notify_one();
                go.notified().await;
                tell.send(()).unwrap();
                text(200, "")
            }
        }
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    entered.notified().await;
    drop(stream);
    // Long enough for the listener to see that the caller is gone.
    let mut other = TcpStream::connect(port.at).await.unwrap();
    other.write_all(b"garbage\r\n\r\n").await.unwrap();
    read_to_end(&mut other).await.1.ok();
    go.notify_one();
    told.recv().await.expect("the handler was torn off");
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

#[tokio::test]
async fn stopping_lets_running_exchanges_end() {
    let (go, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut port = port(bounds(), None, {
        let (go, entered) = (go.clone(), entered.clone());
        move |_| {
            let (go, entered) = (go.clone(), entered.clone());
            async move {
                entered.notify_one();
                go.notified().await;
                text(200, "done")
            }
        }
    })
    .await;
    let mut idle = TcpStream::connect(port.at).await.unwrap();
    let mut busy = TcpStream::connect(port.at).await.unwrap();
    busy.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    entered.notified().await;
    port.stop.cancel();
    assert_eq!(read_to_end(&mut idle).await.0, "", "an idle connection is closed at once");
    assert!(!port.served.is_finished());
    go.notify_one();
    let (said, ended) = read_to_end(&mut busy).await;
    ended.unwrap();
    assert!(said.contains("connection: close") && said.ends_with("done"), "{said}");
    (&mut port.served).await.unwrap();
    assert!(TcpStream::connect(port.at).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn the_grace_period_has_an_end() {
    let entered = Arc::new(Notify::new());
    let bounds = Bounds { grace: Duration::from_millis(100), ..bounds() };
    let mut port = port(bounds, None, {
        let entered = entered.clone();
        move |_| {
            let entered = entered.clone();
            async move {
                entered.notify_one();
                std::future::pending().await
            }
        }
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    entered.notified().await;
    port.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), &mut port.served).await.expect("it never stopped").unwrap();
    // Told or cut off, whichever comes first.
    let (said, _) = read_to_end(&mut stream).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 503 "), "{said}");
}

#[tokio::test]
async fn sixty_four_mebibytes_pass_without_being_kept() {
    const CHUNK: usize = 64 * 1024;
    const CHUNKS: usize = 1024;
    // Made minus arrived: never more than sockets and buffers hold.
    let (made, arrived, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let port = port(bounds(), None, {
        let (made, arrived, most) = (made.clone(), arrived.clone(), most.clone());
        move |call: ConsumerCall| {
            // The answer is the request's own body, chunk by chunk.
            let (made, arrived, most) = (made.clone(), arrived.clone(), most.clone());
            let passing = call.body.unwrap().inspect(move |_| {
                let outstanding = made.load(Ordering::SeqCst).saturating_sub(arrived.load(Ordering::SeqCst));
                most.fetch_max(outstanding, Ordering::SeqCst);
            });
            async move { answer(200, &[], AnswerBody::Stream(Box::pin(passing))) }
        }
    })
    .await;
    let (mut from, mut to) = TcpStream::connect(port.at).await.unwrap().into_split();
    let head = format!("POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", CHUNK * CHUNKS);
    let sending = tokio::spawn(async move {
        to.write_all(head.as_bytes()).await.unwrap();
        let chunk = vec![7; CHUNK];
        for _ in 0..CHUNKS {
            to.write_all(&chunk).await.unwrap();
            made.fetch_add(CHUNK as u64, Ordering::SeqCst);
        }
        to
    });
    let mut sevens = 0_usize;
    let mut buf = vec![0; CHUNK];
    while let n @ 1.. = from.read(&mut buf).await.unwrap() {
        sevens += buf[..n].iter().filter(|b| **b == 7).count();
        arrived.fetch_add(n as u64, Ordering::SeqCst);
    }
    sending.await.unwrap();
    assert_eq!(sevens, CHUNK * CHUNKS);
    let most = most.load(Ordering::SeqCst);
    assert!(most < 16 * 1024 * 1024, "{most} octets were under way at a time");
}

async fn tls_client(at: SocketAddr, with_certificate: bool) -> SslStream<TcpStream> {
    let mut context = SslContext::builder(SslMethod::tls()).unwrap();
    context.set_verify(SslVerifyMode::NONE);
    if with_certificate {
        context.set_certificate(EC_CLIENT.certificate.x509()).unwrap();
        context.set_private_key(&EC_CLIENT.key).unwrap();
    }
    let ssl = Ssl::new(&context.build()).unwrap();
    let mut stream = SslStream::new(ssl, TcpStream::connect(at).await.unwrap()).unwrap();
    Pin::new(&mut stream).connect().await.unwrap();
    stream
}

fn system_tls() -> Option<Arc<SystemAcceptor>> {
    let identity = EC_SERVER.identity();
    Some(Arc::new(SystemAcceptor::new(Arc::new(move || Some(identity.clone())))))
}

#[tokio::test]
async fn the_handler_knows_how_the_caller_connected() {
    let who = |call: ConsumerCall| async move {
        text(
            200,
            match call.caller {
                Caller::Http => "http".to_owned(),
                Caller::Tls => "tls".to_owned(),
                Caller::TlsWithCertificate(leaf) => leaf.subject_rfc2253(),
            },
        )
    };
    let request = "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let plain = port(bounds(), None, who).await;
    assert!(raw(plain.at, request).await.0.ends_with("\r\n\r\nhttp"));
    let secure = port(bounds(), system_tls(), who).await;
    for (with_certificate, expected) in [(false, "tls"), (true, "CN=ec client,O=Simpul tests")] {
        let mut stream = tls_client(secure.at, with_certificate).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let (said, ended) = read_to_end(&mut stream).await;
        ended.expect("TLS ends with a close_notify");
        assert!(said.ends_with(&format!("\r\n\r\n{expected}")), "{said}");
    }
}

#[tokio::test]
async fn over_tls_a_body_that_breaks_off_does_not_end_cleanly() {
    let port =
        port(bounds(), system_tls(), |_| async { answer(200, &[], AnswerBody::Stream(broken(&["some"]))) }).await;
    for version in ["1.1", "1.0"] {
        let mut stream = tls_client(port.at, false).await;
        stream.write_all(format!("GET / HTTP/{version}\r\nhost: h\r\n\r\n").as_bytes()).await.unwrap();
        let (said, ended) = read_to_end(&mut stream).await;
        assert!(ended.is_err(), "{version}: {said}");
    }
}

#[tokio::test]
async fn a_handshake_has_its_time() {
    let port = port(hasty(), system_tls(), echo).await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), read_to_end(&mut stream)).await;
    assert_eq!(ended.expect("a handshake may not last for ever").0, "");
}

#[tokio::test]
async fn slow_callers_do_not_slow_others() {
    let (held, calls) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let port = port(bounds(), None, {
        let (held, calls) = (held.clone(), calls.clone());
        move |call: ConsumerCall| {
            let (held, calls) = (held.clone(), calls.clone());
            async move {
                if call.target == "/slow" {
                    calls.fetch_add(1, Ordering::SeqCst);
                    drop(held.acquire().await);
                }
                text(200, "fine")
            }
        }
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(port.at).await.unwrap();
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
        slow.push(stream);
    }
    let (said, _) = raw(port.at, "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(said.ends_with("fine"));
    held.add_permits(50);
    for mut stream in slow {
        read_answer(&mut stream).await;
    }
    assert_eq!(calls.load(Ordering::SeqCst), 50);
}

/// Responses by the first octet of the digest; none for 9.
struct Responses(Mutex<Vec<[u8; 20]>>);

impl OwnResponses for Responses {
    fn by_sha1(&self, sha1: &[u8; 20]) -> Option<Bytes> {
        self.0.lock().unwrap().push(*sha1);
        (sha1[0] != 9).then(|| Bytes::from(format!("response {}", sha1[0])))
    }
}

async fn ocsp_port() -> (SocketAddr, Arc<Responses>) {
    let (listener, responses) = (Listener::bind(local()).await.unwrap(), Arc::new(Responses(Mutex::default())));
    let at = listener.local_addr().unwrap();
    tokio::spawn(listen::ocsp(listener, responses.clone(), bounds(), CancellationToken::new()));
    (at, responses)
}

#[tokio::test]
async fn the_ocsp_port_answers_as_the_clause_says() {
    // wire.md §3.6.
    let (at, responses) = ocsp_port().await;
    let (one, two, none) = ("01".repeat(20), "02".repeat(20), "09".repeat(20));
    let get = |query: String| format!("GET /?{query} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    let (said, _) = raw(at, &get(format!("cert={two}&cert={one}&cert_hash={}", "0a".repeat(32)))).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    assert!(
        said.contains("content-type: multipart/related; type=\"application/ocsp-response\"; charset=UTF-8; boundary=")
    );
    let body = said.split("\r\n\r\n").skip(1).collect::<Vec<_>>().join("\r\n\r\n");
    assert!(body.find("response 2").unwrap() < body.find("response 1").unwrap(), "in the order asked: {body}");
    assert_eq!(body.matches("content-type: application/ocsp-response\r\n").count(), 2);
    assert_eq!(*responses.0.lock().unwrap(), [[2; 20], [1; 20]]);
    for query in [format!("cert={one}&cert={none}"), "cert=xyz".to_owned(), String::new(), format!("cert_hash={one}")] {
        let (said, _) = raw(at, &get(query.clone())).await;
        assert!(said.starts_with("HTTP/1.1 500 ") && said.contains("content-type: text/plain\r\n"), "{query}: {said}");
    }
    let many = |n| get(vec![format!("cert={one}"); n].join("&"));
    assert!(raw(at, &many(limits::OCSP_PARTS)).await.0.starts_with("HTTP/1.1 200 "));
    assert!(raw(at, &many(limits::OCSP_PARTS + 1)).await.0.starts_with("HTTP/1.1 500 "));
    let (said, _) = raw(at, "HEAD / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    let (said, _) = raw(at, "POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(said.starts_with("HTTP/1.1 405 "), "{said}");
}
