//! A date in three fields: nobody picks a date of birth in a calendar.

use maud::{Markup, html};

use super::{Field, group};
use crate::text;
use crate::text::{Day, DayError, Locale, Msg};

/// A date as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedDate {
    /// The day of the month.
    pub day: String,
    /// The month as a number.
    pub month: String,
    /// The year, four digits.
    pub year: String,
}

impl TypedDate {
    /// From the fields `name`, `name-month` and `name-year`, as [`date`] names them.
    #[must_use]
    pub fn of(name: &str, value: impl Fn(&str) -> String) -> Self {
        Self { day: value(name), month: value(&format!("{name}-month")), year: value(&format!("{name}-year")) }
    }

    /// The day that was meant.
    ///
    /// # Errors
    /// When a part is no number or the calendar has no such day.
    pub fn read(&self) -> Result<Day, DayError> {
        let year = self.year.trim().parse().map_err(|_| DayError::Year)?;
        let month = self.month.trim().parse().map_err(|_| DayError::Month)?;
        let day = self.day.trim().parse().map_err(|_| DayError::Day)?;
        Day::new(year, month, day)
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.day, &self.month, &self.year].iter().all(|part| part.trim().is_empty())
    }
}

/// A date.
#[must_use]
pub fn date(locale: &Locale<'_>, field: &Field, typed: &TypedDate) -> Markup {
    let part = |id: String, label: Msg, value: &str, digits: u8| {
        html! {
            div.y[digits == 4] {
                label for=(id) { (label) }
                input.in id=(id) name=(id) type="text" inputmode="numeric" maxlength=(digits) autocomplete="off" value=(value)
                    aria-invalid=[field.invalid()];
            }
        }
    };
    let controls = html! {
        div.date {
            (part(field.name.clone(), text!(locale, "date-day"), &typed.day, 2))
            (part(format!("{}-month", field.name), text!(locale, "date-month"), &typed.month, 2))
            (part(format!("{}-year", field.name), text!(locale, "date-year"), &typed.year, 4))
        }
    };
    group(locale, field, &controls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read_or_refused() {
        let typed =
            |day: &str, month: &str, year: &str| TypedDate { day: day.into(), month: month.into(), year: year.into() };
        assert_eq!(typed(" 7", "3", "1998").read().unwrap().to_string(), "1998-03-07");
        assert_eq!(typed("31", "4", "1998").read(), Err(DayError::Day));
        assert_eq!(typed("1", "Mei", "1998").read(), Err(DayError::Month));
        assert_eq!(typed("1", "5", "98").read(), Err(DayError::Year));
        assert!(typed(" ", "", "").is_empty());
    }
}
