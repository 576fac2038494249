//! A register and a payment service that do what a test says.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use simpul_core::UnixTime;

use crate::application::payment::{GatewayError, PaymentGateway, PaymentOrder, PaymentSlip, PaymentStatus};
use crate::evidence::{EvidenceRequest, EvidenceSource, Provenance, RegisterAnswer, RegisterOutcome};

/// Registers with answers by service, and the requests that they had.
#[derive(Default)]
pub struct FakeRegisters {
    state: Mutex<Registers>,
}

#[derive(Default)]
struct Registers {
    answers: HashMap<String, RegisterOutcome>,
    asked: Vec<EvidenceRequest>,
}

impl FakeRegisters {
    /// From now on the service gives this outcome.
    pub fn set(&self, service: &str, outcome: RegisterOutcome) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).answers.insert(service.to_owned(), outcome);
    }

    /// From now on the service answers with this JSON.
    pub fn answer(&self, service: &str, at: UnixTime, json: &str) {
        let answer = RegisterAnswer { body: json.as_bytes().to_vec(), provenance: provenance(service, at) };
        self.set(service, RegisterOutcome::Answered(answer));
    }

    /// From now on the service knows nothing.
    pub fn nothing(&self, service: &str, at: UnixTime) {
        self.set(service, RegisterOutcome::NoData(provenance(service, at)));
    }

    /// The requests so far.
    #[must_use]
    pub fn asked(&self) -> Vec<EvidenceRequest> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).asked.clone()
    }
}

fn provenance(service: &str, at: UnixTime) -> Provenance {
    Provenance {
        source: service.parse().unwrap(),
        at,
        message_id: format!("message of {service}"),
        record: Some(7),
        agreement: Some("id-my-lab 1".to_owned()),
    }
}

#[async_trait]
impl EvidenceSource for FakeRegisters {
    async fn fetch(&self, request: &EvidenceRequest) -> RegisterOutcome {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked.push(request.clone());
        let service = &request.service;
        let name = format!("{}/{}", service.provider.short(), service.code);
        let unavailable = RegisterOutcome::Unavailable { reason: format!("{name} is away") };
        state.answers.get(&name).cloned().unwrap_or(unavailable)
    }
}

/// A payment service that takes what a test says.
#[derive(Default)]
pub struct FakeGateway {
    state: Mutex<Payments>,
}

#[derive(Default)]
struct Payments {
    away: bool,
    slips: HashMap<String, (PaymentOrder, PaymentStatus)>,
    requests: usize,
}

impl FakeGateway {
    /// Whether it answers at all.
    pub fn away(&self, away: bool) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).away = away;
    }

    /// From now on this is how far a payment is.
    pub fn set(&self, payment: &str, status: PaymentStatus) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, there)) = state.slips.get_mut(payment) {
            *there = status;
        }
    }

    /// How many payments there are, and how often one was asked for.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.slips.len(), state.requests)
    }
}

#[async_trait]
impl PaymentGateway for FakeGateway {
    async fn request(&self, order: &PaymentOrder) -> Result<PaymentSlip, GatewayError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.away {
            return Err(GatewayError("away".into()));
        }
        state.requests += 1;
        let payment = format!("pay-{}-{}", order.reference, order.attempt);
        let slip = (order.clone(), PaymentStatus::Waiting);
        let (known, _) = state.slips.entry(payment.clone()).or_insert(slip);
        assert_eq!(known, order, "one payment has one order");
        let expires = UnixTime::from_secs(4_000_000_000);
        Ok(PaymentSlip { code: format!("VA {payment}"), payment, expires })
    }

    async fn status(&self, payment: &str) -> Result<PaymentStatus, GatewayError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.slips.get(payment) {
            _ if state.away => Err(GatewayError("away".into())),
            Some((_, status)) => Ok(status.clone()),
            None => Err(GatewayError("unknown".into())),
        }
    }
}
