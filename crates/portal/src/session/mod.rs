//! Sessions: who a browser is, for how long, and proof that a form was ours.
//!
//! One cookie, `__Host-simpul`: host-only, `Secure`, `HttpOnly`, `SameSite=Lax`, gone with the browser. It holds 256
//! random bits; what is stored is their SHA-256, so that a stolen store opens no session.
//!
//! `Secure` over plain HTTP on loopback: a demonstration has no certificate. Chromium and Firefox treat `127.0.0.1`,
//! `[::1]` and `localhost` as trustworthy and keep the cookie there (W3C Secure Contexts §3.1); Safari does not. The
//! attribute is never left out: on any other host a portal without TLS has no sessions, as it must be.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod cookie;
mod csrf;
mod keeper;
mod memory;
mod origin;
mod post;

use std::time::Duration;

use async_trait::async_trait;
use simpul_core::UnixTime;

pub use csrf::Csrf;
pub use keeper::{Keeper, Opened};
pub use memory::{MemoryPosts, MemorySessions};
pub use origin::{Origin, OriginRefusal};
pub use post::{Begun, PostKey, Posts};

pub(crate) use cookie::{clear as clear_cookie, read as read_cookie, set as set_cookie};
pub(crate) use origin::check as check_origin;

/// What a session is stored under: the SHA-256 of what the cookie holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// Of the octets of a cookie.
    #[must_use]
    pub fn of(secret: &[u8; 32]) -> Self {
        Self(openssl::sha::sha256(secret))
    }

    /// The octets, for a store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From the octets of a store.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey")
    }
}

/// What someone may be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Has applications and data.
    Citizen,
    /// Decides on applications.
    Officer,
    /// Keeps the node running.
    Operator,
}

/// The identifier that a state gave a person. It is never shown in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct NationalId(String);

impl NationalId {
    /// From its text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Its text, for whoever must name the person to a register.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for NationalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NationalId")
    }
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The identifier that the domain knows; never shown.
    pub id: String,
    /// The name, as pages show it.
    pub name: String,
    /// What the person may be. Empty means: nothing but signed in.
    pub roles: Vec<Role>,
    /// The identifier that the state gave, where the identity provider tells it.
    pub national: Option<NationalId>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// A name for lists; it opens nothing.
    pub handle: String,
    /// Who it is; `None` before sign-in.
    pub person: Option<Person>,
    /// When it began. Rotation at sign-in begins anew.
    pub begun: UnixTime,
    /// When it was used last, within a minute.
    pub seen: UnixTime,
    /// When the person proved anew who they are, for acts of law.
    pub raised: Option<UnixTime>,
    /// The browser, in the words of its `User-Agent`, shortened.
    pub agent: String,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Without use.
    pub idle: Duration,
    /// Whatever happens.
    pub absolute: Duration,
    /// How long a proof for acts of law holds.
    pub raised: Duration,
}

impl Default for Times {
    /// 30 minutes, 8 hours, 5 minutes.
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self { idle: minutes(30), absolute: minutes(8 * 60), raised: minutes(5) }
    }
}

impl Times {
    /// When the session ends if it is not used again.
    #[must_use]
    pub fn end(&self, session: &Session) -> UnixTime {
        session.seen.plus(self.idle).min(session.begun.plus(self.absolute))
    }
}

/// A store that could not answer.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// There is no room for another session.
    #[error("there are too many sessions")]
    Full,
    /// The store failed.
    #[error("the store of sessions failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where sessions are kept. The portal owns this port; a store behind several nodes may implement it.
///
/// Expiry is judged by [`Keeper`]: a store may forget a session only when it ended, or to make room as `open` says.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps a session. To make room the oldest of the same person beyond [`SESSIONS_OF_ONE`] ends, then the oldest
    /// without a person; when all have persons it is `Full`.
    ///
    /// [`SESSIONS_OF_ONE`]: simpul_core::limits::SESSIONS_OF_ONE
    async fn open(&self, key: SessionKey, session: Session) -> Result<(), SessionsError>;

    /// The session under `key`.
    async fn find(&self, key: &SessionKey) -> Result<Option<Session>, SessionsError>;

    /// Keeps that it was used at `seen`; and, if `raised` says so, that the person proved anew who they are. Nothing
    /// happens when it ended.
    async fn touch(&self, key: &SessionKey, seen: UnixTime, raised: Option<UnixTime>) -> Result<(), SessionsError>;

    /// Ends it. Ending twice is no error.
    async fn end(&self, key: &SessionKey) -> Result<(), SessionsError>;

    /// The sessions of a person, newest first.
    async fn of_person(&self, person: &str) -> Result<Vec<Session>, SessionsError>;

    /// Ends the session of a person that has this handle; whether there was one.
    async fn end_of_person(&self, person: &str, handle: &str) -> Result<bool, SessionsError>;
}
