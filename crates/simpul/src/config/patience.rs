//! `[server.patience]`: how long others may take.

use std::time::Duration;

use serde::Deserialize;
use simpul_io::listen::Bounds;
use simpul_io::ocsp::OcspSettings;
use simpul_io::peer::PeerBounds;
use simpul_io::service::ServiceBounds;

/// How long others may take, in seconds; who takes longer loses the connection. At least 1 each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Patience {
    /// A peer or service, to accept a connection.
    pub(crate) connect_seconds: u64,
    /// A caller, for the whole TLS handshake.
    pub(crate) handshake_seconds: u64,
    /// A caller, from the first octet of a request to the end of its head.
    pub(crate) head_seconds: u64,
    /// A caller, between two requests and before the first.
    pub(crate) idle_seconds: u64,
    /// Anyone, without giving one octet of a body that is awaited or taking one that waits for it.
    pub(crate) octet_seconds: u64,
    /// A peer, to begin its answer once it has the request.
    pub(crate) answer_seconds: u64,
    /// An OCSP responder or a peer's OCSP port, for its whole answer.
    pub(crate) ocsp_seconds: u64,
}

impl Default for Patience {
    fn default() -> Self {
        let (listener, peers) = (Bounds::default(), PeerBounds::default());
        Self {
            connect_seconds: peers.connect.as_secs(),
            handshake_seconds: listener.handshake.as_secs(),
            head_seconds: listener.head.as_secs(),
            idle_seconds: listener.idle.as_secs(),
            octet_seconds: listener.body.as_secs(),
            answer_seconds: peers.response.as_secs(),
            ocsp_seconds: OcspSettings::FETCH.as_secs(),
        }
    }
}

impl Patience {
    pub(super) fn check(&self) -> Result<(), String> {
        let Self {
            connect_seconds,
            handshake_seconds,
            head_seconds,
            idle_seconds,
            octet_seconds,
            answer_seconds,
            ocsp_seconds,
        } = self;
        let all = [
            ("connect-seconds", connect_seconds),
            ("handshake-seconds", handshake_seconds),
            ("head-seconds", head_seconds),
            ("idle-seconds", idle_seconds),
            ("octet-seconds", octet_seconds),
            ("answer-seconds", answer_seconds),
            ("ocsp-seconds", ocsp_seconds),
        ];
        match all.iter().find(|(_, seconds)| **seconds == 0) {
            Some((key, _)) => Err(format!("[server.patience] {key} = 0: it must be at least 1 second")),
            None => Ok(()),
        }
    }

    /// The bounds of a listener.
    #[must_use]
    pub(crate) fn listener(&self) -> Bounds {
        let octet = Duration::from_secs(self.octet_seconds);
        Bounds {
            handshake: Duration::from_secs(self.handshake_seconds),
            head: Duration::from_secs(self.head_seconds),
            idle: Duration::from_secs(self.idle_seconds),
            body: octet,
            stall: octet,
            ..Bounds::default()
        }
    }

    /// The bounds of connections to peers.
    #[must_use]
    pub(crate) fn peers(&self, port: u16) -> PeerBounds {
        PeerBounds {
            port,
            connect: Duration::from_secs(self.connect_seconds),
            response: Duration::from_secs(self.answer_seconds),
            body: Duration::from_secs(self.octet_seconds),
            ..PeerBounds::default()
        }
    }

    /// The bounds of connections to services.
    #[must_use]
    pub(crate) fn services(&self) -> ServiceBounds {
        ServiceBounds { connect: Duration::from_secs(self.connect_seconds), ..ServiceBounds::default() }
    }
}
