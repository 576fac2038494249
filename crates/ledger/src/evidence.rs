//! From a record to what a third party can check (wire.md §7).

use std::collections::BTreeMap;

use bytes::Bytes;
use simpul_core::{DigestAlgorithm, limits};
use simpul_trust::asic::Container;
use simpul_trust::hash;
use simpul_trust::seal::{self, SealError};

use crate::record::{Direction, LoggedBody, RecordId, Stamp, StoredRecord};

/// Why a record gives no evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// It waits for its timestamp.
    #[error("record {0} has no timestamp yet")]
    NotStamped(RecordId),
    /// Its seal cannot have a timestamp.
    #[error("record {id} cannot have a timestamp: {why}")]
    NeverStamped {
        /// The record.
        id: RecordId,
        /// Why, as the timestamping job found.
        why: String,
    },
    /// The kept token does not go into the kept signature.
    #[error("the timestamp of record {id} does not fit its signature")]
    Stamp {
        /// The record.
        id: RecordId,
        /// Why.
        #[source]
        cause: SealError,
    },
}

/// The chain file of a batch timestamp, as its result names it (wire.md §6.3).
pub(crate) const TIMESTAMP_CHAIN: &str = "/ts-hashchain.xml";
/// What the chain of a batch timestamp leads to (§6.3).
const SIGNATURES: &str = "/META-INF/signatures.xml";

/// A stamped record as the container that third parties check (wire.md §7.1). A body that was not kept is missing: the
/// verifier lists its digest as unverified.
///
/// A single timestamp stands in the signature (§6.2); that of a batch stands beside the signature, which is then as it
/// was recorded (§6.3).
pub fn container(record: &StoredRecord) -> Result<Container, EvidenceError> {
    let id = record.id;
    let kept = &record.record;
    let attachments = match &kept.body {
        LoggedBody::Whole(body) => BTreeMap::from([(1, body.clone())]),
        LoggedBody::None | LoggedBody::Truncated { .. } => BTreeMap::new(),
    };
    let unstamped = Container {
        message: kept.message.clone(),
        signature: kept.seal.signature.clone(),
        hash_chain_result: kept.seal.hash_chain_result.clone(),
        hash_chain: kept.seal.hash_chain.clone(),
        timestamp_chain_result: None,
        timestamp_chain: None,
        timestamp: None,
        attachments,
    };
    match &record.stamp {
        None => Err(EvidenceError::NotStamped(id)),
        Some(Stamp::Impossible { why }) => Err(EvidenceError::NeverStamped { id, why: why.clone() }),
        Some(Stamp::Single { token }) => {
            let stamped = seal::with_timestamp(&kept.seal.signature, token);
            let signature = stamped.map(Bytes::from).map_err(|cause| EvidenceError::Stamp { id, cause })?;
            Ok(Container { signature, ..unstamped })
        }
        Some(Stamp::Batch { token, result, chain }) => {
            let chain = chain.file(&hash::sha512(&kept.seal.signature), DigestAlgorithm::Sha512, SIGNATURES);
            Ok(Container {
                timestamp_chain_result: Some(result.clone()),
                timestamp_chain: Some(chain.into()),
                timestamp: Some(token.clone()),
                ..unstamped
            })
        }
    }
}

/// The file name of a container: `{message id}-{request|response}-{record id in base 32}.asice`, in archives and in
/// downloads alike (wire.md §7.3). The message id is escaped and cut to `limits::NAMED_ID`.
#[must_use]
pub fn container_name(message_id: &str, direction: Direction, id: RecordId) -> String {
    let escaped = escape(message_id);
    let name: String = escaped.chars().take(limits::NAMED_ID).collect();
    format!("{name}-{}-{}.asice", direction.word(), base32(id.number()))
}

/// The file name of a download with all containers of a message: `{message id}[-request|-response].zip` (wire.md
/// §7.4).
#[must_use]
pub fn download_name(message_id: &str, only: Option<Direction>) -> String {
    let side = only.map(|d| format!("-{}", d.word())).unwrap_or_default();
    format!("{}{side}.zip", escape(message_id))
}

/// `application/x-www-form-urlencoded`, the escaping of X-Road's file names: a space is `+`, and every octet but
/// letters, digits, `.`, `-`, `*` and `_` is `%` with two upper-case digits.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(octet)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Digits `0`–`9`, `a`–`v`, most significant first.
fn base32(number: u64) -> String {
    let digits = std::iter::successors(Some(number), |n| Some(n / 32).filter(|n| *n > 0));
    let mut digits: Vec<char> =
        digits.map(|n| u32::try_from(n % 32).ok().and_then(|d| char::from_digit(d, 32)).unwrap_or('0')).collect();
    digits.reverse();
    digits.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> RecordId {
        RecordId::new(n).unwrap()
    }

    /// wire.md §7.3: `{id url-encoded, max 226}-{request|response}-{record id in base 32}.asice`.
    #[test]
    fn names_of_containers() {
        assert_eq!(container_name("ID-1", Direction::Request, id(1)), "ID-1-request-1.asice");
        assert_eq!(container_name("ID-1", Direction::Response, id(31)), "ID-1-response-v.asice");
        assert_eq!(container_name("a", Direction::Request, id(32)), "a-request-10.asice");
        assert_eq!(
            container_name("a", Direction::Request, id(i64::MAX.unsigned_abs())),
            "a-request-7vvvvvvvvvvvv.asice"
        );
        assert_eq!(container_name("../a b/ü%", Direction::Request, id(1)), "..%2Fa+b%2F%C3%BC%25-request-1.asice");
        let long = container_name(&"x".repeat(300), Direction::Request, id(1));
        assert_eq!(long, format!("{}-request-1.asice", "x".repeat(226)));
    }

    /// wire.md §7.4: `{id}[-request|-response].zip`.
    #[test]
    fn names_of_downloads() {
        assert_eq!(download_name("ID-1", None), "ID-1.zip");
        assert_eq!(download_name("ID-1", Some(Direction::Request)), "ID-1-request.zip");
        assert_eq!(download_name("ID/1\r\n\"", Some(Direction::Response)), "ID%2F1%0D%0A%22-response.zip");
    }
}
