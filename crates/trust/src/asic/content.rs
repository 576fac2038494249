//! What the message of a container says, for people to read (wire.md §2.3, §4.1).

use bytes::Bytes;
use roxmltree::Node;
use simpul_core::{ClientId, ServiceId};
use simpul_wire::rest::{Declaration, RestMessage, Verdict};
use simpul_wire::xml;

use super::sender::{Envelope, IDENTIFIERS, SenderError, XROAD, field, only, party, soap_text};

/// The parties and the outline of a message. It proves nothing by itself: see
/// [`verify_container`](super::verify_container).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Who asks.
    pub client: ClientId,
    /// What is asked; its provider answers.
    pub service: ServiceId,
    /// The message id, which a request shares with its response.
    pub message_id: String,
    /// What is said.
    pub said: Said,
    /// What a REST request declares under an agreement; nothing in any other message.
    pub declaration: Declaration,
    /// What a REST response says about agreements.
    pub verdict: Option<Verdict>,
}

/// The outline of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A REST request: the method, and the path below the service with its query.
    Request {
        /// `GET`, `POST` and so on.
        method: String,
        /// Raw, as it was sent: empty, or from `/` or `?` on.
        target: String,
    },
    /// A REST response with this status.
    Response(u16),
    /// A SOAP request with this element in its body.
    SoapRequest(String),
    /// A SOAP response with this element in its body.
    SoapResponse(String),
}

impl Said {
    /// Whether it is a response.
    #[must_use]
    pub fn is_response(&self) -> bool {
        match self {
            Self::Response(_) | Self::SoapResponse(_) => true,
            Self::Request { .. } | Self::SoapRequest(_) => false,
        }
    }
}

impl Content {
    /// Reads a stored message: a REST block or a SOAP envelope.
    pub fn of(message: &Bytes) -> Result<Self, SenderError> {
        if let Some(text) = soap_text(message) {
            return soap(text);
        }
        Ok(match RestMessage::decode(message.clone()).map_err(SenderError::Rest)? {
            RestMessage::Request(m) => Self {
                client: m.client().clone(),
                service: m.service().clone(),
                message_id: m.message_id().to_owned(),
                said: Said::Request {
                    method: m.method().to_owned(),
                    target: match m.query() {
                        Some(query) => format!("{}?{query}", m.service_path()),
                        None => m.service_path().to_owned(),
                    },
                },
                declaration: m.declaration().clone(),
                verdict: None,
            },
            RestMessage::Response(m) => Self {
                client: m.client().clone(),
                service: m.service().clone(),
                message_id: m.message_id().to_owned(),
                said: Said::Response(m.status()),
                declaration: Declaration::default(),
                verdict: m.verdict().cloned(),
            },
        })
    }
}

fn soap(text: &[u8]) -> Result<Content, SenderError> {
    let document = xml::parse_bytes(text).map_err(SenderError::Xml)?;
    let envelope = Envelope::of(&document)?;
    let service = only(envelope.header, XROAD, "service")?;
    let version = service.children().find(|n| n.has_tag_name((IDENTIFIERS, "serviceVersion")));
    let version = version.map(|n| n.text().unwrap_or_default().parse()).transpose();
    let element = envelope.content.tag_name().name().to_owned();
    Ok(Content {
        client: party(only(envelope.header, XROAD, "client")?)?,
        service: ServiceId {
            provider: party(service)?,
            code: field(service, "serviceCode")?.parse().map_err(SenderError::Identifier)?,
            version: version.map_err(SenderError::Identifier)?,
        },
        message_id: text_of(only(envelope.header, XROAD, "id")?).to_owned(),
        said: match envelope.is_response() {
            true => Said::SoapResponse(element),
            false => Said::SoapRequest(element),
        },
        declaration: Declaration::default(),
        verdict: None,
    })
}

fn text_of<'d>(node: Node<'d, 'd>) -> &'d str {
    node.text().unwrap_or_default().trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::super::sender::ENVELOPE;
    use super::*;

    /// wire.md §4.1: the fields of the header.
    #[test]
    fn a_soap_message_is_read() {
        let message = |operation: &str, extra: &str| {
            Bytes::from(format!(
                "<e:Envelope xmlns:e='{ENVELOPE}' xmlns:x='{XROAD}' xmlns:i='{IDENTIFIERS}'><e:Header>\
                 <x:client><i:xRoadInstance>ID</i:xRoadInstance><i:memberClass>GOV</i:memberClass>\
                 <i:memberCode>1</i:memberCode><i:subsystemCode>a</i:subsystemCode></x:client>\
                 <x:service><i:xRoadInstance>MY</i:xRoadInstance><i:memberClass>GOV</i:memberClass>\
                 <i:memberCode>2</i:memberCode><i:serviceCode>s</i:serviceCode>\
                 <i:serviceVersion>v1</i:serviceVersion></x:service><x:id>m-1</x:id>{extra}</e:Header>\
                 <e:Body><{operation}/></e:Body></e:Envelope>"
            ))
        };
        let content = Content::of(&message("ask", "")).unwrap();
        assert_eq!(content.client.short(), "ID/GOV/1/a");
        assert_eq!(content.service.short(), "MY/GOV/2/s/v1");
        assert_eq!((content.message_id.as_str(), content.said.clone()), ("m-1", Said::SoapRequest("ask".to_owned())));
        let answer = Content::of(&message("askResponse", "")).unwrap();
        assert!(answer.said.is_response() && !content.said.is_response());
        let twice = Content::of(&message("ask", "<x:id>m-2</x:id>")).unwrap_err();
        assert!(matches!(twice, SenderError::Soap("id")), "{twice:?}");
    }

    /// wire.md §2.3; the response is the example there.
    #[test]
    fn a_rest_message_is_read() {
        let of = |block: &'static str| Content::of(&Bytes::from_static(block.as_bytes())).unwrap();
        let request = of("GET\r\n/r1/MY/GOV/2/b/s/p?q=1\r\nx-road-client:ID/GOV/1/a\r\n\
            x-road-request-id:78b8d2ff-0c9b-4b6f-8a47-3c0f9a1b2c3d\r\nx-road-id:m-1\r\n");
        assert_eq!((request.client.short(), request.service.short()), ("ID/GOV/1/a".into(), "MY/GOV/2/b/s".into()));
        assert_eq!(request.message_id, "m-1");
        assert_eq!(request.said, Said::Request { method: "GET".to_owned(), target: "/p?q=1".to_owned() });
        let response = of("200\r\nOK\r\nx-road-id:m-1\r\nx-road-client:DEV/COM/4422/TestClient\r\n\
            x-road-service:DEV/COM/1234/TestService/mock1\r\n\
            x-road-request-id:78b8d2ff-0c9b-4b6f-8a47-3c0f9a1b2c3d\r\nx-road-request-hash:7zmQ\r\n");
        assert_eq!((response.said, response.message_id.as_str()), (Said::Response(200), "m-1"));
        assert_eq!(response.service.short(), "DEV/COM/1234/TestService/mock1");
    }
}
