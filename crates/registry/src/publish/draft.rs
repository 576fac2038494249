//! From a membership to signed files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use simpul_core::{DigestAlgorithm, UnixTime};
use simpul_trust::cert::{Certificate, KeyAlgorithm};
use simpul_trust::hash;
use simpul_trust::token::Signer;
use simpul_wire::gconf::shared::{
    ApprovedCa, ApprovedTsa, CaInfo, ConfSource, GlobalGroup, Maintenance, Member, MemberClassInfo, OcspInfo,
    SecurityServer, Subsystem,
};
use simpul_wire::gconf::{
    Anchor, AnchorSource, DirectoryContent, DirectorySignature, FormatVersion, PartEntry, PartKind, PrivateParams,
    SharedParams, SignatureScheme, SignedDirectory,
};

use super::membership::{CaEntry, Membership};
use super::{PublishError, check};

/// Whom a directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Members of the instance.
    Internal,
    /// Federated instances.
    External,
}

impl Side {
    /// The name of the directory (§8.3).
    #[must_use]
    pub fn directory_name(self) -> &'static str {
        match self {
            Self::Internal => "internalconf",
            Self::External => "externalconf",
        }
    }
}

/// The certificates of the keys that sign configurations. The first of each side is that of the active key; the
/// others are published so that clients trust them before they become active. Neither side may be empty.
#[derive(Clone, Debug)]
pub struct SigningCertificates {
    /// For the internal directory.
    pub internal: Vec<Certificate>,
    /// For the external directory.
    pub external: Vec<Certificate>,
}

impl SigningCertificates {
    /// The certificates of a side.
    #[must_use]
    pub fn of(&self, side: Side) -> &[Certificate] {
        match side {
            Side::Internal => &self.internal,
            Side::External => &self.external,
        }
    }
}

/// A configuration that lacks only its signatures.
#[derive(Clone, Debug)]
pub struct Draft {
    expires: UnixTime,
    published: UnixTime,
    files: BTreeMap<String, Bytes>,
    internal: Unsigned,
    external: Unsigned,
}

#[derive(Clone, Debug)]
struct Unsigned {
    data: Bytes,
    boundaries: [String; 2],
    certificate: Certificate,
    scheme: SignatureScheme,
}

/// A signed configuration as files.
#[derive(Clone, Debug)]
pub struct Publication {
    expires: UnixTime,
    published: UnixTime,
    files: BTreeMap<String, Bytes>,
}

impl Membership {
    /// Builds what is published at `at`; it expires at `at` plus the validity, in whole seconds rounded down.
    ///
    /// `serial`, below 1000000, tells publications of one millisecond apart. The same arguments give the same octets.
    pub fn draft(&self, keys: &SigningCertificates, at: UnixTime, serial: u32) -> Result<Draft, PublishError> {
        check::check(self)?;
        let stamp = stamp(at, serial)?;
        let version = FormatVersion::V6;
        let shared = Bytes::from(self.shared(keys).write().map_err(PublishError::Document)?);
        let private = Bytes::from(self.private().write().map_err(PublishError::Document)?);
        let expires = UnixTime::from_secs(at.plus(self.validity).secs());
        let mut files = BTreeMap::new();
        let mut entry = |kind: PartKind, bytes: Bytes| {
            let name = kind.file_name().unwrap_or_default();
            let hash = hash::sha512(&bytes);
            files.insert(format!("V{version}/{stamp}/{name}"), bytes);
            let location = format!("/V{version}/{stamp}/{name}");
            PartEntry { kind, instance: Some(self.instance.clone()), location, file_name: None, hash }
        };
        let shared = entry(PartKind::Shared, shared);
        let private = entry(PartKind::Private, private);
        let unsigned = |side, parts| {
            let certificate = keys.of(side).first().cloned().ok_or(PublishError::Missing("signing certificate"))?;
            let content = DirectoryContent { expires, version: Some(version), parts };
            Unsigned::new(&content, certificate, &format!("{stamp} {side:?}"))
        };
        Ok(Draft {
            expires,
            published: at,
            internal: unsigned(Side::Internal, vec![private, shared.clone()])?,
            external: unsigned(Side::External, vec![shared])?,
            files,
        })
    }

    /// The anchor that leads to a side, one source for each central server, over plain HTTP as X-Road writes it: its
    /// clients try the `https` twin by themselves (§8.2).
    #[must_use]
    pub fn anchor(&self, side: Side, keys: &SigningCertificates, at: UnixTime) -> Anchor {
        let certificates: Vec<_> = keys.of(side).iter().map(|c| c.der().to_vec()).collect();
        let source = |address: &String| AnchorSource {
            url: format!("http://{address}/{}", side.directory_name()),
            certificates: certificates.clone(),
        };
        let sources = self.addresses.iter().map(source).collect();
        Anchor { generated_at: Some(at), instance: self.instance.clone(), sources }
    }

    fn shared(&self, keys: &SigningCertificates) -> SharedParams {
        let der = |certificates: &[Certificate]| certificates.iter().map(|c| c.der().to_vec()).collect::<Vec<_>>();
        let source = |address: &String| ConfSource {
            address: address.clone(),
            internal_certificates: der(&keys.internal),
            external_certificates: der(&keys.external),
        };
        let members = self.members.iter().map(|m| Member {
            id: m.id.clone(),
            class_description: self.classes.get(&m.id.class).cloned().unwrap_or_default(),
            name: m.name.clone(),
            subsystems: m.subsystems.iter().map(|s| Subsystem { code: s.code.clone(), name: s.name.clone() }).collect(),
        });
        let servers = self.servers.iter().map(|s| SecurityServer {
            owner: s.id.owner.clone(),
            code: s.id.code.clone(),
            address: s.address.clone(),
            auth_cert_hashes: s.auth_certificates.iter().map(|h| h.to_vec()).collect(),
            clients: s.clients.clone(),
            maintenance: s.maintenance.clone().map(|message| Maintenance { message }),
        });
        let groups = self.groups.iter().map(|g| GlobalGroup {
            code: g.code.clone(),
            description: g.description.clone(),
            members: g.members.clone(),
        });
        let classes = self
            .classes
            .iter()
            .map(|(code, description)| MemberClassInfo { code: code.clone(), description: description.clone() });
        let cas = self.certification.iter().map(|s| ApprovedCa {
            name: s.name.clone(),
            authentication_only: s.authentication_only,
            top: ca_info(&s.top),
            intermediates: s.intermediates.iter().map(ca_info).collect(),
            profile: s.profile.class_name(),
            csr_format: None,
            acme: None,
        });
        let tsas = self.timestamping.iter().map(|s| ApprovedTsa {
            name: s.name.clone(),
            url: s.url.clone(),
            certificate: s.certificate.der().to_vec(),
            cost: None,
        });
        SharedParams {
            instance: self.instance.clone(),
            sources: self.addresses.iter().map(source).collect(),
            approved_cas: cas.collect(),
            approved_tsas: tsas.collect(),
            members: members.collect(),
            servers: servers.collect(),
            groups: groups.collect(),
            member_classes: classes.collect(),
            ocsp_freshness: self.ocsp_freshness,
        }
    }

    fn private(&self) -> PrivateParams {
        PrivateParams {
            instance: self.instance.clone(),
            anchors: self.federation.clone(),
            management: self.management.clone(),
            timestamping_interval: self.timestamping_interval,
        }
    }
}

fn ca_info(ca: &CaEntry) -> CaInfo {
    let ocsp = ca.ocsp.iter().map(|o| OcspInfo {
        url: o.url.clone(),
        certificate: o.certificate.as_ref().map(|c| c.der().to_vec()),
        cost: None,
    });
    CaInfo { certificate: ca.certificate.der().to_vec(), ocsp: ocsp.collect() }
}

impl Unsigned {
    fn new(content: &DirectoryContent, certificate: Certificate, seed: &str) -> Result<Self, PublishError> {
        let scheme = match certificate.key_algorithm() {
            KeyAlgorithm::Rsa => SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha512),
            KeyAlgorithm::Ec => SignatureScheme::Ecdsa(DigestAlgorithm::Sha512),
        };
        let boundaries = [boundary(seed, "outer"), boundary(seed, "inner")];
        let [_, inner] = &boundaries;
        let data = Bytes::from(content.write(inner).map_err(PublishError::Directory)?);
        Ok(Self { data, boundaries, certificate, scheme })
    }

    fn signed(self, value: Vec<u8>) -> Result<Bytes, PublishError> {
        if !self.certificate.verifies(self.scheme.digest(), &self.data, &value) {
            return Err(PublishError::OtherKey);
        }
        let certificate = hash::sha512(self.certificate.der());
        let signature = DirectorySignature { scheme: self.scheme, certificate, value };
        let [outer, inner] = &self.boundaries;
        let directory = SignedDirectory::new(self.data, inner, outer, signature).map_err(PublishError::Directory)?;
        Ok(Bytes::from(directory.write()))
    }
}

impl Draft {
    /// What the active key of a side signs, and the digest to sign it with: RSA PKCS #1 v1.5, or ECDSA in DER.
    #[must_use]
    pub fn to_sign(&self, side: Side) -> (&[u8], DigestAlgorithm) {
        let unsigned = match side {
            Side::Internal => &self.internal,
            Side::External => &self.external,
        };
        (&unsigned.data, unsigned.scheme.digest())
    }

    /// The publication with these signatures, which are verified first: what no client would accept is not published.
    pub fn with_signatures(self, internal: Vec<u8>, external: Vec<u8>) -> Result<Publication, PublishError> {
        let mut files = self.files;
        for (side, unsigned, value) in
            [(Side::Internal, self.internal, internal), (Side::External, self.external, external)]
        {
            files.insert(format!("V6/{}", side.directory_name()), unsigned.signed(value)?);
        }
        Ok(Publication { expires: self.expires, published: self.published, files })
    }

    /// Has both sides signed.
    pub async fn sign(self, internal: &dyn Signer, external: &dyn Signer) -> Result<Publication, PublishError> {
        let (data, digest) = self.to_sign(Side::Internal);
        let first = internal.sign(digest, data).await.map_err(PublishError::Sign)?;
        let (data, digest) = self.to_sign(Side::External);
        let second = external.sign(digest, data).await.map_err(PublishError::Sign)?;
        self.with_signatures(first, second)
    }
}

impl Publication {
    /// The end of validity.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.expires
    }

    /// When it was made.
    #[must_use]
    pub fn published(&self) -> UnixTime {
        self.published
    }

    /// Its files by their paths, such as `V6/internalconf` and `V6/20261121100000000000000/shared-params.xml`.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Bytes> {
        &self.files
    }

    /// Whether it should be replaced at `at`: one generation interval has passed since it was made.
    #[must_use]
    pub fn is_due(&self, at: UnixTime, interval: Duration) -> bool {
        at >= self.published.plus(interval)
    }
}

/// The folder of a publication: `uuuuMMddHHmmssnnnnnnnnn` in UTC (§8.3).
fn stamp(at: UnixTime, serial: u32) -> Result<String, PublishError> {
    if serial >= 1_000_000 {
        return Err(PublishError::Serial(serial));
    }
    let digits: String = at.to_string().chars().filter(char::is_ascii_digit).collect();
    Ok(format!("{digits}{serial:06}"))
}

/// Twenty hexadecimal digits that follow from the seed.
fn boundary(seed: &str, which: &str) -> String {
    let digest = hash::sha512(format!("{seed} {which}").as_bytes());
    digest.as_bytes().iter().take(10).fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wire.md §8.3: the fixture of 2025-11-10T17:00:00.548026 is in 20251110170000548026000.
    #[test]
    fn folders_are_named_by_their_moment() {
        let at = "2025-11-10T17:00:00.548Z".parse().unwrap();
        assert_eq!(stamp(at, 26_000).unwrap(), "20251110170000548026000");
        assert_eq!(stamp(at, 999_999).unwrap().len(), 23);
        assert!(stamp(at, 1_000_000).is_err());
    }

    #[test]
    fn boundaries_differ_and_repeat() {
        assert_eq!(boundary("a", "outer"), boundary("a", "outer"));
        assert_ne!(boundary("a", "outer"), boundary("a", "inner"));
        assert_ne!(boundary("a", "outer"), boundary("b", "outer"));
        assert_eq!(boundary("a", "outer").len(), 20);
    }
}
