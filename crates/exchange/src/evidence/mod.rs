//! Evidence downloads on the consumer port (wire.md §7.4): `/asic`, `/verificationconf`, and `/signedconf`, which X-Road
//! does not have: the signed configurations under which an exchange took place (docs/adr/0004).

mod bundle;
mod query;

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::Bytes;
use simpul_core::limits;
use simpul_ledger::{ConfId, Filter, KeptConf, LedgerError, Page, StoredRecord, Summary, Timestamper};
use simpul_ledger::{RecordId, StampState, evidence};
use simpul_trust::asic::{AsicError, MIME_TYPE};
use simpul_wire::gconf::Anchor;

use self::query::{Query, QueryError};
use crate::call::{Answer, AnswerBody, Caller, ConsumerCall};
use crate::consumer::{RelayError, admit_caller};
use crate::ports::Ports;
use crate::trace;

/// Records that one download may hold: the newest of a message id.
const RECORDS: usize = 100;
/// Records that are looked through at a time.
const PAGE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(limits::LEDGER_PAGE - 1);

/// Answers evidence downloads.
pub struct Evidence {
    ports: Ports,
    timestamper: Arc<dyn Timestamper>,
    anchor: Anchor,
}

/// Why there is no evidence to hand out; texts are plain (wire.md §7.4).
#[derive(Debug, thiserror::Error)]
enum DownloadError {
    #[error("only GET reads evidence")]
    Method,
    #[error(transparent)]
    Query(QueryError),
    #[error("the information system is not authenticated")]
    Caller(#[source] RelayError),
    #[error("No signed documents found")]
    NotFound,
    #[error(
        "more than {} MiB of evidence: ask for the newest with unique and requestOnly or responseOnly",
        limits::EVIDENCE / 1024 / 1024
    )]
    TooMuch,
    #[error("Message signature has not been timestamped yet!")]
    NotStamped,
    #[error("Could not create missing timestamp!")]
    StampFailed(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no global configuration has been accepted yet")]
    NoConf,
    #[error("the message log failed")]
    Log(#[source] LedgerError),
    #[error("the evidence cannot be put together")]
    Evidence(#[source] evidence::EvidenceError),
    #[error("the container cannot be written")]
    Container(#[source] AsicError),
    #[error("the archive cannot be written")]
    Bundle(#[source] bundle::BundleError),
}

impl DownloadError {
    fn status(&self) -> u16 {
        match self {
            Self::Method => 405,
            Self::Query(_) | Self::TooMuch => 400,
            Self::Caller(_) => 401,
            Self::NotFound => 404,
            Self::NotStamped
            | Self::StampFailed(_)
            | Self::NoConf
            | Self::Log(_)
            | Self::Evidence(_)
            | Self::Container(_)
            | Self::Bundle(_) => 500,
        }
    }
}

/// A file for the caller.
struct File {
    name: String,
    content_type: &'static str,
    content: Vec<u8>,
}

impl Evidence {
    /// Downloads from this ledger; `timestamper` serves `force`, and `anchor`, the own instance's, names the directory
    /// in a signed configuration: by that name the judge finds it.
    #[must_use]
    pub fn new(ports: Ports, timestamper: Arc<dyn Timestamper>, anchor: Anchor) -> Self {
        Self { ports, timestamper, anchor }
    }

    /// Whether a request target is an evidence download.
    #[must_use]
    pub fn answers(&self, target: &str) -> bool {
        matches!(split(target).0, "/asic" | "/verificationconf" | "/signedconf")
    }

    /// Answers one download.
    pub async fn answer(&self, call: ConsumerCall) -> Answer {
        let ConsumerCall { method, target, caller, .. } = call;
        match self.file(&method, &target, &caller).await {
            Ok(file) => Answer {
                status: 200,
                reason: None,
                headers: vec![
                    ("content-type".to_owned(), Bytes::from_static(file.content_type.as_bytes())),
                    ("content-disposition".to_owned(), Bytes::from(format!("attachment; filename=\"{}\"", file.name))),
                ],
                body: AnswerBody::Whole(Bytes::from(file.content)),
            },
            Err(error) => {
                let cause = trace::chain(&error);
                tracing::warn!(status = error.status(), cause, "evidence was not handed out");
                Answer {
                    status: error.status(),
                    reason: None,
                    headers: vec![("content-type".to_owned(), Bytes::from_static(b"text/plain; charset=utf-8"))],
                    body: AnswerBody::Whole(Bytes::from(error.to_string())),
                }
            }
        }
    }

    async fn file(&self, method: &str, target: &str, caller: &Caller) -> Result<File, DownloadError> {
        if method != "GET" {
            return Err(DownloadError::Method);
        }
        match split(target) {
            ("/verificationconf", _) => self.verification_conf(),
            ("/signedconf", query) => self.signed_conf(&self.admit(query, caller)?).await,
            (_, query) => self.containers(&self.admit(query, caller)?).await,
        }
    }

    /// Parses the parameters, and authenticates the caller as the party whose evidence it asks for.
    fn admit(&self, query: &str, caller: &Caller) -> Result<Query, DownloadError> {
        let query = Query::parse(query).map_err(DownloadError::Query)?;
        admit_caller(&self.ports.server.current(), &query.party, caller).map_err(DownloadError::Caller)?;
        Ok(query)
    }

    async fn containers(&self, query: &Query) -> Result<File, DownloadError> {
        let found = self.find(query).await?;
        self.ensure_stamped(&found, query.force).await?;
        let (mut files, mut octets) = (Vec::new(), 0_usize);
        // The newest of several records with one id, as X-Road takes it.
        let wanted = if query.unique { found.iter().rev().take(1) } else { found.iter().rev().take(found.len()) };
        for summary in wanted {
            let record = self.load(summary.id).await?;
            octets = octets.saturating_add(record.record.octets());
            if !query.unique && octets > limits::EVIDENCE {
                return Err(DownloadError::TooMuch);
            }
            let name = evidence::container_name(&query.message_id, summary.direction, summary.id);
            files.push((name, container(&record)?));
        }
        match (query.unique, files.pop()) {
            (_, None) => Err(DownloadError::NotFound),
            (true, Some((name, content))) => Ok(File { name, content_type: MIME_TYPE, content }),
            (false, Some(last)) => {
                files.push(last);
                files.reverse();
                Ok(File {
                    name: evidence::download_name(&query.message_id, query.side),
                    content_type: "application/zip",
                    content: bundle::stored(&files).map_err(DownloadError::Bundle)?,
                })
            }
        }
    }

    /// `verificationconf/{instance}/shared-params.xml` and `.metadata`, unsigned, as X-Road hands it out.
    fn verification_conf(&self) -> Result<File, DownloadError> {
        let conf = self.ports.conf.current().ok_or(DownloadError::NoConf)?;
        let content = bundle::verification_conf(&conf).map_err(DownloadError::Bundle)?;
        Ok(File { name: "verificationconf.zip".to_owned(), content_type: "application/zip", content })
    }

    /// The signed configurations that the exchange's records cite, the own instance's at the top.
    async fn signed_conf(&self, query: &Query) -> Result<File, DownloadError> {
        let found = self.find(query).await?;
        let newest = found.last().ok_or(DownloadError::NotFound)?;
        let record = self.load(newest.id).await?;
        let mut confs: Vec<KeptConf> = Vec::new();
        for id in &record.record.conf {
            confs.push(self.conf(*id).await?);
        }
        let content = bundle::signed_conf(&self.anchor, &confs).map_err(DownloadError::Bundle)?;
        Ok(File { name: "signedconf.zip".to_owned(), content_type: "application/zip", content })
    }

    /// Records of the exchange, oldest first. However many were refused or came before under the same message id, the
    /// newest are there: a peer chooses the ids of its messages.
    async fn find(&self, query: &Query) -> Result<Vec<Summary>, DownloadError> {
        let filter =
            Filter::Message { local: query.party.clone(), message_id: query.message_id.clone(), request_id: None };
        let wanted = |s: &Summary| s.refused.is_none() && query.side.is_none_or(|side| side == s.direction);
        let (mut found, mut after) = (VecDeque::new(), None);
        loop {
            let page = self.ports.ledger.list(&filter, Page { after, limit: PAGE }).await;
            let page = page.map_err(DownloadError::Log)?;
            let more = page.len() == PAGE.get();
            after = page.last().map(|s| s.id);
            found.extend(page.into_iter().filter(wanted));
            let surplus = found.len().saturating_sub(RECORDS);
            found.drain(..surplus);
            if !more {
                break;
            }
        }
        if found.is_empty() { Err(DownloadError::NotFound) } else { Ok(found.into()) }
    }

    async fn ensure_stamped(&self, found: &[Summary], force: bool) -> Result<(), DownloadError> {
        let waiting: Vec<RecordId> = found.iter().filter(|s| s.stamp == StampState::Waiting).map(|s| s.id).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        if !force {
            return Err(DownloadError::NotStamped);
        }
        let conf = self.ports.conf.current().ok_or(DownloadError::NoConf)?;
        let report = self.ports.ledger.stamp_now(&waiting, self.timestamper.as_ref(), &conf).await;
        match report.map_err(DownloadError::Log)?.failure {
            None => Ok(()),
            Some(failure) => Err(DownloadError::StampFailed(Box::new(failure))),
        }
    }

    async fn load(&self, id: RecordId) -> Result<StoredRecord, DownloadError> {
        self.ports.ledger.load(id).await.map_err(DownloadError::Log)?.ok_or(DownloadError::NotFound)
    }

    async fn conf(&self, id: ConfId) -> Result<KeptConf, DownloadError> {
        self.ports.ledger.conf(id).await.map_err(DownloadError::Log)?.ok_or(DownloadError::NotFound)
    }
}

/// A record as the container that third parties check.
fn container(record: &StoredRecord) -> Result<Vec<u8>, DownloadError> {
    let container = evidence::container(record).map_err(DownloadError::Evidence)?;
    container.write(record.record.at).map_err(DownloadError::Container)
}

/// Path and query of a request target.
fn split(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}
