//! The OCSP port: this server's own responses, for peers (wire.md §3.6).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use simpul_core::limits;
use tokio_util::sync::CancellationToken;

use super::bounds::Bounds;
use super::connection::{App, Asked, Visitor};
use super::serve::{Listener, serve};
use crate::ocsp::multipart;
use simpul_exchange::call::{Answer, AnswerBody};

/// The responses that this server has for its own certificates.
pub trait OwnResponses: Send + Sync {
    /// The newest response (DER) for the certificate whose DER has this SHA-1 digest.
    fn by_sha1(&self, sha1: &[u8; 20]) -> Option<Bytes>;
}

/// Serves the OCSP port until `stop`.
///
/// `GET /?cert=<SHA-1 in hex>…` answers with one response per `cert`, in order; what else is in the query, such as
/// `cert_hash`, is not looked at. A response that is not there fails the whole answer with status 500 and a text.
/// `HEAD` answers 200: peers use it to see whether the port is alive.
pub async fn ocsp(listener: Listener, responses: Arc<dyn OwnResponses>, bounds: Bounds, stop: CancellationToken) {
    serve(listener, None, Arc::new(OcspPort(responses)), bounds, stop).await;
}

struct OcspPort(Arc<dyn OwnResponses>);

impl App for OcspPort {
    fn answer(self: Arc<Self>, asked: Asked, _visitor: Arc<Visitor>) -> BoxFuture<'static, Answer> {
        async move {
            match asked.method.as_str() {
                "HEAD" => Answer { status: 200, reason: None, headers: Vec::new(), body: AnswerBody::Empty },
                "GET" => match self.responses(&asked.target) {
                    Ok(responses) => {
                        let (content_type, body) = multipart::encode(&responses);
                        answer(200, content_type, body)
                    }
                    Err(why) => answer(500, "text/plain".to_owned(), Bytes::from(why)),
                },
                _ => answer(405, "text/plain".to_owned(), Bytes::from_static(b"GET or HEAD")),
            }
        }
        .boxed()
    }
}

impl OcspPort {
    fn responses(&self, target: &str) -> Result<Vec<Bytes>, String> {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let asked: Vec<&str> = query.split('&').filter_map(|pair| pair.strip_prefix("cert=")).collect();
        match asked.len() {
            0 => return Err("the request names no certificate".to_owned()),
            n if n > limits::OCSP_PARTS => return Err("the request names too many certificates".to_owned()),
            _ => {}
        }
        asked.into_iter().map(|hex| self.response(hex)).collect()
    }

    fn response(&self, hex: &str) -> Result<Bytes, String> {
        let sha1 = sha1(hex).ok_or("a certificate's digest is not SHA-1 in hex")?;
        self.0.by_sha1(&sha1).ok_or_else(|| format!("there is no OCSP response for the certificate {hex}"))
    }
}

fn answer(status: u16, content_type: String, body: Bytes) -> Answer {
    let headers = vec![("content-type".to_owned(), Bytes::from(content_type))];
    Answer { status, reason: None, headers, body: AnswerBody::Whole(body) }
}

/// Forty hexadecimal digits.
fn sha1(hex: &str) -> Option<[u8; 20]> {
    let octets: Option<Vec<u8>> = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            let digits = std::str::from_utf8(pair).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u8::from_str_radix(digits, 16).ok().filter(|_| pair.len() == 2)
        })
        .collect();
    octets?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_forty_hex_digits() {
        assert_eq!(sha1(&"0f".repeat(20)), Some([15; 20]));
        assert_eq!(sha1(&"0F".repeat(20)), Some([15; 20]));
        for bad in ["", "0f", &"0f".repeat(21), &"0g".repeat(20), &"+f".repeat(20), &"0f".repeat(20)[1..]] {
            assert_eq!(sha1(bad), None, "{bad}");
        }
    }
}
