//! A sealed request that is refused is recorded too: that it was asked, by whom, and why it was not answered
//! (docs/adr/0005).

use simpul_core::Dialect;
use simpul_ledger::Side;
use simpul_trust::conf::GlobalConf;
use simpul_trust::message::Received;

use super::AnswerError;
use crate::message::Request;
use crate::ports::Ports;
use crate::{record, trace};

/// Records a request that came in whole and is refused, with the code of the fault, if its seal holds. What nobody
/// sealed proves nothing and is not kept.
///
/// The refusal stands whatever comes of this: a log that fails lets nothing pass, and the operator is told.
pub(super) async fn keep(ports: &Ports, conf: &GlobalConf, received: Received<Request>, refusal: &AnswerError) {
    let now = ports.clock.now();
    let verified = match received.verify(conf, now) {
        Ok(verified) => verified,
        Err(error) => {
            let cause = trace::chain(&error);
            tracing::info!(cause, "a refused request is not recorded: its seal does not hold");
            return;
        }
    };
    let code = refusal.fault().code.spell(Dialect::V78);
    let at = record::At { side: Side::Provider, conf, now };
    let kept = ports.ledger.record(verified, |v| record::refused(&at, v.message(), v.seal(), code)).await;
    if let Err(error) = kept {
        let cause = trace::chain(&error);
        tracing::error!(cause, "a refused request could not be recorded");
    }
}
