//! What the message log keeps of each message (wire.md §7.2).

use simpul_core::{ClientId, ServiceId, UnixTime};
use simpul_ledger::{Direction, LoggedBody, NewRecord, Side};
use simpul_trust::conf::GlobalConf;
use simpul_wire::Seal;

use crate::message::{Request, Response};

/// A request's record. `side` is this node's.
pub(crate) fn request(side: Side, request: &Request, seal: &Seal, conf: &GlobalConf, at: UnixTime) -> NewRecord {
    let head = request.head();
    NewRecord {
        side,
        direction: Direction::Request,
        at,
        message_id: head.message_id().to_owned(),
        request_id: head.request_id().to_owned(),
        client: head.client().clone(),
        service: head.service().clone(),
        message: head.block().clone(),
        body: request.body().map_or(LoggedBody::None, |b| b.logged.clone()),
        seal: seal.clone(),
        conf: conf.versions().iter().map(|v| v.digest).collect(),
    }
}

/// A response's record. `side` is this node's.
pub(crate) fn response(side: Side, response: &Response, seal: &Seal, conf: &GlobalConf, at: UnixTime) -> NewRecord {
    let head = response.head();
    NewRecord {
        side,
        direction: Direction::Response,
        at,
        message_id: head.message_id().to_owned(),
        request_id: head.request_id().to_owned(),
        client: head.client().clone(),
        service: head.service().clone(),
        message: head.block().clone(),
        body: response.body().map_or(LoggedBody::None, |b| b.logged.clone()),
        seal: seal.clone(),
        conf: conf.versions().iter().map(|v| v.digest).collect(),
    }
}
