//! The ledger as exchanges see it: hand in a message, get proof that it is durable.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use futures_channel::{mpsc, oneshot};
use simpul_core::{Code, UnixTime, limits};

use crate::body::{BodyLog, Budget};
use crate::confs::Confs;
use crate::gate::Gate;
use crate::record::{ConfId, Filter, NewRecord, Page, RecordId, StoredRecord, Summary};
use crate::store::{Head, LedgerStore, StoreError};
use crate::writer::{Job, Writer};

/// How a ledger behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerSettings {
    /// Octets of a body that are kept whole: X-Road's `max-loggable-message-body-size`. Default 10 MiB.
    pub loggable_body: u64,
    /// Whether a longer body is logged as length and digest instead of being refused: X-Road's
    /// `truncated-body-allowed`. Default no.
    pub truncated_body_allowed: bool,
    /// Records that wait for the writer; one more waits outside. Default 1024.
    pub queue_records: usize,
    /// Octets of records that wait or are being written; what is over waits outside. Default 64 MiB.
    pub queue_octets: usize,
    /// Records that share one commit. Default 256.
    pub batch_records: usize,
    /// Octets of all bodies that stream by or wait; more is refused. Default 256 MiB.
    pub body_memory: usize,
    /// How often one commit is tried before its records are refused. Default 2.
    pub attempts: u32,
    /// Records under one timestamp, which also share one commit (wire.md §6.3); from 1, each by itself, to
    /// `limits::STAMP_BATCH`, and what is outside is read as the nearer end. Default 1,000.
    ///
    /// While a batch is committed nothing else is: more at once hold up messages for longer.
    pub stamp_batch: usize,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self {
            loggable_body: limits::LOGGABLE_BODY,
            truncated_body_allowed: false,
            queue_records: 1024,
            queue_octets: 64 * 1024 * 1024,
            batch_records: 256,
            body_memory: 256 * 1024 * 1024,
            attempts: 2,
            stamp_batch: 1000,
        }
    }
}

/// Why a message was not recorded, or the log could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// The body is longer than may be logged, and truncation is not allowed (wire.md §7.2).
    #[error("the body has more than the {max} octets that can be logged")]
    BodyTooLong {
        /// The limit in octets.
        max: u64,
    },
    /// A field is longer than the log takes.
    #[error("the {what} is longer than the {max} that can be logged")]
    TooLong {
        /// Which field.
        what: &'static str,
        /// The limit: octets of octet strings, characters of texts, entries of lists.
        max: usize,
    },
    /// A text holds the character U+0000, which not every store can keep.
    #[error("the {0} holds the character U+0000")]
    Null(&'static str),
    /// The digest of a truncated body is not SHA-512.
    #[error("the digest of a truncated body is not SHA-512")]
    NotSha512,
    /// All bodies together need more memory than the ledger may use.
    #[error("the bodies that wait to be logged have more than {max} octets together")]
    Overloaded {
        /// The limit in octets.
        max: usize,
    },
    /// The record cites a configuration that was neither offered nor kept before.
    #[error("the configuration {0} was neither offered nor kept before a record cited it")]
    UnknownConf(ConfId),
    /// The record does not exist.
    #[error("there is no record {0}")]
    UnknownRecord(RecordId),
    /// The seal of a message that was let pass already carries a timestamp, or is not text. What arrives has none
    /// (wire.md §5.3: it is added later), and this node's own would have no place.
    #[error("the seal cannot be stamped")]
    Stamped,
    /// The store did not confirm the record. It may stand in the log; the message must not leave the node.
    #[error("the record could not be made durable")]
    NotDurable(#[source] Arc<StoreError>),
    /// The store could not be read or changed.
    #[error("the ledger could not be read or changed")]
    Store(#[source] Arc<StoreError>),
    /// The ledger has stopped until the node is started again.
    #[error(transparent)]
    Halted(Halted),
    /// The node shuts down.
    #[error("the ledger is closed")]
    Closed,
}

impl LedgerError {
    /// The code that the other party of the exchange is told.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::BodyTooLong { .. }
            | Self::TooLong { .. }
            | Self::Null(_)
            | Self::NotSha512
            | Self::Overloaded { .. }
            | Self::UnknownConf(_)
            | Self::Stamped
            | Self::NotDurable(_)
            | Self::Halted(_)
            | Self::Closed => Code::LoggingFailed,
            Self::Store(_) => Code::DatabaseError,
            Self::UnknownRecord(_) => Code::NotFound,
        }
    }
}

/// The ledger refuses everything, because to go on could fork the evidence.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the ledger has stopped and refuses every message until the node is started again")]
pub struct Halted {
    /// What the store said.
    #[source]
    pub cause: Arc<StoreError>,
}

/// A message that is durable in the log with its seal. Only [`Ledger::record`] makes one:
///
/// ```compile_fail,E0451
/// let forged = simpul_ledger::Recorded { item: (), id: simpul_ledger::RecordId::FIRST };
/// ```
#[derive(Debug)]
pub struct Recorded<T> {
    item: T,
    id: RecordId,
}

impl<T> Recorded<T> {
    /// Its place in the log.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The message again, and the proof is gone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.item
    }
}

impl<T> Deref for Recorded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

/// The message log of one node. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) shared: Arc<Shared>,
    gate: Gate,
    bodies: Budget,
}

/// What the ledger, its writer and its timestamping job share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn LedgerStore>,
    pub(crate) settings: LedgerSettings,
    queue: mpsc::UnboundedSender<Job>,
    halted: OnceLock<Halted>,
    waiting: Mutex<WaitingSince>,
    pub(crate) confs: Confs,
}

/// The first record that waits for a timestamp, as far as is known without asking the store.
#[derive(Clone, Copy, Debug, Default)]
struct WaitingSince {
    /// As the store said when it was last asked.
    stored: Option<(RecordId, UnixTime)>,
    /// The first one that was written since the store was last about to be asked.
    written: Option<(RecordId, UnixTime)>,
}

impl Ledger {
    /// Opens the ledger on its store. Nothing is recorded unless the [`Writer`] is polled: spawn [`Writer::run`].
    pub async fn open(store: Arc<dyn LedgerStore>, settings: LedgerSettings) -> Result<(Self, Writer), LedgerError> {
        let head = store.head().await.map_err(|e| LedgerError::Store(Arc::new(e)))?;
        let (queue, jobs) = mpsc::unbounded();
        let shared = Arc::new(Shared {
            store,
            settings,
            queue,
            halted: OnceLock::new(),
            waiting: Mutex::new(WaitingSince { stored: head.oldest_waiting, written: None }),
            confs: Confs::default(),
        });
        let writer = Writer::new(Arc::downgrade(&shared), jobs, head.next);
        let gate = Gate::new(settings.queue_records, settings.queue_octets);
        Ok((Self { shared, gate, bodies: Budget::new(settings.body_memory) }, writer))
    }

    /// Makes a message durable with its seal, and then gives it back as proof of that.
    ///
    /// Waits while the queue is full. Records that come while another commit runs share the next one; a lone record
    /// waits for its own commit only. Giving up the wait does not take the record back: a message may stand in the
    /// log that was never sent, but none is sent that does not stand there.
    pub async fn record<T>(&self, item: T, describe: impl FnOnce(&T) -> NewRecord) -> Result<Recorded<T>, LedgerError> {
        let id = self.commit(describe(&item)).await?;
        Ok(Recorded { item, id })
    }

    /// A collector for one body, under the settings of this ledger.
    #[must_use]
    pub fn body_log(&self) -> BodyLog {
        let settings = &self.shared.settings;
        BodyLog::new(settings.loggable_body, settings.truncated_body_allowed, &self.bodies)
    }

    /// Lists records in the order of the log, without messages and seals.
    pub async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Summary>, LedgerError> {
        self.shared.store.list(filter, page).await.map_err(|e| self.shared.failed(e))
    }

    /// Counts records.
    pub async fn count(&self, filter: &Filter) -> Result<u64, LedgerError> {
        self.shared.store.count(filter).await.map_err(|e| self.shared.failed(e))
    }

    /// Reads one record whole. Load one at a time: a body may have [`LedgerSettings::loggable_body`] octets.
    pub async fn load(&self, id: RecordId) -> Result<Option<StoredRecord>, LedgerError> {
        self.shared.store.load(id).await.map_err(|e| self.shared.failed(e))
    }

    /// When the first record was recorded that still waits for a timestamp; `None` if none waits. It may already
    /// have one since the timestamping job last ran.
    #[must_use]
    pub fn oldest_waiting(&self) -> Option<UnixTime> {
        self.shared.oldest_waiting()
    }

    /// Why the ledger has stopped, if it has.
    #[must_use]
    pub fn halted(&self) -> Option<&Halted> {
        self.shared.halted()
    }

    async fn commit(&self, record: NewRecord) -> Result<RecordId, LedgerError> {
        within_limits(&record, &self.shared.settings)?;
        self.shared.refuse_if_halted()?;
        for id in &record.conf {
            self.shared.check_kept(*id).await?;
        }
        let permit = self.gate.admit(record.octets()).await;
        let (reply, answer) = oneshot::channel();
        let sent = self.shared.queue.unbounded_send(Job { record, permit, reply });
        match sent {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(self.shared.closed())),
            Err(_) => Err(self.shared.closed()),
        }
    }
}

impl Shared {
    /// Turns what the store said into an error of the ledger, and stops the ledger if it must stop.
    pub(crate) fn failed(&self, error: StoreError) -> LedgerError {
        match error {
            StoreError::Halt { .. } => LedgerError::Halted(self.halt(error)),
            StoreError::Retryable { .. } | StoreError::Conflict(_) | StoreError::Damaged { .. } => {
                LedgerError::Store(Arc::new(error))
            }
        }
    }

    /// Stops the ledger. The first cause stays.
    pub(crate) fn halt(&self, cause: StoreError) -> Halted {
        let halted = self.halted.get_or_init(|| Halted { cause: Arc::new(cause) }).clone();
        self.queue.close_channel();
        halted
    }

    pub(crate) fn halted(&self) -> Option<&Halted> {
        self.halted.get()
    }

    pub(crate) fn refuse_if_halted(&self) -> Result<(), LedgerError> {
        self.halted().map_or(Ok(()), |h| Err(LedgerError::Halted(h.clone())))
    }

    fn closed(&self) -> LedgerError {
        self.halted().map_or(LedgerError::Closed, |h| LedgerError::Halted(h.clone()))
    }

    fn oldest_waiting(&self) -> Option<UnixTime> {
        let WaitingSince { stored, written } = *lock(&self.waiting);
        [stored, written].into_iter().flatten().min_by_key(|(id, _)| *id).map(|(_, at)| at)
    }

    /// A record was written that waits for its timestamp.
    pub(crate) fn note_written(&self, id: RecordId, at: UnixTime) {
        lock(&self.waiting).written.get_or_insert((id, at));
    }

    /// Asks the store where the log ends and what waits. What is written meanwhile is not forgotten.
    pub(crate) async fn refresh_waiting(&self) -> Result<Head, LedgerError> {
        let before = std::mem::take(&mut lock(&self.waiting).written);
        let head = self.store.head().await;
        let mut waiting = lock(&self.waiting);
        match head {
            Ok(head) => {
                waiting.stored = head.oldest_waiting;
                Ok(head)
            }
            Err(error) => {
                waiting.written = before.or(waiting.written);
                drop(waiting);
                Err(self.failed(error))
            }
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn within_limits(record: &NewRecord, settings: &LedgerSettings) -> Result<(), LedgerError> {
    let none = Bytes::new();
    let seal = &record.seal;
    too_long("message", record.message.len(), limits::LOGGED_MESSAGE)?;
    let room = if record.refused.is_none() { limits::TIMESTAMP_XML } else { 0 };
    too_long("signature", seal.signature.len(), limits::SIGNATURE_XML - room)?;
    too_long("hash chain result", seal.hash_chain_result.as_ref().unwrap_or(&none).len(), limits::HASH_CHAIN_XML)?;
    too_long("hash chain", seal.hash_chain.as_ref().unwrap_or(&none).len(), limits::HASH_CHAIN_XML)?;
    if record.refused.is_none() && !can_be_stamped(&seal.signature) {
        return Err(LedgerError::Stamped);
    }
    too_long("list of configurations", record.conf.len(), limits::LOGGED_CONFS)?;
    if u64::try_from(record.body.kept()).unwrap_or(u64::MAX) > settings.loggable_body {
        return Err(LedgerError::BodyTooLong { max: settings.loggable_body });
    }
    let refused = record.refused.as_deref().unwrap_or_default();
    let texts =
        [("message id", record.message_id.as_str()), ("request id", &record.request_id), ("fault code", refused)];
    for (what, text) in texts {
        too_long(what, text.chars().take(limits::LOGGED_ID_CHARS + 1).count(), limits::LOGGED_ID_CHARS)?;
        if text.contains('\0') {
            return Err(LedgerError::Null(what));
        }
    }
    Ok(())
}

/// A quick look, since the seal was checked or made by this node: a message that passes must not escape its
/// timestamp. What was refused is recorded as it came.
fn can_be_stamped(signature: &[u8]) -> bool {
    str::from_utf8(signature).is_ok_and(|text| !text.contains("SignatureTimeStamp"))
}

pub(crate) fn too_long(what: &'static str, len: usize, max: usize) -> Result<(), LedgerError> {
    if len > max { Err(LedgerError::TooLong { what, max }) } else { Ok(()) }
}
