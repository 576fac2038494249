//! Writing documents of a global configuration, indented by four spaces.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use simpul_core::ClientId;

use super::element::{IDENTIFIERS, XROAD};
use super::error::DocumentWriteError;
use crate::xml::{escape_attr, escape_text};

pub(super) type Written = Result<(), DocumentWriteError>;

/// A document under construction.
pub(super) struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    /// Writes a document whose root has the namespace of the root elements.
    pub(super) fn document(
        root: &str,
        content: impl FnOnce(&mut Self) -> Written,
    ) -> Result<String, DocumentWriteError> {
        let mut w = Self { out: String::new(), depth: 1 };
        let _ = writeln!(w.out, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>");
        let _ = writeln!(w.out, "<xro:{root} xmlns:id=\"{IDENTIFIERS}\" xmlns:xro=\"{XROAD}\">");
        content(&mut w)?;
        let _ = writeln!(w.out, "</xro:{root}>");
        Ok(w.out)
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = self.depth * 4);
    }

    /// An element around others.
    pub(super) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self) -> Written) -> Written {
        self.element_with(name, "", content)
    }

    /// An element around others with an `id` that the document itself made.
    pub(super) fn identified(&mut self, name: &str, id: &str, content: impl FnOnce(&mut Self) -> Written) -> Written {
        self.element_with(name, &format!(" id=\"{}\"", escape_attr(id)), content)
    }

    fn element_with(&mut self, name: &str, attributes: &str, content: impl FnOnce(&mut Self) -> Written) -> Written {
        self.line(&format!("<{name}{attributes}>"));
        self.depth += 1;
        content(self)?;
        self.depth -= 1;
        self.line(&format!("</{name}>"));
        Ok(())
    }

    /// An element around a text that a reader gets back unchanged.
    pub(super) fn text(&mut self, name: &'static str, value: &str) -> Written {
        let carried = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..);
        if !value.chars().all(carried) {
            return Err(DocumentWriteError::NotXml { element: name, value: value.to_owned() });
        }
        self.line(&format!("<{name}>{}</{name}>", escape_text(value)));
        Ok(())
    }

    /// An element that stands only if there is a text.
    pub(super) fn optional(&mut self, name: &'static str, value: Option<&str>) -> Written {
        value.map_or(Ok(()), |v| self.text(name, v))
    }

    /// An element around base64.
    pub(super) fn base64(&mut self, name: &'static str, value: &[u8]) -> Written {
        self.text(name, &STANDARD.encode(value))
    }

    /// A member or subsystem with its `id:objectType` (§1.1).
    pub(super) fn client_id(&mut self, name: &str, client: &ClientId) -> Written {
        let kind = if client.subsystem().is_some() { "SUBSYSTEM" } else { "MEMBER" };
        let member = client.member();
        self.element_with(name, &format!(" id:objectType=\"{kind}\""), |w| {
            w.text("id:xRoadInstance", member.instance.as_str())?;
            w.text("id:memberClass", member.class.as_str())?;
            w.text("id:memberCode", member.code.as_str())?;
            w.optional("id:subsystemCode", client.subsystem().map(|s| s.as_str()))
        })
    }
}
