//! Serving the embedded files.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{ALL, Asset};

/// A name is made of content: what it names never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `GET` and `HEAD` of `/assets/{file}`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{file}", get(one))
}

async fn one(Path(file): Path<String>, request: HeaderMap) -> Response {
    match ALL.iter().find(|asset| asset.file == file) {
        Some(asset) => answer(asset, &request),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(asset: &'static Asset, request: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_static(asset.etag));
    headers.insert(CACHE_CONTROL, FOR_EVER);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if known(request, asset.etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let (encoding, octets) = form(asset, request);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    headers.insert(CONTENT_LENGTH, octets.len().into());
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    *response.body_mut() = Body::from(octets);
    response
}

/// Whether the client says that it has what `etag` names (RFC 9110 §13.1.2; weak comparison).
fn known(request: &HeaderMap, etag: &str) -> bool {
    let listed = request.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    listed.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// The smallest form that the client takes (RFC 9110 §12.5.3).
fn form(asset: &'static Asset, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let accepted: String =
        request.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok()).collect::<Vec<_>>().join(",");
    match (asset.brotli, asset.gzip) {
        (Some(octets), _) if accepts(&accepted, "br") => (Some("br"), octets),
        (_, Some(octets)) if accepts(&accepted, "gzip") => (Some("gzip"), octets),
        _ => (None, asset.plain),
    }
}

/// Whether `coding` is listed with a weight above zero. Nothing is taken for granted: `*` is not enough.
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused =
            parts.filter_map(|part| part.strip_prefix("q=")).any(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{CORE, FONT};

    fn asset(name: &str) -> &'static Asset {
        ALL.iter().find(|asset| asset.name == name).unwrap()
    }

    fn with(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_form_follows_what_is_accepted() {
        let core = asset(CORE);
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("br;q=0,gzip;q=0.0", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(form(core, &with(ACCEPT_ENCODING, accepted)).0, expected, "{accepted}");
        }
        assert_eq!(form(asset(FONT), &with(ACCEPT_ENCODING, "br, gzip")).0, None, "a woff2 is compressed inside");
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let core = asset(CORE);
        let again = |tag: &str| HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(tag).unwrap())]);
        for tag in [core.etag.to_owned(), format!("W/{}", core.etag), format!("\"x\", {}", core.etag), "*".to_owned()] {
            assert_eq!(answer(core, &again(&tag)).status(), StatusCode::NOT_MODIFIED, "{tag}");
        }
        let full = answer(core, &again("\"x\""));
        assert_eq!(full.status(), StatusCode::OK);
        assert_eq!(full.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(full.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        assert_eq!(full.headers()[VARY], "accept-encoding");
    }
}
