//! Peers that are slow, say what HTTP does not allow, or break off; and bodies that are large.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, future, stream};
use simpul_core::limits;
use simpul_exchange::ports::{BodyError, BodyStream, LinkError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::{FINE, obliging, open, peer, peers, request, send};
use crate::support::http::{collect, read_to_end};

#[tokio::test]
async fn a_silent_peer_has_its_time() {
    let peer = peer(|_, mut stream| async move {
        request(&mut stream).await;
        future::pending().await
    })
    .await;
    let peers = peers(peer.at.port(), |b| b.response = Duration::from_millis(100));
    assert!(matches!(send(open(&peers).await).await, Err(LinkError::TimedOut { .. })));
}

#[tokio::test]
async fn a_peer_that_does_not_read_has_its_time() {
    let peer = peer(|_, stream| async move {
        let _open = stream;
        future::pending().await
    })
    .await;
    let peers = peers(peer.at.port(), |b| b.response = Duration::from_millis(200));
    let endless = Box::pin(stream::repeat_with(|| Ok(Bytes::from_static(&[0; 64 * 1024]))));
    assert!(matches!(open(&peers).await.send(Vec::new(), endless).await, Err(LinkError::TimedOut { .. })));
}

#[tokio::test]
async fn waiting_for_the_own_body_does_not_count() {
    let peer = peer(obliging).await;
    // The answer has two seconds once the request is sent, also on a busy machine; one silence of the request is longer.
    let peers = peers(peer.at.port(), |b| b.response = Duration::from_secs(2));
    let slow = stream::iter(["a", "b"]).then(|chunk| async move {
        tokio::time::sleep(Duration::from_millis(if chunk == "b" { 2500 } else { 0 })).await;
        Ok(Bytes::from_static(chunk.as_bytes()))
    });
    let reply = open(&peers).await.send(Vec::new(), Box::pin(slow)).await.unwrap();
    assert_eq!(collect(reply.body).await.unwrap(), b"fine");
}

#[tokio::test]
async fn an_answer_may_fall_silent_only_so_long() {
    let peer = peer(|_, mut stream| async move {
        request(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine").await.unwrap();
        future::pending().await
    })
    .await;
    let peers = peers(peer.at.port(), |b| b.body = Duration::from_millis(100));
    let reply = send(open(&peers).await).await.unwrap();
    assert!(matches!(collect(reply.body).await, Err(BodyError::Slow(_))));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n",
    ] {
        let peer = peer(move |_, mut stream| async move {
            request(&mut stream).await.unwrap();
            stream.write_all(answer).await.unwrap();
        })
        .await;
        let reply = send(open(&peers(peer.at.port(), |_| {})).await).await.unwrap();
        assert!(matches!(collect(reply.body).await, Err(BodyError::Cut(_))), "{}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn an_answer_may_end_with_its_connection() {
    // As those of X-Road's Java server do. No close_notify is asked for: the message shows whether it is whole.
    let peer = peer(|_, mut stream| async move {
        request(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nfine").await.unwrap();
    })
    .await;
    let reply = send(open(&peers(peer.at.port(), |_| {})).await).await.unwrap();
    assert_eq!(collect(reply.body).await.unwrap(), b"fine");
}

#[tokio::test]
async fn what_is_no_answer_is_an_error() {
    let long = |n: usize| format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "v".repeat(n - 24));
    let many = |n: usize| format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x: y\r\n".repeat(n - 1));
    for (answer, fine) in [
        ("SSH-2.0-hello\r\n".to_owned(), false),
        ("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n".to_owned(), false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_owned(), false),
        (many(limits::HTTP_HEADERS), true),
        (many(limits::HTTP_HEADERS + 1), false),
        (long(limits::HTTP_HEAD), true),
        (long(limits::HTTP_HEAD + 1), false),
    ] {
        let said = answer.clone();
        let peer = peer(move |_, mut stream| {
            let said = said.clone();
            async move {
                request(&mut stream).await.unwrap();
                stream.write_all(said.as_bytes()).await.unwrap();
                future::pending().await
            }
        })
        .await;
        let sent = send(open(&peers(peer.at.port(), |_| {})).await).await;
        let shown = &answer[..answer.len().min(60)];
        match sent {
            Ok(_) => assert!(fine, "{shown}"),
            Err(LinkError::Http { .. }) => assert!(!fine, "{shown}"),
            Err(other) => panic!("{shown}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_answer_is_there_before_the_request_has_ended() {
    let peer = peer(|_, mut stream| async move {
        stream.read_exact(&mut [0; 1]).await.unwrap();
        stream.write_all(FINE).await.unwrap();
        request(&mut stream).await;
    })
    .await;
    let (tell, told) = mpsc::channel::<Result<Bytes, BodyError>>(1);
    let body: BodyStream = Box::pin(stream::unfold(told, |mut told| async { told.recv().await.map(|c| (c, told)) }));
    tell.send(Ok(Bytes::from_static(b"first"))).await.unwrap();
    let reply = open(&peers(peer.at.port(), |_| {})).await.send(Vec::new(), body).await.unwrap();
    assert_eq!(reply.status, 200);
    tell.send(Ok(Bytes::from_static(b"second"))).await.unwrap();
    assert_eq!(collect(reply.body).await.unwrap(), b"fine");
}

#[tokio::test]
async fn a_request_body_that_breaks_off_never_looks_whole() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let peer = peer(move |_, mut stream| {
        let tell = tell.clone();
        async move { tell.send(read_to_end(&mut stream).await).unwrap() }
    })
    .await;
    let broken = stream::iter([Ok(Bytes::from_static(b"some")), Err(BodyError::Abandoned)]);
    let sent = open(&peers(peer.at.port(), |_| {})).await.send(Vec::new(), Box::pin(broken)).await;
    assert!(matches!(sent, Err(LinkError::Network { .. })));
    let (said, ended) = told.recv().await.unwrap();
    assert!(!said.contains("\r\n0\r\n"), "{said}");
    assert!(ended.is_err(), "TLS ended without close_notify");
}

#[tokio::test]
async fn sixty_four_mebibytes_pass_through_tls_without_being_kept() {
    const CHUNK: usize = 64 * 1024;
    const CHUNKS: usize = 1024;
    let (made, arrived, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let count = arrived.clone();
    let peer = peer(move |_, mut stream| {
        let count = count.clone();
        async move {
            let mut buf = vec![0; CHUNK];
            let mut last = Vec::new();
            while !last.ends_with(b"\r\n0\r\n\r\n") {
                let n = stream.read(&mut buf).await.unwrap();
                assert!(n > 0);
                count.fetch_add(n, Ordering::SeqCst);
                last.extend_from_slice(&buf[..n]);
                last.drain(..last.len().saturating_sub(16));
            }
            stream.write_all(FINE).await.unwrap();
        }
    })
    .await;
    let (seen, peak) = (arrived.clone(), most.clone());
    let body = stream::iter(0..CHUNKS).map(move |_| {
        let under_way = made.fetch_add(CHUNK, Ordering::SeqCst).saturating_sub(seen.load(Ordering::SeqCst));
        peak.fetch_max(under_way, Ordering::SeqCst);
        Ok(Bytes::from_static(&[7; CHUNK]))
    });
    let reply = open(&peers(peer.at.port(), |_| {})).await.send(Vec::new(), Box::pin(body)).await.unwrap();
    assert_eq!(collect(reply.body).await.unwrap(), b"fine");
    assert!(arrived.load(Ordering::SeqCst) >= CHUNK * CHUNKS);
    assert!(most.load(Ordering::SeqCst) < 16 * 1024 * 1024, "{most:?} octets were under way at a time");
}
