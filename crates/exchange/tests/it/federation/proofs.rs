//! Judging what the logs hold, as somebody would who was not there.

use bytes::Bytes;
use simpul_core::{Digest, DigestAlgorithm};
use simpul_exchange::ports::ConfSource;
use simpul_ledger::{ConfId, Direction, LedgerStore, LoggedBody, Side, StoredRecord};
use simpul_trust::conf::GlobalConf;
use simpul_trust::hash;
use simpul_trust::seal::{self, Parts};
use simpul_wire::rest::RestMessage;

use super::node::Node;
use super::{Federation, NOW};

impl Federation {
    /// Judges every record of both logs: whatever stands there must be whole and provable.
    pub(crate) async fn audit(&self) {
        for node in [&self.id, &self.my] {
            node.audit().await;
        }
    }
}

impl Node {
    async fn audit(&self) {
        let conf = self.conf.current().unwrap();
        for stored in self.records().await {
            let record = &stored.record;
            judge(&stored, &conf);
            let cited: Vec<_> = conf.versions().iter().map(|v| ConfId::new(v.digest)).collect();
            assert_eq!(record.conf, cited, "a record cites the configuration in force");
            for id in &record.conf {
                assert!(self.store.inner().conf(*id).await.unwrap().is_some(), "what is cited is kept");
            }
        }
    }
}

/// Checks the seal of a record over what the log kept, and that what stands beside the message says the same.
fn judge(stored: &StoredRecord, conf: &GlobalConf) {
    let record = &stored.record;
    let body = match &record.body {
        LoggedBody::None => None,
        LoggedBody::Whole(octets) => Some(hash::sha512(octets)),
        LoggedBody::Truncated { sha512, .. } => Some(Digest::new(DigestAlgorithm::Sha512, sha512).unwrap()),
    };
    let parts = Parts::of(&record.message, body.into_iter().collect());
    let (client, service, message_id, request_id, signer) =
        match (RestMessage::decode(record.message.clone()).unwrap(), record.direction) {
            (RestMessage::Request(m), Direction::Request) => {
                let said = (m.client().clone(), m.service().clone(), m.message_id().to_owned());
                (said.0.clone(), said.1, said.2, m.request_id().to_owned(), said.0.member().clone())
            }
            (RestMessage::Response(m), Direction::Response) => {
                let said = (m.client().clone(), m.service().clone(), m.message_id().to_owned());
                (said.0, said.1.clone(), said.2, m.request_id().to_owned(), said.1.provider.member().clone())
            }
            (_, direction) => panic!("record {} is no {direction:?}", stored.id),
        };
    seal::check(&parts, &record.seal, &signer, conf, NOW).unwrap();
    assert_eq!((&record.client, &record.service), (&client, &service));
    assert_eq!((&record.message_id, &record.request_id), (&message_id, &request_id));
    if record.refused.is_some() {
        assert_eq!((record.side, record.direction), (Side::Provider, Direction::Request), "only requests are refused");
        assert!(!matches!(record.body, LoggedBody::Whole(_)), "what is refused is kept as its digest");
    }
}

/// What the log keeps of a record's body, if all of it.
pub(crate) fn kept_body(record: &StoredRecord) -> Option<Bytes> {
    match &record.record.body {
        LoggedBody::Whole(octets) => Some(octets.clone()),
        LoggedBody::None | LoggedBody::Truncated { .. } => None,
    }
}
