//! The closed lists of algorithms and transforms. What is not named here is refused (I4).

use roxmltree::Node;
use simpul_core::DigestAlgorithm;

use super::c14n::Canonicalization;
use super::shape::{self, Children, DS, ShapeError};
use crate::cert::KeyAlgorithm;

/// How a seal is signed (wire.md §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SignatureAlgorithm {
    /// The scheme.
    pub scheme: Scheme,
    /// The digest under it: SHA-256, SHA-384 or SHA-512.
    pub digest: DigestAlgorithm,
}

/// A signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RSA PKCS #1 v1.5.
    RsaPkcs1,
    /// RSA PSS with MGF1 of the same digest, for devices that are configured so (wire.md §5.1). Read, not written.
    RsaPss,
    /// ECDSA, the two numbers one after the other.
    Ecdsa,
}

impl SignatureAlgorithm {
    /// Every algorithm that a seal may be signed with, and its XML identifier.
    #[rustfmt::skip]
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::new(Scheme::RsaPkcs1, DigestAlgorithm::Sha512), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        (Self::new(Scheme::RsaPkcs1, DigestAlgorithm::Sha384), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
        (Self::new(Scheme::RsaPkcs1, DigestAlgorithm::Sha256), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
        (Self::new(Scheme::Ecdsa, DigestAlgorithm::Sha512), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
        (Self::new(Scheme::Ecdsa, DigestAlgorithm::Sha384), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
        (Self::new(Scheme::Ecdsa, DigestAlgorithm::Sha256), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        (Self::new(Scheme::RsaPss, DigestAlgorithm::Sha512), "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"),
        (Self::new(Scheme::RsaPss, DigestAlgorithm::Sha384), "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"),
        (Self::new(Scheme::RsaPss, DigestAlgorithm::Sha256), "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
    ];

    const fn new(scheme: Scheme, digest: DigestAlgorithm) -> Self {
        Self { scheme, digest }
    }

    /// What a key of this kind signs with: SHA-512, X-Road's default (wire.md §5.1).
    #[must_use]
    pub fn for_key(key: KeyAlgorithm) -> Self {
        let scheme = match key {
            KeyAlgorithm::Rsa => Scheme::RsaPkcs1,
            KeyAlgorithm::Ec => Scheme::Ecdsa,
        };
        Self::new(scheme, DigestAlgorithm::Sha512)
    }

    /// Its XML identifier.
    #[must_use]
    pub fn uri(self) -> &'static str {
        Self::ALL.into_iter().find(|(a, _)| *a == self).map_or("", |(_, uri)| uri)
    }

    /// The algorithm with this XML identifier, compared exactly.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, u)| *u == uri).map(|(a, _)| a)
    }
}

/// Why an algorithm element cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlgorithmError {
    /// Not on the list, or too weak for what rests on it.
    #[error("{element} names `{uri}`, which is not accepted")]
    Refused {
        /// Local name of the element.
        element: String,
        /// The identifier.
        uri: String,
    },
    /// Not of the expected shape.
    #[error("an algorithm that is not well described")]
    Shape(#[source] ShapeError),
}

/// The digest of a `ds:DigestMethod` or `DefaultDigestMethod`. Broken digests are refused (dependencies.md, I4).
pub(crate) fn digest_method(node: Node<'_, '_>) -> Result<DigestAlgorithm, AlgorithmError> {
    let uri = identifier(node)?;
    Children::of(node).and_then(|c| c.end()).map_err(AlgorithmError::Shape)?;
    DigestAlgorithm::from_uri(uri).filter(|a| a.is_strong()).ok_or_else(|| refused(node, uri))
}

/// The algorithm of a `ds:SignatureMethod`.
pub(crate) fn signature_method(node: Node<'_, '_>) -> Result<SignatureAlgorithm, AlgorithmError> {
    let uri = identifier(node)?;
    Children::of(node).and_then(|c| c.end()).map_err(AlgorithmError::Shape)?;
    SignatureAlgorithm::from_uri(uri).ok_or_else(|| refused(node, uri))
}

/// The method of a `ds:CanonicalizationMethod` or `ds:Transform`.
pub(crate) fn canonicalization(node: Node<'_, '_>) -> Result<Canonicalization, AlgorithmError> {
    let uri = identifier(node)?;
    let mut children = Children::of(node).map_err(AlgorithmError::Shape)?;
    let method = match uri {
        Canonicalization::INCLUSIVE => Canonicalization::Inclusive,
        Canonicalization::EXCLUSIVE => {
            let inclusive = children.optional((Canonicalization::EXCLUSIVE, "InclusiveNamespaces"));
            let prefixes =
                inclusive.and_then(|n| n.attribute("PrefixList")).unwrap_or_default().split_ascii_whitespace();
            Canonicalization::Exclusive(
                prefixes.map(|p| if p == "#default" { String::new() } else { p.to_owned() }).collect(),
            )
        }
        _ => return Err(refused(node, uri)),
    };
    children.end().map_err(AlgorithmError::Shape)?;
    Ok(method)
}

/// The one transform of a `ds:Transforms`. A second one could only repeat the first and is refused.
pub(crate) fn transform(node: Node<'_, '_>) -> Result<Canonicalization, AlgorithmError> {
    let mut children = Children::of(node).map_err(AlgorithmError::Shape)?;
    let method = canonicalization(children.required((DS, "Transform")).map_err(AlgorithmError::Shape)?)?;
    children.end().map_err(AlgorithmError::Shape)?;
    Ok(method)
}

fn identifier<'d>(node: Node<'d, '_>) -> Result<&'d str, AlgorithmError> {
    shape::only_attributes(node, &["Algorithm"]).map_err(AlgorithmError::Shape)?;
    shape::attribute(node, "Algorithm").map_err(AlgorithmError::Shape)
}

fn refused(node: Node<'_, '_>, uri: &str) -> AlgorithmError {
    AlgorithmError::Refused { element: node.tag_name().name().to_owned(), uri: uri.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    fn with<T>(element: &str, uri: &str, content: &str, read: impl Fn(Node<'_, '_>) -> T) -> T {
        let xml = format!("<{element} xmlns='{DS}' Algorithm='{uri}'>{content}</{element}>");
        read(Document::parse(&xml).unwrap().root_element())
    }

    /// wire.md §5.3: identifiers; dependencies.md: SHA-1 and MD5 prove nothing.
    #[test]
    fn weak_and_unknown_algorithms_are_refused() {
        let signature = |uri: &str| with("SignatureMethod", uri, "", signature_method);
        for (algorithm, uri) in SignatureAlgorithm::ALL {
            assert_eq!(signature(uri), Ok(algorithm));
            assert_eq!(algorithm.uri(), uri);
        }
        for uri in [
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA512",
            "",
        ] {
            assert!(signature(uri).is_err(), "{uri}");
        }
        for algorithm in DigestAlgorithm::ALL {
            let read = with("DigestMethod", algorithm.uri(), "", digest_method);
            assert_eq!(read.is_ok(), algorithm.is_strong(), "{algorithm:?}");
        }
        assert!(with("DigestMethod", DigestAlgorithm::Sha512.uri(), "<x/>", digest_method).is_err());
    }

    #[test]
    fn transforms_are_a_closed_list() {
        let read = |uri: &str, content: &str| with("Transform", uri, content, canonicalization);
        assert_eq!(read(Canonicalization::INCLUSIVE, ""), Ok(Canonicalization::Inclusive));
        let list =
            format!("<i:InclusiveNamespaces xmlns:i='{}' PrefixList='a #default'/>", Canonicalization::EXCLUSIVE);
        let prefixes = vec!["a".to_owned(), String::new()];
        assert_eq!(read(Canonicalization::EXCLUSIVE, &list), Ok(Canonicalization::Exclusive(prefixes)));
        assert!(read(Canonicalization::INCLUSIVE, &list).is_err());
        for uri in [
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
            "http://www.w3.org/TR/1999/REC-xpath-19991116",
            "http://www.w3.org/2000/09/xmldsig#base64",
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        ] {
            assert!(read(uri, "").is_err(), "{uri}");
        }
        let one = format!("<Transform Algorithm='{}'/>", Canonicalization::INCLUSIVE);
        assert!(with("Transforms", "", "", transform).is_err());
        let transforms = |content: &str| {
            let xml = format!("<Transforms xmlns='{DS}'>{content}</Transforms>");
            transform(Document::parse(&xml).unwrap().root_element())
        };
        assert_eq!(transforms(&one), Ok(Canonicalization::Inclusive));
        assert!(transforms(&one.repeat(2)).is_err());
    }
}
