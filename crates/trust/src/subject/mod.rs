//! `Simpul-Subject`: whom a request is about, readable for the provider alone.
//!
//! Signed blocks are kept for ever in two states, so no national number stands in them. The header holds a token that
//! is encrypted to a key of the provider (JWE, compact form) and bound to one agreement, one service and one provider,
//! for a short time. The same person gives another token each time, and every token has the same length for a key and
//! a service, whatever the number.

mod jwe;
mod keys;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use openssl::error::ErrorStack;
use serde::{Deserialize, Serialize};
use simpul_core::ident::Instance;
use simpul_core::{ServiceId, UnixTime, limits};

use self::jwe::{EphemeralKey, Sealed};
pub use self::keys::{KeySet, OpeningKey, OpeningKeys, RecipientKey};

/// How long a token is good for.
pub const LIFETIME: Duration = Duration::from_secs(300);
/// How far the clock of the consumer may be ahead.
pub const SKEW: Duration = Duration::from_secs(60);
const TYPE: &str = "simpul-subject";
/// Octets of the encrypted text, whatever the subject: JSON needs two at most for one of its octets.
const TEXT: usize = 2 * (limits::SUBJECT + limits::SUBJECT_HOME) + 32;

/// What a token is bound to. It holds for nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// SHA-256 digest of the agreement in its canonical form.
    pub agreement: &'a [u8; 32],
    /// The service that is asked; its provider is the audience.
    pub service: &'a ServiceId,
}

/// An identifier of a person, such as a national number. Its `Debug` text never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject(String);

/// An opened token.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The person.
    pub subject: Subject,
    /// The state that gave the identifier.
    pub home: Instance,
    /// The token's nonce, 32 hexadecimal digits: a provider that takes a token once only remembers it until `until`.
    pub nonce: String,
    /// When the token ends.
    pub until: UnixTime,
}

/// Why a token is refused or cannot be made. None of them tells anything of the subject.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// Empty, more than [`limits::SUBJECT`] octets, or with control characters.
    #[error("an identifier of a person is empty, has a control character, or is longer than {max} octets", max = limits::SUBJECT)]
    Subject,
    /// The state that gave the identifier has a name of more than [`limits::SUBJECT_HOME`] octets, or with control
    /// characters.
    #[error("a state that gives identifiers has a name with a control character or of more than {max} octets", max = limits::SUBJECT_HOME)]
    Home,
    /// No key of an accepted kind.
    #[error("not a key that subjects are encrypted to")]
    Key,
    /// No set of such keys, or one that is too large.
    #[error("not a set of keys that subjects are encrypted to")]
    Keys,
    /// Encrypted to a key that is not there, or not there any more.
    #[error("the subject token is for a key that does not open tokens")]
    OtherKey,
    /// More than [`limits::SUBJECT_TOKEN`].
    #[error("a token of {0} octets, more than {max}", max = limits::SUBJECT_TOKEN)]
    TooLong(usize),
    /// Not of the form of a token.
    #[error("not a subject token")]
    Malformed,
    /// Encrypted in another way than the key demands.
    #[error("a subject token in another algorithm")]
    Algorithm,
    /// Made under another agreement, or another version of it.
    #[error("the subject token belongs to another agreement")]
    OtherAgreement,
    /// Made for another service.
    #[error("the subject token belongs to another service")]
    OtherService,
    /// Made for another provider.
    #[error("the subject token belongs to another provider")]
    OtherAudience,
    /// Its time is over.
    #[error("the subject token has expired")]
    Expired,
    /// It ends later than any token may.
    #[error("the subject token is good for too long")]
    TooFar,
    /// Changed, or encrypted to another key.
    #[error("the subject token cannot be opened")]
    Sealed,
    /// The cryptographic library refused to work.
    #[error("OpenSSL failed")]
    Library(#[source] ErrorStack),
}

/// The protected header (RFC 7516 §4): authenticated, not secret.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    enc: String,
    typ: String,
    /// The agreement's digest, lower-case hexadecimal.
    agr: String,
    /// The provider: three parts or four.
    aud: Vec<String>,
    /// The service code, and the version if there is one.
    svc: Vec<String>,
    /// Seconds since 1970.
    exp: i64,
    jti: String,
    /// The id of the key (RFC 7638).
    kid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epk: Option<EphemeralKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    sub: String,
    /// The state that gave it.
    home: String,
}

/// Encrypts a subject, whose identifier the state `home` gave, to the provider. The token is good from `at` for [`LIFETIME`]; `nonce` is random, and stands in
/// it for all to see. The keys of a token are made here and used once.
pub fn seal_subject(
    subject: &Subject,
    home: &Instance,
    binding: &Binding<'_>,
    key: &RecipientKey,
    nonce: [u8; 16],
    at: UnixTime,
) -> Result<String, SubjectError> {
    let algorithm = jwe::algorithm(key.key()).ok_or(SubjectError::Key)?;
    if home.as_str().len() > limits::SUBJECT_HOME || home.as_str().chars().any(char::is_control) {
        return Err(SubjectError::Home);
    }
    let text = Text { sub: subject.0.clone(), home: home.as_str().to_owned() };
    let mut text = serde_json::to_vec(&text).map_err(|_| SubjectError::Subject)?;
    text.resize(text.len().max(TEXT), b' ');
    let (audience, service) = parties(binding);
    let header = |epk| {
        let header = Header {
            alg: algorithm.to_owned(),
            enc: jwe::ENC.to_owned(),
            typ: TYPE.to_owned(),
            agr: hex(binding.agreement),
            aud: audience,
            svc: service,
            exp: at.plus(LIFETIME).secs(),
            jti: hex(&nonce),
            kid: key.id().to_owned(),
            epk,
        };
        serde_json::to_string(&header).ok()
    };
    let token =
        jwe::encrypt(&text, key.key(), header).map_err(SubjectError::Library)?.ok_or(SubjectError::Malformed)?;
    match token.len() > limits::SUBJECT_TOKEN {
        true => Err(SubjectError::TooLong(token.len())),
        false => Ok(token),
    }
}

/// Opens a token that came with a request for the service of `binding`, decided under its agreement. Everything that
/// the header says is compared before anything is decrypted, and all of it is authenticated.
///
/// Does not remember nonces: a token is good more than once until [`Opened::until`], in the one request kind that it
/// is bound to.
pub fn open_subject(
    token: &str,
    binding: &Binding<'_>,
    keys: &dyn OpeningKeys,
    at: UnixTime,
) -> Result<Opened, SubjectError> {
    if token.len() > limits::SUBJECT_TOKEN {
        return Err(SubjectError::TooLong(token.len()));
    }
    let sealed = Sealed::read(token).ok_or(SubjectError::Malformed)?;
    let header = sealed.header().ok_or(SubjectError::Malformed)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| SubjectError::Malformed)?;
    let key = keys.find(&header.kid, at).ok_or(SubjectError::OtherKey)?;
    let algorithm = jwe::algorithm(key.key()).ok_or(SubjectError::Key)?;
    if header.alg != algorithm || header.enc != jwe::ENC {
        return Err(SubjectError::Algorithm);
    }
    if header.typ != TYPE || header.jti.len() != 32 || !header.jti.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(SubjectError::Malformed);
    }
    let (audience, service) = parties(binding);
    if header.aud != audience {
        return Err(SubjectError::OtherAudience);
    }
    if header.svc != service {
        return Err(SubjectError::OtherService);
    }
    if header.agr != hex(binding.agreement) {
        return Err(SubjectError::OtherAgreement);
    }
    if header.exp <= at.secs() {
        return Err(SubjectError::Expired);
    }
    if header.exp > at.plus(LIFETIME).plus(SKEW).secs() {
        return Err(SubjectError::TooFar);
    }
    let text = sealed.decrypt(key.key(), header.epk.as_ref()).ok_or(SubjectError::Sealed)?;
    let text: Text = serde_json::from_slice(&text).map_err(|_| SubjectError::Malformed)?;
    let home = text.home.parse().map_err(|_| SubjectError::Malformed)?;
    let until = UnixTime::from_secs(header.exp);
    Ok(Opened { subject: Subject::new(text.sub)?, home, nonce: header.jti, until })
}

/// The provider, and the service at it. Each is a list, so that no sign in a name can move a border between names.
fn parties(binding: &Binding<'_>) -> (Vec<String>, Vec<String>) {
    let ServiceId { provider, code, version } = binding.service;
    let audience = provider.parts().into_iter().map(str::to_owned).collect();
    let service = std::iter::once(code.as_str()).chain(version.as_ref().map(|v| v.as_str())).map(str::to_owned);
    (audience, service.collect())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|b| format!("{b:02x}")).collect()
}

impl Subject {
    /// An identifier of 1 to [`limits::SUBJECT`] octets without control characters.
    pub fn new(identifier: String) -> Result<Self, SubjectError> {
        let fits = (1..=limits::SUBJECT).contains(&identifier.len()) && !identifier.chars().any(char::is_control);
        if fits { Ok(Self(identifier)) } else { Err(SubjectError::Subject) }
    }

    /// The identifier, for the service that needs it. It must not be logged.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(..)")
    }
}
