//! OCSP responses: own ones fetched and kept fresh, those of peers asked for and cached (wire.md §3.6, §3.8).

mod cache;
pub(crate) mod multipart;
mod own;
mod peers;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use simpul_core::UnixTime;
use simpul_exchange::ports::{Clock, ConfSource, OcspSource, OcspUnavailable};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;
use tokio_util::sync::CancellationToken;

use self::own::Own;
use self::peers::PeerResponses;
use crate::fetch::Fetcher;
use crate::listen::OwnResponses;
use crate::tls::{Roots, TlsError};

/// What the keeper needs to know.
#[derive(Clone, Debug)]
pub struct OcspSettings {
    /// The OCSP port of peers, the same for every peer (wire.md §0: 5577).
    pub port: u16,
    /// Time between two fetches, if the global configuration does not say it (§3.8: 1200 s).
    pub interval: Duration,
    /// For one answer of a responder or of a peer's OCSP port, from connecting to the last octet.
    pub fetch: Duration,
    /// Where own responses outlive a restart.
    pub dir: PathBuf,
    /// The own certificates in use: chains, leaf first, without their roots.
    pub own: Vec<Vec<Certificate>>,
}

impl OcspSettings {
    /// [`fetch`](Self::fetch) where nobody says otherwise.
    pub const FETCH: Duration = Duration::from_secs(20);
}

/// The OCSP responses of this server and of its peers.
pub struct OcspKeeper {
    own: Own,
    peers: PeerResponses,
    conf: Arc<dyn ConfSource>,
    clock: Arc<dyn Clock>,
    fetcher: Arc<Fetcher>,
}

impl OcspKeeper {
    /// A keeper with the own responses that are on disk; it fetches nothing yet.
    pub fn open(settings: OcspSettings, conf: Arc<dyn ConfSource>, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        // Responses carry their own signatures: who brings them does not matter.
        let fetcher = Arc::new(Fetcher::new(&Roots::Any, settings.fetch)?);
        let peers = PeerResponses::new(Arc::clone(&fetcher), settings.port);
        Ok(Self { own: Own::open(settings), peers, conf, clock, fetcher })
    }

    /// Fetches a response for every own certificate; what cannot be had is logged, and the last one stays. False if
    /// one could not be had.
    pub async fn refresh(&self) -> bool {
        let Some(conf) = self.conf.current() else {
            tracing::warn!("OCSP responses cannot be fetched: there is no global configuration");
            return false;
        };
        self.own.refresh(&self.fetcher, &conf, self.clock.as_ref()).await
    }

    /// Fetches in every interval until it is told to stop; sooner if the last fetch failed or there was none.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let interval = self.conf.current().and_then(|c| c.ocsp_fetch_interval());
            let wait = self.own.wait(interval);
            tokio::select! {
                () = tokio::time::sleep(wait) => {
                    self.refresh().await;
                }
                () = stop.cancelled() => return,
            }
        }
    }
}

impl OwnResponses for OcspKeeper {
    fn by_sha1(&self, sha1: &[u8; 20]) -> Option<Bytes> {
        self.own.by_sha1(sha1)
    }
}

#[async_trait]
impl OcspSource for OcspKeeper {
    /// A response is given while it is fresh (§3.8), whatever status it says: a revoked certificate is refused by
    /// those who check it, not hidden from them.
    fn own(&self, chain: &[Certificate], at: UnixTime) -> Result<Vec<Bytes>, OcspUnavailable> {
        let conf = self.conf.current();
        chain.iter().map(|certificate| self.own.fresh(certificate, conf.as_deref(), at)).collect()
    }

    async fn of_peer(
        &self,
        address: &str,
        chain: &[Certificate],
        conf: &GlobalConf,
        at: UnixTime,
    ) -> Result<Vec<Bytes>, OcspUnavailable> {
        self.peers.of(address, chain, conf, at).await
    }
}
