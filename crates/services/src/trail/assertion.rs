//! The assertion of a portal: it asks for one person, of one holder, now, once.
//!
//! The portal of the person's home state signs it with a key of its member. It is a JWS that names the portal's
//! member, the service that is asked, and the person in a subject token that only the holder opens. The nonce is that
//! of the subject token: who takes the token out of one assertion and signs it again has a used one.
//!
//! A portal asks for persons of its own state alone: the state that gave the identifier is the instance of the member
//! that signed, and not something that an assertion says.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use simpul_core::{MemberId, ServiceId, UnixTime, limits};
use simpul_policy::agreement::AgreementDigest;
use simpul_trust::cert::Certificate;
use simpul_trust::jws::{self, JwsError, Unverified};
use simpul_trust::subject::{Binding, OpeningKeys, RecipientKey, Subject, SubjectError, open_subject, seal_subject};
use simpul_trust::token::Signer;

use super::pseudonym::Person;
use super::store::Nonce;

/// How long an assertion is good for.
pub const LIFETIME: Duration = Duration::from_secs(300);
/// How far the clock of the portal may be ahead.
pub const SKEW: Duration = Duration::from_secs(60);
const TYPE: &str = "simpul-trail+jws";

/// Which members may ask on behalf of persons, and with which keys.
pub trait Portals: Send + Sync {
    /// The certificate with this SHA-256, if it is a signing certificate of `member` that holds at `at`, and this
    /// member is a portal that may ask for all persons of its instance.
    fn certificate(&self, member: &MemberId, sha256: &[u8; 32], at: UnixTime) -> Option<Certificate>;
}

/// What an assertion must be made for.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// The data trail of the holder.
    pub service: &'a ServiceId,
    /// The agreement under which it is asked; `None` where access rights alone decide.
    pub agreement: Option<&'a AgreementDigest>,
}

/// Why an assertion is refused or cannot be made. No text of it tells anything of the person.
#[derive(Debug, thiserror::Error)]
pub enum AssertionError {
    /// More than [`limits::ASSERTION`].
    #[error("an assertion of {0} octets, more than {max}", max = limits::ASSERTION)]
    TooLong(usize),
    /// Not of the form of an assertion.
    #[error("not an assertion of a portal")]
    Malformed,
    /// The token is none, was changed, or was signed with another key.
    #[error("the assertion's signature is refused")]
    Signature(#[source] JwsError),
    /// Nobody who may ask, or with a certificate that is not the portal's or does not hold.
    #[error("the assertion was not signed by a portal that may ask")]
    OtherSigner,
    /// Brought by another member than the one that signed it.
    #[error("the assertion was brought by another member than its portal")]
    OtherAsker,
    /// Made for another holder or service.
    #[error("the assertion was made for another audience")]
    OtherAudience,
    /// Its time is over.
    #[error("the assertion has expired")]
    Expired,
    /// Made in the future.
    #[error("the assertion was made in the future")]
    FromTheFuture,
    /// Good for longer than [`LIFETIME`].
    #[error("the assertion is good for too long")]
    TooFar,
    /// The person cannot be told.
    #[error("the assertion's subject is refused")]
    Subject(#[source] SubjectError),
    /// The identifier was given by another state than the portal's.
    #[error("the assertion's subject is of another state than its portal")]
    OtherState,
    /// It was used before.
    #[error("the assertion was used before")]
    Replayed,
    /// The portal has used as many as are remembered.
    #[error("the portal has sent too many assertions in a short time")]
    TooMany,
}

/// Whom an assertion asks for. Its nonce was not compared with those that were used.
#[derive(Debug)]
pub(super) struct Asserted {
    pub(super) person: Person,
    pub(super) nonce: Nonce,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    /// The portal's member: three parts.
    iss: Vec<String>,
    /// The holder's client that offers the service: three parts or four.
    aud: Vec<String>,
    /// The service code, and the version if there is one.
    svc: Vec<String>,
    /// The subject token.
    sub: String,
    /// Seconds since 1970.
    iat: i64,
    /// Seconds since 1970.
    exp: i64,
}

/// Makes an assertion, good from `at` for [`LIFETIME`] and for one page. The signer's certificate is one of `portal`;
/// `nonce` is random.
pub async fn assert(
    signer: &dyn Signer,
    portal: &MemberId,
    person: &Subject,
    audience: &Audience<'_>,
    recipient: &RecipientKey,
    nonce: [u8; 16],
    at: UnixTime,
) -> Result<String, AssertionError> {
    let agreement = agreement(audience);
    let binding = Binding { agreement: &agreement, service: audience.service };
    let (aud, svc) = named(audience.service);
    let claims = Claims {
        iss: member(portal),
        aud,
        svc,
        sub: seal_subject(person, &portal.instance, &binding, recipient, nonce, at).map_err(AssertionError::Subject)?,
        iat: at.secs(),
        exp: at.plus(LIFETIME).secs(),
    };
    let claims = serde_json::to_vec(&claims).map_err(|_| AssertionError::Malformed)?;
    let token = jws::sign(signer, TYPE, &claims).await.map_err(AssertionError::Signature)?;
    if token.len() > limits::ASSERTION { Err(AssertionError::TooLong(token.len())) } else { Ok(token) }
}

/// Judges an assertion that `asker` brought. Everything but its nonce is judged here; nothing is decrypted before the
/// signature holds.
pub(super) fn judge(
    token: &str,
    asker: &MemberId,
    audience: &Audience<'_>,
    portals: &dyn Portals,
    keys: &dyn OpeningKeys,
    now: UnixTime,
) -> Result<Asserted, AssertionError> {
    if token.len() > limits::ASSERTION {
        return Err(AssertionError::TooLong(token.len()));
    }
    let unverified = Unverified::read(token, TYPE).map_err(AssertionError::Signature)?;
    let claims: Claims = serde_json::from_slice(unverified.payload()).map_err(|_| AssertionError::Malformed)?;
    let issuer = match claims.iss.as_slice() {
        [instance, class, code] => MemberId::from_parts(instance, class, code).ok(),
        _ => None,
    };
    let issuer = issuer.ok_or(AssertionError::Malformed)?;
    let sha256 = unverified.certificate().ok_or(AssertionError::OtherSigner)?;
    let certificate = portals.certificate(&issuer, &sha256, now).ok_or(AssertionError::OtherSigner)?;
    unverified.verify(&certificate).map_err(AssertionError::Signature)?;
    if issuer != *asker {
        return Err(AssertionError::OtherAsker);
    }
    if (claims.aud, claims.svc) != named(audience.service) {
        return Err(AssertionError::OtherAudience);
    }
    times(claims.iat, claims.exp, now)?;
    let agreement = agreement(audience);
    let binding = Binding { agreement: &agreement, service: audience.service };
    let opened = open_subject(&claims.sub, &binding, keys, now).map_err(AssertionError::Subject)?;
    if opened.home != issuer.instance {
        return Err(AssertionError::OtherState);
    }
    let person = Person::new(issuer.instance.clone(), opened.subject);
    // Longer than it is good for: a clock that is set back does not bring it to life again.
    Ok(Asserted {
        person,
        nonce: Nonce { issuer, value: opened.nonce, until: opened.until.plus(SKEW), most: limits::TRAIL_NONCES },
    })
}

fn times(iat: i64, exp: i64, now: UnixTime) -> Result<(), AssertionError> {
    let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX);
    match exp.checked_sub(iat) {
        Some(span) if (1..=lifetime).contains(&span) => {}
        _ => return Err(AssertionError::TooFar),
    }
    match () {
        () if iat > now.plus(SKEW).secs() => Err(AssertionError::FromTheFuture),
        () if exp <= now.secs() => Err(AssertionError::Expired),
        () => Ok(()),
    }
}

/// What the subject token is bound to; where no agreement decides, to 32 octets of zero, which are no digest.
fn agreement(audience: &Audience<'_>) -> [u8; 32] {
    audience.agreement.map_or([0; 32], |digest| *digest.as_bytes())
}

/// The provider, and the service at it, part by part.
fn named(service: &ServiceId) -> (Vec<String>, Vec<String>) {
    let code = std::iter::once(service.code.as_str());
    let svc = code.chain(service.version.as_ref().map(|version| version.as_str())).map(str::to_owned);
    (service.provider.parts().into_iter().map(str::to_owned).collect(), svc.collect())
}

fn member(member: &MemberId) -> Vec<String> {
    [member.instance.as_str(), member.class.as_str(), member.code.as_str()].map(str::to_owned).into()
}
