//! Questions.

use simpul_core::limits;
use simpul_policy::written::{DocumentError, at, list, parsed, unique, wrong};

use super::{text, words};
use crate::catalogue::form::{ConditionForm, OffsetForm, OptionForm, QuestionForm, SpanForm};
use crate::catalogue::question::{Condition, DateOffset, Kind, Length, Pattern, Question, QuestionOption, Range};

const KINDS: &str =
    "`text`, `long-text`, `number`, `money`, `date`, `yes-no`, `choice`, `choices`, `email`, `phone` or `address`";

pub(super) fn question(path: &str, form: &QuestionForm) -> Result<Question, DocumentError> {
    let place = at(path, "show-when");
    let show_when = list(&place, &form.show_when, 0, limits::QUESTION_CONDITIONS, condition)?;
    Ok(Question {
        id: parsed(&at(path, "id"), &form.id)?,
        label: text(&at(path, "label"), &form.label)?,
        hint: form.hint.as_ref().map(|form| text(&at(path, "hint"), form)).transpose()?,
        required: form.required,
        show_when,
        kind: kind(path, form)?,
    })
}

fn condition(path: &str, form: &ConditionForm) -> Result<Condition, DocumentError> {
    let question = parsed(&at(path, "question"), &form.question)?;
    match (&form.equals, &form.contains) {
        (Some(value), None) => Ok(Condition::Equals(question, words(&at(path, "equals"), value)?)),
        (None, Some(value)) => Ok(Condition::Contains(question, words(&at(path, "contains"), value)?)),
        _ => Err(wrong(path, "exactly one of `equals` and `contains` is allowed")),
    }
}

fn kind(path: &str, form: &QuestionForm) -> Result<Kind, DocumentError> {
    let allowed: &[&str] = match form.kind.as_str() {
        "text" => &["length", "pattern"],
        "long-text" => &["length"],
        "number" | "money" => &["range"],
        "date" => &["earliest", "latest"],
        "choice" | "choices" => &["options"],
        "yes-no" | "email" | "phone" | "address" => &[],
        other => return Err(wrong(&at(path, "kind"), &format!("`{other}`: {KINDS} is allowed"))),
    };
    let members = [
        ("length", form.length.is_some()),
        ("range", form.range.is_some()),
        ("pattern", form.pattern.is_some()),
        ("earliest", form.earliest.is_some()),
        ("latest", form.latest.is_some()),
        ("options", form.options.is_some()),
    ];
    if let Some((name, _)) = members.iter().find(|(name, there)| *there && !allowed.contains(name)) {
        return Err(wrong(&at(path, name), &format!("a question of kind `{}` has no `{name}`", form.kind)));
    }
    let range = |least| range(&at(path, "range"), form.range.as_ref(), least);
    Ok(match form.kind.as_str() {
        "text" => Kind::Text {
            length: length(&at(path, "length"), form.length.as_ref(), limits::ANSWER_LINE_CHARS)?,
            pattern: form.pattern.as_deref().map(|name| pattern(&at(path, "pattern"), name)).transpose()?,
        },
        "long-text" => {
            Kind::LongText { length: length(&at(path, "length"), form.length.as_ref(), limits::ANSWER_CHARS)? }
        }
        "number" => Kind::Number(range(-limits::AMOUNT)?),
        "money" => Kind::Money(range(0)?),
        "date" => Kind::Date {
            earliest: form.earliest.as_ref().map(|form| offset(&at(path, "earliest"), form)).transpose()?,
            latest: form.latest.as_ref().map(|form| offset(&at(path, "latest"), form)).transpose()?,
        },
        "choice" => Kind::Choice(options(path, form)?),
        "choices" => Kind::Choices(options(path, form)?),
        "email" => Kind::Email,
        "phone" => Kind::Phone,
        "address" => Kind::Address,
        _ => Kind::YesNo,
    })
}

fn options(path: &str, form: &QuestionForm) -> Result<Vec<QuestionOption>, DocumentError> {
    let place = at(path, "options");
    let one = |path: &str, form: &OptionForm| {
        Ok(QuestionOption { id: parsed(&at(path, "id"), &form.id)?, label: text(&at(path, "label"), &form.label)? })
    };
    let options = list(&place, form.options.as_deref().unwrap_or_default(), 2, limits::QUESTION_OPTIONS, one)?;
    unique(&place, options.iter().map(|option| &option.id))?;
    Ok(options)
}

fn length(path: &str, form: Option<&SpanForm>, most: usize) -> Result<Length, DocumentError> {
    let Some(form) = form else { return Ok(Length { least: 1, most }) };
    let size = |n: i64| usize::try_from(n).ok().filter(|n| (1..=most).contains(n));
    match (size(form.least), size(form.most)) {
        (Some(least), Some(most)) if least <= most => Ok(Length { least, most }),
        _ => Err(wrong(path, &format!("`least` and `most` from 1 to {most} in this order are allowed"))),
    }
}

fn range(path: &str, form: Option<&SpanForm>, floor: i64) -> Result<Range, DocumentError> {
    let Some(form) = form else { return Ok(Range { least: floor, most: limits::AMOUNT }) };
    let inside = |n: i64| (floor..=limits::AMOUNT).contains(&n);
    match inside(form.least) && inside(form.most) && form.least <= form.most {
        true => Ok(Range { least: form.least, most: form.most }),
        false => Err(wrong(
            path,
            &format!("`least` and `most` from {floor} to {} in this order are allowed", limits::AMOUNT),
        )),
    }
}

fn offset(path: &str, form: &OffsetForm) -> Result<DateOffset, DocumentError> {
    let inside = |n: i32| (-limits::DATE_OFFSET..=limits::DATE_OFFSET).contains(&n);
    match inside(form.years) && inside(form.months) && inside(form.days) {
        true => Ok(DateOffset { years: form.years, months: form.months, days: form.days }),
        false => {
            Err(wrong(path, &format!("years, months and days up to {} either way are allowed", limits::DATE_OFFSET)))
        }
    }
}

fn pattern(path: &str, name: &str) -> Result<Pattern, DocumentError> {
    let found = Pattern::ALL.iter().find(|(spelling, _)| *spelling == name);
    found.map(|(_, pattern)| *pattern).ok_or_else(|| {
        let all: Vec<String> = Pattern::ALL.iter().map(|(spelling, _)| format!("`{spelling}`")).collect();
        wrong(path, &format!("`{name}`: one of {} is allowed", all.join(", ")))
    })
}
