//! Where a request that changes something comes from.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName};

/// Where the portal is, as browsers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One origin, such as `https://portal.example.go.id`: scheme, host and, where it is not the usual one, port.
    Exact(String),
    /// `http` on `127.0.0.1`, `[::1]` or `localhost`, any port: a demonstration on one machine.
    Loopback,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginRefusal {
    /// It comes from another site.
    #[error("the request comes from another site")]
    Elsewhere,
    /// Neither `Origin` nor `Sec-Fetch-Site` says where it comes from. Every browser of today sends one with a form.
    #[error("the request does not say where it comes from")]
    Unsaid,
}

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the request comes from this portal: what `Origin` says, else what `Sec-Fetch-Site` says. Where both speak
/// both must agree.
pub(crate) fn check(origin: &Origin, headers: &HeaderMap) -> Result<(), OriginRefusal> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let (from, site) = (text(ORIGIN), text(FETCH_SITE));
    if site.is_some_and(|site| site != "same-origin") {
        return Err(OriginRefusal::Elsewhere);
    }
    match from {
        Some(from) if is_ours(origin, from, text(HOST)) => Ok(()),
        Some(_) => Err(OriginRefusal::Elsewhere),
        None if site.is_some() => Ok(()),
        None => Err(OriginRefusal::Unsaid),
    }
}

fn is_ours(origin: &Origin, from: &str, host: Option<&str>) -> bool {
    match origin {
        Origin::Exact(ours) => from == ours,
        Origin::Loopback => {
            let Some(authority) = from.strip_prefix("http://") else { return false };
            let name = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
            let name = name.map_or(authority, |(name, _)| name);
            ["127.0.0.1", "[::1]", "localhost"].contains(&name) && host == Some(authority)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn judged(origin: &Origin, from: Option<&str>, site: Option<&str>, host: &str) -> Result<(), OriginRefusal> {
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: Option<&str>| {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        };
        put(ORIGIN, from);
        put(FETCH_SITE, site);
        put(HOST, Some(host));
        check(origin, &headers)
    }

    #[test]
    fn only_the_portal_itself_may_change_something() {
        use OriginRefusal::{Elsewhere, Unsaid};
        let ours = Origin::Exact("https://p.example".to_owned());
        for (from, site, expected) in [
            (Some("https://p.example"), Some("same-origin"), Ok(())),
            (Some("https://p.example"), None, Ok(())),
            (None, Some("same-origin"), Ok(())),
            (None, None, Err(Unsaid)),
            (Some("null"), None, Err(Elsewhere)),
            (Some("http://p.example"), None, Err(Elsewhere)),
            (Some("https://p.example:8443"), None, Err(Elsewhere)),
            (Some("https://p.example.evil.example"), None, Err(Elsewhere)),
            (Some("https://p.example"), Some("same-site"), Err(Elsewhere)),
            (Some("https://p.example"), Some("cross-site"), Err(Elsewhere)),
            (None, Some("none"), Err(Elsewhere)),
        ] {
            assert_eq!(judged(&ours, from, site, "p.example"), expected, "{from:?} {site:?}");
        }
    }

    #[test]
    fn loopback_is_this_machine_under_the_name_it_was_asked_by() {
        let here = |from: &str, host: &str| judged(&Origin::Loopback, Some(from), None, host).is_ok();
        assert!(here("http://127.0.0.1:4711", "127.0.0.1:4711"));
        assert!(here("http://localhost:4711", "localhost:4711"));
        assert!(here("http://[::1]:4711", "[::1]:4711"));
        assert!(!here("http://127.0.0.1:4711", "127.0.0.1:4712"));
        assert!(!here("http://localhost:4711", "127.0.0.1:4711"));
        assert!(!here("https://127.0.0.1:4711", "127.0.0.1:4711"));
        assert!(!here("http://evil.example:80", "evil.example:80"), "a name that was bent to this machine");
    }
}
