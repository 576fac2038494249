//! Configurations expire (wire.md §8.2): the own one stops everything, another instance's is left out.

use std::time::Duration;

use simpul_core::UnixTime;
use simpul_exchange::ports::ConfSource;

use crate::federation::calls::get;
use crate::federation::forge::Sent;
use crate::federation::octets::octets;
use crate::federation::{Federation, NOW, Settings};

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
