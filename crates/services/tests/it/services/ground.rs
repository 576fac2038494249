//! The sample documents, and samples with one text in the place of another one.

use simpul_policy::written::DocumentError;
use simpul_services::catalogue::Service;

pub(super) const DIPLOMA: &str = include_str!("../../../samples/diploma-recognition.toml");
pub(super) const RESIDENCE: &str = include_str!("../../../samples/residence-change.toml");
pub(super) const TAX: &str = include_str!("../../../samples/tax-return.toml");
/// A document with every member of every kind; nobody offers it.
pub(super) const WHOLE: &str = include_str!("whole.toml");

pub(super) fn service(text: &str) -> Service {
    Service::from_toml(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The text with one text in the place of the first that is the same as another one.
pub(super) fn with(text: &str, old: &str, new: &str) -> Result<Service, DocumentError> {
    assert!(text.contains(old), "{old}");
    Service::from_toml(&text.replacen(old, new, 1))
}
