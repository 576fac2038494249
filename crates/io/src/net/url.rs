//! The http and https URLs that configuration names.

use std::net::IpAddr;

use http::Uri;
use http::uri::PathAndQuery;

use super::connect::place;

/// A URL, as far as a connection needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// Whether by TLS.
    pub(crate) https: bool,
    /// Name or address, an IPv6 address without brackets.
    pub(crate) host: String,
    /// Port, the scheme's own if the URL names none.
    pub(crate) port: u16,
    /// Host and port as the URL writes them: the Host header.
    pub(crate) authority: String,
    /// Path and query as the URL writes them; `/` for none.
    pub(crate) target: String,
}

impl Url {
    /// Reads an http or https URL without user name and fragment.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok().filter(|_| !text.contains('#'))?;
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if authority.as_str().contains('@') || host.is_empty() {
            return None;
        }
        let rest = authority.as_str().strip_prefix(authority.host())?;
        let port = match (rest, https) {
            ("", false) => 80,
            ("", true) => 443,
            (port, _) => port.strip_prefix(':')?.parse().ok().filter(|p| *p > 0)?,
        };
        Some(Self {
            https,
            host: host.to_owned(),
            port,
            authority: authority.as_str().to_owned(),
            target: uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned(),
        })
    }

    /// Scheme, host and port: what connections can be shared for.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, place(&self.host, self.port))
    }

    /// The server's name, unless it is an address: what TLS may name.
    pub(crate) fn name(&self) -> Option<&str> {
        self.host.parse::<IpAddr>().is_err().then_some(&self.host)
    }
}

/// A target that goes out exactly as it is written, or not at all.
pub(crate) fn exact(target: &str) -> Option<Uri> {
    let parsed = PathAndQuery::try_from(target).ok().filter(|p| target.starts_with('/') && p.as_str() == target)?;
    Uri::builder().path_and_query(parsed).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let url = Url::parse("https://register.example:8443/api/?a=%20b").unwrap();
        assert_eq!((url.https, url.host.as_str(), url.port), (true, "register.example", 8443));
        assert_eq!((url.authority.as_str(), url.target.as_str()), ("register.example:8443", "/api/?a=%20b"));
        assert_eq!(url.origin(), "https://register.example:8443");
        assert_eq!(url.name(), Some("register.example"));
        let url = Url::parse("http://[::1]").unwrap();
        assert_eq!((url.host.as_str(), url.port, url.target.as_str()), ("::1", 80, "/"));
        assert_eq!((url.origin().as_str(), url.name()), ("http://[::1]:80", None));
        assert_eq!(Url::parse("HTTPS://h").unwrap().port, 443);
    }

    #[test]
    fn other_urls_are_refused() {
        for bad in [
            "",
            "/path",
            "h:80",
            "ftp://h/",
            "http://",
            "http://u:p@h/",
            "http://h/#f",
            "http://h:0/",
            "http://h:99999/",
            "http://h:x/",
            "http://h o/",
        ] {
            assert_eq!(Url::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_target_is_never_bent() {
        assert_eq!(exact("/a%2Fb/../c?x=%zz&y").unwrap().path_and_query().unwrap().as_str(), "/a%2Fb/../c?x=%zz&y");
        assert_eq!(exact("/a//b?").unwrap().path_and_query().unwrap().as_str(), "/a//b?");
        for bad in ["", "a", "*", "/a#b", "/a b", "/a\r\nb", "?x"] {
            assert!(exact(bad).is_none(), "{bad}");
        }
    }
}
