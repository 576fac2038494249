//! The configuration anchor: where a configuration is, and whose signature it carries (wire.md §8.1).

use roxmltree::Node;
use simpul_core::{UnixTime, ident::Instance, limits};

use super::element::{self, Read, Sequence};
use super::error::{Document, DocumentError, DocumentWriteError};
use super::writer::{Writer, Written};

/// A source of configuration that a party trusts because it was given by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// When it was made, for people to read.
    pub generated_at: Option<UnixTime>,
    /// The instance whose configuration it finds.
    pub instance: Instance,
    /// Where; at least one.
    pub sources: Vec<AnchorSource>,
}

/// One place to get a configuration from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorSource {
    /// URL of the signed directory.
    pub url: String,
    /// Certificates that verify its signature, DER; at least one.
    pub certificates: Vec<Vec<u8>>,
}

impl Anchor {
    /// Reads an anchor file of at most [`limits::CONF_ANCHOR`] octets.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        element::document(bytes, limits::CONF_ANCHOR, Document::Anchor, "configurationAnchor", Self::read)
    }

    /// The file for this anchor.
    pub fn write(&self) -> Result<String, DocumentWriteError> {
        Writer::document("configurationAnchor", |w| self.content(w))
    }

    pub(super) fn read(node: Node<'_, '_>) -> Read<Self> {
        let mut children = Sequence::of(node)?;
        let generated_at = children.optional("generatedAt").map(element::date_time).transpose()?;
        let instance = element::identifier(children.required("instanceIdentifier")?)?;
        let first = AnchorSource::read(children.required("source")?)?;
        let more = children.bounded("source", limits::CONF_SOURCES - 1, AnchorSource::read)?;
        children.end()?;
        Ok(Self { generated_at, instance, sources: std::iter::once(first).chain(more).collect() })
    }

    pub(super) fn content(&self, w: &mut Writer) -> Written {
        if self.sources.is_empty() {
            return Err(DocumentWriteError::Empty("source"));
        }
        w.optional("generatedAt", self.generated_at.map(|t| t.to_string()).as_deref())?;
        w.text("instanceIdentifier", self.instance.as_str())?;
        self.sources.iter().try_for_each(|source| {
            if source.certificates.is_empty() {
                return Err(DocumentWriteError::Empty("verificationCert"));
            }
            w.element("source", |w| {
                w.text("downloadURL", &source.url)?;
                source.certificates.iter().try_for_each(|c| w.base64("verificationCert", c))
            })
        })
    }
}

impl AnchorSource {
    fn read(node: Node<'_, '_>) -> Read<Self> {
        let mut children = Sequence::of(node)?;
        let url = element::text(children.required("downloadURL")?)?;
        let first = element::base64(children.required("verificationCert")?)?;
        let more = children.bounded("verificationCert", limits::CONF_SOURCE_CERTS - 1, element::base64)?;
        children.end()?;
        Ok(Self { url, certificates: std::iter::once(first).chain(more).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gconf::error::DocumentFault;
    use simpul_core::Code;

    fn anchor() -> Anchor {
        let source = |url: &str| AnchorSource { url: url.to_owned(), certificates: vec![vec![1, 2, 3], vec![4]] };
        Anchor {
            generated_at: Some("2025-11-05T22:10:45.770Z".parse().unwrap()),
            instance: "ID & co".parse().unwrap(),
            sources: vec![source("http://cs/internalconf?a=1&b=2"), source("https://cs/internalconf")],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Anchor::parse(anchor().write().unwrap().as_bytes()).unwrap(), anchor());
        let plain = Anchor { generated_at: None, ..anchor() };
        assert_eq!(Anchor::parse(plain.write().unwrap().as_bytes()).unwrap(), plain);
    }

    /// wire.md §8.1 gives the order and the number of elements, §3.9 the code.
    #[test]
    fn other_documents_are_refused() {
        let good = anchor().write().unwrap();
        for (from, to) in [
            ("xmlns:xro=\"http://x-road.eu/xsd/xroad.xsd\"", "xmlns:xro=\"http://x-road.eu/xsd/other.xsd\""),
            ("<xro:configurationAnchor", "<!DOCTYPE a><xro:configurationAnchor"),
            ("<instanceIdentifier>ID &amp; co</instanceIdentifier>", ""),
            ("<instanceIdentifier>ID &amp; co</instanceIdentifier>", "<instanceIdentifier/>"),
            (
                "<instanceIdentifier>",
                "<xro:instanceIdentifier xmlns='http://x-road.eu/xsd/xroad.xsd'/><instanceIdentifier>",
            ),
            ("</source>", "<extension/></source>"),
            ("<source>", "<source kind=\"x\">"),
            ("<source>", "text<source>"),
            ("AQID", "AQI!"),
            ("2025-11-05T22:10:45.770Z", "yesterday"),
            ("<downloadURL>http://cs/internalconf?a=1&amp;b=2</downloadURL>", ""),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Anchor::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err();
            assert_eq!(error.code(), Code::MalformedAnchor, "{to}");
        }
        assert_eq!(Anchor::parse(b"").unwrap_err().code(), Code::MalformedAnchor);
        let none = Anchor { sources: Vec::new(), ..anchor() };
        assert_eq!(none.write(), Err(DocumentWriteError::Empty("source")));
    }

    #[test]
    fn faults_name_their_line() {
        let text = anchor().write().unwrap().replacen("</source>", "<extension/>\n</source>", 1);
        let line = text.lines().position(|l| l.contains("<extension/>")).unwrap() + 1;
        let error = Anchor::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.line as usize, line);
        assert!(matches!(error.fault, DocumentFault::Unexpected { .. }));
    }

    #[test]
    fn the_anchor_is_bounded() {
        let source =
            AnchorSource { url: "http://cs/x".to_owned(), certificates: vec![vec![0]; limits::CONF_SOURCE_CERTS] };
        let most = Anchor { sources: vec![source; limits::CONF_SOURCES], ..anchor() };
        let reads = |a: &Anchor| Anchor::parse(a.write().unwrap().as_bytes());
        assert_eq!(reads(&most).unwrap(), most);
        let mut over = most.clone();
        over.sources.push(most.sources[0].clone());
        assert!(matches!(reads(&over).unwrap_err().fault, DocumentFault::TooMany { element: "source", .. }));
        let mut over = most;
        over.sources[0].certificates.push(vec![0]);
        assert!(matches!(reads(&over).unwrap_err().fault, DocumentFault::TooMany { element: "verificationCert", .. }));

        let text = anchor().write().unwrap();
        let padded = |n: usize| format!("{text}{}", " ".repeat(n - text.len()));
        assert!(Anchor::parse(padded(limits::CONF_ANCHOR).as_bytes()).is_ok());
        let error = Anchor::parse(padded(limits::CONF_ANCHOR + 1).as_bytes()).unwrap_err();
        assert!(matches!(error.fault, DocumentFault::TooLarge { .. }));
    }
}
