//! Judging the certificate of a peer's security server (wire.md §3.5), whole.

use bytes::Bytes;
use simpul_core::{ClientId, Code, ServerId, UnixTime};

use super::proven;
use super::snapshot::GlobalConf;
use crate::cert::{CertError, Certificate, verify_path};
use crate::ocsp::{self, OcspError};

/// What the peer is in the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerRole {
    /// The provider's server, judged by the consumer's: the anchor is the CA that issued the leaf.
    Provider,
    /// The consumer's server, judged by the provider's: the anchor is the CA that issued the last certificate.
    Consumer,
}

/// Why a peer's certificate does not authenticate it. Every reason is `ssl_authentication_failed` (§3.1, §3.5).
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The peer presented no certificate.
    #[error("the peer presented no certificate")]
    NoCertificate,
    /// The leaf is not an authentication certificate (§3.5.1).
    #[error("the peer's certificate {subject} is not an authentication certificate")]
    NotAuthentication {
        /// The subject of the leaf.
        subject: String,
    },
    /// The leaf does not say what it is for (§3.5.1).
    #[error("the use of the peer's certificate {subject} cannot be told")]
    Usage {
        /// The subject of the leaf.
        subject: String,
        /// Why.
        #[source]
        cause: CertError,
    },
    /// No approved CA of the client's instance has the name of the issuer.
    #[error("the certificate {subject} is not issued by an approved certification service of {client}'s instance")]
    UnknownIssuer {
        /// The subject of the certificate whose issuer is the anchor.
        subject: String,
        /// The client that the peer acts for.
        client: ClientId,
    },
    /// There is no valid path (§3.5.2).
    #[error("the peer's certificate {subject} has no valid path")]
    Path {
        /// The subject of the leaf.
        subject: String,
        /// Why.
        #[source]
        cause: CertError,
    },
    /// No OCSP response is for this certificate (§3.5.3).
    #[error("Cannot verify TLS certificate, corresponding OCSP response is missing for {subject}")]
    NoOcsp {
        /// The subject of the certificate.
        subject: String,
    },
    /// The OCSP response does not prove that the certificate is good (§3.8).
    #[error("the OCSP response for {subject} does not hold")]
    Ocsp {
        /// The subject of the certificate.
        subject: String,
        /// Why.
        #[source]
        cause: OcspError,
    },
    /// The certificate belongs to a server that does not serve the client (§3.5.4).
    #[error("Client '{client}' is not registered at security server {server}")]
    NotServed {
        /// The client.
        client: ClientId,
        /// The server that registered the certificate.
        server: Box<ServerId>,
    },
    /// The certificate belongs to no server (§3.5.4).
    #[error("Authentication certificate {subject} is not associated with any security server")]
    NotRegistered {
        /// The subject of the leaf.
        subject: String,
    },
}

impl PeerRole {
    fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Consumer => "consumer",
        }
    }
}

impl AuthError {
    /// The code of the fault.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NoCertificate
            | Self::NotAuthentication { .. }
            | Self::Usage { .. }
            | Self::UnknownIssuer { .. }
            | Self::Path { .. }
            | Self::NoOcsp { .. }
            | Self::Ocsp { .. }
            | Self::NotServed { .. }
            | Self::NotRegistered { .. } => Code::SslAuthenticationFailed,
        }
    }
}

impl GlobalConf {
    /// Judges the certificates that a peer presented, leaf first, for the client that it acts for (§3.5).
    ///
    /// In this order: the leaf is an authentication certificate; there is a path to an approved CA of the client's
    /// instance; each certificate of the path but the anchor has a good OCSP response among `ocsp`; a server that
    /// registered the leaf serves the client. The answer is that server.
    ///
    /// Where several CA certificates have the name of the issuer, one of them has to do. What was proved for the same
    /// octets is not proved again while it holds.
    pub fn check_auth_certificate(
        &self,
        role: PeerRole,
        chain: &[Certificate],
        client: &ClientId,
        ocsp: &[Bytes],
        at: UnixTime,
    ) -> Result<ServerId, AuthError> {
        let ders: Vec<&[u8]> = chain.iter().map(Certificate::der).collect();
        let responses: Vec<&[u8]> = ocsp.iter().map(|r| &**r).collect();
        let key = proven::key(&[role.name(), &client.to_string()], [ders.as_slice(), responses.as_slice()]);
        if let Some(server) = self.proven().peers.at(&key, at) {
            return Ok(server);
        }
        let (server, until) = self.prove(role, chain, client, ocsp, at)?;
        self.proven().peers.keep(key, at, until, server.clone());
        Ok(server)
    }

    /// The server, and the first moment at which that may not hold any more.
    fn prove(
        &self,
        role: PeerRole,
        chain: &[Certificate],
        client: &ClientId,
        ocsp: &[Bytes],
        at: UnixTime,
    ) -> Result<(ServerId, UnixTime), AuthError> {
        let (leaf, extra) = chain.split_first().ok_or(AuthError::NoCertificate)?;
        let subject = leaf.subject_text();
        match leaf.is_authentication() {
            Ok(true) => {}
            Ok(false) => return Err(AuthError::NotAuthentication { subject }),
            Err(cause) => return Err(AuthError::Usage { subject, cause }),
        }
        let path = self.path(role, leaf, extra, client, at)?;
        let mut until = proven::path_end(&path).min(self.end_of(client.instance()));
        for pair in path.windows(2) {
            if let [certificate, issuer] = pair {
                until = until.min(self.check_ocsp(certificate, issuer, ocsp, at)?);
            }
        }
        Ok((self.serving(leaf, client, at)?, until))
    }

    fn path(
        &self,
        role: PeerRole,
        leaf: &Certificate,
        extra: &[Certificate],
        client: &ClientId,
        at: UnixTime,
    ) -> Result<Vec<Certificate>, AuthError> {
        let issued = match role {
            PeerRole::Provider => leaf,
            PeerRole::Consumer => extra.last().unwrap_or(leaf),
        };
        let issuer = issued.issuer_der();
        let instance = self.live(client.instance(), at);
        let mut failure = AuthError::UnknownIssuer { subject: issued.subject_text(), client: client.clone() };
        for anchor in instance.into_iter().flat_map(|i| i.cas_named(&issuer).rev()) {
            match verify_path(leaf, extra, &anchor.cert, at) {
                Ok(path) => return Ok(path),
                Err(cause) => failure = AuthError::Path { subject: leaf.subject_text(), cause },
            }
        }
        Err(failure)
    }

    /// The first response for the certificate decides (§3.8). Until when it does.
    fn check_ocsp(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        responses: &[Bytes],
        at: UnixTime,
    ) -> Result<UnixTime, AuthError> {
        let subject = certificate.subject_text();
        let rules = self.ocsp_rules(issuer);
        for response in responses {
            match ocsp::verify(response, certificate, issuer, &rules, at) {
                Ok(facts) => return Ok(facts.until(&rules)),
                Err(OcspError::OtherCertificate { .. }) => {}
                Err(cause) => return Err(AuthError::Ocsp { subject, cause }),
            }
        }
        Err(AuthError::NoOcsp { subject })
    }

    fn serving(&self, leaf: &Certificate, client: &ClientId, at: UnixTime) -> Result<ServerId, AuthError> {
        let own = self.own_format();
        let mut registered = self.live(client.instance(), at).into_iter().flat_map(|i| i.servers_with(leaf, own));
        let Some(first) = registered.next() else {
            return Err(match self.as_of(at).knows_auth_certificate(leaf) {
                Some(server) => AuthError::NotServed { client: client.clone(), server: Box::new(server.clone()) },
                None => AuthError::NotRegistered { subject: leaf.subject_text() },
            });
        };
        std::iter::once(first)
            .chain(registered)
            .find(|s| s.clients.contains(client))
            .map(|s| s.id.clone())
            .ok_or_else(|| AuthError::NotServed { client: client.clone(), server: Box::new(first.id.clone()) })
    }
}
