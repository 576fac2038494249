//! Searching for a person: the purpose first, recorded before it is answered.

use simpul_core::{UnixTime, limits};
use simpul_policy::agreement::purpose;

use super::{Engine, EngineError};
use crate::application::person::{NationalId, Officer, Remark, TextError};
use crate::application::store::{Search, Summary};

/// A search that an officer may make, because its purpose and its reason are known.
pub struct PersonSearch<'a> {
    engine: &'a Engine,
    officer: &'a Officer,
    purpose: String,
    reason: Remark,
}

/// Why nothing is searched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurposeError {
    /// No purpose of the vocabulary, and none under which an offered service asks a register.
    #[error("`{0}` is no known purpose")]
    Unknown(String),
    /// The reason is missing or too long.
    #[error("a search needs a reason")]
    Reason(#[source] TextError),
}

impl<'a> PersonSearch<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        officer: &'a Officer,
        purpose: &str,
        reason: &str,
    ) -> Result<Self, PurposeError> {
        let declared = |service: &crate::catalogue::Service| service.evidence.iter().any(|e| e.purpose == purpose);
        if !purpose::is_known(purpose) && !engine.catalogue().all().any(|service| declared(service)) {
            return Err(PurposeError::Unknown(purpose.chars().take(limits::STATEMENT_CHARS).collect()));
        }
        let reason = Remark::new(reason).map_err(PurposeError::Reason)?;
        Ok(Self { engine, officer, purpose: purpose.to_owned(), reason })
    }

    /// Applications of one person in which the own office has a stage, those begun last first. The search is durable
    /// before it is answered; the person can see it. Drafts are the citizen's own, and are not found.
    pub async fn person(&self, person: &NationalId, now: UnixTime) -> Result<Vec<Summary>, EngineError> {
        let search = Search {
            at: now,
            officer: self.officer.clone(),
            purpose: self.purpose.clone(),
            reason: self.reason.clone(),
            person: person.clone(),
        };
        let store = self.engine.store();
        store.record_search(&search).await.map_err(EngineError::Store)?;
        let found = store.of_person(person, None, limits::APPLICATION_PAGE).await.map_err(EngineError::Store)?;
        let own = |summary: &Summary| {
            let service = self.engine.catalogue().version(&summary.service, summary.version);
            service.is_some_and(|service| service.stages.iter().any(|stage| stage.office == *self.officer.office()))
        };
        let sent = |summary: &Summary| !matches!(summary.state.as_str(), "draft" | "expired");
        Ok(found.into_iter().filter(|summary| sent(summary) && own(summary)).collect())
    }
}
