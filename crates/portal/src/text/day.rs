//! A day of the calendar, such as a date of birth: no moment, no zone.

use std::fmt;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

/// What three numbers lack to be a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// No such month.
    #[error("the month is not between 1 and 12")]
    Month,
    /// No such day in that month.
    #[error("the month has no such day")]
    Day,
    /// A year that nobody living was born in, or that is not four digits.
    #[error("the year is not between 1800 and 9999")]
    Year,
}

impl Day {
    /// From its numbers.
    ///
    /// # Errors
    /// When the calendar has no such day, or the year is not between 1800 and 9999.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, DayError> {
        if !(1800..=9999).contains(&year) {
            return Err(DayError::Year);
        }
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
            2 => 28,
            _ => return Err(DayError::Month),
        };
        if (1..=days).contains(&day) { Ok(Self { year, month, day }) } else { Err(DayError::Day) }
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }
}

/// `2026-11-17`, the form of `datetime` attributes and of JSON.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_known() {
        for (y, m, d, expected) in [
            (2024, 2, 29, None),
            (2023, 2, 29, Some(DayError::Day)),
            (1900, 2, 29, Some(DayError::Day)),
            (2000, 2, 29, None),
            (2026, 4, 31, Some(DayError::Day)),
            (2026, 12, 31, None),
            (2026, 0, 1, Some(DayError::Month)),
            (2026, 13, 1, Some(DayError::Month)),
            (2026, 1, 0, Some(DayError::Day)),
            (26, 1, 1, Some(DayError::Year)),
            (1799, 1, 1, Some(DayError::Year)),
        ] {
            assert_eq!(Day::new(y, m, d).err(), expected, "{y}-{m}-{d}");
        }
        assert_eq!(Day::new(2026, 3, 7).unwrap().to_string(), "2026-03-07");
    }
}
