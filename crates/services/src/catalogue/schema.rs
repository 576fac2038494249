//! The JSON Schema of a service document (draft 2020-12), published as `docs/schema/service.schema.json`.
//!
//! It says what can be said about shape: names, kinds, bounds. That names lead somewhere and that no question depends
//! on itself is checked when a document is read.

use serde_json::{Value, json};
use simpul_core::limits;
use simpul_policy::written::schema::{day, list, number, object, pattern, reference};

use super::question::Pattern;
use super::service::Category;

/// The schema.
#[must_use]
pub fn document() -> Value {
    let mut schema = object(
        &[
            ("id", name()),
            ("version", number(1, u64::from(u32::MAX))),
            ("category", json!({"enum": Category::ALL.map(Category::as_str)})),
            ("title", reference("text")),
            ("summary", reference("text")),
            ("declaration", reference("text")),
            ("applicants", list(json!({"enum": ["citizen", "on-behalf"]}), 1, 2)),
            ("draft-days", days()),
            ("offset", pattern("^[+-](0[0-9]|1[0-3]):[0-5][0-9]$|^[+-]14:00$")),
            ("holidays", list(day(), 0, limits::SERVICE_HOLIDAYS)),
            ("fee", reference("fee")),
            ("question", list(reference("question"), 0, limits::SERVICE_QUESTIONS)),
            ("evidence", list(reference("evidence"), 0, limits::SERVICE_EVIDENCE)),
            ("step", list(reference("step"), 0, limits::SERVICE_STEPS)),
            ("rule", list(reference("rule"), 0, limits::SERVICE_RULES)),
            ("stage", list(reference("stage"), 1, limits::SERVICE_STAGES)),
            ("decision", reference("decision")),
            ("letter", list(reference("letter"), 1, limits::SERVICE_LETTERS)),
        ],
        &["holidays", "question", "evidence", "step", "rule"],
    );
    if let (Value::Object(members), Value::Object(mut definitions)) = (&mut schema, asked()) {
        if let Value::Object(more) = decided() {
            definitions.extend(more);
        }
        members.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        members.insert("title".to_owned(), json!("Public service"));
        members.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// The schema as it is published.
#[must_use]
pub fn published() -> String {
    format!("{:#}\n", document())
}

/// What the citizen and registers are asked.
fn asked() -> Value {
    let kinds =
        ["text", "long-text", "number", "money", "date", "yes-no", "choice", "choices", "email", "phone", "address"];
    let flag = json!({"type": "boolean"});
    let offset = number_between(-i64::from(limits::DATE_OFFSET), i64::from(limits::DATE_OFFSET));
    json!({
        "text": object(&[("id", words()), ("en", words())], &[]),
        "question": object(
            &[
                ("id", name()),
                ("kind", json!({"enum": kinds})),
                ("label", reference("text")),
                ("hint", reference("text")),
                ("required", flag.clone()),
                ("options", list(reference("option"), 2, limits::QUESTION_OPTIONS)),
                ("show-when", list(reference("condition"), 0, limits::QUESTION_CONDITIONS)),
                ("length", reference("span")),
                ("range", reference("span")),
                ("pattern", json!({"enum": Pattern::ALL.map(|(spelling, _)| spelling)})),
                ("earliest", reference("offset")),
                ("latest", reference("offset")),
            ],
            &["hint", "options", "show-when", "length", "range", "pattern", "earliest", "latest"],
        ),
        "option": object(&[("id", name()), ("label", reference("text"))], &[]),
        "condition": object(&[("question", name()), ("equals", words()), ("contains", words())], &["equals", "contains"]),
        "span": object(&[("least", amount()), ("most", amount())], &[]),
        "offset": object(
            &[("years", offset.clone()), ("months", offset.clone()), ("days", offset)],
            &["years", "months", "days"],
        ),
        "evidence": object(
            &[
                ("id", name()),
                ("title", reference("text")),
                ("explanation", reference("text")),
                ("service", json!({"type": "string"})),
                ("request", pattern("^GET (/[A-Za-z0-9_-]+)*/\\{person\\}(/[A-Za-z0-9_-]+)*$")),
                ("agreement", pattern("^[A-Za-z0-9._-]{1,64}$")),
                ("purpose", json!({"type": "string"})),
                ("basis", line()),
                ("records", member()),
                ("required", flag.clone()),
                ("enter-yourself", flag),
                ("fresh-days", days()),
                ("consent", reference("text")),
                ("fields", list(reference("field"), 1, limits::EVIDENCE_FIELDS)),
            ],
            &["agreement", "records", "consent"],
        ),
        "field": object(
            &[
                ("id", name()),
                ("path", json!({"type": "string", "minLength": 1, "maxLength": limits::FIELD_PATH})),
                ("label", reference("text")),
                ("fills", name()),
            ],
            &["fills"],
        ),
    })
}

/// What it costs, and how it is decided.
fn decided() -> Value {
    let ops =
        ["sum", "less", "not-below-zero", "percent", "brackets", "round-down", "smallest", "largest", "by-answer"];
    let operand = json!({"type": "string"});
    json!({
        "fee": object(
            &[
                ("kind", json!({"enum": ["free", "fixed", "per-answer", "computed"]})),
                ("currency", json!({"const": "IDR"})),
                ("amount", amount()),
                ("question", name()),
                ("amounts", list(reference("fee-amount"), 1, limits::QUESTION_OPTIONS)),
                ("result", operand.clone()),
            ],
            &["currency", "amount", "question", "amounts", "result"],
        ),
        "fee-amount": object(&[("answer", name()), ("amount", amount())], &[]),
        "step": object(
            &[
                ("id", name()),
                ("title", reference("text")),
                ("op", json!({"enum": ops})),
                ("of", list(operand.clone(), 0, limits::STEP_VALUES)),
                ("less", operand.clone()),
                ("rate", number(0, 10_000)),
                ("to", amount()),
                ("brackets", list(reference("bracket"), 1, limits::STEP_VALUES)),
                ("question", name()),
                ("amounts", list(reference("fee-amount"), 1, limits::QUESTION_OPTIONS)),
            ],
            &["less", "rate", "to", "brackets", "question", "amounts"],
        ),
        "bracket": object(&[("up-to", amount()), ("rate", number(0, 10_000))], &["up-to"]),
        "rule": object(
            &[
                ("id", name()),
                ("text", reference("text")),
                ("law", line()),
                ("check", json!({"enum": ["present", "same", "at-least", "at-most", "one-of"]})),
                ("of", operand.clone()),
                ("with", operand),
                ("bound", amount()),
                ("values", list(line(), 1, limits::STEP_VALUES)),
            ],
            &["with", "bound", "values"],
        ),
        "stage": object(
            &[
                ("id", name()),
                ("title", reference("text")),
                ("reads", reference("text")),
                ("office", name()),
                ("office-name", reference("text")),
                ("within", reference("within")),
            ],
            &[],
        ),
        "within": object(&[("days", days()), ("count", json!({"enum": ["working", "calendar"]}))], &[]),
        "decision": object(
            &[
                ("persons", number(1, 2)),
                ("automatic", json!({"type": "boolean"})),
                ("appeal", reference("text")),
                ("ground", list(reference("ground"), 2, limits::SERVICE_GROUNDS)),
            ],
            &[],
        ),
        "ground": object(
            &[
                ("id", name()),
                ("outcome", json!({"enum": ["grant", "refuse"]})),
                ("law", line()),
                ("text", reference("text")),
                ("reason", json!({"enum": ["required", "optional"]})),
            ],
            &[],
        ),
        "letter": object(
            &[
                ("id", name()),
                ("for", json!({"enum": ["receipt", "grant", "refuse"]})),
                ("title", reference("text")),
                ("paragraphs", list(reference("text"), 1, limits::LETTER_PARAGRAPHS)),
            ],
            &[],
        ),
    })
}

fn name() -> Value {
    pattern(&format!("^[a-z][a-z0-9-]{{0,{}}}$", limits::SERVICE_NAME_CHARS - 1))
}

fn member() -> Value {
    pattern(&format!("^[A-Za-z0-9_-]{{1,{}}}$", limits::SERVICE_NAME_CHARS))
}

fn words() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": limits::SERVICE_TEXT_CHARS})
}

fn line() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": limits::AGREEMENT_NAME_CHARS})
}

fn days() -> Value {
    number(1, u64::from(limits::SERVICE_DAYS))
}

fn amount() -> Value {
    number_between(-limits::AMOUNT, limits::AMOUNT)
}

fn number_between(least: i64, most: i64) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most})
}
