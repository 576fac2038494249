//! Days: which are worked, where one begins, and when a time limit ends. No clock: the moment is an argument.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;
use simpul_core::{UnixTime, limits};

/// The days of one service. A day begins at midnight of its offset from UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    offset: Offset,
    holidays: BTreeSet<Date>,
}

/// A time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// How many days; 1 to [`limits::SERVICE_DAYS`].
    pub days: u32,
    /// Which days count.
    pub count: Counted,
}

/// Which days count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Monday to Friday without holidays.
    Working,
    /// Every day.
    Calendar,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Calendar {
    /// Days that begin so far from UTC, with these holidays.
    #[must_use]
    pub fn new(offset: Offset, holidays: impl IntoIterator<Item = Date>) -> Self {
        Self { offset, holidays: holidays.into_iter().collect() }
    }

    /// The day on which a moment lies; `None` outside the years of the calendar.
    #[must_use]
    pub fn day_of(&self, at: UnixTime) -> Option<Date> {
        Timestamp::from_millisecond(at.millis()).ok().map(|at| self.offset.to_datetime(at).date())
    }

    /// The first moment of a day.
    #[must_use]
    pub fn start_of(&self, day: Date) -> Option<UnixTime> {
        let start = self.offset.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        Some(UnixTime::from_millis(start.as_millisecond()))
    }

    /// Whether a day counts.
    #[must_use]
    pub fn counts(&self, day: Date, count: Counted) -> bool {
        match count {
            Counted::Calendar => true,
            Counted::Working => {
                !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.holidays.contains(&day)
            }
        }
    }

    /// The first moment after a time limit that began at `from`. The day of `from` is not counted; the limit ends with
    /// its last day.
    #[must_use]
    pub fn deadline(&self, from: UnixTime, within: Within) -> Option<UnixTime> {
        self.end_of_nth(self.day_of(from)?, within.days.min(limits::SERVICE_DAYS), within.count)
    }

    /// The time limit again after it stood still from `asked` to `answered`: as many counted days as were left. One
    /// that was over when it was to stand still stays over.
    #[must_use]
    pub fn resumed(&self, deadline: UnixTime, asked: UnixTime, answered: UnixTime, count: Counted) -> Option<UnixTime> {
        if deadline <= asked {
            return Some(deadline);
        }
        let (mut day, end) = (self.day_of(asked)?, self.day_of(deadline)?);
        let mut left = 0;
        while let Some(next) = day.tomorrow().ok().filter(|next| *next < end) {
            day = next;
            left += u32::from(self.counts(day, count));
        }
        self.end_of_nth(self.day_of(answered)?, left, count).map(|resumed| resumed.max(deadline))
    }

    /// The end of the `n`th counted day after `day`; of `day` itself for zero.
    fn end_of_nth(&self, mut day: Date, n: u32, count: Counted) -> Option<UnixTime> {
        let mut left = n;
        // A holiday list is finite, so this ends: at most one day in seven counts for a while.
        while left > 0 {
            day = day.tomorrow().ok()?;
            left -= u32::from(self.counts(day, count));
        }
        self.start_of(day.tomorrow().ok()?)
    }
}

/// So many days of 24 hours later.
#[must_use]
pub(crate) fn days_after(at: UnixTime, days: u32) -> UnixTime {
    at.plus(DAY.saturating_mul(days))
}

/// `+07:00`, up to 14 hours either way.
pub(super) fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |text: &str| match text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => text.parse::<i32>().ok(),
        false => None,
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let seconds = hours * 3600 + minutes * 60;
    match minutes < 60 && seconds <= 14 * 3600 {
        true => Offset::from_seconds(sign * seconds).ok(),
        false => None,
    }
}

/// `2027-01-31` and nothing else.
pub(crate) fn day(text: &str) -> Option<Date> {
    let shape = |(i, b): (usize, u8)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    (text.len() == 10 && text.bytes().enumerate().all(shape)).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jakarta() -> Calendar {
        let holidays = ["2026-12-24", "2026-12-25", "2027-01-01"].map(|text| day(text).unwrap());
        Calendar::new(offset("+07:00").unwrap(), holidays)
    }

    fn at(text: &str) -> UnixTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_limit_ends_with_its_last_day_in_the_offices_time() {
        let table = [
            // Sunday evening in Jakarta is still Sunday: Monday is the first day.
            ("2026-11-22T16:59:59Z", 1, Counted::Working, "2026-11-23T17:00:00Z"),
            // One second later it is Monday in Jakarta.
            ("2026-11-22T17:00:00Z", 1, Counted::Working, "2026-11-24T17:00:00Z"),
            ("2026-11-20T03:00:00Z", 1, Counted::Working, "2026-11-23T17:00:00Z"),
            ("2026-11-20T03:00:00Z", 1, Counted::Calendar, "2026-11-21T17:00:00Z"),
            ("2026-11-20T03:00:00Z", 5, Counted::Working, "2026-11-27T17:00:00Z"),
            // Thursday and Friday are holidays, then a weekend.
            ("2026-12-23T03:00:00Z", 1, Counted::Working, "2026-12-28T17:00:00Z"),
            ("2026-12-23T03:00:00Z", 1, Counted::Calendar, "2026-12-24T17:00:00Z"),
            ("2026-12-31T03:00:00Z", 2, Counted::Working, "2027-01-05T17:00:00Z"),
            ("2028-02-28T03:00:00Z", 1, Counted::Calendar, "2028-02-29T17:00:00Z"),
        ];
        for (from, days, count, end) in table {
            assert_eq!(jakarta().deadline(at(from), Within { days, count }), Some(at(end)), "{from} {days} {count:?}");
        }
    }

    #[test]
    fn a_limit_that_stood_still_has_the_days_that_were_left() {
        let deadline = at("2026-11-27T17:00:00Z");
        let resumed = |asked, answered| jakarta().resumed(deadline, at(asked), at(answered), Counted::Working).unwrap();
        // Asked on Tuesday with three working days left; answered on the Tuesday after.
        assert_eq!(resumed("2026-11-24T03:00:00Z", "2026-12-01T03:00:00Z"), at("2026-12-04T17:00:00Z"));
        // Answered on the same day: nothing changed.
        assert_eq!(resumed("2026-11-24T03:00:00Z", "2026-11-24T05:00:00Z"), deadline);
        // Asked on the last day: the day of the answer is the last one.
        assert_eq!(resumed("2026-11-27T03:00:00Z", "2026-12-01T03:00:00Z"), at("2026-12-01T17:00:00Z"));
        // It was over before.
        assert_eq!(resumed("2026-11-28T03:00:00Z", "2026-12-05T03:00:00Z"), deadline);
    }

    #[test]
    fn offsets_and_days_have_one_spelling() {
        for good in ["+07:00", "-03:30", "+00:00", "+14:00", "-14:00"] {
            assert!(offset(good).is_some(), "{good}");
        }
        for bad in ["07:00", "+7:00", "+14:01", "+07:60", "+0700", "Z", "", "+07:00 "] {
            assert!(offset(bad).is_none(), "{bad}");
        }
        assert!(day("2027-02-28").is_some());
        for bad in ["2027-02-29", "2027-2-28", "20270228", "2027-02-28T00:00:00Z", ""] {
            assert!(day(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        let end = UnixTime::from_millis(i64::MAX);
        assert_eq!(jakarta().deadline(end, Within { days: 1, count: Counted::Working }), None);
        let last = at("9999-12-30T00:00:00Z");
        assert_eq!(jakarta().deadline(last, Within { days: 5, count: Counted::Calendar }), None);
    }
}
