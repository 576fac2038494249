//! When a page cannot be shown: what went wrong, in a page, with a reference under which the log knows more.

mod page;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use std::sync::Arc;

pub(crate) use page::page;

use crate::live::LiveError;
use crate::session::{OriginRefusal, SessionsError};

/// Any cause.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no page. Each becomes one of the problem pages, or leads elsewhere; the cause is in the log alone.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The request makes no sense: 400.
    #[error("the request cannot be understood: {0}")]
    Malformed(&'static str),
    /// Nobody is signed in: leads to sign-in and back.
    #[error("nobody is signed in")]
    SignIn,
    /// The person must prove anew who they are: leads to that and back.
    #[error("the proof of who it is is too old for this act")]
    StepUp,
    /// The person may not: 403.
    #[error("the person may not do this: {0}")]
    NotAllowed(&'static str),
    /// A proof that does not hold: 403.
    #[error("a proof of who it is does not hold")]
    Refused(#[source] Cause),
    /// A form that was not ours, or not of this session: 403.
    #[error("the form is not of this session")]
    Forged,
    /// A request from another site: 403.
    #[error("a request that changes something was refused")]
    Origin(#[source] OriginRefusal),
    /// There is no such page, or none for this person: 404. Nobody learns which.
    #[error("there is no such page")]
    NotFound,
    /// The body is larger than a page may send: 413.
    #[error("the body is too large")]
    TooLarge,
    /// The form is well-formed and cannot be taken: 422. Forms with errors are shown again instead.
    #[error("the form cannot be taken: {0}")]
    Unprocessable(&'static str),
    /// Too many at a time: 429.
    #[error("too many requests")]
    TooMany,
    /// The same form is being worked on at this moment: 503, to be asked again.
    #[error("the same form is being worked on")]
    Running,
    /// Something that is needed does not answer now: 503.
    #[error("{what} does not answer")]
    Unavailable {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// A fault of ours: 500.
    #[error("{what} failed")]
    Internal {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        cause: Cause,
    },
}

impl PageError {
    /// A fault of ours.
    pub fn internal(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self::Internal { what, cause: cause.into() }
    }

    /// Something that does not answer.
    pub fn unavailable(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self::Unavailable { what, cause: cause.into() }
    }

    /// The status that it is answered with. `SignIn` and `StepUp` lead elsewhere.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignIn | Self::StepUp => StatusCode::SEE_OTHER,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NotAllowed(_) | Self::Refused(_) | Self::Forged | Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Running | Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The error and its causes in one line, for the log.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            text.push_str(": ");
            text.push_str(&next.to_string());
            cause = next.source();
        }
        text
    }
}

impl From<SessionsError> for PageError {
    fn from(error: SessionsError) -> Self {
        match error {
            SessionsError::Full => Self::TooMany,
            SessionsError::Store(cause) => Self::Unavailable { what: "the store of sessions", cause },
        }
    }
}

impl From<LiveError> for PageError {
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::TooMany => Self::TooMany,
            LiveError::TooLarge => Self::internal("a live page", error),
        }
    }
}

/// An error on its way to the layer that makes a page of it: only there are language and brand known.
#[derive(Clone, Debug)]
pub(crate) struct Raised(pub(crate) Arc<PageError>);

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        if matches!(self, Self::TooMany | Self::Running | Self::Unavailable { .. }) {
            response.headers_mut().insert(RETRY_AFTER, http::HeaderValue::from_static("10"));
        }
        response.extensions_mut().insert(Raised(Arc::new(self)));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_the_whole_chain() {
        let cause = PageError::internal("the store", std::io::Error::other("disk is full"));
        assert_eq!(cause.chain(), "the store failed: disk is full");
    }

    #[test]
    fn whoever_may_not_see_learns_no_more_than_that_nothing_is_there() {
        let body = |error: PageError| (error.status(), error.into_response().headers().clone());
        assert_eq!(body(PageError::NotFound).0, StatusCode::NOT_FOUND);
        assert!(body(PageError::TooMany).1.contains_key(RETRY_AFTER));
        assert!(!body(PageError::NotFound).1.contains_key(RETRY_AFTER));
    }
}
