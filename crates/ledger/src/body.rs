//! Keeping a body for the log while it streams by.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use simpul_core::{Digest, DigestAlgorithm};

use crate::log::LedgerError;
use crate::record::LoggedBody;

/// Collects what the log keeps of one body (wire.md §7.2: whole up to `max-loggable-message-body-size`).
///
/// [`crate::Ledger::body_log`] makes it. All bodies that wait to be recorded share one bound on memory; a body gives
/// its share back when the last copy of the [`LoggedBody`] is gone.
pub struct BodyLog {
    kept: BytesMut,
    len: u64,
    max: u64,
    truncate: bool,
    share: Share,
}

/// The memory that all bodies share.
#[derive(Clone)]
pub(crate) struct Budget {
    used: Arc<AtomicUsize>,
    max: usize,
}

/// A part of the budget, given back when dropped.
struct Share {
    budget: Budget,
    octets: usize,
}

/// A kept body together with its share.
struct Kept {
    octets: BytesMut,
    _share: Share,
}

impl BodyLog {
    pub(crate) fn new(max: u64, truncate: bool, budget: &Budget) -> Self {
        let share = Share { budget: budget.clone(), octets: 0 };
        Self { kept: BytesMut::new(), len: 0, max, truncate, share }
    }

    /// Takes the next octets of the body.
    ///
    /// Fails with [`LedgerError::BodyTooLong`] at the first octet too many, unless truncated bodies are allowed: then
    /// only the length is kept. Fails with [`LedgerError::Overloaded`] when all bodies together need too much memory.
    /// After a failure the body must not be logged.
    pub fn push(&mut self, chunk: &Bytes) -> Result<(), LedgerError> {
        self.len = self.len.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        match (self.len > self.max, self.truncate) {
            (false, _) => {
                self.share.grow(chunk.len())?;
                self.kept.extend_from_slice(chunk);
            }
            (true, true) => {
                self.kept = BytesMut::new();
                self.share.give_back();
            }
            (true, false) => return Err(LedgerError::BodyTooLong { max: self.max }),
        }
        Ok(())
    }

    /// Ends the body. `sha512` is the digest of all its octets, which the seal needs too; only a truncated body
    /// keeps it.
    pub fn finish(self, sha512: &Digest) -> Result<LoggedBody, LedgerError> {
        if self.len <= self.max {
            return Ok(LoggedBody::Whole(Bytes::from_owner(Kept { octets: self.kept, _share: self.share })));
        }
        if !self.truncate {
            return Err(LedgerError::BodyTooLong { max: self.max });
        }
        let value: Option<[u8; 64]> = sha512.as_bytes().try_into().ok();
        match value {
            Some(sha512_value) if sha512.algorithm() == DigestAlgorithm::Sha512 => {
                Ok(LoggedBody::Truncated { len: self.len, sha512: sha512_value })
            }
            _ => Err(LedgerError::NotSha512),
        }
    }
}

impl Budget {
    pub(crate) fn new(max: usize) -> Self {
        Self { used: Arc::new(AtomicUsize::new(0)), max }
    }
}

impl Share {
    fn grow(&mut self, octets: usize) -> Result<(), LedgerError> {
        let max = self.budget.max;
        let add = |used: usize| used.checked_add(octets).filter(|sum| *sum <= max);
        match self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(_) => {
                self.octets += octets;
                Ok(())
            }
            Err(_) => Err(LedgerError::Overloaded { max }),
        }
    }

    fn give_back(&mut self) {
        self.budget.used.fetch_sub(std::mem::take(&mut self.octets), Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> Digest {
        Digest::new(DigestAlgorithm::Sha512, &[9; 64]).unwrap()
    }

    fn used(budget: &Budget) -> usize {
        budget.used.load(Ordering::Relaxed)
    }

    #[test]
    fn a_body_at_the_limit_is_kept_whole() {
        let mut log = BodyLog::new(6, false, &Budget::new(100));
        log.push(&Bytes::from_static(b"abc")).unwrap();
        log.push(&Bytes::from_static(b"def")).unwrap();
        assert_eq!(log.finish(&digest()).unwrap(), LoggedBody::Whole(Bytes::from_static(b"abcdef")));
        let empty = BodyLog::new(6, false, &Budget::new(100));
        assert_eq!(empty.finish(&digest()).unwrap(), LoggedBody::Whole(Bytes::new()));
    }

    /// wire.md §7.2: larger is `logging_failed` unless truncation is allowed.
    #[test]
    fn one_octet_more_is_refused_or_truncated() {
        let mut log = BodyLog::new(6, false, &Budget::new(100));
        log.push(&Bytes::from_static(b"abcdef")).unwrap();
        assert!(matches!(log.push(&Bytes::from_static(b"g")), Err(LedgerError::BodyTooLong { max: 6 })));
        assert!(matches!(log.finish(&digest()), Err(LedgerError::BodyTooLong { max: 6 })));

        let budget = Budget::new(100);
        let mut log = BodyLog::new(6, true, &budget);
        log.push(&Bytes::from_static(b"abcdef")).unwrap();
        assert_eq!(used(&budget), 6);
        log.push(&Bytes::from_static(b"g")).unwrap();
        assert_eq!(used(&budget), 0, "a truncated body holds no memory");
        log.push(&Bytes::from_static(b"h")).unwrap();
        assert_eq!(log.finish(&digest()).unwrap(), LoggedBody::Truncated { len: 8, sha512: [9; 64] });
    }

    #[test]
    fn a_truncated_body_needs_its_sha_512() {
        let mut log = BodyLog::new(1, true, &Budget::new(100));
        log.push(&Bytes::from_static(b"ab")).unwrap();
        let sha256 = Digest::new(DigestAlgorithm::Sha256, &[9; 32]).unwrap();
        assert!(matches!(log.finish(&sha256), Err(LedgerError::NotSha512)));
    }

    #[test]
    fn all_bodies_share_one_bound_until_they_are_gone() {
        let budget = Budget::new(10);
        let mut first = BodyLog::new(8, false, &budget);
        first.push(&Bytes::from_static(b"12345678")).unwrap();
        let mut second = BodyLog::new(8, false, &budget);
        second.push(&Bytes::from_static(b"12")).unwrap();
        assert!(matches!(second.push(&Bytes::from_static(b"3")), Err(LedgerError::Overloaded { max: 10 })));
        let whole = first.finish(&digest()).unwrap();
        let copy = whole.clone();
        drop(whole);
        assert_eq!(used(&budget), 10, "a copy still holds the memory");
        drop(copy);
        drop(second);
        assert_eq!(used(&budget), 0);
    }
}
