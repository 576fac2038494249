//! Reading elements in the order of their schema (wire.md §8.1, §8.4, §8.5).
//!
//! What the schema does not name at a place is refused there, so that nothing is read past.

use std::iter::Peekable;
use std::str::FromStr;
use std::time::Duration;
use std::vec::IntoIter;

use base64::{Engine, engine::general_purpose::STANDARD};
use roxmltree::Node;
use simpul_core::{ClientId, IdError, MemberId, SubsystemId, UnixTime};

use super::error::{Document, DocumentError, DocumentFault as Fault};
use crate::xml;

/// The namespace of the root elements.
pub(super) const XROAD: &str = "http://x-road.eu/xsd/xroad.xsd";
/// The namespace of identifiers (§1.1).
pub(super) const IDENTIFIERS: &str = "http://x-road.eu/xsd/identifiers";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Characters of a wrong value that a message repeats.
const SHOWN: usize = 60;

/// A fault at a line, before the document is named.
#[derive(Debug)]
pub(super) struct Broken {
    line: u32,
    pub(super) fault: Fault,
}

pub(super) type Read<T> = Result<T, Broken>;

impl Broken {
    pub(super) fn at(node: Node<'_, '_>, fault: Fault) -> Self {
        Self { line: node.document().text_pos_at(node.range().start).row, fault }
    }
}

/// Parses a document and hands its root to `read`.
pub(super) fn document<T>(
    bytes: &[u8],
    most: usize,
    document: Document,
    root: &'static str,
    read: impl FnOnce(Node<'_, '_>) -> Read<T>,
) -> Result<T, DocumentError> {
    let wrap = |Broken { line, fault }: Broken| DocumentError { document, line, fault };
    if bytes.len() > most {
        return Err(wrap(Broken { line: 0, fault: Fault::TooLarge { octets: bytes.len(), most } }));
    }
    let tree = xml::parse_bytes(bytes).map_err(|e| wrap(Broken { line: 0, fault: Fault::Xml(e) }))?;
    let node = tree.root_element();
    if !node.has_tag_name((XROAD, root)) {
        let fault = Fault::Root { found: name(node), expected: root };
        return Err(wrap(Broken::at(node, fault)));
    }
    read(node).map_err(wrap)
}

/// The local name, for messages.
pub(super) fn name(node: Node<'_, '_>) -> String {
    node.tag_name().name().to_owned()
}

/// The children of an element, taken one by one in the order of the schema.
pub(super) struct Sequence<'a, 'i> {
    parent: Node<'a, 'i>,
    namespace: Option<&'static str>,
    rest: Peekable<IntoIter<Node<'a, 'i>>>,
}

impl<'a, 'i> Sequence<'a, 'i> {
    /// Unqualified children of an element without attributes.
    pub(super) fn of(parent: Node<'a, 'i>) -> Read<Self> {
        attributes(parent, |_, _| false)?;
        Self::children(parent, None)
    }

    /// Unqualified children of an element that may have an attribute `id`.
    pub(super) fn with_id(parent: Node<'a, 'i>) -> Read<Self> {
        attributes(parent, |namespace, name| namespace.is_none() && name == "id")?;
        Self::children(parent, None)
    }

    fn children(parent: Node<'a, 'i>, namespace: Option<&'static str>) -> Read<Self> {
        let text = |n: &Node<'a, 'i>| n.is_text() && n.text().is_some_and(|t| !t.trim_matches(is_space).is_empty());
        if parent.children().any(|n| text(&n)) {
            return Err(Broken::at(parent, Fault::Text(name(parent))));
        }
        let elements: Vec<_> = parent.children().filter(Node::is_element).collect();
        Ok(Self { parent, namespace, rest: elements.into_iter().peekable() })
    }

    /// The next element if it has this name.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<Node<'a, 'i>> {
        let namespace = self.namespace;
        self.rest.next_if(|n| n.tag_name().name() == name && n.tag_name().namespace() == namespace)
    }

    /// The next element, which must have this name.
    pub(super) fn required(&mut self, element: &'static str) -> Read<Node<'a, 'i>> {
        let found = self.optional(element);
        found.ok_or_else(|| Broken::at(self.parent, Fault::Missing { parent: name(self.parent), element }))
    }

    /// Every following element with this name, read by `read`.
    pub(super) fn repeated<T>(
        &mut self,
        element: &'static str,
        mut read: impl FnMut(Node<'a, 'i>) -> Read<T>,
    ) -> Read<Vec<T>> {
        let mut all = Vec::new();
        while let Some(node) = self.optional(element) {
            all.push(read(node)?);
        }
        Ok(all)
    }

    /// As [`Sequence::repeated`], at most `most` times.
    pub(super) fn bounded<T>(
        &mut self,
        element: &'static str,
        most: usize,
        read: impl FnMut(Node<'a, 'i>) -> Read<T>,
    ) -> Read<Vec<T>> {
        let all = self.repeated(element, read)?;
        let over = all.len() > most;
        if over { Err(Broken::at(self.parent, Fault::TooMany { element, most })) } else { Ok(all) }
    }

    /// Demands that nothing follows.
    pub(super) fn end(mut self) -> Read<()> {
        match self.rest.next() {
            None => Ok(()),
            Some(n) => Err(Broken::at(n, Fault::Unexpected { parent: name(self.parent), found: name(n) })),
        }
    }
}

/// Refuses attributes other than those allowed and the schema location.
fn attributes(node: Node<'_, '_>, allowed: impl Fn(Option<&str>, &str) -> bool) -> Read<()> {
    let known = |namespace: Option<&str>, name: &str| {
        allowed(namespace, name)
            || (namespace == Some(SCHEMA_INSTANCE) && matches!(name, "schemaLocation" | "noNamespaceSchemaLocation"))
    };
    match node.attributes().find(|a| !known(a.namespace(), a.name())) {
        None => Ok(()),
        Some(a) => Err(Broken::at(node, Fault::Attribute { element: name(node), attribute: a.name().to_owned() })),
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// The text of an element without children, exactly as it stands.
pub(super) fn text(node: Node<'_, '_>) -> Read<String> {
    attributes(node, |_, _| false)?;
    if let Some(n) = node.children().find(Node::is_element) {
        return Err(Broken::at(n, Fault::Unexpected { parent: name(node), found: name(n) }));
    }
    Ok(node.children().filter(Node::is_text).filter_map(|n| n.text()).collect())
}

/// A text as a value whose type ignores white space around it.
fn value<T>(node: Node<'_, '_>, expected: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Read<T> {
    let text = text(node)?;
    read(text.trim_matches(is_space)).ok_or_else(|| {
        let value = text.chars().take(SHOWN).collect();
        Broken::at(node, Fault::Value { element: name(node), value, expected })
    })
}

/// A part of an identifier, or an instance.
pub(super) fn identifier<T: FromStr<Err = IdError>>(node: Node<'_, '_>) -> Read<T> {
    text(node)?.parse().map_err(|cause| Broken::at(node, Fault::Identifier { element: name(node), cause }))
}

/// `xs:base64Binary`: white space is not part of it.
pub(super) fn base64(node: Node<'_, '_>) -> Read<Vec<u8>> {
    let mut text = text(node)?;
    text.retain(|c| !is_space(c));
    STANDARD.decode(text).map_err(|cause| Broken::at(node, Fault::Base64 { element: name(node), cause }))
}

/// `xs:boolean`.
pub(super) fn boolean(node: Node<'_, '_>) -> Read<bool> {
    value(node, "true or false", |t| match t {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    })
}

/// `xs:integer` or `xs:int` that counts seconds: 0 to 2147483647.
pub(super) fn seconds(node: Node<'_, '_>) -> Read<Duration> {
    value(node, "a number of seconds from 0 to 2147483647", |t| {
        let digits = t.strip_prefix('+').unwrap_or(t);
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let n = plain.then(|| digits.parse::<i32>().ok()).flatten()?;
        u64::try_from(n).ok().map(Duration::from_secs)
    })
}

/// `xs:dateTime`; without an offset it is read as UTC.
pub(super) fn date_time(node: Node<'_, '_>) -> Read<UnixTime> {
    value(node, "a date and time", |t| t.parse().or_else(|_| format!("{t}Z").parse()).ok())
}

/// One of a closed list of words.
pub(super) fn word<T: Copy>(node: Node<'_, '_>, words: &[(&str, T)], expected: &'static str) -> Read<T> {
    let text = text(node)?;
    words.iter().find(|(w, _)| *w == text).map(|(_, t)| *t).ok_or_else(|| {
        let value = text.chars().take(SHOWN).collect();
        Broken::at(node, Fault::Value { element: name(node), value, expected })
    })
}

/// A member or subsystem with its `id:objectType`, which must fit its parts (§1.1).
pub(super) fn client_id(node: Node<'_, '_>) -> Read<ClientId> {
    consistent_client_id(node)?.ok_or_else(|| {
        let attribute = "objectType".to_owned();
        Broken::at(node, Fault::Attribute { element: name(node), attribute })
    })
}

/// As [`client_id`], but `None` where the type does not fit the parts: nobody can be meant by it.
pub(super) fn consistent_client_id(node: Node<'_, '_>) -> Read<Option<ClientId>> {
    attributes(node, |namespace, name| namespace == Some(IDENTIFIERS) && name == "objectType")?;
    let mut children = Sequence::children(node, Some(IDENTIFIERS))?;
    let member = MemberId {
        instance: identifier(children.required("xRoadInstance")?)?,
        class: identifier(children.required("memberClass")?)?,
        code: identifier(children.required("memberCode")?)?,
    };
    let subsystem = children.optional("subsystemCode").map(identifier).transpose()?;
    children.end()?;
    match (node.attribute((IDENTIFIERS, "objectType")), subsystem) {
        (Some("MEMBER"), None) => Ok(Some(ClientId::Member(member))),
        (Some("SUBSYSTEM"), Some(code)) => Ok(Some(ClientId::Subsystem(SubsystemId { member, code }))),
        (Some("MEMBER" | "SUBSYSTEM"), _) => Ok(None),
        _ => {
            let attribute = "objectType".to_owned();
            Err(Broken::at(node, Fault::Attribute { element: name(node), attribute }))
        }
    }
}
