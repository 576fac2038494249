//! Where a container is broken: the entries in question.

use simpul_trust::asic::{AsicError, Container, Entry, VerifyError};
use simpul_trust::seal::SealError;
use simpul_trust::seal::chain::ChainError;

use super::records;

/// The ZIP file itself.
const CONTAINER: &str = "container";
const MESSAGE: Entry = Entry::Message;
const SIGNATURE: Entry = Entry::Signature;

/// The entry that cannot be read, the records of the ZIP file that do not hold, or the container.
pub(super) fn in_octets(error: &AsicError, octets: &[u8]) -> Vec<String> {
    let found = match error {
        AsicError::Zip(_) | AsicError::Inconsistent(_) => records::in_question(octets),
        _ => Vec::new(),
    };
    match found.is_empty() {
        true => in_container(error),
        false => found.iter().map(|record| format!("{CONTAINER}: {record}")).collect(),
    }
}

fn in_container(error: &AsicError) -> Vec<String> {
    vec![match error {
        AsicError::Zip(_) | AsicError::TooManyEntries(_) | AsicError::Inconsistent(_) | AsicError::Write(_) => {
            CONTAINER.to_owned()
        }
        AsicError::TooLarge(name) | AsicError::Duplicate(name) | AsicError::Unreadable { name, .. } => name.clone(),
        AsicError::Missing(entry) => entry.to_string(),
        AsicError::MimeType(_) => Entry::MimeType.to_string(),
    }]
}

/// The entries that do not hold, or do not agree with each other.
pub(super) fn in_evidence(error: &VerifyError, container: &Container) -> Vec<String> {
    match error {
        VerifyError::Container(cause) => in_container(cause),
        VerifyError::Sender(_) => names([MESSAGE]),
        VerifyError::NothingSigned => names([SIGNATURE]),
        VerifyError::NoTimestamp | VerifyError::Timestamp(_) => match container.timestamp {
            Some(_) => names([Entry::Timestamp, Entry::TimestampChainResult, SIGNATURE]),
            None => names([SIGNATURE]),
        },
        VerifyError::TimestampChain(cause) => {
            chain(cause, [Entry::TimestampChain, Entry::TimestampChainResult, SIGNATURE])
        }
        VerifyError::Seal(cause) => seal(cause),
    }
}

fn seal(error: &SealError) -> Vec<String> {
    match error {
        SealError::Chain(cause) => chain(cause, [Entry::HashChain, Entry::HashChainResult, SIGNATURE]),
        SealError::PartOrder(_) => names([Entry::HashChain]),
        SealError::NoChain => names([Entry::HashChain, Entry::HashChainResult, SIGNATURE]),
        // The properties are in the signature; every other reference is to an entry.
        SealError::DataDiffers(uri) | SealError::Unresolved(uri) | SealError::NotCovered(uri) => {
            let other = Some(entry(uri)).filter(|name| !name.starts_with('#') && name != SIGNATURE.name());
            other.into_iter().chain(names([SIGNATURE])).collect()
        }
        // The message says who should have signed, the certificate who did.
        SealError::UnknownCa { .. }
        | SealError::AuthenticationOnly { .. }
        | SealError::Subject(_)
        | SealError::OtherMember { .. } => names([MESSAGE, SIGNATURE]),
        SealError::TooLarge(_)
        | SealError::Xml(_)
        | SealError::Shape(_)
        | SealError::Place
        | SealError::Prefix(_)
        | SealError::SignatureCount(_)
        | SealError::DuplicateId(_)
        | SealError::Target
        | SealError::Algorithm(_)
        | SealError::NotCanonical(_)
        | SealError::SignedProperties(_)
        | SealError::Transform(_)
        | SealError::TimestampManifest
        | SealError::Certificate(_)
        | SealError::NotSigning { .. }
        | SealError::Policy
        | SealError::Value
        | SealError::Intermediate(_)
        | SealError::Path(_)
        | SealError::NoOcsp
        | SealError::MissingOcsp { .. }
        | SealError::Ocsp { .. }
        | SealError::Stamp
        | SealError::PartDigest
        | SealError::NothingToProve
        | SealError::BuildChain(_)
        | SealError::Sign(_)
        | SealError::Encoding(_) => names([SIGNATURE]),
    }
}

/// The files of a chain, and the data that it does not agree with.
fn chain<const N: usize>(error: &ChainError, files: [Entry; N]) -> Vec<String> {
    let data = match error {
        ChainError::DataDiffers(uri)
        | ChainError::Unused(uri)
        | ChainError::Unresolved(uri)
        | ChainError::NotXml { uri, .. }
        | ChainError::NotCanonical { uri, .. } => Some(entry(uri)),
        ChainError::TooLarge(_)
        | ChainError::Xml(_)
        | ChainError::Shape(_)
        | ChainError::Algorithm(_)
        | ChainError::NoAlgorithm
        | ChainError::DuplicateStep(_)
        | ChainError::UnknownStep(_)
        | ChainError::RepeatedStep(_)
        | ChainError::TooDeep
        | ChainError::ResultDiffers
        | ChainError::Encoding(_) => None,
    };
    let files = names(files);
    data.into_iter().filter(|name| !files.contains(name)).chain(files.clone()).collect()
}

fn entry(uri: &str) -> String {
    uri.strip_prefix('/').unwrap_or(uri).to_owned()
}

fn names<const N: usize>(entries: [Entry; N]) -> Vec<String> {
    entries.iter().map(Entry::to_string).collect()
}
