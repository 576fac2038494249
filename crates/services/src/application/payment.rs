//! The port to a payment service.

use std::error::Error;

use async_trait::async_trait;
use simpul_core::UnixTime;

use super::reference::Reference;

/// A payment that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentOrder {
    /// The application, as it stands on the citizen's statement.
    pub reference: Reference,
    /// Which try this is, from 1. Reference and try name the order: asked for twice, it is one payment.
    pub attempt: u32,
    /// Whole rupiah, more than zero.
    pub amount: i64,
    /// The title of the service.
    pub description: String,
}

/// What the citizen pays with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentSlip {
    /// What the payment service calls it; 1 to 255 characters.
    pub payment: String,
    /// A number or an address; 1 to 255 characters.
    pub code: String,
    /// Until when it can be paid.
    pub expires: UnixTime,
}

/// How far a payment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Nothing came yet.
    Waiting,
    /// All of it came.
    Paid {
        /// The amount that came, in whole rupiah.
        amount: i64,
        /// What the payment service calls the receipt; 1 to 255 characters.
        receipt: String,
    },
    /// It failed, and this payment will not come any more.
    Failed,
    /// Its time is over, and this payment will not come any more.
    Expired,
}

/// The payment service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the payment service is not available")]
pub struct GatewayError(#[source] pub Box<dyn Error + Send + Sync>);

/// A payment service. A notification of it is only a reason to ask: what counts is [`status`](Self::status).
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Asks for a payment. The same reference and attempt again give the same slip, and no second payment.
    async fn request(&self, order: &PaymentOrder) -> Result<PaymentSlip, GatewayError>;

    /// How far a payment is. [`Paid`](PaymentStatus::Paid), [`Failed`](PaymentStatus::Failed) and
    /// [`Expired`](PaymentStatus::Expired) never change again.
    async fn status(&self, payment: &str) -> Result<PaymentStatus, GatewayError>;
}
