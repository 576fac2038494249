//! JWE in its compact form (RFC 7516), as far as it is needed: A256GCM under ECDH-ES for EC keys, and under
//! RSA-OAEP-256 for RSA keys (RFC 7518 §4.3, §4.6, §5.3). The key decides which, never the token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::derive::Deriver;
use openssl::ec::EcKey;
use openssl::encrypt::{Decrypter, Encrypter};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private, Public};
use openssl::rand::rand_bytes;
use openssl::rsa::Padding;
use openssl::sha::Sha256;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use serde::{Deserialize, Serialize};

/// The content encryption that is used and accepted.
pub(super) const ENC: &str = "A256GCM";
const CEK: usize = 32;
const IV: usize = 12;
const TAG: usize = 16;
/// Bits of the shortest RSA key.
const RSA_BITS: u32 = 2048;

/// An ephemeral public key as a JWK (RFC 7518 §6.2.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EphemeralKey {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

/// What stands in a token between its dots.
pub(super) struct Sealed {
    pub(super) header: String,
    key: Vec<u8>,
    iv: Vec<u8>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

/// A curve by its name in a JWK, and the octets of its coordinates.
const CURVES: [(&str, Nid, i32); 3] =
    [("P-256", Nid::X9_62_PRIME256V1, 32), ("P-384", Nid::SECP384R1, 48), ("P-521", Nid::SECP521R1, 66)];

/// The key management algorithm for a key; `None` for a key that nothing is encrypted to.
pub(super) fn algorithm<T: HasPublic>(key: &PKeyRef<T>) -> Option<&'static str> {
    match key.id() {
        Id::EC => curve(key).map(|_| "ECDH-ES"),
        Id::RSA => (key.bits() >= RSA_BITS).then_some("RSA-OAEP-256"),
        _ => None,
    }
}

fn curve<T: HasPublic>(key: &PKeyRef<T>) -> Option<(&'static str, Nid, i32)> {
    let nid = key.ec_key().ok()?.group().curve_name()?;
    CURVES.into_iter().find(|(_, n, _)| *n == nid)
}

/// Encrypts `text` to `recipient`. `header` makes the protected header from the ephemeral key, if there is one.
pub(super) fn encrypt(
    text: &[u8],
    recipient: &PKeyRef<Public>,
    header: impl FnOnce(Option<EphemeralKey>) -> Option<String>,
) -> Result<Option<String>, ErrorStack> {
    let (cek, key, ephemeral) = match curve(recipient) {
        Some((name, nid, size)) => {
            let group = openssl::ec::EcGroup::from_curve_name(nid)?;
            let own = PKey::from_ec_key(EcKey::generate(&group)?)?;
            let cek = agreed(&own, recipient)?;
            (cek, Vec::new(), Some(EphemeralKey::of(&own, name, size)?))
        }
        None => {
            let mut cek = [0; CEK];
            rand_bytes(&mut cek)?;
            let mut encrypter = Encrypter::new(recipient)?;
            encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
            encrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
            encrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
            let mut key = vec![0; encrypter.encrypt_len(&cek)?];
            let length = encrypter.encrypt(&cek, &mut key)?;
            key.truncate(length);
            (cek, key, None)
        }
    };
    let Some(header) = header(ephemeral) else { return Ok(None) };
    let header = URL_SAFE_NO_PAD.encode(header);
    let (mut iv, mut tag) = ([0; IV], [0; TAG]);
    rand_bytes(&mut iv)?;
    let text = encrypt_aead(Cipher::aes_256_gcm(), &cek, Some(&iv), header.as_bytes(), text, &mut tag)?;
    let [key, iv, text, tag] = [key.as_slice(), &iv, &text, &tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    Ok(Some([header, key, iv, text, tag].join(".")))
}

impl Sealed {
    /// Takes a token apart. Each part has one spelling only.
    pub(super) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let header = parts.next()?.to_owned();
        let mut next = || URL_SAFE_NO_PAD.decode(parts.next()?).ok();
        let sealed = Self { header, key: next()?, iv: next()?, text: next()?, tag: next()? };
        let whole = parts.next().is_none() && sealed.iv.len() == IV && sealed.tag.len() == TAG;
        whole.then_some(sealed)
    }

    /// The octets of the protected header.
    pub(super) fn header(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(&self.header).ok()
    }

    /// What was encrypted; nothing says why it cannot be read.
    pub(super) fn decrypt(&self, key: &PKeyRef<Private>, ephemeral: Option<&EphemeralKey>) -> Option<Vec<u8>> {
        let cek = match (curve(key), ephemeral) {
            (Some((name, nid, _)), Some(ephemeral)) if self.key.is_empty() => {
                let other = ephemeral.key(name, nid)?;
                agreed(key, &other).ok()?
            }
            (None, None) => rsa(key, &self.key).ok()?,
            _ => return None,
        };
        let cipher = Cipher::aes_256_gcm();
        decrypt_aead(cipher, &cek, Some(&self.iv), self.header.as_bytes(), &self.text, &self.tag).ok()
    }
}

impl EphemeralKey {
    fn of<T: HasPublic>(key: &PKeyRef<T>, name: &str, size: i32) -> Result<Self, ErrorStack> {
        let (mut x, mut y, mut context) = (BigNum::new()?, BigNum::new()?, BigNumContext::new()?);
        let key = key.ec_key()?;
        key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
        let coordinate = |n: &BigNum| Ok::<_, ErrorStack>(URL_SAFE_NO_PAD.encode(n.to_vec_padded(size)?));
        Ok(Self { kty: "EC".to_owned(), crv: name.to_owned(), x: coordinate(&x)?, y: coordinate(&y)? })
    }

    /// The curve and the coordinates of an EC key, as a JWK has them; `None` for a key on no curve of the list.
    pub(super) fn members<T: HasPublic>(key: &PKeyRef<T>) -> Result<Option<(String, String, String)>, ErrorStack> {
        let Some((name, _, size)) = curve(key) else { return Ok(None) };
        Self::of(key, name, size).map(|key| Some((key.crv, key.x, key.y)))
    }

    /// The key that a JWK of type `EC` holds.
    pub(super) fn of_jwk(crv: &str, x: &str, y: &str) -> Option<PKey<Public>> {
        let (name, nid, _) = CURVES.into_iter().find(|(name, _, _)| *name == crv)?;
        let key = Self { kty: "EC".to_owned(), crv: crv.to_owned(), x: x.to_owned(), y: y.to_owned() };
        key.key(name, nid)
    }

    /// The key, if it is a point of this curve.
    fn key(&self, name: &str, nid: Nid) -> Option<PKey<Public>> {
        if self.kty != "EC" || self.crv != name {
            return None;
        }
        let group = openssl::ec::EcGroup::from_curve_name(nid).ok()?;
        let coordinate = |text: &str| BigNum::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        let (x, y) = (coordinate(&self.x)?, coordinate(&self.y)?);
        // OpenSSL refuses a point that is not on the curve, which would give the private key away bit by bit.
        let key = EcKey::from_public_key_affine_coordinates(&group, &x, &y).ok()?;
        key.check_key().ok()?;
        PKey::from_ec_key(key).ok()
    }
}

/// The content encryption key that two keys agree on (RFC 7518 §4.6.2), without names of parties: those are in the
/// header, which is authenticated.
fn agreed(own: &PKeyRef<Private>, other: &PKeyRef<Public>) -> Result<[u8; CEK], ErrorStack> {
    let mut deriver = Deriver::new(own)?;
    deriver.set_peer(other)?;
    Ok(concat_kdf(&deriver.derive_to_vec()?, ENC, b"", b"", 256))
}

/// One round of the Concat KDF with SHA-256 (RFC 7518 §4.6.2), for keys of up to 256 bits.
fn concat_kdf(secret: &[u8], algorithm: &str, from: &[u8], to: &[u8], bits: u32) -> [u8; CEK] {
    let mut hash = Sha256::new();
    hash.update(&1_u32.to_be_bytes());
    hash.update(secret);
    for field in [algorithm.as_bytes(), from, to] {
        hash.update(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(field);
    }
    hash.update(&bits.to_be_bytes());
    hash.finish()
}

fn rsa(key: &PKeyRef<Private>, encrypted: &[u8]) -> Result<[u8; CEK], ErrorStack> {
    let mut decrypter = Decrypter::new(key)?;
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    decrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
    decrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
    let mut cek = vec![0; decrypter.decrypt_len(encrypted)?];
    let length = decrypter.decrypt(encrypted, &mut cek)?;
    cek.truncate(length);
    cek.try_into().map_err(|_| ErrorStack::get())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn private(x: &str, y: &str, d: &str) -> PKey<Private> {
        let group = openssl::ec::EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let number = |text: &str| BigNum::from_slice(&decoded(text)).unwrap();
        let public = EcKey::from_public_key_affine_coordinates(&group, &number(x), &number(y)).unwrap();
        PKey::from_ec_key(EcKey::from_private_components(&group, &number(d), public.public_key()).unwrap()).unwrap()
    }

    /// RFC 7518, Appendix C: the keys of Alice and Bob, and the key that they derive, from either side.
    #[test]
    fn ecdh_es_is_that_of_rfc_7518() {
        let alice = private(
            "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
            "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
        );
        let bob = private(
            "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
        );
        for (own, other) in [(&alice, &bob), (&bob, &alice)] {
            let other = EphemeralKey::of(other, "P-256", 32).unwrap().key("P-256", Nid::X9_62_PRIME256V1).unwrap();
            let mut deriver = Deriver::new(own).unwrap();
            deriver.set_peer(&other).unwrap();
            let derived = concat_kdf(&deriver.derive_to_vec().unwrap(), "A128GCM", b"Alice", b"Bob", 128);
            assert_eq!(derived[..16], decoded("VqqN6vgjbSBcIijNcacQGg"));
        }
    }

    /// RFC 7516, Appendix A.1: the content of the token under its content encryption key (A.1.2).
    #[test]
    fn a256gcm_is_that_of_rfc_7516() {
        let token = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ..48V1_ALb6US04U3b.\
            5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.\
            XFBoMYUZodetZdvTiFvSkQ";
        let cek = [
            177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246, 138, 7, 110, 91, 112, 46, 34,
            105, 47, 130, 203, 46, 122, 234, 64, 252,
        ];
        let sealed = Sealed::read(token).unwrap();
        assert_eq!(sealed.header().unwrap(), br#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
        let header = sealed.header.as_bytes();
        let cipher = Cipher::aes_256_gcm();
        let text = decrypt_aead(cipher, &cek, Some(&sealed.iv), header, &sealed.text, &sealed.tag).unwrap();
        assert_eq!(text, b"The true sign of intelligence is not knowledge but imagination.");
    }

    #[test]
    fn a_point_off_the_curve_is_no_key() {
        let good = EphemeralKey {
            kty: "EC".to_owned(),
            crv: "P-256".to_owned(),
            x: "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0".to_owned(),
            y: "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps".to_owned(),
        };
        let key = |k: &EphemeralKey| k.key("P-256", Nid::X9_62_PRIME256V1).is_some();
        assert!(key(&good));
        assert!(!key(&EphemeralKey { x: good.y.clone(), ..good.clone() }));
        assert!(!key(&EphemeralKey { x: "AA".to_owned(), y: "AA".to_owned(), ..good.clone() }));
        assert!(!key(&EphemeralKey { crv: "P-384".to_owned(), ..good.clone() }));
        assert!(!key(&EphemeralKey { kty: "OKP".to_owned(), ..good }));
    }
}
