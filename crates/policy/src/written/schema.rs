//! Pieces of a JSON Schema (draft 2020-12).

use serde_json::{Value, json};

/// An object with these members and no others; all but the optional ones are required.
#[must_use]
pub fn object(members: &[(&str, Value)], optional: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).filter(|name| !optional.contains(name)).collect();
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

/// A list of `least` to `most` items.
#[must_use]
pub fn list(items: Value, least: usize, most: usize) -> Value {
    json!({"type": "array", "items": items, "minItems": least, "maxItems": most})
}

/// What `$defs` has under this name.
#[must_use]
pub fn reference(definition: &str) -> Value {
    json!({"$ref": format!("#/$defs/{definition}")})
}

/// A text of this form.
#[must_use]
pub fn pattern(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern})
}

/// A whole number from `least` to `most`.
#[must_use]
pub fn number(least: u64, most: u64) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most})
}

/// A day such as 2027-01-31.
#[must_use]
pub fn day() -> Value {
    json!({"type": "string", "format": "date"})
}
