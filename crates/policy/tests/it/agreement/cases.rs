//! Hand-written cases by clause, and the races.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use simpul_policy::agreement::{Agreement, Trial, Uncounted};

use super::engine::{Call, Engine};
use super::model::{Ask, Standing, Verdict, World, millis};
use super::{SAMPLE, first_version};

const CASES: &str = include_str!("cases.txt");

pub(super) fn base() -> Ask {
    Ask {
        client: "ID/GOV/3201/manpower".to_owned(),
        provider: "MY/GOV/1001/civil-registry".to_owned(),
        service: "persons".to_owned(),
        method: "GET".to_owned(),
        path: "/persons/1".to_owned(),
        purpose: Some("dpv:IdentityVerification".to_owned()),
        basis: Some("uu-27-2022-20".to_owned()),
        consent: Some("consent-7".to_owned()),
        subject: true,
        case: Some("case-9".to_owned()),
        approvals: 2,
        onward: None,
        now: millis("2026-03-02T03:00:00Z"),
    }
}

pub(super) fn standing(toml: &str) -> Standing {
    let agreement = Agreement::from_toml(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"));
    let json = String::from_utf8(agreement.canonical_json()).unwrap();
    Standing { json, suspended: false, suspended_clauses: Vec::new() }
}

fn statement(value: &str) -> Option<String> {
    match value.split_once('*') {
        _ if value == "-" => None,
        Some((text, times)) if times.parse::<usize>().is_ok() => Some(text.repeat(times.parse().unwrap())),
        _ => Some(value.replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r").replace("\\0", "\0")),
    }
}

#[test]
fn each_case_is_decided_as_written() {
    let cases: Vec<&str> = CASES.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(cases.len() >= 200, "{}", cases.len());
    let mut wrong = Vec::new();
    for line in cases {
        let [_, changes, expected] = *line.split(" | ").collect::<Vec<_>>() else { panic!("{line}") };
        let (mut toml, mut ask, mut times, mut stops) = (first_version(SAMPLE), base(), 1, Vec::new());
        for change in changes.split(" ; ").filter(|change| *change != "-") {
            if let Some((old, new)) = change.strip_prefix("doc: ").and_then(|edit| edit.split_once(" =>")) {
                assert!(toml.contains(old), "{line}");
                toml = toml.replacen(old, new.trim(), 1);
                continue;
            }
            let (name, value) = change.split_once('=').unwrap_or_else(|| panic!("{line}"));
            match name {
                "client" => ask.client = value.to_owned(),
                "provider" => ask.provider = value.to_owned(),
                "service" => ask.service = value.to_owned(),
                "method" => ask.method = value.to_owned(),
                "path" => ask.path = value.to_owned(),
                "purpose" => ask.purpose = statement(value),
                "basis" => ask.basis = statement(value),
                "consent" => ask.consent = statement(value),
                "subject" => ask.subject = value == "yes",
                "case" => ask.case = statement(value),
                "approvals" => ask.approvals = value.parse().unwrap(),
                "onward" => ask.onward = statement(value),
                "now" => ask.now = millis(value),
                "times" => times = value.parse().unwrap(),
                "suspend" => stops.push(value.to_owned()),
                _ => panic!("{line}"),
            }
        }
        let mut standing = standing(&toml);
        standing.suspended = stops.iter().any(|stop| stop == "whole");
        standing.suspended_clauses = stops.into_iter().filter(|stop| stop != "whole").collect();
        let engine = Engine::new(std::slice::from_ref(&standing), None);
        let mut model = World::new(vec![standing]);
        let (mut said, mut modelled) = (String::new(), String::new());
        for _ in 0..times {
            (said, modelled) = (words(engine.decide(&ask)), words(model.decide(&ask)));
        }
        if said != expected || modelled != expected {
            wrong.push(format!("{line}\n  engine: {said}\n  model: {modelled}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn words(verdict: Verdict) -> String {
    match verdict {
        Verdict::Allowed { clause, .. } => format!("allowed {clause}"),
        Verdict::Refused { clause, reason, .. } => format!("{reason} {}", clause.as_deref().unwrap_or("-")),
    }
}

/// The grant carries what the clause says, and nothing of another clause.
#[test]
fn a_grant_says_what_the_answer_may_hold() {
    let engine = Engine::new(&[standing(&first_version(SAMPLE))], None);
    let grant = engine.ask(&base()).unwrap();
    let fields: Vec<String> = grant.fields.allowed.iter().map(ToString::to_string).collect();
    assert_eq!(fields, ["id", "name.given", "addresses.*.city"]);
    assert_eq!(grant.digest, Agreement::from_toml(&first_version(SAMPLE)).unwrap().digest());
    assert_eq!((grant.version, grant.retention_days), (1, 30));
}

#[test]
fn refusals_and_explanations_are_plain() {
    let engine = Engine::new(&[standing(&first_version(SAMPLE))], None);
    let mut ask = base();
    (ask.purpose, ask.case) = (None, None);
    let refusal = engine.ask(&ask).unwrap_err();
    assert_eq!(refusal.english(), "The request states no purpose (agreement id-my-civil-data, clause 2.1).");
    assert_eq!(refusal.indonesian(), "Permintaan tidak menyebutkan tujuan (perjanjian id-my-civil-data, klausul 2.1).");
    let now = simpul_core::UnixTime::from_millis(ask.now);
    let told = engine.agreements.explain(&Call::of(&ask), &super::engine::context(&ask), now);
    let lines = told.to_string();
    assert!(lines.contains("states no purpose") && lines.contains("a case number"), "{lines}");
    let told = engine.agreements.explain(&Call::of(&base()), &super::engine::context(&base()), now);
    assert!(told.to_string().contains("applies"), "{told}");
    ask.client = "SG/GOV/1/x".to_owned();
    let told = engine.agreements.explain(&Call::of(&ask), &super::engine::context(&ask), now);
    assert!(told.candidates.is_empty());
}

/// Sixty-four threads ask at once: exactly as many pass as agreed.
#[test]
fn threads_do_not_race_past_a_volume() {
    let toml = first_version(SAMPLE).replace("count = 100, seconds = 60", "count = 37, seconds = 60");
    let engine = Engine::new(&[standing(&toml)], None);
    let passed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                for _ in 0..5 {
                    passed.fetch_add(usize::from(engine.ask(&base()).is_ok()), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(passed.into_inner(), 37);
}

/// A decision that begins after the switch was thrown obeys it, in every thread.
#[test]
fn nothing_passes_after_the_switch_was_thrown() {
    let toml = first_version(SAMPLE).replace("count = 100, ", "count = 100000000, ").replace("= 1000,", "= 100000000,");
    for clause in [None, Some("2.1")] {
        let engine = Engine::new(&[standing(&toml)], None);
        let (thrown, before, late) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100_000 {
                        let after = thrown.load(Ordering::SeqCst);
                        let passed = engine.ask(&base()).is_ok();
                        late.fetch_add(usize::from(after && passed), Ordering::SeqCst);
                        before.fetch_add(usize::from(passed), Ordering::SeqCst);
                        if after {
                            break;
                        }
                    }
                });
            }
            while before.load(Ordering::SeqCst) < 50 {
                std::thread::yield_now();
            }
            let id = "id-my-civil-data".parse().unwrap();
            assert!(engine.agreements.suspend(&id, clause.map(|c| c.parse().unwrap()).as_ref()));
            thrown.store(true, Ordering::SeqCst);
        });
        assert_eq!(late.into_inner(), 0);
    }
}

#[test]
fn only_what_is_enforced_can_be_suspended() {
    let engine = Engine::new(&[standing(&first_version(SAMPLE))], None);
    assert!(!engine.agreements.suspend(&"other".parse().unwrap(), None));
    assert!(!engine.agreements.suspend(&"id-my-civil-data".parse().unwrap(), Some(&"1".parse().unwrap())));
}

/// A draft is tried on a call without effect: what another version would change can be told.
#[test]
fn a_trial_explains_drafts() {
    let draft =
        |purpose: &str| Agreement::from_toml(&first_version(SAMPLE).replace("dpv:LegalCompliance", purpose)).unwrap();
    let (ask, now) = (Ask { purpose: Some("dpv:LegalCompliance".to_owned()), ..base() }, base().now);
    let now = simpul_core::UnixTime::from_millis(now);
    let tried = |document: Agreement| {
        let trial = Trial::of(&[document]).unwrap();
        trial.explain(&Call::of(&ask), &super::engine::context(&ask), now).allowed_by().is_some()
    };
    assert!(tried(draft("dpv:LegalCompliance")));
    assert!(!tried(draft("dpv:RecordManagement")));
}

/// A consumer that asks early takes nothing from the volume.
#[test]
fn an_early_question_takes_nothing() {
    let toml = first_version(SAMPLE).replace("count = 100, seconds = 60", "count = 1, seconds = 60");
    let engine = Engine::new(&[standing(&toml)], None);
    let (ask, now) = (base(), simpul_core::UnixTime::from_millis(base().now));
    for _ in 0..3 {
        let context = super::engine::context(&ask);
        assert!(engine.agreements.decide(&Call::of(&ask), &context, &Uncounted, now).is_ok());
    }
    assert!(engine.ask(&ask).is_ok());
    assert!(engine.ask(&ask).is_err());
}
