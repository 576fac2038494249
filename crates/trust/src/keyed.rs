//! Digests under a key, and keys derived from a secret: HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869).

use std::fmt;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

/// Octets of a secret, of a derived key, and of a digest under a key.
pub const SIZE: usize = 32;

/// 256 secret bits. Its `Debug` text never shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SIZE]);

impl Secret {
    /// From random octets.
    #[must_use]
    pub const fn new(octets: [u8; SIZE]) -> Self {
        Self(octets)
    }

    /// HMAC-SHA-256 of `data` under this secret.
    pub fn mac(&self, data: &[u8]) -> Result<[u8; SIZE], ErrorStack> {
        hmac(&self.0, &[data])
    }

    /// HKDF-SHA-256 with one block of output: another secret for what `salt` and `info` name.
    pub fn derive(&self, salt: &[u8], info: &[u8]) -> Result<Self, ErrorStack> {
        let extracted = hmac(salt, &[&self.0])?;
        hmac(&extracted, &[info, &[1]]).map(Self)
    }
}

fn hmac(key: &[u8], data: &[&[u8]]) -> Result<[u8; SIZE], ErrorStack> {
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    for part in data {
        signer.update(part)?;
    }
    let mut mac = [0; SIZE];
    signer.sign(&mut mac)?;
    Ok(mac)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.chars().map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
        digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
    }

    /// RFC 4231 §4.2 and §4.3: test cases 1 and 2.
    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let first = hmac(&[0x0b; 20], &[b"Hi There"]).unwrap();
        assert_eq!(first.to_vec(), octets("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
        let second = hmac(b"Jefe", &[b"what do ya ", b"want for nothing?"]).unwrap();
        assert_eq!(second.to_vec(), octets("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    }

    /// RFC 5869 A.1: the extracted key, and the first 32 of the 42 octets of output.
    #[test]
    fn hkdf_is_that_of_rfc_5869() {
        let salt = octets("000102030405060708090a0b0c");
        let extracted = hmac(&salt, &[&[0x0b; 22]]).unwrap();
        assert_eq!(extracted.to_vec(), octets("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
        let info = octets("f0f1f2f3f4f5f6f7f8f9");
        let output = hmac(&extracted, &[&info, &[1]]).unwrap();
        assert_eq!(output.to_vec(), octets("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"));
        let secret = Secret::new([7; 32]);
        let by_hand = hmac(&hmac(&salt, &[&[7; 32]]).unwrap(), &[&info, &[1]]).unwrap();
        assert_eq!(secret.derive(&salt, &info).unwrap(), Secret::new(by_hand));
    }

    #[test]
    fn each_input_matters_and_nothing_is_shown() {
        let secret = Secret::new([1; 32]);
        assert_ne!(secret.derive(b"a", b"b").unwrap(), secret.derive(b"a", b"c").unwrap());
        assert_ne!(secret.derive(b"a", b"b").unwrap(), secret.derive(b"c", b"b").unwrap());
        assert_ne!(secret.mac(b"a").unwrap(), secret.mac(b"b").unwrap());
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
