//! Services that the security server answers itself.
//!
//! They are asked like every other service: the seal of the request was verified, an access right and, where one is
//! required, an agreement allowed it, and it is in the log before a door opens. What they answer is minimised, sealed
//! and recorded like any answer.

mod agreements;
mod data_trail;
mod subject_keys;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use simpul_core::{MemberId, ServiceId};
use simpul_exchange::message::Request;
use simpul_exchange::persons::Opened;
use simpul_exchange::ports::{Clock, LinkError, Permitted, Recorded, ServiceLink, ServiceReply};
use simpul_exchange::server::{Place, Service};
use simpul_io::service::Services;

use self::agreements::Agreements;
pub(crate) use self::data_trail::{DataTrail, PATH as ACCESSES};
pub(crate) use self::subject_keys::{PATH as KEYS, SubjectKeys};
use super::RoleError;
use super::persons::PersonsHere;
use crate::agreements::Door;
use crate::config::{BuiltIn, ServerRole};

/// A service of the server itself.
#[async_trait]
pub(crate) trait Answers: Send + Sync {
    /// Answers one request. What goes wrong is an answer too: a status and a JSON problem (RFC 9457), without anything
    /// that the asker need not know.
    async fn answer(&self, request: &Recorded<Permitted<Request>>) -> ServiceReply;
}

/// The services of information systems, and those of the server itself.
pub(crate) struct Doors {
    outside: Services,
    here: HashMap<ServiceId, Arc<dyn Answers>>,
}

impl Doors {
    /// All doors of a server.
    pub(crate) fn new(outside: Services, here: HashMap<ServiceId, Arc<dyn Answers>>) -> Self {
        Self { outside, here }
    }
}

#[async_trait]
impl ServiceLink for Doors {
    async fn call(
        &self,
        request: &Recorded<Permitted<Request>>,
        person: Option<&Opened>,
        service: &Service,
    ) -> Result<ServiceReply, LinkError> {
        match (&service.place, self.here.get(&service.id)) {
            (Place::Here, Some(door)) => Ok(door.answer(request).await),
            (Place::Here, None) => Err(LinkError::BadUrl(format!("{} is not answered here", service.id))),
            (Place::At(_), _) => self.outside.call(request, person, service).await,
        }
    }
}

/// What the services of the server itself work with.
pub(crate) struct Rooms {
    /// Where acts of agreements are taken.
    pub(crate) agreements: Arc<Door>,
    /// Keys for tokens, and the trail.
    pub(crate) persons: PersonsHere,
    /// Now.
    pub(crate) clock: Arc<dyn Clock>,
}

/// What the configuration says that this server answers itself.
pub(crate) fn open(role: &ServerRole, rooms: &Rooms) -> Result<HashMap<ServiceId, Arc<dyn Answers>>, RoleError> {
    let Rooms { agreements, persons, clock } = rooms;
    let portals: Arc<[MemberId]> = role.trail.portals.clone().into();
    let mut here: HashMap<ServiceId, Arc<dyn Answers>> = HashMap::new();
    for entry in &role.service {
        let Some(kind) = entry.built_in else { continue };
        let id = ServiceId { provider: entry.provider.clone(), code: entry.code.clone(), version: None };
        let door: Arc<dyn Answers> = match kind {
            BuiltIn::Agreements => Arc::new(Agreements(Arc::clone(agreements))),
            BuiltIn::DataTrail => {
                Arc::new(DataTrail::new(id.clone(), persons.clone(), Arc::clone(&portals), Arc::clone(clock)))
            }
            BuiltIn::SubjectKeys => {
                let keys = persons.keys(&id.provider);
                let keys = keys.ok_or_else(|| RoleError::Entry { role: "server", why: format!("{id}: no keys") })?;
                Arc::new(SubjectKeys::new(keys, Arc::clone(clock)))
            }
        };
        here.insert(id, door);
    }
    Ok(here)
}

/// An answer in JSON.
fn json(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> ServiceReply {
    ServiceReply {
        status,
        reason: String::new(),
        headers: vec![("content-type".to_owned(), Bytes::from_static(content_type.as_bytes()))],
        body: Some(Box::pin(stream::iter([Ok(body.into())]))),
    }
}

/// A JSON problem (RFC 9457).
fn problem(status: u16, title: &str) -> ServiceReply {
    let body = json!({ "title": title, "status": status }).to_string().into_bytes();
    json(status, "application/problem+json", body)
}
