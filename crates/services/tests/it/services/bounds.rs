//! Each bound of a service document, at the bound and one above it.

use simpul_core::limits;
use simpul_policy::written::DocumentError;
use simpul_services::catalogue::Service;

use super::ground::{WHOLE, with};

/// A name, the bound, and the document with so many of it.
type Case = (&'static str, usize, Box<dyn Fn(usize) -> Result<Service, DocumentError>>);

const TEXT: &str = "{ id = \"x\", en = \"x\" }";

fn repeated(n: usize, one: &dyn Fn(usize) -> String) -> String {
    (0..n).map(one).collect::<Vec<_>>().join(", ")
}

/// The document with more tables before the first one of a kind.
fn before(n: usize, table: &str, one: &dyn Fn(usize) -> String) -> Result<Service, DocumentError> {
    let more: String = (0..n).map(one).collect();
    with(WHOLE, &format!("[[{table}]]"), &format!("{more}[[{table}]]"))
}

fn values() -> Vec<Case> {
    vec![
        (
            "a name",
            limits::SERVICE_NAME_CHARS,
            Box::new(|n| with(WHOLE, "id = \"whole\"", &format!("id = \"{}\"", "x".repeat(n)))),
        ),
        ("a text", limits::SERVICE_TEXT_CHARS, Box::new(|n| with(WHOLE, "Everything", &"é".repeat(n)))),
        ("a line", limits::AGREEMENT_NAME_CHARS, Box::new(|n| with(WHOLE, "Act 4", &"é".repeat(n)))),
        (
            "draft days",
            limits::SERVICE_DAYS as usize,
            Box::new(|n| with(WHOLE, "draft-days = 10", &format!("draft-days = {n}"))),
        ),
        (
            "a time limit",
            limits::SERVICE_DAYS as usize,
            Box::new(|n| with(WHOLE, "days = 2, count", &format!("days = {n}, count"))),
        ),
        (
            "freshness",
            limits::SERVICE_DAYS as usize,
            Box::new(|n| with(WHOLE, "fresh-days = 5", &format!("fresh-days = {n}"))),
        ),
        ("an amount", limits::AMOUNT as usize, Box::new(|n| with(WHOLE, "amount = 50000", &format!("amount = {n}")))),
        (
            "a date bound",
            limits::DATE_OFFSET as usize,
            Box::new(|n| with(WHOLE, "{ days = 1 }", &format!("{{ days = {n} }}"))),
        ),
        (
            "a line answer",
            limits::ANSWER_LINE_CHARS,
            Box::new(|n| with(WHOLE, "least = 2, most = 8", &format!("least = 2, most = {n}"))),
        ),
        (
            "a long answer",
            limits::ANSWER_CHARS,
            Box::new(|n| with(WHOLE, "least = 5, most = 20", &format!("least = 5, most = {n}"))),
        ),
    ]
}

fn asked() -> Vec<Case> {
    vec![
        (
            "questions",
            limits::SERVICE_QUESTIONS,
            Box::new(move |n| {
                before(n - 13, "evidence", &|i| {
                    format!("[[question]]\nid = \"q{i}\"\nkind = \"phone\"\nlabel = {TEXT}\nrequired = false\n")
                })
            }),
        ),
        (
            "options",
            limits::QUESTION_OPTIONS,
            Box::new(move |n| {
                let more = repeated(n - 3, &|i| format!("{{ id = \"o{i}\", label = {TEXT} }}"));
                with(WHOLE, "options = [\n", &format!("options = [\n{more},"))
            }),
        ),
        (
            "conditions",
            limits::QUESTION_CONDITIONS,
            Box::new(move |n| {
                let more = repeated(n, &|_| "{ question = \"speed\", equals = \"fast\" }".to_owned());
                with(WHOLE, "[{ question = \"speed\", equals = \"fast\" }]", &format!("[{more}]"))
            }),
        ),
        (
            "evidence",
            limits::SERVICE_EVIDENCE,
            Box::new(move |n| {
                let start = WHOLE.find("[[evidence]]").unwrap();
                let one = &WHOLE[start..WHOLE.find("[[step]]").unwrap()];
                let other = |i: usize| {
                    one.replacen("id = \"person\"", &format!("id = \"e{i}\""), 1)
                        .replace(", fills = \"born\"", "")
                        .replace("enter-yourself = true", "enter-yourself = false")
                };
                before(n - 1, "step", &other)
            }),
        ),
        (
            "fields",
            limits::EVIDENCE_FIELDS,
            Box::new(move |n| {
                let more = repeated(n - 2, &|i| format!("{{ id = \"f{i}\", path = \"f\", label = {TEXT} }}"));
                with(WHOLE, "fields = [\n", &format!("fields = [\n{more},"))
            }),
        ),
        ("a field path", limits::FIELD_STEPS, Box::new(|n| with(WHOLE, "birth.date", &vec!["a"; n].join(".")))),
        (
            "steps",
            limits::SERVICE_STEPS,
            Box::new(move |n| {
                before(n - 5, "rule", &|i| {
                    format!("[[step]]\nid = \"s{i}\"\ntitle = {TEXT}\nop = \"sum\"\nof = [\"1\"]\n")
                })
            }),
        ),
    ]
}

fn worked() -> Vec<Case> {
    vec![
        (
            "values of a step",
            limits::STEP_VALUES,
            Box::new(move |n| {
                let more = repeated(n, &|_| "\"1\"".to_owned());
                with(
                    WHOLE,
                    "op = \"percent\"\nof = [\"answer:sum\"]\nrate = 5000",
                    &format!("op = \"sum\"\nof = [{more}]"),
                )
            }),
        ),
        (
            "brackets",
            limits::STEP_VALUES,
            Box::new(move |n| {
                let more = repeated(n - 2, &|i| format!("{{ up-to = {}, rate = 1 }}", i + 1));
                with(WHOLE, "brackets = [", &format!("brackets = [{more},"))
            }),
        ),
        (
            "values of a rule",
            limits::STEP_VALUES,
            Box::new(move |n| {
                let more = repeated(n, &|i| format!("\"v{i}\""));
                with(WHOLE, "values = [\"slow\", \"fast\"]", &format!("values = [{more}]"))
            }),
        ),
        (
            "rules",
            limits::SERVICE_RULES,
            Box::new(move |n| {
                before(n - 3, "stage", &|i| {
                    format!("[[rule]]\nid = \"r{i}\"\ntext = {TEXT}\nlaw = \"x\"\ncheck = \"present\"\nof = \"1\"\n")
                })
            }),
        ),
        (
            "stages",
            limits::SERVICE_STAGES,
            Box::new(move |n| {
                before(n - 2, "stage", &|i| {
                    format!(
                        "[[stage]]\nid = \"s{i}\"\ntitle = {TEXT}\nreads = {TEXT}\noffice = \"o\"\noffice-name = {TEXT}\nwithin = {{ days = 1, count = \"working\" }}\n"
                    )
                })
            }),
        ),
        (
            "grounds",
            limits::SERVICE_GROUNDS,
            Box::new(move |n| {
                before(n - 2, "decision.ground", &|i| {
                    format!(
                        "[[decision.ground]]\nid = \"g{i}\"\noutcome = \"refuse\"\nlaw = \"x\"\ntext = {TEXT}\nreason = \"required\"\n"
                    )
                })
            }),
        ),
        (
            "holidays",
            limits::SERVICE_HOLIDAYS,
            Box::new(move |n| {
                let day = |i: usize| format!("\"20{:02}-{:02}-{:02}\"", 30 + i / 336, 1 + (i % 336) / 28, 1 + i % 28);
                with(WHOLE, "[\"2026-12-25\", \"2027-01-01\"]", &format!("[{}]", repeated(n, &day)))
            }),
        ),
        (
            "paragraphs",
            limits::LETTER_PARAGRAPHS,
            Box::new(move |n| {
                let more = repeated(n - 1, &|_| TEXT.to_owned());
                with(
                    WHOLE,
                    "paragraphs = [{ id = \"{reference} {service}",
                    &format!("paragraphs = [{more}, {{ id = \"{{reference}} {{service}}"),
                )
            }),
        ),
    ]
}

#[test]
fn bounds_hold() {
    for (name, bound, make) in [values(), asked(), worked()].into_iter().flatten() {
        assert!(make(bound).is_ok(), "{name}: {:?}", make(bound).err());
        assert!(make(bound + 1).is_err(), "{name} at bound + 1");
    }
    let padded = |octets: usize| Service::from_toml(&format!("{WHOLE}#{}", "x".repeat(octets - WHOLE.len() - 1)));
    assert!(padded(limits::SERVICE_DOCUMENT).is_ok());
    assert!(padded(limits::SERVICE_DOCUMENT + 1).is_err());
    let letters = |n: usize| {
        let one =
            |i: usize| format!("[[letter]]\nid = \"l{i}\"\nfor = \"receipt\"\ntitle = {TEXT}\nparagraphs = [{TEXT}]\n");
        before(n - 3, "letter", &one).unwrap_err().reason
    };
    assert!(letters(limits::SERVICE_LETTERS).contains("before"), "one letter for each occasion");
    assert!(letters(limits::SERVICE_LETTERS + 1).contains("1 to 8"));
}
