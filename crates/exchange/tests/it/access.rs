//! No exchange outside access rights (invariant I2), judged early and again on what was verified.

use simpul_policy::Subject;

use crate::federation::calls::{call, with_body};
use crate::federation::forge::{Part, Sent};
use crate::federation::octets::octets;
use crate::federation::{CLIENT, Federation, PARTNER, STRANGER};

const DENIED: &str = "server.serverproxy.access_denied";

/// wire.md §9.2: client and group; method and path pattern; raw paths in every reading.
const TABLE: [(&str, &str, &str, bool); 22] = [
    (CLIENT, "GET", "persons", true),
    (CLIENT, "DELETE", "persons/1/2?x=/../", true),
    (STRANGER, "GET", "persons", false),
    (PARTNER, "GET", "persons", false),
    (CLIENT, "GET", "deaths", false),
    (CLIENT, "GET", "births/births/1", true),
    (CLIENT, "HEAD", "births/births/1", false),
    (CLIENT, "GET", "births", false),
    (CLIENT, "GET", "births/births/", false),
    (CLIENT, "GET", "births/births/1/2", false),
    (CLIENT, "GET", "births/births/1%2F2", false),
    (CLIENT, "GET", "births/births/%31", true),
    (CLIENT, "GET", "births/Births/1", false),
    (CLIENT, "POST", "births/births", true),
    (CLIENT, "POST", "births/births/1", false),
    (CLIENT, "GET", "births/births/..", false),
    (CLIENT, "GET", "persons/a/../b", false),
    (CLIENT, "GET", "persons/a/%2e%2E/b", false),
    (PARTNER, "GET", "statistics/2026", true),
    (PARTNER, "POST", "statistics/2026", false),
    (CLIENT, "GET", "statistics/2026", false),
    (STRANGER, "GET", "statistics", false),
];

#[tokio::test]
async fn the_service_is_called_exactly_by_right() {
    let federation = Federation::new().await;
    // The stranger's member is the client's, and can seal: all that it lacks is the right.
    for (client, method, service, permitted) in TABLE {
        let before = (federation.register.calls().len(), federation.my.records().await.len());
        let mut asked = call(method, service, client);
        if method == "POST" {
            asked = with_body(asked, octets(["{}"]));
        }
        let answer = federation.relay(asked).await;
        let records = federation.my.records().await;
        let after = (federation.register.calls().len(), records.len());
        let name = format!("{client} {method} {service}");
        if permitted {
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            assert_eq!(after, (before.0 + 1, before.1 + 2), "{name}");
        } else {
            assert_eq!((answer.status, answer.error()), (500, Some(DENIED)), "{name}");
            assert_eq!(after, (before.0, before.1 + 1), "{name}: no call, and the refusal in the log");
            assert_eq!(records.last().unwrap().record.refused.as_deref(), Some(DENIED), "{name}");
        }
    }
    federation.audit().await;
}

/// The grant goes with the request: by whose right it is carried out.
#[tokio::test]
async fn the_grant_names_the_right_that_covers_the_call() {
    let federation = Federation::new().await;
    federation.relay(call("GET", "births/births/1", CLIENT)).await;
    federation.relay(call("GET", "statistics", PARTNER)).await;
    let rights: Vec<_> = federation.register.calls().into_iter().map(|c| c.grant.right).collect();
    assert_eq!(rights[0].subject, Subject::Client(CLIENT.parse().unwrap()));
    assert_eq!(rights[0].endpoint.to_string(), "GET /births/*");
    assert_eq!(rights[1].subject, Subject::GlobalGroup("MY/partners".parse().unwrap()));
}

/// What the fault says names no path and no right: both are for the operator.
#[tokio::test]
async fn a_denied_caller_learns_no_more_than_that() {
    let federation = Federation::new().await;
    let answer = federation.relay(call("GET", "births/births/19800101/diagnoses", CLIENT)).await;
    assert_eq!(answer.fault("message"), "Request is not allowed");
}

/// wire.md §3.10: access is judged before the signature, so a wrong seal does not show. It can only refuse.
#[tokio::test]
async fn a_request_without_right_is_refused_before_its_seal_is_judged() {
    let federation = Federation::new().await;
    let mut message = federation.request("GET", "deaths", Some("a body")).await;
    message.body = Some("another body".into());
    let (call, progress) = Sent::new(&federation, &message).call();
    assert_eq!(federation.judge(call).await.code().as_deref(), Some(DENIED));
    assert_eq!(progress.far(), Part::End, "the message was read whole");
    // Nobody has sealed it: the log says nothing of it (docs/adr/0005).
    assert_eq!((federation.register.calls().len(), federation.logged().await), (0, [0, 0]));
}

/// A right of one client is of no use to whoever cannot seal as its member.
#[tokio::test]
async fn a_right_belongs_to_the_member_that_seals() {
    let federation = Federation::new().await;
    let mut message = federation.request("GET", "persons", None).await;
    federation.seal(&mut message, PARTNER).await;
    let (call, _) = Sent::new(&federation, &message).call();
    let code = federation.judge(call).await.code();
    assert_eq!(code.as_deref(), Some("server.serverproxy.signature_verification.incorrect_certificate"));
    assert_eq!((federation.register.calls().len(), federation.logged().await), (0, [0, 0]));
}

/// Rights are those of the configuration in force when the request comes.
#[tokio::test]
async fn a_right_that_is_withdrawn_is_gone() {
    let federation = Federation::new().await;
    assert_eq!(federation.relay(call("GET", "persons", CLIENT)).await.status, 200);
    federation.my.server.change(|server| server.access = simpul_policy::AccessRights::default());
    assert_eq!(federation.relay(call("GET", "persons", CLIENT)).await.error(), Some(DENIED));
    assert_eq!(federation.register.calls().len(), 1);
}

/// A group of another instance is no group, and its members are those that its own instance lists.
#[tokio::test]
async fn a_group_is_judged_by_the_instance_that_publishes_it() {
    let federation = Federation::new().await;
    let group = "GLOBALGROUP:ID/partners".parse().unwrap();
    federation.my.server.change(|server| {
        let (service, id) = (server.services.keys().find(|s| s.code.as_str() == "deaths").unwrap().clone(), group);
        let right = simpul_policy::Right { subject: id, endpoint: simpul_policy::Endpoint::whole() };
        server.access.grant(service.provider, service.code, right);
    });
    assert_eq!(federation.relay(call("GET", "deaths", PARTNER)).await.error(), Some(DENIED));
}
