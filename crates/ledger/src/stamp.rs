//! Timestamps: proof by an authority outside that a seal existed (wire.md §6).
//!
//! A job stamps what waits, oldest first, many records under one token (§6.3). While the authority cannot be reached
//! the exchange goes on, within the limit of [`check`].

use std::error::Error;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use simpul_core::{Code, UnixTime};
use simpul_trust::seal::chain::ChainError;
use simpul_trust::tsp::TspError;

use crate::log::Ledger;
use crate::record::RecordId;

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

/// Why records have no timestamp yet.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// Nobody answered.
    #[error("no timestamp yet for {records}")]
    Authority {
        /// Which.
        records: Unstamped,
        /// Why.
        #[source]
        cause: AuthorityError,
    },
    /// The answer proves nothing.
    #[error("no timestamp yet for {records}: the authority's answer is refused")]
    Answer {
        /// Which.
        records: Unstamped,
        /// Why.
        #[source]
        cause: TspError,
    },
    /// Their hash chain cannot be made.
    #[error("no timestamp yet for {records}: their hash chain cannot be made")]
    Chain {
        /// Which.
        records: Unstamped,
        /// Why.
        #[source]
        cause: ChainError,
    },
}

/// Records that one token was to cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unstamped {
    /// The first of them.
    pub first: RecordId,
    /// How many.
    pub count: usize,
}

impl fmt::Display for Unstamped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => write!(f, "record {}", self.first),
            count => write!(f, "{count} records from {} on", self.first),
        }
    }
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
}

/// Records without hope that one report names.
pub const REPORTED_IMPOSSIBLE: usize = 100;

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
}
