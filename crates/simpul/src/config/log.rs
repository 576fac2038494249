//! `[server.log]`: the message log.

use serde::Deserialize;
use simpul_core::limits;

/// The message log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct LogSettings {
    /// Octets of a body that are logged; a longer body is refused with `logging_failed`.
    pub(crate) max_loggable_message_body_size: u64,
    /// Lets longer bodies pass; only their digest is logged then.
    pub(crate) truncated_body_allowed: bool,
    /// Seconds between timestamping runs.
    pub(crate) timestamp_interval_seconds: u64,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            max_loggable_message_body_size: limits::LOGGABLE_BODY,
            truncated_body_allowed: false,
            timestamp_interval_seconds: 60,
        }
    }
}
