//! Who must have sealed the message of a container: the client of a request, the owner of the service of a response
//! (wire.md §5.4, rule 4).

use bytes::Bytes;
use roxmltree::{Document, Node};
use simpul_core::{ClientId, Code, IdError, MemberId};
use simpul_wire::rest::{RestError, RestMessage};
use simpul_wire::xml::{self, XmlError};

pub(super) const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub(super) const XROAD: &str = "http://x-road.eu/xsd/xroad.xsd";
pub(super) const IDENTIFIERS: &str = "http://x-road.eu/xsd/identifiers";

/// What a message says of itself, as far as its seal is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The party that sends it: the client, or the provider of the service.
    pub client: ClientId,
    /// Whether it is a response.
    pub is_response: bool,
}

impl Sender {
    /// The member that must have sealed it.
    #[must_use]
    pub fn member(&self) -> &MemberId {
        self.client.member()
    }

    /// Reads a stored message: a REST block (§2.3) or a SOAP envelope (§4.1).
    pub fn of(message: &Bytes) -> Result<Self, SenderError> {
        if let Some(text) = soap_text(message) {
            return soap(text);
        }
        match RestMessage::decode(message.clone()).map_err(SenderError::Rest)? {
            RestMessage::Request(m) => Ok(Self { client: m.client().clone(), is_response: false }),
            RestMessage::Response(m) => Ok(Self { client: m.service().provider.clone(), is_response: true }),
        }
    }
}

/// The XML of a message that is SOAP and no REST block, without a byte order mark.
pub(super) fn soap_text(message: &[u8]) -> Option<&[u8]> {
    let text = message.strip_prefix(b"\xef\xbb\xbf").unwrap_or(message);
    (text.trim_ascii_start().first() == Some(&b'<')).then_some(text)
}

/// Why a message does not say who sent it.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// Neither SOAP nor a REST block.
    #[error("the message is no REST message")]
    Rest(#[source] RestError),
    /// Not XML.
    #[error("the message is no SOAP message")]
    Xml(#[source] XmlError),
    /// Something that must be there once is not there once.
    #[error("the SOAP message has not exactly one {0}")]
    Soap(&'static str),
    /// The identifier of the sender is none.
    #[error("the SOAP message does not say who sent it")]
    Identifier(#[source] IdError),
}

impl SenderError {
    /// The code of the fault: the container holds no message.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Rest(_) | Self::Xml(_) | Self::Soap(_) | Self::Identifier(_) => Code::InvalidMessage,
        }
    }
}

/// A SOAP message, as far as its own shape goes.
pub(super) struct Envelope<'d> {
    pub(super) header: Node<'d, 'd>,
    /// The only element of the body.
    pub(super) content: Node<'d, 'd>,
}

impl<'d> Envelope<'d> {
    pub(super) fn of(document: &'d Document<'d>) -> Result<Self, SenderError> {
        let envelope = document.root_element();
        if !envelope.has_tag_name((ENVELOPE, "Envelope")) {
            return Err(SenderError::Soap("Envelope"));
        }
        let header = only(envelope, ENVELOPE, "Header")?;
        let body = only(envelope, ENVELOPE, "Body")?;
        let content = body.first_element_child().filter(|n| n.next_sibling_element().is_none());
        Ok(Self { header, content: content.ok_or(SenderError::Soap("element in its body"))? })
    }

    pub(super) fn is_response(&self) -> bool {
        self.content.tag_name().name().ends_with("Response")
    }
}

fn soap(text: &[u8]) -> Result<Sender, SenderError> {
    let document = xml::parse_bytes(text).map_err(SenderError::Xml)?;
    let envelope = Envelope::of(&document)?;
    let is_response = envelope.is_response();
    let client = party(only(envelope.header, XROAD, if is_response { "service" } else { "client" })?)?;
    Ok(Sender { client, is_response })
}

/// The member or subsystem of a `client` or `service`.
pub(super) fn party(party: Node<'_, '_>) -> Result<ClientId, SenderError> {
    let mut fields = vec![field(party, "xRoadInstance")?, field(party, "memberClass")?, field(party, "memberCode")?];
    if party.children().any(|n| n.has_tag_name((IDENTIFIERS, "subsystemCode"))) {
        fields.push(field(party, "subsystemCode")?);
    }
    ClientId::from_parts(&fields).map_err(SenderError::Identifier)
}

pub(super) fn field<'d>(party: Node<'d, 'd>, name: &'static str) -> Result<&'d str, SenderError> {
    let node = only(party, IDENTIFIERS, name)?;
    Ok(node.text().unwrap_or_default())
}

pub(super) fn only<'d>(parent: Node<'d, 'd>, namespace: &str, name: &'static str) -> Result<Node<'d, 'd>, SenderError> {
    let mut found =
        parent.children().filter(|n| n.tag_name().namespace() == Some(namespace) && n.tag_name().name() == name);
    match (found.next(), found.next()) {
        (Some(node), None) => Ok(node),
        _ => Err(SenderError::Soap(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(message: &str) -> Result<Sender, SenderError> {
        Sender::of(&Bytes::copy_from_slice(message.as_bytes()))
    }

    fn envelope(header: &str, body: &str) -> String {
        format!(
            "<e:Envelope xmlns:e='{ENVELOPE}' xmlns:x='{XROAD}' xmlns:i='{IDENTIFIERS}'><e:Header>{header}</e:Header>\
             <e:Body>{body}</e:Body></e:Envelope>"
        )
    }

    const CLIENT: &str = "<x:client i:objectType='SUBSYSTEM'><i:xRoadInstance>ID</i:xRoadInstance>\
        <i:memberClass>GOV</i:memberClass><i:memberCode>1</i:memberCode><i:subsystemCode>a</i:subsystemCode></x:client>";
    const SERVICE: &str = "<x:service i:objectType='SERVICE'><i:xRoadInstance>MY</i:xRoadInstance>\
        <i:memberClass>COM</i:memberClass><i:memberCode>2</i:memberCode><i:serviceCode>s</i:serviceCode></x:service>";

    /// wire.md §5.4, rule 4: the client of a request, the owner of the service of a response.
    #[test]
    fn requests_and_responses_have_different_senders() {
        let header = format!("{CLIENT}{SERVICE}<x:id>1</x:id>");
        let request = sender(&envelope(&header, "<s/>")).unwrap();
        assert_eq!((request.client.short().as_str(), request.is_response), ("ID/GOV/1/a", false));
        let response = sender(&format!("\u{feff}{}", envelope(&header, "<n:sResponse xmlns:n='urn:n'/>"))).unwrap();
        assert_eq!((response.client.short().as_str(), response.is_response), ("MY/COM/2", true));

        let request = "GET\r\n/r1/MY/COM/2/b/s\r\nx-road-client:ID/GOV/1/a\r\nx-road-id:1\r\nx-road-request-id:2\r\n";
        let request = sender(request).unwrap();
        assert_eq!((request.client.short().as_str(), request.is_response), ("ID/GOV/1/a", false));
        let response = "200\r\nOK\r\nx-road-id:1\r\nx-road-client:ID/GOV/1/a\r\nx-road-service:MY/COM/2/b/s\r\n\
            x-road-request-id:2\r\nx-road-request-hash:AAAA\r\n";
        let response = sender(response).unwrap();
        assert_eq!((response.member().short().as_str(), response.is_response), ("MY/COM/2", true));
    }

    #[test]
    fn doubtful_messages_have_no_sender() {
        let body = "<s/>";
        for message in [
            String::new(),
            "text".to_owned(),
            "<e".to_owned(),
            "<e/>".to_owned(),
            envelope("", body),
            envelope(SERVICE, body),
            envelope(&format!("{CLIENT}{CLIENT}"), body),
            envelope(CLIENT, ""),
            envelope(CLIENT, "<s/><s/>"),
            envelope(CLIENT, "<sResponse/>"),
            envelope(&CLIENT.replace("<i:memberCode>1</i:memberCode>", ""), body),
            envelope(&CLIENT.replace("<i:memberCode>1", "<i:memberCode>"), body),
            envelope(&CLIENT.replace("</x:client>", "<i:memberCode>2</i:memberCode></x:client>"), body),
            envelope(&CLIENT.replace("i:memberCode", "x:memberCode"), body),
        ] {
            assert_eq!(sender(&message).unwrap_err().code(), Code::InvalidMessage, "{message}");
        }
    }
}
