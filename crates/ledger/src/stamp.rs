//! Timestamps: proof by an authority outside that a seal existed (wire.md §6).
//!
//! A job stamps what waits, oldest first, each record by itself (§6.2). While the authority cannot be reached the
//! exchange goes on, within the limit of [`check`].

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;
use simpul_core::{Code, UnixTime, limits};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;
use simpul_trust::tsp::TspError;
use simpul_trust::{hash, seal, tsp};

use crate::log::{Ledger, LedgerError};
use crate::record::{RecordId, Stamp};

/// How long timestamping may fail before messages are refused: X-Road's 14,400 s (wire.md §6.3).
pub const LONGEST_FAILURE: Duration = Duration::from_secs(14_400);

/// The way to a timestamping authority.
#[async_trait]
pub trait Timestamper: Send + Sync {
    /// Sends a TimeStampReq (DER) as `application/timestamp-query` and gives the TimeStampResp, at most
    /// `limits::TIMESTAMP_RESPONSE` octets, unjudged (wire.md §6.1). Tries the next authority if one does not answer.
    async fn stamp(&self, query: Vec<u8>) -> Result<Vec<u8>, AuthorityError>;
}

/// No authority answered.
#[derive(Debug, thiserror::Error)]
#[error("no timestamping authority answered")]
pub struct AuthorityError(#[source] pub Box<dyn Error + Send + Sync>);

/// Why a record has no timestamp yet.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// Nobody answered.
    #[error("record {id} has no timestamp yet")]
    Authority {
        /// The record.
        id: RecordId,
        /// Why.
        #[source]
        cause: AuthorityError,
    },
    /// The answer proves nothing.
    #[error("record {id} has no timestamp yet: the authority's answer is refused")]
    Answer {
        /// The record.
        id: RecordId,
        /// Why.
        #[source]
        cause: TspError,
    },
}

/// What one run of the job did.
#[derive(Debug, Default)]
pub struct StampReport {
    /// Records that got a timestamp.
    pub stamped: usize,
    /// Records that cannot have one, with the reason: the operator must look at them. The first
    /// [`REPORTED_IMPOSSIBLE`] of this run.
    pub impossible: Vec<(RecordId, String)>,
    /// How many more of those there were.
    pub more_impossible: usize,
    /// Why the run ended before it was through.
    pub failure: Option<StampError>,
    /// Since when the oldest record waits that waits now.
    pub oldest_waiting: Option<UnixTime>,
}

/// Timestamping has failed for too long; messages are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("messages have waited for a timestamp since {since}, longer than {} s", LONGEST_FAILURE.as_secs())]
pub struct TimestampingFailed {
    /// When the oldest message that waits was recorded.
    pub since: UnixTime,
}

impl TimestampingFailed {
    /// The code that the other party of the exchange is told.
    #[must_use]
    pub fn code(&self) -> Code {
        Code::TimestampingFailed
    }
}

/// Whether messages may still be exchanged when the oldest record without timestamp is from `oldest_waiting`
/// (wire.md §6.3: refused when timestamping has failed for longer than [`LONGEST_FAILURE`]).
///
/// A clock that stepped back makes the wait look shorter, never longer. After a start, run the job before asking:
/// what waited while the node was down counts.
pub fn check(oldest_waiting: Option<UnixTime>, now: UnixTime) -> Result<(), TimestampingFailed> {
    match oldest_waiting {
        Some(since) if now.since(since) > LONGEST_FAILURE => Err(TimestampingFailed { since }),
        _ => Ok(()),
    }
}

impl Ledger {
    /// Whether messages may be exchanged now; see [`check`].
    pub fn check_timestamping(&self, now: UnixTime) -> Result<(), TimestampingFailed> {
        check(self.oldest_waiting(), now)
    }

    /// Stamps all records that wait when it is called, oldest first, `stamps_per_commit` of the settings at a time.
    ///
    /// At the first failure the run ends and keeps what it has: an authority that does not answer is not asked for
    /// every record. What failed waits for the next run.
    pub async fn stamp_pending(
        &self,
        authority: &dyn Timestamper,
        conf: &GlobalConf,
    ) -> Result<StampReport, LedgerError> {
        self.shared.refuse_if_halted()?;
        let approved = conf.tsa_certificates();
        // What is recorded meanwhile waits for the next run, so that this one ends.
        let end = self.shared.refresh_waiting().await?.next;
        let limit = self.shared.settings.stamps_per_commit.max(1);
        let mut report = StampReport::default();
        while report.failure.is_none() {
            let mut waiting = self.shared.store.waiting(limit).await.map_err(|e| self.shared.failed(e))?;
            waiting.retain(|(id, _)| *id < end);
            if waiting.is_empty() {
                break;
            }
            self.stamp(&waiting, authority, &approved, &mut report).await?;
        }
        self.finish(report).await
    }

    /// Stamps these records now, as `force` of the download service does (wire.md §7.4). A record that does not wait
    /// is left as it is; one that does not exist is [`LedgerError::UnknownRecord`].
    pub async fn stamp_now(
        &self,
        ids: &[RecordId],
        authority: &dyn Timestamper,
        conf: &GlobalConf,
    ) -> Result<StampReport, LedgerError> {
        self.shared.refuse_if_halted()?;
        let mut waiting = Vec::new();
        for id in ids {
            let stored = self.load(*id).await?.ok_or(LedgerError::UnknownRecord(*id))?;
            if stored.stamp.is_none() {
                waiting.push((*id, stored.record.seal.signature));
            }
        }
        let mut report = StampReport::default();
        self.stamp(&waiting, authority, &conf.tsa_certificates(), &mut report).await?;
        self.finish(report).await
    }

    async fn stamp(
        &self,
        waiting: &[(RecordId, Bytes)],
        authority: &dyn Timestamper,
        approved: &[Certificate],
        report: &mut StampReport,
    ) -> Result<(), LedgerError> {
        let mut stamps = Vec::new();
        for some in waiting.chunks(self.shared.settings.stamps_at_once.max(1)) {
            let asked = some.iter().map(|(id, signature)| stamp_one(*id, signature, authority, approved));
            for outcome in join_all(asked).await {
                match outcome {
                    Ok(stamp) => stamps.push(stamp),
                    Err(error) => report.failure = report.failure.take().or(Some(error)),
                }
            }
            if report.failure.is_some() {
                break;
            }
        }
        self.shared.store.set_stamps(&stamps).await.map_err(|e| self.shared.failed(e))?;
        for (id, stamp) in stamps {
            match stamp {
                Stamp::Single { .. } => report.stamped += 1,
                Stamp::Impossible { why } if report.impossible.len() < REPORTED_IMPOSSIBLE => {
                    report.impossible.push((id, why));
                }
                Stamp::Impossible { .. } => report.more_impossible += 1,
            }
        }
        Ok(())
    }

    async fn finish(&self, mut report: StampReport) -> Result<StampReport, LedgerError> {
        self.shared.refresh_waiting().await?;
        report.oldest_waiting = self.oldest_waiting();
        Ok(report)
    }
}

/// The timestamp of one signature: a token over the decoded signature value (wire.md §6.2) that was judged, and that
/// has a place in the signature.
async fn stamp_one(
    id: RecordId,
    signature: &Bytes,
    authority: &dyn Timestamper,
    approved: &[Certificate],
) -> Result<(RecordId, Stamp), StampError> {
    let value = match seal::signature_value(signature) {
        Ok(value) => value,
        Err(error) => return Ok((id, impossible(&error))),
    };
    let imprint = hash::sha512(&value);
    let answer = |cause| StampError::Answer { id, cause };
    let query = tsp::request(&imprint).map_err(answer)?;
    let response = authority.stamp(query).await.map_err(|cause| StampError::Authority { id, cause })?;
    let token = tsp::accept(&response, &imprint, approved).map_err(answer)?;
    let stamp = match seal::with_timestamp(signature, token.der()) {
        Ok(stamped) if stamped.len() <= limits::SIGNATURE_XML => Stamp::Single { token: token.der().to_vec().into() },
        Ok(_) => Stamp::Impossible { why: "the signature is too long to hold a timestamp".to_owned() },
        Err(error) => impossible(&error),
    };
    Ok((id, stamp))
}

/// Records without hope that one report names.
pub const REPORTED_IMPOSSIBLE: usize = 100;

/// Longest reason that is stored.
const WHY_CHARS: usize = 500;

fn impossible(error: &dyn Error) -> Stamp {
    let (mut why, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        why = format!("{why}: {error}");
        cause = error.source();
    }
    let why = why.chars().take(WHY_CHARS).collect();
    Stamp::Impossible { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wire.md §6.3: "if failing longer than 14400 s, messages are refused (`timestamping_failed`)".
    #[test]
    fn four_hours_pass_and_a_millisecond_more_does_not() {
        let since = UnixTime::from_secs(1_700_000_000);
        assert_eq!(check(None, since), Ok(()));
        assert_eq!(check(Some(since), since.plus(Duration::from_secs(14_400))), Ok(()));
        let late = check(Some(since), since.plus(Duration::from_millis(14_400_001))).unwrap_err();
        assert_eq!((late.since, late.code()), (since, Code::TimestampingFailed));
        assert_eq!(check(Some(since), since.minus(Duration::from_secs(100_000))), Ok(()), "a clock that stepped back");
    }

    #[test]
    fn a_reason_is_bounded() {
        let long = AuthorityError("x".repeat(10_000).into());
        let Stamp::Impossible { why } = impossible(&long) else { panic!("it is impossible") };
        assert!(why.starts_with("no timestamping authority answered: xxx"));
        assert_eq!(why.chars().count(), WHY_CHARS);
    }
}
