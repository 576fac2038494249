//! What was used of the volumes of clauses before a restart: the answers in the message log that cite them.
//!
//! What was allowed and has no recorded answer is not counted again: a call that was cut off by the crash, and one whose
//! answer did not fit the agreement.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use simpul_core::{UnixTime, limits};
use simpul_ledger::{Direction, Filter, Ledger, LedgerError, Page, Side};
use simpul_policy::agreement::act::Journal;
use simpul_policy::agreement::terms::Volume;
use simpul_policy::agreement::{Counters, Meter};
use simpul_store::files::{AgreementFolder, AgreementStoreError};
use simpul_wire::rest::{RestMessage, Verdict};

/// Why volumes could not be counted: without them no more calls than agreed could not be held.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    /// The agreements.
    #[error("the agreements on disk cannot be used")]
    Store(#[source] AgreementStoreError),
    /// The message log.
    #[error("the message log cannot be read")]
    Log(#[source] LedgerError),
    /// Too many.
    #[error("more windows of volumes than can be counted")]
    TooMany,
}

/// Volumes by what they are counted for.
type Volumes = BTreeMap<(String, String), (Meter, Vec<Volume>)>;

/// Counts the answers of the windows that are open now. Reads as much of the log as the longest of them is old, and
/// nothing where no clause has a volume.
pub(crate) async fn recount(
    folder: &AgreementFolder,
    ledger: &Ledger,
    counters: &Counters,
    now: UnixTime,
) -> Result<usize, UsageError> {
    let volumes = volumes(folder)?;
    let seconds = volumes.values().flat_map(|(_, volumes)| volumes).map(|volume| i64::from(volume.seconds.max(1)));
    let Some(from) = seconds.map(|seconds| now.secs().div_euclid(seconds).saturating_mul(seconds)).min() else {
        return Ok(0);
    };
    // A clock that went back meanwhile opens no window again.
    let filter = Filter::Time { from: UnixTime::from_secs(from), to: UnixTime::from_millis(i64::MAX), local: None };
    let limit = NonZeroUsize::new(limits::LEDGER_PAGE).unwrap_or(NonZeroUsize::MIN);
    let (mut after, mut counted) = (None, 0);
    loop {
        let page = ledger.list(&filter, Page { after, limit }).await.map_err(UsageError::Log)?;
        let Some(last) = page.last() else { return Ok(counted) };
        after = Some(last.id);
        let answers = page.iter().filter(|s| s.side == Side::Provider && s.direction == Direction::Response);
        for summary in answers {
            let Some(stored) = ledger.load(summary.id).await.map_err(UsageError::Log)? else { continue };
            let Ok(RestMessage::Response(head)) = RestMessage::decode(stored.record.message.clone()) else { continue };
            let Some(Verdict::Decision { agreement, clauses }) = head.verdict() else { continue };
            for clause in clauses {
                let Some((meter, volumes)) = volumes.get(&(agreement.id.clone(), clause.clone())) else { continue };
                counters.credit(meter, volumes, summary.at).map_err(|_| UsageError::TooMany)?;
                counted += 1;
            }
        }
    }
}

/// The volumes of all clauses in all versions: a window that an amendment brings has carried calls before it.
fn volumes(folder: &AgreementFolder) -> Result<Volumes, UsageError> {
    let mut all = Volumes::new();
    for name in folder.names().map_err(UsageError::Store)? {
        let lines = folder.journal(&name).map_err(UsageError::Store)?;
        // What is not believed decides nothing, and the keeper tells.
        let Ok(journal) = Journal::read(lines.iter().map(String::as_str)) else { continue };
        for text in journal.history().lives().map(|life| life.agreement()) {
            for clause in text.clauses() {
                let Some(grant) = clause.grant().filter(|grant| !grant.volume.is_empty()) else { continue };
                let meter = Meter { agreement: text.id().clone(), clause: clause.id.clone() };
                let key = (text.id().to_string(), clause.id.to_string());
                let (_, volumes) = all.entry(key).or_insert_with(|| (meter, Vec::new()));
                let known: Vec<u32> = volumes.iter().map(|volume| volume.seconds).collect();
                volumes.extend(grant.volume.iter().filter(|volume| !known.contains(&volume.seconds)).cloned());
            }
        }
    }
    Ok(all)
}
