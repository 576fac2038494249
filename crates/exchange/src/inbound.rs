//! A message between security servers as it comes in: the transport decoder fed from a stream (wire.md §3.3).

use bytes::Bytes;
use futures_util::StreamExt;
use simpul_core::Code;
use simpul_core::fault::Fault;
use simpul_wire::Seal;
use simpul_wire::transport::{Decoder, Direction, Event, TransportError};

use crate::intake::{Intake, IntakeError};
use crate::message::Body;
use crate::ports::{BodyError, BodyStream, Ports};

/// Why a message did not come in whole.
#[derive(Debug, thiserror::Error)]
pub enum InboundError {
    /// The bytes are no message.
    #[error("the message is malformed")]
    Transport(#[source] TransportError),
    /// The stream broke.
    #[error("the message did not arrive whole")]
    Stream(#[source] BodyError),
    /// The body could not be kept.
    #[error("the message body could not be kept")]
    Intake(#[source] IntakeError),
}

impl InboundError {
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Transport(e) => e.code(),
            Self::Stream(BodyError::Cut(_) | BodyError::Slow(_) | BodyError::Abandoned) => Code::IoError,
            Self::Intake(e) => e.code(),
        }
    }
}

/// The place of what is found in a message in a fault code (wire.md §3.9). What is wrong while the message is decoded
/// carries `service_failed`; what is missing, or does not match, shows only when it is decoded, and does not.
pub(crate) fn found(code: Code) -> Vec<Code> {
    match code {
        Code::MissingRest | Code::MissingSignature | Code::InconsistentResponse => vec![code],
        _ => vec![Code::ServiceFailed, code],
    }
}

impl IntakeError {
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Log(_) => Code::LoggingFailed,
            Self::Spool(_) => Code::IoError,
        }
    }
}

/// What stands before the body.
pub(crate) struct Opening {
    pub(crate) ocsp: Vec<Bytes>,
    pub(crate) block: Option<Bytes>,
    /// A fault in place of the message.
    pub(crate) fault: Option<Fault>,
}

/// What stands behind the head.
pub(crate) struct Closing {
    pub(crate) body: Option<Body>,
    pub(crate) seal: Option<Seal>,
    /// A fault in place of the seal.
    pub(crate) fault: Option<Fault>,
}

/// The decoder and the stream that feeds it.
pub(crate) struct Inbound {
    decoder: Decoder,
    stream: BodyStream,
    ended: bool,
}

impl Inbound {
    pub(crate) fn new(content_type: &str, direction: Direction, stream: BodyStream) -> Result<Self, InboundError> {
        let decoder = Decoder::new(content_type, direction).map_err(InboundError::Transport)?;
        Ok(Self { decoder, stream, ended: false })
    }

    /// Reads to the end of the message block, and not further.
    pub(crate) async fn open(&mut self) -> Result<Opening, InboundError> {
        let mut opening = Opening { ocsp: Vec::new(), block: None, fault: None };
        while let Some(event) = self.next().await? {
            match event {
                Event::Ocsp(der) => opening.ocsp.push(der),
                Event::Rest(block) => {
                    opening.block = Some(block);
                    break;
                }
                Event::Fault(fault) => {
                    opening.fault = Some(fault);
                    break;
                }
                // The decoder lets nothing else stand before a block; a message that ends here has none.
                Event::BodyStart | Event::Body(_) | Event::BodyEnd | Event::Seal(_) | Event::End => break,
            }
        }
        Ok(opening)
    }

    /// Reads the body into the spool, then the seal, to the end of the stream.
    pub(crate) async fn close(mut self, ports: &Ports) -> Result<Closing, InboundError> {
        let mut closing = Closing { body: None, seal: None, fault: None };
        let mut intake = None;
        while let Some(event) = self.next().await? {
            match (event, &mut intake) {
                (Event::BodyStart, _) => intake = Some(Intake::open(ports).await.map_err(InboundError::Intake)?),
                (Event::Body(chunk), Some(body)) => body.push(chunk).await.map_err(InboundError::Intake)?,
                (Event::BodyEnd, _) => {
                    if let Some(body) = intake.take() {
                        closing.body = Some(body.finish().await.map_err(InboundError::Intake)?);
                    }
                }
                (Event::Seal(seal), _) => closing.seal = Some(seal),
                (Event::Fault(fault), _) => closing.fault = Some(fault),
                (Event::Body(_) | Event::Ocsp(_) | Event::Rest(_) | Event::End, _) => {}
            }
        }
        Ok(closing)
    }

    async fn next(&mut self) -> Result<Option<Event>, InboundError> {
        loop {
            if let Some(event) = self.decoder.poll().map_err(InboundError::Transport)? {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            match self.stream.next().await {
                Some(chunk) => self.decoder.push(chunk.map_err(InboundError::Stream)?),
                None => {
                    self.ended = true;
                    self.decoder.finish().map_err(InboundError::Transport)?;
                }
            }
        }
    }
}
