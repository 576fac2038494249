//! From what is written to what it means: every name leads somewhere, every list is bounded, every part fits the others.

mod evidence;
mod letter;
mod order;
mod question;
mod work;

use simpul_core::limits;
use simpul_policy::agreement::terms::Text;
use simpul_policy::written::{DocumentError, at, list, parsed, unique, wrong};

use super::calendar::{self, Calendar};
use super::form::{FeeAmountForm, FeeForm, ServiceForm, TextForm};
use super::question::{Kind, Question};
use super::service::{Category, Evidence, Fee, Service};
use super::steps::{OPERANDS, Operand, Step, operand};

/// What later parts of a document are read against.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) questions: &'a [Question],
    pub(super) evidence: &'a [Evidence],
    pub(super) steps: &'a [Step],
}

pub(super) fn service(form: ServiceForm) -> Result<Service, DocumentError> {
    if form.version == 0 {
        return Err(wrong("version", "versions count from 1"));
    }
    let questions = list("question", &form.question, 0, limits::SERVICE_QUESTIONS, question::question)?;
    unique("question", questions.iter().map(|question| &question.id))?;
    order::questions(&questions)?;
    let evidence = list("evidence", &form.evidence, 0, limits::SERVICE_EVIDENCE, |path, form| {
        evidence::evidence(path, form, &questions)
    })?;
    unique("evidence", evidence.iter().map(|evidence| &evidence.id))?;
    evidence::fills_once(&evidence)?;
    let mut known = Known { questions: &questions, evidence: &evidence, steps: &[] };
    let mut steps: Vec<Step> = Vec::new();
    if form.step.len() > limits::SERVICE_STEPS {
        return Err(wrong("step", &format!("{} entries: 0 to {} are allowed", form.step.len(), limits::SERVICE_STEPS)));
    }
    for (i, form) in form.step.iter().enumerate() {
        let step = work::step(&format!("step[{i}]"), form, &Known { steps: &steps, ..known })?;
        steps.push(step);
    }
    unique("step", steps.iter().map(|step| &step.id))?;
    known.steps = &steps;
    let rules = list("rule", &form.rule, 0, limits::SERVICE_RULES, |path, form| work::rule(path, form, &known))?;
    unique("rule", rules.iter().map(|rule| &rule.id))?;
    let stages = list("stage", &form.stage, 1, limits::SERVICE_STAGES, work::stage)?;
    unique("stage", stages.iter().map(|stage| &stage.id))?;
    let letters =
        list("letter", &form.letter, 1, limits::SERVICE_LETTERS, |path, form| letter::letter(path, form, &known))?;
    letter::complete(&letters)?;
    Ok(Service {
        id: parsed("id", &form.id)?,
        version: form.version,
        category: category(&form.category)?,
        title: text("title", &form.title)?,
        summary: text("summary", &form.summary)?,
        declaration: text("declaration", &form.declaration)?,
        on_behalf: applicants(&form.applicants)?,
        draft_days: days("draft-days", form.draft_days)?,
        calendar: calendar(&form)?,
        fee: fee(&form.fee, &known)?,
        decision: work::decision("decision", &form.decision)?,
        rules,
        stages,
        letters,
        questions,
        evidence,
        steps,
    })
}

fn category(name: &str) -> Result<Category, DocumentError> {
    let all = || Category::ALL.map(|category| format!("`{}`", category.as_str())).join(", ");
    let found = Category::ALL.into_iter().find(|category| category.as_str() == name);
    found.ok_or_else(|| wrong("category", &format!("`{name}`: one of {} is allowed", all())))
}

fn applicants(names: &[String]) -> Result<bool, DocumentError> {
    let allowed = |i: usize, name: &str| {
        wrong(&format!("applicants[{i}]"), &format!("`{name}`: `citizen` or `on-behalf` is allowed"))
    };
    for (i, name) in names.iter().enumerate() {
        if !matches!(name.as_str(), "citizen" | "on-behalf") {
            return Err(allowed(i, name));
        }
    }
    unique("applicants", names)?;
    match names.iter().any(|name| name == "citizen") {
        true => Ok(names.iter().any(|name| name == "on-behalf")),
        false => Err(wrong("applicants", "`citizen` must be one of them")),
    }
}

fn calendar(form: &ServiceForm) -> Result<Calendar, DocumentError> {
    let reason = || wrong("offset", &format!("`{}`: an offset such as +07:00 is allowed", form.offset));
    let offset = calendar::offset(&form.offset).ok_or_else(reason)?;
    let holidays = list("holidays", &form.holidays, 0, limits::SERVICE_HOLIDAYS, |path, text| {
        calendar::day(text).ok_or_else(|| wrong(path, &format!("`{text}`: a day such as 2027-01-31 is allowed")))
    })?;
    unique("holidays", &holidays)?;
    Ok(Calendar::new(offset, holidays))
}

fn fee(form: &FeeForm, known: &Known<'_>) -> Result<Fee, DocumentError> {
    let members = [
        ("amount", form.amount.is_some()),
        ("question", form.question.is_some()),
        ("amounts", form.amounts.is_some()),
        ("result", form.result.is_some()),
    ];
    let exactly = |needed: &[&str]| match members.iter().find(|(name, there)| needed.contains(name) != *there) {
        None => Ok(()),
        Some((name, true)) => Err(wrong(&at("fee", name), &format!("a fee of kind `{}` has no `{name}`", form.kind))),
        Some((name, false)) => Err(wrong("fee", &format!("a fee of kind `{}` has a `{name}`", form.kind))),
    };
    match (form.kind.as_str(), form.currency.as_deref()) {
        ("free", None) => {}
        ("free", Some(_)) => return Err(wrong("fee.currency", "what is free has no currency")),
        ("fixed" | "per-answer" | "computed", Some("IDR")) => {}
        ("fixed" | "per-answer" | "computed", other) => {
            let reason = format!("`{}`: `IDR` is allowed", other.unwrap_or_default());
            return Err(wrong("fee.currency", &reason));
        }
        (other, _) => {
            let reason = format!("`{other}`: `free`, `fixed`, `per-answer` or `computed` is allowed");
            return Err(wrong("fee.kind", &reason));
        }
    }
    match form.kind.as_str() {
        "fixed" => {
            exactly(&["amount"])?;
            Ok(Fee::Fixed(amount("fee.amount", form.amount.unwrap_or_default(), 1)?))
        }
        "per-answer" => {
            exactly(&["question", "amounts"])?;
            let (question, amounts) =
                by_answer("fee", form.question.as_deref(), form.amounts.as_deref(), known.questions)?;
            Ok(Fee::PerAnswer { question, amounts })
        }
        "computed" => {
            exactly(&["result"])?;
            let of = operand_of("fee.result", form.result.as_deref().unwrap_or_default(), known)?;
            match of {
                Operand::Step(_) => Ok(Fee::Computed(of)),
                _ => Err(wrong("fee.result", "a step is allowed: `step:STEP`")),
            }
        }
        _ => exactly(&[]).map(|()| Fee::Free),
    }
}

/// An amount for every option of a question.
fn by_answer(
    path: &str,
    question: Option<&str>,
    amounts: Option<&[FeeAmountForm]>,
    questions: &[Question],
) -> Result<(super::name::QuestionId, Vec<(String, i64)>), DocumentError> {
    let place = at(path, "question");
    let asked = question_of(&place, question.unwrap_or_default(), questions)?;
    let options: Vec<&str> = match &asked.kind {
        Kind::Choice(options) => options.iter().map(|option| option.id.as_str()).collect(),
        Kind::YesNo => vec!["yes", "no"],
        _ => return Err(wrong(&place, "a question of kind `choice` or `yes-no` is allowed")),
    };
    let place = at(path, "amounts");
    let read = list(&place, amounts.unwrap_or_default(), 1, limits::QUESTION_OPTIONS, |path, form| {
        match options.contains(&form.answer.as_str()) {
            true => Ok((form.answer.clone(), amount(&at(path, "amount"), form.amount, 0)?)),
            false => Err(wrong(&at(path, "answer"), &format!("`{}`: one of {}", form.answer, options.join(", ")))),
        }
    })?;
    unique(&place, read.iter().map(|(option, _)| option))?;
    match options.iter().find(|option| !read.iter().any(|(there, _)| there == *option)) {
        None => Ok((asked.id.clone(), read)),
        Some(option) => Err(wrong(&place, &format!("there is no amount for `{option}`"))),
    }
}

pub(super) fn question_of<'a>(
    path: &str,
    name: &str,
    questions: &'a [Question],
) -> Result<&'a Question, DocumentError> {
    let found = questions.iter().find(|question| question.id.as_str() == name);
    found.ok_or_else(|| wrong(path, &format!("there is no question `{name}`")))
}

/// An operand whose names lead somewhere.
pub(super) fn operand_of(path: &str, text: &str, known: &Known<'_>) -> Result<Operand, DocumentError> {
    let operand = operand(text).ok_or_else(|| wrong(path, &format!("`{text}`: {OPERANDS} is allowed")))?;
    let there = match &operand {
        Operand::Answer(question) => known.questions.iter().any(|known| known.id == *question),
        Operand::Field(evidence, field) => {
            known.evidence.iter().any(|known| known.id == *evidence && known.field(field).is_some())
        }
        Operand::Step(step) => known.steps.iter().any(|known| known.id == *step),
        Operand::Amount(_) | Operand::Identifier | Operand::Name => true,
    };
    match there {
        true => Ok(operand),
        false => {
            Err(wrong(path, &format!("`{text}` leads nowhere: a question, a field or an earlier step is allowed")))
        }
    }
}

pub(super) fn text(path: &str, form: &TextForm) -> Result<Text, DocumentError> {
    Ok(Text { id: words(&at(path, "id"), &form.id)?, en: words(&at(path, "en"), &form.en)? })
}

/// Plain words: no control characters but line ends, nothing empty.
pub(super) fn words(path: &str, words: &str) -> Result<String, DocumentError> {
    let count = words.chars().take(limits::SERVICE_TEXT_CHARS + 1).count();
    let plain = !words.chars().any(|c| c.is_control() && c != '\n');
    match count <= limits::SERVICE_TEXT_CHARS && plain && !words.trim().is_empty() {
        true => Ok(words.trim().to_owned()),
        false => Err(wrong(path, &format!("1 to {} characters of plain text are allowed", limits::SERVICE_TEXT_CHARS))),
    }
}

/// One line, as names of laws and purposes are.
pub(super) fn line(path: &str, text: &str) -> Result<String, DocumentError> {
    let count = text.chars().take(limits::AGREEMENT_NAME_CHARS + 1).count();
    let fits = count <= limits::AGREEMENT_NAME_CHARS && !text.trim().is_empty() && text.trim() == text;
    match fits && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(wrong(
            path,
            &format!(
                "1 to {} characters in one line, without space at the ends, are allowed",
                limits::AGREEMENT_NAME_CHARS
            ),
        )),
    }
}

pub(super) fn days(path: &str, days: u32) -> Result<u32, DocumentError> {
    match (1..=limits::SERVICE_DAYS).contains(&days) {
        true => Ok(days),
        false => Err(wrong(path, &format!("{days}: 1 to {} days are allowed", limits::SERVICE_DAYS))),
    }
}

pub(super) fn amount(path: &str, amount: i64, least: i64) -> Result<i64, DocumentError> {
    match (least..=limits::AMOUNT).contains(&amount) {
        true => Ok(amount),
        false => Err(wrong(path, &format!("{amount}: {least} to {} is allowed", limits::AMOUNT))),
    }
}
