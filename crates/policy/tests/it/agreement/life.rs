//! Steps of a life: who may take which, and from where.

use simpul_core::UnixTime;
use simpul_policy::agreement::life::{Actor, Life, LifeError, Scope};
use simpul_policy::agreement::{Agreement, Agreements, LoadError, diff};

use super::engine::{enter, in_force, officer};
use super::{SAMPLE, first_version};

fn agreement() -> Agreement {
    Agreement::from_toml(&first_version(SAMPLE)).unwrap()
}

fn amendment(of: &Agreement) -> Agreement {
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let amends = format!("amends = \"{digest}\"\nbinding");
    let text = SAMPLE.replacen(&amends, &format!("amends = \"{}\"\nbinding", of.digest()), 1);
    Agreement::from_toml(&text.replacen("retention-days = 30", "retention-days = 20", 1)).unwrap()
}

fn stranger() -> Actor {
    Actor { member: agreement().parties()[0].member.clone(), officer: "Mallory".to_owned() }
}

#[test]
fn two_officers_of_each_party_approve_before_anyone_signs() {
    let document = agreement();
    let [a0, a1, b0, b1] = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(p, o)| officer(&document, p, o));
    let offered = Life::draft(document.clone()).unwrap().offer(&a0).unwrap();
    assert!(matches!(offered.clone().sign(&a0), Err(LifeError::Approvals { approved: 0, .. })));
    let life = offered.approve(&a0).unwrap();
    assert_eq!(life.clone().approve(&a0), Err(LifeError::Again), "one officer is not two");
    let life = life.approve(&a1).unwrap().approve(&b0).unwrap();
    assert!(matches!(life.clone().sign(&a0), Err(LifeError::Approvals { approved: 1, .. })));
    let life = life.approve(&b1).unwrap().sign(&a0).unwrap();
    assert_eq!(life.clone().sign(&a1), Err(LifeError::Again), "a party signs once");
    assert_eq!(life.clone().enter(document.valid_from()), Err(LifeError::Unsigned(b0.member.clone())));
    let signed = life.sign(&b1).unwrap();
    let before = UnixTime::from_millis(document.valid_from().millis() - 1);
    assert!(matches!(signed.clone().enter(before), Err(LifeError::Validity(_))));
    assert!(matches!(signed.clone().enter(document.valid_until()), Err(LifeError::Validity(_))));
    assert_eq!(signed.enter(document.valid_from()).unwrap().name(), "in-force");
}

#[test]
fn an_answer_voids_approvals_and_shows_its_changes() {
    let document = agreement();
    let other = Agreement::from_toml(&first_version(SAMPLE).replacen("retention-days = 30", "retention-days = 7", 1));
    let other = other.unwrap();
    let (a, b) = (officer(&document, 0, 0), officer(&document, 1, 0));
    let offered = Life::draft(document.clone()).unwrap().offer(&a).unwrap().approve(&a).unwrap();
    assert_eq!(offered.clone().answer(&a, other.clone()), Err(LifeError::OwnRedline(a.member.clone())));
    assert!(matches!(offered.clone().answer(&b, amendment(&document)), Err(LifeError::Other { .. })));
    let answered = offered.answer(&b, other).unwrap();
    let Life::Redline(redline) = &answered else { panic!("{}", answered.name()) };
    assert!(redline.approvals().is_empty());
    let changes = answered.redline().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].to_string(), "clause 2.1: grant.retention-days: 30 -> 7");
}

/// Every step from every place: the ones that are not listed are refused with their names.
#[test]
fn no_other_step_exists() {
    let document = agreement();
    let a = officer(&document, 0, 0);
    let draft = Life::draft(document.clone()).unwrap();
    let redline = draft.clone().offer(&a).unwrap();
    let force = in_force(&document);
    let suspended = force.clone().suspend(&a, Scope::Whole).unwrap();
    let ended = force.clone().end(&a).unwrap();
    let mut signed = redline.clone();
    for (party, one) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        signed = signed.approve(&officer(&document, party, one)).unwrap();
    }
    let signed = signed.sign(&a).unwrap();
    let now = document.valid_from();
    type Step = Box<dyn Fn(Life) -> Result<Life, LifeError>>;
    let steps: Vec<(&str, Step, &[&str])> = vec![
        (
            "offer",
            Box::new({
                let a = a.clone();
                move |l| l.offer(&a)
            }),
            &["draft"],
        ),
        (
            "answer",
            Box::new({
                let (a, d) = (a.clone(), document.clone());
                move |l| l.answer(&a, d.clone())
            }),
            &["redline"],
        ),
        (
            "approve",
            Box::new({
                let a = a.clone();
                move |l| l.approve(&a)
            }),
            &["redline"],
        ),
        (
            "sign",
            Box::new({
                let a = a.clone();
                move |l| l.sign(&a)
            }),
            &["redline", "signed"],
        ),
        ("enter", Box::new(move |l| l.enter(now)), &["signed"]),
        (
            "suspend",
            Box::new({
                let a = a.clone();
                move |l| l.suspend(&a, Scope::Whole)
            }),
            &["in-force", "suspended"],
        ),
        (
            "resume",
            Box::new({
                let a = a.clone();
                move |l| l.resume(&a, &Scope::Whole)
            }),
            &["suspended"],
        ),
        (
            "end",
            Box::new({
                let a = a.clone();
                move |l| l.end(&a)
            }),
            &["draft", "redline", "signed", "in-force", "suspended"],
        ),
    ];
    for life in [draft, redline, signed, force, suspended, ended] {
        for (name, step, from) in &steps {
            let answer = step(life.clone());
            let refused = matches!(answer, Err(LifeError::Step { .. }));
            assert_eq!(refused, !from.contains(&life.name()), "{name} from {}: {answer:?}", life.name());
        }
        let by_stranger = life.clone().end(&stranger());
        assert!(matches!(by_stranger, Err(LifeError::Stranger { .. })), "{}", life.name());
    }
}

#[test]
fn either_party_suspends_and_two_of_its_officers_resume() {
    let document = agreement();
    let [a0, b0, b1] = [(0, 0), (1, 0), (1, 1)].map(|(p, o)| officer(&document, p, o));
    let clause = Scope::Clause("2.1".parse().unwrap());
    let life = in_force(&document).suspend(&b0, clause.clone()).unwrap().suspend(&a0, Scope::Whole).unwrap();
    let stops = life.suspensions().unwrap();
    assert!(stops.whole && stops.clauses.len() == 1);
    assert!(matches!(life.clone().resume(&b0, &Scope::Whole), Err(LifeError::NotSuspended(_))), "not theirs to resume");
    assert!(matches!(life.clone().resume(&stranger(), &Scope::Whole), Err(LifeError::Stranger { .. })));
    let life = life.resume(&b0, &clause).unwrap();
    assert_eq!(life.clone().resume(&b0, &clause), Err(LifeError::Again), "one officer is not two");
    let life = life.resume(&b1, &clause).unwrap();
    assert!(life.suspensions().unwrap().whole && life.suspensions().unwrap().clauses.is_empty());
    let a1 = officer(&document, 0, 1);
    let again = life.resume(&a0, &Scope::Whole).unwrap().suspend(&a1, Scope::Whole).unwrap();
    let life = again.resume(&a1, &Scope::Whole).unwrap();
    assert_eq!(life.name(), "suspended", "to suspend again takes the first consent back");
    assert_eq!(life.resume(&a0, &Scope::Whole).unwrap().name(), "in-force");
    for nothing in ["1", "9"] {
        let scope = Scope::Clause(nothing.parse().unwrap());
        assert!(matches!(in_force(&document).suspend(&a0, scope), Err(LifeError::Clause(_))));
    }
}

#[test]
fn amendments_follow_one_another_and_replace_what_they_amend() {
    let document = agreement();
    let next = amendment(&document);
    assert!(matches!(Life::draft(next.clone()), Err(LifeError::Amendment { .. })));
    let force = in_force(&document);
    assert!(matches!(force.amend(document.clone()), Err(LifeError::Amendment { .. })));
    assert!(matches!(force.amend(Agreement::from_toml(SAMPLE).unwrap()), Err(LifeError::Amendment { .. })));
    let draft = force.amend(next.clone()).unwrap();
    assert!(draft.redline().unwrap().iter().any(|change| change.path == "grant.retention-days"));
    let second = enter(draft, &next);
    let mut agreements = Agreements::new().unwrap();
    for early in [
        Life::draft(document.clone()).unwrap(),
        second.amend(next.clone()).unwrap_or(Life::draft(document.clone()).unwrap()),
    ] {
        assert!(matches!(agreements.put(&early), Err(LoadError::NotInForce(_))));
    }
    agreements.put(&force).unwrap();
    agreements.put(&second).unwrap();
    assert_eq!(agreements.enforced().map(|cited| cited.version).collect::<Vec<_>>(), [2]);
    assert!(matches!(agreements.put(&force), Err(LoadError::Order { version: 1, .. })), "no way back");
    let by = officer(&document, 0, 0);
    agreements.put(&force.end(&by).unwrap()).unwrap();
    assert_eq!(agreements.enforced().count(), 1, "the end of a version that was replaced ends nothing");
    agreements.put(&second.end(&by).unwrap()).unwrap();
    assert_eq!(agreements.enforced().count(), 0);
}

#[test]
fn a_redline_names_clause_path_and_both_values() {
    let old = agreement();
    let text = first_version(SAMPLE)
        .replacen("\"dpv:LegalCompliance\"]", "\"dpv:RecordManagement\"]", 1)
        .replacen("count = 100,", "count = 50,", 1)
        .replacen("id = \"2.2\"", "id = \"2.3\"", 1)
        .replacen("onward = [\"ID/GOV/3202\"]\n", "", 1);
    let new = Agreement::from_toml(&text).unwrap();
    let lines: Vec<String> = diff::changes(&old, &new).iter().map(ToString::to_string).collect();
    for line in [
        "clause 2.1: grant.purposes: - \"dpv:LegalCompliance\"",
        "clause 2.1: grant.purposes: + \"dpv:RecordManagement\"",
        "clause 2.1: grant.volume[60].count: 100 -> 50",
        "clause 2.1: grant.onward: - [\"ID/GOV/3202\"]",
    ] {
        assert!(lines.contains(&line.to_owned()), "{line}\n{lines:#?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("clause 2.2: - {")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("clause 2.3: + {")), "{lines:#?}");
    assert_eq!(lines.len(), 6, "{lines:#?}");
    assert!(diff::changes(&old, &old).is_empty());
    let written = serde_json::to_value(diff::changes(&old, &new)).unwrap();
    assert!(written.as_array().unwrap().iter().any(|change| change["clause"] == "2.1" && change["old"] == 100));
}
