//! Reading XML of a fixed shape: what is not expected is an error, so nothing unknown can hide in it (I4).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

/// Namespace of XML signatures, prefix `ds` (wire.md §5.3).
pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Namespace of XAdES 1.3.2, prefix `xades` (wire.md §5.3).
pub(crate) const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// Attributes of this namespace are hints for schema processors and change nothing.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Namespace and local name of an element.
pub(crate) type Name = (&'static str, &'static str);

/// Where a document departs from its shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// An element that must be there is not, or not at its place.
    #[error("no {missing} at its place in {parent}")]
    Missing {
        /// Local name of the element that is missing.
        missing: &'static str,
        /// Local name of the element that must hold it.
        parent: String,
    },
    /// Something else than expected.
    #[error("{found} is not allowed in {parent}")]
    Unexpected {
        /// What was found.
        found: String,
        /// Local name of the element that holds it.
        parent: String,
    },
    /// An attribute that must be there is not.
    #[error("{element} has no {attribute}")]
    NoAttribute {
        /// Local name of the element.
        element: String,
        /// Name of the attribute.
        attribute: &'static str,
    },
    /// The text of an element is not base64.
    #[error("{element} is not base64")]
    Base64 {
        /// Local name of the element.
        element: String,
    },
}

/// The child elements of an element that holds only elements, taken in order.
pub(crate) struct Children<'d> {
    parent: Node<'d, 'd>,
    next: Option<Node<'d, 'd>>,
}

impl<'d> Children<'d> {
    /// Fails if there is text between the elements.
    pub(crate) fn of(parent: Node<'d, 'd>) -> Result<Self, ShapeError> {
        let blank = |n: &Node<'_, '_>| n.text().unwrap_or_default().trim_ascii().is_empty();
        match parent.children().find(|n| n.is_text() && !blank(n)) {
            Some(_) => Err(unexpected("text", parent)),
            None => Ok(Self { parent, next: parent.first_element_child() }),
        }
    }

    /// The next element if it has this name.
    pub(crate) fn optional(&mut self, name: Name) -> Option<Node<'d, 'd>> {
        let node = self.next.filter(|n| n.has_tag_name(name))?;
        self.next = node.next_sibling_element();
        Some(node)
    }

    /// The next element, which must have this name.
    pub(crate) fn required(&mut self, name: Name) -> Result<Node<'d, 'd>, ShapeError> {
        self.optional(name).ok_or_else(|| missing(name.1, self.parent))
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Option<Node<'d, 'd>> {
        let node = self.next?;
        self.next = node.next_sibling_element();
        Some(node)
    }

    /// Fails if an element is left.
    pub(crate) fn end(&self) -> Result<(), ShapeError> {
        match self.next {
            Some(node) => Err(unexpected(node.tag_name().name(), self.parent)),
            None => Ok(()),
        }
    }
}

/// An element that must hold nothing else has not been found.
pub(crate) fn missing(name: &'static str, parent: Node<'_, '_>) -> ShapeError {
    ShapeError::Missing { missing: name, parent: parent.tag_name().name().to_owned() }
}

pub(crate) fn unexpected(found: &str, parent: Node<'_, '_>) -> ShapeError {
    ShapeError::Unexpected { found: found.to_owned(), parent: parent.tag_name().name().to_owned() }
}

/// The value of an attribute without a namespace that must be there.
pub(crate) fn attribute<'d>(node: Node<'d, 'd>, name: &'static str) -> Result<&'d str, ShapeError> {
    let element = || node.tag_name().name().to_owned();
    node.attribute(name).ok_or_else(|| ShapeError::NoAttribute { element: element(), attribute: name })
}

/// Fails if the element has an attribute that is not listed.
pub(crate) fn only_attributes(node: Node<'_, '_>, allowed: &[&str]) -> Result<(), ShapeError> {
    let known = |a: &roxmltree::Attribute<'_, '_>| match a.namespace() {
        None => allowed.contains(&a.name()),
        Some(namespace) => namespace == XSI,
    };
    match node.attributes().find(|a| !known(a)) {
        Some(a) => Err(unexpected(a.name(), node)),
        None => Ok(()),
    }
}

/// The text of an element that holds nothing but text. Comments and instructions in it are skipped, as
/// canonicalization skips comments.
pub(crate) fn text<'d>(node: Node<'d, 'd>) -> Result<Cow<'d, str>, ShapeError> {
    if let Some(child) = node.first_element_child() {
        return Err(unexpected(child.tag_name().name(), node));
    }
    let mut texts = node.children().filter(|n| n.is_text()).filter_map(|n| n.text());
    let first = texts.next().unwrap_or_default();
    Ok(match texts.next() {
        None => Cow::Borrowed(first),
        Some(second) => Cow::Owned([first, second].into_iter().chain(texts).collect()),
    })
}

/// The octets that an element holds as base64. White space is dropped: Java breaks lines with a carriage return
/// that it writes as a character reference (dependencies.md, trap 3).
pub(crate) fn base64(node: Node<'_, '_>) -> Result<Vec<u8>, ShapeError> {
    let packed: Vec<u8> = text(node)?.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    STANDARD.decode(packed).map_err(|_| ShapeError::Base64 { element: node.tag_name().name().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    #[test]
    fn elements_come_in_order_and_nothing_else() {
        let document = Document::parse("<r xmlns='u'> <a/><!-- c -->\n<b/><b/></r>").unwrap();
        let mut children = Children::of(document.root_element()).unwrap();
        assert!(children.required(("u", "b")).is_err(), "a comes first");
        assert!(children.optional(("v", "a")).is_none(), "another namespace");
        assert!(children.required(("u", "a")).is_ok());
        assert!(children.required(("u", "b")).is_ok());
        assert_eq!(children.end().unwrap_err().to_string(), "b is not allowed in r");
        assert!(children.any().is_some());
        assert!(children.end().is_ok() && children.any().is_none());
        let text = Document::parse("<r>x<a/></r>").unwrap();
        assert!(Children::of(text.root_element()).is_err());
    }

    #[test]
    fn attributes_are_listed() {
        let xml = format!("<r a='1' x:type='t' xmlns:x='{XSI}'/>");
        let document = Document::parse(&xml).unwrap();
        assert!(only_attributes(document.root_element(), &["a"]).is_ok());
        assert!(only_attributes(document.root_element(), &["b"]).is_err());
        assert_eq!(attribute(document.root_element(), "a"), Ok("1"));
        assert!(attribute(document.root_element(), "b").is_err());
    }

    /// dependencies.md, trap 3.
    #[test]
    fn base64_is_read_with_javas_line_ends() {
        let octets = |xml: &str| base64(Document::parse(xml).unwrap().root_element());
        assert_eq!(octets("<v>\nYWJj&#13;\nZGVm<!-- c -->Zw==\n</v>").unwrap(), b"abcdefg");
        assert_eq!(octets("<v/>").unwrap(), b"");
        for bad in ["<v>YWJj!</v>", "<v>YWJ</v>", "<v>YW<x/>Jj</v>", "<v>YW\u{a0}Jj</v>"] {
            assert!(octets(bad).is_err(), "{bad}");
        }
    }
}
