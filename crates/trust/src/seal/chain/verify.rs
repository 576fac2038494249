//! From the result through the steps to the data.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use simpul_core::{Digest, DigestAlgorithm, limits};
use simpul_wire::xml;

use super::read::{self, ChainFile, Value, What};
use super::{ChainError, step_digest};
use crate::hash;
use crate::seal::c14n::{self, Canonicalization};

/// What stands behind a reference to data.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// Its digest under the algorithm that was asked for, computed by the caller.
    Digest(&'a [u8]),
    /// Its octets.
    Octets(&'a [u8]),
    /// It is kept elsewhere: the digest in the chain is reported and not compared with anything.
    Elsewhere,
    /// Nothing of that name.
    Unknown,
}

/// Where a chain finds what it refers to.
pub trait Sources {
    /// The octets of a chain file by its URI without fragment, such as `/sig-hashchain.xml`.
    fn chain(&self, uri: &str) -> Option<&[u8]>;
    /// The data with this URI, such as `/message.xml`, whose digest under `algorithm` is wanted.
    fn data(&self, uri: &str, algorithm: DigestAlgorithm) -> Data<'_>;
}

/// Data that a chain covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRef {
    /// Its URI.
    pub uri: String,
    /// The algorithm of `digest`.
    pub algorithm: DigestAlgorithm,
    /// Its digest, as the chain proves it.
    pub digest: Vec<u8>,
    /// Whether the data was at hand and has that digest.
    pub verified: bool,
}

/// Checks that the chain behind `result` leads to it and that it covers every URI of `required`.
///
/// The answer lists the data in the order of the chain. Each step may be referred to once, which rules out
/// circles; the depth is bounded by [`limits::HASH_CHAIN_DEPTH`].
pub fn verify(result: &[u8], sources: &dyn Sources, required: &[&str]) -> Result<Vec<DataRef>, ChainError> {
    let result = read::result(result)?;
    let mut walk = Walk { sources, files: HashMap::new(), data: Vec::new() };
    let step = walk.step(&result.uri, None, result.method, limits::HASH_CHAIN_DEPTH)?;
    if step.as_bytes() != result.digest {
        return Err(ChainError::ResultDiffers);
    }
    match required.iter().find(|uri| walk.data.iter().all(|d| d.uri != **uri)) {
        Some(uri) => Err(ChainError::Unused((*uri).to_owned())),
        None => Ok(walk.data),
    }
}

struct Walk<'a> {
    sources: &'a dyn Sources,
    files: HashMap<String, ChainFile>,
    data: Vec<DataRef>,
}

impl Walk<'_> {
    /// The digest of the step at `uri`, which is relative to the file `current`.
    fn step(
        &mut self,
        uri: &str,
        current: Option<&str>,
        algorithm: DigestAlgorithm,
        depth: usize,
    ) -> Result<Digest, ChainError> {
        let depth = depth.checked_sub(1).ok_or(ChainError::TooDeep)?;
        let unknown = || ChainError::UnknownStep(uri.to_owned());
        let (base, id) = uri.split_once('#').filter(|(_, id)| !id.is_empty()).ok_or_else(unknown)?;
        let name = if base.is_empty() { current.ok_or_else(unknown)? } else { base };
        let file = self.file(name)?;
        let default = file.default_method;
        // Taken out, so that nothing refers to it again.
        let step = file.steps.get_mut(id).ok_or_else(unknown)?.take();
        let values = step.ok_or_else(|| ChainError::RepeatedStep(uri.to_owned()))?;
        let digests = values.iter().map(|v| self.value(v, name, default, depth)).collect::<Result<Vec<_>, _>>()?;
        step_digest(algorithm, digests.iter().map(|(a, d)| (*a, d.as_slice()))).map_err(ChainError::Encoding)
    }

    fn file(&mut self, uri: &str) -> Result<&mut ChainFile, ChainError> {
        match self.files.entry(uri.to_owned()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let octets = self.sources.chain(uri).ok_or_else(|| ChainError::Unresolved(uri.to_owned()))?;
                Ok(new.insert(read::chain(octets)?))
            }
        }
    }

    fn value(
        &mut self,
        value: &Value,
        file: &str,
        default: Option<DigestAlgorithm>,
        depth: usize,
    ) -> Result<(DigestAlgorithm, Vec<u8>), ChainError> {
        let algorithm = value.method.or(default).ok_or(ChainError::NoAlgorithm)?;
        let digest = match &value.what {
            What::Hash(digest) => digest.clone(),
            What::Step { uri } => self.step(uri, Some(file), algorithm, depth)?.as_bytes().to_vec(),
            What::Data { uri, transform, digest } => self.data(uri, transform.as_ref(), algorithm, digest)?,
        };
        Ok((algorithm, digest))
    }

    fn data(
        &mut self,
        uri: &str,
        transform: Option<&Canonicalization>,
        algorithm: DigestAlgorithm,
        said: &[u8],
    ) -> Result<Vec<u8>, ChainError> {
        let (digest, verified) = match self.sources.data(uri, algorithm) {
            // A digest is of raw octets, so it says nothing of what a transform makes of them.
            Data::Digest(digest) if transform.is_none() => (digest.to_vec(), true),
            Data::Digest(_) | Data::Unknown => return Err(ChainError::Unresolved(uri.to_owned())),
            Data::Elsewhere => (said.to_vec(), false),
            Data::Octets(octets) => {
                let computed = match transform {
                    None => hash::digest(algorithm, octets),
                    Some(method) => hash::digest(algorithm, &canonical(uri, octets, method)?),
                };
                if computed.as_bytes() != said {
                    return Err(ChainError::DataDiffers(uri.to_owned()));
                }
                (said.to_vec(), true)
            }
        };
        self.data.push(DataRef { uri: uri.to_owned(), algorithm, digest: digest.clone(), verified });
        Ok(digest)
    }
}

fn canonical(uri: &str, octets: &[u8], method: &Canonicalization) -> Result<Vec<u8>, ChainError> {
    let not_xml = |cause| ChainError::NotXml { uri: uri.to_owned(), cause };
    let text = std::str::from_utf8(octets).map_err(|e| not_xml(xml::XmlError::NotUtf8(e)))?;
    let text = c14n::normalized(text);
    let document = xml::parse(&text).map_err(not_xml)?;
    c14n::document(&document, method).map_err(|cause| ChainError::NotCanonical { uri: uri.to_owned(), cause })
}
