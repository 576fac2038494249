//! How long a person's question to the data trail takes, over few and over many events.
//!
//! `cargo xtask bench trail` runs it. Two trails are filled, one with a hundredth of the events of the other. Persons
//! have 1 to 1,000 events each, evenly by order of magnitude, under two epochs. Nine tenths are written person by
//! person, the rest in random order, as events come in life, so that pages are split. Then rounds of lookups of random
//! persons alternate between the two. Every lookup asks under both epochs, through `Trail`, and counts what it got.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement stops at the first error"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use serde_json::json;
use simpul_core::{ClientId, MemberId, ServiceId, UnixTime, limits};
use simpul_policy::agreement::AgreementGrant;
use simpul_policy::agreement::terms::Secrecy;
use simpul_policy::minimise::{Excess, FieldSet};
use simpul_services::trail::{
    Access, AccessEvent, Concerned, Epoch, Exchange, Page, Part, Person, Portals, SoftPseudonymKey, Trail, TrailParts,
    TrailStore,
};
use simpul_store::trail::SqliteTrail;
use simpul_trust::cert::Certificate;
use simpul_trust::keyed::Secret;
use simpul_trust::subject::{OpeningKey, Subject};

const ROUNDS: usize = 5;
/// Lookups of one kind in a round.
const LOOKUPS: usize = 1000;
/// Accesses in one commit.
const BATCH: usize = 2000;
const MOST: u32 = 1000;
struct Nobody;

impl Portals for Nobody {
    fn certificate(&self, _: &MemberId, _: &[u8; 32], _: UnixTime) -> Option<Certificate> {
        None
    }
}

/// A small generator with a fixed seed: the same events in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

/// A filled trail, and how many events each person has in it.
struct Filled {
    trail: Trail,
    store: Arc<SqliteTrail>,
    events: Vec<u32>,
    path: PathBuf,
    /// Accesses per second that came in random order.
    per_second: f64,
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

fn person(n: usize) -> Person {
    Person::new("ID".parse().unwrap(), Subject::new(format!("3201014509{n:08}")).unwrap())
}

fn trail(store: &Arc<SqliteTrail>, epochs: u32) -> Trail {
    let key = SoftPseudonymKey::new((1..=epochs).map(|n| (Epoch(n), Secret::new([7; 32])))).unwrap();
    Trail::new(
        "MY/GOV/1001/civil-registry/data-trail".parse().unwrap(),
        TrailParts {
            store: Arc::clone(store) as Arc<_>,
            key: Arc::new(key),
            portals: Arc::new(Nobody),
            opening: Arc::new(opening()),
        },
    )
}

/// Lookups are measured and assertions are not: nothing was encrypted to this key.
fn opening() -> OpeningKey {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    OpeningKey::from_pem(&key.private_key_to_pem_pkcs8().unwrap()).unwrap()
}

/// What an agreement grants; one in eight accesses is delayed, and long since shown.
fn grant(n: u64) -> AgreementGrant {
    let fields = ["persons.*.birthDate", "persons.*.name", "persons.*.status"];
    AgreementGrant {
        agreement: format!("agreement-{}", n % 20).parse().unwrap(),
        version: 1,
        digest: "5a".repeat(32).parse().unwrap(),
        clauses: vec![format!("{}.1", n % 5).parse().unwrap()],
        fields: FieldSet { allowed: fields.map(|field| field.parse().unwrap()).to_vec(), excess: Excess::Remove },
        secrecy: if n.is_multiple_of(8) {
            Secrecy::Delayed { days: 30, law: "Act 7".to_owned() }
        } else {
            Secrecy::Open
        },
        retention_days: 30,
    }
}

async fn access(trail: &Trail, who: usize, n: u64, random: &mut Random) -> Access {
    let client: ClientId = format!("ID/GOV/32{:02}/manpower", random.below(20)).parse().unwrap();
    let service: ServiceId = "MY/GOV/1001/civil-registry/persons".parse().unwrap();
    let exchange = Exchange {
        at: UnixTime::from_secs(1_700_000_000 + i64::try_from(n).unwrap() * 7),
        client: &client,
        service: &service,
        purpose: Some("dpv:FraudPrevention"),
        basis: Some("treaty-4"),
        message_id: &format!("{:016x}{:016x}", random.next(), random.next()),
        request_id: &format!("{:016x}{:016x}", random.next(), random.next()),
        record: n,
    };
    let concerned = vec![Concerned { person: person(who), part: Part::Whole }];
    trail.access(&AccessEvent::granted(&exchange, &grant(n), concerned).unwrap()).await.unwrap()
}

/// How many events each person has, until there are enough.
fn sizes(events: u64, random: &mut Random) -> Vec<u32> {
    let (mut sizes, mut left) = (Vec::new(), events);
    while left > 0 {
        let share = f64::from(u32::try_from(random.next() % 1_000_000).unwrap()) / 1e6;
        let size = f64::from(MOST).powf(share).round().clamp(1.0, f64::from(MOST));
        // In range: it was clamped.
        let size = (1..=MOST).rev().find(|n| f64::from(*n) <= size).unwrap_or(1);
        let size = u32::try_from(left).map_or(size, |left| size.min(left));
        sizes.push(size);
        left -= u64::from(size);
    }
    sizes
}

async fn fill(path: &Path, events: u64) -> Filled {
    let store = Arc::new(SqliteTrail::open(path).await.unwrap());
    let mut random = Random(0x5eed_0001);
    let sizes = sizes(events, &mut random);
    let (mut n, mut done) = (0, 0_u64);
    let trails = [trail(&store, 1), trail(&store, 2)];
    let mut late = Vec::new();
    let started = Instant::now();
    let mut told = Instant::now();
    for (old, trail) in [true, false].into_iter().zip(&trails) {
        let mut order = Vec::new();
        for who in 0..sizes.len() {
            order.push((access(trail, who, 0, &mut random).await.entries[0].pseudonym, who));
        }
        order.sort_unstable();
        let mut batch = Vec::new();
        for (_, who) in order {
            for event in 0..sizes[who] {
                if event % 10 == 9 {
                    if old {
                        late.push(who);
                    }
                } else if (event % 2 == 0) == old {
                    n += 1;
                    batch.push(access(trail, who, n, &mut random).await);
                    if batch.len() >= BATCH {
                        store.append(&batch).await.unwrap();
                        done += u64::try_from(batch.len()).unwrap();
                        batch.clear();
                        if told.elapsed() > Duration::from_secs(5) {
                            told = Instant::now();
                            say(&format!("{done} of {events} events after {} s", started.elapsed().as_secs()));
                        }
                    }
                }
            }
        }
        store.append(&batch).await.unwrap();
        done += u64::try_from(batch.len()).unwrap();
    }
    for place in (1..late.len()).rev() {
        late.swap(place, random.below(place + 1));
    }
    let since = Instant::now();
    for part in late.chunks(BATCH) {
        let mut batch = Vec::new();
        for who in part {
            n += 1;
            batch.push(access(&trails[1], *who, n, &mut random).await);
        }
        store.append(&batch).await.unwrap();
        done += u64::try_from(batch.len()).unwrap();
        if told.elapsed() > Duration::from_secs(5) {
            told = Instant::now();
            say(&format!("{done} of {events} events after {} s", started.elapsed().as_secs()));
        }
    }
    let per_second = f64::from(u32::try_from(late.len()).unwrap()) / since.elapsed().as_secs_f64();
    assert_eq!(done, events, "all events are there");
    say(&format!("{events} events of {} persons in {} s", sizes.len(), started.elapsed().as_secs()));
    let [_, trail] = trails;
    Filled { trail, store, events: sizes, path: path.to_owned(), per_second }
}

/// Milliseconds of each lookup: of the first page, or of all pages.
async fn look_up(filled: &Filled, all: bool, random: &mut Random) -> Vec<f64> {
    let now = UnixTime::from_secs(4_000_000_000);
    let limit = limits::TRAIL_PAGE.try_into().unwrap();
    let mut times = Vec::new();
    for _ in 0..LOOKUPS {
        let who = random.below(filled.events.len());
        let person = person(who);
        let (mut found, mut page) = (0, Page { after: None, limit });
        let begun = Instant::now();
        loop {
            let answer = filled.trail.seen_by(&person, page, now).await.unwrap();
            found += answer.accesses.len();
            page.after = answer.next;
            if !all || answer.next.is_none() {
                break;
            }
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        let there = usize::try_from(filled.events[who]).unwrap();
        assert_eq!(found, if all { there } else { there.min(limits::TRAIL_PAGE) }, "a wrong answer");
    }
    times.sort_by(f64::total_cmp);
    times
}

fn percentile(times: &[f64], percent: usize) -> f64 {
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

async fn measure(folder: &Path, events: u64) {
    let few = fill(&folder.join("few"), (events / 100).max(1)).await;
    let many = fill(&folder.join("many"), events).await;
    let mut random = Random(0x5eed_0002);
    // p50 and p99 of the first page, p50 and p99 of all pages; of many and of few.
    let mut figures: [[Vec<f64>; 4]; 2] = Default::default();
    for round in 1..=ROUNDS {
        for (filled, figures) in [&many, &few].into_iter().zip(&mut figures) {
            let first = look_up(filled, false, &mut random).await;
            let all = look_up(filled, true, &mut random).await;
            let measured = [(&first, 50), (&first, 99), (&all, 50), (&all, 99)];
            for ((times, percent), figures) in measured.into_iter().zip(figures.iter_mut()) {
                figures.push(percentile(times, percent));
            }
        }
        let last = |of: usize, figure: usize| figures[of][figure].last().copied().unwrap();
        say(&format!(
            "round {round}: first page p50 {:.2} ms, p99 {:.2} ms; all pages p50 {:.2} ms, p99 {:.2} ms; \
             over a hundredth of the events {:.2}, {:.2}, {:.2}, {:.2} ms",
            last(0, 0),
            last(0, 1),
            last(0, 2),
            last(0, 3),
            last(1, 0),
            last(1, 1),
            last(1, 2),
            last(1, 3)
        ));
    }
    let [over_many, over_few] = figures.map(|of| of.map(median));
    let size = std::fs::metadata(many.path.join("trail.db")).unwrap().len();
    let result = json!({
        "events": events,
        "persons": many.events.len(),
        "p50_ms": rounded(over_many[0]),
        "p99_ms": rounded(over_many[1]),
        "all_pages_p50_ms": rounded(over_many[2]),
        "all_pages_p99_ms": rounded(over_many[3]),
        "ratios": {
            "p50_to_hundredth": rounded(over_many[0] / over_few[0]),
            "p99_to_hundredth": rounded(over_many[1] / over_few[1]),
        },
        "appended_per_s": many.per_second.round(),
        "octets_per_event": size / events,
        "errors": 0,
    });
    for filled in [few, many] {
        drop(filled.trail);
        Arc::into_inner(filled.store).unwrap().close().await.unwrap();
    }
    say(&result.to_string());
}

fn main() {
    // `cargo test` builds and starts benches too, without this argument.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let value = |name: &str| std::env::args().skip_while(|a| a != name).nth(1);
    let events = value("--events").map_or(200_000, |n| n.parse().unwrap());
    let base = value("--dir").map_or_else(std::env::temp_dir, PathBuf::from);
    std::fs::create_dir_all(&base).unwrap();
    let folder = tempfile::tempdir_in(base).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(folder.path(), events));
}
