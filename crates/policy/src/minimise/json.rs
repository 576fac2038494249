//! JSON answers (RFC 8259), reduced in one pass over their text.
//!
//! What stays is copied as it is spelled, numbers above all; white space between values goes, and keys are written
//! in one spelling. What goes is read by the same rules as what stays: an answer that two readers could take for
//! different things is refused as a whole.

use std::borrow::Cow;
use std::collections::HashSet;

use simpul_core::limits;

use super::allow::{Json, Left};
use super::{Excess, FieldSet, MinimiseError, Reduced};

/// Why octets are no JSON that is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// Not UTF-8.
    #[error("octets that are not UTF-8")]
    Utf8,
    /// A byte order mark, which some readers skip and others do not.
    #[error("a byte order mark")]
    ByteOrderMark,
    /// Another sign than the grammar has there, or the end.
    #[error("not a JSON value")]
    Syntax,
    /// A number that is not one of JSON's, such as `01`, `+1`, `.5` or `NaN`.
    #[error("not a JSON number")]
    Number,
    /// A control character in a string, or an unknown escape.
    #[error("not a JSON string")]
    String,
    /// One half of a surrogate pair.
    #[error("an escape that is half a character")]
    Surrogate,
    /// Two members of an object with the same key, however they are spelled.
    #[error("a key that stands twice in its object")]
    DuplicateKey,
    /// Deeper than [`limits::JSON_DEPTH`].
    #[error("nested deeper than {max}", max = limits::JSON_DEPTH)]
    Depth,
    /// Something after the value.
    #[error("something after the end of the value")]
    Trailing,
}

/// Reduces a JSON answer to what `allowed` allows.
///
/// Objects and arrays on the way to an allowed place stay, even if they become empty, so what remains keeps its
/// order and its place; an element of an array that is not allowed leaves no gap. An array where an object is
/// expected, a container where one value is allowed, and a value where a container is, are excess. Reducing twice is
/// the same as reducing once. At most [`limits::MINIMISED_BODY`] octets.
pub fn reduce_json(body: &[u8], allowed: &FieldSet) -> Result<Reduced, MinimiseError> {
    if body.len() > limits::MINIMISED_BODY {
        return Err(MinimiseError::TooLarge(body.len()));
    }
    let rules = Json::of(allowed)?;
    let fault = |at, why| MinimiseError::Json { at, why };
    let text = std::str::from_utf8(body).map_err(|e| fault(e.valid_up_to(), JsonFault::Utf8))?;
    if text.starts_with('\u{FEFF}') {
        return Err(fault(0, JsonFault::ByteOrderMark));
    }
    let left = Left::none_of(allowed);
    let mut reader = Reader { text, at: 0, depth: 0, out: String::new(), removed: 0, left };
    let kept = reader.document(&rules).map_err(|why| fault(reader.at, why))?;
    let Reader { out, removed, left, .. } = reader;
    match (kept, allowed.excess) {
        (false, _) => Err(MinimiseError::NothingAllowed),
        (true, Excess::Refuse) if removed > 0 => Err(MinimiseError::Excess(removed)),
        (true, _) => Ok(Reduced { body: out.into_bytes(), removed, left: left.places() }),
    }
}

/// What is done with the value that comes next.
#[derive(Clone, Copy)]
enum Rule<'a> {
    Keep,
    Drop,
    Reduce(&'a Json<'a>),
}

impl Rule<'_> {
    fn keeps(self) -> bool {
        !matches!(self, Self::Drop)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    out: String,
    removed: usize,
    left: Left,
}

impl<'t> Reader<'t> {
    /// The whole text; whether anything of it is allowed.
    fn document(&mut self, rules: &Json<'_>) -> Result<bool, JsonFault> {
        self.space();
        let rule = self.rule(rules);
        self.value(rule)?;
        self.space();
        match self.peek() {
            None => Ok(rule.keeps()),
            Some(_) => Err(JsonFault::Trailing),
        }
    }

    /// What the place allows for the kind of value that comes next.
    fn rule<'a>(&mut self, place: &'a Json<'a>) -> Rule<'a> {
        if let Some(field) = place.all {
            self.left.note(field);
            return Rule::Keep;
        }
        let fits = match self.peek() {
            Some(b'{') => !place.keys.is_empty(),
            Some(b'[') => place.each.is_some(),
            _ => {
                place.scalar.iter().for_each(|field| self.left.note(*field));
                place.scalar.is_some()
            }
        };
        if fits { Rule::Reduce(place) } else { Rule::Drop }
    }

    fn value(&mut self, rule: Rule<'_>) -> Result<(), JsonFault> {
        match self.peek().ok_or(JsonFault::Syntax)? {
            b'{' => self.nested(|reader| reader.object(rule)),
            b'[' => self.nested(|reader| reader.array(rule)),
            b'"' => {
                let start = self.at;
                self.string()?;
                self.copy(rule, start);
                Ok(())
            }
            b'-' | b'0'..=b'9' => {
                let start = self.at;
                self.number()?;
                self.copy(rule, start);
                Ok(())
            }
            _ => {
                let start = self.at;
                let word = ["true", "false", "null"].into_iter().find(|w| self.rest().starts_with(w));
                self.at += word.ok_or(JsonFault::Syntax)?.len();
                self.copy(rule, start);
                Ok(())
            }
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<(), JsonFault>) -> Result<(), JsonFault> {
        self.depth += 1;
        if self.depth > limits::JSON_DEPTH {
            return Err(JsonFault::Depth);
        }
        self.at += 1;
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn object(&mut self, rule: Rule<'_>) -> Result<(), JsonFault> {
        let (mut seen, mut first) = (HashSet::new(), true);
        self.write(rule, "{");
        self.space();
        if !self.skip(b'}') {
            loop {
                self.space();
                let key = self.string()?;
                self.space();
                self.expect(b':')?;
                self.space();
                let member = self.part(rule, |place| place.keys.get(key.as_ref()));
                if member.keeps() {
                    self.write(rule, if first { "" } else { "," });
                    self.key(&key);
                    first = false;
                }
                if !seen.insert(key) {
                    return Err(JsonFault::DuplicateKey);
                }
                self.value(member)?;
                if !self.more(b'}')? {
                    break;
                }
            }
        }
        self.write(rule, "}");
        Ok(())
    }

    fn array(&mut self, rule: Rule<'_>) -> Result<(), JsonFault> {
        let mut first = true;
        self.write(rule, "[");
        self.space();
        if !self.skip(b']') {
            loop {
                self.space();
                let element = self.part(rule, |place| place.each.as_deref());
                if element.keeps() {
                    self.write(rule, if first { "" } else { "," });
                    first = false;
                }
                self.value(element)?;
                if !self.more(b']')? {
                    break;
                }
            }
        }
        self.write(rule, "]");
        Ok(())
    }

    /// The rule for a member or element of a container under `rule`. What goes although its container stays is
    /// counted.
    fn part<'a>(&mut self, rule: Rule<'a>, find: impl FnOnce(&'a Json<'a>) -> Option<&'a Json<'a>>) -> Rule<'a> {
        let Rule::Reduce(place) = rule else { return rule };
        let part = find(place).map_or(Rule::Drop, |place| self.rule(place));
        self.removed += usize::from(!part.keeps());
        part
    }

    /// Whether another part follows, or the container ends.
    fn more(&mut self, end: u8) -> Result<bool, JsonFault> {
        self.space();
        match self.skip(b',') {
            true => Ok(true),
            false => self.expect(end).map(|()| false),
        }
    }

    /// Goes past a string and gives what it means.
    fn string(&mut self) -> Result<Cow<'t, str>, JsonFault> {
        if !self.skip(b'"') {
            return Err(JsonFault::Syntax);
        }
        let start = self.at;
        let mut plain: Option<String> = None;
        loop {
            let run = self.at;
            let length = self.rest().find(|c| c == '"' || c == '\\' || c < ' ').ok_or(JsonFault::String)?;
            self.at += length;
            let text = self.text.get(run..self.at).unwrap_or_default();
            match self.peek() {
                Some(b'"') => {
                    let whole = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(plain.map_or(Cow::Borrowed(whole), |plain| Cow::Owned(plain + text)));
                }
                Some(b'\\') => {
                    self.at += 1;
                    let sign = self.escape()?;
                    let plain = plain.get_or_insert_default();
                    plain.push_str(text);
                    plain.push(sign);
                }
                _ => return Err(JsonFault::String),
            }
        }
    }

    /// The character of an escape, after its back-slash (RFC 8259 §7).
    fn escape(&mut self) -> Result<char, JsonFault> {
        let kind = self.peek().ok_or(JsonFault::String)?;
        self.at += 1;
        Ok(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                match unit {
                    0xD800..=0xDBFF => {
                        if !(self.skip(b'\\') && self.skip(b'u')) {
                            return Err(JsonFault::Surrogate);
                        }
                        let pair = [unit, self.unit()?];
                        let mut decoded = char::decode_utf16(pair);
                        decoded.next().and_then(Result::ok).ok_or(JsonFault::Surrogate)?
                    }
                    _ => char::from_u32(unit.into()).ok_or(JsonFault::Surrogate)?,
                }
            }
            _ => return Err(JsonFault::String),
        })
    }

    fn unit(&mut self) -> Result<u16, JsonFault> {
        let digits = self.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|d| u16::from_str_radix(d, 16).ok()).ok_or(JsonFault::String)?;
        self.at += 4;
        Ok(unit)
    }

    /// Goes past a number (RFC 8259 §6), whose size is nobody's concern here.
    fn number(&mut self) -> Result<(), JsonFault> {
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _sign = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        match self.peek() {
            Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-' | b'_') => Err(JsonFault::Number),
            _ => Ok(()),
        }
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(JsonFault::Number) }
    }

    /// White space of JSON; no other is any.
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonFault> {
        if self.skip(byte) { Ok(()) } else { Err(JsonFault::Syntax) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn write(&mut self, rule: Rule<'_>, text: &str) {
        if rule.keeps() {
            self.out.push_str(text);
        }
    }

    /// Writes what was read since `start`.
    fn copy(&mut self, rule: Rule<'_>, start: usize) {
        let text = self.text.get(start..self.at).unwrap_or_default();
        self.write(rule, text);
    }

    /// Writes a key in its one and shortest spelling, so that no answer becomes longer.
    fn key(&mut self, key: &str) {
        self.out.push('"');
        for sign in key.chars() {
            match sign {
                '"' | '\\' => self.out.extend(['\\', sign]),
                '\u{8}' => self.out.push_str("\\b"),
                '\t' => self.out.push_str("\\t"),
                '\n' => self.out.push_str("\\n"),
                '\u{c}' => self.out.push_str("\\f"),
                '\r' => self.out.push_str("\\r"),
                '\0'..='\u{1f}' => self.out.push_str(&format!("\\u{:04x}", u32::from(sign))),
                _ => self.out.push(sign),
            }
        }
        self.out.push_str("\":");
    }
}
