//! The path language: which field of an answer an agreement speaks of.
//!
//! A path for JSON is a list of steps joined by `.`; a path for XML starts with `/`. The last step says how much is
//! meant, so that nobody allows a whole subtree by naming its root:
//!
//! | path | allows |
//! |---|---|
//! | `name` | the member `name` of the outermost object, if its value is a string, number, boolean or null |
//! | `persons.*.name` | that member of every element of the array `persons`; `*` stands for array elements only |
//! | `persons.*.address.**` | `address` with everything in it |
//! | `persons.*."given.name"` | a key with signs of the language in it; `\"` and `\\` inside |
//! | `**` | the whole answer |
//! | `/persons/person/name` | the text of that element, if it has no element in it |
//! | `/persons/person/@id` | that attribute; attributes are allowed by such paths and by `/**` only |
//! | `/persons/person/address/**` | the element with all its text, attributes and elements |
//! | `/{urn:x}persons/{urn:x}person` | names in a namespace: a name is its namespace and its local name |
//! | `/**` | the whole document |
//!
//! There are no prefixes in a path: what a prefix means is up to each document. Names are compared character by
//! character; upper and lower case differ.

use std::fmt;
use std::str::{Chars, FromStr};

use simpul_core::limits;

/// A path to a field of an answer, in JSON or in XML. Its text is the same for equal paths: keys are quoted only
/// where they must be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(pub(super) Path);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Path {
    Json { steps: Vec<Step>, subtree: bool },
    Xml { steps: Vec<XmlName>, end: End },
}

/// A step into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Step {
    /// The member of an object with this key, unescaped.
    Key(String),
    /// Every element of an array.
    Each,
}

/// What an XML path means at its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum End {
    Text,
    Subtree,
    Attribute(XmlName),
}

/// An expanded name; the namespace is empty for a name in none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct XmlName {
    pub(super) namespace: String,
    pub(super) local: String,
}

/// Why a text is no path. Positions count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldPathError {
    /// More than [`limits::FIELD_PATH`] octets.
    #[error("a path of {0} octets is longer than {max}", max = limits::FIELD_PATH)]
    TooLong(usize),
    /// More than [`limits::FIELD_STEPS`] steps.
    #[error("a path of more than {max} steps", max = limits::FIELD_STEPS)]
    TooManySteps,
    /// Nothing where a step should be.
    #[error("a step is missing at character {0}")]
    Empty(usize),
    /// A sign that must be quoted, or has no meaning there.
    #[error("`{sign}` at character {at} has no meaning there; a key with such a sign is written in quotes")]
    Sign {
        /// The sign.
        sign: char,
        /// Where.
        at: usize,
    },
    /// A quotation that does not end, or a `\` in it before something other than `"` and `\`.
    #[error("the quoted key or namespace at character {0} does not end, or has a wrong escape")]
    Quote(usize),
    /// A subtree or attribute that is not the end.
    #[error("`**` or an attribute at character {0} must be the end of the path")]
    NotLast(usize),
}

impl FieldPath {
    /// Whether it speaks of JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        matches!(self.0, Path::Json { .. })
    }

    /// Whether it speaks of XML.
    #[must_use]
    pub fn is_xml(&self) -> bool {
        matches!(self.0, Path::Xml { .. })
    }

    /// Whether it allows everything below a place, and not one value.
    #[must_use]
    pub fn is_subtree(&self) -> bool {
        matches!(self.0, Path::Json { subtree: true, .. } | Path::Xml { end: End::Subtree, .. })
    }
}

impl FromStr for FieldPath {
    type Err = FieldPathError;

    fn from_str(s: &str) -> Result<Self, FieldPathError> {
        if s.len() > limits::FIELD_PATH {
            return Err(FieldPathError::TooLong(s.len()));
        }
        let reader = Reader { rest: s.chars(), at: 1 };
        if s.starts_with('/') { xml(reader) } else { json(reader) }.map(Self)
    }
}

fn json(mut reader: Reader<'_>) -> Result<Path, FieldPathError> {
    let mut steps = Vec::new();
    loop {
        if reader.take("**") {
            return reader.last().map(|()| Path::Json { steps, subtree: true });
        }
        let step = match reader.peek() {
            Some('*') => {
                reader.next();
                Step::Each
            }
            Some('"') => Step::Key(reader.quoted()?),
            _ => Step::Key(reader.bare(is_key_sign)?),
        };
        push(&mut steps, step)?;
        match reader.peek() {
            None => return Ok(Path::Json { steps, subtree: false }),
            Some('.') => reader.next(),
            Some(_) => return Err(reader.sign()),
        };
    }
}

fn xml(mut reader: Reader<'_>) -> Result<Path, FieldPathError> {
    let mut steps = Vec::new();
    loop {
        match reader.peek() {
            None => return Ok(Path::Xml { steps, end: End::Text }),
            Some('/') => reader.next(),
            Some(_) => return Err(reader.sign()),
        };
        if reader.take("**") {
            return reader.last().map(|()| Path::Xml { steps, end: End::Subtree });
        }
        if reader.peek() == Some('@') && !steps.is_empty() {
            reader.next();
            let end = End::Attribute(reader.xml_name()?);
            return reader.last().map(|()| Path::Xml { steps, end });
        }
        let name = reader.xml_name()?;
        push(&mut steps, name)?;
    }
}

fn push<T>(steps: &mut Vec<T>, step: T) -> Result<(), FieldPathError> {
    if steps.len() >= limits::FIELD_STEPS {
        return Err(FieldPathError::TooManySteps);
    }
    steps.push(step);
    Ok(())
}

/// Signs of a key that need no quotes.
fn is_key_sign(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '-' | '$' | '@' | ':')
}

/// Signs of an XML name without a colon: a superset of NCName; a name that no document can have matches nothing.
fn is_name_sign(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.' | '\u{b7}')
}

struct Reader<'a> {
    rest: Chars<'a>,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn next(&mut self) -> Option<char> {
        self.at += 1;
        self.rest.next()
    }

    /// Goes past `text` if it comes next.
    fn take(&mut self, text: &str) -> bool {
        let Some(rest) = self.rest.as_str().strip_prefix(text) else { return false };
        self.rest = rest.chars();
        self.at += text.chars().count();
        true
    }

    fn last(&self) -> Result<(), FieldPathError> {
        if self.peek().is_some() { Err(FieldPathError::NotLast(self.at)) } else { Ok(()) }
    }

    /// The error for what comes next.
    fn sign(&self) -> FieldPathError {
        self.peek().map_or(FieldPathError::Empty(self.at), |sign| FieldPathError::Sign { sign, at: self.at })
    }

    fn bare(&mut self, fits: fn(char) -> bool) -> Result<String, FieldPathError> {
        let mut key = String::new();
        while let Some(sign) = self.peek().filter(|&c| fits(c)) {
            key.push(sign);
            self.next();
        }
        match (key.is_empty(), self.peek()) {
            (false, _) => Ok(key),
            (true, None | Some('.' | '/')) => Err(FieldPathError::Empty(self.at)),
            (true, Some(_)) => Err(self.sign()),
        }
    }

    fn quoted(&mut self) -> Result<String, FieldPathError> {
        let start = self.at;
        self.next();
        let mut key = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(key),
                Some('\\') => match self.next() {
                    Some(sign @ ('"' | '\\')) => key.push(sign),
                    _ => return Err(FieldPathError::Quote(start)),
                },
                Some(sign) => key.push(sign),
                None => return Err(FieldPathError::Quote(start)),
            }
        }
    }

    fn xml_name(&mut self) -> Result<XmlName, FieldPathError> {
        let start = self.at;
        let mut namespace = String::new();
        if self.take("{") {
            loop {
                match self.next() {
                    Some('}') => break,
                    Some(sign) if sign != '{' => namespace.push(sign),
                    _ => return Err(FieldPathError::Quote(start)),
                }
            }
            if namespace.is_empty() {
                return Err(FieldPathError::Empty(start));
            }
        }
        Ok(XmlName { namespace, local: self.bare(is_name_sign)? })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Path::Json { steps, subtree } => {
                for (step, n) in steps.iter().zip(0..) {
                    f.write_str(if n == 0 { "" } else { "." })?;
                    write!(f, "{step}")?;
                }
                match (subtree, steps.is_empty()) {
                    (false, _) => Ok(()),
                    (true, true) => f.write_str("**"),
                    (true, false) => f.write_str(".**"),
                }
            }
            Path::Xml { steps, end } => {
                steps.iter().try_for_each(|name| write!(f, "/{name}"))?;
                match end {
                    End::Text => Ok(()),
                    End::Subtree => f.write_str("/**"),
                    End::Attribute(name) => write!(f, "/@{name}"),
                }
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Each => f.write_str("*"),
            Self::Key(key) if !key.is_empty() && key.chars().all(is_key_sign) => f.write_str(key),
            Self::Key(key) => write!(f, "\"{}\"", key.replace('\\', r"\\").replace('"', "\\\"")),
        }
    }
}

impl fmt::Display for XmlName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.is_empty() {
            true => f.write_str(&self.local),
            false => write!(f, "{{{}}}{}", self.namespace, self.local),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<FieldPath, FieldPathError> {
        text.parse()
    }

    fn key(text: &str) -> Step {
        Step::Key(text.to_owned())
    }

    #[test]
    fn json_paths_are_read() {
        let table: [(&str, Vec<Step>, bool); 12] = [
            ("a", vec![key("a")], false),
            ("persons.*.givenName", vec![key("persons"), Step::Each, key("givenName")], false),
            ("*", vec![Step::Each], false),
            ("*.*.a", vec![Step::Each, Step::Each, key("a")], false),
            ("**", vec![], true),
            ("a.**", vec![key("a")], true),
            ("*.**", vec![Step::Each], true),
            (r#"a."b.c".d"#, vec![key("a"), key("b.c"), key("d")], false),
            (r#""*"."**""#, vec![key("*"), key("**")], false),
            (r#""""#, vec![key("")], false),
            (r#""say \"\\\"""#, vec![key("say \"\\\"")], false),
            (
                "nama_ibu-1.@type.$ref.xs:a.ñ",
                vec![key("nama_ibu-1"), key("@type"), key("$ref"), key("xs:a"), key("ñ")],
                false,
            ),
        ];
        for (text, steps, subtree) in table {
            let path = parse(text).unwrap();
            assert_eq!(path, FieldPath(Path::Json { steps, subtree }), "{text}");
            assert_eq!(path.to_string(), text);
            assert!(path.is_json() && !path.is_xml());
            assert_eq!(path.is_subtree(), subtree);
        }
        assert_eq!(parse(r#""a"."b""#).unwrap().to_string(), "a.b", "quotes that are not needed");
    }

    #[test]
    fn xml_paths_are_read() {
        let name = |namespace: &str, local: &str| XmlName { namespace: namespace.to_owned(), local: local.to_owned() };
        let table: [(&str, Vec<XmlName>, End); 6] = [
            ("/a", vec![name("", "a")], End::Text),
            ("/a/b.c-d", vec![name("", "a"), name("", "b.c-d")], End::Text),
            ("/{http://x.example/a}b/c", vec![name("http://x.example/a", "b"), name("", "c")], End::Text),
            ("/a/@id", vec![name("", "a")], End::Attribute(name("", "id"))),
            ("/a/@{urn:x}id", vec![name("", "a")], End::Attribute(name("urn:x", "id"))),
            ("/**", vec![], End::Subtree),
        ];
        for (text, steps, end) in table {
            let path = parse(text).unwrap();
            assert_eq!(path, FieldPath(Path::Xml { steps, end }), "{text}");
            assert_eq!(path.to_string(), text);
            assert!(path.is_xml() && !path.is_json());
        }
        assert!(parse("/a/**").unwrap().is_subtree());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        use FieldPathError::{Empty, NotLast, Quote, Sign};
        let sign = |sign, at| Sign { sign, at };
        let table = [
            ("", Empty(1)),
            (".", Empty(1)),
            ("a.", Empty(3)),
            (".a", Empty(1)),
            ("a..b", Empty(3)),
            ("a b", sign(' ', 2)),
            (" a", sign(' ', 1)),
            ("a*", sign('*', 2)),
            ("*a", sign('a', 2)),
            ("a.*b", sign('b', 4)),
            ("a[0]", sign('[', 2)),
            ("a.[*]", sign('[', 3)),
            ("***", NotLast(3)),
            ("**.a", NotLast(3)),
            ("a.**.b", NotLast(5)),
            ("a.\"b", Quote(3)),
            ("\"a\\n\"", Quote(1)),
            ("\"a\"b", sign('b', 4)),
            ("a/b", sign('/', 2)),
            ("/", Empty(2)),
            ("//a", Empty(2)),
            ("/a/", Empty(4)),
            ("/a//b", Empty(4)),
            ("/x:a", sign(':', 3)),
            ("/*", sign('*', 2)),
            ("/a/*/b", sign('*', 4)),
            ("/a[1]", sign('[', 3)),
            ("/a/text()", sign('(', 8)),
            ("/@id", sign('@', 2)),
            ("/a/@id/b", NotLast(7)),
            ("/a/@", Empty(5)),
            ("/a/@*", sign('*', 5)),
            ("/a/**/b", NotLast(6)),
            ("/{}a", Empty(2)),
            ("/{urn:x", Quote(2)),
            ("/{u{v}a", Quote(2)),
            ("/{urn:x}", Empty(9)),
            ("/{urn:x}/a", Empty(9)),
        ];
        for (text, error) in table {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_path_is_bounded() {
        assert!(parse(&"a".repeat(limits::FIELD_PATH)).is_ok());
        assert_eq!(parse(&"a".repeat(limits::FIELD_PATH + 1)), Err(FieldPathError::TooLong(limits::FIELD_PATH + 1)));
        let json = vec!["a"; limits::FIELD_STEPS].join(".");
        assert!(parse(&json).is_ok() && parse(&format!("{json}.**")).is_ok());
        assert_eq!(parse(&format!("{json}.a")), Err(FieldPathError::TooManySteps));
        let xml = "/a".repeat(limits::FIELD_STEPS);
        assert!(parse(&xml).is_ok());
        assert_eq!(parse(&format!("{xml}/a")), Err(FieldPathError::TooManySteps));
    }

    proptest! {
        #[test]
        fn the_text_of_a_path_is_that_path(keys in prop::collection::vec(prop_oneof![Just("*".to_owned()), ".{0,8}"], 1..6), subtree: bool) {
            let steps = keys.into_iter().map(|k| if k == "*" { Step::Each } else { Step::Key(k) }).collect();
            let path = FieldPath(Path::Json { steps, subtree });
            prop_assert_eq!(path.to_string().parse(), Ok(path));
        }

        #[test]
        fn what_is_read_is_written_the_same_way_twice(text in r#"[a*."\\/@{}: ]{0,12}"#) {
            if let Ok(path) = parse(&text) {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }
    }
}
