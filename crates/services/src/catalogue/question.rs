//! Questions, and what an answer to one may be.

use jiff::Span;
use jiff::civil::Date;
use simpul_policy::agreement::terms::Text;

use super::name::{OptionId, QuestionId};

/// One question, which is one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name.
    pub id: QuestionId,
    /// What is asked.
    pub label: Text,
    /// A help below it.
    pub hint: Option<Text>,
    /// Whether an application without an answer cannot be sent.
    pub required: bool,
    /// All of these must hold, or it is not asked. Each names an earlier question.
    pub show_when: Vec<Condition>,
    /// What an answer is.
    pub kind: Kind,
}

/// Kinds of answers with their bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Text {
        /// Characters.
        length: Length,
        /// Its form.
        pattern: Option<Pattern>,
    },
    /// Several lines.
    LongText {
        /// Characters.
        length: Length,
    },
    /// A whole number.
    Number(Range),
    /// An amount in whole rupiah.
    Money(Range),
    /// A day.
    Date {
        /// The first day that is allowed.
        earliest: Option<DateOffset>,
        /// The last day that is allowed.
        latest: Option<DateOffset>,
    },
    /// Yes or no.
    YesNo,
    /// One of the options.
    Choice(Vec<QuestionOption>),
    /// Some of the options.
    Choices(Vec<QuestionOption>),
    /// An electronic mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A postal address.
    Address,
}

/// An option of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionOption {
    /// Its name.
    pub id: OptionId,
    /// What is read.
    pub label: Text,
}

/// When a question is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A choice or a yes/no question has this answer.
    Equals(QuestionId, String),
    /// Among several choices is this one.
    Contains(QuestionId, String),
}

/// Characters, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// At least; 1 or more.
    pub least: usize,
    /// At most.
    pub most: usize,
}

/// A range, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// At least.
    pub least: i64,
    /// At most.
    pub most: i64,
}

/// A day that lies so far from today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateOffset {
    /// Years, negative for the past.
    pub years: i32,
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
}

/// The closed list of forms of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Digits.
    Digits,
    /// Letters of any script, spaces, `.`, `'` and `-`.
    Letters,
    /// Letters and digits of ASCII.
    LettersDigits,
    /// Five digits.
    PostalCode,
    /// Sixteen digits: the number of a person in Indonesia.
    NationalNumber,
    /// Fifteen or sixteen digits: the number of a taxpayer in Indonesia.
    TaxNumber,
    /// Letters and digits of ASCII, `/`, `.` and `-`, as numbers of documents have them.
    DocumentNumber,
}

impl Condition {
    /// The question that it looks at.
    #[must_use]
    pub fn question(&self) -> &QuestionId {
        match self {
            Self::Equals(question, _) | Self::Contains(question, _) => question,
        }
    }
}

impl Kind {
    /// The options, if it has any.
    #[must_use]
    pub fn options(&self) -> &[QuestionOption] {
        match self {
            Self::Choice(options) | Self::Choices(options) => options,
            _ => &[],
        }
    }
}

impl DateOffset {
    /// The day, seen from `today`; `None` outside the years of the calendar.
    #[must_use]
    pub fn from(self, today: Date) -> Option<Date> {
        let months = Span::new().try_years(self.years).ok()?.try_months(self.months).ok()?;
        today.checked_add(months).ok()?.checked_add(Span::new().try_days(self.days).ok()?).ok()
    }
}

impl Pattern {
    /// Every form with its spelling.
    pub const ALL: [(&'static str, Self); 7] = [
        ("digits", Self::Digits),
        ("letters", Self::Letters),
        ("letters-digits", Self::LettersDigits),
        ("postal-code", Self::PostalCode),
        ("national-number", Self::NationalNumber),
        ("tax-number", Self::TaxNumber),
        ("document-number", Self::DocumentNumber),
    ];

    /// Whether a text has this form.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        let digits = |sizes: &[usize]| sizes.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::Digits => text.bytes().all(|b| b.is_ascii_digit()),
            Self::Letters => text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '\'' | '’' | '-')),
            Self::LettersDigits => text.bytes().all(|b| b.is_ascii_alphanumeric()),
            Self::PostalCode => digits(&[5]),
            Self::NationalNumber => digits(&[16]),
            Self::TaxNumber => digits(&[15, 16]),
            Self::DocumentNumber => text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_takes_what_it_says() {
        let table = [
            ("digits", "0123", "12a"),
            ("letters", "Siti Nur'aini-Putri S.", "Siti2"),
            ("letters-digits", "aB9", "a-9"),
            ("postal-code", "10110", "1011"),
            ("postal-code", "10110", "101100"),
            ("national-number", "3201014509870001", "320101450987000"),
            ("tax-number", "012345678901000", "01234567890100"),
            ("tax-number", "0123456789010001", "01234567890100012"),
            ("document-number", "LAB-D-00015/1.a", "LAB D"),
            ("digits", "1", "١"),
        ];
        for (name, good, bad) in table {
            let pattern = Pattern::ALL.iter().find(|(spelling, _)| *spelling == name).unwrap().1;
            assert!(pattern.fits(good), "{name}: {good}");
            assert!(!pattern.fits(bad), "{name}: {bad}");
        }
    }

    #[test]
    fn days_are_counted_from_today() {
        let today: Date = "2028-02-29".parse().unwrap();
        let day = |years, months, days| DateOffset { years, months, days }.from(today).map(|day| day.to_string());
        assert_eq!(day(0, 0, 0).as_deref(), Some("2028-02-29"));
        assert_eq!(day(-17, 0, 0).as_deref(), Some("2011-02-28"));
        assert_eq!(day(0, 1, 1).as_deref(), Some("2028-03-30"));
        assert_eq!(day(-1, 0, -1).as_deref(), Some("2027-02-27"));
        assert_eq!(day(50_000, 0, 0), None);
    }
}
