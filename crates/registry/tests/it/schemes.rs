//! Signature schemes that this registry does not write but a reader must judge (wire.md §5.3, §8.3).

use bytes::Bytes;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer as OpensslSigner};
use simpul_core::DigestAlgorithm::{self, Sha256, Sha384, Sha512};
use simpul_registry::publish::*;
use simpul_trust::conf::ConfError;
use simpul_trust::conf::signed::verify_directory;
use simpul_trust::hash;
use simpul_trust::token::{Signer, SoftSigner};
use simpul_wire::gconf::{DirectorySignature, SignatureScheme, SignedDirectory};

use crate::publish::{Registry, registry};
use crate::sample::{Key, now};

/// The external directory of a registry under another scheme, and what a reader says of it.
fn judge(
    registry: &Registry,
    scheme: SignatureScheme,
    sign: impl Fn(&SoftSigner, &[u8]) -> Vec<u8>,
) -> Result<(), ConfError> {
    let signer = &registry.signers[1];
    let draft = registry.membership.draft(&registry.keys, now(), 0).unwrap();
    let (data, _) = draft.to_sign(Side::External);
    let boundary = std::str::from_utf8(data).unwrap().lines().next().unwrap().trim_start_matches("--").to_owned();
    let certificate = hash::sha512(signer.certificate().der());
    let signature = DirectorySignature { scheme, certificate, value: sign(signer, data) };
    let directory = SignedDirectory::new(Bytes::copy_from_slice(data), &boundary, "outer", signature).unwrap();
    let certificates = [signer.certificate().der().to_vec()];
    verify_directory(&registry.membership.instance, &certificates, Bytes::from(directory.write()), now()).map(drop)
}

fn pss(digest: MessageDigest, salt: i32) -> impl Fn(&SoftSigner, &[u8]) -> Vec<u8> {
    move |signer, data| {
        let mut s = OpensslSigner::new(digest, signer.private_key()).unwrap();
        s.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        s.set_rsa_mgf1_md(digest).unwrap();
        s.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt)).unwrap();
        s.sign_oneshot_to_vec(data).unwrap()
    }
}

fn plain(digest: DigestAlgorithm) -> impl Fn(&SoftSigner, &[u8]) -> Vec<u8> {
    move |signer, data| signer.sign_now(digest, data).unwrap()
}

const DIGESTS: [DigestAlgorithm; 3] = [Sha256, Sha384, Sha512];

#[test]
fn every_scheme_that_is_accepted_verifies() {
    let (rsa, ec) = (registry("ID", Key::Rsa), registry("ID", Key::P256));
    for digest in DIGESTS {
        judge(&rsa, SignatureScheme::RsaPkcs1(digest), plain(digest)).unwrap();
        judge(&ec, SignatureScheme::Ecdsa(digest), plain(digest)).unwrap();
    }
    let openssl = [MessageDigest::sha256(), MessageDigest::sha384(), MessageDigest::sha512()];
    for (digest, theirs) in DIGESTS.into_iter().zip(openssl) {
        judge(&rsa, SignatureScheme::RsaPss(digest), pss(theirs, i32::try_from(digest.size()).unwrap())).unwrap();
    }
}

#[test]
fn a_signature_counts_only_under_its_own_scheme() {
    let (rsa, ec) = (registry("ID", Key::Rsa), registry("ID", Key::P256));
    let sha512 = MessageDigest::sha512();
    let refused = [
        judge(&rsa, SignatureScheme::RsaPss(Sha512), plain(Sha512)),
        judge(&rsa, SignatureScheme::RsaPkcs1(Sha512), pss(sha512, 64)),
        judge(&rsa, SignatureScheme::RsaPss(Sha256), pss(sha512, 64)),
        judge(&rsa, SignatureScheme::RsaPss(Sha512), pss(sha512, 20)),
        judge(&rsa, SignatureScheme::RsaPkcs1(Sha256), plain(Sha512)),
        judge(&rsa, SignatureScheme::Ecdsa(Sha512), plain(Sha512)),
        judge(&ec, SignatureScheme::RsaPkcs1(Sha512), plain(Sha512)),
        judge(&ec, SignatureScheme::RsaPss(Sha512), plain(Sha512)),
        judge(&ec, SignatureScheme::Ecdsa(Sha256), plain(Sha512)),
        judge(&ec, SignatureScheme::Ecdsa(Sha512), |_, _| Vec::new()),
    ];
    for (n, result) in refused.into_iter().enumerate() {
        assert!(matches!(result, Err(ConfError::Signature(_))), "{n}: {result:?}");
    }
}
