//! Arithmetic, rules, stages and decisions.

use simpul_core::limits;
use simpul_policy::written::{DocumentError, at, list, parsed, unique, wrong};

use super::{Known, amount, by_answer, days, line, operand_of, text};
use crate::catalogue::calendar::{Counted, Within};
use crate::catalogue::form::{BracketForm, DecisionForm, GroundForm, RuleForm, StageForm, StepForm};
use crate::catalogue::service::{Check, DecisionTerms, Ground, Outcome, Rule, Stage};
use crate::catalogue::steps::{Bracket, Op, Operand, Step};

const OPS: &str =
    "`sum`, `less`, `not-below-zero`, `percent`, `brackets`, `round-down`, `smallest`, `largest` or `by-answer`";
const CHECKS: &str = "`present`, `same`, `at-least`, `at-most` or `one-of`";
/// Hundredths of a percent in a whole.
const WHOLE: u32 = 10_000;

pub(super) fn step(path: &str, form: &StepForm, known: &Known<'_>) -> Result<Step, DocumentError> {
    let needed: &[&str] = match form.op.as_str() {
        "sum" | "not-below-zero" | "smallest" | "largest" => &[],
        "less" => &["less"],
        "percent" => &["rate"],
        "brackets" => &["brackets"],
        "round-down" => &["to"],
        "by-answer" => &["question", "amounts"],
        other => return Err(wrong(&at(path, "op"), &format!("`{other}`: {OPS} is allowed"))),
    };
    let members = [
        ("less", form.less.is_some()),
        ("rate", form.rate.is_some()),
        ("brackets", form.brackets.is_some()),
        ("to", form.to.is_some()),
        ("question", form.question.is_some()),
        ("amounts", form.amounts.is_some()),
    ];
    for (name, there) in members {
        match (needed.contains(&name), there) {
            (true, false) => return Err(wrong(path, &format!("a step `{}` has a `{name}`", form.op))),
            (false, true) => {
                return Err(wrong(&at(path, name), &format!("a step `{}` has no `{name}`", form.op)));
            }
            _ => {}
        }
    }
    Ok(Step {
        id: parsed(&at(path, "id"), &form.id)?,
        title: text(&at(path, "title"), &form.title)?,
        op: op(path, form, known)?,
    })
}

fn op(path: &str, form: &StepForm, known: &Known<'_>) -> Result<Op, DocumentError> {
    let (least, most) = match form.op.as_str() {
        "sum" | "smallest" | "largest" => (1, limits::STEP_VALUES),
        "by-answer" => (0, 0),
        _ => (1, 1),
    };
    let of = list(&at(path, "of"), &form.of, least, most, |path, text| number_of(path, text, known))?;
    let first = || of.first().cloned().unwrap_or(Operand::Amount(0));
    Ok(match form.op.as_str() {
        "less" => Op::Less(first(), number_of(&at(path, "less"), form.less.as_deref().unwrap_or_default(), known)?),
        "not-below-zero" => Op::NotBelowZero(first()),
        "percent" => Op::Percent(first(), rate(&at(path, "rate"), form.rate.unwrap_or_default())?),
        "brackets" => {
            Op::Brackets(first(), brackets(&at(path, "brackets"), form.brackets.as_deref().unwrap_or_default())?)
        }
        "round-down" => Op::RoundDown(first(), amount(&at(path, "to"), form.to.unwrap_or_default(), 1)?),
        "smallest" => Op::Smallest(of),
        "largest" => Op::Largest(of),
        "by-answer" => {
            let (question, amounts) =
                by_answer(path, form.question.as_deref(), form.amounts.as_deref(), known.questions)?;
            Op::ByAnswer(question, amounts)
        }
        _ => Op::Sum(of),
    })
}

fn number_of(path: &str, text: &str, known: &Known<'_>) -> Result<Operand, DocumentError> {
    match operand_of(path, text, known)? {
        Operand::Identifier | Operand::Name => Err(wrong(path, &format!("`{text}` is no number"))),
        operand => Ok(operand),
    }
}

fn rate(path: &str, rate: u32) -> Result<u32, DocumentError> {
    match rate <= WHOLE {
        true => Ok(rate),
        false => Err(wrong(path, &format!("{rate}: 0 to {WHOLE} hundredths of a percent are allowed"))),
    }
}

fn brackets(path: &str, forms: &[BracketForm]) -> Result<Vec<Bracket>, DocumentError> {
    let brackets = list(path, forms, 1, limits::STEP_VALUES, |path, form| {
        let up_to = form.up_to.map(|end| amount(&at(path, "up-to"), end, 1)).transpose()?;
        Ok(Bracket { up_to, rate: rate(&at(path, "rate"), form.rate)? })
    })?;
    let mut before = 0;
    for (i, bracket) in brackets.iter().enumerate() {
        match bracket.up_to {
            Some(end) if end <= before => {
                return Err(wrong(&format!("{path}[{i}].up-to"), "each end is above the one before"));
            }
            Some(end) => before = end,
            None if i + 1 < brackets.len() => {
                return Err(wrong(&format!("{path}[{i}]"), "only the last bracket has no `up-to`"));
            }
            None => {}
        }
    }
    match brackets.last().is_some_and(|last| last.up_to.is_none()) {
        true => Ok(brackets),
        false => Err(wrong(path, "the last bracket has no `up-to`")),
    }
}

pub(super) fn rule(path: &str, form: &RuleForm, known: &Known<'_>) -> Result<Rule, DocumentError> {
    let needed: &[&str] = match form.check.as_str() {
        "present" => &[],
        "same" => &["with"],
        "at-least" | "at-most" => &["bound"],
        "one-of" => &["values"],
        other => return Err(wrong(&at(path, "check"), &format!("`{other}`: {CHECKS} is allowed"))),
    };
    let members = [("with", form.with.is_some()), ("bound", form.bound.is_some()), ("values", form.values.is_some())];
    for (name, there) in members {
        match (needed.contains(&name), there) {
            (true, false) => return Err(wrong(path, &format!("a check `{}` has a `{name}`", form.check))),
            (false, true) => return Err(wrong(&at(path, name), &format!("a check `{}` has no `{name}`", form.check))),
            _ => {}
        }
    }
    let of = operand_of(&at(path, "of"), &form.of, known)?;
    let bound = || {
        let bound = form.bound.unwrap_or_default();
        amount(&at(path, "bound"), bound, -limits::AMOUNT)
    };
    let check = match form.check.as_str() {
        "same" => Check::Same(of, operand_of(&at(path, "with"), form.with.as_deref().unwrap_or_default(), known)?),
        "at-least" => Check::AtLeast(of, bound()?),
        "at-most" => Check::AtMost(of, bound()?),
        "one-of" => {
            let place = at(path, "values");
            let values =
                list(&place, form.values.as_deref().unwrap_or_default(), 1, limits::STEP_VALUES, |path, text| {
                    line(path, text)
                })?;
            unique(&place, &values)?;
            Check::OneOf(of, values)
        }
        _ => Check::Present(of),
    };
    Ok(Rule {
        id: parsed(&at(path, "id"), &form.id)?,
        text: text(&at(path, "text"), &form.text)?,
        law: line(&at(path, "law"), &form.law)?,
        check,
    })
}

pub(super) fn stage(path: &str, form: &StageForm) -> Result<Stage, DocumentError> {
    let within = at(path, "within");
    let count = match form.within.count.as_str() {
        "working" => Counted::Working,
        "calendar" => Counted::Calendar,
        other => return Err(wrong(&at(&within, "count"), &format!("`{other}`: `working` or `calendar` is allowed"))),
    };
    Ok(Stage {
        id: parsed(&at(path, "id"), &form.id)?,
        title: text(&at(path, "title"), &form.title)?,
        reads: text(&at(path, "reads"), &form.reads)?,
        office: parsed(&at(path, "office"), &form.office)?,
        office_name: text(&at(path, "office-name"), &form.office_name)?,
        within: Within { days: days(&at(&within, "days"), form.within.days)?, count },
    })
}

pub(super) fn decision(path: &str, form: &DecisionForm) -> Result<DecisionTerms, DocumentError> {
    if !(1..=2).contains(&form.persons) {
        return Err(wrong(&at(path, "persons"), &format!("{}: 1 or 2 is allowed", form.persons)));
    }
    if form.automatic && form.persons != 1 {
        return Err(wrong(&at(path, "automatic"), "what two persons decide is never decided by the system"));
    }
    let place = at(path, "ground");
    let grounds = list(&place, &form.ground, 2, limits::SERVICE_GROUNDS, ground)?;
    unique(&place, grounds.iter().map(|ground| &ground.id))?;
    for outcome in [Outcome::Grant, Outcome::Refuse] {
        if !grounds.iter().any(|ground| ground.outcome == outcome) {
            return Err(wrong(&place, &format!("there is no ground with outcome `{}`", outcome.as_str())));
        }
    }
    if form.automatic && !grounds.iter().any(|ground| ground.outcome == Outcome::Grant && !ground.reason_required) {
        return Err(wrong(
            &at(path, "automatic"),
            "the system has no reason of its own: a ground to grant without one is needed",
        ));
    }
    Ok(DecisionTerms {
        persons: form.persons,
        automatic: form.automatic,
        appeal: text(&at(path, "appeal"), &form.appeal)?,
        grounds,
    })
}

fn ground(path: &str, form: &GroundForm) -> Result<Ground, DocumentError> {
    let outcome = outcome(&at(path, "outcome"), &form.outcome)?;
    let reason_required = match (form.reason.as_str(), outcome) {
        ("required", _) => true,
        ("optional", Outcome::Grant) => false,
        ("optional", Outcome::Refuse) => {
            return Err(wrong(&at(path, "reason"), "a refusal always has a reason: `required`"));
        }
        (other, _) => {
            return Err(wrong(&at(path, "reason"), &format!("`{other}`: `required` or `optional` is allowed")));
        }
    };
    Ok(Ground {
        id: parsed(&at(path, "id"), &form.id)?,
        outcome,
        law: line(&at(path, "law"), &form.law)?,
        text: text(&at(path, "text"), &form.text)?,
        reason_required,
    })
}

pub(super) fn outcome(path: &str, name: &str) -> Result<Outcome, DocumentError> {
    match name {
        "grant" => Ok(Outcome::Grant),
        "refuse" => Ok(Outcome::Refuse),
        other => Err(wrong(path, &format!("`{other}`: `grant` or `refuse` is allowed"))),
    }
}
