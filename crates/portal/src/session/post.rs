//! Posts that are sent twice do their work once.

use async_trait::async_trait;
use simpul_core::UnixTime;

use super::{SessionKey, SessionsError};

/// A post of one session: the SHA-256 of the session's key and of the key that its form brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PostKey([u8; 32]);

impl PostKey {
    /// Of a form of this session.
    #[must_use]
    pub fn of(session: &SessionKey, form: &str) -> Self {
        let mut hash = openssl::sha::Sha256::new();
        hash.update(session.as_bytes());
        hash.update(form.as_bytes());
        Self(hash.finish())
    }

    /// The octets, for a store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What is known of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is new: do the work, then `finish` or `forget`.
    Fresh,
    /// It is being done elsewhere at this moment.
    Running,
    /// It was done; this is where its answer led.
    Done(String),
}

/// Where posts are remembered: for a day, and no more than
/// [`POSTS_REMEMBERED`](simpul_core::limits::POSTS_REMEMBERED), the oldest forgotten first.
#[async_trait]
pub trait Posts: Send + Sync {
    /// Begins a post. Of two at the same time exactly one is `Fresh`.
    async fn begin(&self, key: PostKey, at: UnixTime) -> Result<Begun, SessionsError>;

    /// It was done, and its answer led to `location`.
    async fn finish(&self, key: &PostKey, location: &str) -> Result<(), SessionsError>;

    /// It was not done: the same form may be sent again.
    async fn forget(&self, key: &PostKey) -> Result<(), SessionsError>;
}
