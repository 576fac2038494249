//! Accepting connections until told to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::bounds::Bounds;
use super::connection::{self, App};
use super::guests::{Guest, Guests};
use crate::tls::Acceptor;

/// A bound TCP port.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Binds; port 0 lets the system choose.
    pub async fn bind(at: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(at).await.map(Self)
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What every connection of one listener has in common.
pub(super) struct House {
    pub(super) app: Arc<dyn App>,
    pub(super) acceptor: Option<Arc<dyn Acceptor>>,
    pub(super) bounds: Bounds,
    /// No new requests.
    pub(super) stop: CancellationToken,
    /// The grace period is over.
    pub(super) kill: CancellationToken,
    pub(super) tasks: TaskTracker,
}

/// A connection's place, held until its last exchange is over.
#[derive(Debug)]
pub(super) struct Place {
    _slot: OwnedSemaphorePermit,
    _guest: Guest,
}

/// Serves until `stop` and then until running exchanges are over, at most for the grace period.
pub(super) async fn serve(
    listener: Listener,
    acceptor: Option<Arc<dyn Acceptor>>,
    app: Arc<dyn App>,
    bounds: Bounds,
    stop: CancellationToken,
) {
    let (slots, guests) = (Arc::new(Semaphore::new(bounds.connections)), Guests::new(bounds.per_address));
    let (kill, tasks) = (CancellationToken::new(), TaskTracker::new());
    let house = Arc::new(House { app, acceptor, bounds, stop, kill, tasks });
    while let Some(Some(arrival)) = house.stop.run_until_cancelled(next(&listener.0, &slots)).await {
        let Arrival { tcp, from, slot } = arrival;
        let Some(guest) = guests.admit(from.ip()) else {
            tracing::debug!(%from, "a connection beyond its address's share was closed");
            continue;
        };
        let place = Place { _slot: slot, _guest: guest };
        house.tasks.spawn(connection::run(tcp, from, place, Arc::clone(&house)));
    }
    drop(listener);
    house.tasks.close();
    if tokio::time::timeout(house.bounds.grace, house.tasks.wait()).await.is_err() {
        tracing::warn!(connections = house.tasks.len(), "exchanges still ran when the grace period was over");
        house.kill.cancel();
        house.tasks.wait().await;
    }
}

struct Arrival {
    tcp: TcpStream,
    from: SocketAddr,
    slot: OwnedSemaphorePermit,
}

/// The next connection, once there is a place for it. `None` if places are no longer given.
async fn next(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<Arrival> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((tcp, from)) => return Some(Arrival { tcp, from, slot }),
            Err(cause) => {
                // The connection was gone already, or this process is out of descriptors: others must end first.
                tracing::warn!(%cause, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// How long accepting rests after it failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
