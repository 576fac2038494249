//! The target of a call at a service (wire.md §3.10).

/// The service's own path, the message's service path and its query, all raw. One slash is removed if the own path
/// ends with one and the service path begins with one.
pub(super) fn join(own: &str, service_path: &str, query: Option<&str>) -> String {
    let own = if service_path.starts_with('/') { own.strip_suffix('/').unwrap_or(own) } else { own };
    match query {
        None => format!("{own}{service_path}"),
        Some(query) => format!("{own}{service_path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_is_removed_if_both_have_it() {
        // wire.md §3.10: address = service url + service path (one slash removed if both have it) + `?query`.
        assert_eq!(join("/api/", "/persons", None), "/api/persons");
        assert_eq!(join("/api", "/persons", None), "/api/persons");
        assert_eq!(join("/api//", "/persons", None), "/api//persons");
        assert_eq!(join("/api/", "//persons", None), "/api//persons");
        assert_eq!(join("/", "/persons", None), "/persons");
        assert_eq!(join("/api/", "", None), "/api/");
        assert_eq!(join("/", "", Some("a=b")), "/?a=b");
    }

    #[test]
    fn path_and_query_stay_raw() {
        assert_eq!(join("/a%20b", "/%2E%2e/c%2Fd", Some("x=%zz&&y=?")), "/a%20b/%2E%2e/c%2Fd?x=%zz&&y=?");
        assert_eq!(join("/", "/p", Some("")), "/p?");
    }
}
