//! The permission that the next hop demands.

use simpul_core::{ClientId, ServiceId};
use simpul_trust::message::Verified;

use crate::access::Right;

/// What a message asks for.
pub trait Demand {
    /// Who asks.
    fn client(&self) -> &ClientId;
    /// Which service.
    fn service(&self) -> &ServiceId;
    /// HTTP method as written in the signed block.
    fn method(&self) -> &str;
    /// Raw service path as written in the signed block: empty, or starting with `/`.
    fn path(&self) -> &str;
}

/// Why a message was permitted; it is logged with the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The access right that covers it (wire.md §9.2).
    pub right: Right,
}

/// A verified message that may be carried out, with the grant that says why. Made only by
/// [`AccessRights::permit`](crate::AccessRights::permit).
pub struct Permitted<M> {
    message: Verified<M>,
    grant: Grant,
}

impl<M> Permitted<M> {
    pub(crate) fn new(message: Verified<M>, grant: Grant) -> Self {
        Self { message, grant }
    }

    /// The verified message.
    #[must_use]
    pub fn message(&self) -> &Verified<M> {
        &self.message
    }

    /// Why it may pass.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }
}
