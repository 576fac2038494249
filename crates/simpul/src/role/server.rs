//! The security server: the exchange composed with sockets, storage and keys.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use simpul_core::ServiceId;
use simpul_exchange::consumer::Consumer;
use simpul_exchange::evidence::Evidence;
use simpul_exchange::ports::{AgreementSource, Clock, PeerLink, Ports, ServerStore};
use simpul_exchange::provider::Provider;
use simpul_exchange::server::{Client, ServerConf, Service};
use simpul_io::fetch::Tsas;
use simpul_io::listen::{self, Listener};
use simpul_io::ocsp::{OcspKeeper, OcspSettings};
use simpul_io::peer::Peers;
use simpul_io::service::Services;
use simpul_io::tls::{Identity, IdentitySource, PeerAcceptor, PeerConnector, ServiceConnector, SystemAcceptor};
use simpul_ledger::{Ledger, LedgerSettings};
use simpul_policy::mode::Partner;
use simpul_policy::{AccessRights, Modes, Right};
use simpul_store::files::Spool;
use simpul_store::sqlite::SqliteLedger;
use simpul_trust::cert::Certificate;
use simpul_trust::conf::rollback::RollbackPolicy;
use simpul_trust::token::{Signer, SoftSigner};

use tokio_util::sync::CancellationToken;

use super::builtin::{self, Doors, Rooms};
use super::own::OwnCalls;
use super::persons::PersonsHere;
use super::port::{ConsumerPort, PeerPort};
use super::questions::Questions;
use super::stamping;
use super::{RoleError, Running};
use crate::agreements::{self, Courier, Desk, Door, Keeper};
use crate::conf::{ConfKeeper, Keeping};
use crate::config::{KeyFiles, ServerRole, Storage};
use crate::files;
use crate::internal_tls;
use crate::keys::{self, KeyRing};
use crate::membership::read_anchor;
use crate::random::SystemRandom;

/// What the demo's rogue needs of a running server.
pub(crate) struct Handle {
    /// Its ports.
    pub(crate) ports: Ports,
    /// Its links to peers.
    pub(crate) peers: Arc<dyn PeerLink>,
}

/// Starts the server: it exchanges when this returns.
pub(crate) async fn start(
    role: &ServerRole,
    storage: &Storage,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(Running, Handle), RoleError> {
    let mut tasks = Vec::new();
    let dir = storage.dir.join("server");
    files::make_dir(&dir).map_err(|cause| RoleError::File(storage.dir.refused("a folder to write in", cause)))?;
    let auth = signer(&role.auth)?;
    let internal = internal_tls(role, &dir, clock.as_ref())?;
    let ring = key_ring(role)?;
    let anchor = read_anchor(&role.anchor).map_err(RoleError::File)?;
    let server = Arc::new(Configured(Arc::new(server_conf(role, internal.certificate())?)));

    let store = SqliteLedger::open(&dir.join("ledger")).await.map_err(part("the message log cannot be opened"))?;
    let (ledger, writer) =
        Ledger::open(Arc::new(store), log_settings(role)).await.map_err(part("the message log cannot be opened"))?;
    tasks.push(tokio::spawn(write_log(writer)));
    let spool = Spool::open(&dir.join("spool")).map_err(part("the spool cannot be opened"))?;

    let fetcher = Arc::new(crate::fetch::client().map_err(part("TLS cannot be set up"))?);
    let keeping = Keeping {
        anchor: anchor.clone(),
        allowed: role.allowed_federations.clone().into(),
        rollback: if role.accept_conf_rollback { RollbackPolicy::Accept } else { RollbackPolicy::Refuse },
        interval: Duration::from_secs(role.conf_interval_seconds),
        dir: dir.join("globalconf"),
    };
    let conf = ConfKeeper::open(keeping, ledger.clone(), Arc::clone(&fetcher), Arc::clone(&clock))
        .await
        .map_err(RoleError::Conf)?;
    let conf = Arc::new(conf);
    tasks.push(tokio::spawn(Arc::clone(&conf).keep(stop.clone())));

    let identity = identity(&auth)?;
    let internal = self::identity(&internal)?;
    let chains: Vec<_> = std::iter::once(chain(&auth)).chain(ring.chains()).collect();
    let settings = OcspSettings {
        port: role.ocsp_port,
        interval: Duration::from_secs(role.ocsp_interval_seconds),
        fetch: Duration::from_secs(role.patience.ocsp_seconds),
        dir: dir.join("ocsp"),
        own: chains,
    };
    let ocsp =
        Arc::new(OcspKeeper::open(settings, conf.clone(), Arc::clone(&clock)).map_err(part("TLS cannot be set up"))?);
    ocsp.refresh().await;
    tasks.push(tokio::spawn(Arc::clone(&ocsp).keep(stop.clone())));

    let peers: Arc<dyn PeerLink> =
        Arc::new(Peers::new(PeerConnector::new(identity.clone()), role.patience.peers(role.peer_port)));
    let services = Services::new(ServiceConnector::new(internal.clone()), role.patience.services());
    let agreements = Keeper::new(agreements::folder(storage), conf.clone(), Arc::clone(&clock));
    let agreements = Arc::new(agreements.map_err(part("the policy engine does not start"))?);
    let carried = agreements::recount(&agreements::folder(storage), &ledger, agreements.counters(), clock.now())
        .await
        .map_err(part("what was used of agreed volumes cannot be counted"))?;
    tracing::debug!(carried, "answers under clauses with volumes were counted");
    // Read now, so that what is not enforced is told before the first exchange.
    drop(agreements.current());
    let ports = Ports {
        conf: conf.clone(),
        server,
        agreements,
        keys: Arc::new(ring),
        ocsp: ocsp.clone(),
        spool: Arc::new(spool),
        ledger: Arc::new(ledger.clone()),
        clock: Arc::clone(&clock),
        random: Arc::new(SystemRandom),
        dialect: role.fault_dialect,
    };

    let tsas = Arc::new(Tsas::new(conf.clone(), fetcher));
    let interval = Duration::from_secs(role.log.timestamp_interval_seconds);
    let stamping = stamping::keep(ledger, Arc::clone(&tsas), conf.clone(), clock, interval, stop.clone());
    tasks.push(tokio::spawn(stamping));

    let relay = Arc::new(Consumer::new(ports.clone(), Arc::clone(&peers)));
    let own = OwnCalls::new(Arc::clone(&relay));
    let questions = Questions::new(ports.clone(), Arc::clone(&relay), own.clone(), role.trail.holders.clone());
    let evidence = Evidence::new(ports.clone(), tsas, anchor);
    let consumer = Arc::new(ConsumerPort { consumer: relay, evidence, questions });
    let persons = PersonsHere::open(role, &dir, ports.clock.as_ref()).await?;
    let door = Arc::new(Door::new(Desk::of(role, storage, Arc::clone(&ports.clock)), conf.clone()));
    let rooms = Rooms { agreements: Arc::clone(&door), persons: persons.clone(), clock: Arc::clone(&ports.clock) };
    let services = Doors::new(services, builtin::open(role, &rooms)?);
    let courier = Courier::new(door, own, conf.clone(), Arc::clone(&ports.clock), Arc::clone(&ports.random));
    tasks.push(tokio::spawn(Arc::new(courier).keep(stop.clone())));
    let provider = Arc::new(PeerPort(Provider::new(ports.clone(), Arc::new(services), persons.port())));
    let acceptor = Arc::new(PeerAcceptor::new(conf, identity));

    let (peer, peer_at) = listen("peer-listen", role.peer_listen).await?;
    let (ocsp_port, ocsp_at) = listen("ocsp-listen", role.ocsp_listen).await?;
    let (consumer_port, consumer_at) = listen("consumer-listen", role.consumer_listen).await?;
    tasks.push(tokio::spawn(listen::peer(peer, acceptor, provider, role.patience.listener(), stop.clone())));
    tasks.push(tokio::spawn(listen::ocsp(ocsp_port, ocsp, role.patience.listener(), stop.clone())));
    let mut ports_at = vec![("consumer", consumer_at), ("peer", peer_at), ("ocsp", ocsp_at)];
    if let Some(address) = role.consumer_tls_listen {
        let (port, at) = listen("consumer-tls-listen", address).await?;
        ports_at.push(("consumer-tls", at));
        let tls = Some(Arc::new(SystemAcceptor::new(internal)));
        let serving = listen::consumer(port, tls, consumer.clone(), role.patience.listener(), stop.clone());
        tasks.push(tokio::spawn(serving));
    }
    tasks.push(tokio::spawn(listen::consumer(consumer_port, None, consumer, role.patience.listener(), stop)));
    let running = Running { name: format!("server {}", role.id.short()), ports: ports_at, tasks };
    Ok((running, Handle { ports, peers }))
}

/// The configuration as it was read; an administrator's changes come with the admin API.
struct Configured(Arc<ServerConf>);

impl ServerStore for Configured {
    fn current(&self) -> Arc<ServerConf> {
        Arc::clone(&self.0)
    }
}

async fn listen(
    port: &'static str,
    address: std::net::SocketAddr,
) -> Result<(Listener, std::net::SocketAddr), RoleError> {
    let failed = |cause| RoleError::Listen { place: String::new(), role: "server", port, address, cause };
    let listener = Listener::bind(address).await.map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    Ok((listener, at))
}

/// Runs the log's writer. When it halts, nothing can be exchanged any more: every call is refused with
/// `logging_failed`, and the operator is told once, here.
async fn write_log(writer: simpul_ledger::Writer) {
    if let Err(halted) = writer.run().await {
        tracing::error!(cause = crate::verdict::chain(&halted), "the message log has stopped; restart this server");
    }
}

fn log_settings(role: &ServerRole) -> LedgerSettings {
    LedgerSettings {
        loggable_body: role.log.max_loggable_message_body_size,
        truncated_body_allowed: role.log.truncated_body_allowed,
        ..LedgerSettings::default()
    }
}

fn server_conf(role: &ServerRole, internal: &Certificate) -> Result<ServerConf, RoleError> {
    let mut access = AccessRights::default();
    for entry in &role.access {
        let endpoint = entry.endpoint().map_err(part("[[server.access]] path"))?;
        access.grant(entry.provider.clone(), entry.service.clone(), Right { subject: entry.subject.clone(), endpoint });
    }
    let mut clients = HashMap::new();
    for entry in &role.client {
        // The server's own internal TLS certificate passes for every client (wire.md §9.3).
        let mut certificates = vec![internal.clone()];
        for path in &entry.certificates {
            certificates.extend(keys::named_certificates(path).map_err(RoleError::File)?);
        }
        clients.insert(entry.id.clone(), Client { connection: entry.connection, certificates });
    }
    let mut services = HashMap::new();
    for entry in &role.service {
        let openapi = entry.openapi.as_deref().unwrap_or("nowhere");
        let place = entry.place().map_err(|why| RoleError::Entry { role: "server", why })?;
        tracing::info!(service = %entry.code, ?place, openapi, "offering a service");
        let id = ServiceId { provider: entry.provider.clone(), code: entry.code.clone(), version: None };
        let pinned = match &entry.pinned {
            None => None,
            Some(paths) => {
                let mut all = Vec::new();
                for path in paths {
                    all.extend(keys::named_certificates(path).map_err(RoleError::File)?);
                }
                Some(all)
            }
        };
        let service = Service {
            id: id.clone(),
            place,
            timeout: entry.timeout(),
            disabled: entry.disabled.clone(),
            pinned,
            persons: entry.persons_at(),
        };
        services.insert(id, service);
    }
    let modes = Modes::new(role.rules());
    for rule in modes.without_agreement().filter(|rule| rule.partner != Partner::Anyone) {
        let service = rule.service.as_ref().map(|(provider, code)| format!("{}/{code}", provider.short()));
        let service = service.as_deref().unwrap_or("every service");
        tracing::warn!(partner = %rule.partner, service, "exchanges pass by access rights only, without an agreement");
    }
    Ok(ServerConf {
        id: role.id.clone(),
        clients,
        services,
        access,
        modes,
        minimum_client_version: role.minimum_client_version,
    })
}

fn key_ring(role: &ServerRole) -> Result<KeyRing, RoleError> {
    let mut all = Vec::new();
    for entry in &role.sign {
        let signer = keys::named_signer(&entry.key, &entry.certificate).map_err(RoleError::File)?;
        all.push((entry.member.clone(), Arc::new(signer) as Arc<dyn Signer>));
    }
    Ok(KeyRing::new(all))
}

fn identity(auth: &SoftSigner) -> Result<Arc<dyn IdentitySource>, RoleError> {
    let made = Identity::new(auth.certificate().clone(), auth.chain().to_vec(), auth.private_key().clone());
    let identity = Arc::new(made.map_err(part("the authentication key cannot be used"))?);
    Ok(Arc::new(move || Some(Arc::clone(&identity))))
}

fn chain(signer: &dyn Signer) -> Vec<Certificate> {
    std::iter::once(signer.certificate()).chain(signer.chain()).cloned().collect()
}

/// The operator's internal TLS key, or the one that is kept under the server's folder.
fn internal_tls(role: &ServerRole, dir: &Path, clock: &dyn Clock) -> Result<SoftSigner, RoleError> {
    match &role.internal_tls {
        Some(files) => signer(files),
        None => {
            let address = role.consumer_tls_listen.map(|a| a.ip());
            let made = internal_tls::open(&dir.join("internal-tls"), address, clock.now());
            made.map_err(part("there is no key for TLS with information systems"))
        }
    }
}

fn signer(files: &KeyFiles) -> Result<SoftSigner, RoleError> {
    keys::named_signer(&files.key, &files.certificate).map_err(RoleError::File)
}

fn part<E: std::error::Error + Send + Sync + 'static>(what: &'static str) -> impl Fn(E) -> RoleError {
    move |cause| RoleError::Part { role: "server", what, cause: Box::new(cause) }
}
