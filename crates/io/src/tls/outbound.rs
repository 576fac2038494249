//! The context of connections that this side opens.

use std::sync::{Arc, Mutex, PoisonError};

use openssl::ssl::{SslContext, SslVerifyMode};

use super::params::context;
use super::{Identity, IdentitySource, TlsError};

/// A context that lets any server certificate pass the handshake, rebuilt when this side's identity changes.
pub(super) struct Outbound {
    suites: &'static str,
    identity: Arc<dyn IdentitySource>,
    built: Mutex<Option<Built>>,
}

struct Built {
    identity: Option<Arc<Identity>>,
    context: SslContext,
    epoch: u64,
}

impl Outbound {
    pub(super) fn new(suites: &'static str, identity: Arc<dyn IdentitySource>) -> Self {
        Self { suites, identity, built: Mutex::new(None) }
    }

    pub(super) fn identity(&self) -> Option<Arc<Identity>> {
        self.identity.current()
    }

    /// The context for this identity, and a number that changes with the identity.
    pub(super) fn context(&self, identity: Option<Arc<Identity>>) -> Result<(SslContext, u64), TlsError> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = match built.as_ref() {
            Some(b) if same(b.identity.as_ref(), identity.as_ref()) => return Ok((b.context.clone(), b.epoch)),
            Some(b) => b.epoch.wrapping_add(1),
            None => 0,
        };
        let mut context = context(self.suites)?;
        if let Some(identity) = &identity {
            identity.present(&mut context)?;
        }
        context.set_verify(SslVerifyMode::NONE);
        let context = context.build();
        *built = Some(Built { identity, context: context.clone(), epoch });
        Ok((context, epoch))
    }
}

fn same(one: Option<&Arc<Identity>>, other: Option<&Arc<Identity>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}
