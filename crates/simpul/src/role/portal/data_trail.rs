//! Data trails, asked through the consumer port of the security server (`POST /simpul/data-trail`).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use simpul_core::{UnixTime, limits};
use simpul_exchange::ports::LinkError;
use simpul_io::fetch::Fetcher;
use simpul_io::tls::{Roots, TlsError};
use simpul_portal::problem::Cause;
use simpul_portal::session::NationalId;
use simpul_portal::trail::{Agreed, Holder, Told, TrailReader, Used};

use crate::config::{TrailPageSettings, text};

/// A little more than the server gives a holder.
const PATIENCE: Duration = Duration::from_secs(30);
/// Accesses of each holder on a page.
const PAGE: usize = 20;

/// A security server that is asked as the client of this portal.
pub(super) struct ServerTrail {
    url: String,
    client: String,
    fetcher: Fetcher,
}

/// Why the server gave no page. No text of it has anything of a person.
#[derive(Debug, thiserror::Error)]
enum TrailError {
    #[error("the security server cannot be asked")]
    Link(#[source] LinkError),
    #[error("the security server answers with HTTP status {0}")]
    Status(u16),
    #[error("the security server's answer is no page of accesses, at line {line}, column {column}")]
    Malformed { line: usize, column: usize },
}

#[derive(Deserialize)]
struct Answer {
    accesses: Vec<AccessJson>,
    holders: Vec<HolderJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessJson {
    #[serde(deserialize_with = "text")]
    at: UnixTime,
    client: String,
    service: String,
    purpose: Option<String>,
    basis: Option<String>,
    agreement: Option<AgreementJson>,
    fields: Vec<String>,
    erased_after_days: Option<u32>,
    withheld: Option<WithheldJson>,
    evidence: EvidenceJson,
    holder: String,
}

#[derive(Deserialize)]
struct AgreementJson {
    id: String,
    version: u32,
    clauses: Vec<String>,
}

#[derive(Deserialize)]
struct WithheldJson {
    #[serde(deserialize_with = "text")]
    until: UnixTime,
    law: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceJson {
    message_id: String,
    record: u64,
}

#[derive(Deserialize)]
struct HolderJson {
    service: String,
    answered: bool,
    next: Option<String>,
}

impl ServerTrail {
    pub(super) fn new(settings: &TrailPageSettings, roots: &Path) -> Result<Self, TlsError> {
        Ok(Self {
            url: format!("{}/simpul/data-trail", settings.server.trim_end_matches('/')),
            client: settings.client.short(),
            fetcher: Fetcher::new(&Roots::File(roots.to_owned()), PATIENCE)?,
        })
    }

    async fn ask(&self, person: &NationalId, after: Option<&BTreeMap<String, String>>) -> Result<Told, TrailError> {
        let mut question = json!({ "client": self.client, "subject": person.as_str(), "limit": PAGE });
        if let (Some(after), Some(members)) = (after, question.as_object_mut()) {
            let holders: Vec<Value> = after.keys().map(|holder| Value::from(holder.as_str())).collect();
            members.insert("holders".to_owned(), Value::from(holders));
            members.insert("after".to_owned(), json!(after));
        }
        let body = Bytes::from(question.to_string());
        let answer = self.fetcher.post(&self.url, "application/json", body, limits::OWN_ANSWER).await;
        let answer = answer.map_err(TrailError::Link)?;
        if answer.status != 200 {
            return Err(TrailError::Status(answer.status));
        }
        read(&answer.body)
    }
}

fn read(json: &[u8]) -> Result<Told, TrailError> {
    let answer: Answer =
        serde_json::from_slice(json).map_err(|e| TrailError::Malformed { line: e.line(), column: e.column() })?;
    let holder = |one: HolderJson| Holder { service: one.service, answered: one.answered, next: one.next };
    Ok(Told {
        accesses: answer.accesses.into_iter().map(Used::from).collect(),
        holders: answer.holders.into_iter().map(holder).collect(),
    })
}

impl From<AccessJson> for Used {
    fn from(one: AccessJson) -> Self {
        let agreed = |a: AgreementJson| Agreed { id: a.id, version: a.version, clauses: a.clauses };
        Self {
            at: one.at,
            client: one.client,
            service: one.service,
            purpose: one.purpose,
            basis: one.basis,
            agreement: one.agreement.map(agreed),
            fields: one.fields,
            erased_after_days: one.erased_after_days,
            withheld: one.withheld.map(|withheld| (withheld.until, withheld.law)),
            message: one.evidence.message_id,
            record: one.evidence.record,
            holder: one.holder,
        }
    }
}

#[async_trait]
impl TrailReader for ServerTrail {
    async fn read(&self, person: &NationalId, after: Option<&BTreeMap<String, String>>) -> Result<Told, Cause> {
        self.ask(person, after).await.map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of docs/guide/data-trail.md, "What a person sees".
    #[test]
    fn an_answer_is_read_as_it_is_documented() {
        let json = r#"{ "accesses": [{
            "at": "2026-11-22T10:00:00.000Z", "client": "ID/GOV/3201/manpower",
            "service": "MY/GOV/1001/civil-registry/persons", "purpose": "dpv:FraudPrevention", "basis": "treaty-4",
            "agreement": { "id": "id-my-civil-data", "version": 3, "digest": "5a5a", "clauses": ["3.1"] },
            "fields": ["persons.*.name"], "erasedAfterDays": 30,
            "withheld": { "until": "2026-12-22T10:00:00.000Z", "law": "Act 7 of 2020, section 12" },
            "evidence": { "messageId": "m-1", "requestId": "r-1", "record": 7 },
            "holder": "MY/GOV/1001/civil-registry/data-trail" }],
            "holders": [{ "service": "MY/GOV/1001/civil-registry/data-trail", "answered": true, "next": "c" },
                        { "service": "MY/GOV/1002/q/data-trail", "answered": false, "error": "server.x" }] }"#;
        let told = read(json.as_bytes()).unwrap();
        let one = &told.accesses[0];
        assert_eq!((one.message.as_str(), one.record, one.erased_after_days), ("m-1", 7, Some(30)));
        assert_eq!(one.agreement.as_ref().unwrap().clauses, ["3.1"]);
        assert_eq!(one.withheld.as_ref().unwrap().1, "Act 7 of 2020, section 12");
        assert_eq!((told.holders[0].next.as_deref(), told.holders[1].answered), (Some("c"), false));
        assert!(matches!(read(b"[]"), Err(TrailError::Malformed { .. })));
    }
}
