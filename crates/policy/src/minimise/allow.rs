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

impl FieldSet {
    /// Every answer in JSON, whole.
    #[must_use]
    pub fn everything() -> Self {
        let all = FieldPath(Path::Json { steps: Vec::new(), subtree: true });
        Self { allowed: vec![all], excess: Excess::Remove }
    }
}

/// What happens to a field that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Excess {
    /// It is taken out of the answer.
    Remove,
    /// The answer is refused.
    Refuse,
}

/// What is allowed at one place of a JSON answer. Numbers are places in [`FieldSet::allowed`].
#[derive(Debug, Default)]
pub(super) struct Json<'a> {
    /// A string, number, boolean or null.
    pub(super) scalar: Option<usize>,
    /// Everything.
    pub(super) all: Option<usize>,
    /// Members of an object.
    pub(super) keys: HashMap<&'a str, Self>,
    /// Elements of an array.
    pub(super) each: Option<Box<Self>>,
}

impl<'a> Json<'a> {
    pub(super) fn of(set: &'a FieldSet) -> Result<Self, MinimiseError> {
        let mut root = Self::default();
        for (number, path) in bounded(set)?.iter().enumerate() {
            let Path::Json { steps, subtree } = &path.0 else { continue };
            let mut place = &mut root;
            for step in steps {
                place = match step {
                    Step::Key(key) => place.keys.entry(key).or_default(),
                    Step::Each => place.each.get_or_insert_default(),
                };
            }
            let end = if *subtree { &mut place.all } else { &mut place.scalar };
            *end = Some(number);
        }
        Ok(root)
    }
}

/// A name as it is compared: namespace, empty for none, and local name.
pub(super) type Key<'a> = (&'a str, &'a str);

/// What is allowed at one place of an XML answer. Numbers are places in [`FieldSet::allowed`].
#[derive(Debug, Default)]
pub(super) struct Xml<'a> {
    /// Text without elements.
    pub(super) text: Option<usize>,
    /// Everything.
    pub(super) all: Option<usize>,
    pub(super) attributes: Vec<(Key<'a>, usize)>,
    pub(super) elements: HashMap<Key<'a>, Self>,
}

impl<'a> Xml<'a> {
    pub(super) fn of(set: &'a FieldSet) -> Result<Self, MinimiseError> {
        let mut root = Self::default();
        for (number, path) in bounded(set)?.iter().enumerate() {
            let Path::Xml { steps, end } = &path.0 else { continue };
            let mut place = &mut root;
            for name in steps {
                place = place.elements.entry(key(name)).or_default();
            }
            match end {
                End::Text => place.text = Some(number),
                End::Subtree => place.all = Some(number),
                End::Attribute(name) => place.attributes.push((key(name), number)),
            }
        }
        Ok(root)
    }
}

/// Which of the allowed fields an answer holds.
pub(super) struct Left(Vec<bool>);

impl Left {
    pub(super) fn none_of(set: &FieldSet) -> Self {
        Self(vec![false; set.allowed.len()])
    }

    pub(super) fn note(&mut self, field: usize) {
        if let Some(left) = self.0.get_mut(field) {
            *left = true;
        }
    }

    /// Places in [`FieldSet::allowed`], ascending.
    pub(super) fn places(&self) -> Vec<usize> {
        self.0.iter().enumerate().filter_map(|(place, left)| left.then_some(place)).collect()
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
