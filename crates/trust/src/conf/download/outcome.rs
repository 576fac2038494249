//! What a round of fetching came to.

use std::collections::BTreeMap;

use simpul_core::ident::Instance;
use simpul_core::{Code, UnixTime};

use super::super::error::ConfError;
use super::super::rollback::Succession;
use super::super::signed::Published;

/// One instance as it was fetched and proved.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The configuration.
    pub published: Published,
    /// The location that worked, for [`super::Plan::prefer`].
    pub location: String,
    /// The URL of the directory, with its version.
    pub url: String,
    /// How it stands to the newest one accepted before. An override is to be logged.
    pub succession: Succession,
}

/// No location of an instance had an acceptable configuration.
#[derive(Debug)]
pub struct Refused {
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
}

/// One location that did not do.
#[derive(Debug)]
pub struct Attempt {
    /// The URL at which it failed.
    pub url: String,
    /// Why.
    pub error: AttemptError,
}

/// Why a location did not do.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// No complete answer.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// An answer with a status other than 200.
    #[error("HTTP status {0}")]
    Status(u16),
    /// A body larger than its limit.
    #[error("a body of {0} octets is too large")]
    TooLarge(usize),
    /// A URL that cannot be fetched.
    #[error("`{0}` is not an http or https URL")]
    Url(String),
    /// A configuration that is not acceptable.
    #[error("the configuration is not acceptable")]
    Conf(#[source] ConfError),
}

impl AttemptError {
    /// The code that an operator sees.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Unreachable(_) | Self::Status(_) | Self::TooLarge(_) | Self::Url(_) => {
                Code::GlobalConfDownloadFailure
            }
            Self::Conf(cause) => cause.code(),
        }
    }
}

/// The result of a round.
#[derive(Debug)]
pub struct Outcome {
    /// The own instance.
    pub own: Result<Fetched, Refused>,
    /// The others; empty if the own one was refused.
    pub federated: BTreeMap<Instance, Result<Fetched, Refused>>,
}

impl Outcome {
    /// The configurations to work with from now on, the own one first: what was fetched, and where that failed, what
    /// was accepted before. Instances that are not federated or allowed any more are gone.
    #[must_use]
    pub fn in_force(&self, previous: &[Published]) -> Vec<Published> {
        let Ok(own) = &self.own else { return previous.to_vec() };
        let others = self.federated.iter().filter_map(|(instance, result)| match result {
            Ok(fetched) => Some(fetched.published.clone()),
            Err(_) => previous.iter().find(|p| p.directory.instance() == instance).cloned(),
        });
        std::iter::once(own.published.clone()).chain(others).collect()
    }

    /// The Expire-dates to remember as the newest accepted ones.
    pub fn newest(&self) -> impl Iterator<Item = (&Instance, UnixTime)> {
        let all = self.own.iter().chain(self.federated.values().filter_map(|r| r.as_ref().ok()));
        all.map(|f| (f.published.directory.instance(), f.succession.newest()))
    }

    /// The locations that worked.
    pub fn locations(&self) -> impl Iterator<Item = (&Instance, &str)> {
        let all = self.own.iter().chain(self.federated.values().filter_map(|r| r.as_ref().ok()));
        all.map(|f| (f.published.directory.instance(), f.location.as_str()))
    }
}
