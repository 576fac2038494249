//! Seals made and checked with certificates of a test authority.

mod authority;
mod foreign;
mod property;
mod rules;
mod shape;
mod stamp;
mod wrapping;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use simpul_core::{Code, DigestAlgorithm, UnixTime};
use simpul_wire::Seal;

pub(crate) use self::authority::{AT, Authority, FRESHNESS, Kind};
use super::shape::{DS, XADES};
use super::*;
use crate::hash;
use crate::token::SoftSigner;

/// The result of a future that never waits.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

/// A sealed message of a member, and all that is needed to check it.
struct Case {
    authority: Authority,
    signer: SoftSigner,
    parts: Parts,
    seal: Seal,
}

impl Case {
    /// A message with so many attachments.
    fn new(kind: Kind, attachments: usize) -> Self {
        let authority = Authority::new();
        let signer = authority.member(kind, authority.id());
        let attachments = (0..attachments).map(|n| hash::sha512(format!("body {n}").as_bytes())).collect();
        let parts = Parts::of(&Bytes::from_static(b"message"), attachments);
        let ocsp = [authority.ocsp(crate::token::Signer::certificate(&signer))];
        let seal = now(seal(&parts, &signer, &ocsp, AT)).unwrap();
        Self { authority, signer, parts, seal }
    }

    fn xml(&self) -> &str {
        std::str::from_utf8(&self.seal.signature).unwrap()
    }

    /// The same seal with another signature.
    fn with(&self, xml: &str) -> Seal {
        Seal { signature: Bytes::copy_from_slice(xml.as_bytes()), ..self.seal.clone() }
    }

    fn check(&self, seal: &Seal) -> Result<SealFacts, SealError> {
        self.check_at(seal, AT)
    }

    fn check_at(&self, seal: &Seal, at: UnixTime) -> Result<SealFacts, SealError> {
        verify::check(&self.parts, seal, self.authority.id(), &self.authority.conf, at)
    }

    fn path(&self, seal: &Seal) -> Vec<Code> {
        self.check(seal).map(|_| Vec::new()).unwrap_or_else(|e| e.path())
    }

    /// The path of the fault after an edit of the signature that its signer has signed again.
    fn resigned(&self, from: &str, to: &str) -> Vec<Code> {
        self.path(&self.with(&resign(&replaced(self.xml(), from, to), &self.signer)))
    }

    /// The path of the fault after an edit of the signature.
    fn edited(&self, from: &str, to: &str) -> Vec<Code> {
        self.path(&self.with(&replaced(self.xml(), from, to)))
    }
}

/// The text with its only `from` replaced.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replacen(from, to, 1)
}

/// The text between two marks, the marks included.
pub(crate) fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let (start, _) = text.match_indices(open).next().unwrap();
    let end = text[start..].find(close).unwrap() + start + close.len();
    &text[start..end]
}

/// Digests the first signed properties anew and signs the first signed information anew.
pub(crate) fn resign(xml: &str, signer: &SoftSigner) -> String {
    let canonical = |xml: &str, name: (&str, &str)| {
        let document = roxmltree::Document::parse(xml).unwrap();
        let node = document.descendants().find(|n| n.has_tag_name(name)).unwrap();
        c14n::element(node, &c14n::Canonicalization::Inclusive).unwrap()
    };
    let reference = between(xml, "<ds:Reference Id=\"signature-reference-1\"", "</ds:Reference>");
    let old = between(reference, "<ds:DigestValue>", "</ds:DigestValue>");
    let digest = hash::sha512(&canonical(xml, (XADES, "SignedProperties")));
    let new = format!("<ds:DigestValue>{}</ds:DigestValue>", STANDARD.encode(digest.as_bytes()));
    let xml = xml.replace(reference, &reference.replace(old, &new));
    let der = signer.sign_now(DigestAlgorithm::Sha512, &canonical(&xml, (DS, "SignedInfo"))).unwrap();
    let value = write::raw_value_of(der, signer);
    let old = between(&xml, "<ds:SignatureValue Id=\"signature-value\">", "</ds:SignatureValue>");
    let new = format!("<ds:SignatureValue Id=\"signature-value\">{}</ds:SignatureValue>", STANDARD.encode(value));
    xml.replace(old, &new)
}
