//! JWS in its compact form (RFC 7515), as far as it is needed: ES256 and RS256 (RFC 7518 §3.3, §3.4) with the key of
//! a certificate, which the header names by its SHA-256. The key decides the algorithm, never the token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use serde::{Deserialize, Serialize};
use simpul_core::{DigestAlgorithm, limits};

use crate::cert::Certificate;
use crate::token::{SignError, Signer};

/// Octets of one number of an ES256 signature.
const NUMBER: usize = 32;
/// Bits of the shortest RSA key.
const RSA_BITS: u32 = 2048;

/// Why a token is refused or cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum JwsError {
    /// More than [`limits::JWS`].
    #[error("a signed token of {0} octets, more than {max}", max = limits::JWS)]
    TooLong(usize),
    /// Not of the form of a signed token.
    #[error("not a signed token")]
    Malformed,
    /// A token of another kind.
    #[error("a signed token of another type")]
    OtherType,
    /// An algorithm that is not that of the key, or a key that tokens are not signed with.
    #[error("a token that is signed in another algorithm")]
    Algorithm,
    /// Signed with the key of another certificate, as the header says.
    #[error("the token names another certificate")]
    OtherCertificate,
    /// Changed, or signed with another key.
    #[error("the token's signature does not hold")]
    Signature,
    /// The device did not sign.
    #[error("the token cannot be signed")]
    Device(#[source] SignError),
    /// The cryptographic library refused to work.
    #[error("OpenSSL failed")]
    Library(#[source] ErrorStack),
}

/// A token that arrived. It proves nothing before [`Unverified::verify`].
#[derive(Debug)]
pub struct Unverified<'a> {
    signed: &'a str,
    header: Header,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// The protected header (RFC 7515 §4). Unknown members are refused, `crit` and keys that a token brings itself too.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    #[serde(rename = "x5t#S256")]
    certificate: String,
}

/// Signs `payload` as a token of the type `typ`.
pub async fn sign(signer: &dyn Signer, typ: &str, payload: &[u8]) -> Result<String, JwsError> {
    let (signed, signature) = made(signer, typ, payload).await?;
    bounded(format!("{signed}.{signature}"))
}

/// Signs `payload` as a token that does not carry it (RFC 7515, appendix F): `HEADER..SIGNATURE`.
pub async fn sign_detached(signer: &dyn Signer, typ: &str, payload: &[u8]) -> Result<String, JwsError> {
    let (signed, signature) = made(signer, typ, payload).await?;
    let header = signed.split_once('.').map_or("", |(header, _)| header);
    bounded(format!("{header}..{signature}"))
}

/// Verifies a token that does not carry its payload; all else is as for [`Unverified`].
pub fn verify_detached(token: &str, typ: &str, payload: &[u8], certificate: &Certificate) -> Result<(), JwsError> {
    let token = Unverified::read(token, typ)?;
    if !token.payload.is_empty() {
        return Err(JwsError::Malformed);
    }
    let header = token.signed.strip_suffix('.').ok_or(JwsError::Malformed)?;
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    Unverified { signed: &signed, ..token }.verify(certificate).map(drop)
}

/// What is signed, and the signature.
async fn made(signer: &dyn Signer, typ: &str, payload: &[u8]) -> Result<(String, String), JwsError> {
    let certificate = signer.certificate();
    let alg = algorithm(certificate.public_key()).ok_or(JwsError::Algorithm)?;
    let header =
        Header { alg: alg.to_owned(), typ: typ.to_owned(), certificate: URL_SAFE_NO_PAD.encode(certificate.sha256()) };
    let header = serde_json::to_vec(&header).map_err(|_| JwsError::Malformed)?;
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = signer.sign(DigestAlgorithm::Sha256, signed.as_bytes()).await.map_err(JwsError::Device)?;
    let signature = if alg == ES256 { numbers(&signature).map_err(JwsError::Library)? } else { signature };
    Ok((signed, URL_SAFE_NO_PAD.encode(signature)))
}

fn bounded(token: String) -> Result<String, JwsError> {
    if token.len() > limits::JWS { Err(JwsError::TooLong(token.len())) } else { Ok(token) }
}

impl<'a> Unverified<'a> {
    /// Takes a token of the type `typ` apart. Each part has one spelling only.
    pub fn read(token: &'a str, typ: &str) -> Result<Self, JwsError> {
        if token.len() > limits::JWS {
            return Err(JwsError::TooLong(token.len()));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        let octets = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsError::Malformed);
        let header: Header = serde_json::from_slice(&octets(header)?).map_err(|_| JwsError::Malformed)?;
        if header.typ != typ {
            return Err(JwsError::OtherType);
        }
        Ok(Self { signed, header, payload: octets(payload)?, signature: octets(signature)? })
    }

    /// The payload, to find out who may have signed it.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The SHA-256 of the certificate that the header names; `None` if it is none.
    #[must_use]
    pub fn certificate(&self) -> Option<[u8; 32]> {
        URL_SAFE_NO_PAD.decode(&self.header.certificate).ok()?.try_into().ok()
    }

    /// The payload, if the key of this certificate signed it. Does not judge the certificate.
    pub fn verify(self, certificate: &Certificate) -> Result<Vec<u8>, JwsError> {
        if self.certificate() != Some(certificate.sha256()) {
            return Err(JwsError::OtherCertificate);
        }
        let alg = algorithm(certificate.public_key()).filter(|alg| *alg == self.header.alg);
        let alg = alg.ok_or(JwsError::Algorithm)?;
        let signature = if alg == ES256 { der(&self.signature).ok_or(JwsError::Signature)? } else { self.signature };
        match certificate.verifies(DigestAlgorithm::Sha256, self.signed.as_bytes(), &signature) {
            true => Ok(self.payload),
            false => Err(JwsError::Signature),
        }
    }
}

const ES256: &str = "ES256";
const RS256: &str = "RS256";

fn algorithm<T: HasPublic>(key: &PKeyRef<T>) -> Option<&'static str> {
    match key.id() {
        Id::EC => (key.ec_key().ok()?.group().curve_name() == Some(Nid::X9_62_PRIME256V1)).then_some(ES256),
        Id::RSA => (key.bits() >= RSA_BITS).then_some(RS256),
        _ => None,
    }
}

/// The two numbers of an ECDSA signature side by side (RFC 7518 §3.4).
fn numbers(der: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::from_der(der)?;
    let number = |n: &openssl::bn::BigNumRef| n.to_vec_padded(i32::try_from(NUMBER).unwrap_or(i32::MAX));
    Ok([number(signature.r())?, number(signature.s())?].concat())
}

fn der(numbers: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = numbers.split_at_checked(NUMBER).filter(|(_, s)| s.len() == NUMBER)?;
    let number = |octets| BigNum::from_slice(octets).ok();
    EcdsaSig::from_private_components(number(r)?, number(s)?).ok()?.to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::tests::{Recipe, ec_key, self_signed};
    use crate::token::SoftSigner;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::pkey::{PKey, Private};
    use openssl::rsa::Rsa;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// A soft signer is ready at once.
    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("not ready"),
        }
    }

    fn signer(key: &PKey<Private>) -> SoftSigner {
        SoftSigner::new(key.clone(), self_signed(&Recipe::default(), key), vec![]).unwrap()
    }

    fn keys() -> [PKey<Private>; 2] {
        [ec_key(), PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()]
    }

    fn check(token: &str, signer: &SoftSigner) -> Result<Vec<u8>, JwsError> {
        Unverified::read(token, "test")?.verify(signer.certificate())
    }

    #[test]
    fn a_token_holds_with_its_certificate_and_nothing_else() {
        for key in keys() {
            let signer = signer(&key);
            let token = now(sign(&signer, "test", b"payload")).unwrap();
            assert_eq!(check(&token, &signer).unwrap(), b"payload");
            let other = self::signer(&ec_key());
            assert!(matches!(check(&token, &other), Err(JwsError::OtherCertificate)));
            assert!(matches!(Unverified::read(&token, "other"), Err(JwsError::OtherType)));
        }
    }

    /// RFC 7518 §3.4: 64 octets for ES256, of which each counts.
    #[test]
    fn a_changed_token_is_refused() {
        for key in keys() {
            let signer = signer(&key);
            let token = now(sign(&signer, "test", b"payload")).unwrap();
            for n in 0..token.len() {
                let mut changed = token.clone().into_bytes();
                changed[n] = if changed[n] == b'A' { b'B' } else { b'A' };
                assert!(check(&String::from_utf8(changed).unwrap(), &signer).is_err(), "octet {n}");
            }
            for text in ["", ".", "..", &format!("{token}."), &format!("{token}="), &format!(" {token}")] {
                assert!(check(text, &signer).is_err(), "{text}");
            }
        }
    }

    /// RFC 7515, appendix F: the payload's place is empty, and the token holds for exactly that payload.
    #[test]
    fn a_detached_token_holds_for_its_payload_and_nothing_else() {
        let large = vec![b'x'; 2 * limits::JWS];
        for key in keys() {
            let signer = signer(&key);
            let token = now(sign_detached(&signer, "test", &large)).unwrap();
            assert!(token.contains("..") && token.len() < 1024);
            let check = |token: &str, typ: &str, payload: &[u8], signer: &SoftSigner| {
                verify_detached(token, typ, payload, signer.certificate())
            };
            check(&token, "test", &large, &signer).unwrap();
            assert!(matches!(check(&token, "test", b"x", &signer), Err(JwsError::Signature)));
            assert!(matches!(check(&token, "other", &large, &signer), Err(JwsError::OtherType)));
            assert!(matches!(check(&token, "test", &large, &self::signer(&ec_key())), Err(JwsError::OtherCertificate)));
            let whole = now(sign(&signer, "test", b"x")).unwrap();
            assert!(matches!(check(&whole, "test", b"x", &signer), Err(JwsError::Malformed)), "it carries a payload");
            assert!(Unverified::read(&token, "test").unwrap().verify(signer.certificate()).is_err());
        }
    }

    #[test]
    fn the_key_decides_the_algorithm() {
        let [ec, rsa] = keys().map(|key| signer(&key));
        let forge = |alg: &str, signer: &SoftSigner| {
            let certificate = URL_SAFE_NO_PAD.encode(signer.certificate().sha256());
            let header = format!(r#"{{"alg":"{alg}","typ":"test","x5t#S256":"{certificate}"}}"#);
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("x"));
            let signature = signer.sign_now(DigestAlgorithm::Sha256, signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        };
        assert!(check(&forge("RS256", &rsa), &rsa).is_ok());
        for alg in ["none", "HS256", "ES256", "RS512", "rs256", ""] {
            assert!(matches!(check(&forge(alg, &rsa), &rsa), Err(JwsError::Algorithm)), "{alg}");
        }
        assert!(matches!(check(&forge("RS256", &ec), &ec), Err(JwsError::Algorithm)));
        assert!(matches!(check(&forge("ES256", &ec), &ec), Err(JwsError::Signature)), "DER is not its form");
        let group = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
        let p384 = signer(&PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap());
        assert!(matches!(now(sign(&p384, "test", b"x")), Err(JwsError::Algorithm)));
    }

    #[test]
    fn unknown_members_of_the_header_are_refused() {
        let header = r#"{"alg":"ES256","typ":"test","x5t#S256":"AA","crit":[]}"#;
        let token = format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), "AA", "AA");
        assert!(matches!(Unverified::read(&token, "test"), Err(JwsError::Malformed)));
    }

    #[test]
    fn a_token_has_a_bound() {
        let dots = |size: usize| format!("{}..", "A".repeat(size - 2));
        assert!(matches!(Unverified::read(&dots(limits::JWS), "test"), Err(JwsError::Malformed)));
        assert!(matches!(Unverified::read(&dots(limits::JWS + 1), "test"), Err(JwsError::TooLong(_))));
    }
}
