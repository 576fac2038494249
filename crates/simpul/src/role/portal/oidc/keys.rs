//! The keys of an identity provider (RFC 7517), as far as they are needed: RSA for RS256, P-256 for ES256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use serde::Deserialize;
use simpul_core::limits;

/// Bits of the shortest and the longest RSA key.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;
/// Octets of one number of an ES256 signature (RFC 7518 §3.4).
const NUMBER: usize = 32;

/// A signature algorithm. There is no other, and none that needs no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
}

impl Algorithm {
    /// By its name in a header.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

/// One key. It decides the algorithm.
#[derive(Clone)]
struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
    key: PKey<Public>,
}

/// The keys of a provider that can be used.
#[derive(Clone)]
pub(super) struct Keys(Vec<Key>);

/// A document that is no set of keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeysError {
    #[error("not a set of keys, at line {line}, column {column}")]
    Malformed { line: usize, column: usize },
    #[error("a set of {0} keys, more than {max}", max = limits::IDENTITY_KEYS)]
    TooMany(usize),
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Reads a set. A key of another kind, for another use or that cannot be used is left out: others sign.
    pub(super) fn read(json: &[u8]) -> Result<Self, KeysError> {
        let set: Set =
            serde_json::from_slice(json).map_err(|e| KeysError::Malformed { line: e.line(), column: e.column() })?;
        if set.keys.len() > limits::IDENTITY_KEYS {
            return Err(KeysError::TooMany(set.keys.len()));
        }
        Ok(Self(set.keys.into_iter().filter_map(Jwk::key).collect()))
    }

    /// Whether a key has this name; without a name, whether there is one key alone.
    pub(super) fn has(&self, kid: Option<&str>) -> bool {
        self.one(kid).is_some()
    }

    fn one(&self, kid: Option<&str>) -> Option<&Key> {
        match (kid, self.0.as_slice()) {
            (Some(kid), keys) => {
                let mut found = keys.iter().filter(|key| key.kid.as_deref() == Some(kid));
                found.next().filter(|_| found.next().is_none())
            }
            (None, [one]) => Some(one),
            (None, _) => None,
        }
    }

    /// Whether the key of this name signed `signed` with this algorithm, which must be the key's own. `None` if there is
    /// no such key.
    pub(super) fn verify(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        signed: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        let key = self.one(kid)?;
        let holds = || -> Result<bool, ErrorStack> {
            let mut verifier = Verifier::new(MessageDigest::sha256(), &key.key)?;
            match algorithm {
                Algorithm::Rs256 => verifier.verify_oneshot(signature, signed),
                Algorithm::Es256 => match der(signature) {
                    Some(signature) => verifier.verify_oneshot(&signature, signed),
                    None => Ok(false),
                },
            }
        };
        Some(key.algorithm == algorithm && holds().unwrap_or(false))
    }
}

impl Jwk {
    fn key(self) -> Option<Key> {
        if self.used_for.as_deref().is_some_and(|used| used != "sig") {
            return None;
        }
        let number = |text: &Option<String>| BigNum::from_slice(&URL_SAFE_NO_PAD.decode(text.as_deref()?).ok()?).ok();
        let (algorithm, key) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let key = Rsa::from_public_components(number(&self.n)?, number(&self.e)?).ok()?;
                (Algorithm::Rs256, PKey::from_rsa(key).ok().filter(|key| RSA_BITS.contains(&key.bits()))?)
            }
            ("EC", Some("P-256")) => {
                let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).ok()?;
                let (x, y) = (number(&self.x)?, number(&self.y)?);
                let key = EcKey::from_public_key_affine_coordinates(&group, &x, &y).ok()?;
                (Algorithm::Es256, PKey::from_ec_key(key).ok()?)
            }
            _ => return None,
        };
        let fits = self.alg.as_deref().is_none_or(|alg| Algorithm::named(alg) == Some(algorithm));
        fits.then_some(Key { kid: self.kid, algorithm, key })
    }
}

fn der(numbers: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = numbers.split_at_checked(NUMBER).filter(|(_, s)| s.len() == NUMBER)?;
    let number = |octets| BigNum::from_slice(octets).ok();
    EcdsaSig::from_private_components(number(r)?, number(s)?).ok()?.to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_a_bound_and_unknown_keys_are_left_out() {
        let set = |n: usize| format!(r#"{{"keys":[{}]}}"#, vec![r#"{"kty":"OKP","crv":"Ed25519"}"#; n].join(","));
        assert!(Keys::read(set(limits::IDENTITY_KEYS).as_bytes()).unwrap().0.is_empty());
        assert!(matches!(Keys::read(set(limits::IDENTITY_KEYS + 1).as_bytes()), Err(KeysError::TooMany(33))));
        assert!(matches!(Keys::read(b"{}"), Err(KeysError::Malformed { .. })));
    }
}
