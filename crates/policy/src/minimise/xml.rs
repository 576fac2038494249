//! XML answers, reduced as trees and written anew.
//!
//! What is written was read: names with the prefixes that the document has, values without CDATA sections and
//! character references. Namespaces are declared where they are used and nowhere else, so that none carries anything
//! along; the type that an allowed `xsi:type` names counts as a use. Other names in values are text.

use std::collections::HashMap;

use roxmltree::{Attribute, Document, Node};
use simpul_core::limits;
use simpul_wire::xml::{self, XmlError};

use super::allow::{Left, Xml};
use super::{Excess, FieldSet, MinimiseError, Reduced};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Why octets are no XML that is minimised. No text of the answer is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// Not UTF-8, or declared to be something else.
    #[error("an encoding other than UTF-8")]
    Encoding,
    /// Declared to be of a version other than 1.0.
    #[error("a version other than 1.0")]
    Version,
    /// A document type definition.
    #[error("a document type definition")]
    Dtd,
    /// More of something than `core::limits` has for trees of XML.
    #[error("too large, too deep, or too much markup")]
    Bound,
    /// Not well-formed.
    #[error("not well-formed")]
    Malformed,
}

/// Reduces an XML answer to what `allowed` allows.
///
/// An element on the way to an allowed place stays with its name. In it, white space between elements goes; other
/// text is excess, as are attributes that no path names. An element that may hold text is excess with all that it
/// holds if there is an element in it, unless paths lead into it: text and elements side by side are allowed by a
/// subtree only. Comments and processing instructions are excess everywhere. Reducing twice is the same as reducing
/// once. At most [`limits::MINIMISED_BODY`] octets, read and written; a byte order mark is skipped.
pub fn reduce_xml(body: &[u8], allowed: &FieldSet) -> Result<Reduced, MinimiseError> {
    if body.len() > limits::MINIMISED_BODY {
        return Err(MinimiseError::TooLarge(body.len()));
    }
    let rules = Xml::of(allowed)?;
    let text = std::str::from_utf8(body).map_err(|_| MinimiseError::Xml(XmlFault::Encoding))?;
    declaration(text).map_err(MinimiseError::Xml)?;
    let document = xml::parse(text).map_err(|e| MinimiseError::Xml(fault(&e)))?;
    let left = Left::none_of(allowed);
    let mut writer = Writer { text, out: DECLARATION.to_owned(), declared: Vec::new(), removed: 0, full: false, left };
    let kept = writer.document(&document, &rules);
    let Writer { out, removed, full, left, .. } = writer;
    match (kept, allowed.excess) {
        _ if full => Err(MinimiseError::Xml(XmlFault::Bound)),
        (false, _) => Err(MinimiseError::NothingAllowed),
        (true, Excess::Refuse) if removed > 0 => Err(MinimiseError::Excess(removed)),
        (true, _) => Ok(Reduced { body: out.into_bytes(), removed, left: left.places() }),
    }
}

/// Judges the XML declaration, which the parser passes over. Its grammar is the parser's to judge.
fn declaration(text: &str) -> Result<(), XmlFault> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let Some((declaration, _)) = text.strip_prefix("<?xml").and_then(|t| t.split_once("?>")) else { return Ok(()) };
    let mut rest = declaration;
    while let Some((name, tail)) = rest.split_once('=') {
        let tail = tail.trim_start();
        let quote = tail.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(XmlFault::Malformed)?;
        let (value, next) = tail.get(1..).and_then(|t| t.split_once(quote)).ok_or(XmlFault::Malformed)?;
        match name.trim() {
            "encoding" if !value.eq_ignore_ascii_case("utf-8") => return Err(XmlFault::Encoding),
            "version" if value != "1.0" => return Err(XmlFault::Version),
            "encoding" | "version" | "standalone" => {}
            _ => return Err(XmlFault::Malformed),
        }
        rest = next;
    }
    Ok(())
}

fn fault(error: &XmlError) -> XmlFault {
    match error {
        XmlError::Dtd => XmlFault::Dtd,
        XmlError::NotUtf8(_) => XmlFault::Encoding,
        XmlError::Malformed(_) => XmlFault::Malformed,
        XmlError::TooLarge(_)
        | XmlError::TooDeep
        | XmlError::TooManyNodes
        | XmlError::TooManyAttributes
        | XmlError::TooManyNamespaces => XmlFault::Bound,
    }
}

struct Writer<'d> {
    text: &'d str,
    out: String,
    /// Prefix and name of the namespaces that the open elements of the output declare, outermost first.
    declared: Vec<(&'d str, &'d str)>,
    removed: usize,
    /// More was to be written than the bound allows.
    full: bool,
    left: Left,
}

/// Recursion is bounded by [`limits::XML_DEPTH`].
impl<'d> Writer<'d> {
    /// The whole document; whether anything of it is allowed.
    fn document(&mut self, document: &'d Document<'d>, rules: &Xml<'_>) -> bool {
        let root = document.root_element();
        self.removed += document.root().children().filter(|n| *n != root).count();
        match place(root, rules) {
            _ if rules.all.is_some() => {
                rules.all.iter().for_each(|field| self.left.note(*field));
                self.subtree(root);
            }
            None => return false,
            Some(place) => self.element(root, place),
        }
        true
    }

    /// An element of which something is allowed.
    fn element(&mut self, node: Node<'d, 'd>, place: &Xml<'_>) {
        if let Some(field) = place.all {
            self.left.note(field);
            return self.subtree(node);
        }
        let allowed = |a: &Attribute<'d, 'd>| place.attributes.iter().find(|(name, _)| *name == key(a));
        let kept = node.attributes().filter(|a| allowed(a).is_some()).collect::<Vec<_>>();
        kept.iter().filter_map(allowed).for_each(|(_, field)| self.left.note(*field));
        self.removed += node.attributes().len() - kept.len();
        let outer = self.open(node, &kept);
        let holds_elements = node.first_element_child().is_some();
        for child in node.children() {
            if child.is_element() {
                match self::place(child, place) {
                    Some(place) => self.element(child, place),
                    None => self.removed += 1,
                }
            } else if child.is_text() {
                let text = child.text().unwrap_or_default();
                if let Some(field) = place.text.filter(|_| !holds_elements) {
                    self.left.note(field);
                    self.write(&xml::escape_text(text));
                } else {
                    self.removed += usize::from(!blank(text));
                }
            } else {
                self.removed += 1;
            }
        }
        self.close(node, outer);
    }

    /// An element of which everything is allowed.
    fn subtree(&mut self, node: Node<'d, 'd>) {
        let outer = self.open(node, &node.attributes().collect::<Vec<_>>());
        for child in node.children() {
            if child.is_element() {
                self.subtree(child);
            } else if child.is_text() {
                self.write(&xml::escape_text(child.text().unwrap_or_default()));
            } else {
                self.removed += 1;
            }
        }
        self.close(node, outer);
    }

    /// Writes a start tag; gives the number of namespaces declared outside it.
    fn open(&mut self, node: Node<'d, 'd>, attributes: &[Attribute<'d, 'd>]) -> usize {
        let outer = self.declared.len();
        self.write("<");
        self.write(element_name(self.text, node));
        let mut used = HashMap::new();
        used.insert(prefix(element_name(self.text, node)), node.tag_name().namespace().unwrap_or_default());
        for attribute in attributes {
            let prefix = prefix(self.slice(attribute));
            if !prefix.is_empty() {
                used.insert(prefix, attribute.namespace().unwrap_or_default());
            }
            if key(attribute) == (XSI, "type") {
                used.extend(type_namespace(node, attribute));
            }
        }
        let mut used: Vec<_> = used.into_iter().filter(|(prefix, _)| *prefix != "xml").collect();
        used.sort_unstable();
        for (prefix, namespace) in used {
            self.full |= namespace.len() > limits::XML_NAMESPACE;
            if self.full {
                return outer;
            }
            let current = self.declared.iter().rev().find(|(p, _)| *p == prefix).map_or("", |(_, n)| *n);
            if current != namespace {
                self.declared.push((prefix, namespace));
                self.write(" xmlns");
                self.write(if prefix.is_empty() { "" } else { ":" });
                self.attribute(prefix, namespace);
            }
        }
        for attribute in attributes {
            self.write(" ");
            self.attribute(self.slice(attribute), attribute.value());
        }
        self.write(">");
        outer
    }

    fn close(&mut self, node: Node<'d, 'd>, outer: usize) {
        self.write("</");
        self.write(element_name(self.text, node));
        self.write(">");
        self.declared.truncate(outer);
    }

    /// A namespace may be declared more often than the document does, so what is written needs a bound of its own.
    fn write(&mut self, text: &str) {
        self.full |= self.out.len().saturating_add(text.len()) > limits::MINIMISED_BODY;
        if !self.full {
            self.out.push_str(text);
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.write(name);
        self.write("=\"");
        self.write(&xml::escape_attr(value));
        self.write("\"");
    }

    /// The name of an attribute as the document has it.
    fn slice(&self, attribute: &Attribute<'d, 'd>) -> &'d str {
        self.text.get(attribute.range_qname()).unwrap_or_default()
    }
}

/// What is allowed of an element; `None` if nothing is.
fn place<'r>(node: Node<'r, 'r>, parent: &'r Xml<'r>) -> Option<&'r Xml<'r>> {
    let name = node.tag_name();
    let place = parent.elements.get(&(name.namespace().unwrap_or_default(), name.name()))?;
    let one_value =
        place.text.is_some() && place.all.is_none() && place.elements.is_empty() && place.attributes.is_empty();
    Some(place).filter(|_| !(one_value && node.first_element_child().is_some()))
}

fn key<'d>(attribute: &Attribute<'d, 'd>) -> (&'d str, &'d str) {
    (attribute.namespace().unwrap_or_default(), attribute.name())
}

/// Prefix and namespace of the type that `xsi:type` names, if the document declares it.
fn type_namespace<'d>(node: Node<'d, 'd>, attribute: &Attribute<'d, 'd>) -> Option<(&'d str, &'d str)> {
    let prefix = prefix(attribute.value().trim());
    let declared = node.namespaces().find(|n| n.name().unwrap_or_default() == prefix);
    declared.map(|n| (n.name().unwrap_or_default(), n.uri())).or_else(|| prefix.is_empty().then_some(("", "")))
}

/// The name of an element with its prefix, as the text of the document has it.
fn element_name<'d>(text: &'d str, node: Node<'_, '_>) -> &'d str {
    let tag = text.get(node.range().start.saturating_add(1)..).unwrap_or_default();
    let end = tag.find([' ', '\t', '\n', '\r', '/', '>']).unwrap_or(tag.len());
    tag.get(..end).unwrap_or_default()
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// White space of XML; no other is any.
fn blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}
