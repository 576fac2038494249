//! The own certificates' responses: fetched from the CA's responders, in memory and on disk.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use simpul_core::{UnixTime, limits};
use simpul_exchange::ports::{Clock, LinkError, OcspUnavailable};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;
use simpul_trust::ocsp::{self, OcspClaim, OcspError};

use super::OcspSettings;
use crate::fetch::Fetcher;

/// Own certificates and what is known of them.
pub(super) struct Own {
    settings: OcspSettings,
    certificates: Vec<Wanted>,
    /// By SHA-256 of the certificate.
    responses: RwLock<HashMap<[u8; 32], Held>>,
    /// The last fetch had a response for every certificate.
    complete: AtomicBool,
}

/// A certificate that needs a response.
struct Wanted {
    certificate: Certificate,
    sha1: [u8; 20],
    sha256: [u8; 32],
    /// The next certificate of its chain, which may be its issuer.
    next: Option<Certificate>,
}

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) response: Bytes,
    pub(super) claim: OcspClaim,
}

/// Why there is no new response for a certificate.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    /// No CA of the configuration issued it.
    #[error("no approved CA issued the certificate")]
    UnknownIssuer,
    /// The CA has no responder.
    #[error("the configuration names no OCSP responder for its issuer")]
    NoResponder,
    /// The responder did not answer.
    #[error("the OCSP responder did not answer")]
    Link(#[source] LinkError),
    /// The answer proves nothing.
    #[error("the OCSP responder's answer is refused")]
    Answer(#[source] OcspError),
    /// The request could not be made.
    #[error("the OCSP request could not be made")]
    Request(#[source] OcspError),
}

/// How soon a fetch that failed is tried again.
const RETRY: Duration = Duration::from_secs(60);

impl Own {
    /// With the responses on disk.
    pub(super) fn open(settings: OcspSettings) -> Self {
        let mut certificates: Vec<Wanted> = Vec::new();
        for chain in &settings.own {
            let nexts = chain.iter().skip(1).map(Some).chain([None]);
            for (certificate, next) in chain.iter().zip(nexts) {
                if certificates.iter().all(|w| w.certificate != *certificate) {
                    certificates.push(Wanted::new(certificate, next));
                }
            }
        }
        let stored = certificates.iter().filter_map(|w| Some((w.sha256, load(&path(&settings.dir, &w.sha256))?)));
        let responses = RwLock::new(stored.collect());
        Self { settings, certificates, responses, complete: AtomicBool::new(false) }
    }

    /// How long to wait for the next fetch.
    pub(super) fn wait(&self, interval: Option<Duration>) -> Duration {
        let spread = self.certificates.first().and_then(|w| w.sha256.first()).copied().unwrap_or_default();
        pause(interval.unwrap_or(self.settings.interval), self.complete.load(Ordering::Relaxed), spread)
    }

    pub(super) fn by_sha1(&self, sha1: &[u8; 20]) -> Option<Bytes> {
        let wanted = self.certificates.iter().find(|w| w.sha1 == *sha1)?;
        let responses = self.responses.read().unwrap_or_else(PoisonError::into_inner);
        responses.get(&wanted.sha256).map(|held| held.response.clone())
    }

    /// The response for an own certificate, if it is fresh by the configuration's rules.
    pub(super) fn fresh(
        &self,
        certificate: &Certificate,
        conf: Option<&GlobalConf>,
        at: UnixTime,
    ) -> Result<Bytes, OcspUnavailable> {
        let held = {
            let responses = self.responses.read().unwrap_or_else(PoisonError::into_inner);
            let wanted = self.certificates.iter().find(|w| w.certificate == *certificate);
            wanted.and_then(|w| responses.get(&w.sha256)).cloned()
        };
        let fresh = held.filter(|held| conf.is_some_and(|conf| is_fresh(&held.claim, conf, certificate, at)));
        let unavailable = || OcspUnavailable { subject: certificate.subject_text(), cause: None };
        fresh.map(|held| held.response).ok_or_else(unavailable)
    }

    /// Fetches all; false if one could not be had.
    pub(super) async fn refresh(&self, fetcher: &Fetcher, conf: &GlobalConf, clock: &dyn Clock) -> bool {
        let fetched = self.certificates.iter().map(|wanted| async move {
            let certificate = &wanted.certificate;
            match fetch(wanted, fetcher, conf, clock).await {
                Ok(held) => {
                    self.put(wanted.sha256, held).await;
                    true
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(subject = certificate.subject_text(), error, "no new OCSP response");
                    false
                }
            }
        });
        let complete = join_all(fetched).await.into_iter().all(|had| had);
        self.complete.store(complete, Ordering::Relaxed);
        complete
    }

    /// Takes a response in force, unless a newer one is there, and keeps it on disk.
    async fn put(&self, sha256: [u8; 32], held: Held) {
        {
            let mut responses = self.responses.write().unwrap_or_else(PoisonError::into_inner);
            if responses.get(&sha256).is_some_and(|old| old.claim.this_update > held.claim.this_update) {
                return;
            }
            responses.insert(sha256, held.clone());
        }
        let path = path(&self.settings.dir, &sha256);
        let saved = tokio::task::spawn_blocking(move || save(&path, &held.response)).await;
        if let Err(cause) = saved.unwrap_or_else(|e| Err(io::Error::other(e))) {
            // It is in force all the same; only a restart without the responder would miss it.
            let dir = self.settings.dir.display();
            tracing::warn!(%dir, %cause, "an OCSP response could not be stored");
        }
    }
}

impl Wanted {
    fn new(certificate: &Certificate, next: Option<&Certificate>) -> Self {
        Self {
            certificate: certificate.clone(),
            sha1: certificate.sha1(),
            sha256: certificate.sha256(),
            next: next.cloned(),
        }
    }
}

/// Whether a claim about a certificate is fresh enough by the configuration's rules (wire.md §3.8).
pub(super) fn is_fresh(claim: &OcspClaim, conf: &GlobalConf, certificate: &Certificate, at: UnixTime) -> bool {
    let rules = conf.ocsp_rules(certificate);
    claim.is_fresh(rules.freshness, rules.verify_next_update, at)
}

/// The time between two fetches: the interval, or less after a failure. `spread`, from a digest of the own certificate,
/// shortens it by up to a tenth, so that servers do not ask all at once.
fn pause(interval: Duration, complete: bool, spread: u8) -> Duration {
    let interval = interval.max(Duration::from_secs(1));
    let interval = if complete { interval } else { interval.min(RETRY) };
    interval - interval.mul_f64(f64::from(spread) / 2560.0)
}

/// The CA certificate that issued this one: an approved one of any instance, or the next of its chain.
pub(super) fn issuer(certificate: &Certificate, next: Option<&Certificate>, conf: &GlobalConf) -> Option<Certificate> {
    let name = certificate.issuer_der();
    let approved = conf.instances().into_iter().flat_map(|i| conf.approved_cas(i, &name)).map(|ca| &ca.cert);
    approved.chain(next).find(|ca| certificate.is_issued_by(ca)).cloned()
}

/// Asks one responder after the other.
async fn fetch(wanted: &Wanted, fetcher: &Fetcher, conf: &GlobalConf, clock: &dyn Clock) -> Result<Held, RefreshError> {
    let issuer = issuer(&wanted.certificate, wanted.next.as_ref(), conf).ok_or(RefreshError::UnknownIssuer)?;
    let urls = conf.approved_ca_with(&issuer).map(|ca| ca.ocsp_urls.clone()).unwrap_or_default();
    let request = ocsp::request(&wanted.certificate, &issuer).map(Bytes::from).map_err(RefreshError::Request)?;
    let mut failure = RefreshError::NoResponder;
    for url in urls {
        let asked = fetcher.post(&url, "application/ocsp-request", request.clone(), limits::OCSP_RESPONSE).await;
        let response = match asked {
            Ok(answer) if answer.status == 200 => answer.body,
            Ok(answer) => {
                let why = format!("HTTP status {}", answer.status);
                failure = RefreshError::Link(LinkError::Http { from: url, why });
                continue;
            }
            Err(error) => {
                failure = RefreshError::Link(error);
                continue;
            }
        };
        match judge(&response, &wanted.certificate, &issuer, conf, clock.now()) {
            Ok(claim) => return Ok(Held { response, claim }),
            Err(error) => failure = RefreshError::Answer(error),
        }
    }
    Err(failure)
}

/// Accepts what is authentic and fresh, also if the status is not good: it replaces the good one before it.
fn judge(
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    conf: &GlobalConf,
    at: UnixTime,
) -> Result<OcspClaim, OcspError> {
    match ocsp::verify(response, certificate, issuer, &conf.ocsp_rules(issuer), at) {
        Ok(_) => {}
        Err(OcspError::NotGood(status)) => {
            let subject = certificate.subject_text();
            tracing::error!(subject, ?status, "the CA says that an own certificate is not good");
        }
        Err(error) => return Err(error),
    }
    ocsp::peek(response)
}

fn path(dir: &Path, sha256: &[u8; 32]) -> PathBuf {
    let name: String = sha256.iter().map(|b| format!("{b:02x}")).collect();
    dir.join(name + ".ocsp")
}

/// What is on disk; it is trusted no more than what peers check themselves.
fn load(path: &Path) -> Option<Held> {
    let len = std::fs::metadata(path).ok()?.len();
    if len > limits::OCSP_RESPONSE as u64 {
        return None;
    }
    let response = std::fs::read(path).ok().map(Bytes::from)?;
    let claim = ocsp::peek(&response).ok()?;
    Some(Held { response, claim })
}

/// Replaces a file as a whole.
fn save(path: &Path, octets: &[u8]) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let new = path.with_extension("part");
    let mut file = std::fs::File::create(&new)?;
    io::Write::write_all(&mut file, octets)?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_the_interval_and_short_after_a_failure() {
        // wire.md §3.8: every ocspFetchInterval, 1200 s by default.
        let interval = Duration::from_secs(1200);
        assert_eq!(pause(interval, true, 0), interval);
        assert_eq!(pause(interval, false, 0), RETRY);
        assert_eq!(pause(Duration::from_secs(20), false, 0), Duration::from_secs(20));
        assert_eq!(pause(Duration::ZERO, true, 0), Duration::from_secs(1), "never without a pause");
        for spread in 0..=u8::MAX {
            let pause = pause(interval, true, spread);
            assert!(pause <= interval && pause > interval.mul_f64(0.9), "{pause:?}");
        }
    }
}
