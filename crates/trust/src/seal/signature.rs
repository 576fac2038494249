//! Reading a signature. Everything is found by its fixed path from the root, never by searching; Ids must be
//! unique, so that a reference means one element (dependencies.md, trap 10).

use std::collections::HashSet;

use roxmltree::{Document, Node};
use simpul_core::{DigestAlgorithm, UnixTime};

use super::SealError;
use super::algorithm::{self, SignatureAlgorithm};
use super::c14n::{self, Canonicalization};
use super::parts;
use super::shape::{self, Children, DS, Name, ShapeError, XADES};
use crate::hash;

/// Namespaces of the root element: the one of X-Road, and the one that X-Road wrote before.
pub(super) const ASIC: [&str; 2] = ["http://uri.etsi.org/02918/v1.2.1#", "http://uri.etsi.org/02918/v1.1.1#"];
/// Id of the old manifest of timestamps (wire.md §5.4, rule 6).
const TIMESTAMP_MANIFEST: &str = "ts-root-manifest";

/// How much of X-Road's form a signature must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// A message between security servers: exactly X-Road's form, as its schema check wants it (§5.4, rule 2).
    Message,
    /// A container, which other tools may have written: also a bare `ds:Signature` (dependencies.md, trap 1).
    Container,
}

/// A signature, as far as rules ask for it. It proves nothing yet.
pub(crate) struct Signature<'d> {
    /// Whether the root is `ds:Signature` itself: the form of other tools.
    pub(crate) bare: bool,
    pub(crate) signed_info: Node<'d, 'd>,
    pub(crate) canonicalization: Canonicalization,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) references: Vec<Reference<'d>>,
    pub(crate) value_node: Node<'d, 'd>,
    pub(crate) value: Vec<u8>,
    /// The first certificate of KeyInfo, DER.
    pub(crate) certificate: Vec<u8>,
    pub(crate) signed_properties: Node<'d, 'd>,
    pub(crate) signed_properties_id: &'d str,
    pub(crate) signing_time: Option<UnixTime>,
    /// Digest of the signing certificate, if the signed properties have one.
    pub(crate) certificate_digest: Option<(Option<DigestAlgorithm>, Vec<u8>)>,
    /// The policy, as far as it can be read.
    pub(crate) policy: Option<Policy>,
    /// The claimed role of the signer, if there is one only.
    pub(crate) role: Option<String>,
    pub(crate) unsigned: Unsigned<'d>,
}

/// The policy that a signature was made under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) identifier: String,
    /// Digest of its text; the algorithm is missing if it is none that anything may rest on.
    pub(crate) digest: Option<(Option<DigestAlgorithm>, Vec<u8>)>,
}

/// One `ds:Reference`.
pub(crate) struct Reference<'d> {
    pub(crate) uri: &'d str,
    pub(crate) transform: Option<Canonicalization>,
    pub(crate) method: DigestAlgorithm,
    pub(crate) digest: Vec<u8>,
}

/// What the signature does not cover: each of it is verified on its own (dependencies.md, trap 11).
#[derive(Default)]
pub(crate) struct Unsigned<'d> {
    /// The unsigned signature properties, which take a timestamp.
    pub(crate) node: Option<Node<'d, 'd>>,
    /// Timestamp tokens, DER, with the method that canonicalizes what they cover.
    pub(crate) timestamps: Vec<(Vec<u8>, Canonicalization)>,
    /// Intermediate certificates, DER.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// OCSP responses, DER.
    pub(crate) ocsp: Vec<Vec<u8>>,
}

impl<'d> Signature<'d> {
    /// Reads the only signature of a document.
    pub(crate) fn read(document: &'d Document<'d>, demand: Demand) -> Result<Self, SealError> {
        let root = document.root_element();
        let bare = root.has_tag_name((DS, "Signature"));
        let node = match bare {
            true => root,
            false => only_signature(root)?,
        };
        // A bare signature is its own root, and never its first child.
        if demand == Demand::Message && root.first_child() != Some(node) {
            return Err(SealError::Place);
        }
        unambiguous(document)?;
        Self::parts(node, bare)
    }

    /// Whether it has a reference to this part.
    pub(crate) fn refers_to(&self, uri: &str) -> bool {
        self.references.iter().any(|r| parts::same(r.uri, uri))
    }

    fn parts(node: Node<'d, 'd>, bare: bool) -> Result<Self, SealError> {
        let mut children = Children::of(node).map_err(SealError::Shape)?;
        let signed_info = children.required((DS, "SignedInfo")).map_err(SealError::Shape)?;
        let value_node = children.required((DS, "SignatureValue")).map_err(SealError::Shape)?;
        let key_info = children.required((DS, "KeyInfo")).map_err(SealError::Shape)?;
        let object = children.required((DS, "Object")).map_err(SealError::Shape)?;
        children.end().map_err(SealError::Shape)?;
        if !bare {
            prefix(node, "ds")?;
            prefix(object, "ds")?;
        }

        let mut info = Children::of(signed_info).map_err(SealError::Shape)?;
        let canonicalization = info.required((DS, "CanonicalizationMethod")).map_err(SealError::Shape)?;
        let method = info.required((DS, "SignatureMethod")).map_err(SealError::Shape)?;
        let mut references = Vec::new();
        while let Some(reference) = info.optional((DS, "Reference")) {
            references.push(Reference::read(reference)?);
        }
        info.end().map_err(SealError::Shape)?;

        let properties = only_child(object, (XADES, "QualifyingProperties"))?;
        let target = shape::attribute(properties, "Target").map_err(SealError::Shape)?;
        if target.strip_prefix('#').is_none_or(|id| node.attribute("Id") != Some(id)) {
            return Err(SealError::Target);
        }
        let mut properties = Children::of(properties).map_err(SealError::Shape)?;
        let signed_properties = properties.required((XADES, "SignedProperties")).map_err(SealError::Shape)?;
        let unsigned = properties.optional((XADES, "UnsignedProperties"));
        properties.end().map_err(SealError::Shape)?;
        let signed = Signed::read(signed_properties)?;

        Ok(Self {
            bare,
            signed_info,
            canonicalization: algorithm::canonicalization(canonicalization).map_err(SealError::Algorithm)?,
            algorithm: algorithm::signature_method(method).map_err(SealError::Algorithm)?,
            references,
            value_node,
            value: shape::base64(value_node).map_err(SealError::Shape)?,
            certificate: certificate(key_info, bare)?,
            signed_properties,
            signed_properties_id: shape::attribute(signed_properties, "Id").map_err(SealError::Shape)?,
            signing_time: signed.time,
            certificate_digest: signed.certificate_digest,
            policy: signed.policy,
            role: signed.role,
            unsigned: unsigned.map(|node| Unsigned::read(node, bare)).transpose()?.unwrap_or_default(),
        })
    }
}

impl<'d> Reference<'d> {
    fn read(node: Node<'d, 'd>) -> Result<Self, SealError> {
        let mut children = Children::of(node).map_err(SealError::Shape)?;
        let transforms = children.optional((DS, "Transforms"));
        let method = children.required((DS, "DigestMethod")).map_err(SealError::Shape)?;
        let digest = children.required((DS, "DigestValue")).map_err(SealError::Shape)?;
        children.end().map_err(SealError::Shape)?;
        Ok(Self {
            uri: shape::attribute(node, "URI").map_err(SealError::Shape)?,
            transform: transforms.map(algorithm::transform).transpose().map_err(SealError::Algorithm)?,
            method: algorithm::digest_method(method).map_err(SealError::Algorithm)?,
            digest: shape::base64(digest).map_err(SealError::Shape)?,
        })
    }
}

/// What is read of the signed properties. For a message none of it decides (§5.4), so what cannot be read is left out;
/// an agreement needs all of it.
struct Signed {
    time: Option<UnixTime>,
    certificate_digest: Option<(Option<DigestAlgorithm>, Vec<u8>)>,
    policy: Option<Policy>,
    role: Option<String>,
}

impl Signed {
    fn read(node: Node<'_, '_>) -> Result<Self, SealError> {
        let mut children = Children::of(node).map_err(SealError::Shape)?;
        let properties = children.required((XADES, "SignedSignatureProperties")).map_err(SealError::Shape)?;
        children.optional((XADES, "SignedDataObjectProperties"));
        children.end().map_err(SealError::Shape)?;
        let time = child(properties, "SigningTime").and_then(|n| n.text()?.trim_ascii().parse().ok());
        let certificate = child(properties, "SigningCertificate").or_else(|| child(properties, "SigningCertificateV2"));
        let digest = certificate.and_then(|n| child(child(n, "Cert")?, "CertDigest"));
        Ok(Self {
            time,
            certificate_digest: digest.and_then(|n| certificate_digest(n).ok()),
            policy: child(properties, "SignaturePolicyIdentifier").and_then(policy),
            role: child(properties, "SignerRole").and_then(role),
        })
    }
}

impl<'d> Unsigned<'d> {
    fn read(node: Node<'d, 'd>, bare: bool) -> Result<Self, SealError> {
        let mut children = Children::of(node).map_err(SealError::Shape)?;
        let mut unsigned = Self::default();
        let Some(properties) = children.optional((XADES, "UnsignedSignatureProperties")) else { return Ok(unsigned) };
        if !bare {
            prefix(properties, "xades")?;
        }
        unsigned.node = Some(properties);
        let (mut refs, mut values) = (Vec::new(), Vec::new());
        let mut properties = Children::of(properties).map_err(SealError::Shape)?;
        while let Some(property) = properties.any() {
            match (property.tag_name().namespace(), property.tag_name().name()) {
                (Some(XADES), "SignatureTimeStamp") => unsigned.timestamps.push(timestamp(property)?),
                (Some(XADES), "CompleteCertificateRefs") => refs.extend(all(property, "CertRefs", "Cert")),
                (Some(XADES), "CertificateValues") => values.extend(certificate_values(property)?),
                (Some(XADES), "RevocationValues") => {
                    let found = all(property, "OCSPValues", "EncapsulatedOCSPValue");
                    let octets = found.map(|n| shape::base64(n).map_err(SealError::Shape));
                    unsigned.ocsp.extend(octets.collect::<Result<Vec<_>, _>>()?);
                }
                (Some(XADES), _) => {}
                (_, name) if !bare => return Err(SealError::Shape(shape::unexpected(name, property))),
                (_, _) => {}
            }
        }
        unsigned.certificates = match bare {
            true => values.into_iter().map(|(_, der)| der).collect(),
            false => refs.into_iter().map(|n| referenced(n, &values)).collect::<Result<_, _>>()?,
        };
        Ok(unsigned)
    }
}

/// The signature in X-Road's root element, which must hold nothing else.
fn only_signature<'d>(root: Node<'d, 'd>) -> Result<Node<'d, 'd>, SealError> {
    let name = root.tag_name();
    if name.name() != "XAdESSignatures" || !name.namespace().is_some_and(|n| ASIC.contains(&n)) {
        return Err(SealError::Place);
    }
    only_child(root, (DS, "Signature"))
}

/// Fails unless there is one signature in the whole document and every Id is unique.
fn unambiguous(document: &Document<'_>) -> Result<(), SealError> {
    let (mut ids, mut signatures) = (HashSet::new(), 0);
    for node in document.descendants().filter(Node::is_element) {
        signatures += usize::from(node.has_tag_name((DS, "Signature")));
        if let Some(id) = node.attribute("Id") {
            if id == TIMESTAMP_MANIFEST {
                return Err(SealError::TimestampManifest);
            }
            if !ids.insert(id) {
                return Err(SealError::DuplicateId(id.to_owned()));
            }
        }
    }
    if signatures == 1 { Ok(()) } else { Err(SealError::SignatureCount(signatures)) }
}

/// X-Road finds these elements by their prefixed name (§5.4, rule 1).
fn prefix(node: Node<'_, '_>, expected: &str) -> Result<(), SealError> {
    let name = c14n::element_name(node.document().input_text(), node);
    match name.split_once(':').is_some_and(|(prefix, _)| prefix == expected) {
        true => Ok(()),
        false => Err(SealError::Prefix(name.to_owned())),
    }
}

/// The signing certificate: the first of KeyInfo. X-Road writes nothing else; other tools add to it.
fn certificate(key_info: Node<'_, '_>, bare: bool) -> Result<Vec<u8>, SealError> {
    let node = if bare {
        let data = key_info.children().find(|n| n.has_tag_name((DS, "X509Data")));
        data.and_then(|n| n.children().find(|n| n.has_tag_name((DS, "X509Certificate"))))
            .ok_or_else(|| SealError::Shape(shape::missing("X509Certificate", key_info)))?
    } else {
        only_child(only_child(key_info, (DS, "X509Data"))?, (DS, "X509Certificate"))?
    };
    shape::base64(node).map_err(SealError::Shape)
}

/// A timestamp token. Old versions of X-Road put it directly into `SignatureTimeStamp`.
fn timestamp(node: Node<'_, '_>) -> Result<(Vec<u8>, Canonicalization), SealError> {
    let method = node.children().find(|n| n.has_tag_name((DS, "CanonicalizationMethod")));
    let method = method.map(algorithm::canonicalization).transpose().map_err(SealError::Algorithm)?;
    let token = shape::base64(child(node, "EncapsulatedTimeStamp").unwrap_or(node)).map_err(SealError::Shape)?;
    Ok((token, method.unwrap_or(Canonicalization::Inclusive)))
}

/// Id and octets of each certificate that the signature carries.
fn certificate_values(node: Node<'_, '_>) -> Result<Vec<(String, Vec<u8>)>, SealError> {
    let values = node.children().filter(|n| n.has_tag_name((XADES, "EncapsulatedX509Certificate")));
    let id = |n: Node<'_, '_>| n.attribute("Id").unwrap_or_default().to_owned();
    values.map(|n| Ok((id(n), shape::base64(n).map_err(SealError::Shape)?))).collect()
}

/// The certificate that a `Cert` of the certificate references names, if it has the digest that it states (§5.4,
/// rule 7).
fn referenced(cert: Node<'_, '_>, values: &[(String, Vec<u8>)]) -> Result<Vec<u8>, SealError> {
    let uri = shape::attribute(cert, "URI").map_err(SealError::Shape)?;
    let wrong = || SealError::Intermediate(uri.to_owned());
    let id = uri.strip_prefix('#').filter(|id| !id.is_empty()).ok_or_else(wrong)?;
    let (_, der) = values.iter().find(|(i, _)| i == id).ok_or_else(wrong)?;
    let digest = Children::of(cert).and_then(|mut c| c.required((XADES, "CertDigest"))).map_err(SealError::Shape)?;
    match certificate_digest(digest).map_err(SealError::Shape)? {
        (Some(algorithm), said) if hash::digest(algorithm, der).as_bytes() == said => Ok(der.clone()),
        _ => Err(wrong()),
    }
}

/// A `CertDigest`, or another pair of method and value; no algorithm if it is none that anything may rest on.
fn certificate_digest(node: Node<'_, '_>) -> Result<(Option<DigestAlgorithm>, Vec<u8>), ShapeError> {
    let mut children = Children::of(node)?;
    let method = children.required((DS, "DigestMethod"))?;
    let value = children.required((DS, "DigestValue"))?;
    children.end()?;
    Ok((algorithm::digest_method(method).ok(), shape::base64(value)?))
}

fn policy(node: Node<'_, '_>) -> Option<Policy> {
    let id = child(node, "SignaturePolicyId")?;
    let identifier = child(child(id, "SigPolicyId")?, "Identifier")?;
    let digest = child(id, "SigPolicyHash").and_then(|n| certificate_digest(n).ok());
    Some(Policy { identifier: shape::text(identifier).ok()?.into_owned(), digest })
}

fn role(node: Node<'_, '_>) -> Option<String> {
    let mut roles = Children::of(child(node, "ClaimedRoles")?).ok()?;
    let role = roles.required((XADES, "ClaimedRole")).ok()?;
    roles.end().ok()?;
    shape::text(role).ok().map(|text| text.into_owned())
}

fn only_child<'d>(node: Node<'d, 'd>, name: Name) -> Result<Node<'d, 'd>, SealError> {
    let mut children = Children::of(node).map_err(SealError::Shape)?;
    let child = children.required(name).map_err(SealError::Shape)?;
    children.end().map_err(SealError::Shape)?;
    Ok(child)
}

fn child<'d>(node: Node<'d, 'd>, name: &'static str) -> Option<Node<'d, 'd>> {
    node.children().find(|n| n.has_tag_name((XADES, name)))
}

/// The elements called `name` in the element called `list`.
fn all<'d>(node: Node<'d, 'd>, list: &'static str, name: &'static str) -> impl Iterator<Item = Node<'d, 'd>> {
    let lists = node.children().filter(move |n| n.has_tag_name((XADES, list)));
    lists.flat_map(move |n| n.children().filter(move |n| n.has_tag_name((XADES, name))))
}
