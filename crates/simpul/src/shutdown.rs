//! When to stop: Ctrl-C, or the signal by which a service manager asks.

use tokio::signal::unix::{SignalKind, signal};

/// Returns when the process is asked to stop. Without signal handlers it never does.
pub(crate) async fn requested() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
