//! Signing at the desk: the member's key, a fresh OCSP response, a timestamp; and the configuration that judges.

use std::sync::Arc;
use std::time::Duration;

use simpul_core::MemberId;
use simpul_exchange::ports::{ConfSource, OcspSource};
use simpul_io::fetch::{Fetcher, Tsas};
use simpul_io::ocsp::{OcspKeeper, OcspSettings};
use simpul_ledger::Timestamper;
use simpul_policy::agreement::Agreement;
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;
use simpul_trust::conf::rollback::RollbackPolicy;
use simpul_trust::token::Signer;
use simpul_trust::{agreement, hash, seal, tsp};

use super::desk::Desk;
use super::problem::Problem;
use crate::conf::{self, Keeping};
use crate::keys;
use crate::membership::read_anchor;

/// A configuration that does not change while a command runs.
pub(super) struct Fixed(pub(super) Option<Arc<GlobalConf>>);

impl ConfSource for Fixed {
    fn current(&self) -> Option<Arc<GlobalConf>> {
        self.0.clone()
    }
}

impl Desk {
    /// The configuration that is published now, or else the last good one that the server kept.
    pub(super) async fn conf(&self) -> Result<Arc<GlobalConf>, Problem> {
        let role = &self.role;
        let keeping = Keeping {
            anchor: read_anchor(&role.anchor).map_err(|cause| Problem::Conf(cause.into()))?,
            allowed: role.allowed_federations.clone().into(),
            rollback: if role.accept_conf_rollback { RollbackPolicy::Accept } else { RollbackPolicy::Refuse },
            interval: Duration::from_secs(role.conf_interval_seconds),
            dir: self.storage.dir.join("server").join("globalconf"),
        };
        let fetcher = crate::fetch::client().map_err(|cause| Problem::Conf(cause.into()))?;
        let found = conf::once(&keeping, &fetcher, self.clock.as_ref()).await;
        found.map(Arc::new).map_err(|cause| Problem::Conf(cause.into()))
    }

    /// One signature of a member, with OCSP response and timestamp.
    pub(super) async fn signature(
        &self,
        text: &Agreement,
        member: &MemberId,
        conf: &Arc<GlobalConf>,
    ) -> Result<String, Problem> {
        let entry = self.role.sign.iter().find(|key| key.member == *member);
        let entry = entry.ok_or_else(|| Problem::NotOwn(member.clone()))?;
        let signer = keys::named_signer(&entry.key, &entry.certificate).map_err(|cause| Problem::Sign(cause.into()))?;
        self.made(text, member, &signer, conf).await.map_err(Problem::Sign)
    }

    async fn made(
        &self,
        text: &Agreement,
        member: &MemberId,
        signer: &dyn Signer,
        conf: &Arc<GlobalConf>,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let source: Arc<dyn ConfSource> = Arc::new(Fixed(Some(Arc::clone(conf))));
        let chain: Vec<Certificate> = std::iter::once(signer.certificate()).chain(signer.chain()).cloned().collect();
        let settings = OcspSettings {
            port: self.role.ocsp_port,
            interval: Duration::from_secs(self.role.ocsp_interval_seconds),
            fetch: Duration::from_secs(self.role.patience.ocsp_seconds),
            dir: self.storage.dir.join("server").join("ocsp"),
            own: vec![chain.clone()],
        };
        let ocsp = OcspKeeper::open(settings, Arc::clone(&source), Arc::clone(&self.clock))?;
        ocsp.refresh().await;
        let now = self.clock.now();
        let responses = ocsp.own(&chain, now)?;
        let signature = agreement::sign(&text.canonical_json(), member, signer, &responses, now).await?;

        let fetcher: Arc<Fetcher> = Arc::new(crate::fetch::client()?);
        let imprint = hash::sha512(&seal::signature_value(&signature)?);
        let response = Tsas::new(source, fetcher).stamp(tsp::request(&imprint)?).await?;
        let token = tsp::accept(&response, &imprint, &conf.tsa_certificates())?;
        Ok(String::from_utf8(seal::with_timestamp(&signature, token.der())?)?)
    }
}
