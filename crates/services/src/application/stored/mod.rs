//! The stored form of an event: one octet of version, then JSON. Every version that was ever written is read.

mod form;
mod parts;

use simpul_core::limits;

use self::form::EventForm;
use super::event::Event;

const VERSION: u8 = 1;

/// Why stored octets are no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredError {
    /// A newer version wrote them, or nobody did.
    #[error("a stored event of an unknown version")]
    Version,
    /// Longer than [`limits::APPLICATION_EVENT`].
    #[error("a stored event of {0} octets, more than {max}", max = limits::APPLICATION_EVENT)]
    TooLong(usize),
    /// Not of the form of this version.
    #[error("a stored event that cannot be read")]
    Malformed,
}

/// The octets of an event. Equal events have equal octets.
pub fn encode(event: &Event) -> Result<Vec<u8>, StoredError> {
    let mut octets = vec![VERSION];
    serde_json::to_writer(&mut octets, &EventForm::of(event)).map_err(|_| StoredError::Malformed)?;
    if octets.len() > limits::APPLICATION_EVENT { Err(StoredError::TooLong(octets.len())) } else { Ok(octets) }
}

/// The event in stored octets.
pub fn decode(octets: &[u8]) -> Result<Event, StoredError> {
    if octets.len() > limits::APPLICATION_EVENT {
        return Err(StoredError::TooLong(octets.len()));
    }
    match octets.split_first() {
        Some((&VERSION, form)) => {
            let form: EventForm = serde_json::from_slice(form).map_err(|_| StoredError::Malformed)?;
            form.event().ok_or(StoredError::Malformed)
        }
        _ => Err(StoredError::Version),
    }
}
