//! The OCSP port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use simpul_core::limits;
use simpul_io::listen::{self, Listener, OwnResponses};
use tokio_util::sync::CancellationToken;

use crate::support::http::raw;
use crate::support::port::{bounds, local};

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
