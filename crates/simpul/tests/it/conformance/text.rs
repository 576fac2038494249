//! Texts of cases: `${…}` stands for octets that a text cannot or should not hold.

/// Expands a text.
///
/// - `${abc*1000}`: `abc`, a thousand times.
/// - `${hex:00ff}`: these octets.
pub(super) fn expand(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inside, after) = after.split_once('}').unwrap_or_else(|| panic!("`{text}`: an open ${{"));
        octets.extend_from_slice(before.as_bytes());
        octets.extend(special(inside));
        rest = after;
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
}

fn special(inside: &str) -> Vec<u8> {
    if let Some(hex) = inside.strip_prefix("hex:") {
        let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        return digits.map(|pair| u8::from_str_radix(pair, 16).expect("two hexadecimal digits")).collect();
    }
    let (unit, times) = inside.rsplit_once('*').unwrap_or_else(|| panic!("`{inside}` is neither hex: nor UNIT*TIMES"));
    unit.repeat(times.parse().expect("how many times")).into_bytes()
}

/// Expands a text that must be one.
pub(super) fn expanded(text: &str) -> String {
    String::from_utf8(expand(text)).expect("UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_braces_is_expanded() {
        assert_eq!(expand("a${xy*3}b${hex:00ff}"), b"axyxyxyb\x00\xff");
        assert_eq!(expanded("/r1/${a*2}?b=${*0}"), "/r1/aa?b=");
    }
}
