//! Records to test with.

use bytes::Bytes;
use simpul_core::UnixTime;
use simpul_trust::Seal;

use crate::record::{ConfId, Direction, KeptConf, LoggedBody, NewRecord, Side};

/// A request without body on the consumer's side, `n` milliseconds after a fixed moment, with ids made from `n`.
#[must_use]
pub fn record(n: u32) -> NewRecord {
    NewRecord {
        side: Side::Consumer,
        direction: Direction::Request,
        at: UnixTime::from_millis(1_700_000_000_000 + i64::from(n)),
        message_id: message_id(n),
        request_id: request_id(n),
        client: "ID/GOV/3201/manpower".parse().unwrap(),
        service: "MY/GOV/1001/civil-registry/persons".parse().unwrap(),
        message: message(n),
        body: LoggedBody::None,
        seal: Seal {
            signature: Bytes::from(format!("<signature n=\"{n}\"/>")),
            hash_chain_result: None,
            hash_chain: None,
        },
        conf: Vec::new(),
        refused: None,
    }
}

/// The message block of [`record`] (wire.md §2.3).
#[must_use]
pub fn message(n: u32) -> Bytes {
    Bytes::from(format!(
        "GET\r\n/r1/MY/GOV/1001/civil-registry/persons/{n}\r\nx-road-client:ID/GOV/3201/manpower\r\n\
         x-road-request-id:{}\r\nx-road-id:{}\r\n",
        request_id(n),
        message_id(n)
    ))
}

fn message_id(n: u32) -> String {
    format!("ID-{n:08}")
}

fn request_id(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// A configuration with this id, whose first part is the same in all samples.
#[must_use]
pub fn conf(id: u8) -> KeptConf {
    KeptConf {
        id: ConfId::new([id; 32]),
        instance: "ID".into(),
        directory: Bytes::from(vec![id; 100]),
        parts: vec![
            ("shared-params.xml".into(), Bytes::from_static(b"<shared/>")),
            ("private-params.xml".into(), Bytes::from(vec![id; 10])),
        ],
    }
}
