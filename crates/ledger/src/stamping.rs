//! The timestamping job.

use std::error::Error;

use bytes::Bytes;
use futures_util::future::join_all;
use simpul_core::{Digest, DigestAlgorithm, limits};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;
use simpul_trust::seal::chain;
use simpul_trust::tsp::Token;
use simpul_trust::{hash, seal, tsp};

use crate::evidence::TIMESTAMP_CHAIN;
use crate::log::{Ledger, LedgerError};
use crate::record::{RecordId, Stamp};
use crate::stamp::{REPORTED_IMPOSSIBLE, StampError, StampReport, Timestamper, Unstamped};

/// Signatures that are read at a time. Only their digests are kept, so that a batch needs little memory.
const READ_AT_ONCE: usize = 64;

/// Timestamps of single records that are asked for at the same time.
const SINGLES_AT_ONCE: usize = 4;

/// Longest reason that is stored.
const WHY_CHARS: usize = 500;

impl Ledger {
    /// Stamps all records that wait when it is called, oldest first, up to `stamp_batch` of the settings under one
    /// token (wire.md §6.3). One that waits alone is stamped by itself (§6.2).
    ///
    /// At the first failure the run ends and keeps what it has: an authority that does not answer is asked once. What
    /// failed waits for the next run.
    pub async fn stamp_pending(
        &self,
        authority: &dyn Timestamper,
        conf: &GlobalConf,
    ) -> Result<StampReport, LedgerError> {
        self.shared.refuse_if_halted()?;
        let approved = conf.tsa_certificates();
        // What is recorded meanwhile waits for the next run, so that this one ends.
        let end = self.shared.refresh_waiting().await?.next;
        let mut report = StampReport::default();
        let mut after = None;
        while report.failure.is_none() {
            let batch = self.collect(after, end).await?;
            let Some((last, _)) = batch.leaves.last() else { break };
            after = Some(*last);
            match batch.stamp(authority, &approved).await {
                Ok(stamps) => self.keep(stamps, &mut report).await?,
                Err(failure) => report.failure = Some(failure),
            }
        }
        self.finish(report).await
    }

    /// Stamps these records now, each by itself (wire.md §6.2), as `force` of the download service does (§7.4). A
    /// record that does not wait is left as it is; one that does not exist is [`LedgerError::UnknownRecord`].
    pub async fn stamp_now(
        &self,
        ids: &[RecordId],
        authority: &dyn Timestamper,
        conf: &GlobalConf,
    ) -> Result<StampReport, LedgerError> {
        self.shared.refuse_if_halted()?;
        let approved = conf.tsa_certificates();
        let mut waiting = Vec::new();
        for id in ids {
            let stored = self.load(*id).await?.ok_or(LedgerError::UnknownRecord(*id))?;
            if stored.stamp.is_none() {
                waiting.push((*id, stored.record.seal.signature));
            }
        }
        let mut report = StampReport::default();
        for some in waiting.chunks(SINGLES_AT_ONCE) {
            let mut stamps = Vec::new();
            let asked = some.iter().map(|(id, signature)| single(*id, signature, authority, &approved));
            for outcome in join_all(asked).await {
                match outcome {
                    Ok(stamp) => stamps.push(stamp),
                    Err(error) => report.failure = report.failure.take().or(Some(error)),
                }
            }
            self.keep(stamps, &mut report).await?;
            if report.failure.is_some() {
                break;
            }
        }
        self.finish(report).await
    }

    /// The first records after `after` and before `end` that wait, as many as one token may cover.
    async fn collect(&self, mut after: Option<RecordId>, end: RecordId) -> Result<Batch, LedgerError> {
        let size = self.shared.settings.stamp_batch.clamp(1, limits::STAMP_BATCH);
        let mut batch = Batch::default();
        while batch.leaves.len() < size {
            let limit = READ_AT_ONCE.min(size.saturating_sub(batch.leaves.len()));
            let page = self.shared.store.waiting(after, limit).await.map_err(|e| self.shared.failed(e))?;
            let before = batch.leaves.len();
            page.into_iter().filter(|(id, _)| *id < end).for_each(|(id, signature)| batch.add(id, signature));
            if batch.leaves.len() < before.saturating_add(limit) {
                break;
            }
            after = batch.leaves.last().map(|(id, _)| *id);
        }
        Ok(batch)
    }

    async fn keep(&self, stamps: Vec<(RecordId, Stamp)>, report: &mut StampReport) -> Result<(), LedgerError> {
        self.shared.store.set_stamps(&stamps).await.map_err(|e| self.shared.failed(e))?;
        for (id, stamp) in stamps {
            match stamp {
                Stamp::Single { .. } | Stamp::Batch { .. } => report.stamped += 1,
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

/// What one token is to cover.
#[derive(Default)]
struct Batch {
    /// The records with the SHA-512 of their signatures as stored (wire.md §6.3).
    leaves: Vec<(RecordId, Digest)>,
    /// The signature of the only record, while it is the only one.
    only: Option<Bytes>,
}

impl Batch {
    fn add(&mut self, id: RecordId, signature: Bytes) {
        self.leaves.push((id, hash::sha512(&signature)));
        self.only = (self.leaves.len() == 1).then_some(signature);
    }

    async fn stamp(
        self,
        authority: &dyn Timestamper,
        approved: &[Certificate],
    ) -> Result<Vec<(RecordId, Stamp)>, StampError> {
        let (ids, digests): (Vec<_>, Vec<_>) = self.leaves.into_iter().unzip();
        let Some(first) = ids.first().copied() else { return Ok(Vec::new()) };
        if let Some(signature) = self.only {
            return single(first, &signature, authority, approved).await.map(|stamp| vec![stamp]);
        }
        let records = Unstamped { first, count: ids.len() };
        let paths = chain::paths(&digests, DigestAlgorithm::Sha512, TIMESTAMP_CHAIN);
        let Some((result, paths)) = paths.map_err(|cause| StampError::Chain { records, cause })? else {
            return Ok(Vec::new());
        };
        let token = token(result.as_bytes(), records, authority, approved).await?;
        let (token, result) = (Bytes::copy_from_slice(token.der()), Bytes::from(result));
        let stamp = |chain| Stamp::Batch { token: token.clone(), result: result.clone(), chain };
        Ok(ids.into_iter().zip(paths.into_iter().map(stamp)).collect())
    }
}

/// The timestamp of one signature: a token over the decoded signature value (wire.md §6.2) that has a place in the
/// signature.
async fn single(
    id: RecordId,
    signature: &Bytes,
    authority: &dyn Timestamper,
    approved: &[Certificate],
) -> Result<(RecordId, Stamp), StampError> {
    let value = match seal::signature_value(signature) {
        Ok(value) => value,
        Err(error) => return Ok((id, impossible(&error))),
    };
    let token = token(&value, Unstamped { first: id, count: 1 }, authority, approved).await?;
    let stamp = match seal::with_timestamp(signature, token.der()) {
        Ok(stamped) if stamped.len() <= limits::SIGNATURE_XML => Stamp::Single { token: token.der().to_vec().into() },
        Ok(_) => Stamp::Impossible { why: "the signature is too long to hold a timestamp".to_owned() },
        Err(error) => impossible(&error),
    };
    Ok((id, stamp))
}

/// A token over these octets that was judged.
async fn token(
    covered: &[u8],
    records: Unstamped,
    authority: &dyn Timestamper,
    approved: &[Certificate],
) -> Result<Token, StampError> {
    let imprint = hash::sha512(covered);
    let answer = |cause| StampError::Answer { records, cause };
    let query = tsp::request(&imprint).map_err(answer)?;
    let response = authority.stamp(query).await.map_err(|cause| StampError::Authority { records, cause })?;
    tsp::accept(&response, &imprint, approved).map_err(answer)
}

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
    use crate::stamp::AuthorityError;

    #[test]
    fn a_reason_is_bounded() {
        let long = AuthorityError("x".repeat(10_000).into());
        let Stamp::Impossible { why } = impossible(&long) else { panic!("it is impossible") };
        assert!(why.starts_with("no timestamping authority answered: xxx"));
        assert_eq!(why.chars().count(), WHY_CHARS);
    }
}
