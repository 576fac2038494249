//! `POST /simpul/data-trail`: a portal asks for a person of its state who used their data, of all holders at once.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use simpul_core::{ClientId, ServiceId, limits};
use simpul_exchange::call::Caller;
use simpul_services::trail::Audience;
use simpul_services::trail::assertion::assert;
use simpul_trust::subject::Subject;
use simpul_trust::token::Signer;

use super::{Meant, QuestionError, Questions, declared, key_sets, read};
use crate::config::{DATA_TRAIL, text, texts};
use crate::role::builtin;
use crate::role::own::OwnCall;
use crate::verdict::chain;

/// Where it is asked.
pub(super) const PATH: &str = "/simpul/data-trail";
/// Holders that are asked at a time.
const AT_ONCE: usize = 16;
/// How long one holder may take, its keys included.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The portal's subsystem.
    #[serde(deserialize_with = "text")]
    client: ClientId,
    /// The identifier of the person, given by the portal's state.
    subject: String,
    /// Whom to ask; absent, all that agreements and the configuration name.
    #[serde(default, deserialize_with = "some")]
    holders: Option<Vec<ServiceId>>,
    /// Where the page before ended, by holder.
    #[serde(default)]
    after: HashMap<String, String>,
    /// The most accesses of each holder.
    #[serde(default)]
    limit: Option<NonZeroUsize>,
}

fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<ServiceId>>, D::Error> {
    texts(deserializer).map(Some)
}

/// What one holder said.
struct Told {
    holder: ServiceId,
    page: Result<Page, String>,
}

/// The form of an answer, as far as it is looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    accesses: Vec<serde_json::Map<String, Value>>,
    next: Option<String>,
}

/// One question to many holders.
struct Round<'a> {
    asked: &'a Asked,
    subject: &'a Subject,
    signer: &'a dyn Signer,
}

impl Questions {
    pub(super) async fn data_trail(&self, body: &[u8], caller: &Caller) -> Result<Vec<u8>, QuestionError> {
        let asked: Asked = read(body)?;
        self.admit(&asked.client, caller)?;
        let subject = Subject::new(asked.subject.clone()).map_err(QuestionError::Token)?;
        let signer = self.ports.keys.signer(asked.client.member()).ok_or(QuestionError::NoSigner)?;
        let mut holders = match &asked.holders {
            Some(holders) => holders.clone(),
            None => self.all_holders(&asked.client),
        };
        holders.sort();
        holders.dedup();
        if holders.len() > limits::TRAIL_HOLDERS {
            return Err(QuestionError::Meaning("more holders than one question goes to"));
        }
        let round = Round { asked: &asked, subject: &subject, signer: &*signer };
        let ask = |holder: ServiceId| {
            let round = &round;
            async move {
                let page = match tokio::time::timeout(PATIENCE, self.ask_holder(round, &holder)).await {
                    Ok(page) => page.inspect_err(|why| {
                        tracing::warn!(holder = %holder, why, "a holder did not tell who used a person's data");
                    }),
                    Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
                };
                Told { holder, page }
            }
        };
        let told: Vec<Told> = stream::iter(holders).map(ask).buffered(AT_ONCE).collect().await;
        Ok(merged(told).to_string().into_bytes())
    }

    /// The data trails that agreements let this client ask, and those that the operator names.
    fn all_holders(&self, client: &ClientId) -> Vec<ServiceId> {
        let agreed = DATA_TRAIL.parse().map(|code| self.ports.agreements.current().providers(client, &code));
        agreed.unwrap_or_default().into_iter().chain(self.holders.iter().cloned()).collect()
    }

    /// One page of one holder, under an assertion of its own; or why there is none, in words for the portal.
    async fn ask_holder(&self, round: &Round<'_>, holder: &ServiceId) -> Result<Page, String> {
        let Round { asked, subject, signer } = round;
        let client = &asked.client;
        let told = |e: &(dyn std::error::Error + 'static)| chain(e);
        let agreement = self.agreement(client, holder, &Meant::Found).map_err(|e| told(&e))?;
        let agreements = self.ports.agreements.current();
        let keys = key_sets::service(&holder.provider);
        let headers = keys.map(|keys| declared(&agreements, client, &keys)).unwrap_or_default();
        let now = self.ports.clock.now();
        let key = self.sets.current(client, &holder.provider, headers, now).await.map_err(|e| told(&e))?;
        let audience = Audience { service: holder, agreement: agreement.as_ref().map(|cited| &cited.digest) };
        let assertion = assert(*signer, client.member(), subject, &audience, &key, self.nonce(), now).await;
        let mut question = json!({ "assertion": assertion.map_err(|e| told(&e))? });
        if let Some(members) = question.as_object_mut() {
            let after = asked.after.get(&holder.short());
            members.extend(after.map(|after| ("after".to_owned(), Value::from(after.as_str()))));
            members.extend(asked.limit.map(|limit| ("limit".to_owned(), Value::from(limit.get()))));
        }
        let mut headers = declared(&agreements, client, holder);
        headers.push(("content-type".to_owned(), Bytes::from_static(b"application/json")));
        let call = OwnCall {
            client,
            service: holder,
            method: "POST",
            path: builtin::ACCESSES,
            headers,
            body: Some(Bytes::from(question.to_string())),
        };
        let answer = self.own.ask(call).await.map_err(|e| told(&e))?;
        if answer.status != 200 {
            return Err(key_sets::refusal(&answer.headers, answer.status));
        }
        let page: Page = serde_json::from_slice(&answer.body).map_err(|_| "not a page of accesses".to_owned())?;
        match page.accesses.len() <= limits::TRAIL_PAGE {
            true => Ok(page),
            false => Err("more accesses than a page has".to_owned()),
        }
    }
}

/// All pages as one, latest access first, and which holder said what.
fn merged(told: Vec<Told>) -> Value {
    let (mut accesses, mut holders) = (Vec::new(), Vec::new());
    for Told { holder, page } in told {
        let name = holder.short();
        match page {
            Ok(page) => {
                accesses.extend(page.accesses.into_iter().map(|mut access| {
                    access.insert("holder".to_owned(), Value::from(name.as_str()));
                    access
                }));
                holders.push(json!({ "service": name, "answered": true, "next": page.next }));
            }
            Err(why) => holders.push(json!({ "service": name, "answered": false, "error": why })),
        }
    }
    // A moment has one spelling, in UTC with milliseconds, so that its text orders like it.
    let at = |access: &serde_json::Map<String, Value>| access.get("at").and_then(Value::as_str).map(str::to_owned);
    accesses.sort_by_key(|access| std::cmp::Reverse(at(access)));
    json!({ "accesses": accesses, "holders": holders })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(holder: &str, at: &[&str]) -> Told {
        let access = |at: &&str| json!({ "at": at }).as_object().unwrap().clone();
        let page = Page { accesses: at.iter().map(access).collect(), next: None };
        Told { holder: holder.parse().unwrap(), page: Ok(page) }
    }

    #[test]
    fn pages_are_merged_by_time_and_silence_is_told() {
        let (first, second) = ("MY/GOV/1001/a/data-trail", "MY/GOV/1002/b/data-trail");
        let silent = Told { holder: second.parse().unwrap(), page: Err("server.x".to_owned()) };
        let all = merged(vec![
            told(first, &["2026-11-22T10:00:00.000Z", "2026-11-22T08:00:00.000Z"]),
            told(second, &["2026-11-22T09:00:00.000Z"]),
            silent,
        ]);
        let order: Vec<_> = all["accesses"].as_array().unwrap().iter().map(|a| a["holder"].as_str().unwrap()).collect();
        assert_eq!(order, [first, second, first]);
        assert_eq!(all["holders"][2], json!({ "service": second, "answered": false, "error": "server.x" }));
        assert_eq!(all["holders"][0], json!({ "service": first, "answered": true, "next": null }));
    }
}
