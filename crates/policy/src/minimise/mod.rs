//! Minimisation: of an answer, only what the agreement allows is sealed and leaves.

mod path;

pub use self::path::{FieldPath, FieldPathError};
