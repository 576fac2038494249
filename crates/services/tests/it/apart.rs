//! Nothing of an answer depends on what the person may not see, nor on other persons.

use proptest::prelude::*;
use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Secrecy;
use simpul_services::trail::{Part, Person, Trail};

use crate::ground::{FIELDS, Ground, LAW, data_trail, event, key, page, person};

const PERSONS: [&str; 3] = ["person-a", "person-b", "person-c"];
const DAY: i64 = 86_400;

/// One access: its moment in hours, how it is withheld, whom it concerns by which fields, and under which epoch.
#[derive(Clone, Debug)]
struct Plan {
    hour: i64,
    secrecy: Secrecy,
    persons: Vec<(usize, Vec<usize>)>,
    epoch: u32,
}

fn at(hour: i64) -> UnixTime {
    UnixTime::from_secs(1_790_000_000 + hour * 3600)
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let secrecy = prop_oneof![
        Just(Secrecy::Open),
        (0..4_u32).prop_map(|days| Secrecy::Delayed { days, law: LAW.to_owned() }),
        (0..96_i64).prop_map(|hour| Secrecy::Hidden { until: at(hour), law: LAW.to_owned() }),
    ];
    let concerned = (0..PERSONS.len(), prop::collection::vec(0..FIELDS.len(), 0..3));
    let plan = (0..48_i64, secrecy, prop::collection::vec(concerned, 1..4), 1..4_u32)
        .prop_map(|(hour, secrecy, persons, epoch)| Plan { hour, secrecy, persons, epoch });
    prop::collection::vec(plan, 0..24)
}

async fn record(ground: &Ground, plans: &[Plan], only: Option<usize>) {
    for (n, plan) in (1..).zip(plans) {
        let persons = plan.persons.iter().filter(|(who, _)| only.is_none_or(|only| only == *who));
        let concerned: Vec<_> = persons
            .map(|(who, fields)| {
                let fields = fields.iter().map(|field| FIELDS[*field].to_owned()).collect();
                simpul_services::trail::Concerned { person: person(PERSONS[*who]), part: Part::Fields(fields) }
            })
            .collect();
        if concerned.is_empty() {
            continue;
        }
        let epochs: Vec<u32> = (1..=plan.epoch).collect();
        let event = event(at(plan.hour), n, plan.secrecy.clone(), concerned).unwrap();
        ground.beside(&data_trail(), key(&epochs)).record(&event).await.unwrap();
    }
}

/// All pages as the octets that leave.
async fn pages(trail: &Trail, person: &Person, limit: usize, now: UnixTime) -> Vec<Vec<u8>> {
    let (mut all, mut page) = (Vec::new(), page(limit));
    loop {
        let answer = trail.seen_by(person, page, now).await.unwrap();
        all.push(answer.to_json());
        page.after = answer.next;
        if answer.next.is_none() {
            return all;
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_withheld_changes_nothing(plans in plans(), now in 0..160_i64, limit in 1..6_usize) {
        block_on(async {
            let (with, without) = (Ground::new(), Ground::new());
            record(&with, &plans, None).await;
            record(&without, &plans, None).await;
            without.store.forget_what_is_not_shown(at(now));
            let trails = [&with, &without].map(|ground| ground.beside(&data_trail(), key(&[1, 2, 3])));
            for who in PERSONS {
                let [one, other] = &trails;
                let now = at(now);
                let expected = pages(other, &person(who), limit, now).await;
                prop_assert_eq!(pages(one, &person(who), limit, now).await, expected);
            }
            Ok(())
        })?;
    }

    #[test]
    fn other_persons_change_nothing(plans in plans(), who in 0..PERSONS.len(), limit in 1..6_usize) {
        block_on(async {
            let (with, without) = (Ground::new(), Ground::new());
            record(&with, &plans, None).await;
            record(&without, &plans, Some(who)).await;
            let trails = [&with, &without].map(|ground| ground.beside(&data_trail(), key(&[1, 2, 3])));
            let [one, other] = &trails;
            let (who, now) = (person(PERSONS[who]), at(200));
            prop_assert_eq!(pages(one, &who, limit, now).await, pages(other, &who, limit, now).await);
            Ok(())
        })?;
    }

    /// Against a filter over all that happened.
    #[test]
    fn a_person_is_shown_all_that_may_be_shown(plans in plans(), who in 0..PERSONS.len(), now in 0..160_i64) {
        block_on(async {
            let ground = Ground::new();
            record(&ground, &plans, None).await;
            let trail = ground.beside(&data_trail(), key(&[1, 2, 3]));
            let answer = trail.seen_by(&person(PERSONS[who]), page(100), at(now)).await.unwrap();
            let mut shown: Vec<u64> = answer.accesses.iter().map(|access| access.evidence.record).collect();
            shown.sort_unstable();
            let from = |plan: &Plan| match plan.secrecy {
                Secrecy::Open => at(plan.hour),
                Secrecy::Delayed { days, .. } => UnixTime::from_secs(at(plan.hour).secs() + i64::from(days) * DAY),
                Secrecy::Hidden { until, .. } => until.max(at(plan.hour)),
            };
            let concerns = |plan: &Plan| plan.persons.iter().any(|(n, _)| *n == who);
            let may = plans.iter().zip(1..).filter(|(plan, _)| concerns(plan) && from(plan) <= at(now));
            prop_assert_eq!(shown, may.map(|(_, n)| n).collect::<Vec<u64>>());
            Ok(())
        })?;
    }
}
