//! Brings the own acts to the other parties, and fetches theirs after a time of absence.
//!
//! One task for each partner, so that no partner waits for another one. It looks when the journals change, when somebody
//! asks for it, and after a failure at intervals that grow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use simpul_core::{ClientId, MemberId, UnixTime};
use simpul_exchange::ports::{Clock, ConfSource, Randomness};
use simpul_policy::agreement::act::{Act, Journal, Step};
use simpul_policy::agreement::{Agreement, AgreementId};
use simpul_store::files::Generation;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::door::Door;
use super::form::{Fate, Words, batch};
use super::marks::{Mark, Marks};
use crate::agreements::problem::Problem;
use crate::config::PartnerEntry;
use crate::role::{OwnAnswer, OwnCall, OwnCalls};
use crate::verdict::chain;

/// How often the generation is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// The first and the longest time between two tries that fail.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// Delivers for one server.
pub(crate) struct Courier {
    door: Arc<Door>,
    calls: OwnCalls,
    conf: Arc<dyn ConfSource>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    /// One writes marks at a time.
    marking: Mutex<()>,
}

/// What one partner's task knows.
#[derive(Default)]
struct Round {
    /// The journals that were delivered whole, by their stamp.
    done: HashMap<String, Generation>,
    /// Fetch what the partner did, of these or of all.
    fetch: Fetch,
    failures: u32,
}

#[derive(Default)]
enum Fetch {
    /// Of every agreement, since this server was away.
    #[default]
    All,
    /// Of those that somebody asked for.
    Of(Vec<String>),
}

/// Why acts did not arrive.
#[derive(Debug, thiserror::Error)]
enum Undeliverable {
    #[error("no client of this server is a subsystem of {} in the agreement", .0.short())]
    NoClient(MemberId),
    #[error("{0}")]
    Fault(String),
    #[error("the answer cannot be understood")]
    Answer,
    #[error("the other side waits: {0}")]
    Later(String),
    #[error("the agreement cannot be used")]
    Desk(#[source] Problem),
}

impl Courier {
    pub(crate) fn new(
        door: Arc<Door>,
        calls: OwnCalls,
        conf: Arc<dyn ConfSource>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Randomness>,
    ) -> Self {
        Self { door, calls, conf, clock, random, marking: Mutex::default() }
    }

    /// Delivers until it is told to stop.
    pub(crate) async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let folder = self.door.desk().folder.clone();
        let (turned, seen) = watch::channel((folder.generation(), Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for entry in self.door.desk().role.agreement_partner.clone() {
            tasks.spawn(Arc::clone(&self).partner(entry, seen.clone(), stop.clone()));
        }
        let mut looks = tokio::time::interval(LOOK);
        while !tasks.is_empty() {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = looks.tick() => {}
            }
            let now = folder.generation();
            if now != turned.borrow().0 {
                let names = folder.names().unwrap_or_default();
                let wanted = names.into_iter().filter(|name| folder.take_wake(name)).collect();
                turned.send_replace((now, wanted));
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    async fn partner(
        self: Arc<Self>,
        entry: PartnerEntry,
        mut turned: watch::Receiver<(Generation, Vec<String>)>,
        stop: CancellationToken,
    ) {
        let mut round = Round::default();
        loop {
            turned.mark_unchanged();
            let worked = tokio::select! {
                () = stop.cancelled() => return,
                worked = self.round(&entry, &mut round) => worked,
            };
            round.failures = if worked { 0 } else { round.failures.saturating_add(1) };
            let pause = async {
                match worked {
                    true => std::future::pending().await,
                    false => {
                        let mut chance = [0; 2];
                        self.random.fill(&mut chance);
                        tokio::time::sleep(pause(round.failures, chance)).await;
                    }
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = pause => {}
                changed = turned.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    if let Fetch::Of(names) = &mut round.fetch {
                        names.extend(turned.borrow().1.iter().cloned());
                    }
                    for name in &turned.borrow().1 {
                        round.done.remove(name);
                    }
                }
            }
        }
    }

    /// Brings what is to be brought; false if something is left to try again.
    async fn round(&self, entry: &PartnerEntry, round: &mut Round) -> bool {
        let desk = self.door.desk();
        let names = match desk.folder.names() {
            Ok(names) => names,
            Err(cause) => {
                tracing::error!(cause = chain(&cause), "acts of agreements cannot be delivered");
                return false;
            }
        };
        let (mut worked, mut waiting) = (true, Vec::new());
        for name in names {
            let stamp = desk.folder.journal_stamp(&name);
            if round.done.get(&name) == Some(&stamp) {
                continue;
            }
            let Ok(id) = name.parse::<AgreementId>() else { continue };
            match desk.journal(&id) {
                Ok(journal) => waiting.push((name, stamp, id, journal)),
                Err(cause) => tracing::error!(agreement = name, cause = chain(&cause), "its acts are not delivered"),
            }
        }
        // What stops an exchange goes first.
        let calm = |journal: &Journal| {
            !journal.acts().iter().rev().take(4).any(|a| matches!(a.step, Step::Suspend(_) | Step::End))
        };
        waiting.sort_by_key(|(.., journal)| calm(journal));
        let mut reachable = true;
        for (name, stamp, id, journal) in waiting {
            let Some(text) = journal.acts().first().and_then(|first| first.step.document()) else { continue };
            if text.party(entry.member()).is_none() {
                round.done.insert(name, stamp);
                continue;
            }
            let own =
                text.parties().iter().map(|party| &party.member).filter(|m| desk.is_own(m) && *m != entry.member());
            let mut whole = true;
            for from in own {
                let fetched = match &round.fetch {
                    Fetch::All => true,
                    Fetch::Of(names) => names.contains(&name),
                };
                let path = Path { from, entry, text, id: &id };
                let brought = match reachable {
                    true => self.bring(&path, &journal, fetched).await,
                    false => Err(Undeliverable::Fault("the other side does not answer".to_owned())),
                };
                if let Err(cause) = &brought {
                    whole = false;
                    reachable &= !matches!(cause, Undeliverable::Fault(_));
                    let cause = chain(cause);
                    self.mark(&path, |mark| mark.error = Some(cause));
                }
            }
            match whole {
                true => {
                    if let Fetch::Of(names) = &mut round.fetch {
                        names.retain(|wanted| *wanted != name);
                    }
                    round.done.insert(name, stamp);
                }
                false => worked = false,
            }
        }
        if worked {
            round.fetch = Fetch::Of(Vec::new());
        }
        worked
    }

    /// Brings one party's acts in one agreement, and fetches the partner's.
    async fn bring(&self, path: &Path<'_>, journal: &Journal, fetched: bool) -> Result<(), Undeliverable> {
        let client = self.client(path)?;
        loop {
            let mark = self.marked(path)?;
            let (acts, lines) = batch(journal.of_party(path.from, mark.after()));
            if acts.is_empty() {
                break;
            }
            let answer = self.ask(path, &client, "POST", "/acts", Some(Bytes::from(lines))).await?;
            let words: Words = serde_json::from_slice(&answer.body).map_err(|_| Undeliverable::Answer)?;
            let later = self.note(path, &acts, &words)?;
            if let Some(why) = later {
                return Err(Undeliverable::Later(why));
            }
        }
        self.mark(path, |mark| mark.error = None);
        if fetched {
            self.fetch(path, &client).await?;
        }
        Ok(())
    }

    /// Keeps what became of each act. Gives why the rest must wait.
    fn note(&self, path: &Path<'_>, acts: &[&Act], words: &Words) -> Result<Option<String>, Undeliverable> {
        if words.acts.is_empty() || words.acts.len() > acts.len() {
            return Err(Undeliverable::Answer);
        }
        let mut later = None;
        self.mark(path, |mark| {
            for (act, word) in acts.iter().zip(&words.acts) {
                let reason = word.reason.clone().unwrap_or_default();
                match word.is {
                    Fate::Later => {
                        later = Some(reason);
                        break;
                    }
                    Fate::Refused => {
                        let to = path.entry.member().short();
                        tracing::error!(to, act = %act, reason, "an act of an agreement was refused by the other side");
                        mark.refuse(format!("{act}: {reason}"));
                    }
                    Fate::Taken | Fate::Known => {}
                }
                mark.through = Some(act.at.to_string());
            }
        });
        Ok(later)
    }

    /// Fetches what the partner did since its last act that is here.
    async fn fetch(&self, path: &Path<'_>, client: &ClientId) -> Result<(), Undeliverable> {
        let partner = path.entry.member();
        loop {
            let journal = self.door.desk().journal(path.id).map_err(Undeliverable::Desk)?;
            let after = journal.of_party(partner, None).last().map(|act| act.at);
            let after = after.map(|at: UnixTime| format!("?after={at}")).unwrap_or_default();
            let answer = self.ask(path, client, "GET", &format!("/acts/{}{after}", path.id), None).await;
            let body = match answer {
                Ok(answer) => answer.body,
                // It knows nothing of it yet.
                Err(Undeliverable::Fault(why)) if why.starts_with("404 ") => return Ok(()),
                Err(cause) => return Err(cause),
            };
            let lines = std::str::from_utf8(&body).map_err(|_| Undeliverable::Answer)?;
            let conf = self.conf.current();
            let mut taken = 0;
            for line in lines.lines() {
                let act = Act::from_json(line).map_err(|_| Undeliverable::Answer)?;
                if self.door.take(partner, path.from, act, conf.as_deref()).is != Fate::Taken {
                    return Ok(());
                }
                taken += 1;
            }
            if taken == 0 {
                return Ok(());
            }
        }
    }

    async fn ask(
        &self,
        path: &Path<'_>,
        client: &ClientId,
        method: &str,
        target: &str,
        body: Option<Bytes>,
    ) -> Result<OwnAnswer, Undeliverable> {
        let headers = match body {
            Some(_) => vec![("content-type".to_owned(), Bytes::from_static(b"application/jsonl"))],
            None => Vec::new(),
        };
        let call = OwnCall { client, service: &path.entry.service, method, path: target, headers, body };
        let answer = self.calls.ask(call).await.map_err(|cause| Undeliverable::Fault(chain(&cause)))?;
        let now = self.clock.now().to_string();
        self.mark(path, |mark| mark.tried = Some(now));
        match answer.status {
            200 => Ok(answer),
            status => {
                let fault = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-road-error"));
                let fault = fault.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
                let said: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
                Err(Undeliverable::Fault(format!("{status} {} {said}", fault.unwrap_or_default())))
            }
        }
    }

    /// The client that asks for a party: the one that the configuration names, or the first subsystem that the agreement
    /// names and that is a client here.
    fn client(&self, path: &Path<'_>) -> Result<ClientId, Undeliverable> {
        let none = || Undeliverable::NoClient(path.from.clone());
        if let Some(client) = path.entry.client.as_ref().filter(|client| client.member() == path.from) {
            return Ok(client.clone());
        }
        let party = path.text.party(path.from).ok_or_else(none)?;
        let clients = &self.door.desk().role.client;
        let named = party.subsystems.iter().find_map(|code| {
            let of = |id: &&ClientId| id.member() == path.from && id.subsystem() == Some(code);
            clients.iter().map(|entry| &entry.id).find(of)
        });
        named.cloned().ok_or_else(none)
    }

    fn marked(&self, path: &Path<'_>) -> Result<Mark, Undeliverable> {
        let marks = Marks::read(self.door.desk(), path.id).map_err(Undeliverable::Desk)?;
        Ok(marks.of(path.from, path.entry.member()))
    }

    /// Changes the mark. What cannot be written is delivered again, which changes nothing.
    fn mark(&self, path: &Path<'_>, change: impl FnOnce(&mut Mark)) {
        let _one = self.marking.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = self.door.desk();
        let written = Marks::read(desk, path.id).and_then(|mut marks| {
            let mut mark = marks.of(path.from, path.entry.member());
            change(&mut mark);
            marks.put(path.from, path.entry.member(), mark);
            marks.write(desk, path.id)
        });
        if let Err(cause) = written {
            tracing::error!(agreement = %path.id, cause = chain(&cause), "what was delivered cannot be noted");
        }
    }
}

/// From whom to whom, about what.
struct Path<'a> {
    from: &'a MemberId,
    entry: &'a PartnerEntry,
    text: &'a Agreement,
    id: &'a AgreementId,
}

/// Half of what the failures so far call for, and a part of the other half by chance.
fn pause(failures: u32, chance: [u8; 2]) -> Duration {
    let full = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
    (full / 2) + (full / 2).mul_f64(f64::from(u16::from_be_bytes(chance)) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_bound_and_differ_by_chance() {
        let (least, most) = ([0, 0], [255, 255]);
        assert_eq!((pause(1, least), pause(1, most)), (FIRST / 2, FIRST));
        assert_eq!((pause(4, least), pause(4, most)), (FIRST * 4, FIRST * 8));
        for failures in [10, 11, 12, 1000, u32::MAX] {
            assert_eq!((pause(failures, least), pause(failures, most)), (LONGEST / 2, LONGEST), "{failures}");
        }
    }
}
