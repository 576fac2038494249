//! Proof that a form was ours and was made for this session.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;

use super::SessionKey;

/// Makes and checks tokens: HMAC-SHA-256 over the session's key, cut to 128 bits.
///
/// A token is masked with a pad that is new on every page, because pages are compressed: the length of an answer must
/// not tell a secret that stands in each (BREACH).
pub struct Csrf {
    key: PKey<Private>,
}

const SIZE: usize = 16;

impl Csrf {
    /// With a key of 256 random bits. Tokens of another key are refused: after a restart forms are asked for anew.
    ///
    /// # Errors
    /// When OpenSSL refuses the key.
    pub fn new(key: &[u8; 32]) -> Result<Self, ErrorStack> {
        Ok(Self { key: PKey::hmac(key)? })
    }

    /// A token for a form of this session.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn token(&self, session: &SessionKey, pad: [u8; SIZE]) -> Result<String, ErrorStack> {
        let tag = self.tag(session)?;
        let masked = tag.iter().zip(pad).map(|(tag, pad)| tag ^ pad);
        Ok(URL_SAFE_NO_PAD.encode(pad.into_iter().chain(masked).collect::<Vec<u8>>()))
    }

    /// Whether `token` was made for this session.
    #[must_use]
    pub fn holds(&self, session: &SessionKey, token: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return false };
        let Some((pad, masked)) = bytes.split_at_checked(SIZE).filter(|(_, masked)| masked.len() == SIZE) else {
            return false;
        };
        let given: Vec<u8> = masked.iter().zip(pad).map(|(masked, pad)| masked ^ pad).collect();
        self.tag(session).is_ok_and(|tag| openssl::memcmp::eq(&tag, &given))
    }

    fn tag(&self, session: &SessionKey) -> Result<[u8; SIZE], ErrorStack> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
        signer.update(b"simpul form\0")?;
        signer.update(session.as_bytes())?;
        let full = signer.sign_to_vec()?;
        let mut tag = [0; SIZE];
        tag.iter_mut().zip(full).for_each(|(to, from)| *to = from);
        Ok(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_for_its_session_and_key_alone() {
        let csrf = Csrf::new(&[1; 32]).unwrap();
        let (mine, yours) = (SessionKey::of(&[2; 32]), SessionKey::of(&[3; 32]));
        let token = csrf.token(&mine, [4; 16]).unwrap();
        assert!(csrf.holds(&mine, &token));
        assert!(!csrf.holds(&yours, &token));
        assert!(!Csrf::new(&[9; 32]).unwrap().holds(&mine, &token));
        for bad in ["", "AAAA", &token[1..], &format!("{token}AA")] {
            assert!(!csrf.holds(&mine, bad), "{bad}");
        }
    }

    #[test]
    fn no_two_pages_hold_the_same_octets() {
        let csrf = Csrf::new(&[1; 32]).unwrap();
        let session = SessionKey::of(&[2; 32]);
        let (a, b) = (csrf.token(&session, [4; 16]).unwrap(), csrf.token(&session, [5; 16]).unwrap());
        assert_ne!(a, b);
        assert!(csrf.holds(&session, &a) && csrf.holds(&session, &b));
    }
}
