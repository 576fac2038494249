//! What a node fetches for itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use simpul_core::{UnixTime, limits};
use simpul_exchange::call::{AnswerBody, ConsumerCall};
use simpul_exchange::ports::{Clock, LinkError};
use simpul_io::fetch::{Fetcher, Tsas, conf};
use simpul_io::tls::{Roots, SystemAcceptor};
use simpul_ledger::Timestamper;
use simpul_trust::conf::download::{AllowedFederations, Plan};
use simpul_trust::conf::rollback::RollbackPolicy;
use simpul_wire::gconf::shared::{ApprovedTsa, CaInfo};
use simpul_wire::gconf::{Anchor, PartKind};
use tokio::net::TcpListener;

use crate::support::conf::{Fixed, instance};
use crate::support::http::{answer, collect};
use crate::support::pki::{CA, EC_SERVER, LOCALHOST, Pair};
use crate::support::port::{Port, bounds, echo, port, text};

fn fetcher(roots: &Roots) -> Fetcher {
    Fetcher::new(roots, Duration::from_secs(10)).unwrap()
}

fn url(at: SocketAddr, target: &str) -> String {
    format!("http://{at}{target}")
}

#[tokio::test]
async fn it_gets_and_posts() {
    let port = port(bounds(), None, echo).await;
    let fetcher = fetcher(&Roots::Any);
    let got = fetcher.get(&url(port.at, "/a%2Fb?c=%zz"), 1024).await.unwrap();
    assert_eq!((got.status, got.content_type), (200, None));
    assert_eq!(got.body, format!("GET /a%2Fb?c=%zz\nhost={}\nno body", port.at));
    let posted = fetcher.post(&url(port.at, ""), "application/ocsp-request", "DER".into(), 1024).await.unwrap();
    let expected = format!("POST /\nhost={}\ncontent-type=application/ocsp-request\ncontent-length=3\nDER", port.at);
    assert_eq!(posted.body, expected);
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let port = port(bounds(), None, |_| async {
        answer(302, &[("location", "/elsewhere"), ("content-type", "a/b")], AnswerBody::Whole("moved".into()))
    })
    .await;
    let got = fetcher(&Roots::Any).get(&url(port.at, "/"), 1024).await.unwrap();
    assert_eq!((got.status, got.content_type.as_deref(), &*got.body), (302, Some("a/b"), &b"moved"[..]));
}

#[tokio::test]
async fn a_body_has_its_bound() {
    let port = port(bounds(), None, |call: ConsumerCall| async move {
        let body = Bytes::from_static(&[7; 1000]);
        match call.target.as_str() {
            "/whole" => answer(200, &[], AnswerBody::Whole(body)),
            _ => answer(
                200,
                &[],
                AnswerBody::Stream(Box::pin(stream::iter(
                    body.chunks(100).map(Bytes::copy_from_slice).map(Ok).collect::<Vec<_>>(),
                ))),
            ),
        }
    })
    .await;
    let fetcher = fetcher(&Roots::Any);
    for target in ["/whole", "/chunked"] {
        assert_eq!(fetcher.get(&url(port.at, target), 1000).await.unwrap().body.len(), 1000);
        assert!(matches!(fetcher.get(&url(port.at, target), 999).await, Err(LinkError::Http { .. })), "{target}");
    }
}

#[tokio::test]
async fn it_ends_in_time_however_busy_the_other_side_is() {
    let port = port(bounds(), None, |_| async {
        let trickle = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok(Bytes::from_static(b"x")), ()))
        });
        answer(200, &[], AnswerBody::Stream(Box::pin(trickle)))
    })
    .await;
    let fetcher = Fetcher::new(&Roots::Any, Duration::from_millis(300)).unwrap();
    assert!(matches!(fetcher.get(&url(port.at, "/"), 1 << 20).await, Err(LinkError::TimedOut { .. })));
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_at = silent.local_addr().unwrap();
    assert!(matches!(fetcher.get(&url(silent_at, "/"), 1 << 20).await, Err(LinkError::TimedOut { .. })));
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let connections = Arc::new(Mutex::new(std::collections::HashSet::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let seen = connections.clone();
    let port = port(bounds(), None, echo).await;
    let target = port.at;
    tokio::spawn(async move {
        loop {
            let (mut stream, from) = listener.accept().await.unwrap();
            seen.lock().unwrap().insert(from);
            let mut to = tokio::net::TcpStream::connect(target).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut stream, &mut to).await });
        }
    });
    let fetcher = fetcher(&Roots::Any);
    for _ in 0..3 {
        fetcher.get(&url(at, "/"), 1024).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(connections.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn other_urls_are_refused() {
    for bad in ["", "ftp://h/", "file:///etc/passwd", "http://u:p@h/", "http://h/#f", "http://h/a b"] {
        assert!(matches!(fetcher(&Roots::Any).get(bad, 1).await, Err(LinkError::BadUrl(_))), "{bad}");
    }
}

async fn secure(pair: &'static Pair) -> Port {
    let identity = pair.identity();
    port(bounds(), Some(Arc::new(SystemAcceptor::new(Arc::new(move || Some(identity.clone()))))), echo).await
}

#[tokio::test]
async fn over_https_the_roots_decide() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, pair: &Pair| {
        let path = dir.path().join(name);
        std::fs::write(&path, pair.certificate.x509().to_pem().unwrap()).unwrap();
        Roots::File(path)
    };
    let (right, wrong) = (file("ca.pem", &CA), file("other.pem", &EC_SERVER));
    let (named, unnamed) = (secure(&LOCALHOST).await, secure(&EC_SERVER).await);
    let https = |host: &str, port: &Port| format!("https://{host}:{}/", port.at.port());
    let refused = |got: Result<simpul_io::fetch::Fetched, LinkError>| matches!(got, Err(LinkError::Tls { .. }));
    fetcher(&right).get(&https("localhost", &named), 1024).await.unwrap();
    fetcher(&right).get(&https("127.0.0.1", &named), 1024).await.unwrap();
    assert!(refused(fetcher(&right).get(&https("127.0.0.1", &unnamed), 1024).await), "a certificate for another name");
    assert!(refused(fetcher(&right).get(&https("localhost", &unnamed), 1024).await), "a certificate for another name");
    assert!(refused(fetcher(&wrong).get(&https("localhost", &named), 1024).await), "a certificate of another CA");
    fetcher(&Roots::Any).get(&https("localhost", &unnamed), 1024).await.unwrap();
    assert!(Fetcher::new(&Roots::File(PathBuf::from("/nonexistent")), Duration::from_secs(1)).is_err());
}

fn tsas(urls: &[String]) -> Tsas {
    let certificate = CA.certificate.der().to_vec();
    let approved = urls.iter().map(|url| ApprovedTsa {
        name: url.clone(),
        url: url.clone(),
        certificate: certificate.clone(),
        cost: None,
    });
    let conf = instance(
        CaInfo { certificate: certificate.clone(), ocsp: Vec::new() },
        Vec::new(),
        Vec::new(),
        approved.collect(),
    );
    Tsas::new(Arc::new(Fixed(Arc::new(conf))), Arc::new(fetcher(&Roots::Any)))
}

#[tokio::test]
async fn time_stamping_services_are_asked_in_order() {
    // wire.md §6.1.
    let asked = Arc::new(Mutex::new(Vec::new()));
    let port = port(bounds(), None, {
        let asked = asked.clone();
        move |call: ConsumerCall| {
            let asked = asked.clone();
            async move {
                asked.lock().unwrap().push(call.target.clone());
                assert!(
                    call.headers
                        .contains(&("content-type".to_owned(), Bytes::from_static(b"application/timestamp-query")))
                );
                assert_eq!(
                    (call.method.as_str(), collect(call.body.unwrap()).await.unwrap()),
                    ("POST", b"query".to_vec())
                );
                match call.target.as_str() {
                    "/busy" => text(503, "later"),
                    "/long" => text(200, vec![0; limits::TIMESTAMP_RESPONSE + 1]),
                    _ => text(200, "response"),
                }
            }
        }
    })
    .await;
    let urls = ["/busy", "/long", "/good", "/never"].map(|target| url(port.at, target));
    assert_eq!(tsas(&urls).stamp(b"query".to_vec()).await.unwrap(), b"response");
    assert_eq!(*asked.lock().unwrap(), ["/busy", "/long", "/good"]);
    assert!(tsas(&urls[..2]).stamp(b"query".to_vec()).await.is_err());
    assert!(tsas(&[]).stamp(b"query".to_vec()).await.is_err());
}

struct At(&'static str);

impl Clock for At {
    fn now(&self) -> UnixTime {
        self.0.parse().unwrap()
    }
}

/// The published configuration of a real central server, by target; `None` without fixtures.
fn published(version: &str) -> Option<(Anchor, BTreeMap<String, Bytes>)> {
    let fixtures = std::env::var("SIMPUL_FIXTURES")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    let dir = PathBuf::from(fixtures).join("xroad/fixtures/signed-globalconf").join(version);
    if !dir.is_dir() {
        println!("skipped: no fixtures");
        return None;
    }
    let anchor = Anchor::parse(&std::fs::read(dir.join("anchor-internal.xml")).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    files.insert(
        format!("/internalconf?version={}", &version[1..]),
        Bytes::from(std::fs::read(dir.join("internalconf")).unwrap()),
    );
    for folder in std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for file in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            let name = |p: &PathBuf| p.file_name().unwrap().to_str().unwrap().to_owned();
            let target = format!("/{version}/{}/{}", name(&folder), name(&file));
            files.insert(target, Bytes::from(std::fs::read(&file).unwrap()));
        }
    }
    Some((anchor, files))
}

fn plan(mut anchor: Anchor, at: SocketAddr) -> Plan {
    anchor.sources.truncate(1);
    anchor.sources[0].url = url(at, "/internalconf");
    Plan {
        anchor,
        allowed: AllowedFederations::None,
        previous: Vec::new(),
        newest: BTreeMap::new(),
        generation_interval: Duration::from_secs(60),
        rollback: RollbackPolicy::Refuse,
        prefer: BTreeMap::new(),
        seed: 1,
    }
}

#[tokio::test]
async fn a_published_configuration_is_downloaded() {
    // wire.md §8.2: versions are probed from 6 down; anything but 404 wins.
    for version in ["V6", "V4"] {
        let Some((anchor, files)) = published(version) else { return };
        let requests = Arc::new(AtomicUsize::new(0));
        let port = port(bounds(), None, {
            let requests = requests.clone();
            move |call: ConsumerCall| {
                requests.fetch_add(1, Ordering::SeqCst);
                let found = files.get(&call.target).cloned();
                async move { found.map_or_else(|| text(404, "none"), |file| text(200, file)) }
            }
        })
        .await;
        let (fetcher, clock) = (fetcher(&Roots::Any), At("2026-01-01T00:00:00Z"));
        let outcome = conf::download(&fetcher, plan(anchor.clone(), port.at), &clock).await;
        let fetched = outcome.own.unwrap();
        let kinds: Vec<_> = fetched.published.parts.iter().map(|p| p.kind().clone()).collect();
        assert!(kinds.contains(&PartKind::Private) && kinds.contains(&PartKind::Shared), "{kinds:?}");
        // A second round fetches the directory and no part that is there already.
        let before = requests.load(Ordering::SeqCst);
        let next = Plan { previous: vec![fetched.published], ..plan(anchor.clone(), port.at) };
        conf::download(&fetcher, next, &clock).await.own.unwrap();
        let probes = if version == "V6" { 1 } else { 3 };
        assert_eq!(requests.load(Ordering::SeqCst) - before, probes);
        let expired = conf::download(&fetcher, plan(anchor, port.at), &At("2040-01-01T00:00:00Z")).await;
        assert!(expired.own.is_err());
    }
}

#[tokio::test]
async fn a_configuration_that_cannot_be_had_is_an_outcome() {
    let Some((anchor, _)) = published("V6") else { return };
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let outcome = conf::download(&fetcher(&Roots::Any), plan(anchor, nobody), &At("2026-01-01T00:00:00Z")).await;
    let attempts = outcome.own.unwrap_err().attempts;
    assert!(!attempts.is_empty());
    assert!(attempts[0].error.to_string().contains("no connection to"), "{attempts:?}");
}
