//! OCSP responses, own and of peers (wire.md §3.6, §3.8), with the lab's CA as the responder.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use simpul_core::{UnixTime, limits};
use simpul_exchange::call::ConsumerCall;
use simpul_exchange::ports::{Clock, OcspSource};
use simpul_io::listen::{self, Listener, OwnResponses};
use simpul_io::ocsp::{OcspKeeper, OcspSettings};
use simpul_lab::ca::{AuthRequest, CaPlan, KeyKind, LabCa, SubjectLayout};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;
use simpul_trust::ocsp::{self, CertificateStatus};
use simpul_trust::token::Signer;
use simpul_wire::gconf::shared::{CaInfo, OcspInfo};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::conf::{Fixed, instance};
use crate::support::http::collect;
use crate::support::port::{Port, bounds, local, port, text};

/// A CA whose intermediate issued the certificate of a server, its responder, and a clock.
struct World {
    ca: Arc<Mutex<LabCa>>,
    chain: Vec<Certificate>,
    responder: Port,
    /// What the responder answers instead, if anything.
    instead: Arc<Mutex<Instead>>,
    asked: Arc<AtomicUsize>,
    /// Notified at each request.
    heard: Arc<Notify>,
    clock: Arc<Now>,
    dir: tempfile::TempDir,
}

struct Now(Mutex<UnixTime>);

impl Now {
    fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(by);
    }
}

impl Clock for Now {
    fn now(&self) -> UnixTime {
        *self.0.lock().unwrap()
    }
}

/// A status and a body.
type Instead = Option<(u16, Vec<u8>)>;

/// ocspFreshnessSeconds of the tests' configuration.
const FRESHNESS: Duration = Duration::from_secs(3600);

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    async fn new() -> Self {
        let start: UnixTime = "2026-11-21T10:00:00Z".parse().unwrap();
        let plan = CaPlan { intermediate: true, key: KeyKind::P256, ..CaPlan::named("Test", start.minus(MINUTE)) };
        let mut ca = LabCa::create(&plan).unwrap();
        let server = "ID/GOV/1/ss1".parse().unwrap();
        let request = AuthRequest { server: &server, dns: "localhost", country: "ID" };
        let auth = ca.new_auth_key(SubjectLayout::FiVrk, &request, start).unwrap();
        let chain = std::iter::once(auth.certificate()).chain(auth.chain()).cloned().collect();
        let ca = Arc::new(Mutex::new(ca));
        let clock = Arc::new(Now(Mutex::new(start)));
        let (instead, asked, heard) =
            (Arc::new(Mutex::new(None)), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let responder = {
            let (ca, clock, instead) = (ca.clone(), clock.clone(), instead.clone());
            let (asked, heard) = (asked.clone(), heard.clone());
            port(bounds(), None, move |call: ConsumerCall| {
                let (ca, now, instead) = (ca.clone(), clock.now(), instead.clone());
                asked.fetch_add(1, Ordering::SeqCst);
                heard.notify_one();
                async move {
                    // wire.md §3.8, producing side: POST, application/ocsp-request.
                    let typed = ("content-type".to_owned(), Bytes::from_static(b"application/ocsp-request"));
                    assert!(call.method == "POST" && call.headers.contains(&typed));
                    let request = collect(call.body.unwrap()).await.unwrap();
                    match instead.lock().unwrap().clone() {
                        Some((status, answer)) => text(status, answer),
                        None if call.target == "/broken" => text(500, "out of order"),
                        None => text(200, simpul_lab::ocsp::respond(&ca.lock().unwrap(), &request, now, None)),
                    }
                }
            })
            .await
        };
        Self { ca, chain, responder, instead, asked, heard, clock, dir: tempfile::tempdir().unwrap() }
    }

    /// The CA's certificates, with these targets of the responder.
    fn conf(&self, targets: &[&str]) -> Arc<GlobalConf> {
        let ca = self.ca.lock().unwrap();
        let signers = ca.ocsp_certificates();
        let info = |certificate: &Certificate, signer: &Certificate| CaInfo {
            certificate: certificate.der().to_vec(),
            ocsp: targets
                .iter()
                .map(|target| OcspInfo {
                    url: format!("http://{}{target}", self.responder.at),
                    certificate: Some(signer.der().to_vec()),
                    cost: None,
                })
                .collect(),
        };
        let hash = self.chain[0].sha256().to_vec();
        Arc::new(instance(info(ca.root(), &signers[0]), vec![info(ca.issuer(), &signers[1])], vec![hash], Vec::new()))
    }

    fn keeper_in(&self, dir: &Path, conf: Arc<GlobalConf>, port: u16) -> OcspKeeper {
        let settings = OcspSettings {
            port,
            interval: Duration::from_secs(1200),
            fetch: OcspSettings::FETCH,
            dir: dir.to_owned(),
            own: vec![self.chain.clone(), self.chain.clone()],
        };
        OcspKeeper::open(settings, Arc::new(Fixed(conf)), self.clock.clone()).unwrap()
    }

    fn keeper(&self) -> OcspKeeper {
        self.keeper_in(self.dir.path(), self.conf(&["/"]), 1)
    }

    fn own(&self, keeper: &OcspKeeper) -> Option<Vec<Bytes>> {
        OcspSource::own(keeper, &self.chain, self.clock.now()).ok()
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }

    /// Whether these responses prove the whole chain good.
    fn prove(&self, responses: &[Bytes]) {
        let (conf, ca) = (self.conf(&["/"]), self.ca.lock().unwrap());
        for (nth, issuer) in [ca.issuer(), ca.root()].into_iter().enumerate() {
            let rules = conf.ocsp_rules(issuer);
            ocsp::verify(&responses[nth], &self.chain[nth], issuer, &rules, self.clock.now()).unwrap();
        }
    }
}

#[tokio::test]
async fn own_responses_are_fetched_and_given() {
    let world = World::new().await;
    let keeper = world.keeper();
    assert!(world.own(&keeper).is_none() && keeper.by_sha1(&world.chain[0].sha1()).is_none());
    assert!(keeper.refresh().await);
    assert_eq!(world.asked(), 2, "each certificate once");
    let responses = world.own(&keeper).unwrap();
    world.prove(&responses);
    for (certificate, response) in world.chain.iter().zip(&responses) {
        assert_eq!(keeper.by_sha1(&certificate.sha1()).as_ref(), Some(response));
    }
    assert!(keeper.by_sha1(&[0; 20]).is_none());
    let stranger = [world.ca.lock().unwrap().root().clone()];
    let unavailable = OcspSource::own(&keeper, &stranger, world.clock.now()).unwrap_err();
    assert_eq!(unavailable.subject, stranger[0].subject_text());
}

#[tokio::test]
async fn a_restart_works_without_the_responder() {
    let world = World::new().await;
    assert!(world.keeper().refresh().await);
    *world.instead.lock().unwrap() = Some((503, Vec::new()));
    let again = world.keeper();
    world.prove(&world.own(&again).unwrap());
    assert!(!again.refresh().await);
    world.prove(&world.own(&again).unwrap());
}

fn files(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect()
}

#[tokio::test]
async fn damaged_files_are_no_responses() {
    let world = World::new().await;
    assert!(world.keeper().refresh().await);
    assert_eq!(files(world.dir.path()).len(), 2, "and no other files");
    for damage in [Vec::new(), b"no response".to_vec(), vec![0x30; limits::OCSP_RESPONSE + 1]] {
        files(world.dir.path()).iter().for_each(|file| std::fs::write(file, &damage).unwrap());
        assert!(world.own(&world.keeper()).is_none());
    }
}

#[tokio::test]
async fn what_is_not_fresh_is_not_given() {
    // wire.md §3.8: thisUpdate not older than ocspFreshnessSeconds.
    let world = World::new().await;
    let keeper = world.keeper();
    assert!(keeper.refresh().await);
    world.clock.advance(FRESHNESS);
    assert!(world.own(&keeper).is_some());
    world.clock.advance(Duration::from_millis(1));
    assert!(world.own(&keeper).is_none());
    assert!(keeper.refresh().await);
    world.prove(&world.own(&keeper).unwrap());
}

#[tokio::test]
async fn a_revoked_certificate_does_not_hide_it() {
    let world = World::new().await;
    let keeper = world.keeper();
    assert!(keeper.refresh().await);
    world.clock.advance(MINUTE);
    let revoked = world.clock.now();
    world.ca.lock().unwrap().revoke(&world.chain[0], revoked).unwrap();
    assert!(keeper.refresh().await);
    let responses = world.own(&keeper).unwrap();
    assert_eq!(ocsp::peek(&responses[0]).unwrap().status, CertificateStatus::Revoked(revoked));
    assert_eq!(ocsp::peek(&responses[1]).unwrap().status, CertificateStatus::Good);
}

#[tokio::test]
async fn an_answer_that_proves_nothing_changes_nothing() {
    let world = World::new().await;
    let keeper = world.keeper();
    assert!(keeper.refresh().await);
    let before = world.own(&keeper).unwrap();
    world.clock.advance(MINUTE);
    let other = World::new().await;
    other.clock.advance(MINUTE);
    let elsewhere = other.keeper();
    assert!(elsewhere.refresh().await);
    let of_another_ca = other.own(&elsewhere).unwrap()[0].to_vec();
    let mut bent = before[0].to_vec();
    // producedAt, one second later than it was signed.
    let produced = bent.windows(15).position(|w| w == b"20261121100000Z").unwrap();
    bent[produced + 13] = b'1';
    for (status, answer) in [
        (200, b"garbage".to_vec()),
        (200, of_another_ca),
        (200, bent),
        (200, vec![0x30; limits::OCSP_RESPONSE + 1]),
        (404, before[0].to_vec()),
    ] {
        *world.instead.lock().unwrap() = Some((status, answer));
        assert!(!keeper.refresh().await);
        assert!(world.own(&keeper).unwrap() == before);
    }
}

#[tokio::test]
async fn the_next_responder_is_asked() {
    let world = World::new().await;
    let keeper = world.keeper_in(world.dir.path(), world.conf(&["/broken", "/"]), 1);
    assert!(keeper.refresh().await);
    assert_eq!(world.asked(), 4);
    world.prove(&world.own(&keeper).unwrap());
    let none = world.keeper_in(&world.dir.path().join("none"), world.conf(&[]), 1);
    assert!(!none.refresh().await);
}

#[tokio::test]
async fn an_older_response_does_not_replace_a_newer_one() {
    let world = World::new().await;
    let keeper = world.keeper();
    world.clock.advance(MINUTE);
    assert!(keeper.refresh().await);
    let newer = world.own(&keeper).unwrap();
    *world.clock.0.lock().unwrap() = world.clock.now().minus(MINUTE);
    assert!(keeper.refresh().await);
    assert_eq!(world.own(&keeper).unwrap(), newer);
}

#[tokio::test]
async fn responses_are_kept_fresh_until_told_to_stop() {
    let world = World::new().await;
    let settings = OcspSettings {
        port: 1,
        interval: Duration::from_secs(1),
        fetch: OcspSettings::FETCH,
        dir: world.dir.path().to_owned(),
        own: vec![world.chain.clone()],
    };
    let keeper = OcspKeeper::open(settings, Arc::new(Fixed(world.conf(&["/"]))), world.clock.clone()).unwrap();
    let stop = CancellationToken::new();
    let keeping = tokio::spawn(Arc::new(keeper).keep(stop.clone()));
    let twice = async {
        while world.asked.load(Ordering::SeqCst) < 4 {
            world.heard.notified().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), twice).await.expect("it fetched no more");
    stop.cancel();
    keeping.await.unwrap();
}

/// A peer with its OCSP port, and how often that was asked.
struct PeerPort {
    keeper: Arc<OcspKeeper>,
    port: u16,
    asked: Arc<AtomicUsize>,
}

struct Counting(Arc<OcspKeeper>, Arc<AtomicUsize>);

impl OwnResponses for Counting {
    fn by_sha1(&self, sha1: &[u8; 20]) -> Option<Bytes> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.by_sha1(sha1)
    }
}

impl World {
    async fn peer(&self) -> PeerPort {
        let keeper = Arc::new(self.keeper());
        let (listener, asked) = (Listener::bind(local()).await.unwrap(), Arc::new(AtomicUsize::new(0)));
        let port = listener.local_addr().unwrap().port();
        let responses = Arc::new(Counting(keeper.clone(), asked.clone()));
        tokio::spawn(listen::ocsp(listener, responses, bounds(), CancellationToken::new()));
        PeerPort { keeper, port, asked }
    }

    /// A keeper of another server, which asks the OCSP port of this one.
    fn asker(&self, port: u16) -> OcspKeeper {
        self.keeper_in(&self.dir.path().join("asker"), self.conf(&["/"]), port)
    }

    async fn of_peer(&self, asker: &OcspKeeper) -> Option<Vec<Bytes>> {
        asker.of_peer("127.0.0.1", &self.chain, &self.conf(&["/"]), self.clock.now()).await.ok()
    }
}

#[tokio::test]
async fn a_peer_is_asked_once_while_its_answer_is_fresh() {
    let world = World::new().await;
    let peer = world.peer().await;
    assert!(peer.keeper.refresh().await);
    let asker = world.asker(peer.port);
    let own = world.own(&peer.keeper).unwrap();
    // The leaf's issuer is approved: it is the anchor, and needs no response (§3.5).
    for _ in 0..3 {
        assert_eq!(world.of_peer(&asker).await.unwrap(), own[..1]);
    }
    assert_eq!(peer.asked.load(Ordering::SeqCst), 1);
    world.clock.advance(FRESHNESS + MINUTE);
    assert!(peer.keeper.refresh().await);
    let renewed = world.of_peer(&asker).await.unwrap();
    assert_eq!(renewed, world.own(&peer.keeper).unwrap()[..1]);
    assert_eq!(peer.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn many_who_ask_at_once_make_one_request() {
    let world = World::new().await;
    let peer = world.peer().await;
    assert!(peer.keeper.refresh().await);
    let asker = world.asker(peer.port);
    let all = join_all((0..20).map(|_| world.of_peer(&asker))).await;
    assert!(all.iter().all(Option::is_some));
    assert_eq!(peer.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_failure_is_shared_and_not_remembered() {
    let world = World::new().await;
    let peer = world.peer().await;
    let asker = world.asker(peer.port);
    let all = join_all((0..5).map(|_| world.of_peer(&asker))).await;
    assert!(all.iter().all(Option::is_none), "the peer has no response yet");
    assert_eq!(peer.asked.load(Ordering::SeqCst), 1);
    assert!(peer.keeper.refresh().await);
    assert!(world.of_peer(&asker).await.is_some());
    let port = TcpListener::bind(local()).await.unwrap().local_addr().unwrap().port();
    let (alone, conf) = (world.asker(port), world.conf(&["/"]));
    let unavailable = alone.of_peer("127.0.0.1", &world.chain, &conf, world.clock.now()).await.unwrap_err();
    assert_eq!(unavailable.subject, world.chain[0].subject_text());
    assert!(unavailable.cause.is_some());
}

/// The time of a fetch is a setting: whoever takes the connection and says nothing holds nobody for longer.
#[tokio::test]
async fn a_silent_peer_is_waited_for_as_long_as_set() {
    let world = World::new().await;
    let silent = TcpListener::bind(local()).await.unwrap();
    let settings = OcspSettings {
        port: silent.local_addr().unwrap().port(),
        interval: Duration::from_secs(1200),
        fetch: Duration::from_millis(200),
        dir: world.dir.path().to_owned(),
        own: vec![world.chain.clone()],
    };
    let conf = world.conf(&["/"]);
    let asker = OcspKeeper::open(settings, Arc::new(Fixed(conf.clone())), world.clock.clone()).unwrap();
    let asking = asker.of_peer("127.0.0.1", &world.chain, &conf, world.clock.now());
    let found = tokio::time::timeout(Duration::from_secs(10), asking).await.expect("it waits for ever");
    assert!(found.unwrap_err().cause.is_some());
}

#[tokio::test]
async fn only_a_proof_is_remembered() {
    let world = World::new().await;
    let peer = world.peer().await;
    world.ca.lock().unwrap().revoke(&world.chain[0], world.clock.now()).unwrap();
    assert!(peer.keeper.refresh().await);
    let asker = world.asker(peer.port);
    for expected in 1..=2 {
        // Given as it is: the caller refuses it.
        let responses = world.of_peer(&asker).await.unwrap();
        assert!(matches!(ocsp::peek(&responses[0]).unwrap().status, CertificateStatus::Revoked(_)));
        assert_eq!(peer.asked.load(Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn what_is_no_answer_of_a_peer_is_an_error() {
    let world = World::new().await;
    let two = "multipart/related; boundary=b";
    let part = "--b\r\ncontent-type: application/ocsp-response\r\n\r\nx\r\n";
    for (status, content_type, body) in [
        (200, two, format!("{part}{part}--b--\r\n")),
        (200, two, "--b--\r\n".to_owned()),
        (200, "text/plain", format!("{part}--b--\r\n")),
        (404, two, format!("{part}--b--\r\n")),
        (500, two, format!("{part}--b--\r\n")),
        (302, two, format!("{part}--b--\r\n")),
    ] {
        let said = body.clone();
        let odd = port(bounds(), None, move |_| {
            let mut answer = text(status, said.clone());
            answer.headers.push(("content-type".to_owned(), Bytes::from(content_type)));
            async { answer }
        })
        .await;
        assert!(world.of_peer(&world.asker(odd.at.port())).await.is_none(), "{status} {content_type} {body}");
    }
}
