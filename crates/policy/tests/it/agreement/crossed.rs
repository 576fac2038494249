//! Parties that act at the same moment, over random schedules: when everything has arrived, all journals tell the same,
//! which is what a slow model makes of the set of acts. And at no moment does a party's own word lose its effect.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use simpul_core::{MemberId, UnixTime};
use simpul_policy::agreement::Agreement;
use simpul_policy::agreement::act::{Act, Journal, Step};
use simpul_policy::agreement::life::{Actor, Life, Scope};

use super::SAMPLE;
use super::first_version;
use super::generated::Numbers;

/// Schedules in every run; `SIMPUL_SCHEDULES` makes more.
const SCHEDULES: u64 = 150;
const STEPS: usize = 90;
const BEGIN: i64 = 1_790_000_000_000;

/// One party: what it knows, and how much of each other's acts has arrived.
struct Party {
    member: MemberId,
    journal: Journal,
    clock: i64,
    /// How much of this party's acts each other has.
    arrived: BTreeMap<usize, usize>,
    /// What it has suspended and not resumed, and who agreed to resume; by its own acts alone.
    held: BTreeMap<String, BTreeSet<String>>,
    /// Whether it has ended what was in force.
    ended: bool,
}

impl Party {
    fn own(&self) -> Vec<Act> {
        self.journal.of_party(&self.member, None).cloned().collect()
    }

    /// Tries a step as an officer of this party sees things; false if it is not possible now.
    fn tries(&mut self, step: Step, version: u32, officer: &str) -> bool {
        let text = match (step.document(), self.journal.history().life(version)) {
            (Some(text), _) => text.clone(),
            (None, Some(life)) => life.agreement().clone(),
            (None, None) => return false,
        };
        let by = Actor { member: self.member.clone(), officer: officer.to_owned() };
        let act = Act::new(&text, step.clone(), by, self.journal.moment(UnixTime::from_millis(self.clock)));
        let decided = self.journal.history().deciding().is_some_and(|life| life.agreement().version() == version);
        if self.journal.take(act).is_err() {
            return false;
        }
        match step {
            Step::Suspend(scope) => drop(self.held.insert(format!("{scope:?}"), BTreeSet::new())),
            Step::Resume(scope) => {
                let agreed = self.held.entry(format!("{scope:?}")).or_default();
                agreed.insert(officer.to_owned());
                if agreed.len() == 2 {
                    self.held.remove(&format!("{scope:?}"));
                }
            }
            Step::End => self.ended |= decided,
            // What as it is settled was only given up may be signed anew.
            Step::Sign(_) => self.ended = false,
            _ => {}
        }
        true
    }
}

fn text(version: u32, amends: Option<&Agreement>, days: usize, three: bool) -> Agreement {
    let mut text = first_version(SAMPLE).replacen("retention-days = 30", &format!("retention-days = {days}"), 1);
    // Names are enough here; what keys add has tests of its own.
    while let Some(place) = text.find(", certificate = \"") {
        let end = place + 17 + text[place + 17..].find('"').unwrap() + 1;
        text.replace_range(place..end, "");
    }
    if let Some(base) = amends {
        let line = format!("version = {version}\namends = \"{}\"", base.digest());
        text = text.replacen("version = 1", &line, 1);
    }
    if three {
        let third = "[[party]]\ninstance = \"SG\"\nmember = \"SG/GOV/5\"\nsubsystems = [\"z\"]\n\
                     officer = [{ name = \"Lim\", role = \"a\" }, { name = \"Ong\", role = \"b\" }]\n\n[[clause]]";
        text = text.replacen("[[clause]]", third, 1);
    }
    Agreement::from_toml(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[test]
fn whatever_crosses_all_parties_come_to_the_same() {
    let schedules = std::env::var("SIMPUL_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(SCHEDULES);
    let mut reached = BTreeMap::<&str, usize>::new();
    for seed in 0..schedules {
        let mut numbers = Numbers(seed);
        let three = numbers.one_in(3);
        let first = text(1, None, 30, three);
        let mut parties: Vec<Party> = first
            .parties()
            .iter()
            .map(|party| Party {
                member: party.member.clone(),
                journal: Journal::default(),
                clock: BEGIN + i64::try_from(numbers.below(2000)).unwrap(),
                arrived: BTreeMap::new(),
                held: BTreeMap::new(),
                ended: false,
            })
            .collect();
        let officers: Vec<Vec<String>> =
            first.parties().iter().map(|p| p.officers.iter().map(|o| o.name.clone()).collect()).collect();
        for _ in 0..STEPS {
            let who = numbers.below(parties.len());
            if numbers.one_in(3) {
                deliver(&mut parties, who, &mut numbers);
            } else {
                step(&mut parties[who], &officers[who], three, &mut numbers);
            }
            check(&parties[who]);
        }
        // Everything arrives at last.
        while (0..parties.len()).any(|who| deliver(&mut parties, who, &mut numbers)) {}
        let told = |journal: &Journal| {
            journal.settled().map(|(act, void)| (act.to_json(), void.map(ToString::to_string))).collect::<Vec<_>>()
        };
        for other in &parties[1..] {
            assert_eq!(other.journal.history(), parties[0].journal.history(), "schedule {seed}");
            assert_eq!(told(&other.journal), told(&parties[0].journal), "schedule {seed}: told alike");
        }
        parties.iter().for_each(check);
        let journal = &parties[0].journal;
        let modelled = model(journal.acts());
        assert_eq!(standing(journal), modelled, "schedule {seed}");
        *reached.entry(journal.history().deciding().map_or("none", Life::name)).or_default() += 1;
        *reached.entry("void").or_default() += journal.settled().filter(|(_, void)| void.is_some()).count();
        *reached.entry("amended").or_default() += usize::from(journal.history().lives().count() > 1);
    }
    println!("{reached:?}");
    for state in ["none", "in-force", "suspended", "ended", "void", "amended"] {
        assert!(reached.get(state).is_some_and(|n| *n > 0), "{state}: {reached:?}");
    }
}

/// Something that an officer may want to do now.
fn step(party: &mut Party, officers: &[String], three: bool, numbers: &mut Numbers) {
    party.clock += i64::try_from(numbers.below(40)).unwrap();
    let officer = numbers.of(officers);
    let history = party.journal.history();
    let newest = history.newest().map(|life| (life.name(), life.agreement().version()));
    let deciding = history.deciding().map(|life| life.agreement().clone());
    let version = newest.map_or(1, |(_, version)| version);
    let amended = deciding.as_ref().filter(|text| text.version() < version);
    let days = 1 + numbers.below(3);
    let scope = if numbers.one_in(2) { Scope::Whole } else { Scope::Clause("2.1".parse().unwrap()) };
    let stopped = deciding.as_ref().map_or(version, Agreement::version);
    if numbers.one_in(40) {
        party.tries(Step::End, version, &officer);
    } else if numbers.one_in(12) {
        party.tries(Step::Suspend(scope), stopped, &officer);
    } else if numbers.one_in(4) && !party.held.is_empty() {
        party.tries(Step::Resume(scope), stopped, &officer);
    }
    match newest {
        None | Some(("ended", _)) => {
            let _ = party.tries(Step::Offer(Box::new(text(1, None, days, three))), 1, &officer);
        }
        Some(("redline", version)) => {
            let answered = numbers.one_in(8) && {
                let base = amended.filter(|_| version > 1);
                let next = text(version, base, days, three);
                party.tries(Step::Answer(Box::new(next)), version, &officer)
            };
            let _ = answered
                || party.tries(Step::Approve, version, &officer)
                || party.tries(Step::Sign(format!("<{officer}/>")), version, &officer);
        }
        Some(("signed", version)) => {
            let _ = party.tries(Step::Sign(format!("<{officer}/>")), version, &officer)
                || party.tries(Step::Enter, version, &officer);
        }
        Some((_, version)) if numbers.one_in(4) => {
            let next = text(version + 1, deciding.as_ref(), days, three);
            let _ = party.tries(Step::Offer(Box::new(next)), version + 1, &officer);
        }
        Some(_) => {}
    }
}

/// Some of what a party did arrives at another one, in its order. False if everything had arrived at all.
fn deliver(parties: &mut [Party], from: usize, numbers: &mut Numbers) -> bool {
    let own = parties[from].own();
    let mut moved = false;
    for to in (0..parties.len()).filter(|to| *to != from) {
        let have = parties[from].arrived.get(&to).copied().unwrap_or_default();
        let upto = have + numbers.below(own.len() - have + 1);
        for (place, act) in own.iter().enumerate().take(upto).skip(have) {
            // A text of a third party may not be here yet: it is tried again later.
            if parties[to].journal.merge(act.clone()).is_err() {
                break;
            }
            parties[from].arrived.insert(to, place + 1);
        }
        moved |= parties[from].arrived.get(&to).copied().unwrap_or_default() < own.len();
    }
    moved
}

/// What must hold at every moment at every party.
fn check(party: &Party) {
    let journal = &party.journal;
    let Some(life @ (Life::InForce(_) | Life::Suspended(_))) = journal.history().deciding() else { return };
    let text = life.agreement();
    for of in text.parties() {
        let signed = |act: &&Act| matches!(act.step, Step::Sign(_)) && act.digest == text.digest();
        assert!(journal.of_party(&of.member, None).any(|act| signed(&act)), "{} has not signed", of.member);
    }
    let stops = life.suspensions().unwrap();
    if party.held.contains_key("Whole") {
        assert!(stops.whole, "what {} suspended stays so until two of its officers resume", party.member);
    }
    if party.held.len() > usize::from(party.held.contains_key("Whole")) {
        assert!(stops.whole || !stops.clauses.is_empty(), "{}", party.member);
    }
    assert!(!party.ended, "what {} ended stays so", party.member);
}

/// Where each version stands, as the journal says.
fn standing(journal: &Journal) -> Vec<String> {
    let deciding = journal.history().deciding().map(|life| life.agreement().version());
    let of = |life: &Life| {
        let text = life.agreement();
        let mut stops = Vec::new();
        if let Life::Suspended(suspended) = life {
            let said = |scope: &Scope| match scope {
                Scope::Whole => "all".to_owned(),
                Scope::Clause(id) => id.to_string(),
            };
            stops.extend(
                suspended.stops().iter().map(|s| format!("{} {} {}", s.by.short(), said(&s.scope), s.resume.len())),
            );
        }
        stops.sort();
        let (version, decides) = (text.version(), deciding == Some(text.version()));
        let name = if deciding.is_some_and(|d| version < d) { "replaced" } else { life.name() };
        let stops = if decides { stops } else { Vec::new() };
        format!("{version} {} {name} {decides} {stops:?}", text.digest())
    };
    journal.history().lives().map(of).collect()
}

/// A version in the model.
#[derive(Default, Clone)]
struct Known {
    digest: String,
    author: String,
    state: &'static str,
    entered: bool,
    amends: String,
    approved: BTreeSet<(String, String)>,
    signed: BTreeSet<String>,
}

/// The slow model: the acts as JSON, put in order by what they say, and plain rules. It knows no life and no history.
fn model(acts: &[Act]) -> Vec<String> {
    let mut acts: Vec<Value> = acts.iter().map(|act| serde_json::from_str(&act.to_json()).unwrap()).collect();
    let word = |act: &Value, name: &str| act.pointer(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let at = |act: &Value| word(act, "/at").parse::<UnixTime>().unwrap().millis();
    acts.sort_by_key(|act| (at(act), word(act, "/by/member")));
    let parties = acts.first().map_or(0, |act| act["document"]["party"].as_array().map_or(0, Vec::len));
    let mut versions = BTreeMap::<u64, Known>::new();
    let mut stops = BTreeMap::<(String, String), BTreeSet<String>>::new();
    let mut tried = BTreeSet::<u64>::new();
    for act in &acts {
        let (kind, digest) = (word(act, "/act"), word(act, "/digest"));
        let (member, officer) = (word(act, "/by/member"), word(act, "/by/officer"));
        let number = act["version"].as_u64().unwrap();
        let decides = versions.iter().rev().find(|(_, v)| v.entered).map(|(n, v)| (*n, v.clone()));
        let base_stands = match (number, &decides) {
            (1, _) => true,
            (_, Some((n, v))) => n + 1 == number && v.state == "in-force",
            (_, None) => false,
        };
        let scope = act["clause"].as_str().unwrap_or("all").to_owned();
        let fresh = || Known {
            digest: digest.clone(),
            author: member.clone(),
            state: "redline",
            amends: act["document"]["amends"].as_str().unwrap_or_default().to_owned(),
            ..Known::default()
        };
        match (kind.as_str(), versions.get_mut(&number)) {
            ("offer", known) => {
                let free = known.is_none_or(|v| v.state == "ended" && !v.entered);
                let amends = act["document"]["amends"].as_str().unwrap_or_default();
                let follows = number == 1 || decides.as_ref().is_some_and(|(_, v)| v.digest == amends);
                if free && base_stands && follows {
                    versions.insert(number, fresh());
                }
            }
            ("answer", Some(v))
                if v.state == "redline"
                    && v.author != member
                    && v.amends == act["document"]["amends"].as_str().unwrap_or_default() =>
            {
                *v = fresh();
            }
            ("approve", Some(v)) if v.state == "redline" && v.digest == digest => {
                v.approved.insert((member, officer));
            }
            ("sign", Some(v)) if ["redline", "signed"].contains(&v.state) && v.digest == digest => {
                let mut by = BTreeMap::<&String, usize>::new();
                v.approved.iter().for_each(|(member, _)| *by.entry(member).or_default() += 1);
                if by.len() == parties && by.values().all(|n| *n >= 2) {
                    v.state = "signed";
                    v.signed.insert(member);
                }
            }
            ("enter", Some(v))
                if v.state == "signed" && v.digest == digest && v.signed.len() == parties && base_stands =>
            {
                (v.state, v.entered) = ("in-force", true);
            }
            ("enter", _) => drop(tried.insert(number)),
            ("suspend", _) if decides.as_ref().is_none_or(|(_, v)| v.state == "in-force") => {
                stops.insert((member, scope), BTreeSet::new());
            }
            ("resume", _) if decides.as_ref().is_none_or(|(_, v)| v.state == "in-force") => {
                if let Some(agreed) = stops.get_mut(&(member.clone(), scope.clone())) {
                    agreed.insert(officer);
                    if agreed.len() == 2 {
                        stops.remove(&(member, scope));
                    }
                }
            }
            ("end", known) => {
                let entered = known.as_ref().is_some_and(|v| v.entered);
                if let Some(v) = known.filter(|v| !v.entered) {
                    v.state = "ended";
                }
                if (entered || tried.contains(&number))
                    && let Some(v) = decides.and_then(|(n, _)| versions.get_mut(&n))
                {
                    v.state = "ended";
                }
            }
            _ => {}
        }
    }
    let deciding = versions.iter().rev().find(|(_, v)| v.entered).map(|(n, _)| *n);
    let of = |(number, v): (&u64, &Known)| {
        let decides = deciding == Some(*number);
        let mut all: Vec<String> = stops.iter().map(|((m, s), agreed)| format!("{m} {s} {}", agreed.len())).collect();
        all.sort();
        let stands = decides && v.state == "in-force";
        let stops = if stands { all } else { Vec::new() };
        let name = match v.state {
            _ if deciding.is_some_and(|d| *number < d) => "replaced",
            "in-force" if !stops.is_empty() => "suspended",
            state => state,
        };
        format!("{number} {} {name} {decides} {stops:?}", v.digest)
    };
    versions.iter().map(of).collect()
}
