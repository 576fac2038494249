//! Assertions of portals.

use openssl::base64::{decode_block, encode_block};
use simpul_core::{MemberId, ServiceId, UnixTime, limits};
use simpul_policy::agreement::AgreementDigest;
use simpul_policy::agreement::terms::Secrecy;
use simpul_services::trail::assertion::assert;
use simpul_services::trail::{Answer, AssertionError, Audience, Page, Question, TrailError};
use simpul_trust::jws::{self, JwsError};
use simpul_trust::subject::{Binding, SubjectError, seal_subject};
use simpul_trust::token::SoftSigner;

use crate::ground::{Ground, data_trail, ec_key, page, portal, rsa_key, signer, subject, time, whole};

const NOW: &str = "2026-11-22T10:00:00Z";

fn after(seconds: i64) -> UnixTime {
    UnixTime::from_secs(time(NOW).secs() + seconds)
}

fn nonce() -> [u8; 16] {
    let mut nonce = [0; 16];
    openssl::rand::rand_bytes(&mut nonce).unwrap();
    nonce
}

fn digest() -> AgreementDigest {
    "5a".repeat(32).parse().unwrap()
}

async fn made(ground: &Ground, signer: &SoftSigner, by: &MemberId, service: &ServiceId, at: UnixTime) -> String {
    let digest = digest();
    let audience = Audience { service, agreement: Some(&digest) };
    assert(signer, by, &subject("person-a"), &audience, &ground.recipient, nonce(), at).await.unwrap()
}

pub(crate) async fn assertion(ground: &Ground, identifier: &str, at: UnixTime) -> String {
    let (digest, service) = (digest(), data_trail());
    let audience = Audience { service: &service, agreement: Some(&digest) };
    let signer = &ground.portal.signer;
    assert(signer, &portal(), &subject(identifier), &audience, &ground.recipient, nonce(), at).await.unwrap()
}

pub(crate) async fn ask(ground: &Ground, assertion: &str, page: Page, now: UnixTime) -> Result<Answer, TrailError> {
    let (asker, digest) = (portal(), digest());
    ground.trail.answer(&Question { assertion, asker: &asker, agreement: Some(&digest), page }, now).await
}

async fn refused(ground: &Ground, assertion: &str, now: UnixTime) -> AssertionError {
    match ask(ground, assertion, page(10), now).await {
        Err(TrailError::Assertion(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_portal_is_answered() {
    for key in [ec_key(), rsa_key()] {
        let ground = Ground::with(&[1], key);
        ground.record(time("2026-11-22T09:59:30Z"), 1, Secrecy::Open, vec![whole("person-a"), whole("person-b")]).await;
        let answer = ask(&ground, &assertion(&ground, "person-a", after(0)).await, page(10), after(1)).await.unwrap();
        assert_eq!(answer, ground.seen("person-a", after(1)).await);
        assert_eq!(answer.accesses.len(), 1);
        let nobody = ask(&ground, &assertion(&ground, "person-c", after(0)).await, page(10), after(1)).await.unwrap();
        assert_eq!((nobody.accesses.len(), nobody.next), (0, None));
    }
}

/// The edges of its five minutes, and of the minute by which a portal's clock may be ahead.
#[tokio::test]
async fn an_assertion_is_good_for_five_minutes() {
    for (made_at, asked_at, good) in [
        (0, 0, true),
        (0, 299, true),
        (0, 300, false),
        (0, 86_400, false),
        (60, 0, true),
        (61, 0, false),
        (86_400, 0, false),
    ] {
        let ground = Ground::new();
        let assertion = assertion(&ground, "person-a", after(made_at)).await;
        let outcome = ask(&ground, &assertion, page(1), after(asked_at)).await;
        match outcome {
            Ok(_) => assert!(good, "{made_at} {asked_at}"),
            Err(TrailError::Assertion(AssertionError::Expired)) => assert!(!good && asked_at > made_at),
            Err(TrailError::Assertion(AssertionError::FromTheFuture)) => assert!(!good && asked_at < made_at),
            Err(other) => panic!("{made_at} {asked_at}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    let ground = Ground::new();
    let first = assertion(&ground, "person-a", after(0)).await;
    ask(&ground, &first, page(1), after(0)).await.unwrap();
    for seconds in [0, 1, 299] {
        assert!(matches!(refused(&ground, &first, after(seconds)).await, AssertionError::Replayed));
    }
    // A clock that is set back does not bring it to life again.
    ask(&ground, &assertion(&ground, "person-a", after(330)).await, page(1), after(330)).await.unwrap();
    assert!(matches!(refused(&ground, &first, after(0)).await, AssertionError::Replayed));
}

/// Another signature around the same subject token has the same nonce.
#[tokio::test]
async fn a_token_signed_again_is_used() {
    let ground = Ground::new();
    let first = assertion(&ground, "person-a", after(0)).await;
    ask(&ground, &first, page(1), after(0)).await.unwrap();
    let claims =
        payload(&first).replace(&format!("\"iat\":{}", after(0).secs()), &format!("\"iat\":{}", after(1).secs()));
    let again = jws::sign(&ground.portal.signer, "simpul-trail+jws", claims.as_bytes()).await.unwrap();
    assert_ne!(again, first);
    assert!(matches!(refused(&ground, &again, after(2)).await, AssertionError::Replayed));
}

/// A portal asks for persons of its own state alone.
#[tokio::test]
async fn a_person_of_another_state_is_not_asked_for() {
    let ground = Ground::new();
    let (digest, service) = (digest(), data_trail());
    let binding = Binding { agreement: digest.as_bytes(), service: &service };
    let seal = |home: &str| {
        let home = home.parse().unwrap();
        seal_subject(&subject("person-a"), &home, &binding, &ground.recipient, nonce(), after(0)).unwrap()
    };
    let own = assertion(&ground, "person-a", after(0)).await;
    for (home, good) in [("ID", true), ("SG", false)] {
        let mut claims: serde_json::Value = serde_json::from_str(&payload(&own)).unwrap();
        claims["sub"] = seal(home).into();
        let made = jws::sign(&ground.portal.signer, "simpul-trail+jws", claims.to_string().as_bytes()).await.unwrap();
        match ask(&ground, &made, page(1), after(0)).await {
            Ok(_) => assert!(good, "{home}"),
            Err(error) => {
                assert!(!good && matches!(error, TrailError::Assertion(AssertionError::OtherState)), "{error:?}")
            }
        }
    }
}

#[tokio::test]
async fn an_assertion_has_one_audience() {
    let ground = Ground::new();
    for other in [
        "MY/GOV/1002/civil-registry/data-trail",
        "MY/GOV/1001/other/data-trail",
        "MY/GOV/1001/civil-registry/persons",
        "SG/GOV/1001/civil-registry/data-trail",
    ] {
        let token = made(&ground, &ground.portal.signer, &portal(), &other.parse().unwrap(), after(0)).await;
        assert!(matches!(refused(&ground, &token, after(0)).await, AssertionError::OtherAudience), "{other}");
    }
    let (other, asker) = ("6b".repeat(32).parse().unwrap(), portal());
    for agreement in [None, Some(&other)] {
        let assertion = assertion(&ground, "person-a", after(0)).await;
        let question = Question { assertion: &assertion, asker: &asker, agreement, page: page(1) };
        let outcome = ground.trail.answer(&question, after(0)).await;
        let Err(TrailError::Assertion(AssertionError::Subject(SubjectError::OtherAgreement))) = outcome else {
            panic!("{outcome:?}");
        };
    }
}

#[tokio::test]
async fn an_assertion_has_one_signer() {
    let ground = Ground::new();
    let stranger = signer(ec_key());
    let token = made(&ground, &stranger, &portal(), &data_trail(), after(0)).await;
    assert!(matches!(refused(&ground, &token, after(0)).await, AssertionError::OtherSigner));
    let other = MemberId::from_parts("ID", "GOV", "9002").unwrap();
    let token = made(&ground, &ground.portal.signer, &other, &data_trail(), after(0)).await;
    assert!(matches!(refused(&ground, &token, after(0)).await, AssertionError::OtherSigner));
    // Brought by a member that did not sign it.
    let (assertion, digest) = (assertion(&ground, "person-a", after(0)).await, digest());
    let question = Question { assertion: &assertion, asker: &other, agreement: Some(&digest), page: page(1) };
    let outcome = ground.trail.answer(&question, after(0)).await;
    assert!(matches!(outcome, Err(TrailError::Assertion(AssertionError::OtherAsker))), "{outcome:?}");
    // The portal's certificate no longer holds.
    let late = time("2033-01-01T00:00:00Z");
    let token = made(&ground, &ground.portal.signer, &portal(), &data_trail(), late).await;
    assert!(matches!(refused(&ground, &token, late).await, AssertionError::OtherSigner));
}

/// A portal asks for persons of its own state: the same number of another state is another person.
#[tokio::test]
async fn a_portal_asks_for_its_own_state() {
    let ground = Ground::new();
    let of_my = simpul_services::trail::Person::new("MY".parse().unwrap(), subject("person-a"));
    let concerned =
        vec![simpul_services::trail::Concerned { person: of_my, part: simpul_services::trail::Part::Whole }];
    ground.record(after(0), 1, Secrecy::Open, concerned).await;
    let answer = ask(&ground, &assertion(&ground, "person-a", after(0)).await, page(1), after(1)).await.unwrap();
    assert_eq!(answer.accesses, []);
}

#[tokio::test]
async fn a_changed_assertion_is_refused() {
    let ground = Ground::new();
    let token = assertion(&ground, "person-a", after(0)).await;
    let changed_at = |n: usize| {
        let mut octets = token.clone().into_bytes();
        octets[n] = if octets[n] == b'A' { b'B' } else { b'A' };
        String::from_utf8(octets).unwrap()
    };
    for n in 0..token.len() {
        let error = refused(&ground, &changed_at(n), after(0)).await;
        let known =
            matches!(error, AssertionError::Signature(_) | AssertionError::Malformed | AssertionError::OtherSigner);
        assert!(known, "octet {n}: {error:?}");
    }
    let last = refused(&ground, &changed_at(token.len() - 5), after(0)).await;
    assert!(matches!(last, AssertionError::Signature(JwsError::Signature)), "{last:?}");
    assert!(ask(&ground, &token, page(1), after(0)).await.is_ok(), "nothing of it used the nonce up");
}

/// Signed by the portal, and still not what an assertion is.
#[tokio::test]
async fn claims_are_those_of_an_assertion() {
    let ground = Ground::new();
    let good = payload(&assertion(&ground, "person-a", after(0)).await);
    let (iat, exp) = (after(0).secs(), after(300).secs());
    let number = |name: &str, n: i64| format!("\"{name}\":{n}");
    let cases = [
        ("another member", good.replacen('{', "{\"admin\":true,", 1), "Malformed"),
        ("two times", good.replacen('{', &format!("{{\"iat\":{iat},"), 1), "Malformed"),
        ("no end", good.replace(&format!(",{}", number("exp", exp)), ""), "Malformed"),
        ("an issuer of two parts", good.replace("\"9001\"", "").replace("\"GOV\",]", "\"GOV\"]"), "Malformed"),
        ("longer", good.replace(&number("exp", exp), &number("exp", exp + 1)), "TooFar"),
        ("for ever", good.replace(&number("exp", exp), &number("exp", i64::MAX)), "TooFar"),
        ("an end before its begin", good.replace(&number("exp", exp), &number("exp", iat)), "TooFar"),
        ("no number", good.replace(&number("iat", iat), &number("iat", i64::MIN)), "TooFar"),
        ("no subject", good.replace("\"sub\":\"", "\"sub\":\"x"), "Subject"),
        ("no JSON", "{".to_owned(), "Malformed"),
    ];
    for (name, claims, expected) in cases {
        assert_ne!(claims, good, "{name}");
        let token = jws::sign(&ground.portal.signer, "simpul-trail+jws", claims.as_bytes()).await.unwrap();
        let error = refused(&ground, &token, after(0)).await;
        assert!(format!("{error:?}").starts_with(expected), "{name}: {error:?}");
    }
    let other = jws::sign(&ground.portal.signer, "JWT", good.as_bytes()).await.unwrap();
    let error = refused(&ground, &other, after(0)).await;
    assert!(matches!(error, AssertionError::Signature(JwsError::OtherType)), "{error:?}");
    let token = jws::sign(&ground.portal.signer, "simpul-trail+jws", good.as_bytes()).await.unwrap();
    assert!(ask(&ground, &token, page(1), after(0)).await.is_ok());
}

#[tokio::test]
async fn an_assertion_has_a_bound() {
    let ground = Ground::new();
    let error = refused(&ground, &"a".repeat(limits::ASSERTION), after(0)).await;
    assert!(matches!(error, AssertionError::Signature(JwsError::Malformed)), "{error:?}");
    let error = refused(&ground, &"a".repeat(limits::ASSERTION + 1), after(0)).await;
    assert!(matches!(error, AssertionError::TooLong(_)), "{error:?}");
}

/// A subject that was encrypted to somebody else.
#[tokio::test]
async fn a_subject_is_opened_by_its_holder_alone() {
    let (ground, other) = (Ground::new(), Ground::new());
    let (digest, service) = (digest(), data_trail());
    let audience = Audience { service: &service, agreement: Some(&digest) };
    let signer = &ground.portal.signer;
    let token =
        assert(signer, &portal(), &subject("person-a"), &audience, &other.recipient, nonce(), after(0)).await.unwrap();
    let error = refused(&ground, &token, after(0)).await;
    assert!(matches!(error, AssertionError::Subject(SubjectError::OtherKey)), "{error:?}");
}

fn payload(token: &str) -> String {
    let mut text = token.split('.').nth(1).unwrap().replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    let payload = String::from_utf8(decode_block(&text).unwrap()).unwrap();
    assert_eq!(encode_block(payload.as_bytes()), text);
    payload
}
