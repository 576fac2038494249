//! The keys of providers, fetched over the exchange and kept as long as they say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use simpul_core::{ClientId, ServiceId, UnixTime, limits};
use simpul_exchange::ports::Headers;
use simpul_trust::subject::{KeySet, LIFETIME, RecipientKey};

use super::QuestionError;
use crate::config::SUBJECT_KEYS;
use crate::role::builtin::KEYS;
use crate::role::own::{OwnCall, OwnCalls};
use crate::role::persons::KEEP;

/// Sets of keys with the end of their time, by who asked for them and whose they are: an access right is a client's.
type Kept = HashMap<(ClientId, ClientId), (Arc<KeySet>, UnixTime)>;

/// The sets that are known.
pub(super) struct KeySets {
    own: OwnCalls,
    kept: Mutex<Kept>,
}

/// The service that tells the keys of a provider.
pub(super) fn service(provider: &ClientId) -> Option<ServiceId> {
    Some(ServiceId { provider: provider.clone(), code: SUBJECT_KEYS.parse().ok()?, version: None })
}

impl KeySets {
    pub(super) fn new(own: OwnCalls) -> Self {
        Self { own, kept: Mutex::default() }
    }

    /// The key that subjects are encrypted to for a provider; `headers` declare why it is asked for.
    pub(super) async fn current(
        &self,
        client: &ClientId,
        provider: &ClientId,
        headers: Headers,
        now: UnixTime,
    ) -> Result<RecipientKey, QuestionError> {
        if let Some(set) = self.known(client, provider, now) {
            return Ok(set.current().clone());
        }
        let service = service(provider).ok_or(QuestionError::Meaning("no service tells the keys of a provider"))?;
        let call = OwnCall { client, service: &service, method: "GET", path: KEYS, headers, body: None };
        let answer = self.own.ask(call).await.map_err(QuestionError::Own)?;
        if answer.status != 200 {
            return Err(QuestionError::KeysRefused { code: refusal(&answer.headers, answer.status) });
        }
        let set = Arc::new(KeySet::from_json(&answer.body).map_err(QuestionError::Keys)?);
        // Not longer than any of our own: a set that is kept for ever seals to keys that are gone.
        let until = now.plus(set.keep().min(KEEP));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (_, until)| *until > now);
        if kept.len() < limits::SUBJECT_KEY_SETS {
            kept.insert((client.clone(), provider.clone()), (Arc::clone(&set), until));
        }
        Ok(set.current().clone())
    }

    fn known(&self, client: &ClientId, provider: &ClientId, now: UnixTime) -> Option<Arc<KeySet>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (set, until) = kept.get(&(client.clone(), provider.clone()))?;
        // What was fetched in the future is nothing to go by: the clock was set back.
        (now < *until && until.minus(KEEP.max(LIFETIME)) <= now).then(|| Arc::clone(set))
    }
}

/// The fault that a server answered, or the status that the service did.
pub(super) fn refusal(headers: &Headers, status: u16) -> String {
    let error = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-road-error"));
    let code = error.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(str::to_owned);
    code.unwrap_or_else(|| format!("server.clientproxy.http_error.{status}"))
}
