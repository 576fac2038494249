//! A piece of evidence judged: an ASiC-E container, by a configuration (wire.md §5.4, §6.4, §7.1).
//!
//! The rules are those of `simpul_trust::asic`; here they become a verdict that a judge can read and a machine can
//! parse.

mod agreed;
mod broken;
mod checks;
mod records;
mod report;

use bytes::Bytes;
use serde::Serialize;
use simpul_core::ident::Instance;
use simpul_core::{ClientId, Code, FaultCode, Origin, UnixTime};
use simpul_trust::asic::{
    AsicError, Container, ContainerVerdict, Content, Entry, Said, Sender, VerifyError, verify_container,
};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::{GlobalConf, Trust};
use simpul_trust::seal::Scheme;
use simpul_trust::seal::chain::DataRef;
use simpul_trust::tsp::TspError;

use self::agreed::{Agreed, Declared, Refused};
use crate::ground::Ground;
use crate::verdict::{CheckLine, Judgement, Verdict, chain};

/// What a piece of evidence proves. Without a valid verdict nothing is proved: everything but `trust` and the anchor is
/// empty, and [`Facts::not_proved`] has what could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// `anchor`: the configuration is proved by the anchor. `supplied, unverified`: somebody handed it out. `none`:
    /// there was none to judge by.
    pub trust: &'static str,
    /// The anchor that was given.
    pub anchor: Option<Anchor>,
    /// The member that sealed the message.
    pub signer: Option<String>,
    /// By when it was sealed, by the clock of the timestamping authority.
    pub signed_at: Option<String>,
    /// The time that the signer claims.
    pub claimed_signing_time: Option<String>,
    /// Who said what to whom.
    #[serde(flatten)]
    pub message: Option<Message>,
    /// Under whose certificate.
    pub certificate: Option<CertificateFacts>,
    /// How the signature was made.
    pub algorithm: Option<String>,
    /// Where a container that does not hold is broken: the entries in question, or `container` for the ZIP file itself.
    /// Where two do not agree, both are named.
    #[serde(rename = "where")]
    pub in_question: Vec<String>,
    /// Subject of the certificate of the authority that made the timestamp.
    pub timestamp_authority: Option<String>,
    /// Each signed part, and whether it is in the container and unchanged.
    pub parts: Vec<Part>,
    /// Entries of the container that the signature does not cover and that were not looked at.
    pub ignored: Vec<String>,
    /// The configurations that the verdict rests on: of the anchor's instance and of the signer's.
    pub configuration: Vec<Configuration>,
    /// What the message of a container that does not hold says of itself. Anybody can have written it.
    pub not_proved: Option<Message>,
}

/// An anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// Its instance.
    pub instance: String,
    /// SHA-224 of the file as X-Road shows it.
    pub sha224: String,
    /// Whether it belongs to a laboratory federation.
    pub laboratory: bool,
}

/// Who said what to whom, as the message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// `request` or `response`.
    pub kind: &'static str,
    /// Who asked.
    pub client: String,
    /// Its name in the configuration, or else its member's.
    pub client_name: Option<String>,
    /// Who was asked.
    pub provider: String,
    /// Its name in the configuration, or else its member's.
    pub provider_name: Option<String>,
    /// What was asked.
    pub service: String,
    /// The message id, which request and response share.
    pub message_id: String,
    /// Method and path of a request, status of a response, or the element in the body of a SOAP message.
    pub said: String,
    /// What a request declares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// Under which agreement a response was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreed>,
    /// Why a response refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refused>,
}

/// A signing certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateFacts {
    /// Its subject (RFC 2253).
    pub subject: String,
    /// Its issuer (RFC 2253).
    pub issuer: String,
    /// Its serial number, decimal.
    pub serial: String,
    /// From when it is valid.
    pub not_before: String,
    /// Until when.
    pub not_after: String,
}

/// A signed part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name in a container.
    pub name: String,
    /// Whether it is in the container and is what was signed.
    pub verified: bool,
    /// Its size, if it is in the container.
    pub octets: Option<usize>,
    /// The algorithm of its digest.
    pub digest_algorithm: &'static str,
    /// The digest that was signed, hexadecimal.
    pub digest: String,
}

/// One instance's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Configuration {
    /// The instance.
    pub instance: String,
    /// SHA-256 of its signed directory, hexadecimal.
    pub sha256: Option<String>,
    /// Until when it was valid; a configuration without signature may not say.
    pub valid_until: Option<String>,
    /// Whether the timestamp lies before that.
    pub timestamp_inside: Option<bool>,
}

/// Judges the octets of a container at the moment `at`.
///
/// Certificates and OCSP replies are judged at the time of the timestamp, whatever `at` is: a timestamp after `at` is
/// told as one from the future.
#[must_use]
pub fn judge(octets: &[u8], ground: &Ground, at: UnixTime) -> Verdict<Facts> {
    let container = match Container::read(octets) {
        Ok(container) => container,
        Err(error) => return unread(&error, octets, ground),
    };
    match verify_container(&container, ground.conf(), at) {
        Ok(found) => {
            let ignored = Container::ignored(octets).unwrap_or_default();
            accepted(&container, ignored, &found, ground)
        }
        Err(error) => refused(&container, &error, ground),
    }
}

impl Facts {
    /// The facts of a verdict without a configuration to judge by.
    #[must_use]
    pub fn groundless() -> Self {
        Self { trust: "none", ..Self::default() }
    }

    fn of(ground: &Ground) -> Self {
        let anchor = ground.anchor().map(|a| Anchor {
            instance: a.instance.to_string(),
            sha224: a.hash.clone(),
            laboratory: a.laboratory,
        });
        let trust = match (ground.conf().trust(), &anchor) {
            (Trust::Verified, Some(_)) => "anchor",
            (Trust::Verified | Trust::Supplied, _) => "supplied, unverified",
        };
        Self { trust, anchor, ..Self::default() }
    }
}

fn accepted(container: &Container, ignored: Vec<String>, found: &ContainerVerdict, ground: &Ground) -> Verdict<Facts> {
    let (seal, conf) = (&found.seal, ground.conf());
    let configuration = configurations(found, conf);
    let checks = checks::of_valid(found, ground, &configuration, &ignored);
    let facts = Facts {
        signer: Some(seal.member.to_string()),
        signed_at: Some(found.timestamp.gen_time.to_string()),
        claimed_signing_time: seal.signed_at.map(|t| t.to_string()),
        message: Message::of(&container.message, Some(conf)),
        certificate: Some(CertificateFacts::of(&seal.signer)),
        algorithm: Some(format!("{} with {}", scheme(seal.algorithm.scheme), seal.algorithm.digest.name())),
        timestamp_authority: Some(found.timestamp.signer.subject_text()),
        parts: seal.data.iter().map(|d| Part::of(d, container)).collect(),
        ignored,
        configuration,
        ..Facts::of(ground)
    };
    Verdict { verdict: Judgement::Valid, code: None, reason: None, cure: None, facts, checks }
}

/// A container that cannot be read: it is damaged, or it lacks something.
fn unread(error: &AsicError, octets: &[u8], ground: &Ground) -> Verdict<Facts> {
    let path = error.path();
    let (verdict, cure) = match path.as_slice() {
        [Code::AsicInvalidContainer] => (
            Judgement::Unreadable,
            "is this the .asice file as it was handed out? A server that was asked for several messages answers a zip \
             with the containers in it: unpack that first",
        ),
        _ => (Judgement::Invalid, AGAIN),
    };
    let check = CheckLine::failed("container", format!("the container: {}", chain(error)));
    Verdict {
        verdict,
        code: Some(FaultCode::own(Origin::None, path).to_string()),
        reason: Some(chain(error)),
        cure: Some(cure.to_owned()),
        facts: Facts { in_question: broken::in_octets(error, octets), ..Facts::of(ground) },
        checks: vec![check, checks::rest()],
    }
}

/// A container that does not hold.
fn refused(container: &Container, error: &VerifyError, ground: &Ground) -> Verdict<Facts> {
    let sender = Sender::of(&container.message).ok();
    let instance = sender.as_ref().map(|s| &s.member().instance);
    // Where the configuration of the signer's state was refused, that is the reason.
    let unproved = instance.and_then(|i| ground.refused().get(i));
    let (path, reason, check) = match unproved {
        Some(cause) => {
            let reason = format!("the configuration of the signer's instance is not accepted: {}", chain(cause));
            (vec![cause.code()], reason.clone(), CheckLine::failed("configuration", reason))
        }
        None => (error.path(), chain(error), checks::of_error(error)),
    };
    let cure = match (unproved, instance) {
        (Some(_), _) => "ask for the signed configuration of the exchange again".to_owned(),
        (None, Some(instance)) if ground.conf().shared(instance).is_none() => {
            let known: Vec<_> = ground.conf().instances().iter().map(ToString::to_string).collect();
            format!(
                "the message comes from instance {instance}, and the configuration knows only {}: take anchor and \
                 configuration of {instance}, or of an instance that is federated with it",
                known.join(", ")
            )
        }
        (None, _) => cure(error).to_owned(),
    };
    Verdict {
        verdict: Judgement::Invalid,
        code: Some(FaultCode::own(Origin::None, path).to_string()),
        reason: Some(reason),
        cure: Some(cure),
        facts: Facts {
            in_question: unproved.map_or_else(|| broken::in_evidence(error, container), |_| Vec::new()),
            not_proved: Message::of(&container.message, None),
            ..Facts::of(ground)
        },
        checks: vec![check, checks::rest()],
    }
}

const AGAIN: &str = "ask for the container again, also from the server of the other party, which keeps its own; if that \
                     does not hold either, the evidence was altered or was never good";

fn cure(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::NoTimestamp => {
            "the record had no timestamp yet: ask the server again, with `force` if it must not wait"
        }
        VerifyError::Timestamp(TspError::NoAuthority | TspError::UnknownSigner | TspError::Signature) => {
            "take the configuration that was in force at the exchange (/signedconf): no timestamping authority that this \
             one approves has made the timestamp"
        }
        VerifyError::Container(_)
        | VerifyError::Sender(_)
        | VerifyError::NothingSigned
        | VerifyError::Timestamp(_)
        | VerifyError::TimestampChain(_)
        | VerifyError::Seal(_) => AGAIN,
    }
}

/// The configurations of the own instance and of the signer's.
fn configurations(found: &ContainerVerdict, conf: &GlobalConf) -> Vec<Configuration> {
    let (own, signers) = (conf.own_instance(), &found.seal.member.instance);
    let known = [Some(own), Some(signers).filter(|i| *i != own)];
    let one = |instance: &Instance| {
        let version = conf.versions().iter().find(|v| v.instance == *instance);
        let supplied = (instance == own).then(|| conf.expires()).filter(|t| t.millis() != i64::MAX);
        let ends = version.map(|v| v.expires).or(supplied);
        Configuration {
            instance: instance.to_string(),
            sha256: version.map(|v| hex(&v.digest)),
            valid_until: ends.map(|t| t.to_string()),
            timestamp_inside: ends.map(|t| found.timestamp.gen_time < t),
        }
    };
    known.into_iter().flatten().map(one).collect()
}

impl Message {
    fn of(message: &Bytes, conf: Option<&GlobalConf>) -> Option<Self> {
        let content = Content::of(message).ok()?;
        let provider = &content.service.provider;
        let name = |client: &ClientId| {
            let name = conf.and_then(|c| c.client_name(client).or_else(|| c.member_name(client.member())));
            name.map(str::to_owned)
        };
        Some(Self {
            kind: if content.said.is_response() { "response" } else { "request" },
            client: content.client.to_string(),
            client_name: name(&content.client),
            provider: provider.to_string(),
            provider_name: name(provider),
            service: content.service.to_string(),
            said: match content.said {
                Said::Request { method, target } => format!("{method} {target}").trim_end().to_owned(),
                Said::Response(status) => format!("status {status}"),
                Said::SoapRequest(element) | Said::SoapResponse(element) => format!("SOAP {element}"),
            },
            message_id: content.message_id,
            declared: Declared::of(content.declaration),
            agreement: content.verdict.as_ref().and_then(Agreed::of),
            refusal: content.verdict.as_ref().and_then(Refused::of),
        })
    }
}

impl CertificateFacts {
    fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject_text(),
            issuer: certificate.issuer_text(),
            serial: certificate.serial_decimal(),
            not_before: certificate.not_before().to_string(),
            not_after: certificate.not_after().to_string(),
        }
    }
}

impl Part {
    fn of(data: &DataRef, container: &Container) -> Self {
        let name = data.uri.strip_prefix('/').unwrap_or(&data.uri).to_owned();
        let number = name.strip_prefix("attachment").and_then(|n| n.parse().ok());
        let octets = match number {
            Some(number) => container.attachments.get(&number).map(Bytes::len),
            None => (name == Entry::Message.name()).then_some(container.message.len()),
        };
        Self {
            name,
            verified: data.verified,
            octets: octets.filter(|_| data.verified),
            digest_algorithm: data.algorithm.name(),
            digest: hex(&data.digest),
        }
    }
}

fn scheme(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::RsaPkcs1 => "RSA (PKCS #1 v1.5)",
        Scheme::RsaPss => "RSA (PSS)",
        Scheme::Ecdsa => "ECDSA",
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
