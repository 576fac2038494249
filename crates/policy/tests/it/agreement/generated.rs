//! Generated cases: the engine against the model, and seeded faults against both.

use serde_json::{Value, json};
use simpul_policy::agreement::{Agreement, Fault};

use super::engine::Engine;
use super::model::{Ask, Standing, Verdict, World, millis};

/// Worlds, each with its own agreements and calls.
const WORLDS: u64 = 60;
/// Calls of one world.
const CALLS: usize = 40;

/// A sequence of numbers that is the same in every run (SplitMix64).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// Some of the items, at least one.
    fn some<T: Clone>(&mut self, items: &[T]) -> Vec<T> {
        let first = self.below(items.len());
        let all = items.iter().enumerate();
        all.filter(|(i, _)| *i == first || self.one_in(3)).map(|(_, item)| item.clone()).collect()
    }
}

const CONSUMERS: [&str; 3] = ["ID/GOV/1/a", "ID/GOV/1/b", "ID/GOV/1"];
const PROVIDERS: [&str; 2] = ["MY/GOV/2/x", "MY/GOV/2/y"];
const SERVICES: [&str; 2] = ["p", "q"];
const ENDPOINTS: [&str; 6] = ["GET /a/*", "POST /a/*", "* /b/**", "GET /c/*/d", "* **", "GET /e%2Ff"];
const PATHS: [&str; 11] =
    ["/a/1", "/a/1%2F2", "/a/%31", "/a/1/2", "/b/1/2", "/c/1/d", "/c/1%2Fd", "/e/f", "/e%252Ff", "", "/a/../b"];
const PURPOSES: [&str; 3] = ["dpv:LegalCompliance", "dpv:IdentityVerification", "narrow"];
const BASES: [&str; 2] = ["b1", "b2"];
const RECIPIENTS: [&str; 2] = ["ID/GOV/7", "SG/GOV/8"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MOMENTS: [&str; 3] = ["2026-03-02T00:00:00Z", "2026-03-04T12:00:00Z", "2026-03-07T00:00:00Z"];

fn agreement(numbers: &mut Numbers, id: &str) -> Value {
    let clauses: Vec<Value> = (0..1 + numbers.below(3)).map(|i| clause(numbers, &format!("c{i}"))).collect();
    let officers = json!([{"name": "A", "role": "r"}, {"name": "B", "role": "r"}]);
    json!({
        "id": id, "version": 1, "binding-language": "en", "review": "2027-01-01",
        "valid-from": MOMENTS[0], "valid-until": MOMENTS[2], "title": {"id": "t", "en": "t"},
        "party": [
            {"instance": "ID", "member": "ID/GOV/1", "subsystems": ["a", "b"], "officer": officers},
            {"instance": "MY", "member": "MY/GOV/2", "subsystems": ["x", "y"], "officer": officers},
        ],
        "purpose": [{"term": "narrow", "broader": "dpv:LegalCompliance", "title": {"id": "t", "en": "t"}}],
        "clause": clauses,
    })
}

fn clause(numbers: &mut Numbers, id: &str) -> Value {
    let bases: Vec<Value> =
        numbers.some(&BASES).iter().map(|id| json!({"id": id, "law": "l", "article": "1"})).collect();
    let mut grant = json!({
        "consumers": numbers.some(&CONSUMERS), "provider": numbers.of(&PROVIDERS), "service": numbers.of(&SERVICES),
        "endpoints": numbers.some(&ENDPOINTS), "purposes": numbers.some(&PURPOSES), "basis": bases,
        "categories": ["c"], "fields": [format!("field-of-{id}")], "excess": numbers.of(&["remove", "refuse"]),
        "retention-days": 1, "residency": ["ID"],
    });
    if numbers.one_in(2) {
        let flags: Vec<bool> = (0..3).map(|_| numbers.one_in(3)).collect();
        grant["conditions"] =
            json!({"consent": flags[0], "subject": flags[1], "case": flags[2], "approvals": numbers.below(3)});
    }
    if numbers.one_in(3) {
        grant["onward"] = json!([numbers.of(&RECIPIENTS)]);
    }
    if numbers.one_in(3) {
        let offset = numbers.of(&["+00:00", "+07:00", "-03:30", "+14:00", "-14:00"]);
        grant["hours"] = json!([{
            "days": numbers.some(&DAYS), "from": numbers.of(&["00:00", "08:00"]), "until": numbers.of(&["17:00", "24:00"]),
            "offset": offset,
        }]);
    }
    if numbers.one_in(3) {
        let long = json!({"count": 3, "seconds": 86_400});
        let short = json!({"count": 1 + numbers.below(2), "seconds": 3600});
        grant["volume"] = if numbers.one_in(2) { json!([short, long]) } else { json!([long]) };
    }
    if numbers.one_in(3) {
        grant["valid-from"] = MOMENTS[1].into();
    } else if numbers.one_in(3) {
        grant["valid-until"] = MOMENTS[1].into();
    }
    json!({"id": id, "kind": "grant", "text": {"id": "t", "en": "t"}, "grant": grant})
}

fn worlds() -> impl Iterator<Item = (Vec<Standing>, Vec<Ask>)> {
    (0..WORLDS).map(|seed| {
        let mut numbers = Numbers(seed);
        let standing: Vec<Standing> =
            (0..1 + numbers.below(3)).map(|i| standing(&mut numbers, &format!("agreement-{i}"))).collect();
        let mut asks: Vec<Ask> = (0..CALLS).map(|_| ask(&mut numbers, &standing)).collect();
        asks.sort_by_key(|ask| ask.now);
        (standing, asks)
    })
}

fn standing(numbers: &mut Numbers, id: &str) -> Standing {
    let document = agreement(numbers, id);
    let canonical = Agreement::from_toml(&toml::to_string(&document).unwrap()).unwrap().canonical_json();
    let clauses = document["clause"].as_array().unwrap().iter().map(|clause| clause["id"].as_str().unwrap().to_owned());
    Standing {
        json: String::from_utf8(canonical).unwrap(),
        suspended: numbers.one_in(8),
        suspended_clauses: clauses.filter(|_| numbers.one_in(8)).collect(),
    }
}

/// A call that fits some clause as well as can be, with up to two changes.
fn ask(numbers: &mut Numbers, standing: &[Standing]) -> Ask {
    let document: Value = serde_json::from_str(&numbers.of(standing).json).unwrap();
    let grant = numbers.of(document["clause"].as_array().unwrap())["grant"].clone();
    let pick = |numbers: &mut Numbers, list: &Value| numbers.of(list.as_array().unwrap()).as_str().unwrap().to_owned();
    let endpoint = pick(numbers, &grant["endpoints"]);
    let (method, pattern) = endpoint.split_once(' ').unwrap();
    let mut ask = Ask {
        client: pick(numbers, &grant["consumers"]),
        provider: grant["provider"].as_str().unwrap().to_owned(),
        service: grant["service"].as_str().unwrap().to_owned(),
        method: if method == "*" { "PUT".to_owned() } else { method.to_owned() },
        path: match pattern {
            "**" => "/anything".to_owned(),
            "/e%2Ff" => "/e%252Ff".to_owned(),
            other => other.replace("**", "1/2").replace('*', "1"),
        },
        purpose: Some(pick(numbers, &grant["purposes"])),
        basis: Some(numbers.of(grant["basis"].as_array().unwrap())["id"].as_str().unwrap().to_owned()),
        consent: Some("consent-1".to_owned()),
        subject: true,
        case: Some("case-1".to_owned()),
        approvals: 2,
        onward: None,
        now: moment(numbers),
    };
    if let Some(spans) = grant["hours"].as_array()
        && numbers.one_in(2)
    {
        ask.now = edge_of(numbers, &spans[0]);
    }
    for _ in 0..numbers.below(3) {
        change(numbers, &mut ask);
    }
    ask
}

/// The first or the last moment of a span, or one beside it.
fn edge_of(numbers: &mut Numbers, span: &Value) -> i64 {
    let minutes = |clock: &str| {
        let (hour, minute) = clock.split_once(':').unwrap();
        hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap()
    };
    let offset = span["offset"].as_str().unwrap();
    let ahead = minutes(&offset[1..]) * if offset.starts_with('-') { -1 } else { 1 };
    let name = numbers.of(span["days"].as_array().unwrap());
    let day = DAYS.iter().position(|day| name == *day).unwrap() as i64;
    let clock = minutes(span[numbers.of(&["from", "until"])].as_str().unwrap());
    millis(MOMENTS[0]) + (day * 1440 + clock - ahead) * 60_000 + numbers.of(&[-1, 0, 59_999])
}

/// Edges of validity and of days and hours, or any moment around.
fn moment(numbers: &mut Numbers) -> i64 {
    let edge = numbers.below(3) as i64 - 1;
    match numbers.below(4) {
        0 => millis(numbers.of(&MOMENTS)) + edge,
        1 => {
            let day = numbers.below(5) as i64;
            let minute = numbers.of(&[480, 1020, 60, 600, 1230, 690, 1440, 0, 840]);
            millis(MOMENTS[0]) + (day * 1440 + minute) * 60_000 + edge
        }
        _ => millis(MOMENTS[0]) + numbers.below(5 * 86_400_000) as i64,
    }
}

fn change(numbers: &mut Numbers, ask: &mut Ask) {
    match numbers.below(14) {
        0 => {
            ask.client = numbers.of(&["ID/GOV/1/a", "SUBSYSTEM:ID/GOV/1/b", "MEMBER:ID/GOV/1", "ID/GOV/1/A"]).to_owned()
        }
        1 => ask.provider = numbers.of(&PROVIDERS).to_owned(),
        2 => ask.service = numbers.of(&SERVICES).to_owned(),
        3 => ask.method = numbers.of(&["GET", "get", "POST", "DELETE"]).to_owned(),
        4 | 5 => ask.path = numbers.of(&PATHS).to_owned(),
        6 => ask.purpose = numbers.of(&[None, Some(""), Some(" ")]).map(str::to_owned),
        7 => {
            let all = [
                "dpv:legalcompliance",
                "dpv:LegalCompliance",
                "dpv:IdentityVerification",
                "narrow",
                "dpv:Verification",
            ];
            ask.purpose = Some(numbers.of(&all).to_owned());
        }
        8 => ask.basis = numbers.of(&[None, Some(""), Some("b1"), Some("b2"), Some("b3")]).map(str::to_owned),
        9 => ask.consent = numbers.of(&[None, Some(""), Some("  ")]).map(str::to_owned),
        10 => ask.subject = false,
        11 => ask.case = numbers.of(&[None, Some(" ")]).map(str::to_owned),
        12 => ask.approvals = numbers.below(3) as u8,
        _ => {
            ask.onward =
                numbers.of(&[Some("ID/GOV/7"), Some("MEMBER:SG/GOV/8"), Some("x"), Some(" ")]).map(str::to_owned)
        }
    }
}

/// The first call in which an engine and the model differ.
fn difference(fault: Option<Fault>) -> Option<String> {
    for (seed, (standing, asks)) in worlds().enumerate() {
        let engine = Engine::new(&standing, fault);
        let mut model = World::new(standing);
        for ask in asks {
            let (said, expected) = (engine.decide(&ask), model.decide(&ask));
            if said != expected {
                return Some(format!("world {seed}: {ask:?}\nengine: {said:?}\nmodel: {expected:?}"));
            }
        }
    }
    None
}

#[test]
fn the_engine_agrees_with_the_model() {
    assert_eq!(difference(None), None);
}

/// The cases meet every reason, and calls that pass are no rare exception.
#[test]
fn the_cases_reach_every_reason() {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for (standing, asks) in worlds() {
        let mut model = World::new(standing);
        for ask in asks {
            let name = match model.decide(&ask) {
                Verdict::Allowed { .. } => "allowed".to_owned(),
                Verdict::Refused { reason, .. } => reason,
            };
            *counts.entry(name).or_default() += 1;
        }
    }
    assert!(counts.values().sum::<usize>() >= 1000, "{counts:?}");
    assert!(counts["allowed"] >= 200, "{counts:?}");
    // Three reasons need a caller of another kind: cases.rs has them.
    let elsewhere = ["statement", "engine", "not-covered"];
    for reason in simpul_policy::agreement::Reason::ALL {
        let code = reason.code();
        assert!(elsewhere.contains(&code) || counts.get(code).is_some_and(|n| *n > 0), "{code}: {counts:?}");
    }
}

#[test]
fn every_seeded_fault_is_found() {
    let missed: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| difference(Some(*fault)).is_none()).collect();
    assert!(missed.is_empty(), "{missed:?}");
    assert!(Fault::ALL.len() >= 20);
}

/// Agreements come, are suspended in whole or in part, resume and end between calls: no call passes outside an
/// agreement in force, and none inside one is refused.
#[test]
fn random_schedules_of_changes_agree_with_the_model() {
    let mut passed = 0;
    for seed in 1000..1030 {
        let mut numbers = Numbers(seed);
        let all: Vec<Standing> = (0..3).map(|i| standing(&mut numbers, &format!("agreement-{i}"))).collect();
        let mut asks: Vec<Ask> = (0..CALLS).map(|_| ask(&mut numbers, &all)).collect();
        asks.sort_by_key(|ask| ask.now);
        let mut engine = Engine::new(&[], None);
        let mut model = World::new(Vec::new());
        for ask in asks {
            let mut one = numbers.of(&all);
            let id = serde_json::from_str::<Value>(&one.json).unwrap()["id"].clone();
            let known = |other: &Standing| serde_json::from_str::<Value>(&other.json).unwrap()["id"] == id;
            let place = model.standing.iter().position(known);
            match (numbers.below(6), place) {
                (0 | 1, _) => {
                    one.suspended = numbers.one_in(3);
                    engine.put(&one);
                    model.standing.retain(|other| !known(other));
                    model.standing.push(one);
                }
                (2, Some(place)) => {
                    assert!(engine.agreements.suspend(&id.as_str().unwrap().parse().unwrap(), None));
                    model.standing[place].suspended = true;
                }
                (3, Some(place)) => {
                    let agreement = id.as_str().unwrap().parse().unwrap();
                    assert!(engine.agreements.suspend(&agreement, Some(&"c0".parse().unwrap())));
                    model.standing[place].suspended_clauses.push("c0".to_owned());
                }
                (4, Some(place)) => {
                    engine.end(&model.standing[place]);
                    model.standing.remove(place);
                }
                _ => {}
            }
            let said = engine.decide(&ask);
            passed += usize::from(matches!(said, Verdict::Allowed { .. }));
            assert_eq!(said, model.decide(&ask), "seed {seed}: {ask:?}");
        }
    }
    assert!(passed > 50, "{passed}");
}
