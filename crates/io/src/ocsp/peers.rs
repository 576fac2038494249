//! The responses of peers, cached while they are fresh (wire.md §3.6, §3.8).

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use simpul_core::{UnixTime, limits};
use simpul_exchange::ports::{LinkError, OcspUnavailable};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;
use simpul_trust::ocsp;

use super::cache::{Cache, MOST};
use super::multipart;
use super::own::{Held, is_fresh, issuer};
use crate::fetch::Fetcher;
use crate::net::connect::place;

/// What peers said of their certificates.
pub(super) struct PeerResponses {
    fetcher: Arc<Fetcher>,
    port: u16,
    cache: Mutex<Cache>,
    /// Fetches that run now, by URL.
    running: Arc<Mutex<HashMap<String, Running>>>,
}

type Answer = Result<Vec<Bytes>, Arc<LinkError>>;
type Running = Shared<BoxFuture<'static, Answer>>;

impl PeerResponses {
    pub(super) fn new(fetcher: Arc<Fetcher>, port: u16) -> Self {
        Self { fetcher, port, cache: Mutex::new(Cache::new(MOST)), running: Arc::default() }
    }

    /// Responses for the certificates of a chain that need one.
    pub(super) async fn of(
        &self,
        address: &str,
        chain: &[Certificate],
        conf: &GlobalConf,
        at: UnixTime,
    ) -> Result<Vec<Bytes>, OcspUnavailable> {
        let wanted = wanted(chain, conf);
        if let Some(cached) = self.cached(wanted, conf, at) {
            return Ok(cached);
        }
        let failed = |cause| OcspUnavailable {
            subject: wanted.first().map(Certificate::subject_text).unwrap_or_default(),
            cause: Some(cause),
        };
        let responses = self.fetch(address, wanted).await.map_err(failed)?;
        for (nth, (certificate, response)) in wanted.iter().zip(&responses).enumerate() {
            self.keep(certificate, chain.get(nth + 1), response, conf, at);
        }
        Ok(responses)
    }

    fn cached(&self, wanted: &[Certificate], conf: &GlobalConf, at: UnixTime) -> Option<Vec<Bytes>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let take = |certificate: &Certificate| {
            let held = cache.get(&certificate.sha256())?;
            is_fresh(&held.claim, conf, certificate, at).then(|| held.response.clone())
        };
        wanted.iter().map(take).collect()
    }

    /// Caches a response that proves a good status. The port of a peer is plain HTTP: were anything else kept, whoever
    /// can meddle once could keep the peer out for as long as a response lives.
    fn keep(
        &self,
        certificate: &Certificate,
        next: Option<&Certificate>,
        response: &Bytes,
        conf: &GlobalConf,
        at: UnixTime,
    ) {
        let proved = issuer(certificate, next, conf)
            .is_some_and(|issuer| ocsp::verify(response, certificate, &issuer, &conf.ocsp_rules(&issuer), at).is_ok());
        let Some(claim) = proved.then(|| ocsp::peek(response).ok()).flatten() else { return };
        let held = Held { response: response.clone(), claim };
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.put(certificate.sha256(), held);
    }

    /// Asks the peer, once for all who want the same at the same time. The fetch runs to its end even if they leave.
    async fn fetch(&self, address: &str, wanted: &[Certificate]) -> Result<Vec<Bytes>, LinkError> {
        let url = url(address, self.port, wanted);
        let running = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.entry(url.clone()).or_insert_with(|| self.start(url, wanted.len())).clone()
        };
        running
            .await
            .map_err(|error| LinkError::Network { to: place(address, self.port), cause: io::Error::other(error) })
    }

    fn start(&self, url: String, count: usize) -> Running {
        let (fetcher, running) = (Arc::clone(&self.fetcher), Arc::clone(&self.running));
        let task = tokio::spawn(async move {
            let answer = ask(&fetcher, &url, count).await.map_err(Arc::new);
            running.lock().unwrap_or_else(PoisonError::into_inner).remove(&url);
            answer
        });
        let answer = task.map(|ended| {
            ended.unwrap_or_else(|cause| {
                let cause = io::Error::other(cause);
                Err(Arc::new(LinkError::Network { to: "a peer's OCSP port".to_owned(), cause }))
            })
        });
        answer.boxed().shared()
    }
}

/// The certificates of a chain up to the first whose issuer is approved by name: that one is the anchor (wire.md §3.5).
fn wanted<'a>(chain: &'a [Certificate], conf: &GlobalConf) -> &'a [Certificate] {
    let anchored = |certificate: &Certificate| {
        let issuer = certificate.issuer_der();
        conf.instances().into_iter().any(|i| conf.approved_ca(i, &issuer).is_some())
    };
    let count = chain.iter().position(anchored).map_or(chain.len(), |last| last + 1).min(limits::OCSP_PARTS);
    chain.get(..count).unwrap_or(chain)
}

/// `http://{peer}:{port}/?cert={SHA-1}…&cert_hash={SHA-256}…`, lower-case hex, all `cert` first (§3.6).
fn url(address: &str, port: u16, wanted: &[Certificate]) -> String {
    let hex = |octets: &[u8]| octets.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let sha1 = wanted.iter().map(|c| format!("cert={}", hex(&c.sha1())));
    let sha256 = wanted.iter().map(|c| format!("cert_hash={}", hex(&c.sha256())));
    let query = sha1.chain(sha256).collect::<Vec<_>>().join("&");
    format!("http://{}/?{query}", place(address, port))
}

async fn ask(fetcher: &Fetcher, url: &str, count: usize) -> Result<Vec<Bytes>, LinkError> {
    let from = || url.split_once("/?").map_or(url, |(from, _)| from).to_owned();
    let http = |why: String| LinkError::Http { from: from(), why };
    let answer = fetcher.get(url, multipart::ANSWER).await?;
    // wire.md §3.6: these statuses and no others.
    if !matches!(answer.status, 200..=208 | 226) {
        return Err(http(format!("HTTP status {}", answer.status)));
    }
    let content_type = answer.content_type.unwrap_or_default();
    let responses = multipart::decode(&content_type, &answer.body).map_err(|error| http(error.to_string()))?;
    if responses.len() != count {
        return Err(http(format!("{} responses for {count} certificates", responses.len())));
    }
    Ok(responses)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_url_is_as_the_clause_says() {
        // wire.md §3.6; without certificates only the form of the address is left to see.
        assert_eq!(super::url("ss.example", 5577, &[]), "http://ss.example:5577/?");
        assert_eq!(super::url("::1", 5577, &[]), "http://[::1]:5577/?");
    }
}
