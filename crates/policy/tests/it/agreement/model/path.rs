//! Paths in the model: every way in which a provider may read one.

/// The readings of a path, or `None` if it is not acceptable.
pub(super) fn readings(raw: &str) -> Option<Vec<String>> {
    let all = [decoded(raw, b"/")?, decoded(raw, b"%2F")?];
    let bad = |reading: &String| {
        reading.chars().any(|c| c.is_control() || c == '\\')
            || reading.split('/').any(|segment| ["..", "."].contains(&segment.split(';').next().unwrap()))
    };
    (!all.iter().any(bad)).then(|| all.to_vec())
}

fn decoded(raw: &str, slash: &[u8]) -> Option<String> {
    let mut out = Vec::new();
    let bytes = raw.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'%' {
            let pair = raw.get(i + 1..i + 3)?;
            if !pair.chars().all(|c| c.is_ascii_hexdigit()) {
                return None;
            }
            match u8::from_str_radix(pair, 16).unwrap() {
                b'/' => out.extend(slash),
                octet => out.push(octet),
            }
            i += 3;
        } else {
            if !bytes[i].is_ascii_alphanumeric() && !b"/-._~!$&'()*+,;=:@".contains(&bytes[i]) {
                return None;
            }
            out.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8(out).ok()
}

/// Whether an endpoint `METHOD PATTERN` covers the method and every reading.
pub(super) fn covered(endpoint: &str, method: &str, readings: &[String]) -> bool {
    let (allowed, pattern) = endpoint.split_once(' ').unwrap();
    let pattern: Vec<char> = pattern.chars().collect();
    (allowed == "*" || allowed.eq_ignore_ascii_case(method))
        && readings.iter().all(|reading| fits(&pattern, &reading.chars().collect::<Vec<_>>()))
}

/// By trying everything.
fn fits(pattern: &[char], path: &[char]) -> bool {
    match pattern {
        [] => path.is_empty(),
        ['\\', '*', rest @ ..] => path.first() == Some(&'*') && fits(rest, &path[1..]),
        ['*', '*', rest @ ..] => {
            let rest = &rest[rest.iter().take_while(|c| **c == '*').count()..];
            (0..=path.len()).any(|n| fits(rest, &path[n..]))
        }
        ['*', rest @ ..] => {
            let segment = path.iter().take_while(|c| **c != '/').count();
            (1..=segment).any(|n| fits(rest, &path[n..]))
        }
        [c, rest @ ..] => path.first() == Some(c) && fits(rest, &path[1..]),
    }
}
