//! Why a call was not relayed, and the fault that says so (wire.md §3.9).

use std::io::ErrorKind;

use simpul_core::{ClientId, Code, Fault, FaultCode, Origin};
use simpul_ledger::{LedgerError, TimestampingFailed};
use simpul_policy::agreement::Refusal;
use simpul_trust::conf::{AuthError, ConfError, RouteError};
use simpul_trust::seal::SealError;
use simpul_wire::rest::{Mismatch, RestError};

use crate::inbound::{InboundError, found};
use crate::intake::IntakeError;
use crate::ports::{BodyError, LinkError, OcspUnavailable};
use crate::sealing::CannotSeal;

/// Why a call was not relayed.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// No global configuration was ever accepted.
    #[error("no global configuration has been accepted yet")]
    NoConf,
    /// The global configuration has expired.
    #[error("the global configuration cannot be used")]
    Conf(#[source] ConfError),
    /// This server has no authentication certificate to present to peers.
    #[error("this security server has no authentication certificate")]
    NoAuthCertificate,
    /// The call is no REST call.
    #[error("the call breaks the REST message protocol")]
    Call(#[source] RestError),
    /// The client is not registered on this server.
    #[error("Client '{0}' not found")]
    UnknownClient(ClientId),
    /// The information system did not connect as its client demands.
    #[error("the information system is not authenticated: {0}")]
    Caller(&'static str),
    /// An agreement is required, and none allows the call.
    #[error("Request is not allowed")]
    NotAgreed(#[source] Box<Refusal>),
    /// An agreement is required, and the answer was not given under one that this server knows.
    #[error("the answer was not given under an agreement that this security server knows")]
    NoDecision,
    /// No security server can be asked.
    #[error("there is no way to the provider")]
    Route(#[source] RouteError),
    /// The peer cannot be reached, or broke the connection.
    #[error("the provider's security server cannot be used")]
    Link(#[source] LinkError),
    /// No OCSP response for the own authentication certificate.
    #[error("the own authentication certificate cannot be shown to be valid")]
    OwnOcsp(#[source] OcspUnavailable),
    /// No OCSP response for the peer's certificate.
    #[error("the certificate of the provider's security server cannot be shown to be valid")]
    PeerOcsp(#[source] OcspUnavailable),
    /// The peer's certificate does not fit.
    #[error("the certificate of the provider's security server is not acceptable")]
    PeerCertificate(#[source] AuthError),
    /// The information system's body did not arrive whole.
    #[error("the body of the call did not arrive whole")]
    CallBody(#[source] BodyError),
    /// The body cannot be logged.
    #[error("the body of the call cannot be kept")]
    Intake(#[source] IntakeError),
    /// The request cannot be sealed.
    #[error("the request cannot be sealed")]
    Sign(#[source] CannotSeal),
    /// Messages have waited for a timestamp for too long (wire.md §6.3).
    #[error("timestamping has failed for too long")]
    Timestamping(#[source] TimestampingFailed),
    /// The message log failed.
    #[error("the message log failed")]
    Log(#[source] LedgerError),
    /// The peer answered with a fault; it goes to the caller unchanged.
    #[error("the provider's security server answered with a fault: {0}")]
    Peer(Fault),
    /// The peer's answer is no HTTP answer that the protocol knows.
    #[error("the provider's security server answered wrongly: {why}")]
    Reply {
        /// The code for the caller.
        code: Code,
        /// What was wrong.
        why: String,
    },
    /// The peer answered what it cannot have seen.
    #[error("an answer came before the request was sent whole")]
    Premature,
    /// The answer is malformed or broke off.
    #[error("the answer did not arrive whole")]
    Inbound(#[source] InboundError),
    /// The answer's message block is malformed.
    #[error("the answer breaks the REST message protocol")]
    Block(#[source] RestError),
    /// The answer's seal does not hold.
    #[error("the seal of the answer does not hold")]
    Seal(#[source] SealError),
    /// The answer answers something else.
    #[error("the answer does not fit the request")]
    Mismatch(#[source] Mismatch),
}

impl RelayError {
    /// The fault for the caller: prefix `server.clientproxy`, stage, code.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let path: Vec<Code> = match self {
            Self::Peer(fault) => return fault.clone(),
            Self::NoConf | Self::Conf(_) => vec![Code::GlobalConfOutdated],
            Self::Call(e) => vec![e.code()],
            Self::UnknownClient(_) => vec![Code::UnknownMember],
            Self::NoAuthCertificate
            | Self::Caller(_)
            | Self::OwnOcsp(_)
            | Self::PeerOcsp(_)
            | Self::PeerCertificate(_) => vec![Code::SslAuthenticationFailed],
            Self::Route(e) => vec![e.code()],
            Self::Link(e) => vec![e.code()],
            Self::CallBody(_) => vec![Code::IoError],
            Self::Intake(e) => vec![e.code()],
            Self::Sign(_) => vec![Code::CannotCreateSignature],
            Self::Timestamping(e) => vec![e.code()],
            Self::Log(e) => vec![e.code()],
            Self::Reply { code, .. } => vec![*code],
            // The message is sound; it is this node that cannot keep it.
            Self::Inbound(InboundError::Intake(e)) => vec![e.code()],
            Self::Inbound(e) => found(e.code()),
            Self::Block(e) => found(e.code()),
            Self::Seal(e) => std::iter::once(Code::SignatureVerification).chain(e.path()).collect(),
            Self::NotAgreed(_) => vec![Code::AccessDenied],
            Self::Premature | Self::Mismatch(_) | Self::NoDecision => vec![Code::InconsistentResponse],
        };
        Fault::new(FaultCode::own(Origin::ClientProxy, path), self.public())
    }

    /// One sentence for the caller: the error and its direct cause, which name no secret and no payload.
    fn public(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }
}

impl LinkError {
    /// X-Road's code for a link that failed (wire.md §3.9, "Exception to code mapping"): a socket's error is
    /// `network_error`, any other failure of input or output, a time that ran out among them, is `io_error`.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::UnknownHost { .. } => Code::UnknownHost,
            Self::Network { .. } => Code::NetworkError,
            Self::TimedOut { .. } | Self::Http { .. } => Code::IoError,
            Self::Tls { cause, .. } => match cause.kind() {
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Code::NetworkError,
                ErrorKind::TimedOut => Code::IoError,
                _ => Code::SslAuthenticationFailed,
            },
            Self::BadUrl(_) => Code::ServiceMalformedUrl,
        }
    }
}

impl From<RouteError> for RelayError {
    fn from(e: RouteError) -> Self {
        Self::Route(e)
    }
}
