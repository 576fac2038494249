//! Global configurations (wire.md §8.2): [`simpul_trust::conf::download`] plans and proves, this module has the
//! sockets.

use simpul_exchange::ports::Clock;
use simpul_trust::conf::download::{Outcome, Plan, Response, Step, start};

use super::Fetcher;

/// Fetches one round: the own instance, then those that it is federated with and the plan allows.
///
/// Failures are in the outcome. The rounds' rhythm, what is kept on disk and what comes into force are the caller's.
pub async fn download(fetcher: &Fetcher, plan: Plan, clock: &dyn Clock) -> Outcome {
    let mut step = start(plan);
    loop {
        match step {
            Step::Done(outcome) => return *outcome,
            Step::Need(need) => {
                let response = match fetcher.get(need.url(), need.limit()).await {
                    Ok(fetched) if fetched.status == 200 => Response::Body(fetched.body),
                    Ok(fetched) => Response::Status(fetched.status),
                    Err(error) => Response::Failed(causes(&error)),
                };
                step = need.answer(response, clock.now());
            }
        }
    }
}

/// An error with its causes, in words.
fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string);
    all.collect::<Vec<_>>().join(": ")
}
