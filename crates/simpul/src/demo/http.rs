//! The demo's own information system: one HTTP call, one connection.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Octets of an answer that the demo reads.
const ANSWER: usize = 16 * 1024 * 1024;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) fault: Option<String>,
    /// `Simpul-Decision` or `Simpul-Refusal`.
    pub(super) verdict: Option<String>,
    pub(super) body: Bytes,
}

/// Calls `url` (`http://HOST:PORT/…`); a body makes it a POST.
pub(super) async fn call(url: &str, headers: &[(&str, &str)], body: Option<Bytes>) -> Result<Reply, String> {
    let exchange = async {
        let (host, path) = split(url).ok_or_else(|| format!("{url} is no http URL"))?;
        let stream = TcpStream::connect(host).await.map_err(|e| format!("{host}: {e}"))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
        let driver = tokio::spawn(connection);
        let mut request = Request::builder().method(if body.is_some() { "POST" } else { "GET" }).uri(path);
        for (name, value) in [("host", host)].iter().chain(headers) {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.unwrap_or_default())).map_err(|e| e.to_string())?;
        let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER).collect().await.map_err(|e| e.to_string())?.to_bytes();
        driver.abort();
        let header = |name| head.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let verdict = header("simpul-decision").or_else(|| header("simpul-refusal"));
        Ok(Reply { status: head.status.as_u16(), fault: header("x-road-error"), verdict, body })
    };
    tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| format!("{url} did not answer in time"))?
}

fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let slash = rest.find('/')?;
    rest.split_at_checked(slash)
}
