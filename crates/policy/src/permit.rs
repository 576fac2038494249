//! The permission that the next hop demands.

use simpul_core::{ClientId, ServiceId, UnixTime};
use simpul_trust::message::Verified;

use crate::access::Right;
use crate::agreement::{AgreementGrant, Agreements, Context, Refusal, Usage};

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
    /// The agreement and its clause, where one was required.
    pub agreement: Option<AgreementGrant>,
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

    /// Permits it under an agreement too, or says why not. It takes from the volume of the clause.
    pub fn under(
        mut self,
        agreements: &Agreements,
        context: &Context<'_>,
        usage: &impl Usage,
        now: UnixTime,
    ) -> Result<Self, Refusal>
    where
        M: Demand,
    {
        self.grant.agreement = Some(agreements.decide(self.message.message(), context, usage, now)?);
        Ok(self)
    }

    /// Why it may pass.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }
}
