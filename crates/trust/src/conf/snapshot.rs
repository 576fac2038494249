//! All instances of a configuration together, and the questions that they answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use simpul_core::ident::Instance;
use simpul_core::{ClientId, GlobalGroupId, MemberId, ServerId, UnixTime, limits};
use simpul_wire::gconf::{Anchor, FormatVersion, PartKind, PrivateParams, SharedParams, tree};

use super::error::ConfError;
use super::instance::{ApprovedCa, IndexedInstance};
use super::part::{Content, LoadedPart, Origin};
use super::proven::Proven;
use super::signed::Published;
use crate::cert::Certificate;
use crate::ocsp::OcspRules;

/// A global configuration: the own instance and those federated with it. Cloning is cheap; nothing in it changes.
///
/// Holding one says nothing about time: ask [`check_fresh`](Self::check_fresh) before exchanging anything. Other
/// instances that have expired are left out by every method that takes a moment; the methods without one answer for
/// all instances, so take [`as_of`](Self::as_of) once per exchange.
#[derive(Clone, Debug)]
pub struct GlobalConf(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    own: Arc<IndexedInstance>,
    /// The own instance and the others.
    all: HashMap<Instance, Arc<IndexedInstance>>,
    private: Option<LoadedPart>,
    next_update: bool,
    fetch_interval: Option<Duration>,
    monitoring: Option<ClientId>,
    versions: Vec<ConfVersion>,
    /// OCSP responder certificates by the CA certificate that they are configured for, of all instances.
    responders: HashMap<Certificate, Vec<Certificate>>,
    /// OCSP and CA certificates of all instances.
    candidates: Vec<Certificate>,
    proven: Arc<Proven>,
}

/// A signed configuration that a record cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfVersion {
    /// The instance that published it.
    pub instance: Instance,
    /// SHA-256 of the octets of its signed directory.
    pub digest: [u8; 32],
    /// The end of its validity.
    pub expires: UnixTime,
}

/// Who vouches for a configuration as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Every part is under a verified signature.
    Verified,
    /// At least one part was handed in without one.
    Supplied,
}

impl GlobalConf {
    /// Puts parts of one or more instances together.
    ///
    /// Shared parameters of `own` must be among them; of other instances only shared parameters count. Two parts of
    /// one kind for one instance are [`ConfError::Ambiguous`]. Trust services whose certificate cannot be read are
    /// left out and listed in [`problems`](Self::problems): nothing can rest on them, and all else still works.
    pub fn from_parts(own: &Instance, parts: Vec<LoadedPart>) -> Result<Self, ConfError> {
        let mut kinds: HashMap<(Instance, PartKind), LoadedPart> = HashMap::new();
        for part in parts {
            let key = (part.instance.clone(), part.kind.clone());
            if let Some(double) = kinds.insert(key, part) {
                return Err(ConfError::Ambiguous { instance: double.instance, part: double.kind.to_string() });
            }
        }
        let mut take = |kind| kinds.remove(&(own.clone(), kind));
        let private = take(PartKind::Private);
        let optional = [PartKind::NextUpdate, PartKind::FetchInterval, PartKind::Monitoring].map(&mut take);
        let shared = kinds.into_values().filter(|p| p.kind == PartKind::Shared);
        let all: HashMap<_, _> = shared.filter_map(IndexedInstance::build).map(|i| (i.instance().clone(), i)).collect();
        if all.len() > limits::CONF_INSTANCES {
            return Err(ConfError::TooManyInstances);
        }
        let index = all.get(own).cloned().ok_or_else(|| ConfError::NoShared(own.clone()))?;
        let mut inner = Inner {
            own: index,
            all,
            private,
            next_update: true,
            fetch_interval: None,
            monitoring: None,
            versions: Vec::new(),
            responders: HashMap::new(),
            candidates: Vec::new(),
            proven: Arc::default(),
        };
        for part in optional.iter().flatten() {
            match &*part.content {
                Content::NextUpdate(verify) => inner.next_update = *verify,
                Content::FetchInterval(interval) => inner.fetch_interval = Some(*interval),
                Content::Monitoring(client) => inner.monitoring = client.clone(),
                Content::Shared(_) | Content::Private(_) | Content::Unread => {}
            }
        }
        inner.merge();
        Ok(Self(Arc::new(inner)))
    }

    /// Puts what was fetched together: all parts of `own`, shared parameters of the others.
    pub fn from_published(own: &Instance, all: &[Published]) -> Result<Self, ConfError> {
        let counts = |p: &&LoadedPart| p.instance == *own || p.kind == PartKind::Shared;
        Self::from_parts(own, all.iter().flat_map(|p| &p.parts).filter(counts).cloned().collect())
    }

    /// This configuration without the other instances that have expired at `at` (§8.2).
    #[must_use]
    pub fn as_of(&self, at: UnixTime) -> Self {
        let own = &self.0.own;
        let live = |i: &Arc<IndexedInstance>| Arc::ptr_eq(i, own) || !i.expired(at);
        if self.0.all.values().all(live) {
            return self.clone();
        }
        let mut inner = Inner::clone(&self.0);
        inner.all.retain(|_, i| live(i));
        inner.merge();
        Self(Arc::new(inner))
    }

    /// The own instance.
    #[must_use]
    pub fn own_instance(&self) -> &Instance {
        self.0.own.instance()
    }

    /// Every instance, the own one included, in the order of their names.
    #[must_use]
    pub fn instances(&self) -> Vec<&Instance> {
        let mut all: Vec<_> = self.0.all.keys().collect();
        all.sort();
        all
    }

    /// When the own configuration expires: the earlier end of its shared and private parameters. One that was
    /// supplied without an end never does.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        let private = self.0.private.as_ref().and_then(|p| p.expires);
        let ends = [self.0.own.part.expires, private];
        ends.into_iter().flatten().min().unwrap_or(UnixTime::from_millis(i64::MAX))
    }

    /// Refuses to work with an own configuration that has expired (§8.2): `global_conf_outdated`.
    pub fn check_fresh(&self, at: UnixTime) -> Result<(), ConfError> {
        let expires = self.expires();
        if at < expires {
            return Ok(());
        }
        Err(ConfError::Expired { instance: self.own_instance().clone(), expires, at })
    }

    /// Who vouches for it.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let shared = self.0.all.values().map(|i| i.part.origin);
        let mut origins = shared.chain(self.0.private.as_ref().map(|p| p.origin));
        if origins.any(|o| o == Origin::Supplied) { Trust::Supplied } else { Trust::Verified }
    }

    /// The signed configurations that it rests on, the own one first; none for a supplied one.
    #[must_use]
    pub fn versions(&self) -> &[ConfVersion] {
        &self.0.versions
    }

    /// Trust services that were left out because their certificates cannot be read.
    pub fn problems(&self) -> impl Iterator<Item = &ConfError> {
        self.0.all.values().flat_map(|i| &i.problems)
    }

    /// The shared parameters of an instance.
    #[must_use]
    pub fn shared(&self, instance: &Instance) -> Option<&SharedParams> {
        self.0.all.get(instance)?.shared()
    }

    /// The private parameters of the own instance; the external configuration has none.
    #[must_use]
    pub fn private(&self) -> Option<&PrivateParams> {
        self.0.private.as_ref()?.private()
    }

    /// The anchors of the instances that the own one is federated with.
    #[must_use]
    pub fn federated_anchors(&self) -> &[Anchor] {
        self.private().map(|p| p.anchors.as_slice()).unwrap_or_default()
    }

    /// A CA certificate, top or intermediate, with this subject in the configuration of an instance.
    ///
    /// Where several have it, such as an old and a new key of one CA, it is the last one, as X-Road takes it.
    #[must_use]
    pub fn approved_ca(&self, instance: &Instance, subject_der: &[u8]) -> Option<&ApprovedCa> {
        self.0.all.get(instance)?.cas_named(subject_der).next_back()
    }

    /// Every CA certificate with this subject in the configuration of an instance.
    pub fn approved_cas(&self, instance: &Instance, subject_der: &[u8]) -> impl Iterator<Item = &ApprovedCa> {
        let subject = subject_der.to_vec();
        self.0.all.get(instance).into_iter().flat_map(move |i| i.cas_named(&subject).collect::<Vec<_>>())
    }

    /// The approved service that this very CA certificate belongs to, in any instance.
    #[must_use]
    pub fn approved_ca_with(&self, certificate: &Certificate) -> Option<&ApprovedCa> {
        let subject = certificate.subject_der();
        self.in_order().flat_map(|i| i.cas_named(&subject)).find(|ca| ca.cert == *certificate)
    }

    /// The rules for OCSP responses about certificates of this issuer (§3.8): freshness and NEXTUPDATE are those of
    /// the own instance, responders and candidates those of all instances.
    #[must_use]
    pub fn ocsp_rules(&self, issuer: &Certificate) -> OcspRules<'_> {
        OcspRules {
            responders: self.0.responders.get(issuer).into_iter().flatten().collect(),
            candidates: self.0.candidates.iter().collect(),
            freshness: self.0.own.shared().map(|p| p.ocsp_freshness).unwrap_or_default(),
            verify_next_update: self.0.next_update,
        }
    }

    /// How often OCSP responses are to be fetched, if the own instance says so (§8.6).
    #[must_use]
    pub fn ocsp_fetch_interval(&self) -> Option<Duration> {
        self.0.fetch_interval
    }

    /// How soon logged signatures are to be stamped (§8.4).
    #[must_use]
    pub fn timestamping_interval(&self) -> Option<Duration> {
        self.private().map(|p| p.timestamping_interval)
    }

    /// The client that may ask for monitoring data (§8.6).
    #[must_use]
    pub fn monitoring_client(&self) -> Option<&ClientId> {
        self.0.monitoring.as_ref()
    }

    /// Encoded subjects of all CA certificates of all instances, each once: for a CertificateRequest (§3.1).
    #[must_use]
    pub fn ca_subjects(&self) -> Vec<Vec<u8>> {
        let mut all: Vec<_> = self.in_order().flat_map(|i| &i.cas).map(|ca| ca.cert.subject_der()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Certificates of the time-stamping services of all instances.
    #[must_use]
    pub fn tsa_certificates(&self) -> Vec<Certificate> {
        self.in_order().flat_map(|i| &i.tsas).map(|tsa| tsa.cert.clone()).collect()
    }

    /// URLs of the time-stamping services of the own instance, in the order of its configuration.
    #[must_use]
    pub fn tsa_urls(&self) -> Vec<&str> {
        self.0.own.tsas.iter().map(|tsa| tsa.url.as_str()).collect()
    }

    /// The server that registered this certificate for authentication: the rule of the handshake (§3.1).
    #[must_use]
    pub fn knows_auth_certificate(&self, leaf: &Certificate) -> Option<&ServerId> {
        let own = self.own_format();
        self.in_order().find_map(|i| i.servers_with(leaf, own).next()).map(|s| &s.id)
    }

    /// Whether a server that registered this certificate serves the client (§3.5.4).
    #[must_use]
    pub fn auth_certificate_serves(&self, leaf: &Certificate, client: &ClientId) -> bool {
        let own = self.own_format();
        let instance = self.0.all.get(client.instance());
        instance.is_some_and(|i| i.servers_with(leaf, own).any(|s| s.clients.contains(client)))
    }

    /// Whether a client is in a global group.
    #[must_use]
    pub fn in_group(&self, group: &GlobalGroupId, client: &ClientId) -> bool {
        self.0.all.get(&group.instance).is_some_and(|i| i.in_group(&group.code, client))
    }

    /// The name of a member.
    #[must_use]
    pub fn member_name(&self, member: &MemberId) -> Option<&str> {
        self.0.all.get(&member.instance)?.name_of(&ClientId::Member(member.clone()))
    }

    /// The name of a subsystem (format 5 and later), or of a member.
    #[must_use]
    pub fn client_name(&self, client: &ClientId) -> Option<&str> {
        self.0.all.get(client.instance())?.name_of(client)
    }

    /// Whether a member or subsystem is listed in its instance.
    #[must_use]
    pub fn is_registered(&self, client: &ClientId) -> bool {
        self.0.all.get(client.instance()).is_some_and(|i| i.knows(client))
    }

    /// The files of the `verificationconf` archive (§7.4): the shared parameters of all instances.
    #[must_use]
    pub fn verificationconf(&self) -> BTreeMap<String, Bytes> {
        let shared: Vec<_> =
            self.in_order().map(|i| (i.instance().clone(), i.part.format, i.part.bytes.clone())).collect();
        tree::verificationconf(self.own_instance(), &shared)
    }

    /// An instance that counts at `at`: the own one always, another one until it expires.
    pub(super) fn live(&self, instance: &Instance, at: UnixTime) -> Option<&IndexedInstance> {
        let found = self.0.all.get(instance)?;
        (Arc::ptr_eq(found, &self.0.own) || !found.expired(at)).then_some(&**found)
    }

    /// When an instance stops counting; the own one and those without an end never do.
    pub(super) fn end_of(&self, instance: &Instance) -> UnixTime {
        let other = self.0.all.get(instance).filter(|found| !Arc::ptr_eq(found, &self.0.own));
        other.and_then(|i| i.part.expires).unwrap_or(UnixTime::from_millis(i64::MAX))
    }

    /// What was proved under exactly this configuration.
    pub(crate) fn proven(&self) -> &Proven {
        &self.0.proven
    }

    pub(super) fn own_format(&self) -> FormatVersion {
        self.0.own.part.format
    }

    fn in_order(&self) -> impl Iterator<Item = &IndexedInstance> {
        self.instances().into_iter().filter_map(|i| self.0.all.get(i)).map(|i| &**i)
    }
}

impl Inner {
    /// Makes anew what is collected from all instances, and forgets what was proved with others.
    fn merge(&mut self) {
        self.proven = Arc::default();
        let mut all: Vec<_> = self.all.values().collect();
        all.sort_by_key(|i| (i.instance() != self.own.instance(), i.instance().clone()));
        self.responders.clear();
        self.candidates.clear();
        self.versions.clear();
        for instance in all {
            if let (Origin::Signed { directory }, Some(expires)) = (instance.part.origin, instance.part.expires) {
                let version = ConfVersion { instance: instance.instance().clone(), digest: directory, expires };
                self.versions.push(version);
            }
            for ca in &instance.cas {
                self.responders.entry(ca.cert.clone()).or_default().extend(ca.ocsp_certs.iter().cloned());
                self.candidates.extend(ca.ocsp_certs.iter().cloned().chain([ca.cert.clone()]));
            }
        }
        let mut seen = std::collections::HashSet::new();
        self.candidates.retain(|c| seen.insert(c.clone()));
    }
}
