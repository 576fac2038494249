//! Moments as people read them: the calendar and the clock of a zone.

use std::time::Duration;

use simpul_core::UnixTime;
use simpul_core::time::Civil;

use super::Lang;

/// A time zone without changes of the clock: an offset and the name by which people know it.
///
/// States that move their clocks need a table of changes; none is embedded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    minutes: i16,
    name: String,
}

/// What is wrong with a zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// The offset is not written like `+07:00`, or is beyond 14 hours.
    #[error("`{0}` is not an offset between -14:00 and +14:00, such as +07:00")]
    Offset(String),
    /// The name is empty or longer than 8 characters.
    #[error("`{0}` is not a name of a time zone of 1 to 8 characters")]
    Name(String),
}

impl Zone {
    /// From an offset such as `+07:00` and a name such as `WIB`.
    ///
    /// # Errors
    /// When the offset is not of that form or beyond 14 hours, or the name is empty or longer than 8 characters.
    pub fn new(offset: &str, name: &str) -> Result<Self, ZoneError> {
        let wrong = || ZoneError::Offset(offset.to_owned());
        let (sign, rest) = offset.split_at_checked(1).ok_or_else(wrong)?;
        let sign: i16 = match sign {
            "+" => 1,
            "-" => -1,
            _ => return Err(wrong()),
        };
        let two = |text: &str| {
            text.parse::<i16>().ok().filter(|_| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))
        };
        let (hours, minutes) = rest.split_once(':').and_then(|(h, m)| Some((two(h)?, two(m)?))).ok_or_else(wrong)?;
        let total = hours * 60 + minutes;
        if minutes > 59 || total > 14 * 60 {
            return Err(wrong());
        }
        if !(1..=8).contains(&name.chars().count()) {
            return Err(ZoneError::Name(name.to_owned()));
        }
        Ok(Self { minutes: sign * total, name: name.to_owned() })
    }

    /// The name by which people know it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calendar and clock at `at`.
    pub(super) fn civil(&self, at: UnixTime) -> Option<Civil> {
        let shift = Duration::from_secs(u64::from(self.minutes.unsigned_abs()) * 60);
        if self.minutes < 0 { at.minus(shift).civil() } else { at.plus(shift).civil() }
    }
}

const ID: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];
const EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `17 November 2026`, in both languages.
pub(super) fn long_date(lang: Lang, year: i32, month: u8, day: u8) -> String {
    let names = if lang.written() == Lang::Id { &ID } else { &EN };
    let month = names.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or("?");
    format!("{day}\u{a0}{month} {year}")
}

/// `09.31` in Indonesian (PUEBI III.A.5), `09:31` in English.
pub(super) fn clock(lang: Lang, civil: &Civil) -> String {
    let between = if lang.written() == Lang::Id { '.' } else { ':' };
    format!("{:02}{between}{:02}", civil.hour, civil.minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_shift_the_calendar() {
        let at: UnixTime = "2026-12-31T17:30:00Z".parse().unwrap();
        let civil = |offset| Zone::new(offset, "X").unwrap().civil(at).unwrap();
        let jakarta = civil("+07:00");
        assert_eq!((jakarta.year, jakarta.month, jakarta.day, jakarta.hour, jakarta.minute), (2027, 1, 1, 0, 30));
        assert_eq!((civil("-03:30").day, civil("-03:30").hour, civil("-03:30").minute), (31, 14, 0));
    }

    #[test]
    fn an_offset_has_one_form() {
        for bad in ["", "07:00", "+7:00", "+07", "+15:00", "+14:01", "+07:60", "+07:0x", "Z", "+-7:00"] {
            assert_eq!(Zone::new(bad, "X"), Err(ZoneError::Offset(bad.to_owned())), "{bad}");
        }
        assert!(Zone::new("+14:00", "X").is_ok());
        assert!(matches!(Zone::new("+07:00", ""), Err(ZoneError::Name(_))));
        assert!(matches!(Zone::new("+07:00", "123456789"), Err(ZoneError::Name(_))));
    }
}
