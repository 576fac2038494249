//! Documents: what is read, what is refused, and with which words.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use simpul_core::limits;
use simpul_policy::agreement::{Agreement, DocumentError, purpose, schema};

use super::SAMPLE;

fn sample() -> Agreement {
    Agreement::from_toml(SAMPLE).unwrap()
}

/// The sample with one text in the place of another one.
fn with(old: &str, new: &str) -> Result<Agreement, DocumentError> {
    assert!(SAMPLE.contains(old), "{old}");
    Agreement::from_toml(&SAMPLE.replacen(old, new, 1))
}

#[test]
fn the_sample_is_read_and_read_back() {
    let agreement = sample();
    assert_eq!(agreement.id().as_str(), "id-my-civil-data");
    assert_eq!(agreement.version(), 2);
    assert_eq!(agreement.parties().len(), 2);
    assert_eq!(agreement.clauses().len(), 3);
    let json = agreement.canonical_json();
    assert_eq!(Agreement::from_json(&json).unwrap(), agreement);
    assert!(json.starts_with(br#"{"amends":"e3b0"#), "members are sorted");
}

/// What is signed has one spelling: another order, white space or a repeated member is refused.
#[test]
fn only_canonical_json_is_read() {
    let text = String::from_utf8(sample().canonical_json()).unwrap();
    let pretty = format!("{:#}", serde_json::from_str::<Value>(&text).unwrap());
    let twice = text.replacen('{', r#"{"version":2,"#, 1);
    for other in [pretty, format!("{text}\n"), twice, text.replacen("ID", "\\u0049D", 1)] {
        assert!(Agreement::from_json(other.as_bytes()).is_err(), "{other}");
    }
}

/// Each line: what is put in the place of what, the path that the error names, and a word that says what is allowed.
#[test]
fn what_is_unknown_is_refused_with_its_place() {
    let table = [
        ("binding-language = \"en\"", "binding-language = \"fr\"", "binding-language", "`id` or `en`"),
        ("version = 2", "version = 2\ncolour = 1", "colour", "unknown field"),
        ("version = 2", "version = 1", "amends", "version 1 amends nothing"),
        ("version = 2", "version = 0", "version", "count from 1"),
        ("version = 2", "version = -1", "version", ""),
        ("amends = \"e3b0", "amends = \"E3B0", "amends", "lower-case"),
        ("valid-until = \"2029-01-01T00:00:00Z\"", "valid-until = \"2026-01-01T00:00:00Z\"", "valid-until", "later"),
        ("valid-until = \"2029-01-01T00:00:00Z\"", "valid-until = \"2029-01-01T00:00:00\"", "valid-until", "offset"),
        ("review = \"2027-06-30\"", "review = \"2027-06-31\"", "review", "2027-01-31"),
        ("id = \"id-my-civil-data\"", "id = \"id my\"", "id", "letters"),
        ("member = \"MY/GOV/1001\"", "member = \"MY/GOV/1001/x\"", "party[1].member", "member"),
        ("instance = \"MY\"", "instance = \"ID\"", "party[1].instance", "`MY`"),
        ("[\"manpower\", \"higher", "[\"higher-education\", \"higher", "party[0].subsystems[1]", "before"),
        ("name = \"Budi Santoso\"", "name = \"Siti Rahma\"", "party[0].officer[1]", "before"),
        ("name = \"Budi Santoso\"", "name = \" Budi\"", "party[0].officer[1].name", "space"),
        ("broader = \"dpv:RequestedS", "broader = \"dpv:s", "purpose[0].broader", "dpv:ServiceProvision"),
        ("term = \"qualification-recognition\"", "term = \"dpv:Marketing\"", "purpose[0].term", "letters"),
        ("kind = \"provision\"", "kind = \"prohibition\"", "clause[0].kind", "`grant` or `provision`"),
        ("kind = \"provision\"", "kind = \"grant\"", "clause[0]", "has a table `grant`"),
        ("kind = \"grant\"", "kind = \"provision\"", "clause[1].grant", "no table"),
        ("id = \"2.2\"", "id = \"2.1\"", "clause[2]", "before"),
        ("consumers = [\"ID/GOV/3201/manpower\"]", "consumers = []", "clause[1].grant.consumers", "1 to 64"),
        ("consumers = [\"ID/GOV/3201/man", "consumers = [\"ID/GOV/3201/wo", "clause[1].grant.consumers[0]", "party"),
        ("consumers = [\"ID/GOV/3201/man", "consumers = [\"ID/GOV/9/man", "clause[1].grant.consumers[0]", "party"),
        (
            "consumers = [\"ID/GOV/3201/manpower\"]",
            "consumers = [\"MY/GOV/1001\"]",
            "clause[1].grant.consumers[0]",
            "own",
        ),
        ("provider = \"MY/GOV/1001/civil-registry\"", "provider = \"SG/GOV/1/a\"", "clause[1].grant.provider", "party"),
        ("service = \"persons\"", "service = \"\"", "clause[1].grant.service", "empty"),
        ("\"GET /persons/*\"", "\"GET persons\"", "clause[1].grant.endpoints[0]", "starts with"),
        ("\"GET /persons/*\"", "\"FETCH /persons/*\"", "clause[1].grant.endpoints[0]", "POST"),
        ("\"GET /persons/*\"", "\"get /persons/*\"", "clause[1].grant.endpoints[0]", "GET"),
        ("\"GET /persons/*\"", "\"/persons/*\"", "clause[1].grant.endpoints[0]", "GET /persons/*"),
        ("\"dpv:LegalC", "\"dpv:legalC", "clause[1].grant.purposes[1]", "dpv:LegalCompliance"),
        ("\"dpv:LegalC", "\"dpv:IdentityVerification\", \"dpv:LegalC", "clause[1].grant.purposes[1]", "before"),
        (
            "[\"qualification-recognition\"]",
            "[\"qualification\"]",
            "clause[2].grant.purposes[0]",
            "qualification-recognition",
        ),
        ("article = \"20 (2) c\"", "article = \"\"", "clause[1].grant.basis[0].article", "characters"),
        ("fields = [\"id\"", "fields = [\"\"", "clause[1].grant.fields[0]", ""),
        ("\"name.given\"", "\"name..given\"", "clause[1].grant.fields[1]", ""),
        ("\"name.given\"", "\"name.g*\"", "clause[1].grant.fields[1]", ""),
        ("\"name.given\"", "\"name/given\"", "clause[1].grant.fields[1]", ""),
        ("\"name.given\"", "\"id\"", "clause[1].grant.fields[1]", "before"),
        ("excess = \"remove\"", "excess = \"ignore\"", "clause[1].grant.excess", "`remove` or `refuse`"),
        ("retention-days = 30", "retention = 30", "clause[1].grant.retention", "retention-days"),
        ("residency = [\"ID\"]", "residency = [\"Id\"]", "clause[1].grant.residency[0]", "capital"),
        ("onward = [\"ID/GOV/3202\"]", "onward = [\"anyone\"]", "clause[1].grant.onward[0]", "member"),
        ("{ count = 100,", "{ count = 0,", "clause[1].grant.volume[0].count", "1 to"),
        ("seconds = 86400", "seconds = 0", "clause[1].grant.volume[1].seconds", "1 to"),
        ("seconds = 86400", "seconds = 60", "clause[1].grant.volume[1]", "before"),
        ("seconds = 86400", "hours = 24", "clause[1].grant.volume[1].hours", "seconds"),
        ("\"mon\"", "\"monday\"", "clause[1].grant.hours[0].days[0]", "mon"),
        ("from = \"08:00\"", "from = \"8:00\"", "clause[1].grant.hours[0].from", "00:00"),
        ("until = \"17:00\"", "until = \"24:01\"", "clause[1].grant.hours[0].until", "24:00"),
        ("until = \"17:00\"", "until = \"07:00\"", "clause[1].grant.hours[0].until", "midnight"),
        ("offset = \"+07:00\"", "offset = \"07:00\"", "clause[1].grant.hours[0].offset", "+07:00"),
        ("offset = \"+07:00\"", "offset = \"+14:01\"", "clause[1].grant.hours[0].offset", "+07:00"),
        ("approvals = 2", "approvals = 256", "clause[1].grant.conditions.approvals", ""),
        ("approvals = 2", "approvals = 2, mood = true", "clause[1].grant.conditions.mood", "approvals"),
        ("regime = \"delayed\"", "regime = \"none\"", "clause[1].grant.secrecy.regime", "`delayed` or `hidden`"),
        ("regime = \"delayed\"", "regime = \"hidden\"", "clause[1].grant.secrecy", "no `days`"),
        ("days = 90", "days = 0", "clause[1].grant.secrecy", "from 1"),
        ("valid-from = \"2026-02", "valid-from = \"2025-02", "clause[1].grant.valid-from", "before that"),
        ("valid-until = \"2028-12-31", "valid-until = \"2029-12-31", "clause[1].grant.valid-until", "after that"),
        ("en = \"Checks of identity.\"", "en = \" \"", "clause[1].text.en", "characters"),
    ];
    for (old, new, path, words) in table {
        let error = with(old, new).expect_err(new);
        assert_eq!(error.path, path, "{new}: {error}");
        assert!(error.reason.contains(words), "{new}: {error}");
        // A missing table belongs to the line of what lacks it.
        let changed = SAMPLE.lines().position(|line| line.contains(old)).unwrap() + 1 + new.matches('\n').count();
        let near = ["clause[0]", "clause[1].grant", "clause[2]", "clause[1].grant.secrecy"].contains(&path);
        assert!(near || error.line.is_some_and(|line| line.abs_diff(changed) <= 2), "{new}: {error}, line {changed}");
        assert!(error.to_string().starts_with(&format!("line {}, {path}: ", error.line.unwrap())), "{error}");
    }
}

#[test]
fn an_error_of_syntax_has_its_line() {
    let error = Agreement::from_toml("id = \"a\"\nversion = = 1\n").unwrap_err();
    assert_eq!(error.line, Some(2));
    let error = Agreement::from_json(b"{\n\"id\": }").unwrap_err();
    assert_eq!(error.line, Some(2));
    let error = Agreement::from_toml("id = \"a\"").unwrap_err();
    assert!(error.reason.contains("missing field"), "{error}");
}

/// One more than each bound is refused; the bound itself is accepted.
#[test]
fn every_list_ends_at_its_bound() {
    let repeated =
        |count: usize, one: &dyn Fn(usize) -> String| -> String { (0..count).map(one).collect::<Vec<_>>().join(", ") };
    let quoted = |prefix: &'static str| move |i: usize| format!("\"{prefix}{i}\"");
    type Make = Box<dyn Fn(usize) -> Result<Agreement, DocumentError>>;
    let mut table: Vec<(&str, usize, Make)> = Vec::new();
    let mut case = |name, bound, make: Make| {
        table.push((name, bound, make));
    };
    case(
        "fields",
        limits::FIELD_PATHS,
        Box::new(move |n| {
            with(
                "fields = [\"id\", \"name.given\", \"addresses.*.city\"]",
                &format!("fields = [{}]", repeated(n, &quoted("f"))),
            )
        }),
    );
    case(
        "categories",
        limits::CLAUSE_LIST,
        Box::new(move |n| {
            with("categories = [\"identity\"]", &format!("categories = [{}]", repeated(n, &quoted("c"))))
        }),
    );
    case(
        "endpoints",
        limits::CLAUSE_LIST,
        Box::new(move |n| {
            with("endpoints = [\"GET /persons/*\"]", &format!("endpoints = [{}]", repeated(n, &quoted("GET /p/"))))
        }),
    );
    case(
        "onward",
        limits::CLAUSE_LIST,
        Box::new(move |n| {
            with("onward = [\"ID/GOV/3202\"]", &format!("onward = [{}]", repeated(n, &quoted("ID/GOV/4"))))
        }),
    );
    case(
        "subsystems",
        limits::AGREEMENT_SUBSYSTEMS,
        Box::new(move |n| {
            let more = repeated(n - 2, &quoted("s"));
            with("\"manpower\", \"higher-education\"]", &format!("\"manpower\", \"higher-education\", {more}]"))
        }),
    );
    case(
        "officers",
        limits::AGREEMENT_OFFICERS,
        Box::new(move |n| {
            let more = repeated(n - 2, &|i| format!("{{ name = \"N{i}\", role = \"R\" }}"));
            with("role = \"Registrar\" },", &format!("role = \"Registrar\" }}, {more},"))
        }),
    );
    case(
        "volumes",
        limits::CLAUSE_VOLUMES,
        Box::new(move |n| {
            let more = repeated(n - 1, &|i| format!("{{ count = 1, seconds = {} }}", i + 1));
            with("{ count = 1000, seconds = 86400 }", &more)
        }),
    );
    case(
        "clauses",
        limits::AGREEMENT_CLAUSES,
        Box::new(move |n| {
            let one = |i: usize| {
                format!("[[clause]]\nid = \"p{i}\"\nkind = \"provision\"\ntext = {{ id = \"a\", en = \"b\" }}\n")
            };
            Agreement::from_toml(&format!("{SAMPLE}\n{}", (3..n).map(one).collect::<String>()))
        }),
    );
    case(
        "parties",
        limits::AGREEMENT_PARTIES,
        Box::new(move |n| {
            let officers = "officer = [{ name = \"A\", role = \"R\" }, { name = \"B\", role = \"R\" }]";
            let one = |i: usize| {
                format!("[[party]]\ninstance = \"SG\"\nmember = \"SG/GOV/{i}\"\nsubsystems = []\n{officers}\n")
            };
            Agreement::from_toml(&format!("{SAMPLE}\n{}", (2..n).map(one).collect::<String>()))
        }),
    );
    case(
        "purposes",
        limits::AGREEMENT_PURPOSES,
        Box::new(move |n| {
            let one = |i: usize| {
                format!(
                    "[[purpose]]\nterm = \"p{i}\"\nbroader = \"dpv:PublicBenefit\"\ntitle = {{ id = \"a\", en = \"b\" }}\n"
                )
            };
            Agreement::from_toml(&format!("{SAMPLE}\n{}", (1..n).map(one).collect::<String>()))
        }),
    );
    case(
        "a text",
        limits::AGREEMENT_TEXT_CHARS,
        Box::new(|n| with("en = \"Terms.\"", &format!("en = \"{}\"", "é".repeat(n)))),
    );
    case("a name", limits::AGREEMENT_NAME_CHARS, Box::new(|n| with("Tan Wei Ming", &"é".repeat(n))));
    case("a field path", limits::FIELD_PATH, Box::new(|n| with("\"name.given\"", &format!("\"{}\"", "x".repeat(n)))));
    for (name, bound, make) in table {
        assert!(make(bound).is_ok(), "{name}: {:?}", make(bound));
        assert!(make(bound + 1).is_err(), "{name} at bound + 1");
    }
    let padded = |octets: usize| format!("{SAMPLE}#{}", "x".repeat(octets - SAMPLE.len() - 1));
    assert!(Agreement::from_toml(&padded(limits::AGREEMENT_DOCUMENT)).is_ok());
    assert!(Agreement::from_toml(&padded(limits::AGREEMENT_DOCUMENT + 1)).is_err());
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema/agreement.schema.json");
    let published = std::fs::read_to_string(path).unwrap_or_default();
    if published != schema::published() && std::env::var_os("SIMPUL_WRITE_SCHEMA").is_some() {
        std::fs::write(path, schema::published()).unwrap();
        return;
    }
    assert_eq!(published, schema::published(), "run this test with SIMPUL_WRITE_SCHEMA=1");
}

/// The sample has every member of every kind, so the names that the type writes are those that the schema knows.
#[test]
fn schema_and_type_know_the_same_members() {
    let schema = schema::document();
    let value: Value = serde_json::from_slice(&sample().canonical_json()).unwrap();
    let mut used = std::collections::BTreeMap::<String, BTreeSet<String>>::new();
    collect("", &schema, &value, &schema, &mut used);
    let names = |schema: &Value| schema["properties"].as_object().map(|p| p.keys().cloned().collect::<BTreeSet<_>>());
    assert_eq!(used[""], names(&schema).unwrap());
    for (definition, schema) in schema["$defs"].as_object().unwrap() {
        if let Some(names) = names(schema) {
            assert_eq!(used.get(definition), Some(&names), "{definition}");
        }
    }
}

fn collect(
    name: &str,
    schema: &Value,
    value: &Value,
    root: &Value,
    used: &mut std::collections::BTreeMap<String, BTreeSet<String>>,
) {
    if let Some(target) = schema["$ref"].as_str() {
        let definition = target.rsplit('/').next().unwrap();
        return collect(definition, &root["$defs"][definition], value, root, used);
    }
    match value {
        Value::Object(members) => {
            for (member, inner) in members {
                used.entry(name.to_owned()).or_default().insert(member.clone());
                collect(name, &schema["properties"][member], inner, root, used);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(name, &schema["items"], item, root, used)),
        _ => assert!(!schema.is_null(), "{name}: {value}"),
    }
}

fn document() -> impl Strategy<Value = Value> {
    let words = "[ -~é€\\u{1F600}\"\\\\]{0,20}x";
    let purposes = proptest::sample::subsequence(purpose::TERMS, 1..5);
    let optional = proptest::option::of(0u32..1000);
    (words, words, 1u32..5, purposes, optional, any::<[bool; 4]>(), 0u8..5, 1u64..=limits::AGREEMENT_NUMBER).prop_map(
        |(a, b, version, purposes, delayed, flags, approvals, count)| {
            let mut value: Value = serde_json::from_slice(&sample().canonical_json()).unwrap();
            value["title"]["id"] = a.into();
            value["clause"][1]["text"]["en"] = b.into();
            value["version"] = version.into();
            if version == 1 {
                value.as_object_mut().unwrap().remove("amends");
            }
            let grant = &mut value["clause"][1]["grant"];
            grant["purposes"] = purposes.iter().map(|term| Value::from(format!("dpv:{term}"))).collect();
            grant["conditions"]["consent"] = flags[0].into();
            grant["conditions"]["case"] = flags[1].into();
            grant["conditions"]["approvals"] = approvals.into();
            grant["volume"][0]["count"] = count.into();
            let members = grant.as_object_mut().unwrap();
            match delayed {
                Some(days) => members["secrecy"]["days"] = (days + 1).into(),
                None => drop(members.remove("secrecy")),
            }
            for (name, keep) in ["hours", "onward"].into_iter().zip(&flags[2..]) {
                if !keep {
                    members.remove(name);
                }
            }
            value
        },
    )
}

proptest! {
    /// TOML and JSON of a document are one value with one digest.
    #[test]
    fn toml_and_json_agree(value in document()) {
        let written = toml::to_string(&value).unwrap();
        let agreement = Agreement::from_toml(&written).unwrap();
        let back = Agreement::from_json(&agreement.canonical_json()).unwrap();
        prop_assert_eq!(&back, &agreement);
        prop_assert_eq!(back.digest(), agreement.digest());
        prop_assert_eq!(serde_json::from_slice::<Value>(&agreement.canonical_json()).unwrap(), value);
    }

    /// No octets make the reader panic.
    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        prop_assert!(Agreement::from_toml(&text).is_err());
        prop_assert!(Agreement::from_json(text.as_bytes()).is_err());
    }
}
