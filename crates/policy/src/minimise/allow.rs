//! Paths as trees, so that an answer is walked once.

use std::collections::HashMap;

use simpul_core::limits;

use super::MinimiseError;
use super::path::{End, FieldPath, Path, Step, XmlName};

/// Which fields an answer may hold, and what becomes of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSet {
    /// What is allowed, at most [`limits::FIELD_PATHS`] paths; nothing else is. Paths for JSON say nothing about an
    /// answer in XML, and the other way round.
    pub allowed: Vec<FieldPath>,
    /// What becomes of the rest.
    pub excess: Excess,
}

/// What happens to a field that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Excess {
    /// It is taken out of the answer.
    Remove,
    /// The answer is refused.
    Refuse,
}

/// What is allowed at one place of a JSON answer.
#[derive(Debug, Default)]
pub(super) struct Json<'a> {
    /// A string, number, boolean or null.
    pub(super) scalar: bool,
    /// Everything.
    pub(super) all: bool,
    /// Members of an object.
    pub(super) keys: HashMap<&'a str, Self>,
    /// Elements of an array.
    pub(super) each: Option<Box<Self>>,
}

impl<'a> Json<'a> {
    pub(super) fn of(set: &'a FieldSet) -> Result<Self, MinimiseError> {
        let mut root = Self::default();
        for path in bounded(set)? {
            let Path::Json { steps, subtree } = &path.0 else { continue };
            let mut place = &mut root;
            for step in steps {
                place = match step {
                    Step::Key(key) => place.keys.entry(key).or_default(),
                    Step::Each => place.each.get_or_insert_default(),
                };
            }
            place.all |= subtree;
            place.scalar |= !subtree;
        }
        Ok(root)
    }
}

/// A name as it is compared: namespace, empty for none, and local name.
pub(super) type Key<'a> = (&'a str, &'a str);

/// What is allowed at one place of an XML answer.
#[derive(Debug, Default)]
pub(super) struct Xml<'a> {
    /// Text without elements.
    pub(super) text: bool,
    /// Everything.
    pub(super) all: bool,
    pub(super) attributes: Vec<Key<'a>>,
    pub(super) elements: HashMap<Key<'a>, Self>,
}

impl<'a> Xml<'a> {
    pub(super) fn of(set: &'a FieldSet) -> Result<Self, MinimiseError> {
        let mut root = Self::default();
        for path in bounded(set)? {
            let Path::Xml { steps, end } = &path.0 else { continue };
            let mut place = &mut root;
            for name in steps {
                place = place.elements.entry(key(name)).or_default();
            }
            match end {
                End::Text => place.text = true,
                End::Subtree => place.all = true,
                End::Attribute(name) => place.attributes.push(key(name)),
            }
        }
        Ok(root)
    }
}

fn key(name: &XmlName) -> Key<'_> {
    (&name.namespace, &name.local)
}

fn bounded(set: &FieldSet) -> Result<&[FieldPath], MinimiseError> {
    match set.allowed.len() > limits::FIELD_PATHS {
        true => Err(MinimiseError::TooManyPaths(set.allowed.len())),
        false => Ok(&set.allowed),
    }
}
