//! What an operator reads: the log lines of one test.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::subscriber::DefaultGuard;

/// Everything that this thread logs while it is held.
pub(crate) struct Journal {
    octets: Octets,
    _guard: DefaultGuard,
}

impl Journal {
    /// In JSON, as [`Self::lines`] reads it.
    pub(crate) fn json() -> Self {
        let octets = Octets::default();
        let writer = octets.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        Self { octets, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// In the form for people.
    pub(crate) fn plain() -> Self {
        let octets = Octets::default();
        let writer = octets.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        Self { octets, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.octets.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The refusals of one side, oldest first.
    pub(crate) fn refusals(&self, side: &str) -> Vec<Refusal> {
        let of_side = |line: &Value| line["level"] == "WARN" && line["fields"]["side"] == side;
        self.lines().iter().filter(|line| of_side(line)).map(Refusal::read).collect()
    }
}

/// One line that says why an exchange was refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) trace: String,
    pub(crate) code: String,
    pub(crate) cause: String,
    /// The detail of a fault that another node made.
    pub(crate) detail: Option<String>,
}

impl Refusal {
    fn read(line: &Value) -> Self {
        let field = |name: &str| line["fields"][name].as_str().map(str::to_owned);
        Self {
            trace: field("trace").unwrap(),
            code: field("code").unwrap(),
            cause: field("cause").unwrap(),
            detail: field("detail"),
        }
    }
}

#[derive(Clone, Default)]
struct Octets(Arc<Mutex<Vec<u8>>>);

impl io::Write for Octets {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
