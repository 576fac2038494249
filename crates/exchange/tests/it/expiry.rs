//! Configurations expire (wire.md §8.2): the own one stops everything, another instance's is left out.

use std::sync::Arc;
use std::time::Duration;

use simpul_core::{ServiceId, UnixTime};
use simpul_exchange::consumer::Consumer;
use simpul_exchange::ports::ConfSource;
use simpul_policy::{AccessRights, Endpoint, Right};

use crate::federation::authority::chain;
use crate::federation::calls::{call, get, read};
use crate::federation::forge::Sent;
use crate::federation::octets::octets;
use crate::federation::road::Road;
use crate::federation::{Federation, NOW, PROVIDER, Settings};

const MINUTE: Duration = Duration::from_secs(60);

/// Configurations of ID and of MY that are valid for so many minutes.
async fn federation(minutes: [u32; 2]) -> Federation {
    Federation::with(Settings { validity: minutes.map(|m| MINUTE * m), ..Settings::default() }).await
}

fn just_before(minutes: u32) -> UnixTime {
    NOW.plus(MINUTE * minutes).minus(Duration::from_millis(1))
}

#[tokio::test]
async fn an_own_configuration_that_expired_stops_the_consumer() {
    let federation = federation([10, 20]).await;
    federation.clock.set(just_before(10));
    assert_eq!(federation.relay(get("/1")).await.status, 200);
    federation.clock.set(NOW.plus(MINUTE * 10));
    let answer = federation.relay(get("/1")).await;
    assert_eq!((answer.status, answer.error()), (500, Some("server.clientproxy.global_conf_outdated")));
    assert_eq!((federation.road.opened().len(), federation.logged().await), (1, [2, 2]));
}

#[tokio::test]
async fn an_own_configuration_that_expired_stops_the_provider() {
    let federation = federation([20, 10]).await;
    let message = federation.request("GET", "persons", None).await;
    for (at, code) in
        [(just_before(10), None), (NOW.plus(MINUTE * 10), Some("server.serverproxy.global_conf_outdated"))]
    {
        federation.clock.set(at);
        let (call, _) = Sent::new(&federation, &message).call();
        assert_eq!(federation.judge(call).await.code().as_deref(), code);
    }
    assert_eq!(federation.register.calls().len(), 1);
}

/// To the consumer, a provider of an instance that expired is nobody.
#[tokio::test]
async fn a_provider_of_an_expired_instance_is_unknown() {
    let federation = federation([20, 10]).await;
    federation.clock.set(just_before(10));
    assert_eq!(federation.relay(get("/1")).await.status, 200);
    federation.clock.set(NOW.plus(MINUTE * 10));
    let answer = federation.relay(get("/1")).await;
    assert_eq!((answer.status, answer.error()), (500, Some("server.clientproxy.unknown_member")));
    assert_eq!((federation.road.opened().len(), federation.logged().await), (1, [2, 2]));
}

/// To the provider, no certificate speaks for a client of an instance that expired.
#[tokio::test]
async fn a_client_of_an_expired_instance_is_not_answered() {
    let federation = federation([10, 20]).await;
    let message = federation.request("GET", "persons", None).await;
    let refused = Some("server.serverproxy.service_failed.ssl_authentication_failed");
    for (at, code) in [(just_before(10), None), (NOW.plus(MINUTE * 10), refused)] {
        federation.clock.set(at);
        let (call, _) = Sent::new(&federation, &message).call();
        assert_eq!(federation.judge(call).await.code().as_deref(), code);
    }
    assert_eq!(federation.register.calls().len(), 1);
}

/// Inside the own instance all goes on without the other one, and the records no longer cite it. A group that it
/// published is no group any more.
#[tokio::test]
async fn an_expired_instance_is_left_out_of_everything() {
    let federation = federation([10, 20]).await;
    let id = service(&federation, "persons");
    let by_group = Right { subject: "GLOBALGROUP:ID/partners".parse().unwrap(), endpoint: Endpoint::whole() };
    let by_name = Right { subject: PROVIDER.parse().unwrap(), endpoint: Endpoint::whole() };
    // The provider's server asks itself.
    let own = chain(&federation.auth[1]);
    let road = Arc::new(Road::new(Arc::clone(&federation.provider), own.clone(), own));
    let consumer = Consumer::new(federation.my.ports.clone(), road);
    let table = [
        (&by_group, just_before(10), None, 2),
        (&by_group, NOW.plus(MINUTE * 10), Some("server.serverproxy.access_denied"), 1),
        (&by_name, NOW.plus(MINUTE * 10), None, 1),
    ];
    for (right, at, code, cited) in table {
        federation.clock.set(at);
        federation.my.server.change(|server| {
            server.access = AccessRights::default();
            server.access.grant(id.provider.clone(), id.code.clone(), right.clone());
        });
        let answer = read(consumer.relay(call("GET", "persons", PROVIDER)).await).await;
        assert_eq!(answer.error(), code);
        let last = federation.my.records().await.pop().unwrap().record;
        assert_eq!(last.conf.len(), cited, "the configurations that are cited");
    }
}

fn service(federation: &Federation, code: &str) -> ServiceId {
    let server = federation.my.ports.server.current();
    server.services.keys().find(|id| id.code.as_str() == code).unwrap().clone()
}

/// A new configuration is all that it takes.
#[tokio::test]
async fn a_renewed_configuration_is_used_at_once() {
    let federation = federation([20, 20]).await;
    let good = federation.id.conf.current().unwrap();
    federation.id.conf.set(None);
    let answer = federation.relay(get("/1")).await;
    assert_eq!(answer.error(), Some("server.clientproxy.global_conf_outdated"));
    federation.id.conf.set(Some((*good).clone()));
    assert_eq!(federation.relay(get("/1")).await.status, 200);
}

/// An exchange ends under the configuration with which it began, and cites it.
#[tokio::test]
async fn a_configuration_that_changes_meanwhile_is_for_the_next_exchange() {
    let federation = federation([20, 20]).await;
    let [of_id, of_my] = [&federation.id, &federation.my].map(|node| node.conf.clone());
    let good = [of_id.current().unwrap(), of_my.current().unwrap()];
    let (id, my) = (of_id.clone(), of_my.clone());
    federation.register.next(move || {
        my.set(None);
        Ok(crate::federation::register::reply(200, "OK", Some(octets(["late"]))))
    });
    federation.road.next_changed(move |said| {
        id.set(None);
        let body = octets([said.body.clone()]);
        said.with(body)
    });
    let answer = federation.relay(get("/1")).await;
    assert_eq!((answer.status, answer.text()), (200, "late"));
    assert_eq!(federation.relay(get("/1")).await.error(), Some("server.clientproxy.global_conf_outdated"));
    for (conf, good) in [of_id, of_my].into_iter().zip(good) {
        conf.set(Some((*good).clone()));
    }
    assert_eq!(federation.logged().await, [2, 2]);
    federation.audit().await;
}
