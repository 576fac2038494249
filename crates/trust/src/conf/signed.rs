//! Proving a published configuration (wire.md §8.3): first the signature, then what it covers, then each part.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use openssl::error::ErrorStack;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use simpul_core::ident::Instance;
use simpul_core::{UnixTime, limits};
use simpul_wire::gconf::{
    Anchor, DirectoryContent, FormatVersion, PartEntry, PartKind, SignatureScheme, SignedDirectory, tree,
};

use super::error::ConfError;
use super::location::Location;
use super::part::{Content, LoadedPart, Origin};
use crate::cert::{Certificate, KeyAlgorithm};
use crate::hash;
use crate::token::message_digest;

/// Ends of a location that are looked for among files.
const LOCATION_ENDS: usize = 16;

/// A directory whose signature was verified and which had not expired at the moment of the check.
#[derive(Clone, Debug)]
pub struct VerifiedDirectory {
    instance: Instance,
    bytes: Bytes,
    sha256: [u8; 32],
    content: DirectoryContent,
}

/// A directory with the parts that were accepted under it.
#[derive(Clone, Debug)]
pub struct Published {
    /// The directory.
    pub directory: VerifiedDirectory,
    /// Parts, in the order of the directory.
    pub parts: Vec<LoadedPart>,
}

/// Verifies a directory of `instance` against the certificates of the location it came from.
///
/// In this order (§8.3): the outer parts are read, the certificate is found by its hash, the signature is
/// verified, the signed data is read, and Expire-date must lie after `at`. Every part must belong to `instance`.
/// The certificate's own validity and path are not judged: the anchor says that it is good.
pub fn verify_directory(
    instance: &Instance,
    certificates: &[Vec<u8>],
    bytes: Bytes,
    at: UnixTime,
) -> Result<VerifiedDirectory, ConfError> {
    let unreadable = |cause| ConfError::Directory { instance: instance.clone(), cause };
    let directory = SignedDirectory::parse(&bytes).map_err(unreadable)?;
    let signature = directory.signature();
    let named = &signature.certificate;
    let certificate = certificates.iter().find(|c| hash::digest(named.algorithm(), c) == *named).ok_or_else(|| {
        ConfError::NoVerificationCertificate { instance: instance.clone(), hash: STANDARD.encode(named.as_bytes()) }
    })?;
    let certificate = Certificate::from_der_or_pem(certificate)
        .map_err(|cause| ConfError::VerificationCertificate { instance: instance.clone(), cause })?;
    if !holds(&certificate, signature.scheme, directory.signed(), &signature.value) {
        return Err(ConfError::Signature(instance.clone()));
    }
    let content = directory.content().map_err(unreadable)?;
    if content.expires <= at {
        return Err(ConfError::Expired { instance: instance.clone(), expires: content.expires, at });
    }
    if let Some((entry, found)) =
        content.parts.iter().filter_map(|e| Some((e, e.instance.as_ref()?))).find(|(_, i)| *i != instance)
    {
        let (part, found) = (entry.name(), found.clone());
        return Err(ConfError::PartInstance { part, found, expected: instance.clone() });
    }
    let sha256 = openssl::sha::sha256(&bytes);
    Ok(VerifiedDirectory { instance: instance.clone(), bytes, sha256, content })
}

/// Whether the signature holds; a key that does not fit the scheme is a signature that does not.
fn holds(certificate: &Certificate, scheme: SignatureScheme, data: &[u8], value: &[u8]) -> bool {
    match (scheme, certificate.key_algorithm()) {
        (SignatureScheme::RsaPkcs1(digest), KeyAlgorithm::Rsa) | (SignatureScheme::Ecdsa(digest), KeyAlgorithm::Ec) => {
            certificate.verifies(digest, data, value)
        }
        (SignatureScheme::RsaPss(_), KeyAlgorithm::Rsa) => pss_holds(certificate, scheme, data, value).unwrap_or(false),
        (SignatureScheme::RsaPkcs1(_) | SignatureScheme::RsaPss(_), KeyAlgorithm::Ec)
        | (SignatureScheme::Ecdsa(_), KeyAlgorithm::Rsa) => false,
    }
}

fn pss_holds(
    certificate: &Certificate,
    scheme: SignatureScheme,
    data: &[u8],
    value: &[u8],
) -> Result<bool, ErrorStack> {
    let Some(digest) = message_digest(scheme.digest()) else { return Ok(false) };
    let mut verifier = Verifier::new(digest, certificate.public_key())?;
    verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
    verifier.set_rsa_mgf1_md(digest)?;
    verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    verifier.verify_oneshot(value, data)
}

impl VerifiedDirectory {
    /// The instance that published it.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The octets as they came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of the octets: by this a log record cites the configuration.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The end of validity.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.content.expires
    }

    /// The format of the parts.
    #[must_use]
    pub fn format(&self) -> FormatVersion {
        self.content.format()
    }

    /// The parts that it lists, in its order.
    #[must_use]
    pub fn entries(&self) -> &[PartEntry] {
        &self.content.parts
    }

    /// Whether octets have the hash that an entry lists.
    #[must_use]
    pub fn fits(entry: &PartEntry, bytes: &[u8]) -> bool {
        hash::digest(entry.hash.algorithm(), bytes) == entry.hash
    }

    /// Accepts the octets of a listed part: size, hash, schema of the format, and the instance named inside.
    pub fn accept(&self, entry: &PartEntry, bytes: Bytes) -> Result<LoadedPart, ConfError> {
        let part = entry.name();
        if !self.content.parts.contains(entry) {
            return Err(ConfError::PartNotListed(part));
        }
        if bytes.len() > limits::CONF_PART {
            return Err(ConfError::PartTooLarge { part, octets: bytes.len() });
        }
        if !Self::fits(entry, &bytes) {
            return Err(ConfError::PartHash(part));
        }
        let format = self.content.format();
        let content = match Content::read(&entry.kind, format, &bytes) {
            Ok(content) => content,
            Err(cause) => return Err(ConfError::Part { part, cause }),
        };
        match content.instance() {
            Some(found) if *found != self.instance => {
                Err(ConfError::PartInstance { part, found: found.clone(), expected: self.instance.clone() })
            }
            _ => Ok(LoadedPart {
                kind: entry.kind.clone(),
                instance: self.instance.clone(),
                format,
                expires: Some(self.content.expires),
                origin: Origin::Signed { directory: self.sha256 },
                bytes,
                content: Arc::new(content),
            }),
        }
    }
}

impl Published {
    /// The part of this kind.
    #[must_use]
    pub fn part(&self, kind: &PartKind) -> Option<&LoadedPart> {
        self.parts.iter().find(|p| p.kind() == kind)
    }

    /// The files that [`load`] and [`load_tree`] read again: the directory under `name`, such as `internalconf`,
    /// and each part under the name by which a client stores it (§8.2). Parts without a plain name are left out.
    #[must_use]
    pub fn files(&self, name: &str) -> BTreeMap<String, Bytes> {
        let named = self.directory.entries().iter().filter_map(|entry| {
            let part = self.parts.iter().find(|p| p.kind == entry.kind)?;
            Some((tree::stored_name(entry)?.to_owned(), part.bytes.clone()))
        });
        let mut files: BTreeMap<_, _> = named.collect();
        files.insert(name.to_owned(), self.directory.bytes.clone());
        files
    }
}

/// A verified directory, and the judgement of each part that it lists.
#[derive(Debug)]
pub struct Examination {
    /// The directory.
    pub directory: VerifiedDirectory,
    /// Parts in the order of the directory, accepted or refused.
    pub parts: Vec<Result<LoadedPart, ConfError>>,
}

impl Examination {
    /// The configuration if every part was accepted, else the first refusal.
    pub fn published(self) -> Result<Published, ConfError> {
        let parts = self.parts.into_iter().collect::<Result<_, _>>()?;
        Ok(Published { directory: self.directory, parts })
    }
}

/// Proves one published version from files that were read before, such as `fixtures/signed-globalconf/V6`.
///
/// The directory is the file named by the last segment of the anchor's URL ([`Location::file_name`]). Each part that it lists is the file
/// whose path is the longest end of its location, or the name by which a client stores it. All must be there.
pub fn load(anchor: &Anchor, files: &BTreeMap<String, Bytes>, at: UnixTime) -> Result<Published, ConfError> {
    examine(anchor, files, at)?.published()
}

/// As [`load`], but tells of each part by itself: for a report to people. Only a directory that does not hold is an
/// error here.
pub fn examine(anchor: &Anchor, files: &BTreeMap<String, Bytes>, at: UnixTime) -> Result<Examination, ConfError> {
    examine_below(anchor, "", files, at)
}

/// A configuration with its federated instances, each proved or refused by itself.
#[derive(Debug)]
pub struct SignedTree {
    /// The own instance.
    pub own: Published,
    /// The others, by the anchors of the own private parameters.
    pub federated: BTreeMap<Instance, Result<Published, ConfError>>,
}

impl SignedTree {
    /// All parts that were proved; instances that were refused are left out, as expired ones must be (§8.2).
    #[must_use]
    pub fn parts(&self) -> Vec<LoadedPart> {
        let federated = self.federated.values().filter_map(|p| p.as_ref().ok());
        let shared = federated.flat_map(|p| p.parts.iter().filter(|part| part.kind == PartKind::Shared));
        self.own.parts.iter().chain(shared).cloned().collect()
    }
}

/// Proves a configuration with its federated instances, from the files of [`Published::files`]: those of the own
/// instance at the top, those of each other instance in the folder of its name ([`tree::folder_name`]).
///
/// The anchors of federated instances are those of the own private parameters; an instance without a folder is
/// left out. Which of them a node federates with ([`super::download::AllowedFederations`]) is the caller's question.
pub fn load_tree(anchor: &Anchor, files: &BTreeMap<String, Bytes>, at: UnixTime) -> Result<SignedTree, ConfError> {
    let own = load(anchor, files, at)?;
    let private = own.part(&PartKind::Private).and_then(LoadedPart::private);
    let federated = private.into_iter().flat_map(|p| &p.anchors).filter(|a| a.instance != anchor.instance);
    let folders = federated.map(|a| (a, format!("{}/", tree::folder_name(&a.instance))));
    let there = folders.filter(|(_, folder)| files.keys().any(|path| path.starts_with(folder)));
    let federated = there
        .map(|(a, folder)| (a.instance.clone(), examine_below(a, &folder, files, at).and_then(Examination::published)))
        .collect();
    Ok(SignedTree { own, federated })
}

fn examine_below(
    anchor: &Anchor,
    folder: &str,
    files: &BTreeMap<String, Bytes>,
    at: UnixTime,
) -> Result<Examination, ConfError> {
    let locations = Location::of_anchor(anchor);
    let file = |name: &str| files.get(&format!("{folder}{name}"));
    let found = locations.iter().map(Location::file_name).find_map(|name| Some((name, file(name)?)));
    let Some((name, bytes)) = found else {
        let mut names: Vec<_> = locations.iter().map(Location::file_name).collect();
        names.dedup();
        return Err(ConfError::NoDirectory { instance: anchor.instance.clone(), names: names.join(", ") });
    };
    let here = locations.iter().filter(|l| l.file_name() == name);
    let certificates: Vec<_> = here.flat_map(|l| l.certificates.iter().cloned()).collect();
    let directory = verify_directory(&anchor.instance, &certificates, bytes.clone(), at)?;
    let judge = |entry: &PartEntry| {
        let path = entry.location.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
        let ends = std::iter::successors(Some(path), |p| p.split_once('/').map(|(_, rest)| rest));
        let bytes = ends.take(LOCATION_ENDS).chain(tree::stored_name(entry)).find_map(file);
        directory.accept(entry, bytes.ok_or_else(|| ConfError::PartMissing(entry.name()))?.clone())
    };
    let parts = directory.entries().iter().map(judge).collect();
    Ok(Examination { directory, parts })
}
