//! Who used my data: what the holders of a person's data tell, read through the port [`TrailReader`].

mod page;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use simpul_core::UnixTime;

pub use self::words::Words;
use crate::problem::Cause;
use crate::session::NationalId;
use crate::site::Site;

/// One access to the data of a person, as its holder tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// When.
    pub at: UnixTime,
    /// The subsystem that asked, such as `ID/GOV/3201/recognition`.
    pub client: String,
    /// The service that answered, such as `MY/GOV/1002/qualifications/diplomas`.
    pub service: String,
    /// What for, as the caller declared it.
    pub purpose: Option<String>,
    /// Under which law, as the caller declared it.
    pub basis: Option<String>,
    /// The agreement that allowed it; `None` where an access right alone did.
    pub agreement: Option<Agreed>,
    /// Paths of what left.
    pub fields: Vec<String>,
    /// After how many days the consumer erases it.
    pub erased_after_days: Option<u32>,
    /// Until when a law kept it from the person, and which law.
    pub withheld: Option<(UnixTime, String)>,
    /// The id under which both sides have the signed evidence.
    pub message: String,
    /// Its place in the message log of the holder.
    pub record: u64,
    /// The data trail that tells it.
    pub holder: String,
}

/// What allowed an access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The agreement.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its clauses.
    pub clauses: Vec<String>,
}

/// One holder that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its data trail.
    pub service: String,
    /// Whether it answered.
    pub answered: bool,
    /// Where its next page begins.
    pub next: Option<String>,
}

/// What all holders told, latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The accesses.
    pub accesses: Vec<Used>,
    /// Who was asked.
    pub holders: Vec<Holder>,
}

/// Reads data trails. The portal owns this port.
#[async_trait]
pub trait TrailReader: Send + Sync {
    /// One page of the accesses to the data of this person. `after` is where the page before ended, by holder, and names
    /// whom to ask; `None` asks everybody from the beginning. The error must not name the person.
    async fn read(&self, person: &NationalId, after: Option<&BTreeMap<String, String>>) -> Result<Told, Cause>;
}

struct Trail {
    reader: Arc<dyn TrailReader>,
    words: Words,
    /// The instance that is home: accesses of others come from abroad.
    home: String,
}

/// The page's path, for [`Mounted`](crate::shell::Mounted).
pub const PATH: &str = "/data-trail";

/// The router. `home` is the instance of the portal.
pub fn router(reader: Arc<dyn TrailReader>, words: Words, home: String) -> Router<Arc<Site>> {
    Router::new().route(PATH, get(page::show)).layer(Extension(Arc::new(Trail { reader, words, home })))
}
