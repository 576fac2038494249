//! Acts, histories and journals of a small agreement.

use simpul_core::UnixTime;

use super::*;
use crate::agreement::life::Life;
use std::time::Duration;

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

fn who(name: &str) -> Actor {
    let member = if ["Siti", "Budi"].contains(&name) { "ID/GOV/3201" } else { "MY/GOV/1001" };
    Actor { member: member.parse().unwrap(), officer: name.to_owned() }
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

/// The same acts, each a second after the one before it.
fn one_by_one(acts: &[Act]) -> Vec<Act> {
    let later = |(act, n): (&Act, u32)| Act { at: act.at.plus(Duration::from_secs(1) * n), ..act.clone() };
    acts.iter().zip(1..).map(later).collect()
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
    acts.push(act(&text, Step::End, "Siti"));
    let proof = Proof { certificate: vec![0, 1, 255], signature: "a..b".to_owned() };
    acts.push(Act { proof: Some(proof), ..act(&text, Step::Approve, "Siti") });
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
        (&good, "\"version\"", "\"proof\":{\"certificate\":\"?\",\"signature\":\"x\"},\"version\""),
        (&good, "\"by\"", "\"for\""),
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
fn an_officer_puts_it_in_force() {
    let text = first();
    let mut history = History::replay(&way(&text)[..7]).unwrap();
    let enter = act(&text, Step::Enter, "Tan");
    let mallory = Act { by: who("Mallory"), ..enter.clone() };
    assert!(matches!(history.take(&mallory), Err(ActError::Life(LifeError::Stranger { .. }))));
    history.take(&enter).unwrap();
    assert_eq!(history.deciding().unwrap().name(), "in-force");
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
    let acts = one_by_one(&acts);
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
    let stranger = Act { by: who("Mallory"), ..acts[6].clone() };
    let forged = format!("{{\"before\":\"{}\",\"act\":{}}}", digest_of(&lines[0]), stranger.to_json());
    let error = read(&[lines[0].clone(), forged]).unwrap_err();
    assert_eq!((error.line, error.act.as_str()), (2, "sign version 1 by Mallory of MY/GOV/1001"));
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

#[test]
fn what_comes_from_outside_has_its_text_its_parties_and_its_order() {
    let text = first();
    let acts = one_by_one(&way(&text));
    let mut journal = Journal::default();
    assert!(matches!(journal.merge(acts[1].clone()), Err(ActError::NoText(_))));
    journal.merge(acts[0].clone()).unwrap();
    let other = Agreement::from_toml(&FIRST.replace("MY/GOV/1001", "MY/GOV/1002")).unwrap();
    let by = Actor { member: "MY/GOV/1002".parse().unwrap(), officer: "Tan".to_owned() };
    let offer = Act { by, ..act(&other, Step::Offer(Box::new(other.clone())), "Tan") };
    assert!(matches!(journal.merge(offer), Err(ActError::Parties)), "nobody writes over an agreement of others");
    let early = Act { at: acts[0].at, ..acts[1].clone() };
    assert!(
        matches!(journal.merge(early), Err(ActError::Order { .. })),
        "no party puts an act before its own last one"
    );
    let stranger = Act { by: who("Mallory"), ..acts[3].clone() };
    assert!(matches!(journal.merge(stranger), Err(ActError::Life(LifeError::Stranger { .. }))));
    assert!(journal.merge(acts[6].clone()).unwrap().void.is_some(), "signed before it was approved");
    assert_eq!(journal.acts().len(), 2);
    assert_eq!(journal.moment(acts[0].at).millis(), acts[6].at.millis() + 1, "after all others");
    assert!(matches!(journal.take(acts[1].clone()), Err(ActError::Order { .. })));
}

/// What crosses on the way comes to the same on both sides.
#[test]
fn acts_that_cross_are_settled_alike() {
    let (text, mut next) = (first(), second());
    let answer = Agreement::from_toml(&FIRST.replace("days = 30", "days = 7")).unwrap();
    let at = |n: i64, act: Act| Act { at: UnixTime::from_secs(1_790_000_000 + n), ..act };
    let offer = at(1, act(&text, Step::Offer(Box::new(text.clone())), "Siti"));
    let force = one_by_one(&way(&text));
    let both = |before: &[Act], mine: &[Act], theirs: &[Act]| {
        let journal = |first: &[Act], then: &[Act]| {
            let mut journal = Journal::default();
            [before, first, then].concat().into_iter().for_each(|act| drop(journal.merge(act).unwrap()));
            journal
        };
        let (one, other) = (journal(mine, theirs), journal(theirs, mine));
        assert_eq!(one.history(), other.history());
        let told = |journal: &Journal| {
            journal.settled().map(|(act, void)| (act.clone(), void.map(ToString::to_string))).collect::<Vec<_>>()
        };
        assert_eq!(told(&one), told(&other), "a conflict is told to both alike");
        one
    };
    let voids = |journal: &Journal| journal.settled().filter(|(_, void)| void.is_some()).count();

    let approve = |n: i64, name: &str| at(n, act(&text, Step::Approve, name));
    let both_approve = both(std::slice::from_ref(&offer), &[approve(2, "Siti")], &[approve(2, "Tan")]);
    assert_eq!(voids(&both_approve), 0);

    let answered = at(3, act(&answer, Step::Answer(Box::new(answer.clone())), "Tan"));
    let crossed = both(std::slice::from_ref(&offer), &[approve(4, "Siti"), approve(5, "Budi")], &[answered]);
    assert_eq!((voids(&crossed), crossed.history().newest().unwrap().agreement()), (2, &answer));

    let theirs = at(2, act(&answer, Step::Offer(Box::new(answer.clone())), "Tan"));
    let offers = both(&[], &[offer], &[theirs, at(3, act(&answer, Step::Approve, "Tan"))]);
    assert_eq!((voids(&offers), offers.history().newest().unwrap().agreement()), (2, &text), "the earlier one stands");

    let stop = |n: i64, name: &str| at(n, act(&text, Step::Suspend(Scope::Whole), name));
    let stopped = both(&force, &[stop(20, "Siti")], &[stop(20, "Tan")]);
    let Some(Life::Suspended(suspended)) = stopped.history().deciding() else { panic!("suspended") };
    assert_eq!(suspended.stops().len(), 2);

    // A suspension and an end hold for what came into force meanwhile, and a clause that is no more there stops all.
    next = Agreement::from_toml(&toml_of(&next).replace("id = \"2.1\"", "id = \"3.1\"")).unwrap();
    let second: Vec<Act> = way(&next).iter().zip(10..).map(|(act, n)| at(n, act.clone())).collect();
    let amended = [&force[..], &second[..7]].concat();
    let enter = at(30, second[7].clone());
    for scope in [Scope::Whole, Scope::Clause("2.1".parse().unwrap())] {
        for (n, effect) in [(29, "before"), (31, "after")] {
            let stop = at(n, act(&text, Step::Suspend(scope.clone()), "Siti"));
            let both = both(&amended, &[stop], std::slice::from_ref(&enter));
            let deciding = both.history().deciding().unwrap();
            assert_eq!((deciding.agreement().version(), deciding.suspensions().unwrap().whole), (2, true), "{effect}");
        }
    }
    for n in [29, 31] {
        let ended = both(&amended, &[at(n, act(&text, Step::End, "Siti"))], std::slice::from_ref(&enter));
        assert_eq!(ended.history().deciding().unwrap().name(), "ended");
    }
}

fn toml_of(text: &Agreement) -> String {
    FIRST
        .replace("version = 1", &format!("version = 2\namends = \"{}\"", first().digest()))
        .replace("days = 30", if *text == second() { "days = 20" } else { "days = 21" })
}
