//! The suite that every [`Sessions`] and every [`Posts`] must pass.
//!
//! A store runs it with [`sessions_contract!`](crate::sessions_contract). Each case gets stores of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test suite fails by panicking")]

use simpul_core::{UnixTime, limits};

use super::{Begun, Person, PostKey, Posts, Role, Session, SessionKey, Sessions};

/// Makes a test of each case of the suite. `$test` is the attribute that runs an asynchronous test; `$open` is an
/// `async fn` without arguments that gives a guard, an empty `Arc<dyn Sessions>` and an empty `Arc<dyn Posts>`. The guard
/// is dropped after the case.
#[macro_export]
macro_rules! sessions_contract {
    ($test:meta, $open:path) => {
        $crate::sessions_contract! { $test, $open; sessions:
            a_session_is_kept_whole, what_ended_is_gone, use_and_proof_are_kept, a_person_sees_their_own,
            a_handle_ends_for_its_person_alone, one_more_than_a_person_may_have_ends_the_oldest }
        $crate::sessions_contract! { $test, $open; posts:
            a_post_is_fresh_once, what_was_done_leads_where_it_led, what_failed_may_be_sent_again, posts_of_sessions_are_apart,
            a_post_is_remembered_for_a_day }
    };
    ($test:meta, $open:path; sessions: $($case:ident),+) => { $(
        #[$test]
        async fn $case() {
            let (_guard, sessions, _posts) = $open().await;
            $crate::session::contract::$case(&*sessions).await;
        }
    )+ };
    ($test:meta, $open:path; posts: $($case:ident),+) => { $(
        #[$test]
        async fn $case() {
            let (_guard, _sessions, posts) = $open().await;
            $crate::session::contract::$case(&*posts).await;
        }
    )+ };
}

/// A key that differs for each number.
#[must_use]
pub fn key(n: usize) -> SessionKey {
    SessionKey::from_bytes(openssl::sha::sha256(&n.to_be_bytes()))
}

/// A session of a person, or of nobody, begun at a second.
#[must_use]
pub fn session(person: Option<&str>, second: i64) -> Session {
    let at = UnixTime::from_secs(second);
    let person = person.map(|id| Person {
        id: id.to_owned(),
        name: "Sekar Ayu".to_owned(),
        roles: vec![Role::Citizen],
        national: None,
    });
    Session { handle: format!("h-{second}"), person, begun: at, seen: at, raised: None, agent: "browser".to_owned() }
}

/// What was opened is found as it was.
pub async fn a_session_is_kept_whole(sessions: &dyn Sessions) {
    assert_eq!(sessions.find(&key(1)).await.unwrap(), None);
    for (n, person) in [(1, Some("a")), (2, None)] {
        sessions.open(key(n), session(person, 5)).await.unwrap();
        assert_eq!(sessions.find(&key(n)).await.unwrap(), Some(session(person, 5)));
    }
}

/// Ending takes it away, and may be done twice.
pub async fn what_ended_is_gone(sessions: &dyn Sessions) {
    sessions.open(key(1), session(Some("a"), 5)).await.unwrap();
    for _ in 0..2 {
        sessions.end(&key(1)).await.unwrap();
        assert_eq!(sessions.find(&key(1)).await.unwrap(), None);
    }
    sessions.touch(&key(1), UnixTime::from_secs(6), None).await.unwrap();
    assert_eq!(sessions.find(&key(1)).await.unwrap(), None, "use brings nothing back");
}

/// Use moves `seen`; a proof stays until the next.
pub async fn use_and_proof_are_kept(sessions: &dyn Sessions) {
    sessions.open(key(1), session(Some("a"), 5)).await.unwrap();
    let at = UnixTime::from_secs;
    sessions.touch(&key(1), at(6), Some(at(6))).await.unwrap();
    sessions.touch(&key(1), at(7), None).await.unwrap();
    let found = sessions.find(&key(1)).await.unwrap().unwrap();
    assert_eq!((found.begun, found.seen, found.raised), (at(5), at(7), Some(at(6))));
}

/// A list holds the sessions of one person, newest first.
pub async fn a_person_sees_their_own(sessions: &dyn Sessions) {
    for (n, person, second) in [(1, Some("a"), 1), (2, Some("b"), 2), (3, Some("a"), 3), (4, None, 4)] {
        sessions.open(key(n), session(person, second)).await.unwrap();
    }
    let handles: Vec<_> = sessions.of_person("a").await.unwrap().into_iter().map(|one| one.handle).collect();
    assert_eq!(handles, ["h-3", "h-1"]);
    assert!(sessions.of_person("c").await.unwrap().is_empty());
}

/// Who knows a handle ends nothing of somebody else.
pub async fn a_handle_ends_for_its_person_alone(sessions: &dyn Sessions) {
    sessions.open(key(1), session(Some("a"), 1)).await.unwrap();
    assert!(!sessions.end_of_person("b", "h-1").await.unwrap());
    assert!(!sessions.end_of_person("a", "h-2").await.unwrap());
    assert!(sessions.end_of_person("a", "h-1").await.unwrap());
    assert_eq!(sessions.find(&key(1)).await.unwrap(), None);
}

/// The bound on the sessions of one person.
pub async fn one_more_than_a_person_may_have_ends_the_oldest(sessions: &dyn Sessions) {
    sessions.open(key(1000), session(Some("b"), 0)).await.unwrap();
    for n in 0..=limits::SESSIONS_OF_ONE {
        assert!(sessions.find(&key(0)).await.unwrap().is_some() || n == 0, "the bound itself ends nothing");
        sessions.open(key(n), session(Some("a"), i64::try_from(n).unwrap_or(0) + 1)).await.unwrap();
    }
    assert_eq!(sessions.find(&key(0)).await.unwrap(), None);
    assert_eq!(sessions.of_person("a").await.unwrap().len(), limits::SESSIONS_OF_ONE);
    assert_eq!(sessions.of_person("b").await.unwrap().len(), 1, "nobody else's");
}

fn post(n: usize, form: &str) -> PostKey {
    PostKey::of(&key(n), form)
}

const NOON: UnixTime = UnixTime::from_secs(1_000_000);

/// Of two beginnings one is fresh.
pub async fn a_post_is_fresh_once(posts: &dyn Posts) {
    assert_eq!(posts.begin(post(1, "f"), NOON).await.unwrap(), Begun::Fresh);
    assert_eq!(posts.begin(post(1, "f"), NOON).await.unwrap(), Begun::Running);
}

/// What was done is known by where it led.
pub async fn what_was_done_leads_where_it_led(posts: &dyn Posts) {
    posts.begin(post(1, "f"), NOON).await.unwrap();
    posts.finish(&post(1, "f"), "/done").await.unwrap();
    assert_eq!(posts.begin(post(1, "f"), NOON).await.unwrap(), Begun::Done("/done".to_owned()));
}

/// What failed may be sent again.
pub async fn what_failed_may_be_sent_again(posts: &dyn Posts) {
    posts.begin(post(1, "f"), NOON).await.unwrap();
    posts.forget(&post(1, "f")).await.unwrap();
    assert_eq!(posts.begin(post(1, "f"), NOON).await.unwrap(), Begun::Fresh);
}

/// The same key of another session, or another key of the same, is another post.
pub async fn posts_of_sessions_are_apart(posts: &dyn Posts) {
    for one in [post(1, "f"), post(2, "f"), post(1, "g")] {
        assert_eq!(posts.begin(one, NOON).await.unwrap(), Begun::Fresh);
    }
}

/// A day later it is new.
pub async fn a_post_is_remembered_for_a_day(posts: &dyn Posts) {
    let hours = |n: u64| NOON.plus(std::time::Duration::from_secs(n * 3600));
    posts.begin(post(1, "f"), NOON).await.unwrap();
    posts.finish(&post(1, "f"), "/done").await.unwrap();
    assert_eq!(posts.begin(post(1, "f"), hours(23)).await.unwrap(), Begun::Done("/done".to_owned()));
    assert_eq!(posts.begin(post(1, "f"), hours(24)).await.unwrap(), Begun::Fresh);
}

#[cfg(test)]
mod in_memory {
    use std::sync::Arc;

    use crate::session::{MemoryPosts, MemorySessions, Posts, Sessions};

    async fn fresh() -> ((), Arc<dyn Sessions>, Arc<dyn Posts>) {
        ((), Arc::new(MemorySessions::default()), Arc::new(MemoryPosts::default()))
    }

    crate::sessions_contract!(tokio::test, fresh);
}
