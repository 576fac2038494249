//! Where in the TOML text a value stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::DocumentError;

/// An error of the TOML reader, with its line and the path of what it complains of.
pub(super) fn toml_error(text: &str, error: &toml::de::Error) -> DocumentError {
    let offset = error.span().map(|span| span.start);
    let path = offset.and_then(|at| {
        let table = DeTable::parse(text).ok()?;
        let mut best = None;
        walk(table.get_ref(), "", &mut |path, span| {
            let size = span.end.saturating_sub(span.start);
            if span.contains(&at) && best.as_ref().is_none_or(|(least, _)| size <= *least) {
                best = Some((size, path.to_owned()));
            }
        });
        best.map(|(_, path)| path)
    });
    DocumentError {
        line: offset.map(|at| line(text, at)),
        path: path.unwrap_or_default(),
        reason: error.message().to_owned(),
    }
}

/// The line of the value at `path`, or of the nearest value around it that is there.
pub(super) fn line_of(text: &str, path: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut found: Option<(usize, usize)> = None;
    walk(table.get_ref(), "", &mut |at, span| {
        let around = path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        if around && found.is_none_or(|(length, _)| at.len() > length) {
            found = Some((at.len(), span.start));
        }
    });
    Some(found.map_or(1, |(_, start)| line(text, start)))
}

fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

/// Visits every key and every value with its path and its place. Deep nesting was refused by the reader before.
fn walk(table: &DeTable<'_>, under: &str, visit: &mut impl FnMut(&str, Range<usize>)) {
    for (key, value) in table {
        let path = if under.is_empty() { key.get_ref().to_string() } else { format!("{under}.{}", key.get_ref()) };
        visit(&path, key.span());
        inside(value, &path, visit);
    }
}

fn inside(value: &Spanned<DeValue<'_>>, path: &str, visit: &mut impl FnMut(&str, Range<usize>)) {
    match value.get_ref() {
        DeValue::Table(table) => {
            visit(path, value.span());
            walk(table, path, visit);
        }
        DeValue::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                inside(item, &format!("{path}[{i}]"), visit);
            }
        }
        _ => visit(path, value.span()),
    }
}
