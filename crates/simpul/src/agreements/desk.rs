//! Acts are taken here: read what is there, see that the act follows, write it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use simpul_core::{MemberId, limits};
use simpul_exchange::ports::Clock;
use simpul_policy::agreement::act::{Act, ActError, History, Journal, Step};
use simpul_policy::agreement::life::{Actor, Life};
use simpul_policy::agreement::{Agreement, AgreementId, Agreements};
use simpul_store::files::{AgreementFolder, AgreementWriter};
use simpul_trust::agreement::{AgreementError, Container};
use simpul_trust::conf::GlobalConf;
use simpul_trust::token::SoftSigner;

use super::keeper::{Unenforced, signed};
use super::problem::Problem;
use crate::config::{NodeConfig, ServerRole, Storage};
use crate::files;
use crate::verdict::chain;

/// How far the clock of another party may be ahead. Its acts are settled by the time that they say; the own ones come
/// after them.
const AHEAD: Duration = Duration::from_secs(86_400);

/// How often an act is made anew when others come in between.
const TRIES: usize = 8;

/// What became of an act of another party.
#[derive(Debug)]
pub(super) enum Received {
    /// It was here before.
    Known,
    /// It is on the disk; why it has no effect, if it has none.
    Taken(Option<String>),
}

/// The agreements of one server, with the right to act for its members.
pub(crate) struct Desk {
    pub(super) role: ServerRole,
    pub(super) storage: Storage,
    pub(super) folder: AgreementFolder,
    pub(super) clock: Arc<dyn Clock>,
}

/// Where the agreements of a server lie.
pub(crate) fn folder(storage: &Storage) -> AgreementFolder {
    AgreementFolder::at(&storage.dir.join("agreements"))
}

/// Reads a document: canonical JSON if the file is named so, else TOML.
pub(super) fn document(file: &Path) -> Result<Agreement, Problem> {
    let octets = files::read(file, limits::AGREEMENT_DOCUMENT).map_err(Problem::File)?;
    let read = match file.extension().is_some_and(|extension| extension == "json") {
        true => Agreement::from_json(&octets),
        false => Agreement::from_toml(&String::from_utf8_lossy(&octets)),
    };
    read.map_err(|cause| Problem::Document { file: file.to_owned(), cause: Box::new(cause) })
}

impl Desk {
    pub(super) fn open(config: &Path, clock: Arc<dyn Clock>) -> Result<Self, Problem> {
        let NodeConfig { server, storage, .. } =
            NodeConfig::read(config).map_err(|cause| Problem::Config(Box::new(cause)))?;
        let role = server.ok_or(Problem::NoServer)?;
        Ok(Self { folder: folder(&storage), role, storage, clock })
    }

    /// The desk of a running server.
    pub(crate) fn of(role: &ServerRole, storage: &Storage, clock: Arc<dyn Clock>) -> Self {
        Self { folder: folder(storage), role: role.clone(), storage: storage.clone(), clock }
    }

    /// The journal of an agreement; without an act if there is none.
    pub(super) fn journal(&self, id: &AgreementId) -> Result<Journal, Problem> {
        self.journal_of(id).map(|(journal, _)| journal)
    }

    /// The journal of an agreement, and its octets.
    fn journal_of(&self, id: &AgreementId) -> Result<(Journal, usize), Problem> {
        let lines = self.folder.journal(id.as_str()).map_err(Problem::from)?;
        let octets = lines.iter().map(|line| line.len() + 1).sum();
        let journal = Journal::read(lines.iter().map(String::as_str));
        let journal = journal.map_err(|cause| Problem::Journal { id: id.clone(), cause: Box::new(cause) })?;
        Ok((journal, octets))
    }

    /// As [`journal`](Self::journal); it must have an act.
    pub(super) fn known(&self, id: &AgreementId) -> Result<Journal, Problem> {
        let journal = self.journal(id)?;
        match journal.acts().is_empty() {
            true => Err(Problem::Unknown(id.clone())),
            false => Ok(journal),
        }
    }

    /// Whether this server signs for the member.
    pub(super) fn is_own(&self, member: &MemberId) -> bool {
        self.role.sign.iter().any(|key| key.member == *member)
    }

    /// The party that acts here: the one that is named, or the only one that this server signs for.
    pub(super) fn actor(&self, text: &Agreement, officer: &str, member: Option<&MemberId>) -> Result<Actor, Problem> {
        let member = match member {
            Some(member) if self.is_own(member) => member.clone(),
            Some(member) => return Err(Problem::NotOwn(member.clone())),
            None => {
                let own: Vec<_> = text.parties().iter().filter(|party| self.is_own(&party.member)).collect();
                let [party] = own.as_slice() else { return Err(Problem::Party(own.len())) };
                party.member.clone()
            }
        };
        Ok(Actor { member, officer: officer.to_owned() })
    }

    /// Takes an act that is made from the journal as it stands when nobody else writes. Durable when it returns.
    pub(super) fn take(
        &self,
        id: &AgreementId,
        make: impl FnOnce(&Journal) -> Result<Act, Problem>,
    ) -> Result<Journal, Problem> {
        let writer = self.folder.write().map_err(Problem::from)?;
        let mut journal = self.journal(id)?;
        let act = make(&journal)?;
        add(&writer, &mut journal, act, self.clock.as_ref())?;
        Ok(journal)
    }

    /// Takes an act of an officer, who signs it with their key if they have one. Made anew from the journal when an act of
    /// another party came meanwhile.
    pub(super) async fn act(
        &self,
        id: &AgreementId,
        signer: Option<&SoftSigner>,
        make: impl Fn(&Journal) -> Result<Act, Problem>,
    ) -> Result<Journal, Problem> {
        let mut again = TRIES;
        loop {
            let mut act = make(&self.journal(id)?)?;
            if let Some(signer) = signer {
                act = act.sign(signer).await.map_err(|cause| Problem::from(ActError::Proof(cause)))?;
            }
            match self.take(id, |_| Ok(act)) {
                Err(Problem::Act(cause)) if again > 0 && matches!(*cause, ActError::Order { .. }) => again -= 1,
                other => return other,
            }
        }
    }

    /// Takes an act of another party, unless it was taken before. Durable when it returns.
    pub(super) fn receive(&self, act: Act, line: usize, conf: Option<&GlobalConf>) -> Result<Received, Problem> {
        let id = act.agreement.clone();
        let writer = self.folder.write().map_err(Problem::from)?;
        let (mut journal, octets) = self.journal_of(&id)?;
        if journal.acts().contains(&act) {
            return Ok(Received::Known);
        }
        if self.is_own(&act.by.member) {
            return Err(Problem::Foreign { line, member: act.by.member });
        }
        if act.at > self.clock.now().plus(AHEAD) {
            return Err(Problem::Future(act.at));
        }
        // Acts of others do not take the room that is kept for the own officers.
        let others = journal.acts().iter().filter(|act| !self.is_own(&act.by.member)).count();
        if !room(others, octets.saturating_add(act.to_json().len())) {
            return Err(Problem::Full(id));
        }
        let what = act.to_string();
        let wrong = |cause| Problem::Line { line, what: what.clone(), cause: Box::new(cause) };
        if let Step::Sign(signature) = &act.step {
            let text = journal.text(&act).ok_or_else(|| wrong(ActError::NoText(act.digest)))?;
            let conf = conf.ok_or(Problem::NoConf)?;
            // The signature is that of the party that its act names, over the text that it names, and no other.
            let forged = |cause: AgreementError| Problem::Signatures { id: id.clone(), cause: cause.into() };
            let octets = container(text, std::iter::once(signature.as_str()), self.clock.as_ref()).map_err(forged)?;
            let verified = simpul_trust::agreement::verify(&octets, conf, self.clock.now());
            verified.and_then(|signed| signed.demand(std::slice::from_ref(&act.by.member))).map_err(forged)?;
        }
        let before = journal.history().clone();
        let merged = journal.merge(act).map_err(wrong)?;
        contain(&writer, &before, &journal, self.clock.as_ref())?;
        writer.append(id.as_str(), &merged.line).map_err(Problem::from)?;
        Ok(Received::Taken(merged.void.map(|cause| chain(cause.as_ref()))))
    }

    /// Fails unless the version could be enforced as it lies on disk: all signatures hold over exactly its text, and it
    /// gives policies.
    pub(super) fn enterable(&self, journal: &Journal, version: u32, conf: Option<&GlobalConf>) -> Result<(), Problem> {
        let Some(life) = journal.history().life(version) else { return Ok(()) };
        let text = life.agreement();
        let id = text.id().clone();
        let unenforced = |cause| Problem::Unenforced { id: id.clone(), cause: Box::new(cause) };
        // What is not signed yet has no signatures to judge: its life refuses it with the party that is missing.
        if matches!(life, Life::Signed(_)) {
            let octets = self.folder.container(id.as_str(), version).map_err(Problem::from)?;
            let octets = octets.ok_or_else(|| unenforced(Unenforced::NoContainer(version)))?;
            let conf = conf.ok_or_else(|| unenforced(Unenforced::NoConf))?;
            let parties = text
                .parties()
                .iter()
                .all(|party| journal.history().signatures(version).any(|(member, _)| *member == party.member));
            if parties {
                signed(text, &octets, conf, self.clock.as_ref()).map_err(unenforced)?;
            }
        }
        let mut trial = Agreements::new().map_err(Problem::from)?;
        let at = journal.history().clone();
        let life = at.life(version).cloned().and_then(|life| life.enter(text.valid_from()).ok());
        life.map_or(Ok(()), |life| trial.put(&life)).map_err(Problem::from)
    }
}

/// Whether one more act fits where others have done so many, and the journal has so many octets with it.
fn room(others: usize, octets: usize) -> bool {
    others < limits::AGREEMENT_ACTS_OUTSIDE && octets <= limits::AGREEMENT_JOURNAL_OUTSIDE
}

/// Writes an own act.
fn add(writer: &AgreementWriter, journal: &mut Journal, act: Act, clock: &dyn Clock) -> Result<(), Problem> {
    let id = act.agreement.clone();
    let before = journal.history().clone();
    let line = journal.take(act).map_err(Problem::from)?;
    contain(writer, &before, journal, clock)?;
    writer.append(id.as_str(), &line).map_err(Problem::from)
}

/// Writes the containers of what is signed otherwise than before: they come before the act, so that no journal tells of
/// a signature that is not there.
fn contain(writer: &AgreementWriter, before: &History, journal: &Journal, clock: &dyn Clock) -> Result<(), Problem> {
    let now = journal.history();
    for life in now.lives() {
        let (text, version) = (life.agreement(), life.agreement().version());
        let old = before.life(version).map(Life::agreement);
        let same = old == Some(text) && before.signatures(version).eq(now.signatures(version));
        if same || now.signatures(version).next().is_none() {
            continue;
        }
        let octets = container(text, now.signatures(version).map(|(_, signature)| signature), clock);
        let octets = octets.map_err(|cause| Problem::Signatures { id: text.id().clone(), cause: cause.into() })?;
        writer.put_container(text.id().as_str(), version, &octets).map_err(Problem::from)?;
    }
    Ok(())
}

/// The container of a text with these signatures.
fn container<'a>(
    text: &Agreement,
    signatures: impl Iterator<Item = &'a str>,
    clock: &dyn Clock,
) -> Result<Vec<u8>, AgreementError> {
    let mut container = Container::new(Bytes::from(text.canonical_json()))?;
    for signature in signatures {
        container.add(Bytes::copy_from_slice(signature.as_bytes()))?;
    }
    container.write(clock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_of_others_leave_room_for_the_own_ones() {
        assert!(room(limits::AGREEMENT_ACTS_OUTSIDE - 1, limits::AGREEMENT_JOURNAL_OUTSIDE));
        assert!(!room(limits::AGREEMENT_ACTS_OUTSIDE, 0) && !room(0, limits::AGREEMENT_JOURNAL_OUTSIDE + 1));
        const { assert!(limits::AGREEMENT_ACTS - limits::AGREEMENT_ACTS_OUTSIDE >= 1000) };
        const { assert!(limits::AGREEMENT_JOURNAL - limits::AGREEMENT_JOURNAL_OUTSIDE >= 2 * limits::AGREEMENT_ACT) };
    }
}
