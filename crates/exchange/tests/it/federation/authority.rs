//! The certification authorities of both instances, and the OCSP responses of each node.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use simpul_core::{ClientId, MemberId, ServerId, UnixTime};
use simpul_exchange::ports::{OcspSource, OcspUnavailable};
use simpul_lab::ca::{AuthRequest, CaPlan, KeyKind, LabCa, SignRequest, SubjectLayout};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;
use simpul_trust::ocsp;
use simpul_trust::token::SoftSigner;

use super::NOW;

/// How long an OCSP response says that it holds.
const OCSP_VALIDITY: Duration = Duration::from_secs(3600);

/// A certification authority with its OCSP responder.
#[derive(Clone)]
pub(crate) struct Authority(Arc<Mutex<LabCa>>);

impl Authority {
    /// An authority with P-256 keys, with or without an intermediate CA below its root.
    pub(crate) fn new(name: &str, intermediate: bool) -> Self {
        let from = NOW.minus(Duration::from_secs(86_400));
        let plan = CaPlan { intermediate, key: KeyKind::P256, ..CaPlan::named(name, from) };
        Self(Arc::new(Mutex::new(LabCa::create(&plan).unwrap())))
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut LabCa) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    /// A member's signing key.
    pub(crate) fn sign_key(&self, member: &MemberId) -> SoftSigner {
        let request = SignRequest { member, name: member.code.as_str(), server_code: "ss", country: "ID" };
        self.with(|ca| ca.new_sign_key(SubjectLayout::Basic, &request, issued()).unwrap())
    }

    /// A server's authentication key.
    pub(crate) fn auth_key(&self, server: &ServerId) -> SoftSigner {
        let request = AuthRequest { server, dns: "ss.lab.example", country: "ID" };
        self.with(|ca| ca.new_auth_key(SubjectLayout::Basic, &request, issued()).unwrap())
    }

    pub(crate) fn revoke(&self, certificate: &Certificate) {
        self.with(|ca| ca.revoke(certificate, issued()).unwrap());
    }

    /// What the responder says at `at` about a certificate; `None` if it is from elsewhere.
    fn response(&self, certificate: &Certificate, at: UnixTime) -> Option<Bytes> {
        self.with(|ca| {
            let issuers = [ca.root().clone(), ca.issuer().clone()];
            let issuer = issuers.into_iter().find(|i| certificate.is_issued_by(i))?;
            let request = ocsp::request(certificate, &issuer).unwrap();
            Some(Bytes::from(simpul_lab::ocsp::respond(ca, &request, at, Some(OCSP_VALIDITY))))
        })
    }
}

fn issued() -> UnixTime {
    NOW.minus(Duration::from_secs(3600))
}

/// A certificate chain as it is presented: the leaf, then what stands between it and the root.
pub(crate) fn chain(signer: &SoftSigner) -> Vec<Certificate> {
    use simpul_trust::token::Signer;
    std::iter::once(signer.certificate()).chain(signer.chain()).cloned().collect()
}

/// The OCSP responses that a node has.
#[derive(Clone)]
pub(crate) struct Ocsp {
    authorities: [Authority; 2],
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Certificates for which there is no response.
    without: HashSet<[u8; 32]>,
    /// Whether peers do not say what they have.
    peers_are_silent: bool,
    /// How old every response is.
    age: Duration,
    /// Addresses of peers that were asked.
    asked: Vec<String>,
}

impl Ocsp {
    pub(crate) fn of(authorities: [Authority; 2]) -> Self {
        Self { authorities, state: Arc::default() }
    }

    /// From now on there is no response for this certificate.
    pub(crate) fn lose(&self, certificate: &Certificate) {
        self.state.lock().unwrap().without.insert(certificate.sha256());
    }

    /// From now on every response is this old.
    pub(crate) fn age(&self, age: Duration) {
        self.state.lock().unwrap().age = age;
    }

    /// From now on no peer can be asked.
    pub(crate) fn ask_in_vain(&self) {
        self.state.lock().unwrap().peers_are_silent = true;
    }

    /// Addresses of peers that were asked for responses, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }

    /// The responses for a chain, or the first certificate without one.
    pub(crate) fn responses(&self, chain: &[Certificate], at: UnixTime) -> Result<Vec<Bytes>, OcspUnavailable> {
        let State { without, age, .. } = &*self.state.lock().unwrap();
        let response = |certificate: &Certificate| {
            let known = Some(certificate).filter(|c| !without.contains(&c.sha256()));
            let found = known.and_then(|c| self.authorities.iter().find_map(|a| a.response(c, at.minus(*age))));
            found.ok_or_else(|| OcspUnavailable { subject: certificate.subject_text(), cause: None })
        };
        chain.iter().map(response).collect()
    }
}

#[async_trait]
impl OcspSource for Ocsp {
    fn own(&self, chain: &[Certificate], at: UnixTime) -> Result<Vec<Bytes>, OcspUnavailable> {
        self.responses(chain, at)
    }

    async fn of_peer(
        &self,
        address: &str,
        chain: &[Certificate],
        _conf: &GlobalConf,
        at: UnixTime,
    ) -> Result<Vec<Bytes>, OcspUnavailable> {
        let mut state = self.state.lock().unwrap();
        state.asked.push(address.to_owned());
        if state.peers_are_silent {
            return Err(OcspUnavailable { subject: address.to_owned(), cause: Some(super::road::unreachable()) });
        }
        drop(state);
        // What is missing is missed by whoever needs it.
        Ok(chain
            .iter()
            .filter_map(|certificate| self.responses(std::slice::from_ref(certificate), at).ok())
            .flatten()
            .collect())
    }
}

/// A client's member.
pub(crate) fn member(client: &str) -> MemberId {
    client.parse::<ClientId>().unwrap().member().clone()
}
