//! Small facts of HTTP that both sides need.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};

/// One header as the ports carry it.
pub(crate) fn header((name, value): (&HeaderName, &HeaderValue)) -> (String, Bytes) {
    (name.as_str().to_owned(), Bytes::copy_from_slice(value.as_bytes()))
}

/// Whether a header is about one connection and made anew for each (RFC 9110 §7.6.1), or about the framing of the
/// body, which HTTP chooses itself.
pub(crate) fn is_of_connection(name: &HeaderName) -> bool {
    const OTHERS: [&str; 2] = ["keep-alive", "proxy-connection"];
    [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ]
    .contains(name)
        || OTHERS.contains(&name.as_str())
}
