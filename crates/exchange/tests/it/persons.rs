//! Persons in exchanges: the token is opened after the decision, the service alone learns whom it is about, and who
//! used the data is kept before anything of the answer leaves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use simpul_core::UnixTime;
use simpul_exchange::call::AnswerBody;
use simpul_exchange::consumer::Consumer;
use simpul_exchange::persons::{About, Access, NotRecorded, Opened, Persons, Unopened};
use simpul_exchange::provider::Provider;
use simpul_exchange::server::PersonsAt;
use simpul_policy::Modes;
use simpul_policy::agreement::Agreement;
use simpul_trust::subject::{Subject, SubjectError};

use crate::agreements::DOCUMENT;
use crate::federation::agreed::in_force;
use crate::federation::authority::chain;
use crate::federation::calls::{Reply, get, read, with_header};
use crate::federation::forge::Sent;
use crate::federation::octets::octets;
use crate::federation::road::Road;
use crate::federation::{CLIENT, Federation, NOW};

const DENIED: &str = "server.serverproxy.access_denied";
const RAW: &str = r#"{"name":"Siti","salary":100}"#;

/// The person, the clause, the fields, and the record.
type Kept = (String, Option<String>, Vec<usize>, u64);

/// Opens the token `good` once and notes what is kept.
#[derive(Default)]
struct Noted {
    used: AtomicBool,
    broken: AtomicBool,
    kept: Mutex<Vec<Kept>>,
}

#[async_trait]
impl Persons for Noted {
    async fn open(&self, token: &str, about: &About<'_>, at: UnixTime) -> Result<Opened, Unopened> {
        assert_eq!((at, about.request.service().code.as_str()), (NOW, "persons"));
        match token {
            "good" if !self.used.swap(true, Ordering::SeqCst) => Ok(Opened {
                subject: Subject::new("3201-ü".to_owned()).unwrap(),
                home: "ID".parse().unwrap(),
                nonce: "a5".repeat(16),
                until: NOW,
            }),
            "good" => Err(Unopened::Used),
            "late" => Err(Unopened::from(SubjectError::Expired)),
            "other" => Err(Unopened::from(SubjectError::OtherService)),
            "silent" => Err(Unopened::Unavailable("the disk is full".into())),
            _ => Err(Unopened::from(SubjectError::Malformed)),
        }
    }

    async fn record(&self, access: &Access<'_>) -> Result<(), NotRecorded> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(NotRecorded("the disk is full".into()));
        }
        let clause = access.about.agreement.map(|a| a.clauses[0].to_string());
        for concerned in access.persons {
            let person = format!("{}/{}", concerned.home, concerned.subject.reveal());
            self.kept.lock().unwrap().push((person, clause.clone(), concerned.fields.clone(), access.record.number()));
        }
        Ok(())
    }
}

struct Ground {
    federation: Federation,
    noted: Arc<Noted>,
    consumer: Consumer,
}

impl Ground {
    async fn new(agreed: bool) -> Self {
        let federation = Federation::new().await;
        if agreed {
            federation.my.server.change(|server| server.modes = Modes::default());
            federation.my.agreements.set(&[in_force(Agreement::from_toml(DOCUMENT).unwrap(), NOW)]);
        }
        let noted = Arc::new(Noted::default());
        let register = Arc::clone(&federation.register) as _;
        let provider = Arc::new(Provider::new(federation.my.ports.clone(), register, Arc::clone(&noted) as _));
        let [own, peer, _] = &federation.auth;
        let road = Arc::new(Road::new(provider, chain(own), chain(peer)));
        let consumer = Consumer::new(federation.id.ports.clone(), road as _);
        Self { federation, noted, consumer }
    }

    async fn ask(&self, token: Option<&str>) -> Reply {
        self.answered(token, RAW).await
    }

    async fn answered(&self, token: Option<&str>, body: &'static str) -> Reply {
        self.federation.register.next_body(octets([body]));
        let call = with_header(get("/1"), "Simpul-Purpose", "dpv:IdentityVerification");
        let call = with_header(with_header(call, "Simpul-Basis", "uu-27"), "Simpul-Subject-Id", "somebody else");
        let call = with_header(call, "simpul-subject-home", "SG");
        let call = if let Some(token) = token { with_header(call, "Simpul-Subject", token) } else { call };
        read(self.consumer.relay(call).await).await
    }
}

#[tokio::test]
async fn the_service_alone_learns_whom_it_is_about() {
    for agreed in [true, false] {
        let ground = Ground::new(agreed).await;
        let answer = ground.ask(Some("good")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let [seen] = ground.federation.register.calls().try_into().unwrap();
        assert_eq!(seen.person.as_deref(), Some("3201-ü"));
        let own = |name: &str| ["simpul-subject-id", "simpul-subject-home"].contains(&name.to_lowercase().as_str());
        assert!(!seen.headers.iter().any(|(name, _)| own(name)), "what the caller says counts for nothing");
        for stored in ground.federation.records().await.concat() {
            let kept = format!("{:?}", stored.record);
            assert!(!kept.contains("3201-") && !kept.contains("somebody else"), "{kept}");
        }
        let clause = agreed.then(|| "2.1".to_owned());
        let fields = if agreed { vec![0] } else { vec![] };
        let kept = ground.noted.kept.lock().unwrap().clone();
        assert_eq!(kept, [("ID/3201-ü".to_owned(), clause, fields, seen.record.number())]);
    }
}

#[tokio::test]
async fn nobody_is_named_where_there_is_no_token() {
    let ground = Ground::new(false).await;
    assert_eq!(ground.ask(None).await.status, 200);
    assert_eq!(ground.federation.register.calls()[0].person, None);
    assert!(ground.noted.kept.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_token_that_does_not_open_is_refused_with_a_receipt() {
    for (agreed, token, reason) in [
        (true, "bad", "subject-unreadable"),
        (true, "late", "subject-expired"),
        (false, "other", "subject-elsewhere"),
        (true, "other", "subject-elsewhere"),
    ] {
        let ground = Ground::new(agreed).await;
        let answer = ground.ask(Some(token)).await;
        assert_eq!((answer.status, answer.error()), (500, Some(DENIED)), "{answer:?}");
        let receipt = answer.header("Simpul-Refusal").unwrap();
        match agreed {
            true => {
                assert!(receipt.starts_with(&format!("{reason};id-my-civil-data@")) && receipt.ends_with(";2.1"));
                assert!(answer.fault("message").ends_with("(agreement id-my-civil-data, clause 2.1)."), "{answer:?}");
            }
            false => assert_eq!(receipt, reason),
        }
        assert_eq!(ground.federation.register.calls().len(), 0, "nothing was carried out");
        let [ours, theirs] = ground.federation.records().await;
        assert_eq!((ours.len(), theirs.len()), (2, 2), "request and receipt, on both sides");
        assert_eq!(theirs[0].record.refused.as_deref(), Some(DENIED));
        assert!(ground.noted.kept.lock().unwrap().is_empty());
        ground.federation.audit().await;
    }
}

#[tokio::test]
async fn a_token_is_good_once() {
    let ground = Ground::new(true).await;
    assert_eq!(ground.ask(Some("good")).await.status, 200);
    let again = ground.ask(Some("good")).await;
    assert!(again.header("Simpul-Refusal").is_some_and(|r| r.starts_with("subject-used;")), "{again:?}");
    assert_eq!(ground.noted.kept.lock().unwrap().len(), 1);
}

/// Fail closed: what the person could not see does not leave, not even in part.
#[tokio::test]
async fn what_cannot_be_kept_does_not_leave() {
    for agreed in [true, false] {
        let ground = Ground::new(agreed).await;
        ground.noted.broken.store(true, Ordering::SeqCst);
        let answer = ground.ask(Some("good")).await;
        assert_eq!(answer.error(), Some("server.serverproxy.logging_failed"), "{answer:?}");
        let [_, theirs] = ground.federation.records().await;
        assert_eq!(theirs.len(), 1, "the request, and no answer");
        assert!(!format!("{answer:?}").contains("Siti"));
    }
    let ground = Ground::new(true).await;
    assert_eq!(ground.ask(Some("silent")).await.error(), Some("server.serverproxy.database_error"));
    assert_eq!(ground.federation.register.calls().len(), 0);
}

/// A peer may be any program: headers that only this server may set never reach the service from a message.
#[tokio::test]
async fn what_a_peer_says_of_a_person_reaches_nobody() {
    let federation = Federation::new().await;
    let mut message = federation.request("GET", "persons/1", None).await;
    message.replace("Accept:*/*", "SIMPUL-subject-ID:somebody else\r\nSimpul-Subject-Home:SG");
    federation.seal(&mut message, CLIENT).await;
    let (call, _) = Sent::new(&federation, &message).call();
    let answer = federation.provider.answer(call).await;
    assert!(matches!(answer.body, AnswerBody::Stream(_)), "it is answered");
    let [seen] = federation.register.calls().try_into().unwrap();
    let own = |name: &str| name.to_lowercase().starts_with("simpul-subject-");
    assert!(!seen.headers.is_empty() && !seen.headers.iter().any(|(name, _)| own(name)), "{:?}", seen.headers);
    assert_eq!(seen.person, None);
}

/// Where nobody opens tokens, a request that names somebody is refused: whom it is about would not be told.
#[tokio::test]
async fn a_provider_without_keys_answers_nothing_about_persons() {
    let federation = Federation::new().await;
    let answer = federation.relay(with_header(get("/1"), "Simpul-Subject", "good")).await;
    assert_eq!((answer.error(), answer.header("Simpul-Refusal")), (Some(DENIED), Some("subject-no-keys")));
    assert_eq!(federation.register.calls().len(), 0);
    federation.audit().await;
}

/// An answer may say itself whom it is about: each person by their own fields, with a token or without.
#[tokio::test]
async fn persons_in_an_answer_are_told_too() {
    const TWO: &str = r#"{"name":"Siti","all":[{"id":"a-1"},{"id":"b-2"}]}"#;
    for agreed in [true, false] {
        let ground = Ground::new(agreed).await;
        let at = |place: &str| {
            let at = PersonsAt { place: place.parse().unwrap(), home: "MY".parse().unwrap() };
            ground.federation.my.server.change(|server| {
                server.services.values_mut().for_each(|service| service.persons = Some(at.clone()));
            });
        };
        let told = || {
            let mut kept = ground.noted.kept.lock().unwrap();
            std::mem::take(&mut *kept).into_iter().map(|(person, _, fields, _)| (person, fields)).collect::<Vec<_>>()
        };
        let person = |name: &str, fields: &[usize]| (name.to_owned(), fields.to_vec());
        let whole = if agreed { vec![] } else { vec![0] };
        at("all.*.id");
        let answer = ground.answered(None, TWO).await;
        assert_eq!((answer.status, answer.text().contains("a-1")), (200, !agreed), "{answer:?}");
        assert_eq!(told(), [person("MY/a-1", &whole), person("MY/b-2", &whole)]);
        let answer = ground.answered(Some("good"), TWO).await;
        assert_eq!(answer.status, 200);
        assert_eq!(told(), [person("MY/a-1", &whole), person("MY/b-2", &whole), person("ID/3201-ü", &[])]);
        at("name");
        assert_eq!(ground.answered(None, TWO).await.status, 200);
        assert_eq!(told(), [person("MY/Siti", &[0])], "by the field that the agreement allows, or by all");
        // Nobody is passed over.
        at("all.*.nik");
        let answer = ground.answered(None, TWO).await;
        assert_eq!(answer.error(), Some(DENIED), "{answer:?}");
        assert!(answer.header("Simpul-Refusal").unwrap().starts_with("answer"));
        at("name");
        ground.noted.broken.store(true, Ordering::SeqCst);
        assert_eq!(ground.answered(None, TWO).await.error(), Some("server.serverproxy.logging_failed"));
    }
}
