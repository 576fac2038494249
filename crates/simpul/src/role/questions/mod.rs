//! What information systems ask this server itself, at the consumer port beside the message protocol: a token that
//! names a person, and who used the data of a person. The identifier of the person is in the question alone; it is
//! never logged.

mod data_trail;
mod key_sets;
mod subject_token;

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use simpul_core::{ClientId, Code, Fault, FaultCode, Origin, ServiceId, limits};
use simpul_exchange::call::{Answer, Caller, ConsumerCall};
use simpul_exchange::consumer::{Consumer, RelayError};
use simpul_exchange::ports::{Headers, Ports};
use simpul_policy::agreement::{AgreementDigest, AgreementId, Cited};
use simpul_policy::{Mode, agreement::Agreements};
use simpul_trust::subject::SubjectError;
use simpul_wire::rest;

use self::key_sets::KeySets;
use super::own::{OwnCalls, OwnError};
use super::web::{self, Unread};

/// Answers these questions.
pub(crate) struct Questions {
    ports: Ports,
    consumer: Arc<Consumer>,
    own: OwnCalls,
    sets: KeySets,
    /// Holders that are asked beside those of agreements.
    holders: Vec<ServiceId>,
}

/// Why a question is not answered. No text of it has anything of a person.
#[derive(Debug, thiserror::Error)]
enum QuestionError {
    #[error("a question is a POST")]
    Method,
    #[error("the question could not be read")]
    Body(#[source] Unread),
    #[error("the question is not the JSON object that is needed, at line {line}, column {column}")]
    Malformed { line: usize, column: usize },
    #[error("{0}")]
    Meaning(&'static str),
    #[error("the information system may not speak for this client")]
    Caller(#[source] RelayError),
    #[error("no agreement in force lets {client} ask {service}, and one is required")]
    NoAgreement { client: String, service: String },
    #[error("more than one agreement speaks of this service: say which, `agreement` is one of {0}")]
    Ambiguous(String),
    #[error("no agreement `{0}` speaks of this client and this service")]
    OtherAgreement(AgreementId),
    #[error("the token cannot be made")]
    Token(#[source] SubjectError),
    #[error("the keys of the provider were not given: {code}")]
    KeysRefused { code: String },
    #[error("the provider gave no keys that can be used")]
    Keys(#[source] SubjectError),
    #[error("what the provider answered could not be read")]
    Own(#[source] OwnError),
    #[error("the client's member has no sign key here")]
    NoSigner,
}

impl QuestionError {
    fn fault(&self) -> Fault {
        let code = match self {
            Self::Caller(error) => return error.fault(),
            Self::Method => Code::InvalidHttpMethod,
            Self::Body(_) | Self::Malformed { .. } | Self::Meaning(_) | Self::Ambiguous(_) | Self::Token(_) => {
                Code::BadRequest
            }
            Self::NoAgreement { .. } | Self::OtherAgreement(_) => Code::AccessDenied,
            Self::KeysRefused { code } => return Fault::new(FaultCode::Received(code.clone()), self.to_string()),
            Self::Keys(_) | Self::Own(_) => Code::InvalidResponse,
            Self::NoSigner => Code::CannotCreateSignature,
        };
        let text = match self {
            Self::Token(cause) => format!("{self}: {cause}"),
            Self::Body(cause) => format!("{self}: {cause}"),
            _ => self.to_string(),
        };
        Fault::new(FaultCode::own(Origin::ClientProxy, [code]), text)
    }
}

/// Which agreement a caller means.
#[derive(Clone, Debug, Default)]
enum Meant {
    /// The one that speaks of the service.
    #[default]
    Found,
    /// None: the provider lets access rights suffice.
    None,
    /// This one.
    This(AgreementId),
}

impl Questions {
    pub(crate) fn new(ports: Ports, consumer: Arc<Consumer>, own: OwnCalls, holders: Vec<ServiceId>) -> Self {
        let sets = KeySets::new(own.clone());
        Self { ports, consumer, own, sets, holders }
    }

    /// Whether a request target is a question.
    pub(crate) fn answers(&self, target: &str) -> bool {
        matches!(web::split(target).0, subject_token::PATH | data_trail::PATH)
    }

    /// Answers one question.
    pub(crate) async fn answer(&self, call: ConsumerCall) -> Answer {
        let accept = call.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("accept"));
        let accept = accept.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(str::to_owned);
        match self.answered(call).await {
            Ok(json) => web::answer(200, "application/json", json),
            Err(error) => self.consumer.fault(&error, error.fault(), accept.as_deref()),
        }
    }

    async fn answered(&self, call: ConsumerCall) -> Result<Vec<u8>, QuestionError> {
        let ConsumerCall { method, target, caller, body, .. } = call;
        if method != "POST" {
            return Err(QuestionError::Method);
        }
        let body = web::read(body, limits::OWN_QUESTION).await.map_err(QuestionError::Body)?;
        match web::split(&target).0 {
            subject_token::PATH => self.subject_token(&body, &caller).await,
            _ => self.data_trail(&body, &caller).await,
        }
    }

    fn admit(&self, client: &ClientId, caller: &Caller) -> Result<(), QuestionError> {
        self.consumer.admit(client, caller).map_err(QuestionError::Caller)
    }

    /// The agreement under which the provider will decide a call of this service, which a token must be bound to; `None`
    /// where access rights alone decide.
    fn agreement(&self, client: &ClientId, service: &ServiceId, meant: &Meant) -> Result<Option<Cited>, QuestionError> {
        let agreements = self.ports.agreements.current();
        let mut found: Vec<Cited> = agreements.clauses(client, service).map(|(cited, _)| cited.clone()).collect();
        found.dedup();
        match meant {
            Meant::None => Ok(None),
            Meant::This(id) => {
                let this = found.into_iter().find(|cited| cited.id == *id);
                this.map(Some).ok_or_else(|| QuestionError::OtherAgreement(id.clone()))
            }
            Meant::Found if found.len() > 1 => {
                let ids: Vec<_> = found.iter().map(|cited| cited.id.as_str()).collect();
                Err(QuestionError::Ambiguous(ids.join(", ")))
            }
            Meant::Found => match (found.pop(), self.mode(service)) {
                (Some(cited), _) => Ok(Some(cited)),
                (None, Mode::AccessRightsOnly) => Ok(None),
                (None, Mode::AgreementRequired) => {
                    Err(QuestionError::NoAgreement { client: client.short(), service: service.short() })
                }
            },
        }
    }

    fn mode(&self, service: &ServiceId) -> Mode {
        self.ports.server.current().modes.of(&service.provider, service)
    }

    fn nonce(&self) -> [u8; 16] {
        let mut nonce = [0; 16];
        self.ports.random.fill(&mut nonce);
        nonce
    }
}

/// What this server declares when it asks a service itself: the first purpose and basis of the first clause that speaks
/// of it.
fn declared(agreements: &Agreements, client: &ClientId, service: &ServiceId) -> Headers {
    let Some((_, clause)) = agreements.clauses(client, service).next() else { return Vec::new() };
    let line = |name: &str, value: &str| (name.to_owned(), Bytes::copy_from_slice(value.as_bytes()));
    let purpose = clause.purposes.first().map(|purpose| line(rest::PURPOSE, purpose));
    let basis = clause.basis.first().map(|basis| line(rest::BASIS, basis.id.as_str()));
    purpose.into_iter().chain(basis).collect()
}

/// The bytes that bind a token to an agreement; where none decides, 32 octets of zero, which are no digest.
fn bound_to(agreement: Option<&AgreementDigest>) -> [u8; 32] {
    agreement.map_or([0; 32], |digest| *digest.as_bytes())
}

/// Reads a question. What is wrong with it is told by its place: its text may name a person.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, QuestionError> {
    serde_json::from_slice(body).map_err(|e| QuestionError::Malformed { line: e.line(), column: e.column() })
}

impl<'de> Deserialize<'de> for Meant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<String>::deserialize(deserializer)? {
            None => Ok(Self::None),
            Some(id) => id.parse().map(Self::This).map_err(serde::de::Error::custom),
        }
    }
}
