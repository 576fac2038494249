//! What the engine refuses to load, and how it fails.

use super::judge::minute_of_week;
use super::*;
use crate::agreement::life::Actor;
use crate::agreement::usage::Counters;
use simpul_core::ServiceId;

struct Ask(ClientId, ServiceId);

impl Demand for Ask {
    fn client(&self) -> &ClientId {
        &self.0
    }
    fn service(&self) -> &ServiceId {
        &self.1
    }
    fn method(&self) -> &str {
        "GET"
    }
    fn path(&self) -> &str {
        "/x"
    }
}

/// One clause without conditions, for a subsystem with this code.
fn life(id: &str, subsystem: &str, clauses: usize) -> Life {
    let text = r#"text = { id = "a", en = "b" }"#;
    let officers = r#"officer = [{ name = "A", role = "r" }, { name = "B", role = "r" }]"#;
    let clause = |i: usize| {
        format!(
            "[[clause]]\nid = \"c{i}\"\nkind = \"grant\"\n{text}\n[clause.grant]\nconsumers = ['ID/GOV/1/{subsystem}']
            provider = \"MY/GOV/2/x\"\nservice = \"s\"\nendpoints = [\"* **\"]\npurposes = [\"dpv:PublicBenefit\"]
            basis = [{{ id = \"b\", law = \"l\", article = \"1\" }}]\ncategories = [\"c\"]\nfields = [\"**\"]
            excess = \"remove\"\nretention-days = 1\nresidency = [\"ID\"]\n"
        )
    };
    let clauses: String = (0..clauses).map(clause).collect();
    let document = format!(
        "id = \"{id}\"\nversion = 1\nbinding-language = \"id\"\nvalid-from = \"2026-01-01T00:00:00Z\"
        valid-until = \"2027-01-01T00:00:00Z\"\nreview = \"2026-06-01\"\ntitle = {{ id = \"a\", en = \"b\" }}
        [[party]]\ninstance = \"ID\"\nmember = \"ID/GOV/1\"\nsubsystems = ['{subsystem}', \"other\"]\n{officers}
        [[party]]\ninstance = \"MY\"\nmember = \"MY/GOV/2\"\nsubsystems = [\"x\"]\n{officers}\n{clauses}"
    );
    let agreement = Agreement::from_toml(&document).unwrap();
    let actor = |member: &str, officer: &str| Actor { member: member.parse().unwrap(), officer: officer.to_owned() };
    let parties = ["ID/GOV/1", "MY/GOV/2"];
    let mut life = Life::draft(agreement).unwrap().offer(&actor(parties[0], "A")).unwrap();
    for member in parties {
        life = life.approve(&actor(member, "A")).unwrap().approve(&actor(member, "B")).unwrap();
    }
    for member in parties {
        life = life.sign(&actor(member, "A")).unwrap();
    }
    life.enter(now()).unwrap()
}

fn now() -> UnixTime {
    "2026-03-02T03:00:00Z".parse().unwrap()
}

fn decide(agreements: &Agreements, subsystem: &str) -> Result<AgreementGrant, Refusal> {
    let client = ClientId::from_parts(&["ID", "GOV", "1", subsystem]).unwrap();
    let ask = Ask(client, "MY/GOV/2/x/s".parse().unwrap());
    let context = Context { purpose: Some("dpv:PublicBenefit"), basis: Some("b"), ..Context::default() };
    agreements.decide(&ask, &context, &Counters::default(), now())
}

/// Cedar leaves out a policy that fails to evaluate. A condition that is left out must not become consent.
#[test]
fn a_policy_that_fails_refuses() {
    let mut agreements = Agreements::new().unwrap();
    agreements.put(&life("a", "m", 1)).unwrap();
    assert!(decide(&agreements, "m").is_ok());
    let allow = "permit(principal, action, resource);";
    let fails = "permit(principal, action, resource);
        forbid(principal, action, resource) when { context.absent };";
    let denies = "forbid(principal, action, resource);";
    agreements.loaded.clear();
    // Both fail; one fails, or denies, and the other would allow: none of them is believed.
    for (whole, each) in [(fails, fails), (fails, allow), (denies, allow), (denies, fails)] {
        for rules in agreements.index.values_mut() {
            let rule = Arc::get_mut(&mut rules[0]).unwrap();
            rule.policies = Policies { whole: whole.parse().unwrap(), each: each.parse().unwrap() };
        }
        assert_eq!(decide(&agreements, "m").unwrap_err().reason, Reason::Engine, "{whole} {each}");
    }
}

/// Were the text of a document read as policy text, these subsystems would be policies.
#[test]
fn names_are_never_policy_text() {
    for code in [r#"m"] || true || ["#, r#"x"); permit(principal, action, resource); "#, r"\", "\"", "\u{202e}m", "é"]
    {
        let mut agreements = Agreements::new().unwrap();
        agreements.put(&life("a", code, 1)).unwrap();
        assert!(decide(&agreements, code).is_ok(), "{code}");
        assert_eq!(decide(&agreements, "other").unwrap_err().reason, Reason::NoAgreement, "{code}");
    }
}

#[test]
fn what_is_loaded_is_bounded() {
    let mut agreements = Agreements::bounded(2).unwrap();
    agreements.put(&life("a", "m", 1)).unwrap();
    agreements.put(&life("b", "m", 1)).unwrap();
    assert!(matches!(agreements.put(&life("c", "m", 1)), Err(LoadError::Full(2))));
    agreements.put(&life("b", "m", 1)).unwrap();
    let most = limits::AGREEMENT_CANDIDATES;
    let mut agreements = Agreements::new().unwrap();
    agreements.put(&life("a", "m", most - 1)).unwrap();
    agreements.put(&life("b", "m", 1)).unwrap();
    assert!(matches!(agreements.put(&life("c", "m", 1)), Err(LoadError::Crowded(_))));
    assert!(decide(&agreements, "m").is_ok(), "those in force stay");
}

/// 1970-01-01 was a Thursday.
#[test]
fn the_week_begins_on_monday() {
    for (text, minute) in [
        ("1970-01-01T00:00:00Z", 3 * 1440),
        ("1969-12-31T23:59:59Z", 3 * 1440 - 1),
        ("2026-03-02T00:00:00Z", 0),
        ("2026-03-01T23:59:59.999Z", 7 * 1440 - 1),
    ] {
        assert_eq!(minute_of_week(text.parse().unwrap()), minute, "{text}");
    }
}
