//! Canonical XML 1.0 without comments, inclusive (<http://www.w3.org/TR/2001/REC-xml-c14n-20010315>) and exclusive
//! (<http://www.w3.org/2001/10/xml-exc-c14n#>), of a whole document or of one element.
//!
//! `roxmltree` resolves names and keeps no prefixes, so prefixes are read back from the text of the document.
//! What it leaves to the caller is the line ends: see [`normalized`].

use std::borrow::Cow;
use std::ops::Range;

use roxmltree::{Attribute, Document, Node};
use simpul_core::limits;

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// A canonicalization method of the closed list (dependencies.md, trap 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Canonicalization {
    /// Canonical XML 1.0: every namespace in scope appears on the apex.
    Inclusive,
    /// Exclusive canonical XML 1.0: a namespace appears where its prefix is used. The prefixes of
    /// `InclusiveNamespaces` are treated as the inclusive method treats them; the empty one stands for `#default`.
    Exclusive(Vec<String>),
}

impl Canonicalization {
    /// Identifier of the inclusive method, which X-Road writes (wire.md §5.3).
    pub const INCLUSIVE: &'static str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    /// Identifier of the exclusive method, which other tools write.
    pub const EXCLUSIVE: &'static str = "http://www.w3.org/2001/10/xml-exc-c14n#";
}

/// The canonical form would be larger than [`limits::CANONICAL_XML`]: exclusive canonicalization repeats a
/// namespace declaration on every element that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a canonical form of more than {max} octets", max = limits::CANONICAL_XML)]
pub struct TooLarge;

/// The text with its line ends as XML 1.0 §2.11 wants them before parsing. Character references such as `&#13;`
/// are not line ends and stay (wire.md §5.3). Borrowed unless the text has a carriage return.
#[must_use]
pub fn normalized(text: &str) -> Cow<'_, str> {
    if text.as_bytes().contains(&b'\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The canonical octets of a document.
pub fn document(document: &Document<'_>, method: &Canonicalization) -> Result<Vec<u8>, TooLarge> {
    let mut writer = Writer::new(document.input_text(), method);
    let mut before_root = true;
    for child in document.root().children() {
        if child.is_element() {
            writer.element(child, true)?;
            before_root = false;
        } else if child.is_pi() && before_root {
            writer.node(child)?;
            writer.raw(&["\n"]);
        } else if child.is_pi() {
            writer.raw(&["\n"]);
            writer.node(child)?;
        }
    }
    Ok(writer.out)
}

/// The canonical octets of one element with all that it contains; empty for a node that is no element.
pub fn element(apex: Node<'_, '_>, method: &Canonicalization) -> Result<Vec<u8>, TooLarge> {
    let mut writer = Writer::new(apex.document().input_text(), method);
    if apex.is_element() {
        writer.element(apex, true)?;
    }
    Ok(writer.out)
}

struct Writer<'d> {
    text: &'d str,
    method: &'d Canonicalization,
    /// Prefix and name of the namespaces that the open elements of the output declare, outermost first.
    declared: Vec<(&'d str, &'d str)>,
    out: Vec<u8>,
}

impl<'d> Writer<'d> {
    fn new(text: &'d str, method: &'d Canonicalization) -> Self {
        Self { text, method, declared: Vec::new(), out: Vec::with_capacity(4096) }
    }

    fn node(&mut self, node: Node<'d, 'd>) -> Result<(), TooLarge> {
        if node.is_element() {
            self.element(node, false)?;
        } else if node.is_text() {
            escape(node.text().unwrap_or_default(), Place::Text, &mut self.out);
        } else if let Some(pi) = node.pi() {
            self.raw(&["<?", pi.target]);
            if let Some(value) = pi.value {
                self.raw(&[" ", value]);
            }
            self.raw(&["?>"]);
        }
        Ok(())
    }

    /// Recursion is bounded by [`limits::XML_DEPTH`].
    fn element(&mut self, node: Node<'d, 'd>, apex: bool) -> Result<(), TooLarge> {
        let outer = self.declared.len();
        let name = element_name(self.text, node);
        self.raw(&["<", name]);
        self.namespaces(node, prefix_of(name));
        self.attributes(node, apex);
        self.raw(&[">"]);
        for child in node.children() {
            self.node(child)?;
        }
        self.raw(&["</", name, ">"]);
        self.declared.truncate(outer);
        if self.out.len() > limits::CANONICAL_XML { Err(TooLarge) } else { Ok(()) }
    }

    /// Declares what the output does not declare yet, ordered by prefix: the default namespace comes first.
    fn namespaces(&mut self, node: Node<'d, 'd>, own_prefix: &str) {
        let outer = self.declared.len();
        for namespace in node.namespaces() {
            let prefix = namespace.name().unwrap_or_default();
            if self.wants(node, own_prefix, prefix) && self.current(prefix) != namespace.uri() {
                self.declared.push((prefix, namespace.uri()));
            }
        }
        if let Some(new) = self.declared.get_mut(outer..) {
            new.sort_unstable();
        }
        for (prefix, uri) in self.declared.iter().skip(outer) {
            let name: &[&str] = if prefix.is_empty() { &[" xmlns"] } else { &[" xmlns:", prefix] };
            attribute(name, uri, &mut self.out);
        }
    }

    /// Whether the method lets this element declare a prefix that is in scope.
    fn wants(&self, node: Node<'d, 'd>, own_prefix: &str, prefix: &str) -> bool {
        match self.method {
            Canonicalization::Inclusive => true,
            Canonicalization::Exclusive(inclusive) => {
                prefix == own_prefix
                    || inclusive.iter().any(|p| p == prefix)
                    || !prefix.is_empty() && node.attributes().any(|a| prefix_of(self.slice(a.range_qname())) == prefix)
            }
        }
    }

    /// What the output binds a prefix to; a prefix that it does not bind is bound to nothing.
    fn current(&self, prefix: &str) -> &'d str {
        self.declared.iter().rev().find(|(p, _)| *p == prefix).map_or("", |(_, uri)| *uri)
    }

    /// Writes the attributes, ordered by namespace and local name: those without a namespace come first.
    fn attributes(&mut self, node: Node<'d, 'd>, apex: bool) {
        let mut all: Vec<Attribute<'d, 'd>> = node.attributes().collect();
        if apex && *self.method == Canonicalization::Inclusive {
            inherit_xml_attributes(node, &mut all);
        }
        all.sort_by_key(|a| (a.namespace().unwrap_or_default(), a.name()));
        for a in all {
            let name = self.slice(a.range_qname());
            attribute(&[" ", name], a.value(), &mut self.out);
        }
    }

    fn raw(&mut self, texts: &[&str]) {
        texts.iter().for_each(|t| self.out.extend_from_slice(t.as_bytes()));
    }

    fn slice(&self, range: Range<usize>) -> &'d str {
        self.text.get(range).unwrap_or_default()
    }
}

/// Canonical XML 1.0 §2.4: the apex of a document subset takes over the `xml:` attributes of its ancestors.
fn inherit_xml_attributes<'d>(node: Node<'d, 'd>, all: &mut Vec<Attribute<'d, 'd>>) {
    for ancestor in node.ancestors().skip(1) {
        for a in ancestor.attributes().filter(|a| a.namespace() == Some(XML_NAMESPACE)) {
            let known = all.iter().any(|b| b.namespace() == Some(XML_NAMESPACE) && b.name() == a.name());
            if !known {
                all.push(a);
            }
        }
    }
}

/// The name of an element with its prefix, as the text of the document has it.
pub(super) fn element_name<'d>(text: &'d str, node: Node<'_, '_>) -> &'d str {
    let tag = text.get(node.range().start.saturating_add(1)..).unwrap_or_default();
    let end = tag.find([' ', '\t', '\n', '\r', '/', '>']).unwrap_or(tag.len());
    tag.get(..end).unwrap_or_default()
}

fn prefix_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn attribute(name: &[&str], value: &str, out: &mut Vec<u8>) {
    name.iter().for_each(|n| out.extend_from_slice(n.as_bytes()));
    out.extend_from_slice(b"=\"");
    escape(value, Place::Attribute, out);
    out.push(b'"');
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Text,
    Attribute,
}

/// Canonical XML 1.0 §2.3: what is escaped in text nodes and in attribute values.
fn escape(value: &str, place: Place, out: &mut Vec<u8>) {
    let mut plain = value.as_bytes();
    let replacement = |b: u8| -> Option<&'static [u8]> {
        match (b, place) {
            (b'&', _) => Some(b"&amp;"),
            (b'<', _) => Some(b"&lt;"),
            (b'\r', _) => Some(b"&#xD;"),
            (b'>', Place::Text) => Some(b"&gt;"),
            (b'"', Place::Attribute) => Some(b"&quot;"),
            (b'\t', Place::Attribute) => Some(b"&#x9;"),
            (b'\n', Place::Attribute) => Some(b"&#xA;"),
            _ => None,
        }
    };
    while let Some((at, text)) = plain.iter().enumerate().find_map(|(i, b)| Some((i, replacement(*b)?))) {
        let Some((head, tail)) = plain.split_at_checked(at) else { break };
        out.extend_from_slice(head);
        out.extend_from_slice(text);
        plain = tail.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(xml: &str, method: &Canonicalization) -> Result<usize, TooLarge> {
        element(Document::parse(xml).unwrap().root_element(), method).map(|octets| octets.len())
    }

    #[test]
    fn output_is_bounded() {
        let xml = |n: usize| format!("<a>{}</a>", "x".repeat(n - 7));
        assert_eq!(canonical(&xml(limits::CANONICAL_XML), &Canonicalization::Inclusive), Ok(limits::CANONICAL_XML));
        assert_eq!(canonical(&xml(limits::CANONICAL_XML + 1), &Canonicalization::Inclusive), Err(TooLarge));
        let long = "u".repeat(64 * 1024);
        let repeated = format!("<a xmlns:p='{long}'>{}</a>", "<p:b/>".repeat(1000));
        assert_eq!(canonical(&repeated, &Canonicalization::Exclusive(Vec::new())), Err(TooLarge));
    }

    #[test]
    fn line_ends_become_one_line_feed_and_references_stay() {
        assert_eq!(normalized("a\r\nb\rc\n\r&#13;"), "a\nb\nc\n\n&#13;");
        assert!(matches!(normalized("a&#13;\n"), Cow::Borrowed(_)));
    }
}
