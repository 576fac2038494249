//! The rules of sessions over a store.

use std::sync::Arc;
use std::time::Duration;

use simpul_core::UnixTime;
use simpul_exchange::ports::Randomness;

use super::{Person, Session, SessionKey, Sessions, SessionsError, Times};
use crate::reference::Reference;

/// Opens, finds, rotates and ends sessions.
#[derive(Clone)]
pub struct Keeper {
    store: Arc<dyn Sessions>,
    random: Arc<dyn Randomness>,
    times: Times,
}

/// A session that was just opened.
pub struct Opened {
    /// What the cookie holds. It is kept nowhere.
    pub secret: [u8; 32],
    /// What it is stored under.
    pub key: SessionKey,
    /// The session.
    pub session: Session,
}

/// Use is written down no more often than this.
const NOTICE: Duration = Duration::from_secs(60);

/// Characters of a `User-Agent` that are kept.
const AGENT: usize = 120;

impl Keeper {
    /// Over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Sessions>, random: Arc<dyn Randomness>, times: Times) -> Self {
        Self { store, random, times }
    }

    /// How long sessions last.
    #[must_use]
    pub fn times(&self) -> Times {
        self.times
    }

    /// Opens a session. Signing in rotates: the session from before, `old`, ends, so that whoever knew its cookie is
    /// not signed in.
    ///
    /// # Errors
    /// When there is no room, or the store fails.
    pub async fn open(
        &self,
        old: Option<&SessionKey>,
        person: Option<Person>,
        agent: &str,
        at: UnixTime,
    ) -> Result<Opened, SessionsError> {
        let mut secret = [0; 32];
        self.random.fill(&mut secret);
        let key = SessionKey::of(&secret);
        let agent = agent.chars().filter(|c| !c.is_control()).take(AGENT).collect();
        let handle = Reference::random(self.random.as_ref()).to_string();
        // A sign-in is itself a proof of who it is.
        let raised = person.as_ref().map(|_| at);
        let session = Session { handle, person, begun: at, seen: at, raised, agent };
        self.store.open(key, session.clone()).await?;
        if let Some(old) = old {
            self.store.end(old).await?;
        }
        Ok(Opened { secret, key, session })
    }

    /// The session of a cookie, if it has not ended by `at`. One that has is forgotten. `used` says whether a person did
    /// something: a page that asks by itself, as live pages do, prolongs nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(
        &self,
        secret: &[u8; 32],
        used: bool,
        at: UnixTime,
    ) -> Result<Option<(SessionKey, Session)>, SessionsError> {
        let key = SessionKey::of(secret);
        let Some(mut session) = self.store.find(&key).await? else { return Ok(None) };
        // A clock that went back does not prolong: what lies in the future is not trusted.
        if at >= self.times.end(&session) || session.begun > at.plus(NOTICE) {
            self.store.end(&key).await?;
            return Ok(None);
        }
        if used && at.since(session.seen) >= NOTICE {
            self.store.touch(&key, at, None).await?;
            session.seen = at;
        }
        Ok(Some((key, session)))
    }

    /// Keeps that the person used the session on purpose, now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stay(&self, key: &SessionKey, at: UnixTime) -> Result<(), SessionsError> {
        self.store.touch(key, at, None).await
    }

    /// Keeps that the person proved anew who they are.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn raise(&self, key: &SessionKey, at: UnixTime) -> Result<(), SessionsError> {
        self.store.touch(key, at, Some(at)).await
    }

    /// Whether that proof still holds at `at`.
    #[must_use]
    pub fn is_raised(&self, session: &Session, at: UnixTime) -> bool {
        session.raised.is_some_and(|raised| at.within(raised, raised.plus(self.times.raised)))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, key: &SessionKey) -> Result<(), SessionsError> {
        self.store.end(key).await
    }

    /// The sessions of a person that have not ended by `at`, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of_person(&self, person: &str, at: UnixTime) -> Result<Vec<Session>, SessionsError> {
        let all = self.store.of_person(person).await?;
        Ok(all.into_iter().filter(|session| at < self.times.end(session)).collect())
    }

    /// Ends a person's session by its handle; whether there was one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_of_person(&self, person: &str, handle: &str) -> Result<bool, SessionsError> {
        self.store.end_of_person(person, handle).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{MemorySessions, Role};
    use crate::testing::CountingRandom;

    fn keeper() -> Keeper {
        Keeper::new(Arc::new(MemorySessions::default()), Arc::new(CountingRandom::default()), Times::default())
    }

    fn sari() -> Person {
        Person { id: "p-1".into(), name: "Sekar Ayu".into(), roles: vec![Role::Citizen], national: None }
    }

    fn minute(n: i64) -> UnixTime {
        UnixTime::from_secs(1_000_000 + n * 60)
    }

    #[tokio::test]
    async fn a_session_ends_when_idle_and_in_any_case() {
        let keeper = keeper();
        let opened = keeper.open(None, Some(sari()), "x", minute(0)).await.unwrap();
        assert!(keeper.find(&opened.secret, true, minute(29)).await.unwrap().is_some());
        assert!(keeper.find(&opened.secret, true, minute(29 + 30)).await.unwrap().is_none(), "30 minutes without use");
        assert!(keeper.find(&opened.secret, true, minute(30)).await.unwrap().is_none(), "and it stays ended");

        let opened = keeper.open(None, Some(sari()), "x", minute(0)).await.unwrap();
        for n in (0..480).step_by(20) {
            assert!(keeper.find(&opened.secret, true, minute(n)).await.unwrap().is_some(), "{n}");
        }
        assert!(keeper.find(&opened.secret, true, minute(480)).await.unwrap().is_none(), "8 hours after its beginning");
    }

    #[tokio::test]
    async fn a_page_that_asks_by_itself_prolongs_nothing() {
        let keeper = keeper();
        let opened = keeper.open(None, Some(sari()), "x", minute(0)).await.unwrap();
        for n in 1..30 {
            assert!(keeper.find(&opened.secret, false, minute(n)).await.unwrap().is_some(), "{n}");
        }
        assert!(keeper.find(&opened.secret, false, minute(30)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn signing_in_rotates() {
        let keeper = keeper();
        let before = keeper.open(None, None, "x", minute(0)).await.unwrap();
        let after = keeper.open(Some(&before.key), Some(sari()), "x", minute(1)).await.unwrap();
        assert_ne!(before.secret, after.secret);
        assert!(
            keeper.find(&before.secret, true, minute(1)).await.unwrap().is_none(),
            "the cookie from before opens nothing"
        );
        assert_eq!(keeper.find(&after.secret, true, minute(1)).await.unwrap().unwrap().1.person, Some(sari()));
    }

    #[tokio::test]
    async fn sessions_are_listed_and_ended_by_their_person_alone() {
        let keeper = keeper();
        let one = keeper.open(None, Some(sari()), "phone", minute(0)).await.unwrap();
        let two = keeper.open(None, Some(sari()), "desk", minute(1)).await.unwrap();
        let list = keeper.of_person("p-1", minute(2)).await.unwrap();
        assert_eq!(list.iter().map(|s| s.agent.as_str()).collect::<Vec<_>>(), ["desk", "phone"]);
        assert!(!keeper.end_of_person("p-2", &one.session.handle).await.unwrap(), "somebody else");
        assert!(keeper.end_of_person("p-1", &one.session.handle).await.unwrap());
        assert!(keeper.find(&one.secret, true, minute(2)).await.unwrap().is_none());
        assert!(keeper.find(&two.secret, true, minute(2)).await.unwrap().is_some());
        assert!(keeper.of_person("p-1", minute(40)).await.unwrap().is_empty(), "what ended is not listed");
    }

    #[tokio::test]
    async fn a_proof_holds_for_its_time() {
        let keeper = keeper();
        let opened = keeper.open(None, Some(sari()), "x", minute(0)).await.unwrap();
        assert!(keeper.is_raised(&opened.session, minute(5)));
        assert!(!keeper.is_raised(&opened.session, minute(6)));
        keeper.raise(&opened.key, minute(20)).await.unwrap();
        let (_, session) = keeper.find(&opened.secret, true, minute(21)).await.unwrap().unwrap();
        assert!(keeper.is_raised(&session, minute(21)));
    }

    #[tokio::test]
    async fn a_clock_that_went_back_prolongs_nothing() {
        let keeper = keeper();
        let opened = keeper.open(None, Some(sari()), "x", minute(100)).await.unwrap();
        assert!(keeper.find(&opened.secret, true, minute(0)).await.unwrap().is_none());
    }
}
