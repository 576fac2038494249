//! Acts, histories and journals of a small agreement.

use simpul_core::UnixTime;

use super::*;
use crate::agreement::life::Life;

const FIRST: &str = r#"
id = "id-my-civil-data"
version = 1
binding-language = "en"
valid-from = "2026-01-01T00:00:00Z"
valid-until = "2029-01-01T00:00:00Z"
review = "2027-06-30"
title = { id = "Pertukaran data", en = "Exchange of data" }

[[party]]
instance = "ID"
member = "ID/GOV/3201"
subsystems = ["manpower"]
officer = [{ name = "Siti", role = "Direktur" }, { name = "Budi", role = "Sekretaris" }]

[[party]]
instance = "MY"
member = "MY/GOV/1001"
subsystems = ["civil-registry"]
officer = [{ name = "Aisyah", role = "Director" }, { name = "Tan", role = "Registrar" }]

[[clause]]
id = "2.1"
kind = "grant"
text = { id = "Pemeriksaan.", en = "Checks." }

[clause.grant]
consumers = ["ID/GOV/3201/manpower"]
provider = "MY/GOV/1001/civil-registry"
service = "persons"
endpoints = ["GET /persons/*"]
purposes = ["dpv:IdentityVerification"]
basis = [{ id = "uu-27", law = "UU 27/2022", article = "20" }]
categories = ["identity"]
fields = ["id"]
excess = "remove"
retention-days = 30
residency = ["ID"]
"#;

fn first() -> Agreement {
    Agreement::from_toml(FIRST).unwrap_or_else(|e| panic!("{e}"))
}

fn second() -> Agreement {
    let amends = format!("version = 2\namends = \"{}\"", first().digest());
    Agreement::from_toml(&FIRST.replace("version = 1", &amends).replace("days = 30", "days = 20")).unwrap()
}

fn who(name: &str) -> Option<Actor> {
    let member = if ["Siti", "Budi"].contains(&name) { "ID/GOV/3201" } else { "MY/GOV/1001" };
    Some(Actor { member: member.parse().unwrap(), officer: name.to_owned() })
}

fn act(text: &Agreement, step: Step, name: &str) -> Act {
    Act::new(text, step, who(name), UnixTime::from_secs(1_790_000_000))
}

/// From the offer to the moment at which it is in force.
fn way(text: &Agreement) -> Vec<Act> {
    let sign = |name: &str| act(text, Step::Sign(format!("<Signature>{name}</Signature>")), name);
    let mut acts = vec![act(text, Step::Offer(Box::new(text.clone())), "Siti")];
    acts.extend(["Siti", "Budi", "Aisyah", "Tan"].map(|name| act(text, Step::Approve, name)));
    acts.extend([sign("Siti"), sign("Tan"), act(text, Step::Enter, "Tan")]);
    acts
}

fn lines(acts: &[Act]) -> Vec<String> {
    let mut journal = Journal::default();
    acts.iter().map(|act| journal.take(act.clone()).unwrap()).collect()
}

fn read(lines: &[String]) -> Result<Journal, JournalError> {
    Journal::read(lines.iter().map(String::as_str))
}

#[test]
fn every_act_is_read_back() {
    let text = first();
    let mut acts = way(&text);
    let clause = || Scope::Clause("2.1".parse().unwrap());
    acts.push(act(&text, Step::Answer(Box::new(text.clone())), "Tan"));
    for scope in [Scope::Whole, clause()] {
        acts.extend([act(&text, Step::Suspend(scope.clone()), "Tan"), act(&text, Step::Resume(scope), "Tan")]);
    }
    acts.extend([act(&text, Step::End, "Siti"), Act { by: None, ..act(&text, Step::Expire, "Siti") }]);
    for act in acts {
        let json = act.to_json();
        assert!(!json.contains('\n'), "{json}");
        assert_eq!(Act::from_json(&json).unwrap(), act, "{json}");
    }
}

#[test]
fn what_is_no_act_is_refused() {
    let text = first();
    let good = act(&text, Step::Approve, "Siti").to_json();
    let offer = way(&text)[0].to_json();
    for (json, from, to) in [
        (&good, "\"approve\"", "\"bless\""),
        (&good, "\"version\"", "\"colour\":1,\"version\""),
        (&good, "ID/GOV/3201", "ID"),
        (&good, "2026-09-2", "yesterday"),
        (&good, "\"approve\"", "\"sign\""),
        (&good, "\"approve\"", "\"offer\""),
        (&good, "\"version\"", "\"clause\":\"2.1\",\"version\""),
        (&good, "\"version\"", "\"signature\":\"x\",\"version\""),
        (&offer, "\"offer\"", "\"approve\""),
        (&offer, "dpv:IdentityVerification", "dpv:Anything"),
    ] {
        assert!(json.contains(from), "{json} {from}");
        assert!(Act::from_json(&json.replacen(from, to, 1)).is_err(), "{to}");
    }
}

#[test]
fn a_life_follows_from_acts() {
    let text = first();
    let names: Vec<_> = (0..=8)
        .map(|count| History::replay(&way(&text)[..count]).unwrap().newest().map_or("none", Life::name))
        .collect();
    let expected = ["none", "redline", "redline", "redline", "redline", "redline", "signed", "signed", "in-force"];
    assert_eq!(names, expected);
    let history = History::replay(&way(&text)).unwrap();
    assert_eq!(history.deciding().unwrap().agreement(), &text);
    let signed: Vec<_> = history.signatures(1).map(|(member, text)| (member.short(), text.to_owned())).collect();
    let expected = [("ID/GOV/3201", "Siti"), ("MY/GOV/1001", "Tan")];
    assert_eq!(signed, expected.map(|(m, n)| (m.to_owned(), format!("<Signature>{n}</Signature>"))));
}

#[test]
fn an_act_that_does_not_follow_is_named_with_its_line() {
    let text = first();
    let mut acts = way(&text);
    acts.remove(4);
    let (place, cause) = History::replay(&acts).unwrap_err();
    assert_eq!(place, 4);
    assert!(matches!(cause, ActError::Life(LifeError::Approvals { approved: 1, .. })), "{cause:?}");
    let other = second();
    for (step, name) in [(Step::Approve, "Siti"), (Step::End, "Tan")] {
        let mut history = History::replay(&way(&text)[..1]).unwrap();
        let mut wrong = act(&other, step, name);
        assert!(matches!(history.take(&wrong), Err(ActError::Unknown(2))));
        wrong.version = 1;
        assert!(matches!(history.take(&wrong), Err(ActError::OtherText { .. })), "an act is about one text");
        wrong.agreement = "other".parse().unwrap();
        assert!(matches!(history.take(&wrong), Err(ActError::OtherAgreement(_))));
    }
}

#[test]
fn entering_has_an_officer_and_expiry_has_nobody() {
    let text = first();
    let mut history = History::replay(&way(&text)[..7]).unwrap();
    let enter = act(&text, Step::Enter, "Tan");
    assert!(matches!(history.take(&Act { by: None, ..enter.clone() }), Err(ActError::Nobody)));
    let mallory = Act { by: who("Mallory"), ..enter.clone() };
    assert!(matches!(history.take(&mallory), Err(ActError::Life(LifeError::Stranger { .. }))));
    history.take(&enter).unwrap();
    let late = Act { at: text.valid_until(), ..act(&text, Step::Expire, "Tan") };
    assert!(matches!(history.take(&late), Err(ActError::Nobody)));
    history.take(&Act { by: None, ..late }).unwrap();
    assert_eq!(history.deciding().unwrap().name(), "ended");
}

#[test]
fn an_amendment_takes_the_place_of_its_base_and_of_nothing_else() {
    let (old, new) = (first(), second());
    let mut history = History::default();
    assert!(matches!(history.take(&way(&new)[0]), Err(ActError::Base(1))), "nothing is in force");
    way(&old).iter().for_each(|act| history.take(act).unwrap());
    assert!(matches!(history.take(&way(&old)[0]), Err(ActError::Known(1))));
    way(&new)[..7].iter().for_each(|act| history.take(act).unwrap());
    assert_eq!(history.deciding().unwrap().agreement().version(), 1, "until the other one is in force");
    let mut ended = history.clone();
    ended.take(&act(&old, Step::End, "Siti")).unwrap();
    assert!(matches!(ended.take(&act(&new, Step::Enter, "Tan")), Err(ActError::Base(1))));
    history.take(&act(&new, Step::Enter, "Tan")).unwrap();
    assert_eq!(history.deciding().unwrap().agreement().version(), 2);
    assert!(matches!(history.take(&act(&old, Step::Suspend(Scope::Whole), "Tan")), Err(ActError::Superseded(1))));
    history.take(&act(&new, Step::End, "Siti")).unwrap();
    assert_eq!(history.deciding().unwrap().name(), "ended", "version 1 does not come back");
}

#[test]
fn what_was_given_up_may_be_offered_again() {
    let text = first();
    let mut history = History::replay(&way(&text)[..2]).unwrap();
    history.take(&act(&text, Step::End, "Tan")).unwrap();
    history.take(&way(&text)[0]).unwrap();
    assert_eq!(history.newest().unwrap().name(), "redline");
    let mut ended = History::replay(&way(&text)).unwrap();
    ended.take(&act(&text, Step::End, "Tan")).unwrap();
    assert!(matches!(ended.take(&way(&text)[0]), Err(ActError::Known(1))));
}

#[test]
fn a_journal_is_read_back_and_no_line_can_be_changed_alone() {
    let mut acts = way(&first());
    acts.push(act(&first(), Step::Suspend(Scope::Whole), "Tan"));
    acts.extend(["Tan", "Aisyah"].map(|name| act(&first(), Step::Resume(Scope::Whole), name)));
    let lines = lines(&acts);
    assert_eq!(read(&lines).unwrap().acts(), acts);
    for place in 0..lines.len() - 1 {
        let mut less = lines.clone();
        less.remove(place);
        let error = read(&less).unwrap_err();
        assert_eq!(error.line, place + 1, "{error}");
        let mut changed = lines.clone();
        changed[place] = changed[place].replace("\"at\":\"20", "\"at\":\"19");
        let line = read(&changed).unwrap_err().line;
        assert!([place + 1, place + 2].contains(&line), "it, or the next one, does not follow: {line}");
        let mut twice = lines.clone();
        twice.insert(place, lines[place].clone());
        assert_eq!(read(&twice).unwrap_err().line, place + 2);
    }
    let error = read(&[lines[0].clone(), "{".to_owned()]).unwrap_err();
    assert_eq!((error.line, error.act.as_str()), (2, "unreadable"));
    let mut wrong = Journal::default();
    wrong.take(acts[0].clone()).unwrap();
    let forged = format!("{{\"before\":\"{}\",\"act\":{}}}", digest_of(&lines[0]), acts[6].to_json());
    let error = read(&[lines[0].clone(), forged]).unwrap_err();
    assert_eq!((error.line, error.act.as_str()), (2, "sign version 1 by Tan of MY/GOV/1001"));
}

fn digest_of(line: &str) -> String {
    let digest = simpul_trust::hash::digest(simpul_core::DigestAlgorithm::Sha256, line.as_bytes());
    digest.as_bytes().iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn acts_are_bounded() {
    let mut history = History::replay(&way(&first())).unwrap();
    let suspend = act(&first(), Step::Suspend(Scope::Whole), "Tan");
    for _ in way(&first()).len()..limits::AGREEMENT_ACTS {
        history.take(&suspend).unwrap();
    }
    assert!(matches!(history.take(&suspend), Err(ActError::TooMany)));
}
