//! Verifying a container (wire.md §6.4, §7.1).

use simpul_core::{Code, DigestAlgorithm, UnixTime};
use simpul_wire::xml;

use super::{AsicError, Container, Entry, Sender, SenderError};
use crate::conf::GlobalConf;
use crate::seal::c14n::Canonicalization;
use crate::seal::chain::{self, ChainError, Data, Sources};
use crate::seal::{self, CHAIN_RESULT, Check, MESSAGE, SealError, SealFacts, Subject, c14n};
use crate::seal::{Demand, Material, Signature};
use crate::tsp::{self, TokenFacts, TspError};

/// What a container proves: who sealed the message, and that it was sealed by the time of the timestamp.
#[derive(Clone, Debug)]
pub struct ContainerVerdict {
    /// Who sent the message, as the message says and the seal proves.
    pub sender: Sender,
    /// What the seal proves, judged at the time of the timestamp. `data` lists what is covered: an attachment that
    /// is not in the container has `verified: false`. The checks are in [`ContainerVerdict::checks`].
    pub seal: SealFacts,
    /// The timestamp.
    pub timestamp: TokenFacts,
    /// What the timestamp covers.
    pub stamped: Stamped,
    /// What was looked at and what was not, in order.
    pub checks: Vec<Check>,
}

/// What a timestamp covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamped {
    /// The signature value (§6.2).
    Signature,
    /// The result of a hash chain over many signatures, this one among them (§6.3).
    Batch,
}

/// Why a container does not prove what it seems to.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is no container.
    #[error("no container that can be read")]
    Container(#[source] AsicError),
    /// The message does not say who sent it.
    #[error("the message in the container cannot be read")]
    Sender(#[source] SenderError),
    /// The signature covers neither the message nor a hash chain.
    #[error("the signature covers neither {MESSAGE} nor {CHAIN_RESULT}")]
    NothingSigned,
    /// There is no timestamp.
    #[error("the container has no timestamp")]
    NoTimestamp,
    /// The timestamp does not hold.
    #[error("the timestamp does not hold")]
    Timestamp(#[source] TspError),
    /// The chain from the timestamp to the signature does not hold.
    #[error("the hash chain of the timestamp does not hold")]
    TimestampChain(#[source] ChainError),
    /// The seal does not hold.
    #[error("the seal does not hold")]
    Seal(#[source] SealError),
}

impl VerifyError {
    /// The stages and the code of the fault (§5.4, §6.4, §7.1).
    #[must_use]
    pub fn path(&self) -> Vec<Code> {
        match self {
            Self::Container(cause) => cause.path(),
            Self::Sender(cause) => vec![cause.code()],
            Self::NothingSigned | Self::TimestampChain(_) => vec![Code::MalformedSignature],
            Self::NoTimestamp => vec![Code::AsicTimestampNotFound],
            Self::Timestamp(cause) => vec![cause.code()],
            Self::Seal(cause) => cause.path(),
        }
    }
}

/// Verifies a container with the trust of a configuration; whether that has expired is the caller's question.
///
/// Certificates and OCSP responses are judged at the time of the timestamp. `at` is the present: a timestamp of
/// the future is recorded among the checks. Every attachment in the container must be covered by the signature and
/// unchanged; X-Road would list a changed one as unverified. What the message says beyond its sender is the
/// caller's to read.
pub fn verify_container(
    container: &Container,
    conf: &GlobalConf,
    at: UnixTime,
) -> Result<ContainerVerdict, VerifyError> {
    let text = seal::signature_text(&container.signature).map_err(VerifyError::Seal)?;
    let text = c14n::normalized(text);
    let document = xml::parse(&text).map_err(|e| VerifyError::Seal(SealError::Xml(e)))?;
    let signature = Signature::read(&document, Demand::Container).map_err(VerifyError::Seal)?;
    if !signature.refers_to(MESSAGE) && !signature.refers_to(CHAIN_RESULT) {
        return Err(VerifyError::NothingSigned);
    }
    let sender = Sender::of(&container.message).map_err(VerifyError::Sender)?;
    let mut checks = Vec::new();
    let (timestamp, stamped) = timestamp(container, &signature, conf, &mut checks)?;
    checks.push(match timestamp.gen_time <= at {
        true => Check::held(Subject::TimestampPast),
        false => Check::failed(Subject::TimestampPast, "the timestamp is from the future by the own clock"),
    });
    let required: Vec<String> = std::iter::once(MESSAGE.to_owned())
        .chain(container.attachments.keys().map(|n| format!("/attachment{n}")))
        .collect();
    let chain_result = container.hash_chain_result.as_deref();
    let material = Material { sources: container, chain_result, required: &required, policy: None };
    let mut facts =
        seal::verify(&signature, &material, sender.member(), conf, timestamp.gen_time).map_err(VerifyError::Seal)?;
    let signature_checks = std::mem::take(&mut facts.checks);
    let mut checks: Vec<Check> = signature_checks.into_iter().chain(checks).collect();
    checks.push(Check::skipped(Subject::Manifest, "nothing depends on them"));
    Ok(ContainerVerdict { sender, seal: facts, timestamp, stamped, checks })
}

/// §6.4: the token is in the container or in the signature; it covers the result of its hash chain, if there is
/// one, or else the signature value.
fn timestamp(
    container: &Container,
    signature: &Signature<'_>,
    conf: &GlobalConf,
    checks: &mut Vec<Check>,
) -> Result<(TokenFacts, Stamped), VerifyError> {
    let tsa = conf.tsa_certificates();
    let inside = signature.unsigned.timestamps.first();
    let token = container.timestamp.as_deref().or(inside.map(|(token, _)| token.as_slice()));
    let token = token.ok_or(VerifyError::NoTimestamp)?;
    let (facts, stamped) = match &container.timestamp_chain_result {
        Some(result) => {
            let signatures = format!("/{}", Entry::Signature);
            chain::verify(result, container, &[&signatures]).map_err(VerifyError::TimestampChain)?;
            checks.push(Check::held(Subject::TimestampHashChain));
            (tsp::verify_token(token, result, &tsa), Stamped::Batch)
        }
        None => {
            checks.push(Check::skipped(Subject::TimestampHashChain, "the timestamp has none"));
            let method = inside.filter(|_| signature.bare && container.timestamp.is_none()).map(|(_, method)| method);
            let covered = stamped_octets(signature, method).map_err(VerifyError::Seal)?;
            (tsp::verify_token(token, &covered, &tsa), Stamped::Signature)
        }
    };
    checks.push(Check::held(Subject::Timestamp));
    Ok((facts.map_err(VerifyError::Timestamp)?, stamped))
}

/// What a timestamp without a hash chain covers. In a bare signature other tools have stamped the canonical element
/// (XAdES, SignatureTimeStamp); X-Road stamps the decoded value.
fn stamped_octets(signature: &Signature<'_>, method: Option<&Canonicalization>) -> Result<Vec<u8>, SealError> {
    match method {
        Some(method) => c14n::element(signature.value_node, method).map_err(SealError::NotCanonical),
        None => Ok(signature.value.clone()),
    }
}

/// Entries are found by their names, with or without a slash; what is not there may be kept elsewhere (§7.1).
impl Sources for Container {
    fn chain(&self, uri: &str) -> Option<&[u8]> {
        self.entry(uri)
    }

    fn data(&self, uri: &str, _: DigestAlgorithm) -> Data<'_> {
        self.entry(uri).map_or(Data::Elsewhere, Data::Octets)
    }
}

impl Container {
    fn entry(&self, uri: &str) -> Option<&[u8]> {
        let name = uri.strip_prefix('/').unwrap_or(uri);
        if let Some(number) = super::read::attachment(name) {
            return self.attachments.get(&number).map(AsRef::as_ref);
        }
        let entry = Entry::ALL.into_iter().find(|e| e.name() == name)?;
        match entry {
            Entry::Message => Some(&self.message),
            Entry::Signature => Some(&self.signature),
            Entry::HashChainResult => self.hash_chain_result.as_deref(),
            Entry::HashChain => self.hash_chain.as_deref(),
            Entry::TimestampChainResult => self.timestamp_chain_result.as_deref(),
            Entry::TimestampChain => self.timestamp_chain.as_deref(),
            Entry::MimeType | Entry::Manifest | Entry::AsicManifest | Entry::Timestamp => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_signatures_are_stamped_as_elements() {
        let xml = include_str!("../seal/tests/golden/ecdsa-sha256.xml");
        let document = roxmltree::Document::parse(xml).unwrap();
        let signature = Signature::read(&document, Demand::Container).unwrap();
        let element = stamped_octets(&signature, Some(&Canonicalization::Exclusive(vec![]))).unwrap();
        let (start, end) = (xml.find("<ds:SignatureValue").unwrap(), xml.find("</ds:SignatureValue>").unwrap());
        let content = xml[start..end].split_once('>').unwrap().1.replace("&#13;", "&#xD;");
        let expected = format!(
            "<ds:SignatureValue xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"S0-SIG\">{content}\
             </ds:SignatureValue>"
        );
        assert_eq!(String::from_utf8(element).unwrap(), expected);
        assert_eq!(stamped_octets(&signature, None).unwrap().len(), 64);
    }
}
