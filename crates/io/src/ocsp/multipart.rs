//! The answer of a peer's OCSP port: `multipart/related` with one DER response per part (wire.md §3.6).

use bytes::{BufMut, Bytes, BytesMut};
use openssl::sha::Sha256;
use simpul_core::limits;

/// Type of each part.
pub(crate) const OCSP_RESPONSE: &str = "application/ocsp-response";

/// Octets that an answer may have: as many responses as may be asked for, each with its part header.
pub(crate) const ANSWER: usize = (limits::OCSP_RESPONSE + 1024) * limits::OCSP_PARTS;

/// The content type and the body for these responses, in order.
///
/// The boundary is made from a digest of all the parts, so that none of them can hold it.
pub(crate) fn encode(responses: &[Bytes]) -> (String, Bytes) {
    let mut digest = Sha256::new();
    responses.iter().for_each(|r| digest.update(r));
    let hex: String = digest.finish().iter().take(20).map(|b| format!("{b:02x}")).collect();
    let boundary = format!("ocsp{hex}");
    let mut body = BytesMut::new();
    for (at, response) in responses.iter().enumerate() {
        if at > 0 {
            body.put_slice(b"\r\n");
        }
        body.put_slice(format!("--{boundary}\r\ncontent-type: {OCSP_RESPONSE}\r\n\r\n").as_bytes());
        body.put_slice(response);
    }
    body.put_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/related; type=\"{OCSP_RESPONSE}\"; charset=UTF-8; boundary={boundary}"), body.freeze())
}

/// Why an answer is no list of OCSP responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MultipartError {
    /// Not `multipart/related` with a usable boundary.
    #[error("its content type is not multipart/related with a boundary")]
    ContentType,
    /// A delimiter, a part header or the end is missing.
    #[error("its parts are malformed")]
    Malformed,
    /// A part is no OCSP response by its type.
    #[error("a part is not application/ocsp-response")]
    PartType,
    /// More parts, or a longer one, than may be.
    #[error("a bound was exceeded")]
    TooLarge,
}

/// The responses in an answer, in order.
pub(crate) fn decode(content_type: &str, body: &Bytes) -> Result<Vec<Bytes>, MultipartError> {
    let boundary = boundary(content_type).ok_or(MultipartError::ContentType)?;
    let delimiter = format!("--{boundary}");
    let mut rest = after(body, delimiter.as_bytes()).ok_or(MultipartError::Malformed)?.1;
    let mut responses = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(responses);
        }
        let (head, content) = part(&rest).ok_or(MultipartError::Malformed)?;
        if !is_ocsp(&head) {
            return Err(MultipartError::PartType);
        }
        let (response, next) = after(&content, format!("\n{delimiter}").as_bytes()).ok_or(MultipartError::Malformed)?;
        let response = response.strip_suffix(b"\r").map_or(response.clone(), |r| response.slice_ref(r));
        if responses.len() == limits::OCSP_PARTS || response.len() > limits::OCSP_RESPONSE {
            return Err(MultipartError::TooLarge);
        }
        responses.push(response);
        rest = next;
    }
}

/// The boundary parameter of a `multipart/related`.
fn boundary(content_type: &str) -> Option<&str> {
    let mut params = content_type.split(';').map(str::trim);
    if !params.next()?.eq_ignore_ascii_case("multipart/related") {
        return None;
    }
    let value = params.find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    (!value.is_empty() && value.len() <= limits::BOUNDARY).then_some(value)
}

/// A part's header and all that follows it; `rest` begins right after the delimiter.
fn part(rest: &Bytes) -> Option<(Bytes, Bytes)> {
    let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).map(|r| rest.slice_ref(r))?;
    let crlf = after(&rest, b"\r\n\r\n");
    let lf = after(&rest, b"\n\n");
    match (crlf, lf) {
        (Some(crlf), Some(lf)) => Some(if lf.0.len() < crlf.0.len() { lf } else { crlf }),
        (found, None) | (None, found) => found,
    }
    .filter(|(head, _)| head.len() <= limits::PART_HEADER)
}

fn is_ocsp(head: &[u8]) -> bool {
    let types = head.split(|b| *b == b'\n').filter_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-type").then(|| value.split(';').next().unwrap_or_default().trim())
    });
    types.into_iter().all(|t| t.eq_ignore_ascii_case(OCSP_RESPONSE))
        && head.split(|b| *b == b'\n').any(|l| l.to_ascii_lowercase().starts_with(b"content-type"))
}

/// What comes before and after the first `needle`.
fn after(hay: &Bytes, needle: &[u8]) -> Option<(Bytes, Bytes)> {
    let at = hay.windows(needle.len()).position(|w| w == needle)?;
    let mut before = hay.clone();
    let mut rest = before.split_off(at);
    Some((before, rest.split_off(needle.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_octets_are_those_of_the_clause() {
        // wire.md §3.3 (delimiters) and §3.6 (types).
        let (content_type, body) = encode(&[Bytes::from_static(b"one"), Bytes::from_static(b"two")]);
        let boundary = content_type.rsplit_once("boundary=").unwrap().1;
        assert_eq!(
            content_type,
            format!("multipart/related; type=\"application/ocsp-response\"; charset=UTF-8; boundary={boundary}")
        );
        let expected = format!(
            "--{boundary}\r\ncontent-type: application/ocsp-response\r\n\r\none\r\n\
             --{boundary}\r\ncontent-type: application/ocsp-response\r\n\r\ntwo\r\n--{boundary}--\r\n"
        );
        assert_eq!(body, expected);
    }

    #[test]
    fn what_is_written_is_read() {
        let responses = [Bytes::from_static(b"\r\n\r\n--ocsp\r"), Bytes::from(vec![0; limits::OCSP_RESPONSE])];
        let (content_type, body) = encode(&responses);
        assert_eq!(decode(&content_type, &body).unwrap(), responses);
    }

    #[test]
    fn bare_line_feeds_and_quotes_are_understood() {
        let body = Bytes::from_static(b"--b\nContent-Type: Application/OCSP-response; x=y\n\nDER\n--b--");
        assert_eq!(decode("Multipart/Related; boundary=\"b\"", &body).unwrap(), [Bytes::from_static(b"DER")]);
    }

    #[test]
    fn bounds_are_kept() {
        let most = vec![Bytes::from_static(b"r"); limits::OCSP_PARTS];
        let (content_type, body) = encode(&most);
        assert_eq!(decode(&content_type, &body).unwrap().len(), limits::OCSP_PARTS);
        let (content_type, body) = encode(&vec![Bytes::from_static(b"r"); limits::OCSP_PARTS + 1]);
        assert_eq!(decode(&content_type, &body), Err(MultipartError::TooLarge));
        let (content_type, body) = encode(&[Bytes::from(vec![0; limits::OCSP_RESPONSE + 1])]);
        assert_eq!(decode(&content_type, &body), Err(MultipartError::TooLarge));
        let long = "b".repeat(limits::BOUNDARY + 1);
        assert_eq!(decode(&format!("multipart/related; boundary={long}"), &body), Err(MultipartError::ContentType));
    }

    #[test]
    fn what_is_not_a_list_of_responses_is_refused() {
        let part = |text: &'static str| decode("multipart/related; boundary=b", &Bytes::from_static(text.as_bytes()));
        assert_eq!(part("--b\r\ncontent-type: text/plain\r\n\r\nx\r\n--b--"), Err(MultipartError::PartType));
        assert_eq!(part("--b\r\nx: y\r\n\r\nx\r\n--b--"), Err(MultipartError::PartType));
        assert_eq!(part("--b\r\ncontent-type: application/ocsp-response\r\n\r\nx"), Err(MultipartError::Malformed));
        assert_eq!(part(""), Err(MultipartError::Malformed));
        assert_eq!(decode("multipart/mixed; boundary=b", &Bytes::new()), Err(MultipartError::ContentType));
        assert_eq!(decode("multipart/related", &Bytes::new()), Err(MultipartError::ContentType));
    }
}
