//! The registry: publishes the membership as signed global configuration, anew in every interval.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use simpul_exchange::call::{Answer, ConsumerCall};
use simpul_exchange::ports::Clock;
use simpul_io::listen::{self, Bounds, ConsumerHandler, Listener};
use simpul_registry::publish::{self, PublishError, SigningCertificates, Site};
use simpul_trust::cert::Certificate;
use simpul_trust::token::{Signer, SoftSigner};
use tokio_util::sync::CancellationToken;

use super::{RoleError, Running, web};
use crate::config::{KeyFiles, RegistryRole};
use crate::keys;
use crate::membership::Membership;
use crate::verdict::chain;

/// Starts the registry; its first configuration is published when this returns.
pub(crate) async fn start(
    role: &RegistryRole,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<Running, RoleError> {
    let publisher = Publisher {
        role: role.clone(),
        internal: signer(&role.internal_sign)?,
        external: signer(&role.external_sign)?,
        clock,
        site: Arc::default(),
    };
    publisher.publish(0).await?;
    let place = String::new;
    let failed =
        |cause| RoleError::Listen { place: place(), role: "registry", port: "listen", address: role.listen, cause };
    let listener = Listener::bind(role.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let web = Arc::new(Web { site: Arc::clone(&publisher.site) });
    let serving = tokio::spawn(listen::consumer(listener, None, web, Bounds::default(), stop.clone()));
    let publishing = tokio::spawn(publisher.keep_publishing(stop));
    Ok(Running {
        name: format!("registry of {}", role.instance),
        ports: vec![("http", address)],
        tasks: vec![serving, publishing],
    })
}

struct Publisher {
    role: RegistryRole,
    internal: SoftSigner,
    external: SoftSigner,
    clock: Arc<dyn Clock>,
    site: Arc<Mutex<Site>>,
}

impl Publisher {
    /// The membership file is read anew for every publication: an edit takes effect with the next one.
    async fn publish(&self, serial: u32) -> Result<(), RoleError> {
        let membership = membership(&self.role)?;
        let own = |s: &SoftSigner| -> Vec<Certificate> { vec![s.certificate().clone()] };
        let certificates = SigningCertificates { internal: own(&self.internal), external: own(&self.external) };
        let draft = membership.draft(&certificates, self.clock.now(), serial).map_err(unpublished)?;
        let publication = draft.sign(&self.internal, &self.external).await.map_err(unpublished)?;
        self.site.lock().unwrap_or_else(PoisonError::into_inner).publish(publication);
        Ok(())
    }

    async fn keep_publishing(self, stop: CancellationToken) {
        let mut clock = tokio::time::interval(Duration::from_secs(self.role.interval_seconds));
        clock.tick().await;
        for serial in 1.. {
            tokio::select! {
                _ = clock.tick() => {}
                () = stop.cancelled() => return,
            }
            // What was published stays until it expires: an operator's slip in the file ends nothing at once.
            if let Err(error) = self.publish(serial % 1_000_000).await {
                tracing::error!(cause = chain(&error), "no new configuration was published");
            }
        }
    }
}

struct Web {
    site: Arc<Mutex<Site>>,
}

#[async_trait]
impl ConsumerHandler for Web {
    async fn handle(&self, call: ConsumerCall) -> Answer {
        let (path, query) = web::split(&call.target);
        if !matches!(call.method.as_str(), "GET" | "HEAD") {
            return web::text(405, "the configuration is read by GET");
        }
        let found = self.site.lock().unwrap_or_else(PoisonError::into_inner).serve(path, query);
        match found {
            Some(file) => web::answer(200, file.content_type, file.content),
            None => web::text(404, "no such configuration"),
        }
    }
}

/// What the instance consists of, with every certificate and anchor that the membership file names.
pub(super) fn membership(role: &RegistryRole) -> Result<publish::Membership, RoleError> {
    let refused = |cause| {
        let needed = "a membership file (TOML) with the certificates and anchors that it names";
        RoleError::File(role.membership.refused(needed, cause))
    };
    let file = Membership::read(&role.membership).map_err(refused)?;
    file.resolve(&role.instance, Duration::from_secs(role.expiry_seconds)).map_err(refused)
}

fn unpublished(cause: PublishError) -> RoleError {
    RoleError::Part { role: "registry", what: "the configuration cannot be published", cause: Box::new(cause) }
}

fn signer(files: &KeyFiles) -> Result<SoftSigner, RoleError> {
    keys::named_signer(&files.key, &files.certificate).map_err(RoleError::File)
}
