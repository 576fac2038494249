//! A federation of two instances in one process, with a clock that stands still: `ID`, whose server asks, and `MY`,
//! whose server answers. Keys are generated; everything else is the same in every run.

pub(crate) mod agreed;
pub(crate) mod authority;
pub(crate) mod calls;
pub(crate) mod confs;
pub(crate) mod forge;
pub(crate) mod journal;
pub(crate) mod node;
pub(crate) mod octets;
pub(crate) mod proofs;
pub(crate) mod register;
pub(crate) mod road;
pub(crate) mod spool;
pub(crate) mod verdict;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use simpul_core::{Dialect, ServiceId, UnixTime};
use simpul_exchange::call::ConsumerCall;
use simpul_exchange::consumer::Consumer;
use simpul_exchange::persons::NoPersons;
use simpul_exchange::provider::Provider;
use simpul_exchange::server::{Client, ConnectionType, Place, ServerConf, Service};
use simpul_lab::clock::FixedClock;
use simpul_ledger::{LedgerSettings, LedgerStore, StoredRecord};
use simpul_policy::{AccessRights, Endpoint, Right, Subject};
use simpul_trust::cert::Certificate;
use simpul_trust::token::SoftSigner;

use self::authority::{Authority, Ocsp, chain, member};
use self::calls::{Reply, read};
use self::confs::Site;
use self::node::{Keys, Node};
use self::register::Register;
use self::road::Road;

/// When everything happens: 2026-11-21T10:00:00Z.
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_795_255_200);
/// Asks, and may use most of the services.
pub(crate) const CLIENT: &str = "ID/GOV/3201/manpower";
/// Is registered beside it, and has no right to anything.
pub(crate) const STRANGER: &str = "ID/GOV/3201/payroll";
/// Is of another member, and has its rights by a group.
pub(crate) const PARTNER: &str = "ID/GOV/3204/licensing";
/// Answers.
pub(crate) const PROVIDER: &str = "MY/GOV/1001/civil-registry";
/// Answers too, on another server.
pub(crate) const NEIGHBOUR: &str = "MY/GOV/1002/tax";
/// Its server is out of service.
pub(crate) const CLOSED: &str = "MY/GOV/1003/archive";
const ID_SERVER: &str = "ID/GOV/3201/ss1";
const MY_SERVER: &str = "MY/GOV/1001/ss1";
/// The address of the provider's server.
pub(crate) const MY_ADDRESS: &str = "my.lab.example";

/// What a federation is made with.
pub(crate) struct Settings {
    /// The consumer's log and the provider's.
    pub(crate) ledgers: [LedgerSettings; 2],
    /// How the consumer and the provider spell faults.
    pub(crate) dialects: [Dialect; 2],
    /// How long the configurations of ID and of MY are valid.
    pub(crate) validity: [Duration; 2],
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ledgers: [LedgerSettings::default(); 2],
            dialects: [Dialect::V78; 2],
            validity: [Duration::from_secs(3600); 2],
        }
    }
}

/// Both servers and what is between them.
pub(crate) struct Federation {
    pub(crate) clock: FixedClock,
    pub(crate) authorities: [Authority; 2],
    pub(crate) id: Node,
    pub(crate) my: Node,
    /// The authentication keys of the consumer's server, the provider's and the neighbour's.
    pub(crate) auth: [SoftSigner; 3],
    pub(crate) consumer: Consumer,
    pub(crate) provider: Arc<Provider>,
    pub(crate) road: Arc<Road>,
    pub(crate) register: Arc<Register>,
}

impl Federation {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let clock = FixedClock::at(NOW);
        let authorities = [Authority::new("ID Lab", false), Authority::new("MY Lab", true)];
        let [of_id, of_my] = &authorities;
        let key = |authority: &Authority, client| (member(client), authority.sign_key(&member(client)));
        let auth = [
            of_id.auth_key(&ID_SERVER.parse().unwrap()),
            of_my.auth_key(&MY_SERVER.parse().unwrap()),
            of_my.auth_key(&"MY/GOV/1002/ss2".parse().unwrap()),
        ];
        let [dialect_of_id, dialect_of_my] = settings.dialects;
        let [log_of_id, log_of_my] = settings.ledgers;
        let keys = Keys::new([key(of_id, CLIENT), key(of_id, PARTNER)]);
        let ocsp = Ocsp::of(authorities.clone());
        let id = Node::new(consumer_server(), keys, ocsp, &clock, log_of_id, dialect_of_id).await;
        let keys = Keys::new([key(of_my, PROVIDER), key(of_my, NEIGHBOUR)]);
        let ocsp = Ocsp::of(authorities.clone());
        let my = Node::new(provider_server(), keys, ocsp, &clock, log_of_my, dialect_of_my).await;
        publish(&settings, &authorities, &auth, [&id, &my]).await;

        let register = Arc::new(Register::default());
        let provider = Arc::new(Provider::new(my.ports.clone(), Arc::clone(&register) as _, Arc::new(NoPersons)));
        let [own, peer, _] = &auth;
        let road = Arc::new(Road::new(Arc::clone(&provider), chain(own), chain(peer)));
        let consumer = Consumer::new(id.ports.clone(), Arc::clone(&road) as _);
        Self { clock, authorities, id, my, auth, consumer, provider, road, register }
    }

    /// Relays a call and reads its answer to the end.
    pub(crate) async fn relay(&self, call: ConsumerCall) -> Reply {
        read(self.consumer.relay(call).await).await
    }

    /// The chain that the consumer's server presents.
    pub(crate) fn id_chain(&self) -> Vec<Certificate> {
        chain(&self.auth[0])
    }

    /// What both logs hold, the consumer's first.
    pub(crate) async fn records(&self) -> [Vec<StoredRecord>; 2] {
        [self.id.records().await, self.my.records().await]
    }

    /// How many records both logs hold, the consumer's first.
    pub(crate) async fn logged(&self) -> [usize; 2] {
        self.records().await.map(|records| records.len())
    }
}

/// Publishes the configurations of both instances and gives each node both, the other one as a partner.
async fn publish(settings: &Settings, authorities: &[Authority; 2], auth: &[SoftSigner; 3], [id, my]: [&Node; 2]) {
    let [of_id, of_my] = authorities;
    let [id_auth, my_auth, neighbour_auth] = auth;
    let site = |id, address, auth: &SoftSigner, clients, maintenance| Site {
        id,
        address,
        auth: auth.clone(),
        clients,
        maintenance,
    };
    let of_id_sites = [site(ID_SERVER, "id.lab.example", id_auth, &[CLIENT, STRANGER, PARTNER], None)];
    let closed_auth = of_my.auth_key(&"MY/GOV/1003/ss3".parse().unwrap());
    let of_my_sites = [
        site(MY_SERVER, MY_ADDRESS, my_auth, &[PROVIDER], None),
        site("MY/GOV/1002/ss2", "neighbour.lab.example", neighbour_auth, &[NEIGHBOUR], None),
        site("MY/GOV/1003/ss3", "closed.lab.example", &closed_auth, &[CLOSED], Some("back at noon")),
    ];
    let shared_of_id = confs::shared("ID", of_id, &of_id_sites, &[PROVIDER]);
    let shared_of_my = confs::shared("MY", of_my, &of_my_sites, &[PARTNER]);
    let [until_id, until_my] = settings.validity.map(|v| NOW.plus(v));
    let conf_of_id = confs::publish(&shared_of_id, &of_id.sign_key(&member(CLIENT)), until_id);
    let conf_of_my = confs::publish(&shared_of_my, &of_my.sign_key(&member(PROVIDER)), until_my);
    for (node, own) in [(id, "ID"), (my, "MY")] {
        for published in [&conf_of_id, &conf_of_my] {
            node.store.inner().keep_conf(&confs::kept(published)).await.unwrap();
        }
        node.conf.set(Some(confs::join(own, &[&conf_of_id, &conf_of_my])));
    }
}

fn clients(ids: &[&str]) -> HashMap<simpul_core::ClientId, Client> {
    let client = || Client { connection: ConnectionType::Http, certificates: Vec::new() };
    ids.iter().map(|id| (id.parse().unwrap(), client())).collect()
}

fn consumer_server() -> ServerConf {
    ServerConf {
        id: ID_SERVER.parse().unwrap(),
        clients: clients(&[CLIENT, STRANGER, PARTNER]),
        services: HashMap::new(),
        access: AccessRights::default(),
        modes: agreed::rights_only(),
        minimum_client_version: None,
    }
}

/// Methods and path patterns.
type Endpoints = &'static [(&'static str, &'static str)];

/// The services of the provider, with the subject and the endpoints that may be used.
const SERVICES: &[(&str, &str, Endpoints)] = &[
    ("persons", CLIENT, &[("*", "**")]),
    ("births", CLIENT, &[("GET", "/births/*"), ("POST", "/births")]),
    ("statistics", "GLOBALGROUP:MY/partners", &[("GET", "**")]),
    ("closed", CLIENT, &[("*", "**")]),
    ("deaths", CLIENT, &[]),
];

/// The notice of the service `closed`.
pub(crate) const NOTICE: &str = "until Monday";

fn provider_server() -> ServerConf {
    let mut access = AccessRights::default();
    let mut services = HashMap::new();
    for (code, subject, endpoints) in SERVICES {
        let id: ServiceId = format!("{PROVIDER}/{code}").parse().unwrap();
        for (method, path) in *endpoints {
            let subject: Subject = subject.parse().unwrap();
            let right = Right { subject, endpoint: Endpoint::new(method, path).unwrap() };
            access.grant(id.provider.clone(), id.code.clone(), right);
        }
        let disabled = (*code == "closed").then(|| NOTICE.to_owned());
        let place = Place::At(format!("http://{code}.lab.example/v1"));
        services.insert(id.clone(), Service { id, place, timeout: None, disabled, pinned: None, persons: None });
    }
    ServerConf {
        id: MY_SERVER.parse().unwrap(),
        clients: clients(&[PROVIDER]),
        services,
        access,
        modes: agreed::rights_only(),
        minimum_client_version: None,
    }
}
