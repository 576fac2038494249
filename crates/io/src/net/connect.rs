//! From a name to a connected socket.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::{TcpStream, lookup_host};

use super::tcp::Tcp;
use simpul_exchange::ports::LinkError;

/// Addresses of one host that are tried.
const ADDRESSES: usize = 8;

/// Connects to a host: to all its addresses at once, the first to answer wins.
pub(crate) async fn dial(host: &str, port: u16) -> Result<Tcp, LinkError> {
    let unknown = |cause| LinkError::UnknownHost { host: host.to_owned(), cause };
    let found: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(unknown)?.take(ADDRESSES).collect();
    let mut attempts: FuturesUnordered<_> = found.into_iter().map(TcpStream::connect).collect();
    let mut failure = None;
    while let Some(attempt) = attempts.next().await {
        match attempt.and_then(Tcp::new) {
            Ok(tcp) => return Ok(tcp),
            Err(cause) => failure = Some(cause),
        }
    }
    Err(match failure {
        Some(cause) => LinkError::Network { to: place(host, port), cause },
        None => unknown(io::Error::new(io::ErrorKind::NotFound, "the name has no address")),
    })
}

/// Gives `work` its time; when that is over, `to` could not be reached.
pub(crate) async fn within<T>(
    limit: Duration,
    to: &str,
    work: impl Future<Output = Result<T, LinkError>>,
) -> Result<T, LinkError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let cause = io::Error::new(io::ErrorKind::TimedOut, "nobody answered in time");
        Err(LinkError::Network { to: to.to_owned(), cause })
    })
}

/// `host:port`, with brackets around an IPv6 address: as in URLs and the Host header.
pub(crate) fn place(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
