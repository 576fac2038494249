//! Every bound, and that one caller does not matter to another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use simpul_core::limits;
use simpul_exchange::call::{AnswerBody, ConsumerCall};
use simpul_exchange::ports::BodyError;
use simpul_io::listen::Bounds;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

use super::hasty;
use crate::support::http::{answer, collect, raw, read_answer, read_to_end};
use crate::support::port::{bounds, echo, port, text};

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
    // Each octet has two seconds, also on a busy machine, and all of them together take longer.
    let port = port(Bounds { body: Duration::from_secs(2), ..bounds() }, None, echo).await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 8\r\n\r\n").await.unwrap();
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(300)).await;
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
