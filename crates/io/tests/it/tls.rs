//! Handshakes (wire.md §3.1), with this machine's `openssl` as the other side where it has what is tested.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use simpul_exchange::call::{Answer, AnswerBody, PeerCall};
use simpul_exchange::ports::PeerLink;
use simpul_io::listen::{self, Listener, PeerHandler};
use simpul_io::peer::{PeerBounds, Peers};
use simpul_io::tls::{Acceptor, PeerAcceptor, PeerConnector};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::Route;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::conf::{Conf, target};
use crate::support::http::{answer, chunks, collect};
use crate::support::pki::{CA, EC_CLIENT, EC_SERVER, Pair, RSA_CLIENT, RSA_SERVER, STRANGER};
use crate::support::port::{bounds, local};

/// X-Road's suites (wire.md §3.1).
const XROAD_SUITES: [&str; 3] = ["ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES256-SHA256", "ECDHE-ECDSA-AES256-SHA384"];

/// Answers every message with the subjects of the chain that the peer presented.
struct Mirror;

#[async_trait]
impl PeerHandler for Mirror {
    async fn handle(&self, call: PeerCall) -> Answer {
        let subjects: Vec<String> = call.chain.iter().map(Certificate::subject_rfc2253).collect();
        let body = String::from_utf8(collect(call.body).await.unwrap()).unwrap();
        answer(200, &[], AnswerBody::Whole(format!("[{}] {body}", subjects.join("; ")).into()))
    }
}

async fn peer_port(server: &Pair, conf: Arc<Conf>) -> (SocketAddr, DropGuard) {
    let identity = server.identity();
    let acceptor = Arc::new(PeerAcceptor::new(conf, Arc::new(move || Some(identity.clone()))));
    let listener = Listener::bind(local()).await.unwrap();
    let (at, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    tokio::spawn(listen::peer(listener, acceptor, Arc::new(Mirror), bounds(), stop.clone()));
    (at, stop.drop_guard())
}

fn peers(client: &Pair, port: u16) -> Peers {
    let identity = client.identity();
    let connector = PeerConnector::new(Arc::new(move || Some(identity.clone())));
    Peers::new(connector, PeerBounds { port, ..PeerBounds::default() })
}

fn route(addresses: &[&str]) -> Route {
    Route { targets: addresses.iter().map(|a| target(a)).collect() }
}

async fn ask(peers: &Peers) -> Result<String, String> {
    let connection = peers.open(&route(&["127.0.0.1"])).await.map_err(|e| format!("{e:?}"))?;
    let reply = connection.send(Vec::new(), chunks(&["hello"])).await.map_err(|e| format!("{e:?}"))?;
    Ok(String::from_utf8(collect(reply.body).await.map_err(|e| format!("{e:?}"))?).unwrap())
}

/// Runs `openssl s_client` with one request and gives all that it printed.
async fn s_client(at: SocketAddr, client: Option<&Pair>, args: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &at.to_string(), "-ign_eof"]).args(args);
    if let Some(client) = client {
        let (certificate, key) = client.files(&dir);
        command.arg("-cert").arg(certificate).arg("-key").arg(key);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let request = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello";
    let mut stdin = child.stdin.take().unwrap();
    // The handshake may have failed already: then nobody reads this.
    let _ = stdin.write_all(request.as_bytes()).await;
    let output = child.wait_with_output().await.unwrap();
    drop(stdin);
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Whether this machine's `openssl` knows a suite; says so if not.
async fn has_suite(suite: &str) -> bool {
    let known =
        Command::new("openssl").args(["ciphers", "-tls1_2", suite]).output().await.is_ok_and(|o| o.status.success());
    if !known {
        println!("skipped: this machine's openssl does not have {suite}");
    }
    known
}

#[tokio::test]
async fn each_suite_of_x_road_is_accepted() {
    for suite in XROAD_SUITES {
        if !has_suite(suite).await {
            continue;
        }
        let server = if suite.contains("ECDSA") { &EC_SERVER } else { &RSA_SERVER };
        let (at, _stop) = peer_port(server, Conf::knowing(&[&RSA_CLIENT])).await;
        let said = s_client(at, Some(&RSA_CLIENT), &["-tls1_2", "-cipher", suite]).await;
        assert!(said.contains(&format!("Cipher is {suite}")), "{suite}: {said}");
        assert!(said.contains("[CN=rsa client,O=Simpul tests] hello"), "{suite}: {said}");
        if suite.starts_with("DHE") {
            assert!(said.contains("Server Temp Key: DH, 2048 bits"), "{said}");
        }
    }
}

#[tokio::test]
async fn each_suite_of_x_road_is_offered() {
    for suite in XROAD_SUITES {
        if !has_suite(suite).await {
            continue;
        }
        let server: &Pair = if suite.contains("ECDSA") { &EC_SERVER } else { &RSA_SERVER };
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = server.files(&dir);
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cipher", suite, "-Verify", "3", "-naccept", "1"])
            .arg("-cert")
            .arg(certificate)
            .arg("-key")
            .arg(key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("s_server ended");
            if let Some(at) = line.strip_prefix("ACCEPT ") {
                break at.rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        let opened = peers(&RSA_CLIENT, port).open(&route(&["127.0.0.1"])).await.unwrap();
        assert_eq!(opened.peer_chain(), std::slice::from_ref(&server.certificate), "{suite}");
        drop(opened);
        let mut said = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push_str(&line);
            said.push('\n');
        }
        assert!(said.contains(&format!("CIPHER is {suite}")), "{suite}: {said}");
        assert!(said.contains("CN = rsa client"), "{suite}: the client presented its certificate: {said}");
    }
}

#[tokio::test]
async fn gcm_is_preferred_to_cbc_whatever_the_client_prefers() {
    let (at, _stop) = peer_port(&RSA_SERVER, Conf::knowing(&[&RSA_CLIENT])).await;
    let offer = "ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA256:ECDHE-RSA-AES256-GCM-SHA384";
    let said = s_client(at, Some(&RSA_CLIENT), &["-tls1_2", "-cipher", offer]).await;
    assert!(said.contains("Cipher is ECDHE-RSA-AES256-GCM-SHA384"), "{said}");
}

#[tokio::test]
async fn what_is_older_or_weaker_is_refused() {
    let (at, _stop) = peer_port(&RSA_SERVER, Conf::knowing(&[&RSA_CLIENT])).await;
    for args in [
        &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"][..],
        &["-tls1_2", "-cipher", "AES256-SHA"],
        &["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
    ] {
        let said = s_client(at, Some(&RSA_CLIENT), args).await;
        assert!(said.contains("Cipher is (NONE)"), "{args:?}: {said}");
    }
}

#[tokio::test]
async fn the_ca_names_are_sent_and_no_session_is_resumed() {
    let (at, _stop) = peer_port(&RSA_SERVER, Conf::knowing(&[&RSA_CLIENT])).await;
    for version in ["-tls1_2", "-tls1_3"] {
        let dir = tempfile::tempdir().unwrap();
        let session = dir.path().join("session");
        let session = session.to_str().unwrap();
        let said = s_client(at, Some(&RSA_CLIENT), &[version, "-sess_out", session]).await;
        let names = said.split("Acceptable client certificate CA names").nth(1).unwrap_or_default();
        assert!(names.trim_start().starts_with("O = Simpul tests, CN = Test CA"), "{said}");
        assert!(said.contains("[CN=rsa client,O=Simpul tests] hello"), "{said}");
        assert!(!said.contains("TLS session ticket:"), "{said}");
        if std::fs::metadata(session).is_ok() {
            let said = s_client(at, Some(&RSA_CLIENT), &[version, "-sess_in", session]).await;
            assert!(said.contains("New, TLSv1"), "{said}");
            assert!(!said.contains("Reused, TLSv1"), "{said}");
        }
    }
}

#[tokio::test]
async fn both_ends_present_their_whole_chain() {
    let (at, _stop) = peer_port(&EC_SERVER, Conf::knowing(&[&EC_CLIENT])).await;
    let peers = peers(&EC_CLIENT, at.port());
    let opened = peers.open(&route(&["127.0.0.1"])).await.unwrap();
    assert_eq!(opened.peer_chain(), [EC_SERVER.certificate.clone(), CA.certificate.clone()]);
    assert_eq!(opened.address(), "127.0.0.1");
    assert_eq!(peers.own_chain(), [EC_CLIENT.certificate.clone(), CA.certificate.clone()]);
    let reply = opened.send(Vec::new(), chunks(&["hello"])).await.unwrap();
    let said = String::from_utf8(collect(reply.body).await.unwrap()).unwrap();
    assert_eq!(said, "[CN=ec client,O=Simpul tests; CN=Test CA,O=Simpul tests] hello");
}

#[tokio::test]
async fn a_client_that_the_configuration_does_not_know_fails_the_handshake() {
    let (at, _stop) = peer_port(&EC_SERVER, Conf::knowing(&[&EC_CLIENT])).await;
    // With TLS 1.2 the refusal comes inside the client's own handshake.
    let said = s_client(at, Some(&STRANGER), &["-tls1_2"]).await;
    assert!(said.contains("alert"), "{said}");
    assert!(!said.contains("hello"), "{said}");
    // With TLS 1.3 the client has finished by then and sees the refusal on first use.
    let refused = ask(&peers(&STRANGER, at.port())).await.unwrap_err();
    assert!(refused.contains("Network") || refused.contains("Tls"), "{refused}");
}

#[tokio::test]
async fn a_client_without_a_certificate_fails_the_handshake() {
    let (at, _stop) = peer_port(&EC_SERVER, Conf::knowing(&[&EC_CLIENT])).await;
    for version in ["-tls1_2", "-tls1_3"] {
        let said = s_client(at, None, &[version]).await;
        assert!(said.contains("alert"), "{said}");
        assert!(!said.contains("hello"), "{said}");
    }
}

#[tokio::test]
async fn a_changed_configuration_holds_from_the_next_connection() {
    let conf = Conf::knowing(&[&EC_CLIENT]);
    let (at, _stop) = peer_port(&EC_SERVER, conf.clone()).await;
    ask(&peers(&EC_CLIENT, at.port())).await.unwrap();
    conf.set(&[&STRANGER]);
    ask(&peers(&EC_CLIENT, at.port())).await.unwrap_err();
    ask(&peers(&STRANGER, at.port())).await.unwrap();
    conf.clear();
    ask(&peers(&STRANGER, at.port())).await.unwrap_err();
}

#[test]
fn what_passed_the_handshake_is_judged_again() {
    // The context's own check cannot be seen from outside it: the listener asks once more before it listens.
    let conf = Conf::knowing(&[&EC_CLIENT]);
    let acceptor = PeerAcceptor::new(conf.clone(), Arc::new(|| None));
    assert!(acceptor.admits(&[EC_CLIENT.certificate.clone(), CA.certificate.clone()]));
    assert!(!acceptor.admits(&[CA.certificate.clone(), EC_CLIENT.certificate.clone()]));
    assert!(!acceptor.admits(std::slice::from_ref(&STRANGER.certificate)));
    assert!(!acceptor.admits(&[]));
    conf.clear();
    assert!(!acceptor.admits(std::slice::from_ref(&EC_CLIENT.certificate)));
}

/// A relay to `to` that keeps what the server sends.
async fn recording_relay(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind(local()).await.unwrap();
    let at = listener.local_addr().unwrap();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let record = kept.clone();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = TcpStream::connect(to).await.unwrap().into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        let mut buf = [0; 16 * 1024];
        while let Ok(n @ 1..) = from_server.read(&mut buf).await {
            record.lock().unwrap().extend_from_slice(&buf[..n]);
            if to_client.write_all(&buf[..n]).await.is_err() {
                break;
            }
        }
    });
    (at, kept)
}

/// Version and key share group of a ServerHello (RFC 8446 §4.1.3, §4.2.8): the first record that a server sends.
fn server_hello(octets: &[u8]) -> (u16, u16) {
    let be16 = |at: usize| u16::from_be_bytes([octets[at], octets[at + 1]]);
    assert_eq!((octets[0], octets[5]), (22, 2), "a handshake record with a ServerHello");
    let session = usize::from(octets[43]);
    let mut at = 44 + session + 3;
    let end = at + 2 + usize::from(be16(at));
    at += 2;
    let (mut version, mut group) = (0, 0);
    while at < end {
        match be16(at) {
            43 => version = be16(at + 4),
            51 => group = be16(at + 4),
            _ => {}
        }
        at += 4 + usize::from(be16(at + 2));
    }
    (version, group)
}

#[tokio::test]
async fn two_nodes_agree_on_the_hybrid_post_quantum_group() {
    let (at, _stop) = peer_port(&EC_SERVER, Conf::knowing(&[&EC_CLIENT])).await;
    let (relay, kept) = recording_relay(at).await;
    ask(&peers(&EC_CLIENT, relay.port())).await.unwrap();
    if openssl::version::number() < 0x3050_0000 {
        println!("skipped: this OpenSSL has no X25519MLKEM768");
        return;
    }
    // TLS 1.3 (0x0304) and X25519MLKEM768 (4588 in IANA's registry of groups).
    assert_eq!(server_hello(&kept.lock().unwrap()), (0x0304, 4588));
}

#[tokio::test]
async fn a_classical_client_gets_a_classical_group() {
    let (at, _stop) = peer_port(&EC_SERVER, Conf::knowing(&[&EC_CLIENT])).await;
    let said = s_client(at, Some(&EC_CLIENT), &["-tls1_3", "-groups", "P-256:X25519"]).await;
    assert!(said.contains("hello"), "{said}");
    let said = s_client(at, Some(&EC_CLIENT), &["-tls1_3", "-groups", "P-384"]).await;
    assert!(said.contains("Server Temp Key: ECDH, secp384r1, 384 bits") || said.contains("P-384, 384 bits"), "{said}");
}

#[tokio::test]
async fn renegotiation_is_refused() {
    let (at, _stop) = peer_port(&EC_SERVER, Conf::knowing(&[&EC_CLIENT])).await;
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = EC_CLIENT.files(&dir);
    let mut child = Command::new("openssl")
        .args(["s_client", "-connect", &at.to_string(), "-tls1_2"])
        .arg("-cert")
        .arg(certificate)
        .arg("-key")
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // `R` at the start of a line asks s_client to renegotiate.
    stdin.write_all(b"R\n").await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no renegotiation"), "{said}");
}
