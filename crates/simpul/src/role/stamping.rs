//! The timestamping job (wire.md §6).

use std::sync::Arc;
use std::time::Duration;

use simpul_exchange::ports::{Clock, ConfSource};
use simpul_io::fetch::Tsas;
use simpul_ledger::Ledger;
use tokio_util::sync::CancellationToken;

use crate::verdict::chain;

/// Stamps what waits, in every interval, until it is told to stop.
pub(crate) async fn keep(
    ledger: Ledger,
    tsas: Arc<Tsas>,
    conf: Arc<dyn ConfSource>,
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
