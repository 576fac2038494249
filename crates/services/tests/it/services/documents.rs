//! Service documents: what is read, what is refused, and with which words.

use proptest::prelude::*;
use simpul_policy::agreement::Agreement;
use simpul_policy::agreement::terms::{ClauseKind, Language};
use simpul_services::catalogue::{Catalogue, CatalogueError, Category, Evidence, Service};

use super::ground::{DIPLOMA, RESIDENCE, TAX, WHOLE, service, with};

#[test]
fn the_samples_are_read() {
    for (text, id, questions, stages) in [
        (DIPLOMA, "diploma-recognition", 7, 2),
        (RESIDENCE, "residence-change", 11, 1),
        (TAX, "tax-return", 7, 1),
        (WHOLE, "whole", 13, 2),
    ] {
        let service = service(text);
        assert_eq!(service.id.as_str(), id);
        assert_eq!((service.questions.len(), service.stages.len()), (questions, stages), "{id}");
    }
}

/// The demonstration's agreement allows what the diploma's document asks for: service, purpose, basis and every field.
#[test]
fn the_agreement_of_the_demonstration_covers_the_diploma() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../simpul/src/demo/agreement.toml");
    let agreement = Agreement::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    let service = service(DIPLOMA);
    let evidence: &Evidence = &service.evidence[0];
    assert_eq!(evidence.agreement.as_ref(), Some(agreement.id()));
    let covering = agreement.clauses().iter().find_map(|clause| match &clause.kind {
        ClauseKind::Grant(grant)
            if grant.provider == evidence.service.provider && grant.service == evidence.service.code =>
        {
            Some(grant)
        }
        _ => None,
    });
    let clause = covering.expect("a clause grants the service");
    assert!(clause.purposes.contains(&evidence.purpose));
    assert!(clause.basis.iter().any(|basis| basis.id.as_str() == evidence.basis));
    let allowed = format!("{:?}", clause.fields);
    for path in evidence.agreed_paths() {
        assert!(allowed.contains(path.rsplit('.').next().unwrap()), "{path} in {allowed}");
    }
}

/// Each line: what is put in the place of what, the path that the error names, and a word that says what is allowed.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("id = \"whole\"", "id = \"Whole\"", "id", "lower-case"),
    ("version = 3", "version = 0", "version", "count from 1"),
    ("version = 3", "version = -1", "version", ""),
    ("version = 3", "version = 3\ncolour = 1", "colour", "unknown field"),
    ("category = \"work\"", "category = \"fun\"", "category", "`education`"),
    ("title = { id = \"Semua\", ", "title = { ", "title", "`id`"),
    ("en = \"Everything\"", "fr = \"Tout\"", "title.fr", "unknown field"),
    ("en = \"Everything\"", "en = \"  \"", "title.en", "plain text"),
    ("en = \"Everything\"", "en = \"a\\u0007b\"", "title.en", "plain text"),
    ("[\"citizen\", \"on-behalf\"]", "[\"on-behalf\"]", "applicants", "`citizen`"),
    ("[\"citizen\", \"on-behalf\"]", "[\"citizen\", \"firm\"]", "applicants[1]", "`on-behalf`"),
    ("[\"citizen\", \"on-behalf\"]", "[\"citizen\", \"citizen\"]", "applicants[1]", "before"),
    ("draft-days = 10", "draft-days = 0", "draft-days", "1 to 3650"),
    ("offset = \"+07:00\"", "offset = \"07:00\"", "offset", "+07:00"),
    ("offset = \"+07:00\"", "offset = \"Asia/Jakarta\"", "offset", "+07:00"),
    ("\"2026-12-25\"", "\"2026-12-32\"", "holidays[0]", "2027-01-31"),
    ("\"2026-12-25\"", "\"2027-01-01\"", "holidays[1]", "before"),
    ("kind = \"per-answer\"", "kind = \"dear\"", "fee.kind", "`computed`"),
    ("kind = \"per-answer\"", "kind = \"free\"", "fee.currency", "no currency"),
    ("kind = \"per-answer\"", "kind = \"fixed\"", "fee", "has a `amount`"),
    ("kind = \"per-answer\"", "kind = \"computed\"", "fee.question", "no `question`"),
    ("currency = \"IDR\"", "currency = \"MYR\"", "fee.currency", "`IDR`"),
    ("question = \"speed\"", "question = \"speeed\"", "fee.question", "no question"),
    ("question = \"speed\"", "question = \"count\"", "fee.question", "`choice`"),
    ("{ answer = \"slow\", amount = 0 }, ", "", "fee.amounts", "`slow`"),
    ("answer = \"slow\", amount = 0", "answer = \"slower\", amount = 0", "fee.amounts[0].answer", "slow, fast"),
    ("amount = 50000", "amount = -1", "fee.amounts[1].amount", "0 to"),
    ("kind = \"choice\"", "kind = \"option\"", "question[0].kind", "`choices`"),
    ("id = \"code\"\nkind", "id = \"speed\"\nkind", "question[1]", "before"),
    ("id = \"code\"\nkind", "id = \"co de\"\nkind", "question[1].id", "lower-case"),
    ("id = \"fast\", label", "id = \"slow\", label", "question[0].options[1]", "before"),
    ("pattern = \"digits\"", "pattern = \"[0-9]+\"", "question[1].pattern", "`postal-code`"),
    ("least = 2, most = 8", "least = 9, most = 8", "question[1].length", "in this order"),
    ("least = 2, most = 8", "least = 0, most = 8", "question[1].length", "from 1"),
    ("least = 2, most = 8", "least = 2, most = 256", "question[1].length", "255"),
    ("least = 2, most = 8", "least = 2, mots = 8", "question[1].length.mots", "unknown field"),
    ("equals = \"fast\" }", "equals = \"faster\" }", "question[1].show-when[0].equals", "slow, fast"),
    ("equals = \"fast\" }", "contains = \"fast\" }", "question[1].show-when[0].contains", "`choices`"),
    ("equals = \"fast\" }", "equals = \"fast\", contains = \"a\" }", "question[1].show-when[0]", "exactly one"),
    (
        "{ question = \"speed\", equals = \"fast\" }",
        "{ question = \"speed\" }",
        "question[1].show-when[0]",
        "exactly one",
    ),
    (
        "{ question = \"speed\", equals",
        "{ question = \"pace\", equals",
        "question[1].show-when[0].question",
        "no question",
    ),
    (
        "{ question = \"speed\", equals = \"fast\"",
        "{ question = \"agrees\", equals = \"yes\"",
        "question[1].show-when[0].question",
        "later",
    ),
    (
        "{ question = \"speed\", equals = \"fast\"",
        "{ question = \"count\", equals = \"1\"",
        "question[1].show-when[0].equals",
        "`yes-no`",
    ),
    ("contains = \"other\" }", "equals = \"other\" }", "question[9].show-when[0].equals", "`choice`"),
    ("contains = \"other\" }", "contains = \"c\" }", "question[9].show-when[0].contains", "a, b, other"),
    ("kind = \"long-text\"", "kind = \"yes-no\"", "question[2].length", "no `length`"),
    ("range = { least = -5", "length = { least = 1", "question[3].length", "no `length`"),
    ("least = 1000, most", "least = -1, most", "question[4].range", "from 0"),
    ("earliest = { years = -100 }", "earliest = { years = -50001 }", "question[5].earliest", "50000"),
    ("earliest = { years = -100 }", "earliest = { weeks = -1 }", "question[5].earliest.weeks", "unknown field"),
    ("earliest = { days = 1 }", "options = []", "question[6].options", "no `options`"),
    ("required = false\nlength", "length", "question[2]", "`required`"),
    ("service = \"MY/GOV/1001/civil-registry/persons\"", "service = \"MY\"", "evidence[0].service", ""),
    ("\"GET /persons/{person}\"", "\"POST /persons/{person}\"", "evidence[0].request", "`GET`"),
    ("\"GET /persons/{person}\"", "\"GET /persons\"", "evidence[0].request", "{person}"),
    ("\"GET /persons/{person}\"", "\"GET /{person}/{person}\"", "evidence[0].request", "one"),
    ("\"GET /persons/{person}\"", "\"GET /persons/x{person}\"", "evidence[0].request", "segment"),
    ("\"GET /persons/{person}\"", "\"GET /../{person}\"", "evidence[0].request", "segment"),
    ("\"GET /persons/{person}\"", "\"GET /persons/{person}?all=1\"", "evidence[0].request", "segment"),
    ("agreement = \"id-my-lab\"", "agreement = \"id my\"", "evidence[0].agreement", "letters"),
    (
        "purpose = \"dpv:IdentityVerification\"",
        "purpose = \"dpv:Marketing\"",
        "evidence[0].purpose",
        "dpv:Verification",
    ),
    ("basis = \"lab-1\"", "basis = \"\"", "evidence[0].basis", "characters"),
    ("records = \"persons\"", "records = \"persons.*\"", "evidence[0].records", "members"),
    ("fresh-days = 5", "fresh-days = 0", "evidence[0].fresh-days", "1 to"),
    ("path = \"birth.date\"", "path = \"birth..date\"", "evidence[0].fields[1].path", "members"),
    ("path = \"birth.date\"", "path = \"*.date\"", "evidence[0].fields[1].path", "members"),
    ("fills = \"born\"", "fills = \"birth\"", "evidence[0].fields[1].fills", "no question"),
    ("fills = \"born\"", "fills = \"home\"", "evidence[0].fields[1].fills", "no address"),
    (", fills = \"born\"", "", "evidence[0].enter-yourself", "no field fills"),
    ("{ id = \"born\", path", "{ id = \"identifier\", path", "evidence[0].fields[1]", "before"),
    ("op = \"percent\"", "op = \"power\"", "step[0].op", "`brackets`"),
    ("of = [\"answer:sum\"]\nrate", "of = [\"sum\"]\nrate", "step[0].of[0]", "`answer:QUESTION`"),
    ("of = [\"answer:sum\"]\nrate", "of = [\"answer:summ\"]\nrate", "step[0].of[0]", "leads nowhere"),
    ("of = [\"answer:sum\"]\nrate", "of = [\"step:rest\"]\nrate", "step[0].of[0]", "earlier step"),
    ("of = [\"answer:sum\"]\nrate", "of = [\"applicant:name\"]\nrate", "step[0].of[0]", "no number"),
    ("of = [\"answer:sum\"]\nrate", "of = [\"1\", \"2\"]\nrate", "step[0].of", "1 to 1"),
    ("rate = 5000", "rate = 10001", "step[0].rate", "10000"),
    ("rate = 5000", "to = 5000", "step[0]", "has a `rate`"),
    ("rate = 5000", "rate = 1\nto = 5000", "step[0].to", "no `to`"),
    ("to = 100", "to = 0", "step[2].to", "1 to"),
    (
        "{ up-to = 1000, rate = 100 }, { rate = 200 }",
        "{ up-to = 1000, rate = 100 }",
        "step[3].brackets",
        "last bracket",
    ),
    ("{ up-to = 1000, rate = 100 }", "{ rate = 100 }", "step[3].brackets[0]", "last bracket"),
    (
        "{ up-to = 1000, rate = 100 }",
        "{ up-to = 9, rate = 1 }, { up-to = 9, rate = 1 }",
        "step[3].brackets[1].up-to",
        "above",
    ),
    ("id = \"by-speed\"", "id = \"half\"", "step[4]", "before"),
    ("id = \"rest\"", "id = \"half\"", "step[2].of[0]", "leads nowhere"),
    ("check = \"same\"", "check = \"like\"", "rule[0].check", "`one-of`"),
    ("with = \"applicant:identifier\"", "with = \"applicant:age\"", "rule[0].with", "`applicant:name`"),
    ("with = \"applicant:identifier\"\n", "", "rule[0]", "has a `with`"),
    ("of = \"field:person.identifier\"", "of = \"field:person.name\"", "rule[0].of", "leads nowhere"),
    ("bound = 1\n", "values = [\"1\"]\n", "rule[1]", "has a `bound`"),
    ("values = [\"slow\", \"fast\"]", "values = [\"slow\", \"slow\"]", "rule[2].values[1]", "before"),
    ("values = [\"slow\", \"fast\"]", "values = []", "rule[2].values", "1 to"),
    ("count = \"working\"", "count = \"business\"", "stage[0].within.count", "`calendar`"),
    ("days = 2, count", "days = 0, count", "stage[0].within.days", "1 to"),
    ("office = \"reading\"", "office = \"Reading Office\"", "stage[0].office", "lower-case"),
    ("id = \"second\"", "id = \"first\"", "stage[1]", "before"),
    ("persons = 2", "persons = 3", "decision.persons", "1 or 2"),
    ("automatic = false", "automatic = true", "decision.automatic", "two persons"),
    ("outcome = \"grant\"", "outcome = \"maybe\"", "decision.ground[0].outcome", "`refuse`"),
    ("outcome = \"grant\"", "outcome = \"refuse\"", "decision.ground[0].reason", "always has a reason"),
    ("reason = \"optional\"", "reason = \"never\"", "decision.ground[0].reason", "`optional`"),
    ("law = \"Act 4\"", "law = \" Act 4\"", "decision.ground[0].law", "without space"),
    ("for = \"receipt\"", "for = \"thanks\"", "letter[0].for", "`grant`"),
    ("for = \"receipt\"", "for = \"grant\"", "letter[0].paragraphs", "{law}"),
    (
        "id = \"{reference} {service}",
        "id = \"{reference} {name} {service}",
        "letter[0].paragraphs[0].id",
        "{applicant}",
    ),
    ("id = \"{reference} {service}", "id = \"{reference} } {service}", "letter[0].paragraphs[0].id", "no place"),
    (
        "id = \"{reference} {service}",
        "id = \"{reference} {reason} {service}",
        "letter[0].paragraphs[0].id",
        "before there is a decision",
    ),
    ("id = \"{answer:speed} {answer:topics}", "id = \"{answer:speed}", "letter[1].paragraphs[1]", "both languages"),
    ("id = \"{answer:speed}", "id = \"{answer:pace}", "letter[1].paragraphs[1].id", "no `pace`"),
    (
        "{field:person.born} {step:half}\", en",
        "{field:person.age} {step:half}\", en",
        "letter[1].paragraphs[1].id",
        "no `age`",
    ),
    (
        "{ id = \"{reference} {law} {reason} {appeal}\", en = \"{reference} {law} {reason} {appeal}\" }",
        "{ id = \"{reference} {law} {appeal}\", en = \"{reference} {law} {appeal}\" }",
        "letter[2].paragraphs",
        "{reason}",
    ),
    ("id = \"refuse\"\nfor", "id = \"grant\"\nfor", "letter[2]", "before"),
];

#[test]
fn what_is_unknown_or_does_not_fit_is_refused_with_its_place() {
    for (old, new, path, word) in WRONG {
        let error = with(WHOLE, old, new).expect_err(new);
        assert_eq!(error.path, *path, "{new}: {error}");
        assert!(error.reason.contains(word), "{new}: {error}");
        let line = error.line.unwrap_or_else(|| panic!("{new}: no line: {error}"));
        assert!(line >= 1 && error.to_string().starts_with(&format!("line {line}, ")), "{error}");
    }
    assert!(WRONG.len() > 100);
}

#[test]
fn the_line_is_that_of_the_place() {
    let error = with(WHOLE, "pattern = \"digits\"", "pattern = \"x\"").unwrap_err();
    let line = WHOLE.lines().position(|line| line.starts_with("pattern = ")).unwrap() + 1;
    assert_eq!(error.line, Some(line));
}

#[test]
fn a_question_that_depends_on_itself_names_the_way() {
    let question = |id: &str, on: &str| {
        format!(
            "[[question]]\nid = \"{id}\"\nkind = \"yes-no\"\nlabel = {{ id = \"x\", en = \"x\" }}\nrequired = true\n\
             show-when = [{{ question = \"{on}\", equals = \"yes\" }}]\n\n"
        )
    };
    for (cycle, way) in [(vec![("p", "p")], "p → p"), (vec![("p", "q"), ("q", "r"), ("r", "p")], "p → q → r → p")]
    {
        let more: String = cycle.iter().map(|(id, on)| question(id, on)).collect();
        let error = with(WHOLE, "[[evidence]]", &format!("{more}[[evidence]]")).unwrap_err();
        assert!(error.reason.contains(way), "{error}");
        assert_eq!(error.path, "question[13].show-when");
    }
}

#[test]
fn a_catalogue_has_each_version_once_and_begins_the_newest() {
    let newer = with(DIPLOMA, "version = 1", "version = 2").unwrap();
    let all = [service(DIPLOMA), newer, service(TAX), service(RESIDENCE)];
    let catalogue = Catalogue::new(all.clone()).unwrap();
    let id = "diploma-recognition".parse().unwrap();
    assert_eq!(catalogue.current(&id).unwrap().version, 2);
    assert_eq!(catalogue.version(&id, 1).unwrap().version, 1);
    assert!(catalogue.version(&id, 3).is_none());
    assert_eq!(catalogue.all().count(), 3);
    assert_eq!(catalogue.of_category(Category::Tax).count(), 1);
    let twice = Catalogue::new([service(TAX), service(TAX)]).unwrap_err();
    assert_eq!(twice, CatalogueError::Twice("tax-return".parse().unwrap(), 1));
}

#[test]
fn services_are_found_by_words() {
    let catalogue = Catalogue::new([service(DIPLOMA), service(TAX), service(RESIDENCE)]).unwrap();
    let find = |query: &str, language| {
        catalogue.find(query, language).iter().map(|service| service.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(find("IJAZAH", Language::Indonesian), ["diploma-recognition"]);
    assert_eq!(find("address", Language::English), ["residence-change"]);
    assert_eq!(find("alamat lama", Language::Indonesian), ["residence-change"]);
    assert_eq!(find("alamat ijazah", Language::Indonesian), [""; 0]);
    assert_eq!(find("   ", Language::Indonesian), [""; 0]);
}

proptest! {
    /// No text makes the reader panic, and a damaged document is never half read.
    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}", cut in 0..WHOLE.len(), put in "[ -~]{0,5}") {
        prop_assert!(Service::from_toml(&text).is_err());
        let (a, b) = WHOLE.split_at(WHOLE.floor_char_boundary(cut));
        if let Err(error) = Service::from_toml(&format!("{a}{put}{b}")) {
            prop_assert!(!error.reason.is_empty());
        }
    }
}
