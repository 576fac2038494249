//! Names and values of message digests. Computing them needs cryptography and lives in `trust`.

use std::fmt;

/// A digest algorithm that X-Road names (wire.md §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DigestAlgorithm {
    /// MD5: named by the protocol, never accepted as proof.
    Md5,
    /// SHA-1: only for certificate identification in OCSP and old configuration versions.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512, X-Road's default everywhere.
    Sha512,
}

impl DigestAlgorithm {
    /// Every algorithm, weakest first.
    pub const ALL: [Self; 6] = [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The name in `x-hash-algorithm` and linking information, such as `SHA-512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The XML algorithm identifier, such as `http://www.w3.org/2001/04/xmlenc#sha512`.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Md5 => "http://www.w3.org/2001/04/xmldsig-more#md5",
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Self::Sha224 => "http://www.w3.org/2001/04/xmldsig-more#sha224",
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }

    /// The algorithm with this name, compared without regard to case (wire.md §3.2).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// The algorithm with this XML identifier, compared exactly.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.uri() == uri)
    }

    /// Length of the digest in octets.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Whether a signature or hash chain may rest on it today. Unknown and broken means deny (I4).
    #[must_use]
    pub fn is_strong(self) -> bool {
        !matches!(self, Self::Md5 | Self::Sha1)
    }
}

/// A digest with the algorithm that made it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    value: Box<[u8]>,
}

impl Digest {
    /// Takes a digest whose length fits its algorithm.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm, value: &[u8]) -> Option<Self> {
        (value.len() == algorithm.size()).then(|| Self { algorithm, value: value.into() })
    }

    /// The algorithm that made it.
    #[must_use]
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The raw octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.value
    }
}

macro_rules! of_length {
    ($($size:literal => $algorithm:ident),+) => { $(
        /// The length names the algorithm.
        impl From<[u8; $size]> for Digest {
            fn from(value: [u8; $size]) -> Self {
                Self { algorithm: DigestAlgorithm::$algorithm, value: value.into() }
            }
        }
    )+ };
}

of_length!(20 => Sha1, 28 => Sha224, 32 => Sha256, 48 => Sha384, 64 => Sha512);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.algorithm.name())?;
        self.value.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_uris_do_not() {
        for a in DigestAlgorithm::ALL {
            assert_eq!(DigestAlgorithm::from_name(&a.name().to_lowercase()), Some(a));
            assert_eq!(DigestAlgorithm::from_uri(a.uri()), Some(a));
            assert_eq!(DigestAlgorithm::from_uri(&a.uri().to_uppercase()), None);
        }
        assert_eq!(DigestAlgorithm::from_name("SHA512"), None);
    }

    #[test]
    fn a_digest_has_its_algorithms_length() {
        assert!(Digest::new(DigestAlgorithm::Sha256, &[0; 32]).is_some());
        assert!(Digest::new(DigestAlgorithm::Sha256, &[0; 31]).is_none());
        assert!(Digest::new(DigestAlgorithm::Sha256, &[0; 33]).is_none());
        assert_eq!(Digest::from([0; 48]).algorithm(), DigestAlgorithm::Sha384);
        assert_eq!(Digest::from([0; 48]).algorithm().size(), 48);
    }
}
