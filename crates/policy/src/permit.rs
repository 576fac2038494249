//! The permission that the next hop demands, in two steps: an access right, then an agreement where one is required.

use std::ops::Deref;

use simpul_core::{ClientId, ServiceId, UnixTime};
use simpul_trust::message::Verified;

use crate::access::Right;
use crate::agreement::{AgreementGrant, Agreements, Context, Refusal, Usage};
use crate::mode::{Mode, Modes};

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
    /// What the caller declares under an agreement; nothing, unless the message says so.
    fn context(&self) -> Context<'_> {
        Context::default()
    }
}

/// Why a message was permitted; it is logged with the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The access right that covers it (wire.md §9.2).
    pub right: Right,
    /// The agreement that allows it; `None` only where the operator lets access rights suffice.
    pub agreement: Option<AgreementGrant>,
}

/// A verified message that an access right covers. Nothing may be carried out yet: [`decide`](Self::decide) it.
pub struct Entitled<M> {
    message: Verified<M>,
    right: Right,
}

/// A verified message that may be carried out, with the grant that says why. Made only by [`Entitled::decide`].
pub struct Permitted<M> {
    message: Verified<M>,
    grant: Grant,
}

/// A verified message that no agreement allows, and why.
pub struct Refused<M> {
    /// The message, so that its refusal can be recorded and answered.
    pub message: Verified<M>,
    /// Why.
    pub refusal: Refusal,
}

impl<M: Demand> Entitled<M> {
    pub(crate) fn new(message: Verified<M>, right: Right) -> Self {
        Self { message, right }
    }

    /// Permits the message under an agreement in force, or by its access right alone where `modes` say that this is
    /// enough for this consumer and service. Where it is, nobody asks for the `agreements`.
    pub fn decide<A: Deref<Target = Agreements>>(
        self,
        modes: &Modes,
        agreements: impl FnOnce() -> A,
        usage: &(impl Usage + ?Sized),
        now: UnixTime,
    ) -> Result<Permitted<M>, Box<Refused<M>>> {
        let Self { message, right } = self;
        let ask = message.message();
        let agreement = match modes.of(ask.client(), ask.service()) {
            Mode::AccessRightsOnly => Ok(None),
            Mode::AgreementRequired => agreements().decide(ask, &ask.context(), usage, now).map(Some),
        };
        match agreement {
            Ok(agreement) => Ok(Permitted { message, grant: Grant { right, agreement } }),
            Err(refusal) => Err(Box::new(Refused { message, refusal })),
        }
    }
}

impl<M> Permitted<M> {
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
