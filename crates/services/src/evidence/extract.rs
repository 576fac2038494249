//! From a register's answer to the fields that a document names.

use serde_json::Value;
use simpul_core::limits;

use super::source::Record;
use crate::catalogue::{Evidence, Field};

/// Why an answer cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// More than [`limits::EVIDENCE_ANSWER`] octets.
    #[error("the answer has {0} octets, more than {max}", max = limits::EVIDENCE_ANSWER)]
    TooLarge(usize),
    /// No JSON.
    #[error("the answer is no JSON")]
    NoJson,
    /// Not of the shape that the document says.
    #[error("the answer is not of the shape that the service document says")]
    Shape,
    /// More than [`limits::EVIDENCE_RECORDS`].
    #[error("the answer has {0} records, more than {max}", max = limits::EVIDENCE_RECORDS)]
    TooMany(usize),
    /// A value of more than [`limits::EVIDENCE_VALUE_CHARS`] characters.
    #[error("the answer has a value that is too long")]
    TooLong,
}

/// The records of an answer with the fields that the document names, and nothing else. No record is no data. A record
/// without any of the fields is no record.
pub fn extract(evidence: &Evidence, body: &[u8]) -> Result<Vec<Record>, ExtractError> {
    if body.len() > limits::EVIDENCE_ANSWER {
        return Err(ExtractError::TooLarge(body.len()));
    }
    let answer: Value = serde_json::from_slice(body).map_err(|_| ExtractError::NoJson)?;
    let records: Vec<&Value> = match &evidence.records {
        None => vec![&answer],
        Some(name) => match answer.get(name) {
            Some(Value::Array(records)) => records.iter().collect(),
            _ => return Err(ExtractError::Shape),
        },
    };
    if records.len() > limits::EVIDENCE_RECORDS {
        return Err(ExtractError::TooMany(records.len()));
    }
    let read = records.into_iter().map(|record| one(&evidence.fields, record)).collect::<Result<Vec<_>, _>>()?;
    Ok(read.into_iter().filter(|record| !record.0.is_empty()).collect())
}

fn one(fields: &[Field], record: &Value) -> Result<Record, ExtractError> {
    if !record.is_object() {
        return Err(ExtractError::Shape);
    }
    let mut values = Vec::new();
    for field in fields {
        let found = field.path.split('.').try_fold(record, |value, name| value.get(name));
        let text = match found {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Array(_) | Value::Object(_)) => return Err(ExtractError::Shape),
        };
        if text.chars().take(limits::EVIDENCE_VALUE_CHARS + 1).count() > limits::EVIDENCE_VALUE_CHARS {
            return Err(ExtractError::TooLong);
        }
        if !text.is_empty() {
            values.push((field.id.clone(), text.replace(char::is_control, " ")));
        }
    }
    Ok(Record(values))
}
