//! The SOAP fault that one security server tells another (wire.md §3.3, §3.4).

use roxmltree::Node;
use simpul_core::{Dialect, Fault, FaultCode, limits};

use crate::xml::{self, XmlError, escape_text};

/// The namespace of a SOAP 1.1 envelope.
pub const ENVELOPE_NS: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// Why octets are not a SOAP fault.
#[derive(Debug, thiserror::Error)]
pub enum SoapFaultError {
    /// More than [`limits::FAULT_XML`] octets.
    #[error("a SOAP fault of {0} octets, more than {max}", max = limits::FAULT_XML)]
    TooLarge(usize),
    /// No XML that we read.
    #[error("a SOAP fault that is not readable XML")]
    Xml(#[source] XmlError),
    /// XML, but no SOAP envelope.
    #[error("no SOAP envelope")]
    NotSoap,
    /// A SOAP envelope with a message instead of a fault.
    #[error("a SOAP message where a fault was expected")]
    NotAFault,
    /// A fault without a fault code.
    #[error("a SOAP fault without a code")]
    NoCode,
}

/// Writes a fault on one line, in UTF-8, as X-Road writes it (§3.4).
#[must_use]
pub fn encode(fault: &Fault, dialect: Dialect) -> Vec<u8> {
    format!(
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="{ns}"><SOAP-ENV:Body>"#,
            "<SOAP-ENV:Fault><faultcode>{code}</faultcode><faultstring>{string}</faultstring>",
            "<faultactor>{actor}</faultactor>",
            r#"<detail><faultDetail xmlns="">{detail}</faultDetail></detail>"#,
            "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>",
        ),
        ns = ENVELOPE_NS,
        code = escape_text(&fault.code.spell(dialect)),
        string = escape_text(&fault.string),
        actor = escape_text(&fault.actor),
        detail = escape_text(&fault.detail),
    )
    .into_bytes()
}

/// Reads a fault of at most [`limits::FAULT_XML`] octets. Its code is kept unchanged (§3.9).
///
/// Inside `Fault` only local names count, as SOAP 1.1 puts its children in no namespace and peers differ. The detail
/// is the text of `faultDetail`, or of `detail` itself where there is none.
pub fn decode(xml: &[u8]) -> Result<Fault, SoapFaultError> {
    if xml.len() > limits::FAULT_XML {
        return Err(SoapFaultError::TooLarge(xml.len()));
    }
    let document = xml::parse_bytes(xml).map_err(SoapFaultError::Xml)?;
    let envelope = document.root_element();
    if !is_soap(envelope, "Envelope") {
        return Err(SoapFaultError::NotSoap);
    }
    let fault = envelope
        .children()
        .find(|n| is_soap(*n, "Body"))
        .and_then(|body| body.children().find(|n| is_soap(*n, "Fault")))
        .ok_or(SoapFaultError::NotAFault)?;
    let text = |name| child(fault, name).map(content).unwrap_or_default();
    let code = text("faultcode");
    if code.is_empty() {
        return Err(SoapFaultError::NoCode);
    }
    let detail = child(fault, "detail").map(|d| content(child(d, "faultDetail").unwrap_or(d)));
    Ok(Fault {
        code: FaultCode::Received(code),
        string: text("faultstring"),
        actor: text("faultactor"),
        detail: detail.unwrap_or_default(),
    })
}

fn is_soap(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((ENVELOPE_NS, name))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|n| n.is_element() && n.tag_name().name() == name)
}

/// All text below a node, without the white space around it.
fn content(node: Node<'_, '_>) -> String {
    let text: String = node.descendants().filter(Node::is_text).filter_map(|n| n.text()).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_core::{Code, Origin};

    /// wire.md §3.4: the form on one line.
    #[test]
    fn a_fault_is_written_as_x_road_writes_it() {
        let fault = Fault::provider(Code::AccessDenied, "no <right>").with_detail("d-1");
        let expected = concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            r#"<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body>"#,
            "<SOAP-ENV:Fault><faultcode>server.serverproxy.access_denied</faultcode>",
            "<faultstring>no &lt;right&gt;</faultstring><faultactor></faultactor>",
            r#"<detail><faultDetail xmlns="">d-1</faultDetail></detail>"#,
            "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>",
        );
        assert_eq!(String::from_utf8(encode(&fault, Dialect::V78)).unwrap(), expected);
    }

    /// wire.md §3.9: the dialect decides the spelling; a received code is kept unchanged.
    #[test]
    fn dialects_are_written_and_received_codes_kept() {
        let fault = Fault::provider(Code::AccessDenied, "s");
        let old = decode(&encode(&fault, Dialect::V77)).unwrap();
        assert_eq!(old.code, FaultCode::Received("Server.ServerProxy.AccessDenied".to_owned()));
        assert_eq!(decode(&encode(&old, Dialect::V78)).unwrap(), old);
        let relayed = Fault::new(FaultCode::own(Origin::ClientProxy, [Code::IoError]), "é & \r\n\"").with_detail("]]>");
        let read = decode(&encode(&relayed, Dialect::V78)).unwrap();
        assert_eq!((read.string.as_str(), read.detail.as_str()), ("é & \r\n\"", "]]>"));
    }

    #[test]
    fn other_soap_and_other_xml_are_told_apart() {
        let envelope = |body: &str| format!("<e:Envelope xmlns:e='{ENVELOPE_NS}'><e:Body>{body}</e:Body></e:Envelope>");
        let of = |xml: &str| decode(xml.as_bytes());
        assert!(matches!(of(&envelope("<x/>")), Err(SoapFaultError::NotAFault)));
        assert!(matches!(of(&envelope("<Fault><faultcode>c</faultcode></Fault>")), Err(SoapFaultError::NotAFault)));
        assert!(matches!(of("<Envelope/>"), Err(SoapFaultError::NotSoap)));
        assert!(matches!(of("no xml"), Err(SoapFaultError::Xml(_))));
        assert!(matches!(of("<!DOCTYPE a><a/>"), Err(SoapFaultError::Xml(XmlError::Dtd))));
        assert!(matches!(of(&envelope("<e:Fault><faultcode> </faultcode></e:Fault>")), Err(SoapFaultError::NoCode)));
        let bare = of(&envelope("<e:Fault><faultcode>c</faultcode><detail> why </detail></e:Fault>")).unwrap();
        assert_eq!((bare.detail.as_str(), bare.string.as_str()), ("why", ""));
    }

    #[test]
    fn size_is_bounded() {
        let fault = |n: usize| {
            let empty = encode(&Fault::provider(Code::IoError, ""), Dialect::V78).len();
            encode(&Fault::provider(Code::IoError, "x".repeat(n - empty)), Dialect::V78)
        };
        assert!(decode(&fault(limits::FAULT_XML)).is_ok());
        let over = decode(&fault(limits::FAULT_XML + 1));
        assert!(matches!(over, Err(SoapFaultError::TooLarge(n)) if n == limits::FAULT_XML + 1));
    }
}
