//! The message log: records, timestamps, evidence
