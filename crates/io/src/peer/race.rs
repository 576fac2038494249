//! All addresses at once, the first connection wins (wire.md §3.7).

use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use crate::net::connect::dial;
use crate::net::tcp::Tcp;
use simpul_exchange::ports::LinkError;

/// Connects to the fastest of these addresses. A favourite is tried alone first; the others join when it fails or its
/// head start is over, so that a favourite that has died silently costs the head start and no more.
pub(super) async fn fastest<'a>(
    addresses: &[&'a str],
    port: u16,
    favourite: Option<&'a str>,
    head_start: Duration,
) -> Result<(Tcp, &'a str), LinkError> {
    let go = CancellationToken::new();
    if favourite.is_none_or(|f| !addresses.contains(&f)) {
        go.cancel();
    }
    let mut attempts: FuturesUnordered<_> = addresses
        .iter()
        .map(|address| {
            let go = &go;
            async move {
                if favourite == Some(*address) {
                    let dialled = dial(address, port).await;
                    if dialled.is_err() {
                        go.cancel();
                    }
                    dialled.map(|tcp| (tcp, *address))
                } else {
                    // Either the signal or the end of the head start: both mean go.
                    let _ = tokio::time::timeout(head_start, go.cancelled()).await;
                    dial(address, port).await.map(|tcp| (tcp, *address))
                }
            }
        })
        .collect();
    let mut failure = None;
    while let Some(attempt) = attempts.next().await {
        match attempt {
            Ok(won) => return Ok(won),
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "an address cannot be reached");
                failure = Some(error);
            }
        }
    }
    Err(failure.unwrap_or_else(|| LinkError::Network {
        to: "a route without addresses".to_owned(),
        cause: io::Error::new(io::ErrorKind::AddrNotAvailable, "there is nowhere to go"),
    }))
}
