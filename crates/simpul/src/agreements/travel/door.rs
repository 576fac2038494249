//! The service `agreements` of a party: takes acts of the party that asks, and gives the own ones.
//!
//! ```text
//! POST /acts              acts as lines of JSON; answered with a word for each
//! GET  /acts/ID?after=T   the acts of the asked party in one agreement, done after T (RFC 3339; absent: all)
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use simpul_core::{MemberId, UnixTime, limits};
use simpul_exchange::ports::ConfSource;
use simpul_policy::agreement::AgreementId;
use simpul_policy::agreement::act::{Act, ActError, Journal, Step};
use simpul_store::files::Generation;
use simpul_trust::conf::GlobalConf;

use super::form::{Fate, Word, Words, batch};
use crate::agreements::desk::{Desk, Received};
use crate::agreements::problem::Problem;
use crate::verdict::chain;

/// Takes and gives acts for the members of this server.
pub(crate) struct Door {
    desk: Desk,
    conf: Arc<dyn ConfSource>,
    /// Agreements that nobody here has acted on, by the stamp of their journals: who offered them, or nobody.
    unanswered: Mutex<HashMap<String, (Generation, Option<MemberId>)>>,
}

/// What is answered over HTTP.
#[derive(Debug)]
pub(crate) struct Said {
    /// Status.
    pub(crate) status: u16,
    /// Media type.
    pub(crate) media: &'static str,
    /// Body.
    pub(crate) body: Bytes,
}

impl Said {
    /// A problem (RFC 9457).
    pub(crate) fn problem(status: u16, title: &str) -> Self {
        let body = serde_json::json!({ "status": status, "title": title }).to_string();
        Self { status, media: "application/problem+json", body: Bytes::from(body) }
    }
}

impl Door {
    /// The door of a desk.
    pub(crate) fn new(desk: Desk, conf: Arc<dyn ConfSource>) -> Self {
        Self { desk, conf, unanswered: Mutex::default() }
    }

    /// The desk behind it.
    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Takes acts that `asker` brings to `here`. Looks at files: not to be called where nothing may wait.
    pub(crate) fn post(&self, asker: &MemberId, here: &MemberId, body: &[u8]) -> Said {
        let Ok(text) = std::str::from_utf8(body) else { return Said::problem(400, "the acts are not UTF-8") };
        if body.len() > limits::AGREEMENT_DELIVERY + 1 || text.lines().count() > limits::AGREEMENT_DELIVERY_ACTS {
            return Said::problem(413, "more acts than one delivery may have");
        }
        let conf = self.conf.current();
        let mut acts = Vec::new();
        for line in text.lines() {
            let word = self.line(asker, here, line, conf.as_deref());
            let later = word.is == Fate::Later;
            acts.push(word);
            // What comes after it may rest on it.
            if later {
                break;
            }
        }
        let body = serde_json::to_vec(&Words { acts }).unwrap_or_default();
        Said { status: 200, media: "application/json", body: Bytes::from(body) }
    }

    /// The acts of `here` in one agreement, for `asker`.
    pub(crate) fn get(&self, asker: &MemberId, here: &MemberId, id: &str, after: Option<&str>) -> Said {
        let after = match after.map(str::parse::<UnixTime>).transpose() {
            Ok(after) => after,
            Err(_) => return Said::problem(400, "`after` is no date and time with offset"),
        };
        let journal = id.parse::<AgreementId>().ok().and_then(|id| self.desk.journal(&id).ok());
        match journal.filter(|journal| is_party(journal, asker) && is_party(journal, here)) {
            Some(journal) => {
                let (_, lines) = batch(journal.of_party(here, after));
                Said { status: 200, media: "application/jsonl", body: Bytes::from(lines) }
            }
            None => Said::problem(404, "no such agreement"),
        }
    }

    fn line(&self, asker: &MemberId, here: &MemberId, line: &str, conf: Option<&GlobalConf>) -> Word {
        match Act::from_json(line) {
            Ok(act) => self.take(asker, here, act, conf),
            Err(cause) => Word::new(Fate::Refused, Some(chain(&cause))),
        }
    }

    /// Takes one act that `asker` brought to `here`.
    pub(super) fn take(&self, asker: &MemberId, here: &MemberId, act: Act, conf: Option<&GlobalConf>) -> Word {
        let refused = |why: &str| Word::new(Fate::Refused, Some(why.to_owned()));
        if act.by.member != *asker {
            return refused("an act is taken only from the party that did it");
        }
        let journal = match self.desk.journal(&act.agreement) {
            Ok(journal) => journal,
            Err(_) => return Word::new(Fate::Later, Some("the agreement cannot be read here now".to_owned())),
        };
        let offered = if let Step::Offer(text) = &act.step { Some(text) } else { None };
        match (journal.acts().is_empty(), offered) {
            (true, Some(text)) => {
                if text.party(asker).is_none() || text.party(here).is_none() {
                    return refused("it is no agreement between these two parties");
                }
                if self.unanswered_of(asker) >= limits::AGREEMENT_UNANSWERED {
                    return Word::new(Fate::Later, Some("too many offers wait for an answer".to_owned()));
                }
            }
            // An agreement of others looks as one that is not there.
            (true, None) => return Word::new(Fate::Later, Some(chain(&ActError::NoText(act.digest)))),
            (false, offered) if !is_party(&journal, asker) || !is_party(&journal, here) => {
                return match offered {
                    Some(_) => refused("no agreement of these parties can have this id"),
                    None => Word::new(Fate::Later, Some(chain(&ActError::NoText(act.digest)))),
                };
            }
            (false, _) => {}
        }
        let told = act.to_string();
        match self.desk.receive(act, 1, conf) {
            Ok(Received::Known) => Word::new(Fate::Known, None),
            Ok(Received::Taken(void)) => {
                tracing::info!(asker = %asker.short(), act = told, void, "an act of an agreement was taken");
                Word::new(Fate::Taken, void)
            }
            Err(problem) => {
                let cause = chain(&problem);
                tracing::warn!(asker = %asker.short(), act = told, cause, "an act of an agreement was not taken");
                match problem {
                    Problem::Line { cause, .. } if matches!(*cause, ActError::NoText(_)) => {
                        Word::new(Fate::Later, Some(chain(cause.as_ref())))
                    }
                    Problem::Line { cause, .. } => Word::new(Fate::Refused, Some(chain(cause.as_ref()))),
                    Problem::Full(_) | Problem::Foreign { .. } => Word::new(Fate::Refused, Some(problem.to_string())),
                    // By a newer configuration the signature may hold.
                    Problem::Future(_) | Problem::Signatures { .. } => {
                        Word::new(Fate::Later, Some(problem.to_string()))
                    }
                    _ => Word::new(Fate::Later, Some("it cannot be taken now".to_owned())),
                }
            }
        }
    }

    /// How many agreements a partner has offered that nobody here has acted on.
    fn unanswered_of(&self, asker: &MemberId) -> usize {
        let Ok(names) = self.desk.folder.names() else { return usize::MAX };
        let mut seen = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = HashMap::new();
        for name in names {
            let stamp = self.desk.folder.journal_stamp(&name);
            let known = seen.remove(&name).filter(|(at, _)| *at == stamp);
            let offered = known.map_or_else(|| self.offered(&name), |(_, by)| by);
            now.insert(name, (stamp, offered));
        }
        *seen = now;
        seen.values().filter(|(_, by)| by.as_ref() == Some(asker)).count()
    }

    /// Who offered an agreement on which nobody here has acted.
    fn offered(&self, name: &str) -> Option<MemberId> {
        let journal = self.desk.journal(&name.parse().ok()?).ok()?;
        let own = journal.acts().iter().any(|act| self.desk.is_own(&act.by.member));
        journal.acts().first().filter(|_| !own).map(|first| first.by.member.clone())
    }
}

fn is_party(journal: &Journal, member: &MemberId) -> bool {
    journal.acts().first().and_then(|first| first.step.document()).is_some_and(|text| text.party(member).is_some())
}
