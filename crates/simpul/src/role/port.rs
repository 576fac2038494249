//! The consumer port: the message protocol, evidence downloads, and questions to this server itself.

use std::sync::Arc;

use async_trait::async_trait;
use simpul_exchange::call::{Answer, ConsumerCall, PeerCall};
use simpul_exchange::consumer::Consumer;
use simpul_exchange::evidence::Evidence;
use simpul_exchange::provider::Provider;
use simpul_io::listen::{ConsumerHandler, PeerHandler};

use super::questions::Questions;

/// Calls of information systems.
pub(super) struct ConsumerPort {
    pub(super) consumer: Arc<Consumer>,
    pub(super) evidence: Evidence,
    pub(super) questions: Questions,
}

#[async_trait]
impl ConsumerHandler for ConsumerPort {
    async fn handle(&self, call: ConsumerCall) -> Answer {
        match &call.target {
            target if self.evidence.answers(target) => self.evidence.answer(call).await,
            target if self.questions.answers(target) => self.questions.answer(call).await,
            _ => self.consumer.relay(call).await,
        }
    }
}

/// Messages of peers.
pub(super) struct PeerPort(pub(super) Provider);

#[async_trait]
impl PeerHandler for PeerPort {
    async fn handle(&self, call: PeerCall) -> Answer {
        self.0.answer(call).await
    }
}
