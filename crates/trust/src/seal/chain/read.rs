//! The schema of hash chains, as far as it is in use (wire.md §5.2).

use std::collections::HashMap;

use roxmltree::Node;
use simpul_core::{DigestAlgorithm, limits};
use simpul_wire::xml;

use super::{ChainError, NAMESPACE};
use crate::seal::algorithm;
use crate::seal::c14n::{self, Canonicalization};
use crate::seal::shape::{self, Children, DS, Name};

const DIGEST_METHOD: Name = (DS, "DigestMethod");
const DIGEST_VALUE: Name = (DS, "DigestValue");

/// A `HashChainResult`.
pub(super) struct ResultFile {
    /// `file#step`.
    pub(super) uri: String,
    pub(super) method: DigestAlgorithm,
    pub(super) digest: Vec<u8>,
}

/// A `HashChain`.
pub(super) struct ChainFile {
    pub(super) default_method: Option<DigestAlgorithm>,
    /// The values of each step by its id, until they are taken. A step without an id cannot be referred to.
    pub(super) steps: HashMap<String, Option<Vec<Value>>>,
}

/// One line of a step.
pub(super) struct Value {
    /// Own digest method; without it the default of the file.
    pub(super) method: Option<DigestAlgorithm>,
    pub(super) what: What,
}

pub(super) enum What {
    Hash(Vec<u8>),
    Step { uri: String },
    Data { uri: String, transform: Option<Canonicalization>, digest: Vec<u8> },
}

pub(super) fn result(octets: &[u8]) -> Result<ResultFile, ChainError> {
    read(octets, "HashChainResult", |root| {
        shape::only_attributes(root, &["URI"]).map_err(ChainError::Shape)?;
        let mut children = Children::of(root).map_err(ChainError::Shape)?;
        let method = children.required(DIGEST_METHOD).map_err(ChainError::Shape)?;
        let digest = children.required(DIGEST_VALUE).map_err(ChainError::Shape)?;
        children.end().map_err(ChainError::Shape)?;
        Ok(ResultFile {
            uri: uri(root)?,
            method: algorithm::digest_method(method).map_err(ChainError::Algorithm)?,
            digest: shape::base64(digest).map_err(ChainError::Shape)?,
        })
    })
}

pub(super) fn chain(octets: &[u8]) -> Result<ChainFile, ChainError> {
    read(octets, "HashChain", |root| {
        shape::only_attributes(root, &[]).map_err(ChainError::Shape)?;
        let mut children = Children::of(root).map_err(ChainError::Shape)?;
        let default = children.optional((NAMESPACE, "DefaultDigestMethod"));
        let default_method = default.map(algorithm::digest_method).transpose().map_err(ChainError::Algorithm)?;
        let mut steps = HashMap::new();
        while let Some(node) = children.optional((NAMESPACE, "HashStep")) {
            let values = step(node)?;
            let Some(id) = node.attribute("id") else { continue };
            if steps.insert(id.to_owned(), Some(values)).is_some() {
                return Err(ChainError::DuplicateStep(id.to_owned()));
            }
        }
        children.end().map_err(ChainError::Shape)?;
        Ok(ChainFile { default_method, steps })
    })
}

fn read<T>(
    octets: &[u8],
    root: &'static str,
    read: impl FnOnce(Node<'_, '_>) -> Result<T, ChainError>,
) -> Result<T, ChainError> {
    if octets.len() > limits::HASH_CHAIN_XML {
        return Err(ChainError::TooLarge(octets.len()));
    }
    let text = std::str::from_utf8(octets).map_err(|e| ChainError::Xml(xml::XmlError::NotUtf8(e)))?;
    let text = c14n::normalized(text);
    let document = xml::parse(&text).map_err(ChainError::Xml)?;
    let node = document.root_element();
    match node.has_tag_name((NAMESPACE, root)) {
        true => read(node),
        false => Err(ChainError::Shape(shape::missing(root, document.root()))),
    }
}

fn step(node: Node<'_, '_>) -> Result<Vec<Value>, ChainError> {
    shape::only_attributes(node, &["id"]).map_err(ChainError::Shape)?;
    let mut children = Children::of(node).map_err(ChainError::Shape)?;
    let mut values = Vec::new();
    while let Some(child) = children.any() {
        values.push(value(child)?);
    }
    Ok(values)
}

fn value(node: Node<'_, '_>) -> Result<Value, ChainError> {
    let is = |name: &'static str| node.has_tag_name((NAMESPACE, name));
    let attributes: &[&str] = if is("HashValue") { &[] } else { &["URI"] };
    shape::only_attributes(node, attributes).map_err(ChainError::Shape)?;
    let mut children = Children::of(node).map_err(ChainError::Shape)?;
    let method = children.optional(DIGEST_METHOD).map(algorithm::digest_method).transpose();
    let method = method.map_err(ChainError::Algorithm)?;
    let what = if is("StepRef") {
        What::Step { uri: uri(node)? }
    } else if is("HashValue") {
        What::Hash(digest(&mut children)?)
    } else if is("DataRef") {
        let transforms = children.optional((DS, "Transforms"));
        let transform = transforms.map(algorithm::transform).transpose().map_err(ChainError::Algorithm)?;
        What::Data { uri: uri(node)?, transform, digest: digest(&mut children)? }
    } else {
        let parent = node.parent().unwrap_or(node);
        return Err(ChainError::Shape(shape::unexpected(node.tag_name().name(), parent)));
    };
    children.end().map_err(ChainError::Shape)?;
    Ok(Value { method, what })
}

fn digest(children: &mut Children<'_>) -> Result<Vec<u8>, ChainError> {
    children.required(DIGEST_VALUE).and_then(shape::base64).map_err(ChainError::Shape)
}

fn uri(node: Node<'_, '_>) -> Result<String, ChainError> {
    shape::attribute(node, "URI").map(str::to_owned).map_err(ChainError::Shape)
}
