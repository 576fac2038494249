//! Why a message was not answered, and the fault that says so (wire.md §3.9).

use simpul_core::{ClientId, Code, Fault, FaultCode, Origin, ServiceId};
use simpul_ledger::{LedgerError, TimestampingFailed};
use simpul_policy::Denied;
use simpul_trust::conf::{AuthError, ConfError};
use simpul_trust::seal::SealError;
use simpul_wire::rest::RestError;

use crate::inbound::{InboundError, found};
use crate::intake::IntakeError;
use crate::persons::NotRecorded;
use crate::ports::{BodyError, LinkError};
use crate::sealing::CannotSeal;

/// Why a message was not answered.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// No global configuration was ever accepted.
    #[error("no global configuration has been accepted yet")]
    NoConf,
    /// The global configuration has expired.
    #[error("the global configuration cannot be used")]
    Conf(#[source] ConfError),
    /// Only POST carries messages.
    #[error("HTTP method {0} carries no message; use POST")]
    Method(String),
    /// `x-hash-algorithm` is missing or names no digest that is accepted.
    #[error("the hash algorithm of the message is missing or unknown: {}", .0.as_deref().unwrap_or("none"))]
    HashAlgorithm(Option<String>),
    /// `x-road-message-type` does not say that the message is REST, and a SOAP message is not there (wire.md §3.2).
    #[error("Request does not have SOAP message")]
    MessageType,
    /// `x-proxy-version` is no version.
    #[error("the peer's version `{0}` cannot be read")]
    VersionUnreadable(String),
    /// `x-proxy-version` is below the minimum that this server demands.
    #[error("the peer's version {0} is too old for this server")]
    VersionTooOld(String),
    /// The bytes are no message, or broke off.
    #[error("the request did not arrive whole")]
    Inbound(#[source] InboundError),
    /// The message block is malformed.
    #[error("the request breaks the REST message protocol")]
    Block(#[source] RestError),
    /// No message block.
    #[error("Request does not have REST message")]
    MissingRest,
    /// No signature.
    #[error("Request does not have signature")]
    MissingSignature,
    /// The provider is not registered on this server.
    #[error("Client '{0}' not found")]
    UnknownProvider(ClientId),
    /// The provider could not seal its answer, so it is not asked (wire.md §3.10: signing context).
    #[error("no answer could be sealed")]
    CannotAnswer(#[source] CannotSeal),
    /// No OCSP response came with the request (wire.md §3.5).
    #[error("corresponding OCSP response is missing")]
    MissingOcsp,
    /// The peer's certificate does not fit.
    #[error("the certificate of the consumer's security server is not acceptable")]
    PeerCertificate(#[source] AuthError),
    /// The service does not exist.
    #[error("Unknown service: {0}")]
    UnknownService(ServiceId),
    /// The service is disabled.
    #[error("Service {service} is disabled: {notice}")]
    Disabled {
        /// Which service.
        service: ServiceId,
        /// What its administrator says.
        notice: String,
    },
    /// The call is not covered by an access right.
    #[error("Request is not allowed")]
    Denied(#[source] Denied),
    /// The request's seal does not hold.
    #[error("the seal of the request does not hold")]
    Seal(#[source] SealError),
    /// The body cannot be kept.
    #[error("the body cannot be kept")]
    Intake(#[source] IntakeError),
    /// Messages have waited for a timestamp for too long (wire.md §6.3).
    #[error("timestamping has failed for too long")]
    Timestamping(#[source] TimestampingFailed),
    /// The message log failed.
    #[error("the message log failed")]
    Log(#[source] LedgerError),
    /// It is not known whether the token that names the person was used before.
    #[error("the token that names the person cannot be checked now")]
    Persons(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Who used the data of the person could not be kept.
    #[error("the access to the data of the person could not be recorded")]
    Access(#[source] NotRecorded),
    /// The service cannot be asked.
    #[error("the service cannot be used")]
    Service(#[source] LinkError),
    /// The service's answer broke off.
    #[error("the service's answer did not arrive whole")]
    ServiceBody(#[source] BodyError),
    /// The service's answer cannot be carried.
    #[error("the service's answer breaks the REST message protocol")]
    ServiceBlock(#[source] RestError),
    /// The response cannot be sealed.
    #[error("the response cannot be sealed")]
    Sign(#[source] CannotSeal),
}

impl AnswerError {
    /// The fault for the peer: prefix `server.serverproxy`, stage, code. What goes wrong while the message is decoded
    /// (which is when the client, the provider and the peer's certificate are judged, §3.10) carries `service_failed`.
    pub(super) fn fault(&self) -> Fault {
        let path: Vec<Code> = match self {
            Self::NoConf | Self::Conf(_) => vec![Code::GlobalConfOutdated],
            Self::Method(_) => vec![Code::InvalidHttpMethod],
            Self::HashAlgorithm(_) | Self::VersionUnreadable(_) => vec![Code::InternalError],
            Self::VersionTooOld(_) => vec![Code::ClientProxyVersionNotSupported],
            Self::MessageType => vec![Code::MissingSoap],
            // The message is sound; it is this node that cannot keep it.
            Self::Inbound(InboundError::Intake(e)) => vec![e.code()],
            Self::Inbound(e) => found(e.code()),
            Self::Block(e) => found(e.code()),
            Self::MissingRest => vec![Code::MissingRest],
            Self::MissingSignature => vec![Code::MissingSignature],
            Self::UnknownProvider(_) => vec![Code::ServiceFailed, Code::UnknownMember],
            Self::CannotAnswer(_) => vec![Code::ServiceFailed, Code::CannotCreateSignature],
            Self::MissingOcsp => vec![Code::ServiceFailed, Code::SslAuthenticationFailed],
            Self::PeerCertificate(_) => vec![Code::ServiceFailed, Code::SslAuthenticationFailed],
            Self::UnknownService(_) => vec![Code::UnknownService],
            Self::Disabled { .. } => vec![Code::ServiceDisabled],
            Self::Denied(_) => vec![Code::AccessDenied],
            Self::Seal(e) => std::iter::once(Code::SignatureVerification).chain(e.path()).collect(),
            Self::Intake(e) => vec![e.code()],
            Self::Timestamping(e) => vec![e.code()],
            Self::Log(e) => vec![e.code()],
            Self::Persons(_) => vec![Code::DatabaseError],
            Self::Access(_) => vec![Code::LoggingFailed],
            Self::Service(e) => vec![e.code()],
            Self::ServiceBody(_) => vec![Code::IoError],
            Self::ServiceBlock(e) => vec![e.code()],
            Self::Sign(_) => vec![Code::CannotCreateSignature],
        };
        Fault::new(FaultCode::own(Origin::ServerProxy, path), self.public())
    }

    /// One sentence for the peer: the error and its direct cause, which name no secret, no payload and no inner
    /// address of this network.
    fn public(&self) -> String {
        match self {
            Self::Service(_)
            | Self::Denied(_)
            | Self::Log(_)
            | Self::Persons(_)
            | Self::Access(_)
            | Self::Sign(_)
            | Self::CannotAnswer(_) => self.to_string(),
            _ => match std::error::Error::source(self) {
                Some(cause) => format!("{self}: {cause}"),
                None => self.to_string(),
            },
        }
    }
}
