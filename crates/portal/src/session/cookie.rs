//! The one cookie.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use simpul_core::limits;

/// Its name. The prefix makes browsers refuse it without `Secure`, with a domain, or for a part of the site.
const NAME: &str = "__Host-simpul";

/// What the browser sent: 32 octets, or nothing. Two cookies of the name mean that somebody else set one: nothing.
pub(crate) fn read(headers: &HeaderMap) -> Option<[u8; 32]> {
    let mut found = None;
    let mut total = 0;
    for line in headers.get_all(COOKIE) {
        total += line.len();
        if total > limits::COOKIES {
            return None;
        }
        for pair in line.to_str().ok()?.split(';') {
            if let Some((NAME, value)) = pair.trim().split_once('=') {
                if found.is_some() {
                    return None;
                }
                found = Some(value.to_owned());
            }
        }
    }
    URL_SAFE_NO_PAD.decode(found?).ok()?.try_into().ok()
}

/// `Set-Cookie` for a new session. It goes with the browser: the server decides how long it lasts.
pub(crate) fn set(secret: &[u8; 32]) -> Option<HeaderValue> {
    let value = URL_SAFE_NO_PAD.encode(secret);
    HeaderValue::from_str(&format!("{NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Lax")).ok()
}

/// `Set-Cookie` that takes it away.
pub(crate) fn clear() -> HeaderValue {
    HeaderValue::from_static("__Host-simpul=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn what_is_set_is_read() {
        let secret = [7; 32];
        let set = set(&secret).unwrap();
        let set = set.to_str().unwrap();
        let (pair, rest) = set.split_once("; ").unwrap();
        assert_eq!(rest, "Path=/; Secure; HttpOnly; SameSite=Lax");
        assert_eq!(read(&cookies(&[&format!("a=b; {pair}; c=d")])), Some(secret));
        assert_eq!(clear().to_str().unwrap(), "__Host-simpul=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn anything_else_is_nothing() {
        let set = set(&[7; 32]).unwrap();
        let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        for lines in [
            vec!["__Host-simpul="],
            vec!["__Host-simpul=AAAA"],
            vec!["simpul=AAAA"],
            vec![&*format!("{pair}; {pair}")],
            vec![&*pair, &*pair],
            vec![],
        ] {
            assert_eq!(read(&cookies(&lines)), None, "{lines:?}");
        }
        let fill = |n: usize| format!("{pair}; a={}", "x".repeat(n - pair.len() - 4));
        assert!(read(&cookies(&[&fill(limits::COOKIES)])).is_some());
        assert!(read(&cookies(&[&fill(limits::COOKIES + 1)])).is_none());
    }
}
