//! What reaches the handler.

use simpul_exchange::call::ConsumerCall;
use simpul_exchange::ports::BodyError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::http::{collect, raw, read_answer};
use crate::support::port::{bounds, echo, port, text};

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
