//! What a download finds in the log (wire.md §7.4). A peer chooses the ids of its messages: it must not hide evidence.

use std::sync::Arc;

use simpul_core::limits;
use simpul_exchange::evidence::Evidence;
use simpul_ledger::{AuthorityError, NewRecord, Timestamper};
use simpul_wire::gconf::Anchor;

use crate::federation::calls::{Reply, call, raw, read, with_header};
use crate::federation::{CLIENT, Federation};

/// An authority that never answers: what was found is then told to be without timestamp.
struct Silent;

#[async_trait::async_trait]
impl Timestamper for Silent {
    async fn stamp(&self, _: Vec<u8>) -> Result<Vec<u8>, AuthorityError> {
        Err(AuthorityError("silent".into()))
    }
}

async fn download(federation: &Federation, more: &str) -> Reply {
    let anchor = Anchor { generated_at: None, instance: "MY".parse().unwrap(), sources: Vec::new() };
    let evidence = Evidence::new(federation.my.ports.clone(), Arc::new(Silent), anchor);
    let party = "xRoadInstance=MY&memberClass=GOV&memberCode=1001&subsystemCode=civil-registry";
    read(evidence.answer(raw("GET", &format!("/asic?{party}&queryId=same{more}"), &[])).await).await
}

/// More refused requests than one page holds, before and after the exchange that counts.
#[tokio::test]
async fn refused_requests_under_the_same_id_hide_no_exchange() {
    let federation = Federation::new().await;
    let same = |service| with_header(call("GET", service, CLIENT), "X-Road-Id", "same");
    assert_eq!(federation.relay(same("deaths")).await.status, 500);
    assert_eq!(download(&federation, "").await.status, 404, "a refused request is no evidence");
    let refused = federation.my.records().await[0].record.clone();
    let flood = async |count: usize| {
        for _ in 0..count {
            let copy: NewRecord = refused.clone();
            federation.my.ports.ledger.record((), |()| copy).await.unwrap();
        }
    };
    flood(limits::LEDGER_PAGE + 1).await;
    assert_eq!(federation.relay(same("persons")).await.status, 200);
    flood(200).await;
    for more in ["", "&unique&requestOnly", "&unique&responseOnly"] {
        let found = download(&federation, more).await;
        assert_eq!(found.status, 500, "{found:?}");
        assert!(found.text().contains("timestamped"), "{found:?}");
    }
}

/// Evidence of many large bodies under one id is asked for one by one.
#[tokio::test]
async fn one_download_is_bounded() {
    let federation = Federation::new().await;
    let same = with_header(call("GET", "persons", CLIENT), "X-Road-Id", "same");
    assert_eq!(federation.relay(same).await.status, 200);
    let mut record = federation.my.records().await[0].record.clone();
    let octets = 9 * 1024 * 1024;
    record.body = simpul_ledger::LoggedBody::Whole(vec![0; octets].into());
    for _ in 0..=limits::EVIDENCE / octets {
        let copy = record.clone();
        federation.my.ports.ledger.record((), |()| copy).await.unwrap();
    }
    stamp_all(&federation).await;
    let whole = download(&federation, "").await;
    assert_eq!(whole.status, 400, "{whole:?}");
    assert!(whole.text().contains("MiB of evidence"), "{whole:?}");
    assert_eq!(download(&federation, "&unique&requestOnly").await.status, 200);
}

/// Gives every record a stamp, which this test does not judge.
async fn stamp_all(federation: &Federation) {
    use simpul_ledger::LedgerStore;
    let store = federation.my.store.inner();
    let waiting = store.waiting(None, 1000).await.unwrap();
    let stamp = |(id, _)| (id, simpul_ledger::Stamp::Single { token: vec![0x30, 0].into() });
    store.set_stamps(&waiting.into_iter().map(stamp).collect::<Vec<_>>()).await.unwrap();
}
