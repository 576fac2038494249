//! Refusing an older configuration than one that was accepted before.
//!
//! A signature and an Expire-date in the future do not tell that a configuration is the newest: whoever stands
//! between a node and its central server can replay one of the last minutes, in which a revoked certificate is
//! still registered. X-Road does not detect this. Honest central servers of one cluster generate independently and
//! differ by minutes, so a small step back is no attack.

use std::time::Duration;

use simpul_core::UnixTime;
use simpul_core::ident::Instance;

use super::error::ConfError;

/// What an operator decided about older configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RollbackPolicy {
    /// They are refused.
    #[default]
    Refuse,
    /// They are accepted, and each acceptance is to be logged: for a central server that was restored from a backup.
    Accept,
}

/// How a configuration that is not refused stands to the newest accepted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Succession {
    /// The first one, a newer one, or one within the interval.
    InOrder {
        /// The Expire-date to remember as the newest accepted one.
        newest: UnixTime,
    },
    /// An older one that was accepted only because the operator said so.
    Overridden {
        /// The Expire-date to remember from now on: that of the older one.
        newest: UnixTime,
        /// The one that it replaces.
        was: UnixTime,
    },
}

impl Succession {
    /// The Expire-date to remember as the newest accepted one.
    #[must_use]
    pub fn newest(self) -> UnixTime {
        match self {
            Self::InOrder { newest } | Self::Overridden { newest, .. } => newest,
        }
    }
}

/// Judges a configuration of `instance` that expires at `offered` when the newest one accepted so far expires at
/// `accepted`.
///
/// It is refused as [`ConfError::Rollback`] if it is older by more than `interval`, which is one generation interval
/// of the central server (60 seconds by default, wire.md §8.3). Exactly one interval is not refused. What is to be
/// remembered never goes back unless the operator accepts it, so that small steps do not add up.
pub fn succeed(
    instance: &Instance,
    accepted: Option<UnixTime>,
    offered: UnixTime,
    interval: Duration,
    policy: RollbackPolicy,
) -> Result<Succession, ConfError> {
    match accepted {
        Some(accepted) if accepted.since(offered) > interval => match policy {
            RollbackPolicy::Refuse => Err(ConfError::Rollback { instance: instance.clone(), offered, accepted }),
            RollbackPolicy::Accept => Ok(Succession::Overridden { newest: offered, was: accepted }),
        },
        Some(accepted) => Ok(Succession::InOrder { newest: accepted.max(offered) }),
        None => Ok(Succession::InOrder { newest: offered }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_core::Code;

    fn judge(accepted: Option<i64>, offered: i64, policy: RollbackPolicy) -> Result<Succession, ConfError> {
        let accepted = accepted.map(UnixTime::from_secs);
        let minute = Duration::from_secs(60);
        succeed(&"ID".parse().unwrap(), accepted, UnixTime::from_secs(offered), minute, policy)
    }

    fn newest(accepted: Option<i64>, offered: i64) -> i64 {
        judge(accepted, offered, RollbackPolicy::Refuse).unwrap().newest().secs()
    }

    #[test]
    fn the_first_and_newer_ones_are_accepted() {
        assert_eq!(newest(None, 1000), 1000);
        assert_eq!(newest(Some(1000), 1000), 1000);
        assert_eq!(newest(Some(1000), 5000), 5000);
    }

    #[test]
    fn a_step_back_of_one_interval_is_no_attack_and_is_not_remembered() {
        assert_eq!(newest(Some(1000), 940), 1000);
        let error = judge(Some(1000), 939, RollbackPolicy::Refuse).unwrap_err();
        assert_eq!(error.code(), Code::GlobalConfOutdated);
        assert!(matches!(error, ConfError::Rollback { .. }));
        let second = newest(Some(newest(Some(1000), 940)), 940);
        assert_eq!(second, 1000, "small steps do not add up");
        assert!(judge(Some(second), 900, RollbackPolicy::Refuse).is_err());
    }

    #[test]
    fn an_operator_can_go_back_and_it_shows() {
        let back = judge(Some(1000), 100, RollbackPolicy::Accept).unwrap();
        let expected = Succession::Overridden { newest: UnixTime::from_secs(100), was: UnixTime::from_secs(1000) };
        assert_eq!(back, expected);
        let same = judge(Some(1000), 1000, RollbackPolicy::Accept).unwrap();
        assert!(matches!(same, Succession::InOrder { .. }), "what needs no override is not called one");
    }
}
