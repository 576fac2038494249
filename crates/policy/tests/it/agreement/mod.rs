//! Agreements: documents, life, and decisions against a slow model.

mod cases;
mod crossed;
mod document;
mod engine;
mod generated;
mod life;
mod model;

/// An agreement with every member that there is.
const SAMPLE: &str = include_str!("samples/id-my-civil-data.toml");

/// The same as a first version, which amends nothing.
fn first_version(toml: &str) -> String {
    let amends = toml.lines().find(|line| line.starts_with("amends")).unwrap();
    toml.replacen(&format!("{amends}\n"), "", 1).replacen("version = 2", "version = 1", 1)
}
