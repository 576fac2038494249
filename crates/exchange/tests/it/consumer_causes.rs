//! Each cause for which the consumer's server refuses a call, beyond the one that stands for it in the order.

use std::time::Duration;

use simpul_exchange::call::Caller;
use simpul_exchange::server::ConnectionType;
use simpul_trust::cert::Certificate;

use crate::federation::authority::{chain, member};
use crate::federation::calls::{get, post, raw, with_header};
use crate::federation::octets::{cut, stalled};
use crate::federation::road::{self, Failure, Obstacle};
use crate::federation::spool::SpoolStep;
use crate::federation::{CLIENT, CLOSED, Federation, MY_ADDRESS, NEIGHBOUR, PROVIDER, STRANGER};

type HeaderList<'a> = &'a [(&'a str, &'a str)];

/// wire.md §2.1, §2.4.2, §3.9: problems of the request line and of headers are faults of the consumer's server.
#[tokio::test]
async fn a_call_that_is_no_rest_call_goes_nowhere() {
    let federation = Federation::new().await;
    let service = format!("/r1/{PROVIDER}/persons");
    let client = ("X-Road-Client", CLIENT);
    let table: [(&str, &str, HeaderList<'_>, &str); 14] = [
        ("CONNECT", &service, &[client], "internal_error"),
        ("get", &service, &[client], "internal_error"),
        ("GET", "/r1/MY/GOV/1001/civil-registry", &[client], "internal_error"),
        ("GET", "/r2/MY/GOV/1001/civil-registry/persons", &[client], "internal_error"),
        ("GET", "/r1/MY/GOV//civil-registry/persons", &[client], "internal_error"),
        ("GET", "/r1/MY/GOV/1001/civil-registry/persons/%zz", &[client], "internal_error"),
        ("GET", "/r1/MY/GOV/1001/civil-registry/persons/a b", &[client], "internal_error"),
        ("GET", &service, &[], "invalid_client_identifier"),
        ("GET", &service, &[("X-Road-Client", "")], "invalid_client_identifier"),
        ("GET", &service, &[("X-Road-Client", "ID/GOV")], "invalid_client_identifier"),
        ("GET", &service, &[client, client], "duplicate_header_field"),
        ("GET", &service, &[client, ("X-Road-Id", "a"), ("x-road-id", "a")], "duplicate_header_field"),
        ("GET", &service, &[client, ("X-Road-Security-Server", "MY/GOV/1001")], "internal_error"),
        ("GET", &service, &[client, ("X-Road-Id", "")], "missing_header_field"),
    ];
    for (method, target, headers, expected) in table {
        let answer = federation.relay(raw(method, target, headers)).await;
        let expected = format!("server.clientproxy.{expected}");
        assert_eq!((answer.status, answer.error()), (500, Some(&*expected)), "{method} {target} {headers:?}");
    }
    assert_eq!((federation.road.opened().len(), federation.logged().await), (0, [0, 0]));
}

/// wire.md §2.4.2: registered on this server, exactly: a member does not stand for its subsystems, nor the reverse.
#[tokio::test]
async fn only_registered_clients_may_call() {
    let federation = Federation::new().await;
    for client in ["ID/GOV/3201", "ID/GOV/3201/manpower2", "ID/GOV/3201/MANPOWER", NEIGHBOUR, "XX/GOV/1/a"] {
        let answer = federation.relay(raw("GET", &format!("/r1/{PROVIDER}/persons"), &[("X-Road-Client", client)]));
        assert_eq!(answer.await.error(), Some("server.clientproxy.unknown_member"), "{client}");
    }
    assert!(federation.road.opened().is_empty());
}

/// wire.md §9.3.
#[tokio::test]
async fn callers_connect_as_their_client_demands() {
    let federation = Federation::new().await;
    let certificate = |client| chain(&federation.authorities[0].sign_key(&member(client))).remove(0);
    let (own, foreign): (Certificate, Certificate) = (certificate(CLIENT), certificate(STRANGER));
    let callers = || {
        [
            Caller::Http,
            Caller::Tls,
            Caller::TlsWithCertificate(foreign.clone()),
            Caller::TlsWithCertificate(own.clone()),
        ]
    };
    let table = [
        (ConnectionType::Http, [true, true, true, true]),
        (ConnectionType::Https, [false, true, true, true]),
        (ConnectionType::HttpsMutual, [false, false, false, true]),
    ];
    for (connection, expected) in table {
        federation.id.server.change(|server| {
            let client = server.clients.get_mut(&CLIENT.parse().unwrap()).unwrap();
            (client.connection, client.certificates) = (connection, vec![own.clone()]);
        });
        for (caller, admitted) in callers().into_iter().zip(expected) {
            let name = format!("{connection:?} {caller:?}");
            let mut call = get("/1");
            call.caller = caller;
            let answer = federation.relay(call).await;
            let code = (!admitted).then_some("server.clientproxy.ssl_authentication_failed");
            assert_eq!(answer.error(), code, "{name}");
        }
    }
    assert_eq!(federation.register.calls().len(), 8);
}

/// wire.md §3.7.
#[tokio::test]
async fn the_way_to_the_provider_is_by_its_registration() {
    let federation = Federation::new().await;
    let table = [
        ("MY/GOV/1001/unregistered", None, "unknown_member"),
        ("MY/GOV/4444/nobody", None, "unknown_member"),
        ("XX/GOV/1/a", None, "unknown_member"),
        ("XX/GOV/1/a", Some("XX/GOV/1/ss"), "unknown_member"),
        (PROVIDER, Some("MY/GOV/1002/ss2"), "invalid_security_server"),
        (PROVIDER, Some("MY/GOV/1001/ss9"), "invalid_security_server"),
        (CLOSED, None, "maintenance_mode"),
        (CLOSED, Some("MY/GOV/1003/ss3"), "maintenance_mode"),
    ];
    for (provider, server, expected) in table {
        let mut call = raw("GET", &format!("/r1/{provider}/persons"), &[("X-Road-Client", CLIENT)]);
        if let Some(server) = server {
            call = with_header(call, "X-Road-Security-Server", server);
        }
        let answer = federation.relay(call).await;
        assert_eq!(answer.error(), Some(format!("server.clientproxy.{expected}").as_str()), "{provider} {server:?}");
        assert_eq!(answer.fault("message").contains("back at noon"), provider == CLOSED, "the administrator's word");
    }
    assert!(federation.road.opened().is_empty());
    let wanted = with_header(get("/1"), "X-Road-Security-Server", "MY/GOV/1001/ss1");
    assert_eq!(federation.relay(wanted).await.status, 200);
    assert_eq!(federation.road.opened(), [[MY_ADDRESS]]);
}

/// wire.md §3.9, "Exception to code mapping"; §3.1.
#[tokio::test]
async fn a_link_that_fails_has_the_code_of_the_reason() {
    let table: [(Failure, &str); 5] = [
        (road::unreachable, "network_error"),
        (road::unknown_host, "unknown_host"),
        (road::no_handshake, "ssl_authentication_failed"),
        (road::no_http, "io_error"),
        (road::too_slow, "io_error"),
    ];
    for (error, expected) in table {
        let obstacles: [fn(Failure) -> Obstacle; 3] = [Obstacle::Closed, Obstacle::Refuses, Obstacle::Silent];
        for (n, obstacle) in obstacles.into_iter().enumerate() {
            let federation = Federation::new().await;
            federation.road.next(obstacle(error));
            let answer = federation.relay(post("", "a body")).await;
            let expected = format!("server.clientproxy.{expected}");
            assert_eq!((answer.status, answer.error()), (500, Some(&*expected)));
            // A peer that says nothing has all the same taken the request, which therefore is in the log.
            assert_eq!(federation.road.sent().has_seal(), n == 2);
            let [consumer, provider] = federation.logged().await;
            assert!(n < 2 || consumer == 1, "no seal without a record");
            assert_eq!((provider, federation.register.calls().len()), (0, 0));
            federation.audit().await;
        }
    }
}

/// What a peer presents, and what is known about it.
type Flaw = (&'static str, fn(&Federation) -> Vec<Certificate>);

fn peer_chain(federation: &Federation) -> Vec<Certificate> {
    chain(&federation.auth[1])
}

/// wire.md §3.1, §3.5: use, path, OCSP responses, registration for the provider's client.
const FLAWS: [Flaw; 8] = [
    ("no certificate", |_| Vec::new()),
    ("a signing certificate", |f| chain(&f.my.keys.of(&member(PROVIDER)))),
    ("the server of another provider", |f| chain(&f.auth[2])),
    ("a server of another instance", Federation::id_chain),
    ("a certificate that no server registered", |f| {
        chain(&f.authorities[1].auth_key(&"MY/GOV/1001/ss1".parse().unwrap()))
    }),
    ("a revoked certificate", |f| {
        f.authorities[1].revoke(&peer_chain(f)[0]);
        peer_chain(f)
    }),
    ("no way to its OCSP responses", |f| {
        f.id.ocsp.ask_in_vain();
        peer_chain(f)
    }),
    ("no OCSP response for the leaf", |f| {
        f.id.ocsp.lose(&peer_chain(f)[0]);
        peer_chain(f)
    }),
];

#[tokio::test]
async fn nothing_is_sent_to_a_peer_with_a_flawed_certificate() {
    for (name, flaw) in FLAWS {
        let federation = Federation::new().await;
        let chain = flaw(&federation);
        federation.road.peer_presents(chain);
        let answer = federation.relay(post("", "a body")).await;
        assert_eq!(answer.error(), Some("server.clientproxy.ssl_authentication_failed"), "{name}");
        assert!(federation.road.sent().octets().is_empty(), "{name}");
        assert_eq!((federation.road.opened().len(), federation.logged().await), (1, [0, 0]), "{name}");
    }
}

/// wire.md §3.5: the anchor is the CA that issued the leaf, be it an intermediate; what stands above it is not asked.
#[tokio::test]
async fn an_intermediate_is_an_anchor() {
    let federation = Federation::new().await;
    let chain = peer_chain(&federation);
    assert_eq!(chain.len(), 2);
    federation.id.ocsp.lose(&chain[1]);
    assert_eq!(federation.relay(get("/1")).await.status, 200, "no response is needed for an anchor");
    federation.road.peer_presents(chain[..1].to_vec());
    assert_eq!(federation.relay(get("/1")).await.status, 200);
}

/// wire.md §3.8: fresh is up to ocspFreshnessSeconds of the own instance; one second more is not.
#[tokio::test]
async fn a_peer_whose_ocsp_responses_are_old_gets_nothing() {
    for (age, code) in [(3600, None), (3601, Some("server.clientproxy.ssl_authentication_failed"))] {
        let federation = Federation::new().await;
        federation.id.ocsp.age(Duration::from_secs(age));
        let answer = federation.relay(get("/1")).await;
        assert_eq!(answer.error(), code);
    }
}

/// wire.md §3.8: signing without a response for the certificate is `cannot_create_signature`.
#[tokio::test]
async fn what_cannot_be_sealed_does_not_leave_whole() {
    for lose_key in [false, true] {
        let federation = Federation::new().await;
        let signer = member(CLIENT);
        match lose_key {
            true => federation.id.keys.remove(&signer),
            false => federation.id.ocsp.lose(&chain(&federation.id.keys.of(&signer))[0]),
        }
        let answer = federation.relay(get("/1")).await;
        assert_eq!(answer.error(), Some("server.clientproxy.cannot_create_signature"));
        assert!(!federation.road.sent().has_seal());
        assert_eq!((federation.logged().await, federation.register.calls().len()), ([0, 0], 0));
    }
}

/// A call whose body breaks off never becomes a message, wherever it breaks.
#[tokio::test]
async fn a_call_that_breaks_off_is_not_sent() {
    for chunks in [vec![], vec![""], vec!["half"], vec!["1", "2", "3", "4", "5", "6", "7", "8"]] {
        let federation = Federation::new().await;
        let mut call = get("/1");
        call.body = Some(cut(chunks));
        let answer = federation.relay(call).await;
        assert_eq!((answer.status, answer.error()), (500, Some("server.clientproxy.io_error")));
        assert!(!federation.road.sent().has_seal());
        assert_eq!((federation.logged().await, federation.register.calls().len()), ([0, 0], 0));
    }
}

/// The answer's body cannot be kept until its seal is checked, so there is no answer.
#[tokio::test]
async fn a_spool_that_fails_ends_the_call() {
    for step in [SpoolStep::Create, SpoolStep::Write, SpoolStep::Finish] {
        let federation = Federation::new().await;
        federation.id.spool.breaks_at(step);
        let answer = federation.relay(get("/1")).await;
        assert_eq!(answer.error(), Some("server.clientproxy.io_error"), "{step:?}");
        assert_eq!(federation.id.spool.entries(), 0);
        assert_eq!(federation.logged().await, [1, 2], "the provider answered");
    }
}

/// A caller that goes away in the middle of its body takes nothing with it.
#[tokio::test]
async fn a_call_that_is_given_up_leaves_nothing() {
    let federation = Federation::new().await;
    let mut call = get("/1");
    call.body = Some(stalled(["half"]));
    let given_up = tokio::time::timeout(Duration::ZERO, federation.consumer.relay(call)).await;
    assert!(given_up.is_err());
    assert!(!federation.road.sent().has_seal());
    assert_eq!((federation.logged().await, federation.register.calls().len()), ([0, 0], 0));
    assert_eq!((federation.id.spool.entries(), federation.my.spool.entries()), (0, 0));
}
