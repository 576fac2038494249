//! The way to peers: which address, which connection, and what becomes of a request when something breaks.

mod broken;
mod reuse;
mod route;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode};
use simpul_exchange::ports::{LinkError, PeerConnection, PeerLink, PeerReply};
use simpul_io::peer::{PeerBounds, Peers};
use simpul_io::tls::{Identity, PeerConnector};
use simpul_trust::conf::Route;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_openssl::SslStream;

use crate::support::conf::target;
use crate::support::http::{chunks, collect, header_list};
use crate::support::pki::{EC_CLIENT, EC_SERVER, Pair};
use crate::support::port::local;

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
