//! Attempts that wait for the browser to come back.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use simpul_core::{UnixTime, limits};

use super::Attempt;
use crate::session::SessionKey;

/// How long a person may take at the identity provider.
const PATIENCE: Duration = Duration::from_secs(600);

/// By state. Each is taken once.
#[derive(Default)]
pub(super) struct Pending(Mutex<HashMap<String, (SessionKey, Attempt)>>);

impl Pending {
    fn map(&self) -> MutexGuard<'_, HashMap<String, (SessionKey, Attempt)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an attempt of a session. To make room, what is too old goes, then the oldest.
    pub(super) fn keep(&self, session: SessionKey, attempt: Attempt, now: UnixTime) {
        let mut map = self.map();
        if map.len() >= limits::SIGN_INS {
            map.retain(|_, (_, one)| waits(one, now));
        }
        if map.len() >= limits::SIGN_INS
            && let Some(oldest) = map.iter().min_by_key(|(_, (_, one))| one.begun).map(|(state, _)| state.clone())
        {
            map.remove(&oldest);
        }
        map.insert(attempt.state.clone(), (session, attempt));
    }

    /// The attempt with this state, if this session began it and it still waits. It is gone then.
    pub(super) fn take(&self, state: &str, session: &SessionKey, now: UnixTime) -> Option<Attempt> {
        let mut map = self.map();
        // Who does not hold the session cannot end the attempt of who does.
        if map.get(state).is_none_or(|(of, _)| of != session) {
            return None;
        }
        map.remove(state).map(|(_, attempt)| attempt).filter(|attempt| waits(attempt, now))
    }
}

fn waits(attempt: &Attempt, now: UnixTime) -> bool {
    now >= attempt.begun && now < attempt.begun.plus(PATIENCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    fn attempt(state: &str, at: i64) -> Attempt {
        let text = |name: &str| format!("{name}-{state}");
        let begun = UnixTime::from_secs(at);
        let (nonce, verifier) = (text("nonce"), text("verifier"));
        Attempt { state: state.to_owned(), nonce, verifier, fresh: false, lang: Lang::Id, begun, back: "/".to_owned() }
    }

    fn session(n: u8) -> SessionKey {
        SessionKey::of(&[n; 32])
    }

    #[test]
    fn an_attempt_is_good_once_for_its_session_and_its_time() {
        let (pending, now) = (Pending::default(), UnixTime::from_secs(100));
        pending.keep(session(1), attempt("a", 100), now);
        assert!(pending.take("a", &session(2), now).is_none(), "another browser");
        assert!(pending.take("b", &session(1), now).is_none(), "another state");
        assert!(pending.take("a", &session(1), UnixTime::from_secs(699)).is_some());
        assert!(pending.take("a", &session(1), now).is_none(), "once");
        pending.keep(session(1), attempt("a", 100), now);
        assert!(pending.take("a", &session(1), UnixTime::from_secs(700)).is_none(), "too late");
        pending.keep(session(1), attempt("a", 100), now);
        assert!(pending.take("a", &session(1), UnixTime::from_secs(99)).is_none(), "a clock that went back");
    }

    #[test]
    fn attempts_have_a_bound() {
        let (pending, now) = (Pending::default(), UnixTime::from_secs(200));
        for n in 0..=limits::SIGN_INS {
            let at = 100 + i64::from(n > 0);
            pending.keep(session(1), attempt(&n.to_string(), at), now);
        }
        assert_eq!(pending.map().len(), limits::SIGN_INS);
        assert!(pending.take("0", &session(1), now).is_none(), "the oldest made room");
        assert!(pending.take("1", &session(1), now).is_some());
    }
}
