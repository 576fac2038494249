//! The JSON Schema of an agreement (draft 2020-12), published as `docs/schema/agreement.schema.json`.
//!
//! It says what can be said about shape: names, kinds, bounds. That parts fit one another (a consumer belongs to a
//! party, an amendment names what it amends) is checked when a document is read.

use serde_json::{Value, json};
use simpul_core::limits;

use super::purpose;
use crate::written::schema::{day, list, number, object, pattern, reference};

/// The schema.
#[must_use]
pub fn document() -> Value {
    let string = json!({"type": "string"});
    let text = json!({"$ref": "#/$defs/text"});
    let moment = json!({"type": "string", "format": "date-time"});
    let mut schema = object(
        &[
            ("id", pattern("^[A-Za-z0-9._-]{1,64}$")),
            ("version", number(1, u64::from(u32::MAX))),
            ("amends", pattern("^[0-9a-f]{64}$")),
            ("binding-language", json!({"enum": ["id", "en"]})),
            ("valid-from", moment.clone()),
            ("valid-until", moment),
            ("review", day()),
            ("title", text.clone()),
            ("preamble", text),
            ("party", list(reference("party"), 2, limits::AGREEMENT_PARTIES)),
            ("purpose", list(reference("purpose"), 0, limits::AGREEMENT_PURPOSES)),
            ("clause", list(reference("clause"), 1, limits::AGREEMENT_CLAUSES)),
        ],
        &["amends", "preamble", "purpose"],
    );
    let definitions = json!({
        "text": object(&[("id", words()), ("en", words())], &[]),
        "party": object(
            &[
                ("instance", string.clone()),
                ("member", string.clone()),
                ("subsystems", list(string, 0, limits::AGREEMENT_SUBSYSTEMS)),
                ("officer", list(reference("officer"), 2, limits::AGREEMENT_OFFICERS)),
            ],
            &[],
        ),
        "officer": object(
            &[("name", name()), ("role", name()), ("certificate", pattern("^[0-9a-f]{64}$"))],
            &["certificate"],
        ),
        "purpose": object(
            &[
                ("term", pattern("^[A-Za-z0-9._-]{1,32}$")),
                ("broader", reference("term")),
                ("title", reference("text")),
            ],
            &[],
        ),
        "term": {"enum": purpose::TERMS.iter().map(|term| format!("{}{term}", purpose::PREFIX)).collect::<Vec<_>>()},
        "clause": clause(),
        "grant": grant(),
        "basis": object(&[("id", pattern("^[A-Za-z0-9._-]{1,32}$")), ("law", name()), ("article", name())], &[]),
        "volume": object(
            &[("count", number(1, limits::AGREEMENT_NUMBER)), ("seconds", number(1, u64::from(limits::VOLUME_WINDOW)))],
            &[],
        ),
        "hours": object(
            &[
                ("days", list(json!({"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}), 1, 7)),
                ("from", pattern("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")),
                ("until", pattern("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")),
                ("offset", pattern("^[+-](0[0-9]|1[0-3]):[0-5][0-9]$|^[+-]14:00$")),
            ],
            &[],
        ),
        "conditions": object(
            &[
                ("consent", json!({"type": "boolean"})),
                ("subject", json!({"type": "boolean"})),
                ("case", json!({"type": "boolean"})),
                ("approvals", number(0, u64::from(u8::MAX))),
            ],
            &[],
        ),
        "secrecy": object(
            &[
                ("regime", json!({"enum": ["delayed", "hidden"]})),
                ("law", name()),
                ("days", number(1, u64::from(u32::MAX))),
                ("until", day()),
            ],
            &["days", "until"],
        ),
    });
    if let Value::Object(members) = &mut schema {
        members.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        members.insert("title".to_owned(), json!("Agreement"));
        members.insert("$defs".to_owned(), definitions);
    }
    schema
}

/// The schema as it is published.
#[must_use]
pub fn published() -> String {
    format!("{:#}\n", document())
}

fn clause() -> Value {
    let mut clause = object(
        &[
            ("id", pattern("^[A-Za-z0-9._-]{1,32}$")),
            ("kind", json!({"enum": ["grant", "provision"]})),
            ("text", reference("text")),
            ("grant", reference("grant")),
        ],
        &["grant"],
    );
    if let Value::Object(members) = &mut clause {
        members.insert("if".to_owned(), json!({"properties": {"kind": {"const": "grant"}}}));
        members.insert("then".to_owned(), json!({"required": ["grant"]}));
        members.insert("else".to_owned(), json!({"not": {"required": ["grant"]}}));
    }
    clause
}

fn grant() -> Value {
    let string = || json!({"type": "string"});
    let most = limits::CLAUSE_LIST;
    object(
        &[
            ("consumers", list(string(), 1, most)),
            ("provider", string()),
            ("service", string()),
            ("endpoints", list(pattern("^(\\*|GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS) (\\*\\*$|/)"), 1, most)),
            ("purposes", list(string(), 1, most)),
            ("basis", list(reference("basis"), 1, most)),
            ("categories", list(name(), 1, most)),
            (
                "fields",
                list(
                    json!({"type": "string", "minLength": 1, "maxLength": limits::FIELD_PATH}),
                    1,
                    limits::FIELD_PATHS,
                ),
            ),
            ("excess", json!({"enum": ["remove", "refuse"]})),
            ("retention-days", number(0, u64::from(u32::MAX))),
            ("residency", list(pattern("^[A-Z]{2}$"), 1, most)),
            ("onward", list(string(), 0, most)),
            ("volume", list(reference("volume"), 0, limits::CLAUSE_VOLUMES)),
            ("hours", list(reference("hours"), 0, most)),
            ("conditions", reference("conditions")),
            ("secrecy", reference("secrecy")),
            ("valid-from", json!({"type": "string", "format": "date-time"})),
            ("valid-until", json!({"type": "string", "format": "date-time"})),
        ],
        &["onward", "volume", "hours", "conditions", "secrecy", "valid-from", "valid-until"],
    )
}

fn name() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": limits::AGREEMENT_NAME_CHARS})
}

fn words() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": limits::AGREEMENT_TEXT_CHARS})
}
