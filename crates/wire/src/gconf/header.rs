//! The header of one part of a directory, and fields with parameters (wire.md §8.3).

use simpul_core::limits;

use super::directory_error::DirectoryError;

/// The fields of one header. Names are compared without regard to case; none stands twice.
#[derive(Debug)]
pub(super) struct Header<'a> {
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Header<'a> {
    /// Reads lines `Name: value` that end with CRLF; the last line end may be missing.
    pub(super) fn parse(block: &'a [u8]) -> Result<Self, DirectoryError> {
        if block.len() > limits::PART_HEADER {
            return Err(DirectoryError::HeaderTooLarge);
        }
        let text = std::str::from_utf8(block).map_err(|_| DirectoryError::Structure("a header is not UTF-8"))?;
        let text = text.strip_suffix("\r\n").unwrap_or(text);
        let mut header = Self { fields: Vec::new() };
        if text.is_empty() {
            return Ok(header);
        }
        for line in text.split("\r\n") {
            let (name, value) = line
                .split_once(':')
                .filter(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
                .filter(|(_, value)| !value.chars().any(|c| c.is_control() && c != '\t'))
                .ok_or_else(|| DirectoryError::HeaderLine(line.to_owned()))?;
            if header.get(name).is_some() {
                return Err(DirectoryError::DuplicateField(name.to_owned()));
            }
            header.fields.push((name, value.trim_matches([' ', '\t'])));
        }
        Ok(header)
    }

    /// The value of a field, if it stands there; it may be empty.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    /// The value of a field that must stand there and not be blank.
    pub(super) fn required(&self, name: &'static str) -> Result<&'a str, DirectoryError> {
        self.get(name).filter(|v| !v.is_empty()).ok_or(DirectoryError::MissingField(name))
    }

    /// Demands a field with exactly this value (§8.3).
    pub(super) fn exactly(&self, name: &'static str, value: &'static str) -> Result<(), DirectoryError> {
        match self.required(name)? {
            v if v == value => Ok(()),
            v => Err(DirectoryError::WrongValue { field: name, value: v.to_owned(), expected: value }),
        }
    }

    /// The value of a field before its parameters, and the parameters.
    pub(super) fn with_parameters(&self, name: &'static str) -> Result<(&'a str, Parameters<'a>), DirectoryError> {
        let raw = self.required(name)?;
        split_parameters(raw).ok_or_else(|| DirectoryError::WrongValue {
            field: name,
            value: raw.to_owned(),
            expected: "a value with parameters",
        })
    }

    /// The boundary of a multipart `Content-Type` (§8.3). No parameter but charset and boundary is known.
    pub(super) fn boundary(&self, media_type: &'static str) -> Result<&'a str, DirectoryError> {
        const FIELD: &str = "Content-Type";
        let wrong =
            |value: &str, expected| DirectoryError::WrongValue { field: FIELD, value: value.to_owned(), expected };
        let (value, parameters) = self.with_parameters(FIELD)?;
        if value != media_type {
            return Err(wrong(value, media_type));
        }
        if let Some((name, _)) = parameters.0.iter().find(|(n, _)| !matches!(*n, "charset" | "boundary")) {
            return Err(wrong(name, "charset and boundary only"));
        }
        if let Some(charset) = parameters.get("charset").filter(|c| !c.eq_ignore_ascii_case("UTF-8")) {
            return Err(wrong(charset, "UTF-8"));
        }
        match parameters.get("boundary") {
            Some(b) if is_boundary(b) => Ok(b),
            Some(b) => Err(wrong(b, "a boundary of at most 200 printable ASCII characters")),
            None => Err(DirectoryError::MissingParameter { field: FIELD, parameter: "boundary" }),
        }
    }
}

/// Whether a text can delimit parts: 1 to [`limits::BOUNDARY`] printable ASCII characters without space and quote.
pub(super) fn is_boundary(text: &str) -> bool {
    (1..=limits::BOUNDARY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"')
}

/// Parameters of a field, in order. None stands twice.
#[derive(Debug)]
pub(super) struct Parameters<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parameters<'a> {
    /// The value of a parameter without its quotes; names are compared exactly.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }
}

/// Splits `value; a=b; c='d'; e="f"`. Quotes may be single or double (§8.3).
fn split_parameters(raw: &str) -> Option<(&str, Parameters<'_>)> {
    let Some((value, mut rest)) = raw.split_once(';') else {
        return Some((raw, Parameters(Vec::new())));
    };
    let mut parameters = Parameters(Vec::new());
    loop {
        let (name, tail) = rest.trim_start_matches(' ').split_once('=')?;
        let quote = tail.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let (text, tail) = match quote {
            Some(q) => tail.strip_prefix(q)?.split_once(q)?,
            None => {
                let end = tail.find(';').unwrap_or(tail.len());
                let (text, tail) = tail.split_at_checked(end)?;
                (text.trim_end_matches(' '), tail)
            }
        };
        if name.is_empty() || parameters.get(name).is_some() || (quote.is_none() && text.contains(['"', '\'', ' '])) {
            return None;
        }
        parameters.0.push((name, text));
        rest = match tail.strip_prefix(';') {
            Some(more) => more,
            None if tail.is_empty() => return Some((value.trim_end_matches(' '), parameters)),
            None => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_values_are_trimmed() {
        let header = Header::parse(b"Content-TYPE:  a/b \r\nEmpty:\r\n").unwrap();
        assert_eq!(header.required("content-type").unwrap(), "a/b");
        assert!(matches!(header.required("Empty"), Err(DirectoryError::MissingField("Empty"))));
        assert!(matches!(header.exactly("Content-Type", "A/B"), Err(DirectoryError::WrongValue { .. })));
    }

    #[test]
    fn broken_lines_are_refused() {
        for block in ["no colon", ": x", "A B: x", "A: x\r\n folded", "A: x\ny", "A: x\r\n\r\nB: y", "A:\0"] {
            assert!(matches!(Header::parse(block.as_bytes()), Err(DirectoryError::HeaderLine(_))), "{block:?}");
        }
        assert!(matches!(Header::parse(b"A: 1\r\na: 2"), Err(DirectoryError::DuplicateField(_))));
        assert!(matches!(Header::parse(b"A: \xff"), Err(DirectoryError::Structure(_))));
    }

    #[test]
    fn the_header_is_bounded() {
        let most = format!("A: {}", "x".repeat(limits::PART_HEADER - 3));
        assert!(Header::parse(most.as_bytes()).is_ok());
        assert!(matches!(Header::parse(format!("{most}x").as_bytes()), Err(DirectoryError::HeaderTooLarge)));
    }

    /// wire.md §8.3: quotes of instance may be single or double.
    #[test]
    fn parameters_may_be_quoted_either_way() {
        for raw in ["X; instance='A;B'; z=1", "X; instance=\"A;B\";z=1", "X;instance='A;B' ;z=1"] {
            let parsed = split_parameters(raw);
            if raw.contains("' ;") {
                assert!(parsed.is_none(), "nothing stands between a quote and the next parameter");
                continue;
            }
            let (value, parameters) = parsed.unwrap();
            assert_eq!((value, parameters.get("instance"), parameters.get("z")), ("X", Some("A;B"), Some("1")));
        }
        for raw in ["X; a='b", "X; a=b\"", "X; a='b'c", "X; =b", "X; a=1; a=2", "X;", "X; a"] {
            assert!(split_parameters(raw).is_none(), "{raw}");
        }
    }

    #[test]
    fn the_boundary_is_bounded() {
        let content = |b: &str| format!("Content-Type: multipart/mixed; charset=UTF-8; boundary={b}");
        let boundary =
            |b: &str| Header::parse(content(b).as_bytes()).unwrap().boundary("multipart/mixed").map(str::len);
        assert_eq!(boundary(&"x".repeat(limits::BOUNDARY)).unwrap(), limits::BOUNDARY);
        assert!(matches!(boundary(&"x".repeat(limits::BOUNDARY + 1)), Err(DirectoryError::WrongValue { .. })));
        let header = Header::parse(b"Content-Type: multipart/mixed; charset=UTF-8").unwrap();
        let missing = header.boundary("multipart/mixed");
        assert!(matches!(missing, Err(DirectoryError::MissingParameter { parameter: "boundary", .. })));
    }
}
