//! Fetching for this process: its client, and one configuration for `simpul globalconf verify --url`.

use std::collections::BTreeMap;
use std::time::Duration;

use simpul_core::UnixTime;
use simpul_exchange::ports::Clock;
use simpul_io::fetch::{self, Fetcher};
use simpul_io::tls::{Roots, TlsError};
use simpul_trust::conf::Published;
use simpul_trust::conf::download::{AllowedFederations, Plan, Refused};
use simpul_trust::conf::rollback::RollbackPolicy;
use simpul_wire::gconf::Anchor;

use crate::verdict::chain;

/// How long one fetch may take.
const TIME: Duration = Duration::from_secs(30);

/// A client for what carries its own proof: over https it believes any certificate, because nothing rests on it.
pub(crate) fn client() -> Result<Fetcher, TlsError> {
    Fetcher::new(&Roots::Any, TIME)
}

/// One configuration from one place, judged at `at`. The error is what was tried, or why nothing could be.
pub(crate) async fn published(anchor: &Anchor, url: &str, at: UnixTime) -> Result<Published, Result<Refused, String>> {
    let mut anchor = anchor.clone();
    for source in &mut anchor.sources {
        url.clone_into(&mut source.url);
    }
    let plan = Plan {
        anchor,
        allowed: AllowedFederations::None,
        previous: Vec::new(),
        newest: BTreeMap::new(),
        generation_interval: Duration::from_secs(60),
        rollback: RollbackPolicy::Refuse,
        prefer: BTreeMap::new(),
        seed: 0,
    };
    let client = client().map_err(|e| Err(chain(&e)))?;
    let outcome = fetch::conf::download(&client, plan, &At(at)).await;
    outcome.own.map(|fetched| fetched.published).map_err(Ok)
}

/// Every location that was tried, with what was wrong there.
#[must_use]
pub(crate) fn attempts(refused: &Refused) -> String {
    let lines = refused.attempts.iter().map(|a| format!("{}: {}", a.url, chain(&a.error)));
    lines.collect::<Vec<_>>().join("; ")
}

/// The moment that a verdict is asked for.
struct At(UnixTime);

impl Clock for At {
    fn now(&self) -> UnixTime {
        self.0
    }
}
