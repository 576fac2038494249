//! Fetches the global configuration: the planner of `trust::conf::download` says what, this says how.

use std::collections::BTreeMap;
use std::time::Duration;

use simpul_core::UnixTime;
use simpul_exchange::ports::Clock;
use crate::temp::Fetcher;
use simpul_trust::conf::Published;
use simpul_trust::conf::download::{self, AllowedFederations, Outcome, Plan, Response, Step};
use simpul_trust::conf::rollback::RollbackPolicy;
use simpul_wire::gconf::Anchor;

use crate::verdict::chain;

/// Fetches until the plan is carried out.
pub async fn carry_out(plan: Plan, fetcher: &Fetcher, clock: &dyn Clock) -> Outcome {
    let mut step = download::start(plan);
    loop {
        let need = match step {
            Step::Done(outcome) => return *outcome,
            Step::Need(need) => need,
        };
        let response = match fetcher.get(need.url(), need.limit()).await {
            Ok(reply) if reply.status == 200 => Response::Body(reply.body),
            Ok(reply) => Response::Status(reply.status),
            Err(error) => Response::Failed(chain(&error)),
        };
        step = need.answer(response, clock.now());
    }
}

/// One configuration from one place, judged at `at`: for `simpul globalconf verify --url`.
pub async fn published(anchor: &Anchor, url: &str, at: UnixTime) -> Result<Published, String> {
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
    let outcome = carry_out(plan, &Fetcher::default(), &At(at)).await;
    let attempts = |refused: download::Refused| {
        let lines = refused.attempts.iter().map(|a| format!("{}: {}", a.url, chain(&a.error)));
        lines.collect::<Vec<_>>().join("; ")
    };
    outcome.own.map(|fetched| fetched.published).map_err(attempts)
}

/// The moment that a verdict is asked for.
struct At(UnixTime);

impl Clock for At {
    fn now(&self) -> UnixTime {
        self.0
    }
}
