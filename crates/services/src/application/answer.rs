//! Answers: what a citizen typed, what it means, and what is wrong with it.

use jiff::civil::Date;
use simpul_core::limits;

use super::person::{TextError, bounded};
use crate::catalogue::OptionId;
use crate::catalogue::calendar::day;
use crate::catalogue::question::{Kind, Length, Pattern, Question, Range};
use crate::catalogue::steps::whole;

/// An answer that fits the kind of its question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One line or several, an electronic mail address or a telephone number.
    Text(String),
    /// A whole number, or an amount in whole rupiah.
    Number(i64),
    /// A day.
    Date(Date),
    /// Yes or no.
    YesNo(bool),
    /// One option.
    Choice(OptionId),
    /// Some options, in the order of the document.
    Choices(Vec<OptionId>),
    /// A postal address.
    Address(Address),
}

/// A postal address in Indonesia.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Street and number.
    pub street: String,
    /// Village or quarter; may be empty.
    pub locality: String,
    /// City or regency.
    pub city: String,
    /// Province.
    pub province: String,
    /// Five digits.
    pub postal_code: String,
}

/// What a page sends, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// One field; for a date `2027-01-31`, for yes/no `yes` or `no`, for a choice the option.
    One(String),
    /// The options that are ticked.
    Many(Vec<String>),
    /// A date in three fields.
    Date {
        /// Day of the month.
        day: String,
        /// Month, 1 to 12.
        month: String,
        /// Year, four digits.
        year: String,
    },
    /// An address in its fields.
    Address(Address),
}

/// What is wrong with an answer. A page has a message for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// There is none and there must be one.
    Missing,
    /// Fewer characters than this.
    TooShort(usize),
    /// More characters than this.
    TooLong(usize),
    /// It has a sign that no text has.
    Control,
    /// Not of this form.
    Form(Pattern),
    /// No whole number.
    NoNumber,
    /// Below this.
    TooSmall(i64),
    /// Above this.
    TooLarge(i64),
    /// No day of the calendar.
    NoDate,
    /// Before this day.
    TooEarly(Date),
    /// After this day.
    TooLate(Date),
    /// None of the options.
    NoOption,
    /// No electronic mail address.
    NoEmail,
    /// No telephone number.
    NoPhone,
    /// A part of an address, and what is wrong with it.
    Address(AddressPart, Box<Wrong>),
    /// The page sent fields of another kind of question.
    Kind,
}

/// Parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressPart {
    /// Street and number.
    Street,
    /// Village or quarter.
    Locality,
    /// City or regency.
    City,
    /// Province.
    Province,
    /// Postal code.
    PostalCode,
}

/// Reads what was typed. `Ok(None)` is no answer, whether or not one is required: that is for the submission to say.
pub fn read(question: &Question, given: &Given, today: Date) -> Result<Option<Answer>, Wrong> {
    if is_blank(given) {
        return Ok(None);
    }
    let answer = match (&question.kind, given) {
        (Kind::Text { .. } | Kind::Email | Kind::Phone, Given::One(text)) => Answer::Text(line(text)?),
        (Kind::LongText { .. }, Given::One(text)) => {
            Answer::Text(text_within(bounded(text, limits::ANSWER_CHARS, |c| c == '\n'))?)
        }
        (Kind::Number(_) | Kind::Money(_), Given::One(text)) => Answer::Number(number(text).ok_or(Wrong::NoNumber)?),
        (Kind::Date { .. }, Given::One(text)) => Answer::Date(day(text.trim()).ok_or(Wrong::NoDate)?),
        (Kind::Date { .. }, Given::Date { day, month, year }) => {
            Answer::Date(three(day, month, year).ok_or(Wrong::NoDate)?)
        }
        (Kind::YesNo, Given::One(text)) => match text.as_str() {
            "yes" => Answer::YesNo(true),
            "no" => Answer::YesNo(false),
            _ => return Err(Wrong::NoOption),
        },
        (Kind::Choice(_), Given::One(text)) => Answer::Choice(text.parse().map_err(|_| Wrong::NoOption)?),
        (Kind::Choices(options), Given::Many(ticked)) => {
            if !ticked.iter().all(|name| options.iter().any(|option| option.id.as_str() == name)) {
                return Err(Wrong::NoOption);
            }
            let chosen = options.iter().filter(|option| ticked.iter().any(|name| option.id.as_str() == name));
            Answer::Choices(chosen.map(|option| option.id.clone()).collect())
        }
        (Kind::Address, Given::Address(parts)) => Answer::Address(address(parts)?),
        _ => return Err(Wrong::Kind),
    };
    check(question, &answer, today)?;
    Ok(Some(answer))
}

/// Checks an answer against its question. What is kept in a draft is checked again at submission: a bound on a date
/// moves with the day, and a document may have changed.
pub fn check(question: &Question, answer: &Answer, today: Date) -> Result<(), Wrong> {
    match (&question.kind, answer) {
        (Kind::Text { length, pattern }, Answer::Text(text)) => {
            fits(text, *length)?;
            match pattern.filter(|pattern| !pattern.fits(text)) {
                Some(pattern) => Err(Wrong::Form(pattern)),
                None => Ok(()),
            }
        }
        (Kind::LongText { length }, Answer::Text(text)) => fits(text, *length),
        (Kind::Number(range) | Kind::Money(range), Answer::Number(number)) => inside(*number, *range),
        (Kind::Date { earliest, latest }, Answer::Date(date)) => {
            if let Some(earliest) = earliest.and_then(|offset| offset.from(today)).filter(|earliest| date < earliest) {
                return Err(Wrong::TooEarly(earliest));
            }
            match latest.and_then(|offset| offset.from(today)).filter(|latest| date > latest) {
                Some(latest) => Err(Wrong::TooLate(latest)),
                None => Ok(()),
            }
        }
        (Kind::YesNo, Answer::YesNo(_)) => Ok(()),
        (Kind::Choice(options), Answer::Choice(chosen)) => {
            options.iter().any(|option| option.id == *chosen).then_some(()).ok_or(Wrong::NoOption)
        }
        (Kind::Choices(options), Answer::Choices(chosen)) => {
            let known = |id: &OptionId| options.iter().any(|option| option.id == *id);
            (!chosen.is_empty() && chosen.iter().all(known)).then_some(()).ok_or(Wrong::NoOption)
        }
        (Kind::Email, Answer::Text(text)) => is_email(text).then_some(()).ok_or(Wrong::NoEmail),
        (Kind::Phone, Answer::Text(text)) => is_phone(text).then_some(()).ok_or(Wrong::NoPhone),
        (Kind::Address, Answer::Address(parts)) => address(parts).map(drop),
        _ => Err(Wrong::Kind),
    }
}

/// What a register said as an answer to a question; `None` if it is of another kind. The bounds of the question are
/// those of what people type, and do not judge a register.
#[must_use]
pub fn of_register(question: &Question, value: &str) -> Option<Answer> {
    match &question.kind {
        Kind::Text { .. } | Kind::LongText { .. } | Kind::Email | Kind::Phone => {
            (!value.trim().is_empty()).then(|| Answer::Text(value.to_owned()))
        }
        Kind::Number(_) | Kind::Money(_) => whole(value).map(Answer::Number),
        Kind::Date { .. } => day(value).map(Answer::Date),
        Kind::YesNo => match value {
            "yes" | "true" => Some(Answer::YesNo(true)),
            "no" | "false" => Some(Answer::YesNo(false)),
            _ => None,
        },
        Kind::Choice(options) => {
            options.iter().find(|option| option.id.as_str() == value).map(|option| Answer::Choice(option.id.clone()))
        }
        Kind::Choices(_) | Kind::Address => None,
    }
}

impl Answer {
    /// The value as arithmetic and rules see it: digits, `2027-01-31`, `yes`, the name of an option.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.to_string(),
            Self::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Self::Choice(option) => option.to_string(),
            Self::Choices(options) => options.iter().map(OptionId::as_str).collect::<Vec<_>>().join(","),
            Self::Address(address) => address.lines().join(", "),
        }
    }

    /// Whether the answer is this option, or yes or no.
    #[must_use]
    pub fn equals(&self, value: &str) -> bool {
        matches!(self, Self::Choice(_) | Self::YesNo(_)) && self.plain() == value
    }

    /// Whether this option is among several.
    #[must_use]
    pub fn contains(&self, value: &str) -> bool {
        matches!(self, Self::Choices(options) if options.iter().any(|option| option.as_str() == value))
    }
}

impl Address {
    /// The address as it stands on a letter, without empty lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let last = format!("{} {}", self.province, self.postal_code);
        let lines = [self.street.clone(), self.locality.clone(), self.city.clone(), last];
        lines.into_iter().filter(|line| !line.trim().is_empty()).collect()
    }
}

fn is_blank(given: &Given) -> bool {
    match given {
        Given::One(text) => text.trim().is_empty(),
        Given::Many(ticked) => ticked.is_empty(),
        Given::Date { day, month, year } => [day, month, year].iter().all(|part| part.trim().is_empty()),
        Given::Address(Address { street, locality, city, province, postal_code }) => {
            [street, locality, city, province, postal_code].iter().all(|part| part.trim().is_empty())
        }
    }
}

fn line(text: &str) -> Result<String, Wrong> {
    text_within(bounded(text, limits::ANSWER_LINE_CHARS, |_| false))
}

fn text_within(text: Result<String, TextError>) -> Result<String, Wrong> {
    text.map_err(|error| match error {
        TextError::Missing => Wrong::Missing,
        TextError::TooLong(most) => Wrong::TooLong(most),
        TextError::Control => Wrong::Control,
    })
}

fn fits(text: &str, length: Length) -> Result<(), Wrong> {
    match text.chars().count() {
        n if n < length.least => Err(Wrong::TooShort(length.least)),
        n if n > length.most => Err(Wrong::TooLong(length.most)),
        _ => Ok(()),
    }
}

fn inside(number: i64, range: Range) -> Result<(), Wrong> {
    match number {
        n if n < range.least => Err(Wrong::TooSmall(range.least)),
        n if n > range.most => Err(Wrong::TooLarge(range.most)),
        _ => Ok(()),
    }
}

/// A whole number as people write it: `1500000`, `1.500.000`, `1,500,000`, `1 500 000`, with `Rp` before it or not.
/// One kind of separator, and always three digits between two: `1.5` is no whole number.
fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_prefix("Rp").unwrap_or(text).trim_start();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let separator = digits.chars().find(|c| !c.is_ascii_digit());
    let joined = match separator {
        None => digits.to_owned(),
        Some(separator @ ('.' | ',' | ' ' | '\u{a0}' | '\u{202f}')) => {
            let groups: Vec<&str> = digits.split(separator).collect();
            let (first, others) = groups.split_first()?;
            let fits = (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3);
            fits.then(|| groups.concat())?
        }
        Some(_) => return None,
    };
    let plain = !joined.is_empty() && joined.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| whole(&format!("{sign}{joined}"))).flatten()
}

fn three(day: &str, month: &str, year: &str) -> Option<Date> {
    let digits = |text: &str, sizes: std::ops::RangeInclusive<usize>| {
        let text = text.trim();
        (sizes.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<i16>().ok())?
    };
    let small = |n: i16| i8::try_from(n).ok();
    Date::new(digits(year, 4..=4)?, small(digits(month, 1..=2)?)?, small(digits(day, 1..=2)?)?).ok()
}

/// One `@`, something before it, a name with a dot after it, no space: what a form can know. Whether it is read by
/// somebody, only a message can tell.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    text.len() <= 254 && local_fits && domain.contains('.') && domain.split('.').all(label)
}

/// Six to fifteen digits (E.164 §6), with `+` before them or not; spaces, hyphens and brackets between them.
fn is_phone(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    (6..=15).contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')'))
}

fn address(parts: &Address) -> Result<Address, Wrong> {
    let at = |part: AddressPart| move |wrong: Wrong| Wrong::Address(part, Box::new(wrong));
    let postal_code = line(&parts.postal_code).map_err(at(AddressPart::PostalCode))?;
    if !Pattern::PostalCode.fits(&postal_code) {
        return Err(at(AddressPart::PostalCode)(Wrong::Form(Pattern::PostalCode)));
    }
    let locality = match parts.locality.trim().is_empty() {
        true => String::new(),
        false => line(&parts.locality).map_err(at(AddressPart::Locality))?,
    };
    Ok(Address {
        street: line(&parts.street).map_err(at(AddressPart::Street))?,
        locality,
        city: line(&parts.city).map_err(at(AddressPart::City))?,
        province: line(&parts.province).map_err(at(AddressPart::Province))?,
        postal_code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value) in [
            ("0", 0),
            ("-7", -7),
            ("1500000", 1_500_000),
            (" 1.500.000 ", 1_500_000),
            ("1,500,000", 1_500_000),
            ("1 500 000", 1_500_000),
            ("Rp1.500.000", 1_500_000),
            ("Rp 25.000", 25_000),
            ("007", 7),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for bad in ["", "1.5", "1,5", "1.500,000", "1.50.000", "1..000", ".500", "1e3", "+1", "--1", "x", "١", "Rp"] {
            assert_eq!(number(bad), None, "{bad}");
        }
        assert_eq!(number(&limits::AMOUNT.to_string()), Some(limits::AMOUNT));
        assert_eq!(number(&(limits::AMOUNT + 1).to_string()), None);
    }

    #[test]
    fn addresses_of_mail_and_telephone_numbers() {
        for good in ["siti@example.id", "a.b+c@x-y.co.id", "ü@exämple.id"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "siti", "@x.id", "a@b", "a@@b.id", "a b@c.id", ".a@b.id", "a.@b.id", "a..b@c.id", "a@-b.id", "a@b..id"]
        {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(is_email(&format!("{}@example.id", "a".repeat(64))));
        assert!(!is_email(&format!("{}@example.id", "a".repeat(65))));
        for good in ["+62 812-3456-7890", "021 123456", "(021) 5551234", "123456", "+123456789012345"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["12345", "+1234567890123456", "62+812345", "0812 abc 345", ""] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn dates_in_three_fields() {
        assert_eq!(three("29", "2", "2028").map(|d| d.to_string()).as_deref(), Some("2028-02-29"));
        for (d, m, y) in
            [("29", "2", "2027"), ("0", "1", "2027"), ("1", "13", "2027"), ("1", "1", "27"), ("1", "1", "")]
        {
            assert_eq!(three(d, m, y), None, "{d} {m} {y}");
        }
    }
}
