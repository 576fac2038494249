//! One provider of cryptography and TLS in the default features of the binary: OpenSSL (docs/adr/0001).

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Closure, packages};

/// What of the crates.io category `cryptography` the binary may hold, and why. The list is closed: another crate of
/// that category fails the test, and so does a line that is no longer needed.
const ALLOWED: &[(&str, &str)] = &[
    ("openssl", "the provider"),
    ("openssl-sys", "the provider"),
    ("base64ct", "structures only: base64 inside PEM"),
    ("cmpv2", "structures only: x509-tsp takes PKIStatusInfo from it"),
    ("cms", "structures only: SignedData of timestamps"),
    ("const-oid", "structures only: object identifiers"),
    ("crmf", "structures only: needed by cmpv2"),
    ("der", "structures only: DER reader and writer"),
    ("pem-rfc7468", "structures only: PEM"),
    ("spki", "structures only: algorithm identifiers and public keys"),
    ("x509-cert", "structures only: certificates and extensions"),
    ("x509-ocsp", "structures only: OCSP requests and responses"),
    ("x509-tsp", "structures only: timestamp requests and tokens"),
    ("zeroize", "wipes memory"),
    ("crypto-common", "traits of digest"),
    ("block-buffer", "buffer of digest"),
    ("digest", "traits of sha2"),
    ("sha2", "names the migrations of sqlx-core; deny.toml allows nobody else to use it"),
];

#[test]
fn the_binary_has_one_provider() {
    let of_cryptography: BTreeSet<String> = packages()
        .into_iter()
        .filter(|package| package.categories.iter().any(|category| category == "cryptography"))
        .map(|package| package.name)
        .collect();
    let closure = Closure::of("simpul", "normal,no-proc-macro");
    let present: BTreeSet<&str> = closure.names().into_iter().filter(|name| of_cryptography.contains(*name)).collect();
    let allowed: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let unknown: Vec<_> = present.difference(&allowed).map(|name| (name, closure.parents(name))).collect();
    assert!(unknown.is_empty(), "cryptography that is not OpenSSL, and who brings it: {unknown:?}");
    let stale: Vec<_> = allowed.difference(&present).collect();
    assert!(stale.is_empty(), "no longer in the binary, remove from the list: {stale:?}");
}

#[test]
fn openssl_comes_in_one_version() {
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for package in packages() {
        *versions.entry(package.name).or_default() += 1;
    }
    for name in ["openssl", "openssl-sys", "openssl-src"] {
        assert_eq!(versions.get(name), Some(&1), "{name}");
    }
}
