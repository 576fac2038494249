//! When a person sees an access, and what is counted of those that wait.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use simpul_core::{MemberId, UnixTime};
use simpul_policy::agreement::terms::Secrecy;

/// Counts below this are not told.
pub const SMALL: u64 = 10;
/// How long after its end a month is counted: what happened in its last moments is recorded by then.
pub const SETTLED: Duration = Duration::from_secs(DAY);
const DAY: u64 = 86_400;

/// The first moment at which the person sees an access of the moment `at`.
#[must_use]
pub fn shown_from(secrecy: &Secrecy, at: UnixTime) -> UnixTime {
    match secrecy {
        Secrecy::Open => at,
        Secrecy::Delayed { days, .. } => at.plus(Duration::from_secs(DAY.saturating_mul(u64::from(*days)))),
        Secrecy::Hidden { until, .. } => at.max(*until),
    }
}

/// The law under which a person does not see an access of the moment `at` at once; `None` if they do.
#[must_use]
pub fn withheld_by(secrecy: &Secrecy, at: UnixTime) -> Option<&str> {
    match secrecy {
        Secrecy::Open => None,
        Secrecy::Delayed { law, .. } | Secrecy::Hidden { law, .. } => {
            (shown_from(secrecy, at) > at).then_some(law.as_str())
        }
    }
}

/// A calendar month of UTC. Its text is `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: u8,
}

/// What accesses were withheld, for the ombudsman: of one holder, in one month, under one law. Nothing finer is
/// counted, so that the difference of two counts tells of no single access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The holder of the data.
    pub holder: MemberId,
    /// The month of the access.
    pub month: Month,
    /// The law, as the agreement writes it.
    pub law: String,
}

/// A count that does not single out anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Fewer than [`SMALL`]; none at all is told in this way too.
    Few,
    /// So many.
    Exactly(u64),
}

/// The text is no month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month has the form 2026-11")]
pub struct MonthError;

impl Month {
    /// The month of a moment; `None` outside the years 0 to 9999.
    #[must_use]
    pub fn of(at: UnixTime) -> Option<Self> {
        at.civil().filter(|civil| civil.year >= 0).map(|civil| Self { year: civil.year, month: civil.month })
    }

    /// Whether nothing can be added to it any more: [`SETTLED`] after its end.
    #[must_use]
    pub fn is_settled(self, now: UnixTime) -> bool {
        Self::of(now.minus(SETTLED)).is_some_and(|month| month > self)
    }

    /// Months since the year 0, to be stored.
    #[must_use]
    pub fn number(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }
}

impl Counted {
    /// Guards a count.
    #[must_use]
    pub fn guarded(count: u64) -> Self {
        if count < SMALL { Self::Few } else { Self::Exactly(count) }
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(s: &str) -> Result<Self, MonthError> {
        let (year, month) = s.split_once('-').filter(|(y, m)| y.len() == 4 && m.len() == 2).ok_or(MonthError)?;
        let plain = s.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let month = month.parse().ok().filter(|month| (1..=12).contains(month) && plain).ok_or(MonthError)?;
        Ok(Self { year: year.parse().map_err(|_| MonthError)?, month })
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Few => write!(f, "fewer than {SMALL}"),
            Self::Exactly(count) => write!(f, "{count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> UnixTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_has_one_text() {
        for text in ["2026-11", "0000-01", "9999-12"] {
            assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }
        for text in ["", "2026", "2026-13", "2026-00", "2026-1", "26-11", "+026-11", "2026-+1", "2026-11-01"] {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
        assert_eq!(Month::of(time("2026-11-30T23:59:59.999Z")), "2026-11".parse().ok());
        assert_eq!(Month::of(time("2026-12-01T00:00:00Z")), "2026-12".parse().ok());
        let numbers = ["2026-11", "2026-12", "2027-01"].map(|m| m.parse::<Month>().unwrap().number());
        assert_eq!(numbers, [24_322, 24_323, 24_324]);
    }

    #[test]
    fn a_month_is_settled_a_day_after_its_end() {
        let month: Month = "2026-11".parse().unwrap();
        for (now, settled) in [
            ("2026-11-15T00:00:00Z", false),
            ("2026-12-01T00:00:00Z", false),
            ("2026-12-01T23:59:59.999Z", false),
            ("2026-12-02T00:00:00Z", true),
            ("2030-01-01T00:00:00Z", true),
            ("2025-12-31T00:00:00Z", false),
        ] {
            assert_eq!(month.is_settled(time(now)), settled, "{now}");
        }
    }

    #[test]
    fn small_counts_are_one() {
        for count in 0..SMALL {
            assert_eq!(Counted::guarded(count).to_string(), "fewer than 10");
        }
        assert_eq!(Counted::guarded(SMALL), Counted::Exactly(10));
    }
}
