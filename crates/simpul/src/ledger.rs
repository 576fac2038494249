//! `simpul ledger verify`: every record of a message log that no server has open, judged as a stranger would.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;

use simpul_core::UnixTime;
use simpul_ledger::{
    ConfId, Direction, Filter, KeptConf, LedgerStore, LoggedBody, NewRecord, Page, RecordId, StoreError, StoredRecord,
    evidence,
};
use simpul_store::sqlite::{OpenError, SqliteLedger};
use simpul_trust::asic::{Content, Sender, verify_container};
use simpul_trust::conf::{ConfError, GlobalConf, kept, signed};
use simpul_trust::hash;
use simpul_trust::seal::{self, Parts};
use simpul_wire::gconf::Anchor;

use crate::cli::RoleArgs;
use crate::config::{ConfigError, FileError, NodeConfig};
use crate::membership::read_anchor;
use crate::verdict::chain;

/// Records read at a time.
const PAGE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

#[derive(Debug, thiserror::Error)]
enum AuditError {
    #[error("the configuration cannot be used")]
    Config(#[source] ConfigError),
    #[error("the configuration has no section [server]")]
    NoServer,
    #[error("the anchor cannot be used")]
    Anchor(#[source] FileError),
    #[error("the message log cannot be opened; is the server still running?")]
    Open(#[source] OpenError),
    #[error("the message log cannot be read")]
    Store(#[source] StoreError),
}

/// Runs the command.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on its standard streams")]
pub(crate) async fn verify(args: &RoleArgs) -> ExitCode {
    match audit(args).await {
        Ok(found) => {
            found.wrong.iter().for_each(|w| println!("WRONG  {w}"));
            println!("{} records, {} stamped, {} wrong", found.records, found.stamped, found.wrong.len());
            if found.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("simpul ledger verify: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, Default)]
struct Found {
    records: u64,
    stamped: u64,
    wrong: Vec<String>,
}

async fn audit(args: &RoleArgs) -> Result<Found, AuditError> {
    let config = NodeConfig::read(&args.config).map_err(AuditError::Config)?;
    let server = config.server.ok_or(AuditError::NoServer)?;
    let anchor = read_anchor(&server.anchor).map_err(AuditError::Anchor)?;
    let store =
        SqliteLedger::open(&config.storage.dir.join("server").join("ledger")).await.map_err(AuditError::Open)?;
    let mut auditor = Auditor { store: &store, anchor, confs: HashMap::new(), last: 0, found: Found::default() };
    auditor.all().await.map_err(AuditError::Store)?;
    Ok(auditor.found)
}

struct Auditor<'a> {
    store: &'a SqliteLedger,
    anchor: Anchor,
    confs: HashMap<Vec<ConfId>, Option<Arc<GlobalConf>>>,
    /// The place of the record before.
    last: u64,
    found: Found,
}

impl Auditor<'_> {
    async fn all(&mut self) -> Result<(), StoreError> {
        let filter =
            Filter::Time { from: UnixTime::from_millis(i64::MIN), to: UnixTime::from_millis(i64::MAX), local: None };
        let mut after = None;
        loop {
            let page = self.store.list(&filter, Page { after, limit: PAGE }).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for summary in &page {
                self.follows(summary.id);
                let judged = match self.store.load(summary.id).await {
                    Ok(None) => continue,
                    Ok(Some(record)) => {
                        self.found.stamped += u64::from(record.stamp.is_some());
                        self.one(&record).await?
                    }
                    // One that cannot be read is wrong, and says nothing of the others.
                    Err(error @ StoreError::Damaged { .. }) => Err(chain(&error)),
                    Err(error) => return Err(error),
                };
                self.found.records += 1;
                if let Err(why) = judged {
                    self.found.wrong.push(format!("record {} ({}): {why}", summary.id, summary.message_id));
                }
            }
        }
    }

    /// Places in the log have no gaps: what is missing was taken out. A record at the end leaves no gap.
    fn follows(&mut self, id: RecordId) {
        let (expected, found) = (self.last.saturating_add(1), id.number());
        if found != expected {
            self.found.wrong.push(format!("record {expected} is missing, and all up to record {id}"));
        }
        self.last = found;
    }

    /// The seal of a record at the moment of its record, under the configurations that it cites; that it is filed under
    /// what its message says; and, once it is stamped, that it makes a container that holds.
    async fn one(&mut self, stored: &StoredRecord) -> Result<Result<(), String>, StoreError> {
        let record = &stored.record;
        let Some(conf) = self.conf(&record.conf).await? else {
            return Ok(
                Err("the configuration that it cites is missing or not signed as the anchor demands".to_owned()),
            );
        };
        let body = match &record.body {
            LoggedBody::None => None,
            LoggedBody::Whole(bytes) => Some(hash::sha512(bytes)),
            LoggedBody::Truncated { sha512, .. } => {
                simpul_core::Digest::new(simpul_core::DigestAlgorithm::Sha512, sha512)
            }
        };
        let judged = Sender::of(&record.message).map_err(|e| chain(&e)).and_then(|sender| {
            let parts = Parts::of(&record.message, body.into_iter().collect());
            seal::check(&parts, &record.seal, sender.member(), &conf, record.at).map_err(|e| chain(&e))
        });
        Ok(judged.and_then(|_| filed(record)).and_then(|()| stamped(stored, &conf)))
    }

    async fn conf(&mut self, ids: &[ConfId]) -> Result<Option<Arc<GlobalConf>>, StoreError> {
        if let Some(known) = self.confs.get(ids) {
            return Ok(known.clone());
        }
        let mut kept = Vec::new();
        for id in ids {
            kept.extend(self.store.conf(*id).await?);
        }
        let proved = (kept.len() == ids.len()).then(|| prove(&self.anchor, &kept).ok()).flatten().map(Arc::new);
        self.confs.insert(ids.to_vec(), proved.clone());
        Ok(proved)
    }
}

/// The configuration that kept versions make, proved by the anchor; the own instance's comes first.
fn prove(anchor: &Anchor, kept: &[KeptConf]) -> Result<GlobalConf, ConfError> {
    let files = kept::tree_of(anchor, kept.iter().map(|c| (c.instance.as_str(), &c.directory, c.parts.as_slice())));
    let tree = signed::load_tree(anchor, &files, UnixTime::from_millis(0))?;
    GlobalConf::from_parts(&anchor.instance, tree.parts())
}

/// Fails if the columns by which a record is found say something else than its message.
fn filed(record: &NewRecord) -> Result<(), String> {
    let content = Content::of(&record.message).map_err(|e| chain(&e))?;
    let direction = if content.said.is_response() { Direction::Response } else { Direction::Request };
    let wrong = |what: &str| Err(format!("it is filed under {what} that its message does not name"));
    match record {
        NewRecord { client, .. } if *client != content.client => wrong("a client"),
        NewRecord { service, .. } if *service != content.service => wrong("a service"),
        NewRecord { message_id, .. } if *message_id != content.message_id => wrong("a message id"),
        _ if record.direction != direction => Err("it is filed under the other direction".to_owned()),
        _ => Ok(()),
    }
}

/// Fails if a stamped record does not make a container that a judge accepts. No moment is too late for that.
fn stamped(stored: &StoredRecord, conf: &GlobalConf) -> Result<(), String> {
    if stored.stamp.is_none() {
        return Ok(());
    }
    let container = evidence::container(stored).map_err(|e| chain(&e))?;
    let judged = verify_container(&container, conf, UnixTime::from_millis(i64::MAX));
    judged.map(drop).map_err(|e| chain(&e))
}
