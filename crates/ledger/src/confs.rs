//! Configurations that records cite, each kept with the first record that does.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, Weak};

use simpul_core::limits;

use crate::log::{Ledger, LedgerError, Shared, lock, too_long};
use crate::record::{ConfId, KeptConf};

/// What is known of configurations without asking the store.
#[derive(Default)]
pub(crate) struct Confs {
    /// The newest that are known to be kept.
    kept: Mutex<VecDeque<ConfId>>,
    /// Those that records may cite, and that are kept when one does.
    offered: Mutex<HashMap<ConfId, Weak<KeptConf>>>,
    /// Held by whoever keeps one, so that messages which come at once keep it once.
    keeping: futures_util::lock::Mutex<()>,
}

/// Configurations whose presence is remembered; older ones are looked up.
const KEPT_REMEMBERED: usize = 64;

impl Ledger {
    /// Lets records cite a signed configuration for as long as what is given back lives. It is durable before the first
    /// record that cites it; one that no record cites leaves nothing in the log.
    ///
    /// Does not check that `id` is the digest of the directory: the caller has verified the configuration.
    pub fn offer_conf(&self, conf: KeptConf) -> Result<Arc<KeptConf>, LedgerError> {
        within_limits(&conf)?;
        let mut offered = lock(&self.shared.confs.offered);
        // What nobody holds any more cannot be cited: as many stay as their owners hold.
        offered.retain(|_, conf| conf.strong_count() > 0);
        if let Some(same) = offered.get(&conf.id).and_then(Weak::upgrade) {
            return Ok(same);
        }
        let conf = Arc::new(conf);
        offered.insert(conf.id, Arc::downgrade(&conf));
        Ok(conf)
    }

    /// Keeps a signed configuration now, whether a record cites it or not. Once per version; again is no error.
    ///
    /// Does not check that `id` is the digest of the directory: the caller has verified the configuration.
    pub async fn keep_conf(&self, conf: &KeptConf) -> Result<(), LedgerError> {
        within_limits(conf)?;
        self.shared.refuse_if_halted()?;
        self.shared.keep(conf).await
    }

    /// Reads a configuration that a record cites.
    pub async fn conf(&self, id: ConfId) -> Result<Option<KeptConf>, LedgerError> {
        self.shared.store.conf(id).await.map_err(|e| self.shared.failed(e))
    }
}

impl Shared {
    /// Sees to it that a configuration which a record is about to cite is durable.
    pub(crate) async fn check_kept(&self, id: ConfId) -> Result<(), LedgerError> {
        if self.confs.knows(id) {
            return Ok(());
        }
        let _alone = self.confs.keeping.lock().await;
        if self.confs.knows(id) {
            return Ok(());
        }
        let offered = lock(&self.confs.offered).get(&id).and_then(Weak::upgrade);
        match offered {
            Some(conf) => self.keep(&conf).await.map_err(|error| match error {
                LedgerError::Store(cause) => LedgerError::NotDurable(cause),
                other => other,
            }),
            None => match self.store.conf(id).await.map_err(|e| self.failed(e))? {
                Some(_) => {
                    self.confs.remember(id);
                    Ok(())
                }
                None => Err(LedgerError::UnknownConf(id)),
            },
        }
    }

    async fn keep(&self, conf: &KeptConf) -> Result<(), LedgerError> {
        self.store.keep_conf(conf).await.map_err(|e| self.failed(e))?;
        self.confs.remember(conf.id);
        Ok(())
    }
}

impl Confs {
    fn knows(&self, id: ConfId) -> bool {
        lock(&self.kept).contains(&id)
    }

    fn remember(&self, id: ConfId) {
        let mut kept = lock(&self.kept);
        if !kept.contains(&id) {
            kept.truncate(KEPT_REMEMBERED - 1);
            kept.push_front(id);
        }
    }
}

fn within_limits(conf: &KeptConf) -> Result<(), LedgerError> {
    too_long("configuration directory", conf.directory.len(), limits::CONF_DIRECTORY)?;
    too_long("list of configuration parts", conf.parts.len(), limits::CONF_PARTS)?;
    let longest = conf.parts.iter().map(|(_, part)| part.len()).max().unwrap_or_default();
    too_long("configuration part", longest, limits::CONF_PART)
}
