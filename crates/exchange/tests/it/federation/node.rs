//! One security server's ports, all in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use simpul_core::{Dialect, MemberId, UnixTime};
use simpul_exchange::ports::{Clock, Ports, Randomness, ServerStore, SigningKeys};
use simpul_exchange::server::ServerConf;
use simpul_lab::clock::FixedClock;
use simpul_ledger::contract::{Faulty, MemoryStore};
use simpul_ledger::{Ledger, LedgerSettings, LedgerStore, RecordId, StoredRecord};
use simpul_trust::hash;
use simpul_trust::token::{Signer, SoftSigner};

use super::agreed::Agreed;
use super::authority::Ocsp;
use super::confs::Confs;
use super::spool::MemorySpool;

/// A security server as a test holds it.
pub(crate) struct Node {
    pub(crate) conf: Arc<Confs>,
    pub(crate) server: Arc<Servers>,
    pub(crate) agreements: Arc<Agreed>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) ocsp: Ocsp,
    pub(crate) spool: MemorySpool,
    pub(crate) store: Arc<Faulty<MemoryStore>>,
    pub(crate) ports: Ports,
}

impl Node {
    pub(crate) async fn new(
        server: ServerConf,
        keys: Keys,
        ocsp: Ocsp,
        clock: &FixedClock,
        settings: LedgerSettings,
        dialect: Dialect,
    ) -> Self {
        let server_id = server.id.to_string();
        let store = Arc::new(Faulty::new(MemoryStore::default()));
        let (ledger, writer) = Ledger::open(Arc::clone(&store) as Arc<dyn LedgerStore>, settings).await.unwrap();
        // It ends with the ledger, or when the ledger halts, which tests see by its refusals.
        tokio::spawn(writer.run());
        let (conf, spool) = (Arc::new(Confs::default()), MemorySpool::default());
        let (keys, server) = (Arc::new(keys), Arc::new(Servers(Mutex::new(Arc::new(server)))));
        let agreements = Arc::new(Agreed::default());
        let ports = Ports {
            conf: Arc::clone(&conf) as _,
            server: Arc::clone(&server) as _,
            agreements: Arc::clone(&agreements) as _,
            keys: Arc::clone(&keys) as _,
            ocsp: Arc::new(ocsp.clone()),
            spool: Arc::new(spool.clone()),
            ledger: Arc::new(ledger),
            clock: Arc::new(Standing(clock.clone())),
            random: Arc::new(Counted { seed: server_id, next: AtomicU64::default() }),
            dialect,
        };
        Self { conf, server, agreements, keys, ocsp, spool, store, ports }
    }

    /// Everything in the log, in order.
    pub(crate) async fn records(&self) -> Vec<StoredRecord> {
        let mut records = Vec::new();
        while let Some(id) = RecordId::FIRST.plus(records.len()) {
            let Some(record) = self.store.inner().load(id).await.unwrap() else { break };
            records.push(record);
        }
        records
    }
}

/// A clock that a test moves.
struct Standing(FixedClock);

impl Clock for Standing {
    fn now(&self) -> UnixTime {
        self.0.now()
    }
}

/// Octets that repeat from run to run, and never within one or between nodes.
struct Counted {
    seed: String,
    next: AtomicU64,
}

impl Randomness for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(64) {
            let digest = hash::sha512(format!("{} {}", self.seed, self.next.fetch_add(1, Ordering::SeqCst)).as_bytes());
            chunk.copy_from_slice(&digest.as_bytes()[..chunk.len()]);
        }
    }
}

/// The server configuration, which a test changes.
pub(crate) struct Servers(Mutex<Arc<ServerConf>>);

impl Servers {
    pub(crate) fn change(&self, change: impl FnOnce(&mut ServerConf)) {
        let mut current = self.0.lock().unwrap();
        let mut next = ServerConf::clone(&current);
        change(&mut next);
        *current = Arc::new(next);
    }
}

impl ServerStore for Servers {
    fn current(&self) -> Arc<ServerConf> {
        Arc::clone(&self.0.lock().unwrap())
    }
}

/// Sign keys by member.
pub(crate) struct Keys(Mutex<HashMap<MemberId, SoftSigner>>);

impl Keys {
    pub(crate) fn new(keys: impl IntoIterator<Item = (MemberId, SoftSigner)>) -> Self {
        Self(Mutex::new(keys.into_iter().collect()))
    }

    pub(crate) fn of(&self, member: &MemberId) -> SoftSigner {
        self.0.lock().unwrap()[member].clone()
    }

    pub(crate) fn remove(&self, member: &MemberId) {
        self.0.lock().unwrap().remove(member);
    }
}

impl SigningKeys for Keys {
    fn signer(&self, member: &MemberId) -> Option<Arc<dyn Signer>> {
        let key = self.0.lock().unwrap().get(member).cloned()?;
        Some(Arc::new(key))
    }
}
