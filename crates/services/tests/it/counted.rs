//! What the ombudsman is told.

use simpul_policy::agreement::terms::Secrecy;
use simpul_services::trail::{Counted, Month, TrailError};

use crate::ground::{Ground, LAW, delayed, hidden, key, time, whole};

const SETTLED: &str = "2026-12-02T00:00:00Z";

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

async fn counted(ground: &Ground, of: &str, law: &str) -> Counted {
    ground.trail.counted(month(of), law, time(SETTLED)).await.unwrap()
}

#[tokio::test]
async fn small_counts_are_not_told() {
    let ground = Ground::new();
    for n in 1..=12 {
        let expected = if n < 11 { Counted::Few } else { Counted::Exactly(n - 1) };
        assert_eq!(counted(&ground, "2026-11", LAW).await, expected, "{} accesses", n - 1);
        ground.record(time("2026-11-03T10:00:00Z"), n, delayed(30), vec![whole("person-a"), whole("person-b")]).await;
    }
    assert_eq!(counted(&ground, "2026-11", LAW).await.to_string(), "12");
}

/// No access is in two counts that can be asked for, and open accesses are in none.
#[tokio::test]
async fn an_access_is_in_one_count_alone() {
    let ground = Ground::new();
    let other = || Secrecy::Delayed { days: 5, law: "Act 8".to_owned() };
    for n in 0..20 {
        ground.record(time("2026-10-31T23:59:59.999Z"), n, delayed(5), vec![whole("person-a")]).await;
        ground
            .record(time("2026-11-01T00:00:00Z"), 100 + n, hidden("2031-01-01T00:00:00Z"), vec![whole("person-a")])
            .await;
        ground.record(time("2026-11-01T00:00:00Z"), 200 + n, delayed(5), vec![whole("person-b")]).await;
        ground.record(time("2026-11-01T00:00:00Z"), 300 + n, Secrecy::Open, vec![whole("person-a")]).await;
    }
    for n in 0..11 {
        ground.record(time("2026-11-01T00:00:00Z"), 400 + n, other(), vec![whole("person-a")]).await;
    }
    for (of, law, expected) in [
        ("2026-10", LAW, Counted::Exactly(20)),
        ("2026-11", LAW, Counted::Exactly(40)),
        ("2026-11", "Act 8", Counted::Exactly(11)),
        ("2026-10", "Act 8", Counted::Few),
        ("2026-11", "Act 9", Counted::Few),
        ("2026-09", LAW, Counted::Few),
    ] {
        assert_eq!(counted(&ground, of, law).await, expected, "{of} {law}");
    }
    let other = ground.beside(&"MY/GOV/1002/tax/data-trail".parse().unwrap(), key(&[1]));
    assert_eq!(other.counted(month("2026-11"), LAW, time(SETTLED)).await.unwrap(), Counted::Few);
}

/// Were a running month counted, two counts of it would tell of the access between them.
#[tokio::test]
async fn a_month_is_counted_when_it_is_over() {
    let ground = Ground::new();
    for (now, told) in [
        ("2026-11-15T00:00:00Z", false),
        ("2026-12-01T00:00:00Z", false),
        ("2026-12-01T23:59:59.999Z", false),
        (SETTLED, true),
        ("2027-12-02T00:00:00Z", true),
    ] {
        let outcome = ground.trail.counted(month("2026-11"), LAW, time(now)).await;
        assert_eq!(outcome.is_ok(), told, "{now}");
        assert!(told || matches!(outcome, Err(TrailError::NotSettled(_))));
    }
}

/// What was withheld stays counted when the person sees it.
#[tokio::test]
async fn a_count_does_not_change_when_accesses_come_to_be_shown() {
    let ground = Ground::new();
    for n in 0..15 {
        ground.record(time("2026-11-03T10:00:00Z"), n, delayed(40), vec![whole("person-a")]).await;
    }
    for now in [SETTLED, "2026-12-13T10:00:00Z", "2030-01-01T00:00:00Z"] {
        let told = ground.trail.counted(month("2026-11"), LAW, time(now)).await.unwrap();
        assert_eq!(told, Counted::Exactly(15), "{now}");
    }
}
