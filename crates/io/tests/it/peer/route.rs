//! Which of a route's addresses is used (wire.md §3.7).

use std::pin::Pin;
use std::time::Duration;

use openssl::ssl::{Ssl, SslContext, SslMethod};
use simpul_exchange::ports::{LinkError, PeerLink};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_openssl::SslStream;

use super::{obliging, peer_at, peers, route, settle};
use crate::support::pki::EC_SERVER;

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
        let peers = peers(port, |b| b.connect = Duration::from_millis(1500));
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
