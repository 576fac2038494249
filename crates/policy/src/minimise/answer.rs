//! The rules for a whole HTTP answer, and for what of a request must not reach the service.

use super::{Excess, FieldSet, MinimiseError, Reduced, reduce_json, reduce_xml};

/// An answer that holds nothing but what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinimisedAnswer {
    /// The status as it came.
    pub status: u16,
    /// All headers: names in lower case, values in ASCII.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty if nothing of it is allowed.
    pub body: Vec<u8>,
    /// How much was taken out: fields at their topmost place, or 1 for the body of an error answer.
    pub removed: usize,
    /// Which of the allowed fields it holds, as [`Reduced::left`].
    pub left: Vec<usize>,
}

/// Why the headers of an answer stand against minimisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// A body without a content type, or with two.
    #[error("not exactly one content type")]
    NoContentType,
    /// Neither JSON nor XML, or not readable.
    #[error("a content type that is neither JSON nor XML")]
    ContentType,
    /// A charset other than UTF-8.
    #[error("a charset other than UTF-8")]
    Charset,
    /// A content coding, such as gzip.
    #[error("a content coding")]
    ContentEncoding,
}

/// How a body is read.
#[derive(Clone, Copy)]
enum Format {
    Json,
    Xml,
}

/// Applies all rules to the answer of a service.
///
/// - Answers of 200 to 299 are reduced; 206 and 226 are parts and differences of something that nobody sees here, and
///   refused, as is 1xx.
/// - Answers of 300 and more keep their status and lose their body; with [`Excess::Refuse`] an answer with such a
///   body is refused.
/// - `content-type` is one, `application/json`, `application/xml`, `text/xml`, or `application/*` with `+json` or
///   `+xml`; its charset is absent or UTF-8. It is written anew, without parameters.
/// - `content-encoding` is absent or `identity`.
/// - Of the headers only `content-type` is left, and `retry-after` in seconds of a 429 or 503. `cache-control:
///   no-store` is added. `etag` and `last-modified` would tell of what was removed, `location` and `link` name it,
///   `set-cookie` follows the one who asks.
/// - An empty body needs no content type.
///
/// Names of headers may be in any case.
pub fn answer<'h>(
    status: u16,
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    body: &[u8],
    allowed: &FieldSet,
) -> Result<MinimisedAnswer, MinimiseError> {
    let headers = Read::of(headers);
    headers.identity().map_err(MinimiseError::Header)?;
    let mut kept = vec![("cache-control", "no-store".to_owned())];
    let mut answer = |body: Vec<u8>, removed| {
        kept.sort_unstable();
        MinimisedAnswer { status, headers: std::mem::take(&mut kept), body, removed, left: Vec::new() }
    };
    match status {
        200..=205 | 207..=225 | 227..=299 if body.is_empty() => Ok(answer(Vec::new(), 0)),
        200..=205 | 207..=225 | 227..=299 => {
            let (media_type, format) = headers.media_type().map_err(MinimiseError::Header)?;
            let Reduced { body, removed, left } = match format {
                Format::Json => reduce_json(body, allowed),
                Format::Xml => reduce_xml(body, allowed),
            }?;
            let mut answer = answer(body, removed);
            answer.headers.push(("content-type", media_type));
            answer.left = left;
            Ok(answer)
        }
        300..=599 if !body.is_empty() && allowed.excess == Excess::Refuse => Err(MinimiseError::ErrorBody(status)),
        300..=599 => {
            let mut answer = answer(Vec::new(), usize::from(!body.is_empty()));
            answer.headers.extend(headers.retry_after(status).map(|seconds| ("retry-after", seconds)));
            Ok(answer)
        }
        _ => Err(MinimiseError::Status(status)),
    }
}

/// Whether a header of a request goes on to a service whose answer is minimised. Not those that ask for a coded
/// answer, for a part of it, for a difference, for a digest, or for an answer only under a condition about it: what
/// comes back would not be what is reduced, or would tell of what is removed. Names may be in any case.
#[must_use]
pub fn forwards_request_header(name: &str) -> bool {
    const WITHHELD: [&str; 14] = [
        "a-im",
        "accept-charset",
        "accept-encoding",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "te",
        "want-content-digest",
        "want-digest",
        "want-repr-digest",
        "x-accept-encoding",
    ];
    let name = name.trim();
    !WITHHELD.iter().any(|withheld| withheld.eq_ignore_ascii_case(name))
}

/// The headers that have a say.
#[derive(Default)]
struct Read<'h> {
    content_types: Vec<&'h [u8]>,
    encodings: Vec<&'h [u8]>,
    retry_after: Vec<&'h [u8]>,
}

impl<'h> Read<'h> {
    fn of(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> Self {
        let mut read = Self::default();
        for (name, value) in headers {
            match name.trim().to_ascii_lowercase().as_str() {
                "content-type" => read.content_types.push(value),
                "content-encoding" => read.encodings.push(value),
                "retry-after" => read.retry_after.push(value),
                _ => {}
            }
        }
        read
    }

    fn identity(&self) -> Result<(), HeaderFault> {
        let identity = |value: &&[u8]| value.trim_ascii().eq_ignore_ascii_case(b"identity");
        if self.encodings.iter().all(identity) { Ok(()) } else { Err(HeaderFault::ContentEncoding) }
    }

    /// Type and subtype in lower case, and what they mean.
    fn media_type(&self) -> Result<(String, Format), HeaderFault> {
        let [value] = self.content_types.as_slice() else { return Err(HeaderFault::NoContentType) };
        let text = std::str::from_utf8(value).ok().filter(|t| t.is_ascii()).ok_or(HeaderFault::ContentType)?;
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        charset(parameters)?;
        let essence = essence.trim().to_ascii_lowercase();
        let format = match essence.as_str() {
            "application/json" => Some(Format::Json),
            "application/xml" | "text/xml" => Some(Format::Xml),
            other => other.strip_prefix("application/").and_then(suffix),
        };
        format.map(|format| (essence, format)).ok_or(HeaderFault::ContentType)
    }

    fn retry_after(&self, status: u16) -> Option<String> {
        let [value] = self.retry_after.as_slice() else { return None };
        let digits = std::str::from_utf8(value).ok()?.trim();
        let seconds = digits.parse::<u32>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
        matches!(status, 429 | 503).then(|| seconds.to_string())
    }
}

/// The format that the suffix of a subtype names (RFC 6838 §4.2.8); the subtype is at most 127 characters.
fn suffix(subtype: &str) -> Option<Format> {
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
    let (name, suffix) = subtype.rsplit_once('+')?;
    if name.is_empty() || subtype.len() > 127 || !subtype.bytes().all(sign) {
        return None;
    }
    match suffix {
        "json" => Some(Format::Json),
        "xml" => Some(Format::Xml),
        _ => None,
    }
}

/// Parameters of a media type: a charset must be UTF-8 and stand there once at most; what cannot be read is refused.
fn charset(parameters: &str) -> Result<(), HeaderFault> {
    let mut found = 0;
    for parameter in parameters.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, value) = parameter.split_once('=').ok_or(HeaderFault::ContentType)?;
        if name.trim().to_ascii_lowercase().starts_with("charset") {
            found += 1;
            let value = value.trim();
            let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
            if !name.trim().eq_ignore_ascii_case("charset") || !value.eq_ignore_ascii_case("utf-8") || found > 1 {
                return Err(HeaderFault::Charset);
            }
        }
    }
    Ok(())
}
