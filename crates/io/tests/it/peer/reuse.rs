//! Which connection carries a request, and how often.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future;
use openssl::ssl::{Ssl, SslContext, SslMethod};
use simpul_exchange::ports::{LinkError, PeerLink};
use simpul_io::peer::PoolBounds;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

use super::{FINE, Tls, exchange, obliging, open, peer, peer_at, peers, peers_as, request, route, send, settle};
use crate::support::http::{collect, header_list};
use crate::support::pki::{EC_CLIENT, EC_SERVER, RSA_SERVER, STRANGER};
use crate::support::port::local;

#[tokio::test]
async fn the_request_is_what_the_clause_says() {
    // wire.md §3.2: POST /, chunked; §3.4: header names in lower case.
    let (tell, mut told) = mpsc::unbounded_channel();
    let peer = peer(move |_, mut stream| {
        let tell = tell.clone();
        async move {
            tell.send(request(&mut stream).await.unwrap()).unwrap();
            stream.write_all(FINE).await.unwrap();
        }
    })
    .await;
    let reply = send(open(&peers(peer.at.port(), |_| {})).await).await.unwrap();
    assert_eq!((reply.status, reply.headers), (200, header_list(&[("content-type", "a/b"), ("content-length", "4")])));
    let said = told.recv().await.unwrap();
    let expected = format!(
        "POST / HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nx-road-request-id: 1\r\ncontent-type: c/d\r\ntransfer-encoding: chunked\r\n\r\n\
         3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n",
        peer.at.port()
    );
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let peer = peer(obliging).await;
    let peers = peers(peer.at.port(), |_| {});
    for _ in 0..3 {
        exchange(&peers).await;
    }
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn a_body_that_is_left_unread_ends_its_connection() {
    let peer = peer(|_, mut stream| async move {
        while request(&mut stream).await.is_some() {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine").await.unwrap();
        }
    })
    .await;
    let peers = peers(peer.at.port(), |_| {});
    for expected in 1..=2 {
        drop(send(open(&peers).await).await.unwrap());
        settle().await;
        assert_eq!(peer.connections(), expected);
    }
}

#[tokio::test]
async fn a_peer_that_closes_is_believed() {
    let peer = peer(|_, mut stream| async move {
        while request(&mut stream).await.is_some() {
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nfine";
            stream.write_all(answer).await.unwrap();
        }
    })
    .await;
    let peers = peers(peer.at.port(), |_| {});
    exchange(&peers).await;
    exchange(&peers).await;
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_not_used() {
    let peer = peer(|_, mut stream| async move {
        request(&mut stream).await.unwrap();
        stream.write_all(FINE).await.unwrap();
    })
    .await;
    let peers = peers(peer.at.port(), |_| {});
    for _ in 0..5 {
        exchange(&peers).await;
    }
    assert_eq!(peer.connections(), 5);
}

/// Answers once, then closes when told, and says that it did.
fn closing_on_demand(
    close: &Arc<Notify>,
    closed: &Arc<Notify>,
) -> impl Fn(usize, Tls) -> future::BoxFuture<'static, ()> + use<> {
    let (close, closed) = (close.clone(), closed.clone());
    move |nth, mut stream| {
        let (close, closed) = (close.clone(), closed.clone());
        Box::pin(async move {
            request(&mut stream).await.unwrap();
            stream.write_all(FINE).await.unwrap();
            if nth == 0 {
                close.notified().await;
                drop(stream);
                closed.notify_one();
            }
        })
    }
}

#[tokio::test]
async fn a_connection_that_closes_before_the_request_begins_is_replaced() {
    let (close, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let peer = peer(closing_on_demand(&close, &closed)).await;
    let peers = peers(peer.at.port(), |_| {});
    exchange(&peers).await;
    let taken = open(&peers).await;
    assert_eq!(peer.connections(), 1, "the idle connection was taken");
    close.notify_one();
    closed.notified().await;
    let reply = send(taken).await.unwrap();
    assert_eq!(collect(reply.body).await.unwrap(), b"fine");
    assert_eq!(peer.connections(), 2);
}

/// A peer on a thread of its own, so that a test can wait for it without letting any task of its own run: what it does
/// is then unknown to whoever waits for the system's events. Answers one request per connection, and closes it when told.
struct Apart {
    port: u16,
    close: std::sync::mpsc::Sender<()>,
    closed: std::sync::mpsc::Receiver<()>,
    connections: Arc<AtomicUsize>,
}

fn apart() -> Apart {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ((close, told), (tell, closed)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    std::thread::spawn(move || {
        let mut context = SslContext::builder(SslMethod::tls()).unwrap();
        context.set_certificate(EC_SERVER.certificate.x509()).unwrap();
        context.set_private_key(&EC_SERVER.key).unwrap();
        context.set_num_tickets(0).unwrap();
        let context = context.build();
        while let Ok((tcp, _)) = listener.accept() {
            let mut stream = Ssl::new(&context).unwrap().accept(tcp).unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let (mut all, mut buf) = (Vec::new(), [0; 1024]);
            while !all.ends_with(b"0\r\n\r\n") {
                match stream.read(&mut buf) {
                    Ok(n @ 1..) => all.extend_from_slice(&buf[..n]),
                    _ => return,
                }
            }
            stream.write_all(FINE).unwrap();
            if told.recv().is_err() {
                return;
            }
            drop(stream);
            tell.send(()).unwrap();
        }
    });
    Apart { port, close, closed, connections }
}

impl Apart {
    fn close(&self) {
        self.close.send(()).unwrap();
        self.closed.recv().unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_just_closed_is_not_taken() {
    let peer = apart();
    let peers = peers(peer.port, |_| {});
    exchange(&peers).await;
    peer.close();
    let taken = open(&peers).await;
    assert_eq!(peer.connections.load(Ordering::SeqCst), 2);
    send(taken).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_closed_just_before_the_request_is_replaced() {
    let peer = apart();
    let peers = peers(peer.port, |_| {});
    exchange(&peers).await;
    let taken = open(&peers).await;
    assert_eq!(peer.connections.load(Ordering::SeqCst), 1);
    peer.close();
    send(taken).await.unwrap();
    assert_eq!(peer.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn its_replacement_must_present_the_same_certificates() {
    // Whoever took the connection has judged the chain that it presented, and no other.
    let (close, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let listener = TcpListener::bind(local()).await.unwrap();
    let pair = |nth| if nth == 0 { &*EC_SERVER } else { &*RSA_SERVER };
    let peer = peer_at(listener, pair, closing_on_demand(&close, &closed));
    let peers = peers(peer.at.port(), |_| {});
    exchange(&peers).await;
    let taken = open(&peers).await;
    close.notify_one();
    closed.notified().await;
    assert!(matches!(send(taken).await, Err(LinkError::Tls { .. })));
}

#[tokio::test]
async fn a_request_that_may_have_been_sent_is_never_sent_again() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    let peer = peer(move |nth, mut stream| {
        let count = count.clone();
        async move {
            if nth == 0 {
                request(&mut stream).await.unwrap();
                stream.write_all(FINE).await.unwrap();
            }
            // The first octet of a request, and the peer is gone.
            if stream.read(&mut [0; 1]).await.unwrap_or(0) > 0 {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    let peers = peers(peer.at.port(), |_| {});
    exchange(&peers).await;
    for expected in 1..=3 {
        // First on the connection that is kept, then on new ones.
        assert!(matches!(send(open(&peers).await).await, Err(LinkError::Network { .. })));
        assert_eq!(requests.load(Ordering::SeqCst), expected);
        assert_eq!(peer.connections(), expected);
    }
}

#[tokio::test]
async fn a_new_key_makes_new_connections() {
    let peer = peer(obliging).await;
    let identity = Arc::new(Mutex::new(EC_CLIENT.identity()));
    let current = identity.clone();
    let peers = peers_as(move || Some(current.lock().unwrap().clone()), peer.at.port(), |_| {});
    exchange(&peers).await;
    *identity.lock().unwrap() = STRANGER.identity();
    exchange(&peers).await;
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn without_a_key_nothing_is_opened() {
    let peer = peer(obliging).await;
    let peers = peers_as(|| None, peer.at.port(), |_| {});
    assert!(matches!(peers.open(&route(&["127.0.0.1"])).await, Err(LinkError::Tls { .. })));
    assert_eq!((peer.connections(), peers.own_chain().len()), (0, 0));
}

#[tokio::test]
async fn idle_connections_are_bounded_in_number_and_age() {
    for (bounds, expected) in [
        (PoolBounds::default(), 2),
        (PoolBounds { per_place: 1, ..PoolBounds::default() }, 3),
        (PoolBounds { total: 1, ..PoolBounds::default() }, 3),
        (PoolBounds { per_place: 0, ..PoolBounds::default() }, 4),
        (PoolBounds { idle: Duration::ZERO, ..PoolBounds::default() }, 4),
        (PoolBounds { age: Duration::ZERO, ..PoolBounds::default() }, 4),
    ] {
        let peer = peer(obliging).await;
        let peers = peers(peer.at.port(), |b| b.pool = bounds.clone());
        for _ in 0..2 {
            let both = future::join(open(&peers), open(&peers)).await;
            let replies = future::join(send(both.0), send(both.1)).await;
            collect(replies.0.unwrap().body).await.unwrap();
            collect(replies.1.unwrap().body).await.unwrap();
            settle().await;
        }
        assert_eq!(peer.connections(), expected, "{bounds:?}");
    }
}
