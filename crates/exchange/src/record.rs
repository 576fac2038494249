//! What the message log keeps of each message (wire.md §7.2).

use bytes::Bytes;
use simpul_core::{ClientId, ServiceId, UnixTime};
use simpul_ledger::{ConfId, Direction, LoggedBody, NewRecord, Side};
use simpul_trust::conf::GlobalConf;
use simpul_wire::Seal;

use crate::message::{Body, Request, Response};

/// The circumstances of a record.
pub(crate) struct At<'a> {
    /// This node's side of the exchange.
    pub(crate) side: Side,
    /// The configuration in force.
    pub(crate) conf: &'a GlobalConf,
    /// Now.
    pub(crate) now: UnixTime,
}

/// A request's record.
pub(crate) fn request(at: &At<'_>, request: &Request, seal: &Seal) -> NewRecord {
    let head = request.head();
    let said = Said {
        message_id: head.message_id(),
        request_id: head.request_id(),
        client: head.client(),
        service: head.service(),
        block: head.block(),
        body: request.body(),
    };
    said.record(Direction::Request, at, seal)
}

/// The record of a request that is refused with this code: of its body the log keeps the digest only.
pub(crate) fn refused(at: &At<'_>, message: &Request, seal: &Seal, code: String) -> NewRecord {
    let mut record = request(at, message, seal);
    if let (LoggedBody::Whole(octets), Some(body)) = (&record.body, message.body())
        && let Ok(sha512) = body.digest.as_bytes().try_into()
    {
        record.body = LoggedBody::Truncated { len: u64::try_from(octets.len()).unwrap_or(u64::MAX), sha512 };
    }
    record.refused = Some(code);
    record
}

/// A response's record.
pub(crate) fn response(at: &At<'_>, response: &Response, seal: &Seal) -> NewRecord {
    let head = response.head();
    let said = Said {
        message_id: head.message_id(),
        request_id: head.request_id(),
        client: head.client(),
        service: head.service(),
        block: head.block(),
        body: response.body(),
    };
    said.record(Direction::Response, at, seal)
}

/// What requests and responses have in common.
struct Said<'a> {
    message_id: &'a str,
    request_id: &'a str,
    client: &'a ClientId,
    service: &'a ServiceId,
    block: &'a Bytes,
    body: Option<&'a Body>,
}

impl Said<'_> {
    fn record(&self, direction: Direction, at: &At<'_>, seal: &Seal) -> NewRecord {
        NewRecord {
            side: at.side,
            direction,
            at: at.now,
            message_id: self.message_id.to_owned(),
            request_id: self.request_id.to_owned(),
            client: self.client.clone(),
            service: self.service.clone(),
            message: self.block.clone(),
            body: self.body.map_or(LoggedBody::None, |b| b.logged.clone()),
            seal: seal.clone(),
            conf: at.conf.versions().iter().map(|v| ConfId::new(v.digest)).collect(),
            refused: None,
        }
    }
}
