//! Names of the algorithms that sign a directory (wire.md §5.3, §8.3).

use simpul_core::DigestAlgorithm;

/// How the signature of a directory was made.
///
/// SHA-1 is not among them although X-Road's reader knows it: what is broken is denied (architecture.md, I4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// RSA with PKCS#1 v1.5 padding.
    RsaPkcs1(DigestAlgorithm),
    /// RSA with PSS padding, MGF1 with the same digest and a salt of the digest's length.
    RsaPss(DigestAlgorithm),
    /// ECDSA; the value is DER, unlike in XML signatures (§8.3).
    Ecdsa(DigestAlgorithm),
}

use DigestAlgorithm::{Sha224, Sha256, Sha384, Sha512};

impl SignatureScheme {
    /// Every scheme that is accepted.
    pub const ALL: [Self; 10] = [
        Self::RsaPkcs1(Sha256),
        Self::RsaPkcs1(Sha384),
        Self::RsaPkcs1(Sha512),
        Self::RsaPss(Sha256),
        Self::RsaPss(Sha384),
        Self::RsaPss(Sha512),
        Self::Ecdsa(Sha224),
        Self::Ecdsa(Sha256),
        Self::Ecdsa(Sha384),
        Self::Ecdsa(Sha512),
    ];

    /// The digest that is signed.
    #[must_use]
    pub fn digest(self) -> DigestAlgorithm {
        match self {
            Self::RsaPkcs1(d) | Self::RsaPss(d) | Self::Ecdsa(d) => d,
        }
    }

    /// The XML algorithm identifier, such as `http://www.w3.org/2001/04/xmldsig-more#rsa-sha512`.
    #[must_use]
    pub fn uri(self) -> String {
        let digest = self.digest().name().to_ascii_lowercase().replace('-', "");
        match self {
            Self::RsaPkcs1(_) => format!("http://www.w3.org/2001/04/xmldsig-more#rsa-{digest}"),
            Self::RsaPss(_) => format!("http://www.w3.org/2007/05/xmldsig-more#{digest}-rsa-MGF1"),
            Self::Ecdsa(_) => format!("http://www.w3.org/2001/04/xmldsig-more#ecdsa-{digest}"),
        }
    }

    /// The scheme with this identifier, compared exactly.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.uri() == uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wire.md §5.3 names the RSA and ECDSA identifiers; RFC 6931 §2.3.10 the MGF1 ones.
    #[test]
    fn identifiers_are_those_of_the_field() {
        for (uri, scheme) in [
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", SignatureScheme::RsaPkcs1(Sha512)),
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", SignatureScheme::RsaPkcs1(Sha256)),
            ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", SignatureScheme::Ecdsa(Sha512)),
            ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha224", SignatureScheme::Ecdsa(Sha224)),
            ("http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", SignatureScheme::RsaPss(Sha384)),
        ] {
            assert_eq!(SignatureScheme::from_uri(uri), Some(scheme));
        }
        for scheme in SignatureScheme::ALL {
            assert_eq!(SignatureScheme::from_uri(&scheme.uri()), Some(scheme));
            assert!(scheme.digest().is_strong());
        }
        assert_eq!(SignatureScheme::from_uri("http://www.w3.org/2000/09/xmldsig#rsa-sha1"), None);
        assert_eq!(SignatureScheme::from_uri("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"), None);
    }
}
