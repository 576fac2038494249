//! What is sealed: the parts of one message.

use bytes::Bytes;
use simpul_core::{Digest, DigestAlgorithm};

use super::chain::{Data, Sources};
use crate::hash;

/// URI of the message in signatures, chains and containers (wire.md §5.1).
pub const MESSAGE: &str = "/message.xml";
/// URI of the result of a signature's hash chain.
pub const CHAIN_RESULT: &str = "/sig-hashchainresult.xml";
/// URI of a signature's hash chain.
pub const CHAIN: &str = "/sig-hashchain.xml";
const ATTACHMENT: &str = "/attachment";

/// The parts of one message: the REST block or SOAP bytes, then the REST body or the SOAP attachments
/// (wire.md §5.1).
#[derive(Clone, Debug)]
pub struct Parts {
    /// Digest of `/message.xml`.
    pub message: Digest,
    /// Digests of `/attachment1`, `/attachment2` and so on.
    pub attachments: Vec<Digest>,
    octets: Option<Bytes>,
}

impl Parts {
    /// A message whose octets are at hand, so that a peer's signature may refer to it with any accepted digest
    /// algorithm; its own digest is SHA-512.
    #[must_use]
    pub fn of(message: &Bytes, attachments: Vec<Digest>) -> Self {
        Self { message: hash::sha512(message), attachments, octets: Some(message.clone()) }
    }

    /// A message of which only digests are known. A signature that refers to it with another algorithm cannot be
    /// checked.
    #[must_use]
    pub fn of_digests(message: Digest, attachments: Vec<Digest>) -> Self {
        Self { message, attachments, octets: None }
    }

    /// The URIs of all parts, in order.
    pub fn uris(&self) -> impl Iterator<Item = String> {
        uris().take(self.attachments.len().saturating_add(1))
    }

    /// The digest of the part with this URI.
    fn digest(&self, uri: &str) -> Option<&Digest> {
        if uri == MESSAGE {
            return Some(&self.message);
        }
        let number = uri.strip_prefix(ATTACHMENT).filter(|n| !n.starts_with(['0', '+']))?;
        self.attachments.get(number.parse::<usize>().ok()?.checked_sub(1)?)
    }
}

/// The URIs of the parts of a message of any number of parts, in order.
pub(super) fn uris() -> impl Iterator<Item = String> {
    std::iter::once(MESSAGE.to_owned()).chain((1_usize..).map(|n| format!("{ATTACHMENT}{n}")))
}

/// Whether two URIs name the same part. Other tools leave the slash out in containers.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.strip_prefix('/').unwrap_or(a) == b.strip_prefix('/').unwrap_or(b)
}

/// A message with the hash chain that came in its seal.
pub(super) struct Received<'a> {
    pub(super) parts: &'a Parts,
    pub(super) chain_result: Option<&'a [u8]>,
    pub(super) chain: Option<&'a [u8]>,
}

impl Sources for Received<'_> {
    fn chain(&self, uri: &str) -> Option<&[u8]> {
        self.chain.filter(|_| uri == CHAIN)
    }

    fn data(&self, uri: &str, algorithm: DigestAlgorithm) -> Data<'_> {
        if uri == CHAIN_RESULT {
            return self.chain_result.map_or(Data::Unknown, Data::Octets);
        }
        let octets = self.parts.octets.as_ref().filter(|_| uri == MESSAGE);
        match (self.parts.digest(uri), octets) {
            (Some(digest), _) if digest.algorithm() == algorithm => Data::Digest(digest.as_bytes()),
            (Some(_), Some(octets)) => Data::Octets(octets),
            _ => Data::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_by_their_exact_names() {
        let parts = Parts::of(&Bytes::from_static(b"m"), vec![hash::sha512(b"a"), hash::sha512(b"b")]);
        assert_eq!(parts.uris().collect::<Vec<_>>(), ["/message.xml", "/attachment1", "/attachment2"]);
        for uri in parts.uris() {
            assert!(parts.digest(&uri).is_some(), "{uri}");
        }
        for uri in ["message.xml", "/attachment", "/attachment0", "/attachment3", "/attachment01", "/attachment+1", "/"]
        {
            assert!(parts.digest(uri).is_none(), "{uri}");
        }
    }

    #[test]
    fn another_algorithm_needs_the_octets() {
        let data = |parts: &Parts, uri: &str| {
            let received = Received { parts, chain_result: None, chain: None };
            match received.data(uri, DigestAlgorithm::Sha256) {
                Data::Digest(_) => "digest",
                Data::Octets(_) => "octets",
                Data::Elsewhere | Data::Unknown => "unknown",
            }
        };
        let attachments = vec![hash::sha512(b"a")];
        let whole = Parts::of(&Bytes::from_static(b"m"), attachments.clone());
        assert_eq!((data(&whole, MESSAGE), data(&whole, "/attachment1")), ("octets", "unknown"));
        let digests = Parts::of_digests(hash::digest(DigestAlgorithm::Sha256, b"m"), attachments);
        assert_eq!((data(&digests, MESSAGE), data(&digests, "/attachment1")), ("digest", "unknown"));
    }
}
