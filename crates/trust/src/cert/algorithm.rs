//! Which object identifiers name which algorithms in certificates, OCSP responses and timestamps.

use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_224, ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_SHA_1, ID_SHA_224, ID_SHA_256,
    ID_SHA_384, ID_SHA_512, RSA_ENCRYPTION, SHA_1_WITH_RSA_ENCRYPTION, SHA_224_WITH_RSA_ENCRYPTION,
    SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use der::asn1::ObjectIdentifier;
use simpul_core::DigestAlgorithm;

use super::KeyAlgorithm;

/// The strong digest algorithms: nothing else is accepted where a signature rests on it (I4).
const DIGESTS: [(ObjectIdentifier, DigestAlgorithm); 4] = [
    (ID_SHA_224, DigestAlgorithm::Sha224),
    (ID_SHA_256, DigestAlgorithm::Sha256),
    (ID_SHA_384, DigestAlgorithm::Sha384),
    (ID_SHA_512, DigestAlgorithm::Sha512),
];

const SIGNATURES: [(ObjectIdentifier, KeyAlgorithm, DigestAlgorithm); 8] = [
    (SHA_224_WITH_RSA_ENCRYPTION, KeyAlgorithm::Rsa, DigestAlgorithm::Sha224),
    (SHA_256_WITH_RSA_ENCRYPTION, KeyAlgorithm::Rsa, DigestAlgorithm::Sha256),
    (SHA_384_WITH_RSA_ENCRYPTION, KeyAlgorithm::Rsa, DigestAlgorithm::Sha384),
    (SHA_512_WITH_RSA_ENCRYPTION, KeyAlgorithm::Rsa, DigestAlgorithm::Sha512),
    (ECDSA_WITH_SHA_224, KeyAlgorithm::Ec, DigestAlgorithm::Sha224),
    (ECDSA_WITH_SHA_256, KeyAlgorithm::Ec, DigestAlgorithm::Sha256),
    (ECDSA_WITH_SHA_384, KeyAlgorithm::Ec, DigestAlgorithm::Sha384),
    (ECDSA_WITH_SHA_512, KeyAlgorithm::Ec, DigestAlgorithm::Sha512),
];

/// The strong digest algorithm with this identifier.
pub(crate) fn digest(oid: ObjectIdentifier) -> Option<DigestAlgorithm> {
    DIGESTS.iter().find(|(known, _)| *known == oid).map(|(_, algorithm)| *algorithm)
}

/// The identifier of a digest algorithm; none for MD5.
pub(crate) fn digest_oid(algorithm: DigestAlgorithm) -> Option<ObjectIdentifier> {
    match algorithm {
        DigestAlgorithm::Sha1 => Some(ID_SHA_1),
        _ => DIGESTS.iter().find(|(_, known)| *known == algorithm).map(|(oid, _)| *oid),
    }
}

/// The key and the strong digest algorithm of a signature algorithm.
pub(crate) fn signature(oid: ObjectIdentifier) -> Option<(KeyAlgorithm, DigestAlgorithm)> {
    SIGNATURES.iter().find(|(known, _, _)| *known == oid).map(|(_, key, digest)| (*key, *digest))
}

/// As [`signature`], for CMS: there `rsaEncryption` stands for RSA with the signer's digest algorithm (RFC 3370
/// §3.2).
pub(crate) fn cms_signature(
    oid: ObjectIdentifier,
    digest_algorithm: DigestAlgorithm,
) -> Option<(KeyAlgorithm, DigestAlgorithm)> {
    match oid {
        RSA_ENCRYPTION => Some((KeyAlgorithm::Rsa, digest_algorithm)),
        _ => signature(oid),
    }
}

/// The name of an algorithm that is refused, for people.
pub(crate) fn refused(oid: ObjectIdentifier) -> String {
    match oid {
        SHA_1_WITH_RSA_ENCRYPTION => "sha1WithRSAEncryption".to_owned(),
        ID_SHA_1 => "SHA-1".to_owned(),
        _ => oid.to_string(),
    }
}
