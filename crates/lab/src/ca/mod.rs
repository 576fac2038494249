//! A certification authority for the laboratory: a root, an intermediate if wanted, an OCSP signer for each, and a
//! timestamping authority (wire.md §10.3).

mod issue;
mod store;
mod subject;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use openssl::pkey::{HasPublic, PKeyRef};
use openssl::x509::X509Name;
use simpul_core::UnixTime;
use simpul_trust::cert::{CertError, Certificate};
use simpul_trust::token::{SignError, Signer, SoftSigner};

use self::issue::{Content, Use, generate};
pub use self::subject::{AuthRequest, SignRequest, SubjectLayout};

/// The kind of key that a lab CA makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum KeyKind {
    /// RSA, 2,048 bits.
    #[default]
    Rsa2048,
    /// The curve secp256r1.
    P256,
}

/// What a new CA is made of.
#[derive(Clone, Debug)]
pub struct CaPlan {
    /// Its name: the common name of the root is `{name} Root CA`.
    pub name: String,
    /// Whether an intermediate CA issues, or the root itself.
    pub intermediate: bool,
    /// The kind of every key.
    pub key: KeyKind,
    /// First second of validity.
    pub from: UnixTime,
    /// How long everything stays valid; X-Road's test CA uses 7,300 days.
    pub lifetime: Duration,
}

impl CaPlan {
    /// RSA keys, no intermediate, 7,300 days.
    #[must_use]
    pub fn named(name: &str, from: UnixTime) -> Self {
        let lifetime = Duration::from_secs(7300 * 24 * 3600);
        Self { name: name.to_owned(), intermediate: false, key: KeyKind::default(), from, lifetime }
    }
}

/// A certification authority. It lives in memory; [`Self::save`] and [`Self::load`] keep it in a folder.
pub struct LabCa {
    name: String,
    key: KeyKind,
    lifetime: Duration,
    root: Authority,
    issuing: Option<Authority>,
    tsa: SoftSigner,
    next_serial: u64,
    issued: BTreeMap<u64, Issued>,
}

/// One CA and the OCSP signer that it issued.
pub(crate) struct Authority {
    ca: SoftSigner,
    pub(crate) ocsp: SoftSigner,
}

impl Authority {
    pub(crate) fn certificate(&self) -> &Certificate {
        self.ca.certificate()
    }
}

/// Which of a lab's CAs issued a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Root,
    Issuing,
}

pub(crate) struct Issued {
    pub(crate) issuer: Level,
    subject: String,
    pub(crate) revoked: Option<UnixTime>,
}

impl LabCa {
    /// A new CA with new keys.
    pub fn create(plan: &CaPlan) -> Result<Self, LabError> {
        let mut maker = Maker { plan, next_serial: 1, issued: BTreeMap::new() };
        let root = maker.authority("Root", None)?;
        let issuing = match plan.intermediate {
            true => Some(maker.authority("Issuing", Some(&root))?),
            false => None,
        };
        let (level, issuer) = match &issuing {
            Some(issuing) => (Level::Issuing, issuing),
            None => (Level::Root, &root),
        };
        let tsa = maker.service(level, &issuer.ca, "TSA", Use::Tsa)?;
        let Maker { next_serial, issued, .. } = maker;
        let name = plan.name.clone();
        Ok(Self { name, key: plan.key, lifetime: plan.lifetime, root, issuing, tsa, next_serial, issued })
    }

    /// The root certificate: `topCA` of a global configuration.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.root.certificate()
    }

    /// The certificate that issues to members: the intermediate, or the root.
    #[must_use]
    pub fn issuer(&self) -> &Certificate {
        self.issuing.as_ref().unwrap_or(&self.root).certificate()
    }

    /// The intermediate CA certificates, without the root: what a signer's chain holds.
    #[must_use]
    pub fn intermediates(&self) -> Vec<Certificate> {
        self.issuing.iter().map(|i| i.certificate().clone()).collect()
    }

    /// The certificates of the OCSP signers: the root's, and the intermediate's if there is one.
    #[must_use]
    pub fn ocsp_certificates(&self) -> Vec<Certificate> {
        [Some(&self.root), self.issuing.as_ref()].into_iter().flatten().map(|a| a.ocsp.certificate().clone()).collect()
    }

    /// The timestamping authority's key and certificate.
    #[must_use]
    pub fn tsa(&self) -> &SoftSigner {
        &self.tsa
    }

    pub(crate) fn authority(&self, level: Level) -> &Authority {
        match (level, &self.issuing) {
            (Level::Issuing, Some(issuing)) => issuing,
            (Level::Issuing, None) | (Level::Root, _) => &self.root,
        }
    }

    pub(crate) fn levels(&self) -> impl Iterator<Item = Level> {
        std::iter::once(Level::Root).chain(self.issuing.as_ref().map(|_| Level::Issuing))
    }

    pub(crate) fn record(&self, serial: u64) -> Option<&Issued> {
        self.issued.get(&serial)
    }

    /// Issues a signing certificate for a member's key, valid from `at`: keyUsage nonRepudiation, critical.
    pub fn issue_sign(
        &mut self,
        layout: SubjectLayout,
        request: &SignRequest<'_>,
        key: &PKeyRef<impl HasPublic>,
        at: UnixTime,
    ) -> Result<Certificate, LabError> {
        self.issue(request.subject(layout)?, Use::Sign, key, at)
    }

    /// Issues an authentication certificate for a security server's key, valid from `at`: keyUsage and
    /// extendedKeyUsage for TLS, with the DNS name as subject alternative name.
    pub fn issue_auth(
        &mut self,
        layout: SubjectLayout,
        request: &AuthRequest<'_>,
        key: &PKeyRef<impl HasPublic>,
        at: UnixTime,
    ) -> Result<Certificate, LabError> {
        self.issue(request.subject(layout)?, Use::Auth { dns: request.dns }, key, at)
    }

    /// A new key with a signing certificate.
    pub fn new_sign_key(
        &mut self,
        layout: SubjectLayout,
        request: &SignRequest<'_>,
        at: UnixTime,
    ) -> Result<SoftSigner, LabError> {
        let key = generate(self.key)?;
        let certificate = self.issue_sign(layout, request, &key, at)?;
        SoftSigner::new(key, certificate, self.intermediates()).map_err(LabError::Key)
    }

    /// A new key with an authentication certificate.
    pub fn new_auth_key(
        &mut self,
        layout: SubjectLayout,
        request: &AuthRequest<'_>,
        at: UnixTime,
    ) -> Result<SoftSigner, LabError> {
        let key = generate(self.key)?;
        let certificate = self.issue_auth(layout, request, &key, at)?;
        SoftSigner::new(key, certificate, self.intermediates()).map_err(LabError::Key)
    }

    /// Revokes a certificate from `at` on. Twice is harmless: the earlier moment stays.
    pub fn revoke(&mut self, certificate: &Certificate, at: UnixTime) -> Result<(), LabError> {
        let unknown = || LabError::NotIssued(certificate.serial_decimal());
        let serial: u64 = certificate.serial_decimal().parse().map_err(|_| unknown())?;
        let level = self.levels().find(|l| certificate.is_issued_by(self.authority(*l).certificate()));
        let record = self.issued.get_mut(&serial).filter(|r| Some(r.issuer) == level).ok_or_else(unknown)?;
        record.revoked = Some(record.revoked.map_or(at, |earlier| earlier.min(at)));
        Ok(())
    }

    fn issue(
        &mut self,
        subject: X509Name,
        purpose: Use<'_>,
        key: &PKeyRef<impl HasPublic>,
        at: UnixTime,
    ) -> Result<Certificate, LabError> {
        let serial = self.next_serial;
        let level = if self.issuing.is_some() { Level::Issuing } else { Level::Root };
        let ca = &self.authority(level).ca;
        let not_after = at.plus(self.lifetime).min(ca.certificate().not_after());
        let content = Content { subject, serial, not_before: at, not_after, purpose };
        let made = issue::certificate(&content, key, Some(ca.certificate()), ca.private_key())?;
        self.next_serial = serial.saturating_add(1);
        self.issued.insert(serial, Issued { issuer: level, subject: made.subject_rfc2253(), revoked: None });
        Ok(made)
    }
}

/// Makes a CA's own certificates.
struct Maker<'a> {
    plan: &'a CaPlan,
    next_serial: u64,
    issued: BTreeMap<u64, Issued>,
}

impl Maker<'_> {
    /// A CA below `above`, or a root, with its OCSP signer.
    fn authority(&mut self, kind: &str, above: Option<&Authority>) -> Result<Authority, LabError> {
        let level = if above.is_some() { Level::Issuing } else { Level::Root };
        let key = generate(self.plan.key)?;
        let content = self.content(&format!("{kind} CA"), Use::Ca)?;
        let certificate = match above {
            Some(Authority { ca, .. }) => issue::certificate(&content, &key, Some(ca.certificate()), ca.private_key())?,
            None => issue::certificate(&content, &key, None, &key)?,
        };
        self.keep(Level::Root, &content, &certificate);
        let ca = SoftSigner::new(key, certificate, vec![]).map_err(LabError::Key)?;
        let ocsp = self.service(level, &ca, &format!("{kind} OCSP"), Use::Ocsp)?;
        Ok(Authority { ca, ocsp })
    }

    fn service(&mut self, level: Level, ca: &SoftSigner, kind: &str, purpose: Use<'_>) -> Result<SoftSigner, LabError> {
        let key = generate(self.plan.key)?;
        let content = self.content(kind, purpose)?;
        let certificate = issue::certificate(&content, &key, Some(ca.certificate()), ca.private_key())?;
        self.keep(level, &content, &certificate);
        let chain = match level {
            Level::Root => vec![],
            Level::Issuing => vec![ca.certificate().clone()],
        };
        SoftSigner::new(key, certificate, chain).map_err(LabError::Key)
    }

    fn content<'a>(&self, kind: &str, purpose: Use<'a>) -> Result<Content<'a>, LabError> {
        Ok(Content {
            subject: subject::service(&format!("{} {kind}", self.plan.name))?,
            serial: self.next_serial,
            not_before: self.plan.from,
            not_after: self.plan.from.plus(self.plan.lifetime),
            purpose,
        })
    }

    fn keep(&mut self, issuer: Level, content: &Content<'_>, certificate: &Certificate) {
        let subject = certificate.subject_rfc2253();
        self.issued.insert(content.serial, Issued { issuer, subject, revoked: None });
        self.next_serial = content.serial.saturating_add(1);
    }
}

/// Why a lab CA did not do it.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// OpenSSL refused.
    #[error("OpenSSL failed")]
    OpenSsl(#[source] openssl::error::ErrorStack),
    /// A name or structure could not be encoded.
    #[error("a value cannot be encoded")]
    Encoding(#[source] der::Error),
    /// A certificate that was made or kept cannot be read.
    #[error("a lab certificate cannot be read")]
    Certificate(#[source] CertError),
    /// A key cannot be used.
    #[error("a lab key cannot be used")]
    Key(#[source] SignError),
    /// The certificate to revoke is not from here.
    #[error("this CA did not issue the certificate with serial number {0}")]
    NotIssued(String),
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// `ca.json` is not what it should be.
    #[error("{} is not readable", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// Where it failed.
        #[source]
        cause: serde_json::Error,
    },
    /// `ca.json` of a version that is not known.
    #[error("{} has version {version}, this program reads version 1", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// The folder holds another CA.
    #[error("{} holds another CA", .0.display())]
    Occupied(PathBuf),
}
