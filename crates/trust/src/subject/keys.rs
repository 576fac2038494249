//! Keys that subjects are encrypted to, as JSON Web Keys (RFC 7517, RFC 7518 §6), and their ids (RFC 7638).

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use openssl::pkey::{HasPublic, PKey, PKeyRef, Private, Public};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use simpul_core::{UnixTime, limits};

use super::SubjectError;
use super::jwe::{self, EphemeralKey};

/// A public key that subjects are encrypted to: EC on P-256, P-384 or P-521, or RSA of 2048 bits at least.
#[derive(Clone)]
pub struct RecipientKey {
    key: PKey<Public>,
    id: String,
}

/// The private key that opens tokens. Its `Debug` text never shows the key.
#[derive(Clone)]
pub struct OpeningKey {
    key: PKey<Private>,
    id: String,
}

/// Whoever has the keys that open tokens.
pub trait OpeningKeys: Send + Sync {
    /// The key with this id, if it still opens tokens at `at`.
    fn find(&self, id: &str, at: UnixTime) -> Option<OpeningKey>;
}

/// The keys of one provider: the current one first. At least one, at most [`limits::SUBJECT_KEYS`].
#[derive(Clone, Debug)]
pub struct KeySet {
    current: RecipientKey,
    others: Vec<RecipientKey>,
    keep: Duration,
}

/// A JWK (RFC 7517 §4). Members that are not understood are ignored, as it demands.
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
}

/// A JWK Set (RFC 7517 §5), with one member more: for how many seconds it may be kept.
#[derive(Serialize, Deserialize)]
struct SetForm {
    keys: Vec<Jwk>,
    #[serde(rename = "keepSeconds", default)]
    keep: u64,
}

impl RecipientKey {
    /// From a SubjectPublicKeyInfo, DER.
    pub fn from_der(der: &[u8]) -> Result<Self, SubjectError> {
        Self::new(PKey::public_key_from_der(der).map_err(|_| SubjectError::Key)?)
    }

    fn new(key: PKey<Public>) -> Result<Self, SubjectError> {
        let id = thumbprint(&key)?;
        Ok(Self { key, id })
    }

    /// As SubjectPublicKeyInfo, DER.
    pub fn to_der(&self) -> Result<Vec<u8>, SubjectError> {
        self.key.public_key_to_der().map_err(SubjectError::Library)
    }

    /// Its id: the SHA-256 thumbprint of its JWK (RFC 7638), base64url.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn key(&self) -> &PKeyRef<Public> {
        &self.key
    }
}

impl OpeningKey {
    /// From the PEM text of an unencrypted private key (PKCS #8 or traditional).
    pub fn from_pem(pem: &[u8]) -> Result<Self, SubjectError> {
        // The callback gives an empty passphrase, so OpenSSL does not prompt.
        Self::new(PKey::private_key_from_pem_callback(pem, |_| Ok(0)).map_err(|_| SubjectError::Key)?)
    }

    pub(super) fn new(key: PKey<Private>) -> Result<Self, SubjectError> {
        let id = thumbprint(&key)?;
        Ok(Self { key, id })
    }

    /// The public half, for those who seal.
    pub fn recipient(&self) -> Result<RecipientKey, SubjectError> {
        RecipientKey::from_der(&self.key.public_key_to_der().map_err(SubjectError::Library)?)
    }

    /// The id of its public half.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn key(&self) -> &PKeyRef<Private> {
        &self.key
    }
}

/// A key by itself opens what was encrypted to it, at any time.
impl OpeningKeys for OpeningKey {
    fn find(&self, id: &str, _: UnixTime) -> Option<OpeningKey> {
        (self.id == id).then(|| self.clone())
    }
}

impl KeySet {
    /// A set that others may keep for so long, in whole seconds.
    pub fn new(current: RecipientKey, others: Vec<RecipientKey>, keep: Duration) -> Result<Self, SubjectError> {
        match others.len() < limits::SUBJECT_KEYS {
            true => Ok(Self { current, others, keep }),
            false => Err(SubjectError::Keys),
        }
    }

    /// The key to encrypt to.
    #[must_use]
    pub fn current(&self) -> &RecipientKey {
        &self.current
    }

    /// How long the set may be kept.
    #[must_use]
    pub fn keep(&self) -> Duration {
        self.keep
    }

    /// As a JWK Set, with `keepSeconds`.
    pub fn to_json(&self) -> Result<Vec<u8>, SubjectError> {
        let keys = std::iter::once(&self.current).chain(&self.others);
        let keys = keys.map(|key| Ok(Jwk { kid: Some(key.id.clone()), ..jwk(&key.key)? }));
        let form = SetForm { keys: keys.collect::<Result<_, SubjectError>>()?, keep: self.keep.as_secs() };
        serde_json::to_vec(&form).map_err(|_| SubjectError::Keys)
    }

    /// Reads a JWK Set of at most [`limits::SUBJECT_KEY_SET`] octets. Keys of other kinds and uses are passed over
    /// (RFC 7517 §5); the first of those that are left is the current one. An id that is not the key's refuses the set.
    pub fn from_json(json: &[u8]) -> Result<Self, SubjectError> {
        if json.len() > limits::SUBJECT_KEY_SET {
            return Err(SubjectError::Keys);
        }
        let form: SetForm = serde_json::from_slice(json).map_err(|_| SubjectError::Keys)?;
        if form.keys.len() > limits::SUBJECT_KEYS {
            return Err(SubjectError::Keys);
        }
        let mut keys = Vec::new();
        for jwk in form.keys.iter().filter(|jwk| jwk.usage.as_deref() == Some("enc")) {
            let Some(key) = jwk.key() else { continue };
            if jwk.kid.as_deref() != Some(&key.id) || jwk.alg.as_deref() != jwe::algorithm(&key.key) {
                return Err(SubjectError::Keys);
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or(SubjectError::Keys)?;
        Ok(Self { current, others: keys.collect(), keep: Duration::from_secs(form.keep) })
    }
}

impl Jwk {
    /// The key, if it is one that subjects are encrypted to.
    fn key(&self) -> Option<RecipientKey> {
        let key = match self.kty.as_str() {
            "EC" => EphemeralKey::of_jwk(self.crv.as_deref()?, self.x.as_deref()?, self.y.as_deref()?)?,
            "RSA" => {
                let number =
                    |text: &Option<String>| BigNum::from_slice(&URL_SAFE_NO_PAD.decode(text.as_deref()?).ok()?).ok();
                let key = Rsa::from_public_components(number(&self.n)?, number(&self.e)?).ok()?;
                PKey::from_rsa(key).ok()?
            }
            _ => return None,
        };
        RecipientKey::new(key).ok()
    }
}

/// The public members of a key (RFC 7518 §6.2.1, §6.3.1), without its id.
fn jwk<T: HasPublic>(key: &PKeyRef<T>) -> Result<Jwk, SubjectError> {
    let alg = jwe::algorithm(key).ok_or(SubjectError::Key)?;
    let mut jwk = Jwk {
        kty: String::new(),
        usage: Some("enc".to_owned()),
        alg: Some(alg.to_owned()),
        kid: None,
        crv: None,
        x: None,
        y: None,
        n: None,
        e: None,
    };
    match key.rsa() {
        Ok(rsa) => {
            "RSA".clone_into(&mut jwk.kty);
            jwk.n = Some(URL_SAFE_NO_PAD.encode(rsa.n().to_vec()));
            jwk.e = Some(URL_SAFE_NO_PAD.encode(rsa.e().to_vec()));
        }
        Err(_) => {
            let (crv, x, y) = EphemeralKey::members(key).map_err(SubjectError::Library)?.ok_or(SubjectError::Key)?;
            "EC".clone_into(&mut jwk.kty);
            (jwk.crv, jwk.x, jwk.y) = (Some(crv), Some(x), Some(y));
        }
    }
    Ok(jwk)
}

/// SHA-256 over the required members in the order of their names, without white space (RFC 7638 §3), base64url.
fn thumbprint<T: HasPublic>(key: &PKeyRef<T>) -> Result<String, SubjectError> {
    let jwk = jwk(key)?;
    let text = match (&jwk.crv, &jwk.x, &jwk.y, &jwk.n, &jwk.e) {
        (Some(crv), Some(x), Some(y), _, _) => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
        (_, _, _, Some(n), Some(e)) => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        _ => return Err(SubjectError::Key),
    };
    Ok(URL_SAFE_NO_PAD.encode(sha256(text.as_bytes())))
}

impl fmt::Debug for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecipientKey({})", self.id)
    }
}

impl fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpeningKey({}, ..)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;

    use super::*;

    fn ec(curve: Nid) -> OpeningKey {
        let group = EcGroup::from_curve_name(curve).unwrap();
        OpeningKey::new(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()).unwrap()
    }

    fn rsa() -> OpeningKey {
        OpeningKey::new(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()).unwrap()
    }

    /// RFC 7638 §3.1: the key of the example and its thumbprint.
    #[test]
    fn a_thumbprint_is_that_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj\
            hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5\
            hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"}}"#);
        let jwk: Jwk = serde_json::from_str(&jwk).unwrap();
        assert_eq!(jwk.key().unwrap().id(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_set_is_read_as_it_was_written() {
        let keys = [ec(Nid::X9_62_PRIME256V1), rsa(), ec(Nid::SECP521R1)].map(|key| key.recipient().unwrap());
        let [first, second, third] = keys;
        let keep = Duration::from_secs(3600);
        let set = KeySet::new(first.clone(), vec![second, third], keep).unwrap();
        let json = set.to_json().unwrap();
        let read = KeySet::from_json(&json).unwrap();
        assert_eq!((read.current().id(), read.keep()), (first.id(), keep));
        assert_eq!(read.to_json().unwrap(), json);
        let text = String::from_utf8(json).unwrap();
        assert!(text.starts_with(r#"{"keys":[{"kty":"EC","use":"enc","alg":"ECDH-ES","kid":""#), "{text}");
        assert!(text.ends_with(r#""keepSeconds":3600}"#) && text.contains(r#""alg":"RSA-OAEP-256""#), "{text}");
        assert!(!text.contains("\"d\""), "no private member");
    }

    /// RFC 7517 §5: what is not understood is passed over; §4.2: a key for signatures encrypts nothing.
    #[test]
    fn other_keys_are_passed_over() {
        let key = ec(Nid::X9_62_PRIME256V1).recipient().unwrap();
        let set = KeySet::new(key.clone(), vec![], Duration::ZERO).unwrap();
        let text = String::from_utf8(set.to_json().unwrap()).unwrap();
        let more =
            r#"{"keys":[{"kty":"oct","k":"AA","use":"enc"},{"kty":"EC","crv":"P-192","x":"","y":"","use":"enc"},"#;
        let read = KeySet::from_json(text.replacen(r#"{"keys":["#, more, 1).as_bytes()).unwrap();
        assert_eq!(read.current().id(), key.id());
        for (from, to) in [
            (r#""use":"enc""#, r#""use":"sig""#),
            (r#""kid":""#, r#""kid":"x"#),
            (r#""alg":"ECDH-ES""#, r#""alg":"dir""#),
            (r#""crv":"P-256""#, r#""crv":"P-384""#),
            (r#"{"keys""#, r#"{"key""#),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text);
            assert!(matches!(KeySet::from_json(other.as_bytes()), Err(SubjectError::Keys)), "{to}");
        }
    }

    #[test]
    fn a_set_has_a_bound() {
        let key = ec(Nid::X9_62_PRIME256V1).recipient().unwrap();
        let set = |others: usize| KeySet::new(key.clone(), vec![key.clone(); others], Duration::ZERO);
        let most = set(limits::SUBJECT_KEYS - 1).unwrap().to_json().unwrap();
        assert!(KeySet::from_json(&most).is_ok());
        assert!(matches!(set(limits::SUBJECT_KEYS), Err(SubjectError::Keys)));
        let one = String::from_utf8(set(0).unwrap().to_json().unwrap()).unwrap();
        let jwk = one.split_once('[').unwrap().1.split_once(']').unwrap().0;
        let many = format!("{{\"keys\":[{}]}}", vec![jwk; limits::SUBJECT_KEYS + 1].join(","));
        assert!(matches!(KeySet::from_json(many.as_bytes()), Err(SubjectError::Keys)));
        let long = |octets: usize| KeySet::from_json(format!("{one}{}", " ".repeat(octets - one.len())).as_bytes());
        assert!(long(limits::SUBJECT_KEY_SET).is_ok());
        assert!(matches!(long(limits::SUBJECT_KEY_SET + 1), Err(SubjectError::Keys)));
    }
}
