//! The timestamping job and its way to the authorities (wire.md §6).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use simpul_core::limits;
use simpul_exchange::ports::{Clock, ConfSource};
use crate::temp::Fetcher;
use simpul_ledger::{AuthorityError, Ledger, Timestamper};
use tokio_util::sync::CancellationToken;

use crate::conf::ConfKeeper;
use crate::verdict::chain;

/// The timestamping authorities of the own instance, in the order of its configuration.
pub struct Tsas {
    conf: Arc<ConfKeeper>,
    fetcher: Fetcher,
}

impl Tsas {
    /// The authorities that the configuration in force names.
    #[must_use]
    pub fn new(conf: Arc<ConfKeeper>) -> Self {
        Self { conf, fetcher: Fetcher::default() }
    }
}

#[async_trait]
impl Timestamper for Tsas {
    async fn stamp(&self, query: Vec<u8>) -> Result<Vec<u8>, AuthorityError> {
        let refused = |why: String| AuthorityError(why.into());
        let conf = self.conf.current().ok_or_else(|| refused("there is no configuration".to_owned()))?;
        let mut tried = Vec::new();
        for url in conf.tsa_urls() {
            let asked = self.fetcher.post(url, "application/timestamp-query", query.clone(), limits::TIMESTAMP_RESPONSE);
            match asked.await {
                Ok(reply) if reply.status == 200 => return Ok(reply.body.to_vec()),
                Ok(reply) => tried.push(format!("{url}: status {}", reply.status)),
                Err(error) => tried.push(format!("{url}: {}", chain(&error))),
            }
        }
        Err(refused(if tried.is_empty() { "none is configured".to_owned() } else { tried.join("; ") }))
    }
}

/// Stamps what waits, in every interval, until it is told to stop.
pub async fn keep(
    ledger: Ledger,
    tsas: Arc<Tsas>,
    conf: Arc<ConfKeeper>,
    clock: Arc<dyn Clock>,
    interval: Duration,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(interval);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let Some(conf) = conf.current() else { continue };
        match ledger.stamp_pending(tsas.as_ref(), &conf).await {
            Ok(report) => {
                for (id, why) in &report.impossible {
                    tracing::error!(record = %id, why, "a record cannot be timestamped");
                }
                if let Some(failure) = &report.failure {
                    tracing::error!(cause = chain(failure), "timestamping failed");
                }
            }
            Err(error) => tracing::error!(cause = chain(&error), "timestamping failed"),
        }
        if let Err(failed) = ledger.check_timestamping(clock.now()) {
            tracing::error!(cause = chain(&failed), "messages are refused until timestamping works again");
        }
    }
}
