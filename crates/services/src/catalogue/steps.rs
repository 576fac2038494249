//! A small arithmetic over answers and fields: a closed list of steps, in whole rupiah, without an expression language.
//!
//! Each step uses what stands before it. A value that is not there counts as zero; a value that is no whole number is
//! an error, and so is a result beyond [`limits::AMOUNT`].

use std::collections::HashMap;
use std::fmt;

use simpul_core::limits;
use simpul_policy::agreement::terms::Text;

use super::name::{EvidenceId, FieldId, QuestionId, StepId};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// The answer to a question, whether the citizen or a register gave it.
    Answer(QuestionId),
    /// A field of the record that was chosen.
    Field(EvidenceId, FieldId),
    /// The result of a step.
    Step(StepId),
    /// An amount that stands in the document.
    Amount(i64),
    /// The identifier of the person for whom is applied.
    Identifier,
    /// The name of the person for whom is applied.
    Name,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub id: StepId,
    /// What it is called where the calculation is shown.
    pub title: Text,
    /// What it does.
    pub op: Op,
}

/// The closed list of operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// All together.
    Sum(Vec<Operand>),
    /// The first less the second.
    Less(Operand, Operand),
    /// Zero if it is below zero.
    NotBelowZero(Operand),
    /// So many hundredths of a percent of it, rounded toward zero.
    Percent(Operand, u32),
    /// Parts of it, each at its own rate in hundredths of a percent; each part is rounded toward zero. A bracket
    /// without an end is the last one.
    Brackets(Operand, Vec<Bracket>),
    /// The next multiple of this toward zero.
    RoundDown(Operand, i64),
    /// The smallest.
    Smallest(Vec<Operand>),
    /// The largest.
    Largest(Vec<Operand>),
    /// The amount that belongs to the answer; zero without an answer.
    ByAnswer(QuestionId, Vec<(String, i64)>),
}

/// A bracket of a progressive rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// Its upper end; `None` for the last one.
    pub up_to: Option<i64>,
    /// Hundredths of a percent.
    pub rate: u32,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// A value is no whole number.
    #[error("the value of {0} is no whole number")]
    NoNumber(String),
    /// A result is too large.
    #[error("the result of step `{0}` is beyond {max}", max = limits::AMOUNT)]
    TooLarge(StepId),
}

/// Where values come from.
pub trait Values {
    /// The text of a value; `None` if it is not there. Never asked for a step or an amount.
    fn value(&self, operand: &Operand) -> Option<String>;
}

/// Results of steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results(Vec<(StepId, i64)>);

/// Does all steps in their order.
pub fn calculate(steps: &[Step], values: &dyn Values) -> Result<Results, StepError> {
    let mut done = HashMap::new();
    let mut results = Vec::new();
    for step in steps {
        let result = one(step, &done, values)?;
        done.insert(step.id.clone(), result);
        results.push((step.id.clone(), result));
    }
    Ok(Results(results))
}

impl Results {
    /// The result of a step.
    #[must_use]
    pub fn of(&self, step: &StepId) -> Option<i64> {
        self.0.iter().find(|(id, _)| id == step).map(|(_, result)| *result)
    }

    /// All, in the order of the steps.
    pub fn iter(&self) -> impl Iterator<Item = (&StepId, i64)> {
        self.0.iter().map(|(id, result)| (id, *result))
    }
}

fn one(step: &Step, done: &HashMap<StepId, i64>, values: &dyn Values) -> Result<i64, StepError> {
    let number = |operand: &Operand| number(operand, done, values);
    let too_large = || StepError::TooLarge(step.id.clone());
    let result = match &step.op {
        Op::Sum(of) => {
            of.iter().try_fold(0_i64, |sum, operand| sum.checked_add(number(operand)?).ok_or_else(too_large))?
        }
        Op::Less(of, less) => number(of)?.checked_sub(number(less)?).ok_or_else(too_large)?,
        Op::NotBelowZero(of) => number(of)?.max(0),
        Op::Percent(of, rate) => part(number(of)?, *rate),
        Op::Brackets(of, brackets) => {
            let (whole, mut from, mut sum) = (number(of)?, 0, 0_i64);
            for bracket in brackets {
                let end = bracket.up_to.unwrap_or(i64::MAX).min(whole);
                sum = sum.saturating_add(part(end.saturating_sub(from).max(0), bracket.rate));
                from = from.max(end);
            }
            sum
        }
        Op::RoundDown(of, to) => {
            let value = number(of)?;
            value - value.checked_rem(*to).unwrap_or(0)
        }
        Op::Smallest(of) => extreme(of, number, i64::min)?,
        Op::Largest(of) => extreme(of, number, i64::max)?,
        Op::ByAnswer(question, amounts) => {
            let answer = values.value(&Operand::Answer(question.clone()));
            amounts.iter().find(|(option, _)| Some(option) == answer.as_ref()).map_or(0, |(_, amount)| *amount)
        }
    };
    match result.checked_abs().is_some_and(|size| size <= limits::AMOUNT) {
        true => Ok(result),
        false => Err(too_large()),
    }
}

fn extreme(
    of: &[Operand],
    number: impl Fn(&Operand) -> Result<i64, StepError>,
    better: fn(i64, i64) -> i64,
) -> Result<i64, StepError> {
    let numbers = of.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    Ok(numbers.into_iter().reduce(better).unwrap_or(0))
}

/// Hundredths of a percent, toward zero. Within the bounds of both it cannot overflow 128 bits.
fn part(of: i64, rate: u32) -> i64 {
    i64::try_from(i128::from(of) * i128::from(rate) / 10_000).unwrap_or(i64::MAX)
}

fn number(operand: &Operand, done: &HashMap<StepId, i64>, values: &dyn Values) -> Result<i64, StepError> {
    match operand {
        Operand::Amount(amount) => Ok(*amount),
        Operand::Step(step) => Ok(done.get(step).copied().unwrap_or(0)),
        other => match values.value(other) {
            None => Ok(0),
            Some(text) => whole(&text).ok_or_else(|| StepError::NoNumber(other.to_string())),
        },
    }
}

/// The whole number that a text is, within [`limits::AMOUNT`].
pub(crate) fn whole(text: &str) -> Option<i64> {
    text.parse().ok().filter(|n: &i64| n.checked_abs().is_some_and(|n| n <= limits::AMOUNT))
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(question) => write!(f, "answer:{question}"),
            Self::Field(evidence, field) => write!(f, "field:{evidence}.{field}"),
            Self::Step(step) => write!(f, "step:{step}"),
            Self::Amount(amount) => write!(f, "{amount}"),
            Self::Identifier => f.write_str("applicant:identifier"),
            Self::Name => f.write_str("applicant:name"),
        }
    }
}

/// How an operand is spelled.
pub(super) const OPERANDS: &str = "`answer:QUESTION`, `field:EVIDENCE.FIELD`, `step:STEP`, `applicant:identifier`, `applicant:name` or a whole amount";

/// Reads the spelling alone; whether the names lead somewhere is checked elsewhere.
pub(super) fn operand(text: &str) -> Option<Operand> {
    if let Some(amount) = whole(text) {
        return (amount.to_string() == text).then_some(Operand::Amount(amount));
    }
    match text.split_once(':')? {
        ("answer", name) => name.parse().ok().map(Operand::Answer),
        ("step", name) => name.parse().ok().map(Operand::Step),
        ("field", name) => {
            let (evidence, field) = name.split_once('.')?;
            Some(Operand::Field(evidence.parse().ok()?, field.parse().ok()?))
        }
        ("applicant", "identifier") => Some(Operand::Identifier),
        ("applicant", "name") => Some(Operand::Name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Given(&'static [(&'static str, &'static str)]);

    impl Values for Given {
        fn value(&self, operand: &Operand) -> Option<String> {
            self.0.iter().find(|(name, _)| operand.to_string() == *name).map(|(_, text)| (*text).to_owned())
        }
    }

    fn of(op: Op, given: &'static [(&'static str, &'static str)]) -> Result<i64, StepError> {
        let text = Text { id: "x".to_owned(), en: "x".to_owned() };
        let step = Step { id: "s".parse().unwrap(), title: text, op };
        calculate(&[step], &Given(given)).map(|results| results.of(&"s".parse().unwrap()).unwrap())
    }

    fn a(text: &str) -> Operand {
        operand(text).unwrap()
    }

    /// The brackets of article 17 of the Indonesian income tax law in its form of 2021, as public tables show them:
    /// 5 % to 60 million, 15 % to 250 million, 25 % to 500 million, 30 % to 5 thousand million, 35 % above.
    fn brackets() -> Vec<Bracket> {
        [(Some(60), 500), (Some(250), 1500), (Some(500), 2500), (Some(5000), 3000), (None, 3500)]
            .map(|(up_to, rate)| Bracket { up_to: up_to.map(|m: i64| m * 1_000_000), rate })
            .into()
    }

    #[test]
    fn each_operation_does_what_it_says() {
        let table: Vec<(Op, i64)> = vec![
            (Op::Sum(vec![a("1"), a("2"), a("-7")]), -4),
            (Op::Sum(vec![a("answer:a"), a("answer:nothing")]), 1000),
            (Op::Less(a("answer:a"), a("field:e.f")), -500),
            (Op::NotBelowZero(a("-1")), 0),
            (Op::NotBelowZero(a("1")), 1),
            (Op::Percent(a("1999"), 500), 99),
            (Op::Percent(a("-1999"), 500), -99),
            (Op::RoundDown(a("1999"), 1000), 1000),
            (Op::RoundDown(a("-1999"), 1000), -1000),
            (Op::Smallest(vec![a("3"), a("2"), a("5")]), 2),
            (Op::Largest(vec![a("3"), a("2"), a("5")]), 5),
            (Op::ByAnswer("m".parse().unwrap(), vec![("no".to_owned(), 54), ("yes".to_owned(), 58)]), 58),
            (Op::ByAnswer("n".parse().unwrap(), vec![("no".to_owned(), 54), ("yes".to_owned(), 58)]), 0),
        ];
        for (op, expected) in table {
            let name = format!("{op:?}");
            let given = &[("answer:a", "1000"), ("field:e.f", "1500"), ("answer:m", "yes")];
            assert_eq!(of(op, given), Ok(expected), "{name}");
        }
    }

    /// Counted by hand: 60 → 3.0; 100 → 3 + 6; 250 → 3 + 28.5; 600 → 3 + 28.5 + 62.5 + 30 (millions).
    #[test]
    fn brackets_are_counted_part_by_part() {
        for (income, tax) in [
            ("0", 0),
            ("-5", 0),
            ("60000000", 3_000_000),
            ("60000001", 3_000_000),
            ("100000000", 9_000_000),
            ("250000000", 31_500_000),
            ("600000000", 124_000_000),
            ("6000000000", 1_794_000_000),
        ] {
            assert_eq!(of(Op::Brackets(a(income), brackets()), &[]), Ok(tax), "{income}");
        }
    }

    #[test]
    fn results_have_a_bound() {
        let most = limits::AMOUNT.to_string();
        assert_eq!(of(Op::Sum(vec![a(&most)]), &[]), Ok(limits::AMOUNT));
        let over = of(Op::Sum(vec![a(&most), a("1")]), &[]);
        assert_eq!(over, Err(StepError::TooLarge("s".parse().unwrap())));
        assert_eq!(operand(&(limits::AMOUNT + 1).to_string()), None);
        assert!(matches!(of(Op::NotBelowZero(a("answer:a")), &[("answer:a", "x")]), Err(StepError::NoNumber(_))));
        assert!(matches!(of(Op::NotBelowZero(a("answer:a")), &[("answer:a", "1.5")]), Err(StepError::NoNumber(_))));
    }

    #[test]
    fn operands_have_one_spelling() {
        for text in ["answer:a", "field:e.f", "step:s", "-7", "0", "applicant:identifier", "applicant:name"] {
            assert_eq!(a(text).to_string(), text);
        }
        for bad in ["", "a", "answer:", "answer:A", "field:e", "field:e.f.g", "+7", "07", "1.5", "applicant:age", "x:y"]
        {
            assert_eq!(operand(bad), None, "{bad}");
        }
    }
}
