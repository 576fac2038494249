//! Persons in the exchanges of this server: its providers open the tokens that name them, and what left about a person
//! is kept for that person to see.

mod keys;
mod pseudonyms;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use simpul_core::{ClientId, MemberId, ServiceId, UnixTime, limits};
use simpul_exchange::persons::{About, Access, NoPersons, NotRecorded, Opened, Persons, Unopened};
use simpul_exchange::ports::Clock;
use simpul_policy::agreement::AgreementGrant;
use simpul_services::trail::{
    self, AccessEvent, EventError, Exchange, Nonce, NonceUse, Part, Person, Portals, PseudonymKey, Trail, TrailParts,
    TrailStore,
};
use simpul_store::trail::SqliteTrail;
use simpul_trust::cert::Certificate;
use simpul_trust::subject::{Binding, OpeningKeys, SKEW, open_subject};

pub(crate) use self::keys::{ClientKeys, KEEP, KeyFileError};
use super::RoleError;
use crate::config::{BuiltIn, ServerRole};
use crate::random::SystemRandom;

/// Below the server's folder.
pub(crate) const TRAIL: &str = "trail";

/// What a server has for persons; nothing, where none of its clients offers keys for tokens.
#[derive(Clone, Default)]
pub(crate) struct PersonsHere {
    room: Option<Arc<Room>>,
}

/// Keys, trail and pseudonyms.
struct Room {
    keys: HashMap<ClientId, Arc<ClientKeys>>,
    store: Arc<dyn TrailStore>,
    pseudonyms: Arc<dyn PseudonymKey>,
}

impl PersonsHere {
    /// Opens the keys of all clients that offer them, and the trail.
    pub(crate) async fn open(role: &ServerRole, dir: &Path, clock: &dyn Clock) -> Result<Self, RoleError> {
        let offers = role.service.iter().filter(|s| s.built_in == Some(BuiltIn::SubjectKeys));
        let next = Duration::from_secs(86_400).saturating_mul(role.subjects.new_key_days);
        let mut keys = HashMap::new();
        for service in offers {
            let made = ClientKeys::open(&dir.join("subject-keys"), &service.provider, next, clock.now());
            let made = made.map_err(part("the keys for tokens that name persons cannot be used"))?;
            keys.insert(service.provider.clone(), Arc::new(made));
        }
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let folder = dir.join(TRAIL);
        let store = SqliteTrail::open(&folder).await.map_err(part("the data trail cannot be opened"))?;
        let begun = folder.join("epoch");
        let pseudonyms = pseudonyms::open(&dir.join("trail-keys"), role.trail.epoch, &begun, &SystemRandom);
        let pseudonyms = Arc::new(pseudonyms.map_err(part("the pseudonyms of the data trail have no key"))?);
        Ok(Self { room: Some(Arc::new(Room { keys, store: Arc::new(store), pseudonyms })) })
    }

    /// The port of exchanges.
    pub(crate) fn port(&self) -> Arc<dyn Persons> {
        match &self.room {
            Some(room) => Arc::clone(room) as _,
            None => Arc::new(NoPersons),
        }
    }

    /// The keys of a client that offers them.
    pub(crate) fn keys(&self, client: &ClientId) -> Option<Arc<ClientKeys>> {
        self.room.as_ref()?.keys.get(client).cloned()
    }

    /// The trail that a service answers from, for those who may ask.
    pub(crate) fn trail(&self, service: &ServiceId, portals: Arc<dyn Portals>) -> Option<Trail> {
        let room = self.room.as_ref()?;
        room.trail(service, portals)
    }
}

impl Room {
    fn trail(&self, service: &ServiceId, portals: Arc<dyn Portals>) -> Option<Trail> {
        let opening = Arc::clone(self.keys.get(&service.provider)?) as Arc<dyn OpeningKeys>;
        let (store, key) = (Arc::clone(&self.store), Arc::clone(&self.pseudonyms));
        Some(Trail::new(service.clone(), TrailParts { store, key, portals, opening }))
    }
}

#[async_trait]
impl Persons for Room {
    async fn open(&self, token: &str, about: &About<'_>, at: UnixTime) -> Result<Opened, Unopened> {
        let service = about.request.service();
        let keys = self.keys.get(&service.provider).ok_or(Unopened::NoKeys)?;
        let agreement = about.agreement.map_or([0; 32], |agreement| *agreement.digest.as_bytes());
        let opened = open_subject(token, &Binding { agreement: &agreement, service }, &**keys, at)?;
        // Found out now, and not after the service was asked.
        let person = Person::new(opened.home.clone(), opened.subject.clone());
        match event(about, vec![trail::Concerned { person, part: Part::Fields(Vec::new()) }], 0, at) {
            Ok(_) => {}
            Err(EventError::Identifier(what)) => return Err(Unopened::Named(what)),
            Err(error) => return Err(Unopened::Unavailable(Box::new(error))),
        }
        let nonce = Nonce {
            issuer: about.request.client().member().clone(),
            value: opened.nonce.clone(),
            // Longer than it is good for: a clock that is set back does not bring it to life again.
            until: opened.until.plus(SKEW),
            most: limits::SUBJECT_NONCES,
        };
        match self.store.take(&nonce, at).await {
            Ok(NonceUse::First) => Ok(opened),
            Ok(NonceUse::Again) => Err(Unopened::Used),
            Ok(NonceUse::Full) => Err(Unopened::TooMany),
            Err(error) => Err(Unopened::Unavailable(Box::new(error))),
        }
    }

    async fn record(&self, access: &Access<'_>) -> Result<(), NotRecorded> {
        let grant = access.about.agreement;
        let persons = access.persons.iter().map(|concerned| trail::Concerned {
            person: Person::new(concerned.home.clone(), concerned.subject.clone()),
            part: part_of(grant, &concerned.fields),
        });
        let event = event(&access.about, persons.collect(), access.record.number(), access.at);
        let event = event.map_err(|e| NotRecorded(Box::new(e)))?;
        let trail = self.trail(access.about.request.service(), Arc::new(Nobody));
        let trail = trail.ok_or_else(|| NotRecorded("the provider has no keys for tokens".into()))?;
        trail.record(&event).await.map_err(|e| NotRecorded(Box::new(e)))
    }
}

/// What is kept of an access.
fn event(
    about: &About<'_>,
    persons: Vec<trail::Concerned>,
    record: u64,
    at: UnixTime,
) -> Result<AccessEvent, EventError> {
    let request = about.request;
    let said = request.declaration();
    let exchange = Exchange {
        at,
        client: request.client(),
        service: request.service(),
        purpose: said.purpose.as_deref(),
        basis: said.basis.as_deref(),
        message_id: request.message_id(),
        request_id: request.request_id(),
        record,
    };
    match about.agreement {
        Some(grant) => AccessEvent::granted(&exchange, grant, persons),
        None => AccessEvent::by_access_right(&exchange, Vec::new(), persons),
    }
}

/// The fields about one person, by their places in the list of the agreement; without one nothing is known of them.
fn part_of(grant: Option<&AgreementGrant>, places: &[usize]) -> Part {
    let Some(grant) = grant else { return Part::Whole };
    let left = places.iter().filter_map(|place| grant.fields.allowed.get(*place)).map(ToString::to_string);
    Part::Fields(left.collect())
}

/// Who records asks nothing.
struct Nobody;

impl Portals for Nobody {
    fn certificate(&self, _: &MemberId, _: &[u8; 32], _: UnixTime) -> Option<Certificate> {
        None
    }
}

fn part<E: std::error::Error + Send + Sync + 'static>(what: &'static str) -> impl Fn(E) -> RoleError {
    move |cause| RoleError::Part { role: "server", what, cause: Box::new(cause) }
}
