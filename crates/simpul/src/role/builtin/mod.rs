//! Services that the security server answers itself.
//!
//! They are asked like every other service: the seal of the request was verified, an access right and, where one is
//! required, an agreement allowed it, and it is in the log before a door opens. What they answer is minimised, sealed
//! and recorded like any answer.

mod agreements;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use simpul_core::ServiceId;
use simpul_exchange::message::Request;
use simpul_exchange::ports::{LinkError, Permitted, Recorded, ServiceLink, ServiceReply};
use simpul_exchange::server::{Place, Service};
use simpul_io::service::Services;

use super::RoleError;
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
    async fn call(&self, request: &Recorded<Permitted<Request>>, service: &Service) -> Result<ServiceReply, LinkError> {
        match (&service.place, self.here.get(&service.id)) {
            (Place::Here, Some(door)) => Ok(door.answer(request).await),
            (Place::Here, None) => Err(LinkError::BadUrl(format!("{} is not answered here", service.id))),
            (Place::At(_), _) => self.outside.call(request, service).await,
        }
    }
}

/// What the services of the server itself work with.
pub(crate) struct Rooms {
    /// Where acts of agreements are taken.
    pub(crate) agreements: Arc<Door>,
}

/// What the configuration says that this server answers itself.
pub(crate) fn open(role: &ServerRole, rooms: &Rooms) -> Result<HashMap<ServiceId, Arc<dyn Answers>>, RoleError> {
    let mut here: HashMap<ServiceId, Arc<dyn Answers>> = HashMap::new();
    for entry in &role.service {
        let Some(kind) = entry.built_in else { continue };
        let id = ServiceId { provider: entry.provider.clone(), code: entry.code.clone(), version: None };
        let door: Arc<dyn Answers> = match kind {
            BuiltIn::Agreements => Arc::new(agreements::Agreements(Arc::clone(&rooms.agreements))),
            BuiltIn::DataTrail | BuiltIn::SubjectKeys => {
                return Err(RoleError::Entry { role: "server", why: format!("{id}: not built yet") });
            }
        };
        here.insert(id, door);
    }
    Ok(here)
}
