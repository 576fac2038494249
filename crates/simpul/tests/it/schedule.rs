//! Random schedules of changes, deliveries and calls over whole servers: no exchange passes outside an agreement in
//! force, and what everybody knows to be in force passes.
//!
//! CI makes one schedule; `SIMPUL_AGREEMENT_SCHEDULES=20` is the long form. The seed is printed and is the number.

use std::collections::{BTreeMap, BTreeSet};

use super::agreements::{FIRST, ID, Parties};

const STEPS: usize = 36;
const PURPOSES: [&str; 2] = ["dpv:IdentityVerification", "dpv:LegalCompliance"];

/// What somebody did, as far as it matters here. A model of its own: it knows no journal.
#[derive(Clone, Debug, PartialEq)]
enum Did {
    Enter(usize),
    Suspend(Option<&'static str>),
    Resume(Option<&'static str>, &'static str),
    End,
}

/// Everything that was done, in its order, with the side that did it and what has surely arrived at the other side.
struct Model {
    acts: Vec<(&'static str, Did)>,
    arrived: BTreeMap<&'static str, usize>,
}

const OFFICERS: [(&str, [&str; 2]); 2] =
    [("id", ["Siti Rahma", "Budi Santoso"]), ("my", ["Tan Wei Ming", "Aisyah Karim"])];

impl Model {
    /// The purpose that passes when these acts are known; none if nothing passes.
    fn passing<'a>(acts: impl Iterator<Item = &'a (&'static str, Did)>) -> Option<usize> {
        let (mut version, mut ended) = (None, false);
        let mut stops = BTreeMap::<(&str, Option<&str>), BTreeSet<&str>>::new();
        for (side, did) in acts {
            match did {
                Did::Enter(number) => version = Some(*number),
                Did::Suspend(clause) => drop(stops.insert((side, *clause), BTreeSet::new())),
                Did::Resume(clause, officer) => {
                    if let Some(agreed) = stops.get_mut(&(*side, *clause)) {
                        agreed.insert(officer);
                        if agreed.len() == 2 {
                            stops.remove(&(*side, *clause));
                        }
                    }
                }
                Did::End => ended = true,
            }
        }
        version.filter(|_| !ended && stops.is_empty())
    }

    /// What a side has suspended.
    fn stopped(&self, side: &str) -> Vec<Option<&'static str>> {
        let mut stops = BTreeMap::<Option<&str>, BTreeSet<&str>>::new();
        for (_, did) in self.acts.iter().filter(|(by, _)| *by == side) {
            match did {
                Did::Suspend(clause) => drop(stops.insert(*clause, BTreeSet::new())),
                Did::Resume(clause, officer) => {
                    let agreed = stops.entry(*clause).or_default();
                    agreed.insert(officer);
                    if agreed.len() == 2 {
                        stops.remove(clause);
                    }
                }
                Did::Enter(_) | Did::End => {}
            }
        }
        stops.into_keys().collect()
    }

    /// What may pass at a side, with each part of what may or may not have arrived there.
    fn views(&self, side: &str) -> Vec<Option<usize>> {
        let foreign = self.acts.iter().filter(|(by, _)| *by != side).count();
        let arrived = self.arrived.get(side).copied().unwrap_or_default();
        let view = |upto: usize| {
            let mut others = 0;
            Self::passing(self.acts.iter().filter(move |(by, _)| {
                others += usize::from(*by != side);
                *by == side || others <= upto
            }))
        };
        (arrived..=foreign).map(view).collect()
    }

    fn deliver(&mut self, from: &'static str) {
        let to = if from == "id" { "my" } else { "id" };
        self.arrived.insert(to, self.acts.iter().filter(|(by, _)| *by == from).count());
    }
}

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n).unwrap()).unwrap()
    }
}

#[test]
fn no_exchange_passes_outside_an_agreement_in_force() {
    let schedules = std::env::var("SIMPUL_AGREEMENT_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let (mut passed, mut refused) = (0, 0);
    for seed in 1..=schedules {
        println!("schedule {seed}");
        let (one, other) = schedule(seed);
        passed += one;
        refused += other;
    }
    assert!(passed >= 5 && refused >= 5, "{passed} passed, {refused} refused");
}

fn schedule(seed: u64) -> (usize, usize) {
    let parties = Parties::connected();
    let mut running = parties.federation.start_all();
    let mut numbers = Numbers(0x5EED_0000 + seed);
    let mut model = Model { acts: Vec::new(), arrived: BTreeMap::new() };
    let (mut passed, mut refused) = (0, 0);
    let mut check = |model: &Model, settled: bool| {
        for (purpose, name) in PURPOSES.iter().enumerate() {
            let views = [model.views("id"), model.views("my")];
            let may = views.iter().all(|views| views.contains(&Some(purpose)));
            let must = views.iter().all(|views| views.iter().all(|view| *view == Some(purpose)));
            let (status, said, body) = parties.call_for(name);
            let passes = status == 200;
            assert!(
                !passes || may,
                "seed {seed}: {name} passed outside of what is in force: {said} after {:?}",
                model.acts
            );
            assert!(
                passes || !must,
                "seed {seed}: {name} is in force everywhere: {said} {body} after {:?}",
                model.acts
            );
            assert!(!settled || may == must, "everything has arrived");
            *(if passes { &mut passed } else { &mut refused }) += 1;
        }
    };
    check(&model, true);
    parties.agree_over_wire(FIRST, &[]);
    model.acts.push(("my", Did::Enter(0)));
    model.deliver("my");
    check(&model, true);
    for step in 0..STEPS {
        let (side, officers) = OFFICERS[numbers.below(2)];
        let officer = officers[numbers.below(2)];
        // Mostly what is suspended is resumed, so that calls pass too.
        let stopped = model.stopped(side);
        let any = [None, Some("2.1")][numbers.below(2)];
        let clause = stopped.get(numbers.below(stopped.len().max(1))).copied().unwrap_or(any);
        let did = match numbers.below(10) {
            _ if step == STEPS - 2 => Did::End,
            0..=1 => Did::Suspend(any),
            2..=6 if !stopped.is_empty() || numbers.below(8) == 0 => Did::Resume(clause, officer),
            8 if numbers.below(3) == 0 => {
                running.process(if side == "id" { "id/server" } else { "my/server" }).restart();
                check(&model, false);
                continue;
            }
            9 if step > STEPS / 2 && !model.acts.iter().any(|(_, did)| matches!(did, Did::Enter(1) | Did::End)) => {
                // The amendment comes into force by an act of MY that may not have arrived at once.
                for side in ["id", "my"] {
                    parties.sends(side);
                    model.deliver(side);
                }
                parties.amend();
                model.acts.push(("my", Did::Enter(1)));
                check(&model, false);
                continue;
            }
            _ => {
                parties.sends(side);
                model.deliver(side);
                check(&model, false);
                continue;
            }
        };
        let scope: &[&str] = match &did {
            Did::Suspend(Some(_)) | Did::Resume(Some(_), _) => &["--clause", "2.1"],
            _ => &[],
        };
        let told = match &did {
            Did::Suspend(_) => parties.act(officer, &[&["suspend"], scope].concat()),
            Did::Resume(..) => parties.act(officer, &[&["resume"], scope].concat()),
            _ => parties.act(officer, &["end"]),
        };
        // What its life does not allow is refused and changes nothing.
        if told.exit == 0 {
            model.acts.push((side, did));
        }
        check(&model, false);
    }
    for side in ["id", "my"] {
        parties.sends(side);
        model.deliver(side);
    }
    check(&model, true);
    let shown = |side| parties.run(side, &["show", ID, "--json"]).json();
    let (id, my) = (shown("id"), shown("my"));
    assert_eq!((&id["acts"], &id["versions"]), (&my["acts"], &my["versions"]), "seed {seed}");
    (passed, refused)
}

impl Parties {
    /// Offered, approved, signed and, with its delivery or without, in force.
    fn agree_over_wire(&self, text: &str, replaced: &[(&str, &str)]) {
        let text = replaced.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        let file = self.file("text.toml", &text);
        let send = |side| self.sends(side);
        self.offer("Siti Rahma", &file).done("redline");
        send("id");
        for (side, officers) in OFFICERS {
            officers.iter().for_each(|officer| drop(self.act(officer, &["approve"]).done("")));
            send(side);
        }
        for (side, officers) in OFFICERS {
            self.act(officers[0], &["sign"]).done("signed");
            send(side);
        }
        self.act("Tan Wei Ming", &["enter"]).done("");
        if replaced.is_empty() {
            send("my");
        }
    }

    fn amend(&self) {
        let shown = self.run("my", &["show", ID, "--json"]).json();
        let digest = shown["versions"][0]["digest"].as_str().unwrap().to_owned();
        let second = format!("version = 2\namends = \"{digest}\"");
        self.agree_over_wire(FIRST, &[("version = 1", &second), (PURPOSES[0], PURPOSES[1])]);
    }
}
