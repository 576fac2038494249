//! Who used my data.
//!
//! Each access to data about a person becomes an event at the holder of the data ([`Trail::record`]): when, who, what
//! for, under which clause, which fields, and where the proof is. The person stands in it by a [`Pseudonym`]. The
//! portal of a person's home state asks on the person's behalf with an assertion that it signs ([`assertion`]), and
//! is told what the person may see ([`Trail::answer`]); what a law delays or hides is counted for the ombudsman
//! ([`Trail::counted`]).
//!
//! Here are no sockets, no statements and no clock: the store, the keys and the portals are ports.

pub mod answer;
pub mod assertion;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod event;
pub mod pseudonym;
pub mod secrecy;
pub mod store;
pub mod stored;

use std::sync::Arc;

use simpul_core::{MemberId, ServiceId, UnixTime};
use simpul_policy::agreement::AgreementDigest;
use simpul_trust::subject::OpeningKeys;

pub use self::answer::{Answer, Cursor, CursorError, Page, Shown};
pub use self::assertion::{AssertionError, Audience, Portals};
pub use self::event::{AccessEvent, Concerned, EventError, Evidence, Exchange, Part, Terms};
pub use self::pseudonym::{Epoch, KeyError, Person, Pseudonym, PseudonymKey, SoftPseudonymKey};
pub use self::secrecy::{Counted, Month, Withheld};
pub use self::store::{Access, Entry, EntryId, Nonce, NonceUse, Position, StoreError, TrailStore, Withholding};

/// The data trail of one holder.
pub struct Trail {
    service: ServiceId,
    parts: TrailParts,
}

/// What a trail works with.
pub struct TrailParts {
    /// Where events are kept. Several holders may share it.
    pub store: Arc<dyn TrailStore>,
    /// The keys of the pseudonyms.
    pub key: Arc<dyn PseudonymKey>,
    /// Who may ask.
    pub portals: Arc<dyn Portals>,
    /// Opens the subjects of assertions.
    pub opening: Arc<dyn OpeningKeys>,
}

/// A question of a portal.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The assertion.
    pub assertion: &'a str,
    /// The member whose seal the question came under.
    pub asker: &'a MemberId,
    /// The agreement under which it came; `None` where access rights alone decide.
    pub agreement: Option<&'a AgreementDigest>,
    /// Which part of the answer.
    pub page: Page,
}

/// Why there is no answer, or nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// The event is about data of another holder.
    #[error("the event belongs to the data trail of {0}")]
    OtherHolder(MemberId),
    /// The clock says something that no calendar has.
    #[error("the event has no month")]
    NoMonth,
    /// More can still be added to this month: the difference of two counts would tell of single accesses.
    #[error("{0} is not over for a day: it cannot be counted yet")]
    NotSettled(Month),
    /// The assertion.
    #[error("the assertion is refused")]
    Assertion(#[source] AssertionError),
    /// The keys of the pseudonyms.
    #[error("the person cannot be found")]
    Key(#[source] KeyError),
    /// The store.
    #[error("the data trail is not available")]
    Store(#[source] StoreError),
}

impl Trail {
    /// The trail that `service` answers from; the member of its provider is the holder.
    #[must_use]
    pub fn new(service: ServiceId, parts: TrailParts) -> Self {
        Self { service, parts }
    }

    /// The holder of the data.
    #[must_use]
    pub fn holder(&self) -> &MemberId {
        self.service.provider.member()
    }

    /// Keeps an event, durable when it returns. The same event again changes nothing, unless a new epoch began in
    /// between.
    pub async fn record(&self, event: &AccessEvent) -> Result<(), TrailError> {
        let access = self.access(event).await?;
        self.parts.store.append(&[access]).await.map_err(TrailError::Store)
    }

    /// An event in the form in which it is stored: each person's part for itself, under a pseudonym.
    pub async fn access(&self, event: &AccessEvent) -> Result<Access, TrailError> {
        let holder = event.terms.service.provider.member();
        if holder != self.holder() {
            return Err(TrailError::OtherHolder(holder.clone()));
        }
        let key = &*self.parts.key;
        let epoch = key.epochs().first().copied().ok_or(TrailError::Key(KeyError::Epochs(0)))?;
        let (secrecy, at) = (&event.terms.secrecy, event.at);
        let month = Month::of(at).ok_or(TrailError::NoMonth)?;
        let mut entries = Vec::new();
        for concerned in &event.persons {
            let pseudonym = concerned.person.pseudonym(key, holder, epoch).await.map_err(TrailError::Key)?;
            entries.push(Entry {
                pseudonym,
                epoch,
                shown: secrecy::shown_from(secrecy, at),
                id: EntryId::of(&pseudonym, at, &event.evidence),
                at,
                terms: Arc::new(event.part_of(concerned)),
                evidence: event.evidence.clone(),
            });
        }
        let withheld = secrecy::withheld_by(secrecy, at).map(|law| Withheld {
            holder: holder.clone(),
            month,
            law: law.to_owned(),
        });
        Ok(Access { entries, withheld })
    }

    /// Answers a portal, once per assertion: the nonce is used up before anything is looked up.
    pub async fn answer(&self, question: &Question<'_>, now: UnixTime) -> Result<Answer, TrailError> {
        let audience = Audience { service: &self.service, agreement: question.agreement };
        let TrailParts { store, portals, opening, .. } = &self.parts;
        let asserted = assertion::judge(question.assertion, question.asker, &audience, &**portals, &**opening, now)
            .map_err(TrailError::Assertion)?;
        match store.take(&asserted.nonce, now).await.map_err(TrailError::Store)? {
            NonceUse::First => {}
            NonceUse::Again => return Err(TrailError::Assertion(AssertionError::Replayed)),
            NonceUse::Full => return Err(TrailError::Assertion(AssertionError::TooMany)),
        }
        self.seen_by(&asserted.person, question.page, now).await
    }

    /// What a person is shown at `now`. Who asks was judged by the caller: [`answer`](Self::answer) does both.
    pub async fn seen_by(&self, person: &Person, page: Page, now: UnixTime) -> Result<Answer, TrailError> {
        let (key, size) = (&*self.parts.key, page.size());
        let mut found = Vec::new();
        for epoch in key.epochs() {
            let pseudonym = person.pseudonym(key, self.holder(), epoch).await.map_err(TrailError::Key)?;
            let entries = self.parts.store.before(&pseudonym, page.start(now), size + 1).await;
            found.extend(entries.map_err(TrailError::Store)?);
        }
        Ok(Answer::of(found, size))
    }

    /// How many accesses of a month were withheld from the persons under one law, for the ombudsman. An access that
    /// concerns several persons is one. Whether the caller may know is judged before.
    pub async fn counted(&self, month: Month, law: &str, now: UnixTime) -> Result<Counted, TrailError> {
        counted(&*self.parts.store, self.holder(), month, law, now).await
    }
}

/// As [`Trail::counted`], for a holder whose trail nobody asks here.
pub async fn counted(
    store: &(impl Withholding + ?Sized),
    holder: &MemberId,
    month: Month,
    law: &str,
    now: UnixTime,
) -> Result<Counted, TrailError> {
    if !month.is_settled(now) {
        return Err(TrailError::NotSettled(month));
    }
    store.withheld(holder, month, law).await.map(Counted::guarded).map_err(TrailError::Store)
}
