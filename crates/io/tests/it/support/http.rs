//! HTTP by hand.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::StreamExt;
use simpul_exchange::call::{Answer, AnswerBody};
use simpul_exchange::ports::{BodyError, BodyStream, Headers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: AnswerBody) -> Answer {
    Answer { status, reason: None, headers: header_list(headers), body }
}

pub(crate) fn header_list(headers: &[(&str, &str)]) -> Headers {
    headers.iter().map(|(n, v)| ((*n).to_owned(), Bytes::copy_from_slice(v.as_bytes()))).collect()
}

/// Everything that a body holds, or why it broke.
pub(crate) async fn collect(mut body: BodyStream) -> Result<Vec<u8>, BodyError> {
    let mut all = Vec::new();
    while let Some(chunk) = body.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

/// A body of these chunks.
pub(crate) fn chunks(chunks: &[&'static str]) -> BodyStream {
    let chunks: Vec<_> = chunks.iter().map(|c| Ok(Bytes::from_static(c.as_bytes()))).collect();
    Box::pin(futures_util::stream::iter(chunks))
}

/// Sends octets and reads until the connection ends. The error is that of a broken connection.
pub(crate) async fn raw(to: SocketAddr, request: &str) -> (String, std::io::Result<()>) {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read_to_end(&mut stream).await
}

/// Reads until the connection ends.
pub(crate) async fn read_to_end(stream: &mut (impl AsyncReadExt + Unpin)) -> (String, std::io::Result<()>) {
    let mut all = Vec::new();
    let ended = loop {
        let mut buf = [0; 4096];
        match stream.read(&mut buf).await {
            Ok(0) => break Ok(()),
            Ok(n) => all.extend_from_slice(&buf[..n]),
            Err(e) => break Err(e),
        }
    };
    (String::from_utf8_lossy(&all).into_owned(), ended)
}

/// Reads one answer's head and as many octets as its content length says, and leaves the connection open.
pub(crate) async fn read_answer(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut all = Vec::new();
    loop {
        if let Some(at) = all.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&all[..at]).to_lowercase();
            let len = head
                .split("content-length: ")
                .nth(1)
                .and_then(|l| l.split("\r\n").next())
                .map_or(0, |l| l.parse().unwrap());
            if all.len() >= at + 4 + len {
                return String::from_utf8(all).unwrap();
            }
        }
        let mut buf = [0; 4096];
        let n = stream.read(&mut buf).await.unwrap();
        assert!(n > 0, "the connection ended early: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buf[..n]);
    }
}
