//! How a fault is told to the consumer's information system (wire.md §2.6).

use serde_json::Value;
use simpul_core::{Dialect, Fault};

use crate::xml::escape_text;

/// An HTTP answer that a security server makes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReply {
    /// 500 for a fault of a server, else 400.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `X-Road-Error`: the fault code in visible ASCII, at most 1024 characters.
    pub error_header: String,
    /// JSON or XML in UTF-8.
    pub body: Vec<u8>,
}

/// Answers a call with a fault (§2.6).
///
/// `accept` is the value of `Accept`; of several headers, joined by commas. The first media type in it that is one
/// of `text/xml`, `application/xml` and `text/*` makes XML, even if `application/json` stands before it; quality
/// values count for nothing. Without one of them the body is JSON.
#[must_use]
pub fn fault_reply(fault: &Fault, dialect: Dialect, accept: Option<&str>) -> FaultReply {
    let code = fault.code.spell(dialect);
    let xml_type = accept.unwrap_or_default().split(',').find_map(|range| {
        let media_type = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            "text/xml" | "text/*" => Some("text/xml;charset=utf-8"),
            "application/xml" => Some("application/xml;charset=utf-8"),
            _ => None,
        }
    });
    FaultReply {
        status: fault.code.http_status(dialect),
        content_type: xml_type.unwrap_or("application/json;charset=utf-8"),
        error_header: header_value(&code),
        body: if xml_type.is_some() { xml(&code, fault) } else { json(&code, fault) }.into_bytes(),
    }
}

fn json(code: &str, fault: &Fault) -> String {
    let [code, string, detail] = [code, &fault.string, &fault.detail].map(Value::from);
    format!(r#"{{"type":{code},"message":{string},"detail":{detail}}}"#)
}

fn xml(code: &str, fault: &Fault) -> String {
    format!(
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<error><type>{}</type><message>{}</message><detail>{}</detail></error>",
        ),
        escape_text(code),
        escape_text(&fault.string),
        escape_text(&fault.detail),
    )
}

/// A code that a peer chose must not end the header or start another.
fn header_value(code: &str) -> String {
    code.chars().take(1024).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_core::{Code, FaultCode, Origin};

    fn denied() -> Fault {
        Fault::provider(Code::AccessDenied, "no \"right\" <x>").with_detail("d-1")
    }

    /// wire.md §2.6: the first listed of text/xml, application/xml, text/*; else JSON.
    #[test]
    fn accept_decides_between_json_and_xml() {
        let json = "application/json;charset=utf-8";
        let xml = "text/xml;charset=utf-8";
        let application_xml = "application/xml;charset=utf-8";
        for (accept, expected) in [
            (None, json),
            (Some(""), json),
            (Some("*/*"), json),
            (Some("application/json"), json),
            (Some("text/plain, text/html, application/*"), json),
            (Some("text/xml"), xml),
            (Some("text/*"), xml),
            (Some("application/xml"), application_xml),
            (Some("TEXT/XML; charset=x"), xml),
            (Some("application/json, text/xml;q=0.1"), xml),
            (Some("application/xml,text/xml"), application_xml),
            (Some("text/html, text/* ;q=0, application/xml"), xml),
        ] {
            assert_eq!(fault_reply(&denied(), Dialect::V78, accept).content_type, expected, "{accept:?}");
        }
    }

    /// wire.md §2.6: three fields in order, no namespace.
    #[test]
    fn bodies_have_type_message_and_detail() {
        let reply = fault_reply(&denied(), Dialect::V78, None);
        let expected = r#"{"type":"server.serverproxy.access_denied","message":"no \"right\" <x>","detail":"d-1"}"#;
        assert_eq!(String::from_utf8(reply.body).unwrap(), expected);
        let reply = fault_reply(&denied(), Dialect::V78, Some("text/xml"));
        let expected = concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?><error><type>server.serverproxy.access_denied</type>"#,
            r#"<message>no "right" &lt;x&gt;</message><detail>d-1</detail></error>"#,
        );
        assert_eq!(String::from_utf8(reply.body).unwrap(), expected);
    }

    /// wire.md §2.6: 500 if the code starts with `server.`, else 400; the code is in X-Road-Error.
    #[test]
    fn status_and_header_follow_the_code() {
        let own = fault_reply(&denied(), Dialect::V78, None);
        assert_eq!((own.status, own.error_header.as_str()), (500, "server.serverproxy.access_denied"));
        let client = Fault::new(FaultCode::own(Origin::Client, [Code::InvalidRequest]), "");
        assert_eq!(fault_reply(&client, Dialect::V78, None).status, 400);
        let old = Fault::new(FaultCode::Received("Server.ServerProxy.AccessDenied".to_owned()), "");
        assert_eq!(fault_reply(&old, Dialect::V78, None).status, 400, "a fault of the other generation");
    }

    #[test]
    fn a_received_code_cannot_inject_headers() {
        let hostile = format!("server.x\r\nSet-Cookie: a=b\0é{}", "x".repeat(2000));
        let reply = fault_reply(&Fault::new(FaultCode::Received(hostile), ""), Dialect::V78, None);
        assert!(reply.error_header.starts_with("server.x??Set-Cookie:?a=b??xx"));
        assert_eq!(reply.error_header.len(), 1024);
    }
}
