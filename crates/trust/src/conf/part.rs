//! One part of a configuration after it was judged.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use simpul_core::ident::Instance;
use simpul_core::{ClientId, UnixTime};
use simpul_wire::gconf::{DocumentError, FormatVersion, PartKind, PrivateParams, SharedParams, parts};

/// Who vouches for a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A signed directory that was verified.
    Signed {
        /// SHA-256 of the octets of that directory.
        directory: [u8; 32],
    },
    /// Nobody: it was handed in without signature.
    Supplied,
}

/// A part that was read, with who vouches for it. Only [`super::signed`] and [`super::supplied`] make one.
#[derive(Clone, Debug)]
pub struct LoadedPart {
    pub(super) kind: PartKind,
    pub(super) instance: Instance,
    pub(super) format: FormatVersion,
    pub(super) expires: Option<UnixTime>,
    pub(super) origin: Origin,
    pub(super) bytes: Bytes,
    pub(super) content: Arc<Content>,
}

/// What a part says.
#[derive(Debug)]
pub(super) enum Content {
    Shared(SharedParams),
    Private(PrivateParams),
    NextUpdate(bool),
    FetchInterval(Duration),
    Monitoring(Option<ClientId>),
    /// A part that nothing here reads.
    Unread,
}

impl LoadedPart {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> &PartKind {
        &self.kind
    }

    /// The instance that it belongs to.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The format that it is written in.
    #[must_use]
    pub fn format(&self) -> FormatVersion {
        self.format
    }

    /// The end of its validity; a supplied part may have none.
    #[must_use]
    pub fn expires(&self) -> Option<UnixTime> {
        self.expires
    }

    /// Who vouches for it.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The octets as they came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The shared parameters, if it is that part.
    #[must_use]
    pub fn shared(&self) -> Option<&SharedParams> {
        match &*self.content {
            Content::Shared(params) => Some(params),
            _ => None,
        }
    }

    /// The private parameters, if it is that part.
    #[must_use]
    pub fn private(&self) -> Option<&PrivateParams> {
        match &*self.content {
            Content::Private(params) => Some(params),
            _ => None,
        }
    }
}

impl Content {
    /// Reads a part of a known kind in its format.
    pub(super) fn read(kind: &PartKind, format: FormatVersion, bytes: &[u8]) -> Result<Self, DocumentError> {
        Ok(match kind {
            PartKind::Shared => Self::Shared(SharedParams::parse(bytes, format)?),
            PartKind::Private => Self::Private(PrivateParams::parse(bytes, format)?),
            PartKind::NextUpdate => Self::NextUpdate(parts::parse_next_update(bytes)?),
            PartKind::FetchInterval => Self::FetchInterval(parts::parse_fetch_interval(bytes)?),
            PartKind::Monitoring => Self::Monitoring(parts::parse_monitoring(bytes)?),
            PartKind::Other(_) => Self::Unread,
        })
    }

    /// The instance that the part names inside itself.
    pub(super) fn instance(&self) -> Option<&Instance> {
        match self {
            Self::Shared(params) => Some(&params.instance),
            Self::Private(params) => Some(&params.instance),
            Self::NextUpdate(_) | Self::FetchInterval(_) | Self::Monitoring(_) | Self::Unread => None,
        }
    }
}
