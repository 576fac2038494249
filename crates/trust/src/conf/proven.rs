//! What was proved under this configuration and stays true for a while: certificate paths and their OCSP responses.
//!
//! A partner's chain and OCSP responses are the same octets in thousands of messages. Each rule about them (wire.md
//! §3.5, §3.8, §5.4) depends on those octets, on this configuration and on the moment, and what holds now holds until
//! the first of its parts ends. So a proof is kept under the digest of all its octets until then. Only proofs are
//! kept, never refusals, and they die with the configuration that they rest on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use openssl::sha::Sha256;
use simpul_core::{ServerId, UnixTime, limits};

use crate::cert::Certificate;
use crate::ocsp::OcspFacts;

/// SHA-256 over everything that a proof is about.
pub(crate) type Key = [u8; 32];

/// The proofs of one configuration.
#[derive(Debug, Default)]
pub(crate) struct Proven {
    /// Authentication certificates that serve a client (§3.5).
    pub(super) peers: Proofs<ServerId>,
    /// Certificates that may seal for a member (§5.4, rules 4, 7 and 8).
    pub(crate) signers: Proofs<Signer>,
}

/// A certificate that may seal for a member.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) certificate: Certificate,
    /// From the certificate to the approved CA.
    pub(crate) path: Vec<Certificate>,
    /// The response for the certificate itself.
    pub(crate) ocsp: OcspFacts,
}

/// Proofs of one kind, at most [`limits::PROOFS`].
#[derive(Debug)]
pub(crate) struct Proofs<T>(Mutex<HashMap<Key, Proof<T>>>);

#[derive(Debug)]
struct Proof<T> {
    /// When it was made: for earlier moments nothing was proved.
    from: UnixTime,
    /// The first moment at which it may not hold.
    until: UnixTime,
    value: T,
}

impl<T> Default for Proofs<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Proofs<T> {
    /// What was proved for `key`, if that holds at `at`.
    pub(crate) fn at(&self, key: &Key, at: UnixTime) -> Option<T> {
        let proofs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        proofs.get(key).filter(|p| p.from <= at && at < p.until).map(|p| p.value.clone())
    }

    /// Keeps what was proved at `from` and holds before `until`. Where there is no room, what has ended goes first,
    /// then what ends soonest.
    pub(crate) fn keep(&self, key: Key, from: UnixTime, until: UnixTime, value: T) {
        let mut proofs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if proofs.len() >= limits::PROOFS && !proofs.contains_key(&key) {
            proofs.retain(|_, p| from < p.until);
        }
        if proofs.len() >= limits::PROOFS && !proofs.contains_key(&key) {
            let soonest = proofs.iter().min_by_key(|(_, p)| p.until).map(|(key, _)| *key);
            soonest.and_then(|key| proofs.remove(&key));
        }
        proofs.insert(key, Proof { from, until, value });
    }
}

/// The key of these texts and lists of octets: each with its length before it, so that no two inputs meet.
pub(crate) fn key<'a>(texts: &[&str], lists: impl IntoIterator<Item = &'a [&'a [u8]]>) -> Key {
    let mut hash = Sha256::new();
    let mut put = |octets: &[u8]| {
        hash.update(&(octets.len() as u64).to_be_bytes());
        hash.update(octets);
    };
    texts.iter().for_each(|text| put(text.as_bytes()));
    for list in lists {
        put(&(list.len() as u64).to_be_bytes());
        list.iter().for_each(|octets| put(octets));
    }
    hash.finish()
}

/// The first moment at which one of these certificates is not valid any more: the second of notAfter counts as
/// expired ([`crate::cert::verify_path`]).
pub(crate) fn path_end(path: &[Certificate]) -> UnixTime {
    let ends = path.iter().map(|c| UnixTime::from_secs(c.not_after().secs()));
    ends.min().unwrap_or(UnixTime::from_millis(i64::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> UnixTime {
        UnixTime::from_secs(secs)
    }

    fn numbered(n: usize) -> Key {
        key(&[&n.to_string()], [])
    }

    #[test]
    fn a_proof_holds_from_its_making_to_its_end() {
        let proofs = Proofs::default();
        proofs.keep(numbered(1), at(10), at(20), "one");
        for (secs, held) in [(9, None), (10, Some("one")), (19, Some("one")), (20, None), (21, None)] {
            assert_eq!(proofs.at(&numbered(1), at(secs)), held, "{secs}");
        }
        assert_eq!(proofs.at(&numbered(2), at(15)), None);
    }

    #[test]
    fn proofs_are_bounded() {
        let proofs = Proofs::default();
        for n in 0..limits::PROOFS {
            let until = if n == 7 { 50 } else { 100 };
            proofs.keep(numbered(n), at(0), at(until), n);
        }
        proofs.keep(numbered(limits::PROOFS), at(1), at(100), limits::PROOFS);
        let len = |p: &Proofs<usize>| p.0.lock().unwrap().len();
        assert_eq!(len(&proofs), limits::PROOFS);
        assert_eq!(proofs.at(&numbered(7), at(1)), None, "what ends soonest made room");
        assert_eq!(proofs.at(&numbered(limits::PROOFS), at(1)), Some(limits::PROOFS));
        proofs.keep(numbered(limits::PROOFS + 1), at(100), at(200), 0);
        assert_eq!(len(&proofs), 1, "what has ended made room");
    }

    #[test]
    fn no_two_inputs_have_one_key() {
        let (a, b, ab): (&[u8], &[u8], &[u8]) = (b"a", b"b", b"ab");
        let keys = [
            key(&["ab"], []),
            key(&["a", "b"], []),
            key(&["a"], [[b].as_slice()]),
            key(&[], [[a, b].as_slice()]),
            key(&[], [[ab].as_slice()]),
            key(&[], [[a].as_slice(), [b].as_slice()]),
            key(&[], [[a, b].as_slice(), [].as_slice()]),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
