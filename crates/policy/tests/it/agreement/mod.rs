//! Agreements: documents, life, and decisions against a slow model.

mod document;

/// An agreement with every member that there is.
const SAMPLE: &str = include_str!("samples/id-my-civil-data.toml");
