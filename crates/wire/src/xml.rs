//! The one door to XML trees. Every bound is checked on the text before a tree is built.
//!
//! `roxmltree` alone is not enough for input from attackers: it compares the attributes of an element pairwise,
//! copies every namespace in scope into each element that declares one, and reserves memory for every `<` and `=`,
//! so all of them are bounded here.

use std::borrow::Cow;

use roxmltree::{Document, ParsingOptions};
use simpul_core::limits;

/// Why a text is not XML that we read.
#[derive(Debug, thiserror::Error)]
pub enum XmlError {
    /// More than [`limits::XML_BYTES`].
    #[error("XML of {0} octets, more than {max}", max = limits::XML_BYTES)]
    TooLarge(usize),
    /// Elements nested deeper than [`limits::XML_DEPTH`].
    #[error("XML elements nested deeper than {max}", max = limits::XML_DEPTH)]
    TooDeep,
    /// More than [`limits::XML_NODES`] elements, texts, comments and instructions, or more than twice as many `<`
    /// or `=` anywhere.
    #[error("XML of more than {max} nodes", max = limits::XML_NODES)]
    TooManyNodes,
    /// An element with more than [`limits::XML_ATTRIBUTES`] attributes, namespace declarations included.
    #[error("an XML element with more than {max} attributes", max = limits::XML_ATTRIBUTES)]
    TooManyAttributes,
    /// More than [`limits::XML_NAMESPACES`] namespace declarations in scope.
    #[error("more than {max} XML namespace declarations in scope", max = limits::XML_NAMESPACES)]
    TooManyNamespaces,
    /// A document type definition, which is always refused (§4.1).
    #[error("XML with a document type definition")]
    Dtd,
    /// Octets that are not UTF-8.
    #[error("XML that is not UTF-8")]
    NotUtf8(#[source] std::str::Utf8Error),
    /// Not well-formed.
    #[error("XML that is not well-formed")]
    Malformed(#[source] roxmltree::Error),
}

/// Parses a document within the bounds of `core::limits`. A leading byte order mark is skipped (§4.1).
pub fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    if text.len() > limits::XML_BYTES {
        return Err(XmlError::TooLarge(text.len()));
    }
    for mark in [b'<', b'='] {
        if memchr::memchr_iter(mark, text.as_bytes()).count() > 2 * limits::XML_NODES as usize {
            return Err(XmlError::TooManyNodes);
        }
    }
    Scan::default().run(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: limits::XML_NODES + 1, entity_resolver: None };
    Document::parse_with_options(text, options).map_err(|e| match e {
        roxmltree::Error::DtdDetected => XmlError::Dtd,
        roxmltree::Error::NodesLimitReached => XmlError::TooManyNodes,
        other => XmlError::Malformed(other),
    })
}

/// As [`parse`], from octets that must be UTF-8.
pub fn parse_bytes(bytes: &[u8]) -> Result<Document<'_>, XmlError> {
    if bytes.len() > limits::XML_BYTES {
        return Err(XmlError::TooLarge(bytes.len()));
    }
    parse(std::str::from_utf8(bytes).map_err(XmlError::NotUtf8)?)
}

/// Escapes character data for an element. Characters that XML 1.0 cannot carry become U+FFFD.
#[must_use]
pub fn escape_text(s: &str) -> Cow<'_, str> {
    escape(s, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => illegal(c),
    })
}

/// Escapes an attribute value that stands in double quotes. Characters that XML 1.0 cannot carry become U+FFFD.
#[must_use]
pub fn escape_attr(s: &str) -> Cow<'_, str> {
    escape(s, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => illegal(c),
    })
}

fn escape(s: &str, replacement: impl Fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    if s.chars().all(|c| replacement(c).is_none()) {
        return Cow::Borrowed(s);
    }
    let mut out = String::with_capacity(s.len() + 16);
    for c in s.chars() {
        match replacement(c) {
            Some(text) => out.push_str(text),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// XML 1.0, production 2 (`Char`).
fn illegal(c: char) -> Option<&'static str> {
    let legal = matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    (!legal).then_some("\u{FFFD}")
}

/// One pass over the markup that counts what a tree would cost. Text that is not well-formed passes it and is
/// refused by the parser, which has read the same markup up to the fault.
#[derive(Default)]
struct Scan {
    /// Namespace declarations of each open element.
    open: Vec<usize>,
    in_scope: usize,
}

impl Scan {
    fn run(&mut self, text: &str) -> Result<(), XmlError> {
        let mut rest = text;
        while let Some((_, markup)) = rest.split_once('<') {
            rest = if let Some(comment) = markup.strip_prefix("!--") {
                after(comment, "-->")
            } else if let Some(cdata) = markup.strip_prefix("![CDATA[") {
                after(cdata, "]]>")
            } else if let Some(instruction) = markup.strip_prefix('?') {
                after(instruction, "?>")
            } else if markup.starts_with('!') {
                return Err(XmlError::Dtd);
            } else if let Some(end) = markup.strip_prefix('/') {
                self.close();
                after(end, ">")
            } else {
                self.element(markup)?
            };
        }
        Ok(())
    }

    /// Counts a start tag and returns what follows it.
    fn element<'a>(&mut self, markup: &'a str) -> Result<&'a str, XmlError> {
        let mut rest = markup;
        let (mut attributes, mut namespaces, mut empty) = (0, 0, false);
        while let Some((head, stop, tail)) = split_any(rest) {
            rest = match stop {
                '"' | '\'' => after(tail, if stop == '"' { "\"" } else { "'" }),
                '=' => {
                    attributes += 1;
                    let name = head.trim_end().rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
                    namespaces += usize::from(name.starts_with("xmlns"));
                    tail
                }
                _ => {
                    empty = head.ends_with('/');
                    rest = tail;
                    break;
                }
            };
            if attributes > limits::XML_ATTRIBUTES {
                return Err(XmlError::TooManyAttributes);
            }
        }
        self.open.push(namespaces);
        self.in_scope += namespaces;
        if self.open.len() > limits::XML_DEPTH {
            return Err(XmlError::TooDeep);
        }
        if self.in_scope > limits::XML_NAMESPACES {
            return Err(XmlError::TooManyNamespaces);
        }
        if empty {
            self.close();
        }
        Ok(rest)
    }

    fn close(&mut self) {
        self.in_scope -= self.open.pop().unwrap_or(0);
    }
}

fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// Splits at the first character that matters inside a start tag.
fn split_any(text: &str) -> Option<(&str, char, &str)> {
    let at = text.find(['"', '\'', '=', '>'])?;
    let (head, tail) = text.split_at_checked(at)?;
    let stop = tail.chars().next()?;
    Some((head, stop, tail.get(stop.len_utf8()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth))
    }

    fn attributes(n: usize) -> String {
        format!("<a{}/>", (0..n).map(|i| format!(" a{i}='>'")).collect::<String>())
    }

    #[test]
    fn depth_is_bounded() {
        assert!(parse(&nested(limits::XML_DEPTH)).is_ok());
        assert!(matches!(parse(&nested(limits::XML_DEPTH + 1)), Err(XmlError::TooDeep)));
        let flat = format!("<a>{}</a>", "<b/>".repeat(limits::XML_DEPTH * 2));
        assert!(parse(&flat).is_ok(), "empty elements do not nest");
    }

    #[test]
    fn nodes_are_bounded() {
        let most = limits::XML_NODES as usize;
        let elements = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n - 1));
        assert!(parse(&elements(most)).is_ok());
        assert!(matches!(parse(&elements(most + 1)), Err(XmlError::TooManyNodes)));
        let mixed = format!("<a>{}</a>", "<b/>t".repeat(most / 2));
        assert!(matches!(parse(&mixed), Err(XmlError::TooManyNodes)), "texts are nodes");
    }

    #[test]
    fn marks_are_bounded() {
        let most = 2 * limits::XML_NODES as usize;
        let less_than = |n: usize| format!("<a><![CDATA[{}]]></a>", "<".repeat(n - 3));
        assert!(parse(&less_than(most)).is_ok());
        assert!(matches!(parse(&less_than(most + 1)), Err(XmlError::TooManyNodes)));
        let equals = |n: usize| format!("<a>{}</a>", "=".repeat(n));
        assert!(parse(&equals(most)).is_ok());
        assert!(matches!(parse(&equals(most + 1)), Err(XmlError::TooManyNodes)));
    }

    #[test]
    fn attributes_are_bounded() {
        assert!(parse(&attributes(limits::XML_ATTRIBUTES)).is_ok());
        assert!(matches!(parse(&attributes(limits::XML_ATTRIBUTES + 1)), Err(XmlError::TooManyAttributes)));
    }

    #[test]
    fn namespaces_in_scope_are_bounded() {
        let path = |n: usize| {
            let open: String = (0..n).map(|i| format!("<a xmlns:p{i} = \"u\">")).collect();
            format!("{open}{}", "</a>".repeat(n))
        };
        assert!(parse(&path(limits::XML_NAMESPACES)).is_ok());
        assert!(matches!(parse(&path(limits::XML_NAMESPACES + 1)), Err(XmlError::TooManyNamespaces)));
        let siblings = format!("<a>{}</a>", "<b xmlns='u'/>".repeat(limits::XML_NAMESPACES * 2));
        assert!(parse(&siblings).is_ok(), "a closed element takes its namespaces along");
    }

    #[test]
    fn octets_are_bounded() {
        let document = |n: usize| format!("<a>{}</a>", "x".repeat(n - 7));
        assert!(parse(&document(limits::XML_BYTES)).is_ok());
        let over = document(limits::XML_BYTES + 1);
        assert!(matches!(parse(&over), Err(XmlError::TooLarge(n)) if n == limits::XML_BYTES + 1));
        assert!(matches!(parse_bytes(over.as_bytes()), Err(XmlError::TooLarge(_))));
    }

    /// wire.md §4.1: a DOCTYPE is refused.
    #[test]
    fn dtds_are_refused() {
        for text in ["<!DOCTYPE a []><a/>", "<?xml version='1.0'?><!-- - -->\n<!DOCTYPE a><a/>", "<!ENTITY x ''><a/>"] {
            assert!(matches!(parse(text), Err(XmlError::Dtd)), "{text}");
        }
        assert!(parse("<a><![CDATA[<!DOCTYPE a>]]><!-- <!DOCTYPE b> --></a>").is_ok(), "text is not markup");
    }

    #[test]
    fn broken_text_is_an_error_and_never_a_panic() {
        for text in
            ["", "<", "</", "<a", "<a b", "<a b=", "<a b='", "<!--", "<![CDATA[", "<?", "</a>", "<a/></a>", "é<"]
        {
            assert!(matches!(parse(text), Err(XmlError::Malformed(_))), "{text}");
        }
        assert!(matches!(parse_bytes(b"<a>\xff</a>"), Err(XmlError::NotUtf8(_))));
        assert!(parse("\u{FEFF}<a/>").is_ok(), "a byte order mark is skipped");
    }

    #[test]
    fn escaped_text_is_read_back() {
        let text = "a & b < c > \"d\" 'e'\r\n\té";
        let xml = format!("<a b=\"{}\">{}</a>", escape_attr(text), escape_text(text));
        let document = parse(&xml).unwrap();
        assert_eq!(document.root_element().text(), Some(text));
        assert_eq!(document.root_element().attribute("b"), Some(text));
        assert!(matches!(escape_text("plain"), Cow::Borrowed("plain")));
        assert_eq!(escape_text("a\0b\u{1B}\u{FFFE}"), "a\u{FFFD}b\u{FFFD}\u{FFFD}");
    }
}
