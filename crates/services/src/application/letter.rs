//! Letters as data: what is rendered, signed and handed over elsewhere.

use jiff::civil::Date;
use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Language;

use super::answer::Answer;
use super::case::Case;
use super::event::Ruling;
use super::reference::Reference;
use crate::catalogue::question::{Kind, Question};
use crate::catalogue::template::{NOTHING, Place, Template};
use crate::catalogue::{LetterId, Occasion, Outcome};

/// A letter in one language, filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The letter of the service document.
    pub id: LetterId,
    /// When it is written.
    pub occasion: Occasion,
    /// Its language.
    pub language: Language,
    /// The application.
    pub reference: Reference,
    /// The title of the service.
    pub service: String,
    /// To whom: the name of the person.
    pub recipient: String,
    /// From whom: the name of the office.
    pub office: String,
    /// Its day, in words.
    pub day: String,
    /// Its title.
    pub title: String,
    /// Its paragraphs, plain text.
    pub paragraphs: Vec<String>,
    /// What is decided, if it is a decision.
    pub outcome: Option<Outcome>,
    /// The law of the decision.
    pub law: Option<String>,
    /// The reasons that the officers gave, those for rules that they passed over among them.
    pub reasons: Vec<String>,
    /// How to appeal, if it is a decision.
    pub appeal: Option<String>,
}

impl Letter {
    /// The letter of an occasion. `None` if the document has none, or the application has not come so far.
    #[must_use]
    pub fn of(case: Case<'_>, occasion: Occasion, language: Language) -> Option<Self> {
        let (service, application) = (case.service, case.application);
        let template = service.letter(occasion)?;
        let submitted = application.submitted?;
        let decision = application.state.decision();
        let (ruling, at) = match (occasion, decision) {
            (Occasion::Receipt, _) => (None, submitted.at),
            (Occasion::Decision(outcome), Some(decision)) if decision.ruling.outcome == outcome => {
                (Some(&decision.ruling), decision.at)
            }
            (Occasion::Decision(_), _) => return None,
        };
        let stage = application.state.work().and_then(|work| service.stage(work.index)).or(service.stage(0))?;
        let office = stage.office_name.in_language(language).to_owned();
        let reasons = ruling.map(reasons).unwrap_or_default();
        let day_of = |at: UnixTime| service.calendar.day_of(at).map(|day| readable_day(day, language));
        let results = case.results().ok();
        let fill = |place: &Place| match place {
            Place::Reference => Some(application.reference.to_string()),
            Place::Service => Some(service.title.in_language(language).to_owned()),
            Place::Applicant => Some(application.applicant.person().name().to_owned()),
            Place::Identifier => Some(application.applicant.person().id().reveal().to_owned()),
            Place::SubmittedOn => day_of(submitted.at),
            Place::DecidedOn => day_of(at),
            Place::Decision => ruling
                .and_then(|ruling| service.ground(&ruling.ground))
                .map(|g| g.text.in_language(language).to_owned()),
            Place::Law => ruling.map(|ruling| ruling.law.clone()),
            Place::Reason => Some(reasons.join("\n")),
            Place::Office => Some(office.clone()),
            Place::Appeal => Some(service.decision.appeal.in_language(language).to_owned()),
            Place::Amount => Some(money(submitted.charge, language)),
            Place::Answer(question) => {
                let question = service.question(question).filter(|question| case.shown(question))?;
                case.effective(question).map(|given| readable(question, &given.answer, language))
            }
            Place::Field(evidence, field) => case.field(evidence, field).map(str::to_owned),
            Place::Step(step) => results.as_ref()?.of(step).map(|amount| money(amount, language)),
        };
        let paragraph = |(id, en): &(Template, Template)| match language {
            Language::Indonesian => id.fill(&fill),
            Language::English => en.fill(&fill),
        };
        Some(Self {
            id: template.id.clone(),
            occasion,
            language,
            reference: application.reference,
            service: service.title.in_language(language).to_owned(),
            recipient: application.applicant.person().name().to_owned(),
            day: day_of(at).unwrap_or_else(|| NOTHING.to_owned()),
            title: template.title.in_language(language).to_owned(),
            paragraphs: template.paragraphs.iter().map(paragraph).collect(),
            outcome: ruling.map(|ruling| ruling.outcome),
            law: ruling.map(|ruling| ruling.law.clone()),
            appeal: ruling.map(|_| service.decision.appeal.in_language(language).to_owned()),
            office,
            reasons,
        })
    }
}

fn reasons(ruling: &Ruling) -> Vec<String> {
    let own = ruling.reason.iter().map(|reason| reason.as_str().to_owned());
    own.chain(ruling.overrides.iter().map(|passed| passed.reason.as_str().to_owned())).collect()
}

/// An answer as people read it: the words of an option, a day in words, an amount with `Rp`.
#[must_use]
pub fn readable(question: &Question, answer: &Answer, language: Language) -> String {
    let option = |id: &crate::catalogue::OptionId| {
        let found = question.kind.options().iter().find(|option| option.id == *id);
        found.map_or_else(|| id.to_string(), |option| option.label.in_language(language).to_owned())
    };
    match (answer, &question.kind) {
        (Answer::Number(amount), Kind::Money(_)) => money(*amount, language),
        (Answer::Number(number), _) => grouped(*number, language),
        (Answer::Date(day), _) => readable_day(*day, language),
        (Answer::YesNo(yes), _) => match (yes, language) {
            (true, Language::Indonesian) => "Ya",
            (false, Language::Indonesian) => "Tidak",
            (true, Language::English) => "Yes",
            (false, Language::English) => "No",
        }
        .to_owned(),
        (Answer::Choice(id), _) => option(id),
        (Answer::Choices(ids), _) => ids.iter().map(option).collect::<Vec<_>>().join(", "),
        (Answer::Text(text), _) => text.clone(),
        (Answer::Address(address), _) => address.lines().join(", "),
    }
}

/// `Rp1.500.000` or `Rp1,500,000`; below zero with a minus sign before it.
#[must_use]
pub fn money(amount: i64, language: Language) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}Rp{}", grouped(amount.saturating_abs(), language))
}

fn grouped(number: i64, language: Language) -> String {
    let separator = match language {
        Language::Indonesian => '.',
        Language::English => ',',
    };
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

const INDONESIAN: [&str; 12] = [
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
const ENGLISH: [&str; 12] = [
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

/// `22 November 2026`.
#[must_use]
pub fn readable_day(day: Date, language: Language) -> String {
    let names = match language {
        Language::Indonesian => INDONESIAN,
        Language::English => ENGLISH,
    };
    let month = usize::try_from(day.month()).ok().and_then(|n| n.checked_sub(1)).and_then(|n| names.get(n).copied());
    format!("{} {} {}", day.day(), month.unwrap_or_default(), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_days_as_people_read_them() {
        use Language::{English, Indonesian};
        for (amount, id, en) in [
            (0, "Rp0", "Rp0"),
            (999, "Rp999", "Rp999"),
            (1000, "Rp1.000", "Rp1,000"),
            (-1_500_000, "-Rp1.500.000", "-Rp1,500,000"),
        ] {
            assert_eq!(money(amount, Indonesian), id);
            assert_eq!(money(amount, English), en);
        }
        let day: Date = "2026-12-01".parse().unwrap();
        assert_eq!(readable_day(day, Indonesian), "1 Desember 2026");
        assert_eq!(readable_day(day, English), "1 December 2026");
    }
}
