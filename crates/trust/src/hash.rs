//! Digests, computed by OpenSSL.
//!
//! MD5 is named by the protocol and never computed here: asked for it, [`digest`] and [`Hasher`] answer with a
//! SHA-512 digest, which equals no MD5 digest, so whatever rested on MD5 does not match (I4: broken means deny).

use openssl::sha::{self, Sha1, Sha224, Sha256, Sha384, Sha512};
use simpul_core::{Digest, DigestAlgorithm};

/// The SHA-512 digest of `data`: X-Road's default everywhere (wire.md §5, §6).
#[must_use]
pub fn sha512(data: &[u8]) -> Digest {
    Digest::from(sha::sha512(data))
}

/// The digest of `data`. For [`DigestAlgorithm::Md5`] see the module's remark.
#[must_use]
pub fn digest(algorithm: DigestAlgorithm, data: &[u8]) -> Digest {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(data);
    hasher.finish()
}

/// A digest over bytes that come in pieces.
pub struct Hasher(State);

enum State {
    Sha1(Box<Sha1>),
    Sha224(Box<Sha224>),
    Sha256(Box<Sha256>),
    Sha384(Box<Sha384>),
    Sha512(Box<Sha512>),
}

impl Hasher {
    /// Starts a digest. For [`DigestAlgorithm::Md5`] see the module's remark.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self(match algorithm {
            DigestAlgorithm::Sha1 => State::Sha1(Box::default()),
            DigestAlgorithm::Sha224 => State::Sha224(Box::default()),
            DigestAlgorithm::Sha256 => State::Sha256(Box::default()),
            DigestAlgorithm::Sha384 => State::Sha384(Box::default()),
            DigestAlgorithm::Sha512 | DigestAlgorithm::Md5 => State::Sha512(Box::default()),
        })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::Sha1(h) => h.update(data),
            State::Sha224(h) => h.update(data),
            State::Sha256(h) => h.update(data),
            State::Sha384(h) => h.update(data),
            State::Sha512(h) => h.update(data),
        }
    }

    /// The digest of all bytes that came.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha1(h) => Digest::from(h.finish()),
            State::Sha224(h) => Digest::from(h.finish()),
            State::Sha256(h) => Digest::from(h.finish()),
            State::Sha384(h) => Digest::from(h.finish()),
            State::Sha512(h) => Digest::from(h.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(d: &Digest) -> String {
        d.as_bytes().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Values of FIPS 180-4's example message `abc` (NIST, Secure Hash Standard examples).
    #[test]
    fn the_standards_examples_hold() {
        let of = |a| hex(&digest(a, b"abc"));
        assert_eq!(of(DigestAlgorithm::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(of(DigestAlgorithm::Sha224), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
        assert_eq!(of(DigestAlgorithm::Sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(of(DigestAlgorithm::Sha384).starts_with("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"));
        assert!(of(DigestAlgorithm::Sha512).starts_with("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"));
        assert_eq!(sha512(b"abc"), digest(DigestAlgorithm::Sha512, b"abc"));
    }

    #[test]
    fn pieces_and_whole_agree() {
        for a in DigestAlgorithm::ALL {
            let mut h = Hasher::new(a);
            h.update(b"a");
            h.update(b"");
            h.update(b"bc");
            assert_eq!(h.finish(), digest(a, b"abc"));
        }
    }

    #[test]
    fn md5_never_matches() {
        let md5 = Digest::new(DigestAlgorithm::Md5, &[0x90; 16]).unwrap();
        let made = digest(DigestAlgorithm::Md5, b"abc");
        assert_ne!(made, md5);
        assert_eq!(made.algorithm(), DigestAlgorithm::Sha512);
        assert_ne!(made.as_bytes().len(), DigestAlgorithm::Md5.size());
    }
}
