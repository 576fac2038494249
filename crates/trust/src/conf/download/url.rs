//! The little that fetching needs of URLs (RFC 3986): versions in the query, and parts beside a directory.

use simpul_wire::gconf::FormatVersion;

/// Whether it is an `http` or `https` URL with an authority, and nothing in it could break a request line.
pub(super) fn is_http(url: &str) -> bool {
    let authority = ["http://", "https://"].iter().find_map(|s| url.strip_prefix(s));
    authority.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']))
        && url.bytes().all(|b| b.is_ascii_graphic())
}

/// Whether the query names a version, which is then kept (wire.md §8.2).
pub(super) fn has_version(url: &str) -> bool {
    let query = url.split('#').next().and_then(|u| u.split_once('?')).map(|(_, query)| query);
    query.is_some_and(|q| q.split('&').any(|p| p == "version" || p.starts_with("version=")))
}

/// The URL with `version=N` in its query.
pub(super) fn with_version(url: &str, version: FormatVersion) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}version={version}")
}

/// Resolves the location of a part against the URL of its directory (RFC 3986 §5.2); `None` if that gives no `http`
/// or `https` URL.
pub(super) fn resolve(base: &str, location: &str) -> Option<String> {
    let (scheme, rest) = base.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let resolved = if is_http(location) {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.split(['/', '?', '#']).next().is_some_and(|s| s.contains(':')) {
        return None;
    } else {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    is_http(&resolved).then_some(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wire.md §8.2: the URL gets `?version=N`; a version that is there is kept.
    #[test]
    fn versions_stand_in_the_query() {
        let v6 = |url: &str| with_version(url, FormatVersion::V6);
        assert_eq!(v6("http://cs/internalconf"), "http://cs/internalconf?version=6");
        assert_eq!(v6("http://cs/internalconf?a=1#x"), "http://cs/internalconf?a=1&version=6");
        for url in ["http://cs/c?version=3", "http://cs/c?a=1&version=3", "http://cs/c?version"] {
            assert!(has_version(url), "{url}");
        }
        for url in ["http://cs/version=3", "http://cs/c?subversion=3", "http://cs/c#?version=3"] {
            assert!(!has_version(url), "{url}");
        }
    }

    #[test]
    fn parts_are_found_beside_their_directory() {
        let from = |location: &str| resolve("http://cs:8090/a/internalconf?version=6", location);
        assert_eq!(from("/V6/1/shared-params.xml").unwrap(), "http://cs:8090/V6/1/shared-params.xml");
        assert_eq!(from("1/shared-params.xml").unwrap(), "http://cs:8090/a/1/shared-params.xml");
        assert_eq!(from("https://other/x").unwrap(), "https://other/x");
        assert_eq!(from("//other/x").unwrap(), "http://other/x");
        assert_eq!(resolve("http://cs", "x").unwrap(), "http://cs/x");
        for bad in ["file:///etc/passwd", "ftp://x/y", "/a b", "/a\r\nX: y", "http://", "http:///x", "//"] {
            assert_eq!(from(bad), None, "{bad:?}");
        }
    }
}
