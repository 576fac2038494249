//! Optional parts that a central server may add to its internal configuration (wire.md §8.6).

use std::time::Duration;

use simpul_core::{ClientId, limits};

use super::element::{self, Sequence};
use super::error::{Document, DocumentError};

/// Reads `NEXTUPDATE`: whether the next-update time of an OCSP response is judged.
pub fn parse_next_update(bytes: &[u8]) -> Result<bool, DocumentError> {
    element::document(bytes, limits::CONF_PART, Document::NextUpdate, "conf", |node| {
        let mut children = Sequence::of(node)?;
        let verify = element::boolean(children.required("verifyNextUpdate")?)?;
        children.end()?;
        Ok(verify)
    })
}

/// Reads `FETCHINTERVAL`: how often OCSP responses are fetched, in whole seconds.
pub fn parse_fetch_interval(bytes: &[u8]) -> Result<Duration, DocumentError> {
    element::document(bytes, limits::CONF_PART, Document::FetchInterval, "conf", |node| {
        let mut children = Sequence::of(node)?;
        let interval = element::seconds(children.required("ocspFetchInterval")?)?;
        children.end()?;
        Ok(interval)
    })
}

/// Reads `MONITORING`: the client that may ask every security server for its state, if one is named.
pub fn parse_monitoring(bytes: &[u8]) -> Result<Option<ClientId>, DocumentError> {
    element::document(bytes, limits::CONF_PART, Document::Monitoring, "conf", |node| {
        let mut children = Sequence::of(node)?;
        let mut client = Sequence::of(children.required("monitoringClient")?)?;
        let id = client.optional("monitoringClientId").map(element::client_id).transpose()?;
        client.end()?;
        children.end()?;
        Ok(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_core::Code;

    fn conf(content: &str) -> String {
        format!("<x:conf xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\">{content}</x:conf>")
    }

    /// wire.md §8.6 gives the elements; types as in XML Schema.
    #[test]
    fn values_are_read() {
        for (text, value) in [("true", true), (" 1\n", true), ("false", false), ("0", false)] {
            let part = conf(&format!("<verifyNextUpdate>{text}</verifyNextUpdate>"));
            assert_eq!(parse_next_update(part.as_bytes()).unwrap(), value);
        }
        let part = conf("<ocspFetchInterval>500</ocspFetchInterval>");
        assert_eq!(parse_fetch_interval(part.as_bytes()).unwrap(), Duration::from_secs(500));
        assert_eq!(parse_monitoring(conf("<monitoringClient/>").as_bytes()).unwrap(), None);
    }

    #[test]
    fn anything_else_is_refused() {
        for content in ["", "<verifyNextUpdate>yes</verifyNextUpdate>", "<verifyNextUpdate/>", "<other>true</other>"] {
            let error = parse_next_update(conf(content).as_bytes()).unwrap_err();
            assert_eq!(error.code(), Code::MalformedGlobalConf, "{content}");
        }
        for text in ["", "-1", "5.0", "2147483648", "five"] {
            let part = conf(&format!("<ocspFetchInterval>{text}</ocspFetchInterval>"));
            assert!(parse_fetch_interval(part.as_bytes()).is_err(), "{text}");
        }
        assert!(parse_monitoring(conf("").as_bytes()).is_err());
    }
}
