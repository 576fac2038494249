//! Events and summaries to keep.

use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Language;

use crate::application::answer::{Address, Answer};
use crate::application::event::{Event, Obstacle, Override, PaymentEnd, PaymentRequested, Ruling, What};
use crate::application::fold::Application;
use crate::application::person::{Actor, Applicant, Citizen, Mandate, NationalId, Officer, PersonName, Remark};
use crate::application::reference::{Reference, Seed};
use crate::application::store::{Append, QueueEntry, Summary};
use crate::catalogue::Outcome;
use crate::evidence::{Fetched, Provenance, Record};

/// The identifier of the person with this number.
#[must_use]
pub fn person(n: u32) -> NationalId {
    NationalId::new("ID".parse().unwrap(), format!("LAB-{n:05}")).unwrap()
}

/// The person with this number.
#[must_use]
pub fn citizen(n: u32) -> Citizen {
    Citizen::new(person(n), PersonName::new(&format!("Warga {n}")).unwrap())
}

/// An officer of an office.
#[must_use]
pub fn officer(id: &str, office: &str) -> Officer {
    let name = |text: &str| PersonName::new(text).unwrap();
    Officer::new(name(id), name(&format!("Petugas {id}")), name("Pemeriksa"), office.parse().unwrap())
}

/// The reference with this number.
#[must_use]
pub fn reference(n: u32) -> Reference {
    Reference::new(Seed(u128::from(n).to_be_bytes()))
}

/// The first event of a draft of the person with this number, begun so many seconds after 2026-11-22T00:00:00Z.
#[must_use]
pub fn draft(n: u32, secs: i64) -> Event {
    let at = UnixTime::from_secs(1_795_305_600 + secs);
    Event {
        seq: 1,
        at,
        actor: Actor::Citizen,
        what: What::Started {
            service: "diploma-recognition".parse().unwrap(),
            version: 1,
            applicant: Box::new(Applicant { citizen: citizen(n), mandate: None }),
            expires: at.plus(std::time::Duration::from_secs(90 * 86_400)),
        },
    }
}

/// A first event to append, without a key.
#[must_use]
pub fn append(reference: Reference, event: Event) -> Append {
    let application = Application::begin(reference, &event).unwrap();
    Append { reference, expected: 0, events: vec![event], summary: Summary::of(&application), key: None }
}

/// The same in the queue of an office until so many seconds after 1970, waiting for the citizen or not.
#[must_use]
pub fn queued(n: u32, office: &str, deadline: i64, waits: bool) -> Append {
    let mut queued = append(reference(n), draft(n, i64::from(n)));
    queued.summary.waits = waits;
    queued.summary.state = if waits { "needs-citizen" } else { "in-progress" }.to_owned();
    queued.summary.wakes = None;
    queued.summary.work = Some(QueueEntry {
        office: office.parse().unwrap(),
        stage: "examination".parse().unwrap(),
        deadline: UnixTime::from_secs(deadline),
        taken: n.is_multiple_of(2).then(|| format!("officer {n}")),
    });
    queued
}

fn remark(text: &str) -> Remark {
    Remark::new(text).unwrap()
}

/// An answer of every kind.
fn answers() -> Vec<What> {
    let address = Address {
        street: "Jalan Contoh 1".to_owned(),
        locality: String::new(),
        city: "Kota Contoh".to_owned(),
        province: "Provinsi Contoh".to_owned(),
        postal_code: "10110".to_owned(),
    };
    let answers = [
        Answer::Text("é\n\"".to_owned()),
        Answer::Number(-7),
        Answer::Date("2026-11-22".parse().unwrap()),
        Answer::YesNo(true),
        Answer::Choice("work".parse().unwrap()),
        Answer::Choices(vec!["a".parse().unwrap(), "b".parse().unwrap()]),
        Answer::Address(address),
    ];
    answers.map(|answer| What::Answered { question: "q".parse().unwrap(), answer: Some(answer) }).into()
}

/// One event of every kind, with every shape of its parts, numbered from 1. They are no application.
#[must_use]
pub fn every_kind_of_event() -> Vec<Event> {
    let at = UnixTime::from_secs(1_795_305_600);
    let provenance = Provenance {
        source: "MY/GOV/1002/qualifications/diplomas".parse().unwrap(),
        at,
        message_id: "ID-1".to_owned(),
        record: Some(7),
        agreement: Some("id-my-lab 1".to_owned()),
    };
    let bare = Provenance { record: None, agreement: None, ..provenance.clone() };
    let record = |value: &str| Record(vec![("number".parse().unwrap(), value.to_owned())]);
    let ruling = |outcome| Ruling {
        outcome,
        ground: "equal".parse().unwrap(),
        law: "Act 1".to_owned(),
        reason: Some(remark("because")),
        overrides: [
            Obstacle::RuleFails("r".parse().unwrap()),
            Obstacle::RuleUnknown("r".parse().unwrap()),
            Obstacle::Disputed("e".parse().unwrap(), "f".parse().unwrap()),
            Obstacle::Stale("e".parse().unwrap()),
        ]
        .map(|obstacle| Override { obstacle, reason: remark("seen in the original") })
        .into(),
    };
    let bare_ruling = Ruling { reason: None, overrides: vec![], ..ruling(Outcome::Refuse) };
    let mandate = Mandate { principal: citizen(2), proof: remark("civil register, entry 7") };
    let started = What::Started {
        service: "diploma-recognition".parse().unwrap(),
        version: 1,
        applicant: Box::new(Applicant { citizen: citizen(1), mandate: Some(mandate) }),
        expires: at,
    };
    let e = || "e".parse().unwrap();
    let f = || "f".parse().unwrap();
    let citizens = [
        vec![started],
        answers(),
        vec![
            What::Answered { question: "q".parse().unwrap(), answer: None },
            What::Consented { evidence: e(), words: "ab".repeat(32), language: Language::Indonesian },
            What::Consented { evidence: e(), words: "ab".repeat(32), language: Language::English },
            What::ConsentWithdrawn { evidence: e() },
            What::Fetched {
                evidence: e(),
                fetched: Fetched { records: vec![record("1"), record("2")], provenance: provenance.clone() },
            },
            What::NoData { evidence: e(), provenance: bare },
            What::Refused { evidence: e(), reason: "no agreement".to_owned() },
            What::Unavailable { evidence: e(), reason: String::new() },
            What::ByHand { evidence: e() },
            What::RecordChosen { evidence: e(), record: 1 },
            What::Disputed { evidence: e(), field: f(), claim: remark("another one") },
            What::Submitted { charge: -5 },
            What::PaymentRequested(PaymentRequested {
                payment: "p".to_owned(),
                attempt: 1,
                amount: 5,
                code: "c".to_owned(),
                expires: at,
            }),
            What::Wrote(remark("hello")),
            What::Replied { text: remark("yes"), deadline: at },
            What::Withdrawn,
        ],
    ]
    .concat();
    let system = vec![
        What::Paid { payment: "p".to_owned(), receipt: "r".to_owned() },
        What::PaymentEnded { payment: "p".to_owned(), how: PaymentEnd::Failed },
        What::PaymentEnded { payment: "p".to_owned(), how: PaymentEnd::Expired },
        What::Entered { index: 0, stage: "s".parse().unwrap(), office: "o".parse().unwrap(), deadline: at },
        What::Closed { letter: None },
        What::Expired,
    ];
    let officers = vec![
        What::DisputeSettled { evidence: e(), field: f(), upheld: true, reason: remark("it is so") },
        What::Taken,
        What::Noted(remark("note")),
        What::Asked(remark("which?")),
        What::Proposed(ruling(Outcome::Grant)),
        What::Returned(remark("look again")),
        What::Decided { ruling: ruling(Outcome::Grant), persons: 2 },
        What::Decided { ruling: bare_ruling, persons: 1 },
        What::Closed { letter: Some("letter.asice".to_owned()) },
    ];
    let by = |actor: Actor| move |what: What| (actor.clone(), what);
    let all = citizens.into_iter().map(by(Actor::Citizen));
    let all = all.chain(system.into_iter().map(by(Actor::System)));
    let all = all.chain(officers.into_iter().map(by(Actor::Officer(officer("a", "recognition")))));
    (1..).zip(all).map(|(seq, (actor, what))| Event { seq, at, actor, what }).collect()
}
