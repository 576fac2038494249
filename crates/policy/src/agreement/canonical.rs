//! Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space, one spelling of each string.
//!
//! Agreements hold no fractions, so numbers are integers that every reader of JSON holds exactly (§3.2.2.3); a value
//! with another number has no canonical form here.

use serde_json::Value;
use simpul_core::limits;

/// The value has a number that is no integer in `0..=2^53 - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number is no whole number up to 2^53 - 1")]
pub struct NumberError;

/// Writes a value in its one form.
pub fn write(value: &Value) -> Result<Vec<u8>, NumberError> {
    let mut out = String::new();
    put(value, &mut out)?;
    Ok(out.into_bytes())
}

fn put(value: &Value, out: &mut String) -> Result<(), NumberError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => {
            let n = n.as_u64().filter(|n| *n <= limits::AGREEMENT_NUMBER).ok_or(NumberError)?;
            out.push_str(&n.to_string());
        }
        Value::String(s) => string(s, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                separate(i, out);
                put(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (i, (name, member)) in sorted.into_iter().enumerate() {
                separate(i, out);
                string(name, out);
                out.push(':');
                put(member, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn separate(i: usize, out: &mut String) {
    if i > 0 {
        out.push(',');
    }
}

/// RFC 8785 §3.2.2.2: the short escapes, `\u00xx` for other controls, everything else as it is.
fn string(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str) -> Result<String, NumberError> {
        write(&serde_json::from_str(json).unwrap()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// RFC 8785 §3.2.2 (strings) and §3.2.3 (the order of the members of its example).
    #[test]
    fn the_examples_of_the_standard() {
        let string = r#"{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}"#;
        assert_eq!(canonical(string).unwrap(), "{\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
        let sorting = r#"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}"#;
        let written = canonical(sorting).unwrap();
        let order = ["Carriage Return", "One", "Control", "Latin Small", "Euro", "Emoji", "Hebrew"];
        let places: Vec<_> = order.iter().map(|word| written.find(word).unwrap()).collect();
        assert!(places.is_sorted(), "{written}");
        assert_eq!(canonical("[ null , true,false, 10 , [ ] , { } ]").unwrap(), "[null,true,false,10,[],{}]");
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(canonical("9007199254740991").unwrap(), "9007199254740991");
        for bad in ["9007199254740992", "-1", "1.5", "1e3"] {
            assert_eq!(canonical(bad), Err(NumberError), "{bad}");
        }
    }
}
