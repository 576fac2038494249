//! The consumer port over TLS.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode};
use simpul_exchange::call::{AnswerBody, Caller, ConsumerCall};
use simpul_io::tls::SystemAcceptor;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::answers::broken;
use super::hasty;
use crate::support::http::{answer, raw, read_to_end};
use crate::support::pki::{EC_CLIENT, EC_SERVER};
use crate::support::port::{bounds, echo, port, text};

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
                Caller::Own => "own".to_owned(),
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
