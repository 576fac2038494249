//! Calls as a service sees them, without the proofs that the port demands.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, future, stream};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{NameType, Ssl, SslContext, SslMethod, SslVerifyMode};
use openssl::x509::{X509, X509NameBuilder};
use simpul_exchange::ports::{BodyError, BodyStream, Spooled};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_openssl::SslStream;

use super::*;
use crate::tls::Identity;

struct Kept(&'static [u8]);

impl Spooled for Kept {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }
    fn read(&self) -> BodyStream {
        Box::pin(stream::iter(self.0.chunks(3).map(|c| Ok(Bytes::from_static(c)))))
    }
}

fn call(url: &str) -> Call<'_> {
    Call {
        method: "GET",
        service_path: "/persons",
        query: None,
        headers: Vec::new(),
        body: None,
        service_url: url,
        timeout: Some(Duration::from_secs(10)),
        pinned: None,
    }
}

fn services() -> Services {
    Services::new(ServiceConnector::new(Arc::new(|| None)), ServiceBounds::default())
}

/// Reads one request: its head, and as many octets as its content length says.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut all = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let len = head.split("content-length: ").nth(1).and_then(|l| l.lines().next()).unwrap_or("0");
            if body.len() >= len.parse().unwrap() {
                return Some(text);
            }
        }
        let mut buf = [0; 1024];
        match stream.read(&mut buf).await {
            Ok(n @ 1..) => all.extend_from_slice(&buf[..n]),
            _ => return None,
        }
    }
}

/// A service that gives the same octets for every request, and tells what it was asked and on which connection.
async fn service(answer: &'static str) -> (SocketAddr, mpsc::UnboundedReceiver<(usize, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for nth in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, nth, answer, tell.clone()));
        }
    });
    (at, told)
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    nth: usize,
    answer: &'static str,
    tell: mpsc::UnboundedSender<(usize, String)>,
) {
    while let Some(request) = request(&mut stream).await {
        tell.send((nth, request)).unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        if answer.is_empty() {
            future::pending::<()>().await;
        }
        if answer.contains("close") {
            break;
        }
    }
}

async fn collect(body: Option<BodyStream>) -> Result<String, BodyError> {
    let mut all = Vec::new();
    let mut body = body.unwrap();
    while let Some(chunk) = body.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(String::from_utf8(all).unwrap())
}

async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

#[tokio::test]
async fn the_request_is_what_the_clause_says() {
    // wire.md §3.10: URL join, raw path and query, same method, all headers of the block, host from the URL.
    let (at, mut told) = service(FINE).await;
    let url = format!("http://{at}/base/");
    let headers: Vec<(&str, &[u8])> = vec![
        ("X-Road-Client", b"ID/GOV/1/a"),
        ("Accept", b"a/b"),
        ("x-road-id", b"1"),
        ("Accept", b"c/d"),
        ("cookie", b"\xe9=1"),
    ];
    let call = Call { service_path: "/a%2Fb//../c", query: Some("q=%zz&&x"), headers, ..call(&url) };
    let reply = services().ask(call).await.unwrap();
    assert_eq!((reply.status, reply.reason.as_str()), (200, "OK"));
    assert_eq!(reply.headers, [("content-length".to_owned(), Bytes::from_static(b"4"))]);
    assert_eq!(collect(reply.body).await.unwrap(), "fine");
    let said = told.recv().await.unwrap().1;
    let expected = format!(
        "GET /base/a%2Fb//../c?q=%zz&&x HTTP/1.1\r\nhost: {at}\r\nx-road-client: ID/GOV/1/a\r\naccept: a/b\r\naccept: c/d\r\n\
         x-road-id: 1\r\ncookie: \u{fffd}=1\r\n\r\n"
    );
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_body_goes_with_three_methods_only() {
    // wire.md §3.10: body forwarded only for POST PUT PATCH, content-length from the cached body.
    let kept: Arc<dyn Spooled> = Arc::new(Kept(b"the body"));
    let (at, mut told) = service(FINE).await;
    let (url, services) = (format!("http://{at}"), services());
    for method in ["POST", "PUT", "PATCH", "GET", "DELETE", "OPTIONS", "TRACE", "HEAD", "BREW"] {
        for body in [Some(&kept), None] {
            let reply = services.ask(Call { method, body, ..call(&url) }).await.unwrap();
            assert_eq!(reply.body.is_some(), method != "HEAD");
            drop(reply);
            let said = told.recv().await.unwrap().1;
            assert!(said.starts_with(&format!("{method} /persons HTTP/1.1\r\n")), "{said}");
            let (head, sent) = said.split_once("\r\n\r\n").unwrap();
            let expected = match (["POST", "PUT", "PATCH"].contains(&method), body) {
                (true, Some(_)) => (Some("content-length: 8"), "the body"),
                (true, None) => (Some("content-length: 0"), ""),
                (false, _) => (None, ""),
            };
            let length = head.lines().find(|l| l.starts_with("content-length") || l.starts_with("transfer-encoding"));
            assert_eq!((length, sent), expected, "{method}");
        }
    }
}

#[tokio::test]
async fn an_answer_has_a_body_unless_http_says_otherwise() {
    for (answer, reason, body) in [
        ("HTTP/1.1 200 Tudo Bem\r\ncontent-length: 0\r\n\r\n", "Tudo Bem", Some("")),
        ("HTTP/1.1 404 \r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", "", Some("no")),
        ("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 1\r\n\r\nx", "Found", Some("x")),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nto the end", "OK", Some("to the end")),
        ("HTTP/1.0 500 Internal Server Error\r\nx: close\r\n\r\nold", "Internal Server Error", Some("old")),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 X\r\ncontent-length: 1\r\n\r\nx", "X", Some("x")),
        ("HTTP/1.1 204 No Content\r\n\r\n", "No Content", None),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", "Not Modified", None),
    ] {
        let (at, _told) = service(answer).await;
        let url = format!("http://{at}");
        let reply = services().ask(call(&url)).await.unwrap();
        assert_eq!(reply.reason, reason);
        assert_eq!(reply.body.is_some(), body.is_some(), "{answer}");
        if let Some(body) = body {
            assert_eq!(collect(reply.body).await.unwrap(), body, "{answer}");
        }
    }
}

#[tokio::test]
async fn connections_are_kept_by_origin() {
    let (at, mut told) = service(FINE).await;
    let (other_at, mut other_told) = service(FINE).await;
    let (url, other, services) = (format!("http://{at}/a"), format!("http://{other_at}"), services());
    for target in [&url, &other, &url, &other] {
        let reply = services.ask(call(target)).await.unwrap();
        collect(reply.body).await.unwrap();
        settle().await;
    }
    for told in [&mut told, &mut other_told] {
        assert_eq!((told.recv().await.unwrap().0, told.recv().await.unwrap().0), (0, 0));
    }
}

#[tokio::test]
async fn nothing_is_asked_twice() {
    // The connection breaks when the request is read: whether the service acted on it is unknown.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            if request(&mut stream).await.is_some() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    assert!(matches!(services().ask(call(&url)).await, Err(LinkError::Network { .. })));
    settle().await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_service_has_its_time() {
    let (at, _told) = service("").await;
    let url = format!("http://{at}");
    let timeout = Some(Duration::from_millis(100));
    assert!(matches!(services().ask(Call { timeout, ..call(&url) }).await, Err(LinkError::TimedOut { .. })));
    let (at, _told) = service("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine").await;
    let url = format!("http://{at}");
    let timeout = Some(Duration::from_secs(1));
    let reply = services().ask(Call { timeout, ..call(&url) }).await.unwrap();
    assert!(matches!(collect(reply.body).await, Err(BodyError::Slow(_))));
}

#[tokio::test]
async fn what_cannot_be_asked_is_an_error() {
    for url in ["", "ftp://h/", "http://h/?x=1", "http://h/#f", "http://u@h/", "/path"] {
        assert!(matches!(services().ask(call(url)).await, Err(LinkError::BadUrl(_))), "{url}");
    }
    let url = "http://127.0.0.1:1";
    for bent in ["/a b", "/a#b", "/\r\nx: y"] {
        let asked = services().ask(Call { service_path: bent, ..call(url) }).await;
        assert!(matches!(asked, Err(LinkError::BadUrl(_))), "{bent}");
    }
    for headers in [vec![("a b", &b"x"[..])], vec![("a", &b"x\r\ny: z"[..])]] {
        assert!(matches!(services().ask(Call { headers, ..call(url) }).await, Err(LinkError::Http { .. })));
    }
    for method in ["CONNECT", "A B", ""] {
        assert!(matches!(services().ask(Call { method, ..call(url) }).await, Err(LinkError::Http { .. })));
    }
    assert!(matches!(services().ask(call("http://no-such-host.invalid/")).await, Err(LinkError::UnknownHost { .. })));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(services().ask(call(&url)).await, Err(LinkError::Network { .. })));
}

fn pair(name: &str) -> (Certificate, PKey<Private>) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut common = X509NameBuilder::new().unwrap();
    common.append_entry_by_text("CN", name).unwrap();
    let common = common.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&openssl::bn::BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&common).unwrap();
    builder.set_issuer_name(&common).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (Certificate::from_der(&builder.build().to_der().unwrap()).unwrap(), key)
}

/// As [`service`], with TLS; what is told begins with the server name and the client's certificate.
async fn tls_service(
    certificate: &Certificate,
    key: &PKey<Private>,
) -> (u16, mpsc::UnboundedReceiver<(usize, String)>) {
    let mut context = SslContext::builder(SslMethod::tls()).unwrap();
    context.set_certificate(certificate.x509()).unwrap();
    context.set_private_key(key).unwrap();
    context.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    let context = context.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for nth in 0.. {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut stream = SslStream::new(Ssl::new(&context).unwrap(), tcp).unwrap();
            if Pin::new(&mut stream).accept().await.is_err() {
                continue;
            }
            let name = stream.ssl().servername(NameType::HOST_NAME).unwrap_or("none").to_owned();
            let client = stream.ssl().peer_certificate().map(|c| format!("{:?}", c.subject_name()));
            tell.send((nth, format!("{name} {client:?}"))).unwrap();
            tokio::spawn(serve(stream, nth, FINE, tell.clone()));
        }
    });
    (port, told)
}

#[tokio::test]
async fn over_tls_an_answer_that_ends_with_its_connection_needs_a_close_notify() {
    // RFC 9112 §9.8.
    let (certificate, key) = pair("service");
    for proper in [true, false] {
        let mut context = SslContext::builder(SslMethod::tls()).unwrap();
        context.set_certificate(certificate.x509()).unwrap();
        context.set_private_key(&key).unwrap();
        let context = context.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut stream = SslStream::new(Ssl::new(&context).unwrap(), tcp).unwrap();
            Pin::new(&mut stream).accept().await.unwrap();
            request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nfine").await.unwrap();
            if proper {
                stream.shutdown().await.unwrap();
            }
        });
        let reply = services().ask(call(&url)).await.unwrap();
        match collect(reply.body).await {
            Ok(body) => assert!(proper && body == "fine"),
            Err(error) => assert!(!proper && matches!(error, BodyError::Cut(_)), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_pinned_service_must_present_its_certificate() {
    let ((certificate, key), (other, _)) = (pair("service"), pair("other"));
    let (port, mut told) = tls_service(&certificate, &key).await;
    let url = format!("https://localhost:{port}");
    let (client, client_key) = pair("internal");
    let identity = Arc::new(Identity::new(client, Vec::new(), client_key).unwrap());
    let services =
        Services::new(ServiceConnector::new(Arc::new(move || Some(identity.clone()))), ServiceBounds::default());
    let (right, wrong, none) = ([other.clone(), certificate], [other], []);
    let refused = |asked: Result<ServiceReply, LinkError>| matches!(asked, Err(LinkError::Tls { .. }));
    assert!(refused(services.ask(Call { pinned: Some(&wrong), ..call(&url) }).await));
    assert!(refused(services.ask(Call { pinned: Some(&none), ..call(&url) }).await));
    for pinned in [Some(&right[..]), None] {
        let reply = services.ask(Call { pinned, ..call(&url) }).await.unwrap();
        assert_eq!(collect(reply.body).await.unwrap(), "fine");
        settle().await;
    }
    // A connection that is kept is no way around the pins.
    assert!(refused(services.ask(Call { pinned: Some(&wrong), ..call(&url) }).await));
    let mut all = Vec::new();
    while let Ok(one) = told.try_recv() {
        all.push(one);
    }
    let hello = "localhost Some(\"[commonName = \\\"internal\\\"]\")";
    let (requests, hellos): (Vec<_>, Vec<_>) = all.iter().partition(|(_, said)| said.starts_with("GET "));
    assert!(hellos.len() >= 3 && hellos.iter().all(|(_, said)| said == hello), "{all:?}");
    assert_eq!(requests.len(), 2, "nothing was sent to a service that is not the one meant: {all:?}");
    assert!(requests.iter().all(|(nth, _)| *nth == 2), "one connection served both: {all:?}");
}
