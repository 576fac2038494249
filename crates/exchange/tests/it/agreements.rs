//! Agreements decide: what is allowed passes and loses what it may not hold, what is not allowed gets a sealed receipt.

use bytes::Bytes;
use simpul_ledger::contract::{How, Step};
use simpul_policy::Modes;
use simpul_policy::agreement::Agreement;
use simpul_policy::agreement::life::{Life, Scope};
use simpul_wire::rest::{RestMessage, Verdict};

use crate::federation::agreed::{in_force, officer, rights_only};
use crate::federation::calls::{Reply, call, get, with_header};
use crate::federation::octets::octets;
use crate::federation::register::reply;
use crate::federation::{CLIENT, Federation, NOW};

const DENIED: &str = "server.serverproxy.access_denied";
/// Stands in each answer of the service outside of what the agreement allows.
const MARKER: &str = "Jalan-Rahasia-17";
const RAW: &str = r#"{"name":"Siti","address":{"street":"Jalan-Rahasia-17"},"salary":100}"#;

pub(crate) const DOCUMENT: &str = r#"
id = "id-my-civil-data"
version = 1
binding-language = "en"
valid-from = "2026-01-01T00:00:00Z"
valid-until = "2029-01-01T00:00:00Z"
review = "2027-06-30"
title = { id = "Pertukaran data kependudukan", en = "Exchange of civil data" }

[[party]]
instance = "ID"
member = "ID/GOV/3201"
subsystems = ["manpower"]
officer = [{ name = "Siti Rahma", role = "Direktur" }, { name = "Budi Santoso", role = "Sekretaris" }]

[[party]]
instance = "MY"
member = "MY/GOV/1001"
subsystems = ["civil-registry"]
officer = [{ name = "Aisyah Karim", role = "Director" }, { name = "Tan Wei Ming", role = "Registrar" }]

[[clause]]
id = "2.1"
kind = "grant"
text = { id = "Pemeriksaan identitas.", en = "Checks of identity." }

[clause.grant]
consumers = ["ID/GOV/3201/manpower"]
provider = "MY/GOV/1001/civil-registry"
service = "persons"
endpoints = ["GET /*"]
purposes = ["dpv:IdentityVerification"]
basis = [{ id = "uu-27", law = "UU 27/2022", article = "20" }]
categories = ["identity"]
fields = ["name"]
excess = "remove"
retention-days = 30
residency = ["ID"]
"#;

fn life(document: &str) -> Life {
    in_force(Agreement::from_toml(document).unwrap(), NOW)
}

/// A federation whose provider demands an agreement; the consumer's server leaves it to the provider.
async fn federation(document: &str) -> Federation {
    let federation = Federation::new().await;
    federation.my.server.change(|server| server.modes = Modes::default());
    federation.my.agreements.set(&[life(document)]);
    federation.id.agreements.set(&[life(document)]);
    federation
}

async fn ask(federation: &Federation, path: &str, purpose: Option<&str>) -> Reply {
    federation.register.next_body(octets([RAW]));
    let mut call = with_header(get(path), "Accept-Encoding", "gzip");
    if let Some(purpose) = purpose {
        call = with_header(with_header(call, "Simpul-Purpose", purpose), "Simpul-Basis", "uu-27");
    }
    federation.relay(call).await
}

const IDENTITY: Option<&str> = Some("dpv:IdentityVerification");

#[tokio::test]
async fn an_allowed_call_passes_and_loses_what_it_may_not_hold() {
    let federation = federation(DOCUMENT).await;
    let answer = ask(&federation, "/1", IDENTITY).await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"name":"Siti"}"#));
    let digest = life(DOCUMENT).agreement().digest();
    assert_eq!(answer.header("Simpul-Decision"), Some(format!("id-my-civil-data@{digest};2.1").as_str()));
    let [seen] = federation.register.calls().try_into().unwrap();
    assert_eq!(seen.grant.agreement.unwrap().clauses.len(), 1);
    let names: Vec<&str> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.iter().any(|n| n.eq_ignore_ascii_case("simpul-purpose")), "the service sees why it is asked");
    let [ours, theirs] = federation.records().await;
    assert_eq!((ours.len(), theirs.len()), (2, 2));
    for stored in ours.iter().chain(&theirs) {
        let kept = format!("{:?}", stored.record);
        assert!(!kept.contains(MARKER), "the raw answer is in no log");
    }
    let Ok(RestMessage::Response(response)) = RestMessage::decode(theirs[1].record.message.clone()) else { panic!() };
    assert!(
        matches!(response.verdict(), Some(Verdict::Decision { .. })),
        "the decision is in what the provider sealed"
    );
    federation.audit().await;
}

#[tokio::test]
async fn what_no_clause_allows_gets_a_sealed_receipt() {
    let cases =
        [("/1", None, "purpose-missing"), ("/1", Some("dpv:Marketing"), "purpose"), ("/1/2", IDENTITY, "endpoint")];
    for (path, purpose, reason) in cases {
        let federation = federation(DOCUMENT).await;
        let answer = ask(&federation, path, purpose).await;
        assert_eq!((answer.status, answer.error()), (500, Some(DENIED)), "{reason}");
        let digest = life(DOCUMENT).agreement().digest();
        let receipt = format!("{reason};id-my-civil-data@{digest};2.1");
        assert_eq!(answer.header("Simpul-Refusal"), Some(receipt.as_str()));
        assert_eq!((answer.fault("type").as_str(), answer.fault("detail").len()), (DENIED, 36));
        assert!(answer.fault("message").ends_with("(agreement id-my-civil-data, clause 2.1)."), "{answer:?}");
        assert_eq!(federation.register.calls().len(), 0, "nothing was carried out");
        let [ours, theirs] = federation.records().await;
        assert_eq!((ours.len(), theirs.len()), (2, 2), "request and receipt, on both sides");
        assert_eq!(theirs[0].record.refused.as_deref(), Some(DENIED));
        federation.audit().await;
    }
}

#[tokio::test]
async fn without_an_agreement_nothing_passes_and_plain_callers_are_told_so() {
    let federation = federation(DOCUMENT).await;
    federation.my.agreements.set(&[]);
    let answer = federation.relay(get("/1")).await;
    assert_eq!((answer.error(), answer.header("Simpul-Refusal")), (Some(DENIED), Some("no-agreement")));
    assert_eq!(answer.fault("message"), "No agreement in force allows you to use this service.");
    federation.my.server.change(|server| server.modes = rights_only());
    let answer = federation.relay(get("/1")).await;
    assert_eq!((answer.status, answer.header("Simpul-Decision")), (200, None), "a plain exchange says nothing of it");
}

/// The kill switch, for the whole agreement and for one clause.
#[tokio::test]
async fn a_suspension_holds_for_the_next_request() {
    let federation = federation(DOCUMENT).await;
    let (first, second) = (officer("MY/GOV/1001", "Aisyah Karim"), officer("MY/GOV/1001", "Tan Wei Ming"));
    for (scope, reason) in
        [(Scope::Whole, "agreement-suspended"), (Scope::Clause("2.1".parse().unwrap()), "clause-suspended")]
    {
        assert_eq!(ask(&federation, "/1", IDENTITY).await.status, 200);
        let suspended = life(DOCUMENT).suspend(&first, scope.clone()).unwrap();
        federation.my.agreements.set(std::slice::from_ref(&suspended));
        let answer = ask(&federation, "/1", IDENTITY).await;
        assert!(answer.header("Simpul-Refusal").is_some_and(|r| r.starts_with(reason)), "{answer:?}");
        let one = suspended.resume(&first, &scope).unwrap();
        federation.my.agreements.set(std::slice::from_ref(&one));
        assert_eq!(ask(&federation, "/1", IDENTITY).await.status, 500, "one officer resumes nothing");
        federation.my.agreements.set(&[one.resume(&second, &scope).unwrap()]);
    }
    assert_eq!(ask(&federation, "/1", IDENTITY).await.status, 200);
}

/// Where the consumer's server demands an agreement, a call that none allows never leaves it.
#[tokio::test]
async fn the_consumer_refuses_early() {
    let federation = federation(DOCUMENT).await;
    federation.id.server.change(|server| server.modes = Modes::default());
    assert_eq!(ask(&federation, "/1", IDENTITY).await.status, 200);
    let [before, _] = federation.logged().await;
    let answer = ask(&federation, "/1", None).await;
    assert_eq!(answer.error(), Some("server.clientproxy.access_denied"));
    assert!(answer.fault("message").contains("clause 2.1"), "{answer:?}");
    assert_eq!(federation.logged().await[0], before, "nothing was sealed");
}

/// An answer without a decision, or under an agreement that the consumer does not know, is no answer under an agreement.
#[tokio::test]
async fn the_consumer_takes_no_answer_without_a_decision_that_it_knows() {
    let federation = federation(DOCUMENT).await;
    federation.id.server.change(|server| server.modes = Modes::default());
    federation.my.server.change(|server| server.modes = rights_only());
    let answer = ask(&federation, "/1", IDENTITY).await;
    assert_eq!(answer.error(), Some("server.clientproxy.inconsistent_response"));
    federation.my.server.change(|server| server.modes = Modes::default());
    let other = DOCUMENT.replace("retention-days = 30", "retention-days = 31");
    federation.my.agreements.set(&[life(&other)]);
    let answer = ask(&federation, "/1", IDENTITY).await;
    assert_eq!(answer.error(), Some("server.clientproxy.inconsistent_response"));
}

/// What does not fit the agreement does not leave, in whatever form the service sends it.
#[tokio::test]
async fn an_answer_that_does_not_fit_is_refused_with_a_receipt() {
    let strict = DOCUMENT.replace("excess = \"remove\"", "excess = \"refuse\"");
    let typed = |content_type: &'static str, body: &'static str| {
        let mut reply = reply(200, "OK", Some(octets([body])));
        reply.headers = vec![("Content-Type".to_owned(), Bytes::from_static(content_type.as_bytes()))];
        reply
    };
    let replies = [
        (strict.as_str(), typed("application/json", RAW)),
        (DOCUMENT, typed("text/plain", MARKER)),
        (DOCUMENT, typed("application/json", r#"{"name":"a","name":"Jalan-Rahasia-17"}"#)),
        (DOCUMENT, typed("application/json", "\"Jalan-Rahasia-17\"")),
        (strict.as_str(), reply(404, "Jalan-Rahasia-17", Some(octets([RAW])))),
    ];
    for (document, reply) in replies {
        let federation = federation(document).await;
        let purpose = with_header(get("/1"), "Simpul-Purpose", "dpv:IdentityVerification");
        let call = with_header(purpose, "Simpul-Basis", "uu-27");
        federation.register.next(|| Ok(reply));
        let answer = federation.relay(call).await;
        assert_eq!(answer.error(), Some(DENIED), "{answer:?}");
        let digest = life(document).agreement().digest();
        let receipt = format!("answer;id-my-civil-data@{digest};2.1");
        assert_eq!(answer.header("Simpul-Refusal"), Some(receipt.as_str()));
        assert!(!format!("{answer:?}").contains(MARKER));
        for stored in federation.records().await.concat() {
            assert!(!format!("{:?}", stored.record).contains(MARKER));
        }
        federation.audit().await;
    }
}

/// A reason phrase and an error's body are free text of the service.
#[tokio::test]
async fn nothing_of_an_error_answer_leaks() {
    let federation = federation(DOCUMENT).await;
    federation.register.next(|| Ok(reply(404, MARKER, Some(octets([RAW])))));
    let purpose = with_header(get("/1"), "Simpul-Purpose", "dpv:IdentityVerification");
    let answer = federation.relay(with_header(purpose, "Simpul-Basis", "uu-27")).await;
    assert_eq!((answer.status, answer.text()), (404, ""));
    assert!(!format!("{answer:?}").contains(MARKER));
}

/// I1: no receipt without a record of what it refuses.
#[tokio::test]
async fn a_receipt_needs_the_log() {
    let federation = federation(DOCUMENT).await;
    federation.my.store.break_next(Step::Append, How::Halt, 1);
    let answer = ask(&federation, "/1", None).await;
    assert_eq!(answer.error(), Some("server.serverproxy.logging_failed"));
}

/// A declaration that stands twice says nothing: the block is refused before anybody decides.
#[tokio::test]
async fn a_purpose_is_stated_once() {
    let federation = federation(DOCUMENT).await;
    let once = with_header(call("GET", "persons/1", CLIENT), "Simpul-Purpose", "dpv:IdentityVerification");
    let twice = with_header(once, "simpul-purpose", "dpv:IdentityVerification");
    let answer = federation.relay(twice).await;
    assert!(answer.error().is_some_and(|e| e.ends_with("duplicate_header_field")), "{answer:?}");
}
