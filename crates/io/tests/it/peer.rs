//! The way to peers: which address, which connection, and what becomes of a request when something breaks.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, future, stream};
use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode};
use simpul_core::limits;
use simpul_exchange::ports::{BodyError, BodyStream, LinkError, PeerConnection, PeerLink, PeerReply};
use simpul_io::peer::{PeerBounds, Peers, PoolBounds};
use simpul_io::tls::{Identity, PeerConnector};
use simpul_trust::conf::Route;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio_openssl::SslStream;

use crate::support::{
    EC_CLIENT, EC_SERVER, Pair, RSA_SERVER, STRANGER, chunks, collect, header_list, local, read_to_end, target,
};

type Tls = SslStream<TcpStream>;

/// A peer that does what the test says with each connection.
struct Peer {
    at: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Peer {
    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn peer<F, R>(script: F) -> Peer
where
    F: Fn(usize, Tls) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    peer_at(TcpListener::bind(local()).await.unwrap(), |_| &EC_SERVER, script)
}

/// `pair` chooses the certificate by the number of the connection.
fn peer_at<F, R>(listener: TcpListener, pair: fn(usize) -> &'static Pair, script: F) -> Peer
where
    F: Fn(usize, Tls) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let (at, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let (count, script) = (connections.clone(), Arc::new(script));
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let (nth, script) = (count.fetch_add(1, Ordering::SeqCst), script.clone());
            tokio::spawn(async move {
                let mut context = SslContext::builder(SslMethod::tls()).unwrap();
                context.set_certificate(pair(nth).certificate.x509()).unwrap();
                context.set_private_key(&pair(nth).key).unwrap();
                context.set_verify(SslVerifyMode::NONE);
                let mut stream = SslStream::new(Ssl::new(&context.build()).unwrap(), tcp).unwrap();
                if Pin::new(&mut stream).accept().await.is_ok() {
                    script(nth, stream).await;
                }
            });
        }
    });
    Peer { at, connections }
}

/// Reads one request with a chunked body to its end; `None` if the connection ended before.
async fn request(stream: &mut Tls) -> Option<String> {
    let mut all = Vec::new();
    while !all.ends_with(b"\r\n0\r\n\r\n") {
        let mut buf = [0; 16 * 1024];
        match stream.read(&mut buf).await {
            Ok(n @ 1..) => all.extend_from_slice(&buf[..n]),
            _ => return None,
        }
    }
    Some(String::from_utf8(all).unwrap())
}

const FINE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\ncontent-length: 4\r\n\r\nfine";

/// Answers every request with `FINE`.
async fn obliging(_: usize, mut stream: Tls) {
    while request(&mut stream).await.is_some() {
        stream.write_all(FINE).await.unwrap();
    }
}

fn peers(port: u16, change: impl FnOnce(&mut PeerBounds)) -> Peers {
    let identity = EC_CLIENT.identity();
    peers_as(move || Some(identity.clone()), port, change)
}

fn peers_as(
    identity: impl Fn() -> Option<Arc<Identity>> + Send + Sync + 'static,
    port: u16,
    change: impl FnOnce(&mut PeerBounds),
) -> Peers {
    let mut bounds = PeerBounds { port, ..PeerBounds::default() };
    change(&mut bounds);
    Peers::new(PeerConnector::new(Arc::new(identity)), bounds)
}

fn route(addresses: &[&str]) -> Route {
    Route { targets: addresses.iter().map(|a| target(a)).collect() }
}

async fn open(peers: &Peers) -> Box<dyn PeerConnection> {
    peers.open(&route(&["127.0.0.1"])).await.unwrap()
}

async fn send(connection: Box<dyn PeerConnection>) -> Result<PeerReply, LinkError> {
    connection.send(header_list(&[("X-Road-Request-Id", "1"), ("content-type", "c/d")]), chunks(&["one", "two"])).await
}

/// One whole exchange that must succeed.
async fn exchange(peers: &Peers) {
    let reply = send(open(peers).await).await.unwrap();
    assert_eq!(collect(reply.body).await.unwrap(), b"fine");
    settle().await;
}

/// Lets tasks run that were made ready, such as the one that keeps a connection.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

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

/// Two listeners on two addresses with the same port.
async fn two_listeners() -> (TcpListener, TcpListener) {
    loop {
        let one = TcpListener::bind("127.0.0.2:0").await.unwrap();
        if let Ok(two) = TcpListener::bind(("127.0.0.3", one.local_addr().unwrap().port())).await {
            return (one, two);
        }
    }
}

const BOTH: [&str; 2] = ["127.0.0.2", "127.0.0.3"];

#[tokio::test]
async fn a_dead_address_does_not_matter() {
    let (one, two) = two_listeners().await;
    drop(one);
    let peer = peer_at(two, |_| &EC_SERVER, obliging);
    let peers = peers(peer.at.port(), |_| {});
    let opened = peers.open(&route(&BOTH)).await.unwrap();
    assert_eq!(opened.address(), "127.0.0.3");
}

#[tokio::test]
async fn an_address_that_fails_the_handshake_is_left_for_the_others() {
    for silent in [true, false] {
        let (one, two) = two_listeners().await;
        let port = one.local_addr().unwrap().port();
        // Nobody waits for the other: this one has won before the second listens to anybody.
        tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (mut tcp, _) = one.accept().await.unwrap();
                if silent {
                    held.push(tcp);
                } else {
                    let _ = tcp.write_all(b"no TLS here").await;
                }
            }
        });
        let peers = peers(port, |b| b.connect = Duration::from_millis(500));
        let bad = peers.open(&route(&["127.0.0.2"])).await.err().unwrap();
        assert!(matches!(bad, LinkError::Tls { .. }), "{bad:?}");
        let _peer = peer_at(two, |_| &EC_SERVER, obliging);
        let opened = peers.open(&route(&BOTH)).await.unwrap();
        assert_eq!(opened.address(), "127.0.0.3");
    }
}

#[tokio::test]
async fn when_all_fail_the_error_is_of_one_that_could_be_reached() {
    let (one, two) = two_listeners().await;
    let port = one.local_addr().unwrap().port();
    drop(two);
    tokio::spawn(async move { while one.accept().await.is_ok() {} });
    let peers = peers(port, |_| {});
    let error = peers.open(&route(&BOTH)).await.err().unwrap();
    assert!(matches!(error, LinkError::Tls { .. }), "{error:?}");
    let nobody = peers.open(&route(&["127.0.0.3"])).await.err().unwrap();
    assert!(matches!(nobody, LinkError::Network { .. }), "{nobody:?}");
    let nowhere = peers.open(&route(&[])).await.err().unwrap();
    assert!(matches!(nowhere, LinkError::Network { .. }), "{nowhere:?}");
    let unknown = peers.open(&route(&["no such host"])).await.err().unwrap();
    assert!(matches!(unknown, LinkError::UnknownHost { .. }), "{unknown:?}");
}

#[tokio::test]
async fn the_last_winner_is_asked_alone() {
    // wire.md §3.7: the winner is cached per address set.
    let (one, two) = two_listeners().await;
    let (one, two) = (peer_at(one, |_| &EC_SERVER, obliging), peer_at(two, |_| &EC_SERVER, obliging));
    let peers = peers(one.at.port(), |b| {
        b.pool.per_place = 0;
        b.head_start = Duration::from_secs(3600);
    });
    let winner = peers.open(&route(&BOTH)).await.unwrap().address().to_owned();
    settle().await;
    let others = |winner: &str| if winner == BOTH[0] { two.connections() } else { one.connections() };
    let before = others(&winner);
    for _ in 0..5 {
        assert_eq!(peers.open(&route(&BOTH)).await.unwrap().address(), winner);
    }
    assert_eq!(others(&winner), before, "only the winner was asked");
}

#[tokio::test]
async fn a_winner_that_died_is_replaced_at_once() {
    let (one, two) = two_listeners().await;
    let port = one.local_addr().unwrap().port();
    let first = tokio::spawn(async move {
        let (tcp, _) = one.accept().await.unwrap();
        let mut context = SslContext::builder(SslMethod::tls()).unwrap();
        context.set_certificate(EC_SERVER.certificate.x509()).unwrap();
        context.set_private_key(&EC_SERVER.key).unwrap();
        let mut stream = SslStream::new(Ssl::new(&context.build()).unwrap(), tcp).unwrap();
        Pin::new(&mut stream).accept().await.unwrap();
    });
    drop(two);
    let peers = peers(port, |b| b.head_start = Duration::from_secs(3600));
    assert_eq!(peers.open(&route(&BOTH)).await.unwrap().address(), BOTH[0]);
    first.await.unwrap();
    let two = TcpListener::bind((BOTH[1], port)).await.unwrap();
    let _peer = peer_at(two, |_| &EC_SERVER, obliging);
    settle().await;
    let opened = tokio::time::timeout(Duration::from_secs(10), peers.open(&route(&BOTH))).await;
    assert_eq!(opened.expect("it waited for the head start's end").unwrap().address(), BOTH[1]);
}

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
    let peers = peers(peer.at.port(), |b| b.response = Duration::from_millis(200));
    let slow = stream::iter(["a", "b", "c"]).then(|chunk| async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
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
        // Ends with its connection, which was not closed as TLS closes (no close_notify).
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nfine",
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
        stream.read(&mut [0; 1024]).await.unwrap();
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
