//! Sessions and posts in memory, for one node. They end with it: people sign in again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use simpul_core::{UnixTime, limits};

use super::{Begun, PostKey, Posts, Session, SessionKey, Sessions, SessionsError};

/// Sessions in memory.
#[derive(Debug, Default)]
pub struct MemorySessions(Mutex<HashMap<SessionKey, Session>>);

impl MemorySessions {
    fn map(&self) -> MutexGuard<'_, HashMap<SessionKey, Session>> {
        // No half-done change is ever left in the map: a poisoned lock guards whole values.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of the oldest session that fits.
fn oldest(map: &HashMap<SessionKey, Session>, fits: impl Fn(&Session) -> bool) -> Option<SessionKey> {
    map.iter().filter(|(_, session)| fits(session)).min_by_key(|(_, session)| session.seen).map(|(key, _)| *key)
}

fn is_of(session: &Session, person: &str) -> bool {
    session.person.as_ref().is_some_and(|one| one.id == person)
}

#[async_trait]
impl Sessions for MemorySessions {
    async fn open(&self, key: SessionKey, session: Session) -> Result<(), SessionsError> {
        let mut map = self.map();
        if let Some(person) = &session.person {
            let count = map.values().filter(|one| is_of(one, &person.id)).count();
            if count >= limits::SESSIONS_OF_ONE
                && let Some(oldest) = oldest(&map, |one| is_of(one, &person.id))
            {
                map.remove(&oldest);
            }
        }
        if map.len() >= limits::SESSIONS {
            let oldest = oldest(&map, |one| one.person.is_none()).ok_or(SessionsError::Full)?;
            map.remove(&oldest);
        }
        map.insert(key, session);
        Ok(())
    }

    async fn find(&self, key: &SessionKey) -> Result<Option<Session>, SessionsError> {
        Ok(self.map().get(key).cloned())
    }

    async fn touch(&self, key: &SessionKey, seen: UnixTime, raised: Option<UnixTime>) -> Result<(), SessionsError> {
        if let Some(session) = self.map().get_mut(key) {
            session.seen = seen;
            session.raised = raised.or(session.raised);
        }
        Ok(())
    }

    async fn end(&self, key: &SessionKey) -> Result<(), SessionsError> {
        self.map().remove(key);
        Ok(())
    }

    async fn of_person(&self, person: &str) -> Result<Vec<Session>, SessionsError> {
        let mut list: Vec<Session> = self.map().values().filter(|one| is_of(one, person)).cloned().collect();
        list.sort_by_key(|session| std::cmp::Reverse(session.begun));
        Ok(list)
    }

    async fn end_of_person(&self, person: &str, handle: &str) -> Result<bool, SessionsError> {
        let mut map = self.map();
        let before = map.len();
        map.retain(|_, one| !(is_of(one, person) && one.handle == handle));
        Ok(map.len() < before)
    }
}

/// Posts in memory.
#[derive(Debug, Default)]
pub struct MemoryPosts(Mutex<HashMap<PostKey, (UnixTime, Option<String>)>>);

/// How long a post is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

impl MemoryPosts {
    fn map(&self) -> MutexGuard<'_, HashMap<PostKey, (UnixTime, Option<String>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Posts for MemoryPosts {
    async fn begin(&self, key: PostKey, at: UnixTime) -> Result<Begun, SessionsError> {
        let mut map = self.map();
        match map.get(&key) {
            Some((since, _)) if at >= since.plus(REMEMBERED) => {}
            Some((_, Some(location))) => return Ok(Begun::Done(location.clone())),
            Some((_, None)) => return Ok(Begun::Running),
            None => {}
        }
        if map.len() >= limits::POSTS_REMEMBERED
            && let Some(oldest) = map.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| *key)
        {
            map.remove(&oldest);
        }
        map.insert(key, (at, None));
        Ok(Begun::Fresh)
    }

    async fn finish(&self, key: &PostKey, location: &str) -> Result<(), SessionsError> {
        if let Some((_, done)) = self.map().get_mut(key) {
            *done = Some(location.to_owned());
        }
        Ok(())
    }

    async fn forget(&self, key: &PostKey) -> Result<(), SessionsError> {
        self.map().remove(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::contract::{key, session};

    #[tokio::test]
    async fn strangers_make_room_and_persons_do_not() {
        let store = MemorySessions::default();
        store.open(key(0), session(None, 0)).await.unwrap();
        // One in the map for each, without the cost of opening: this is about the bound.
        store.map().extend((1..limits::SESSIONS).map(|n| (key(n), session(Some(&n.to_string()), 1))));
        assert_eq!(store.map().len(), limits::SESSIONS);
        store.open(key(limits::SESSIONS), session(Some("x"), 2)).await.unwrap();
        assert_eq!(store.map().len(), limits::SESSIONS, "the stranger went");
        let error = store.open(key(limits::SESSIONS + 1), session(None, 3)).await.unwrap_err();
        assert!(matches!(error, SessionsError::Full));
    }

    #[tokio::test]
    async fn posts_have_a_bound() {
        let posts = MemoryPosts::default();
        let first = PostKey::of(&key(0), "k");
        posts.begin(first, UnixTime::from_secs(0)).await.unwrap();
        let more = (1..limits::POSTS_REMEMBERED).map(|n| (PostKey::of(&key(n), "k"), (UnixTime::from_secs(1), None)));
        posts.map().extend(more);
        assert_eq!(posts.map().len(), limits::POSTS_REMEMBERED);
        posts.begin(PostKey::of(&key(0), "another"), UnixTime::from_secs(2)).await.unwrap();
        assert_eq!(posts.map().len(), limits::POSTS_REMEMBERED);
        assert_eq!(posts.begin(first, UnixTime::from_secs(3)).await.unwrap(), Begun::Fresh, "the oldest is forgotten");
    }
}
