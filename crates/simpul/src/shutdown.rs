//! When to stop: Ctrl-C, or the signal by which a service manager asks.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Requests to stop, from now on: none that comes before somebody waits for it is lost.
pub(crate) struct Requests {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Requests {
    /// Listens. Whoever is told that the process is ready may ask it to stop: listen first.
    pub(crate) fn listen() -> Self {
        let listen = |kind| signal(kind).ok();
        Self { interrupt: listen(SignalKind::interrupt()), terminate: listen(SignalKind::terminate()) }
    }

    /// Returns when the process is asked to stop. Without signal handlers it never does.
    pub(crate) async fn one(mut self) {
        tokio::select! {
            () = received(&mut self.interrupt) => {}
            () = received(&mut self.terminate) => {}
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
