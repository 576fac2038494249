//! Time as a value. Nothing here reads a clock: the composition root owns it and hands moments in.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z, as X-Road's log and XML carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct UnixTime(i64);

impl UnixTime {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Later by `d`.
    #[must_use]
    pub fn plus(self, d: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Earlier by `d`.
    #[must_use]
    pub fn minus(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whether it lies in `from..=to`.
    #[must_use]
    pub fn within(self, from: Self, to: Self) -> bool {
        from <= self && self <= to
    }
}

/// A moment on the calendar and the clock of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: i16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
    /// The hour, from 0 to 23.
    pub hour: u8,
    /// The minute.
    pub minute: u8,
    /// The second.
    pub second: u8,
}

impl UnixTime {
    /// Calendar and clock of UTC; `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn civil(self) -> Option<Civil> {
        let t = Timestamp::from_millisecond(self.0).ok()?.to_zoned(TimeZone::UTC);
        let unsigned = |n: i8| u8::try_from(n).ok();
        Some(Civil {
            year: t.year(),
            month: unsigned(t.month())?,
            day: unsigned(t.day())?,
            hour: unsigned(t.hour())?,
            minute: unsigned(t.minute())?,
            second: unsigned(t.second())?,
        })
    }
}

/// RFC 3339 in UTC with milliseconds, such as `2026-11-21T10:00:00.000Z` (the form of xades:SigningTime).
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(t) => write!(f, "{t:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

/// The text was no RFC 3339 date and time with an offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date and time with offset, such as 2026-11-21T10:00:00Z")]
pub struct TimeError(String);

impl FromStr for UnixTime {
    type Err = TimeError;

    fn from_str(s: &str) -> Result<Self, TimeError> {
        s.parse::<Timestamp>().map(|t| Self(t.as_millisecond())).map_err(|_| TimeError(s.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_value_agree() {
        let t: UnixTime = "2023-10-23T12:16:44.857Z".parse().unwrap();
        assert_eq!(t.millis(), 1_698_063_404_857);
        assert_eq!(t.to_string(), "2023-10-23T12:16:44.857Z");
        assert_eq!("2023-10-23T14:16:44.857+02:00".parse::<UnixTime>().unwrap(), t);
        assert_eq!(UnixTime::from_secs(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert!("2023-10-23T12:16:44".parse::<UnixTime>().is_err(), "an offset is required");
    }

    #[test]
    fn the_calendar_is_that_of_the_text() {
        let t: UnixTime = "2024-02-29T23:59:58.999Z".parse().unwrap();
        let civil = Civil { year: 2024, month: 2, day: 29, hour: 23, minute: 59, second: 58 };
        assert_eq!(t.civil(), Some(civil));
        assert_eq!(UnixTime::from_millis(i64::MAX).civil(), None);
    }

    #[test]
    fn arithmetic_saturates() {
        let end = UnixTime::from_millis(i64::MAX);
        assert_eq!(end.plus(Duration::from_secs(1)), end);
        assert_eq!(UnixTime::from_millis(-1).secs(), -1);
        assert_eq!(UnixTime::from_secs(1).since(UnixTime::from_secs(3)), Duration::ZERO);
    }
}
