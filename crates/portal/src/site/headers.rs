//! What every answer says to browsers about itself.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

use crate::session::Origin;

/// What pages may load and do: themselves, and nothing else. Scripts touch HTML through the one policy `simpul` only.
pub const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types simpul";

/// Puts the headers on. What a handler says about caching stays; without a word nothing is kept.
pub(super) fn put(headers: &mut HeaderMap, origin: &Origin) {
    let mut say = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    say(CONTENT_SECURITY_POLICY, CSP);
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not `no-referrer`: with it a form's `Origin` would be `null`, and that is what tells ours from others'.
    say(REFERRER_POLICY, "same-origin");
    say(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    say(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    say(HeaderName::from_static("x-frame-options"), "DENY");
    say(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if matches!(origin, Origin::Exact(at) if at.starts_with("https://")) {
        say(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_exact() {
        assert_eq!(
            CSP,
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types simpul"
        );
    }

    #[test]
    fn nothing_is_kept_unless_said_and_tls_is_remembered() {
        let mut headers = HeaderMap::new();
        put(&mut headers, &Origin::Loopback);
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public"));
        put(&mut headers, &Origin::Exact("https://p.example".into()));
        assert_eq!(headers[CACHE_CONTROL], "public");
        assert!(headers.contains_key(STRICT_TRANSPORT_SECURITY));
    }
}
