//! Texts of letters with named places.

use super::name::{EvidenceId, FieldId, QuestionId, StepId};
use super::steps::{Operand, operand};

/// A text with places that are filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words as they are.
    Words(String),
    /// What is filled in.
    Place(Place),
}

/// The closed list of places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `{reference}`: the reference of the application.
    Reference,
    /// `{service}`: the title of the service.
    Service,
    /// `{applicant}`: the name of the person for whom is applied.
    Applicant,
    /// `{identifier}`: the identifier of that person.
    Identifier,
    /// `{submitted-on}`: the day on which it was sent.
    SubmittedOn,
    /// `{decided-on}`: the day of the decision.
    DecidedOn,
    /// `{decision}`: the text of the ground.
    Decision,
    /// `{law}`: the law of the ground.
    Law,
    /// `{reason}`: the reason, and those for rules that were overridden.
    Reason,
    /// `{office}`: the office that decided.
    Office,
    /// `{appeal}`: how to appeal.
    Appeal,
    /// `{amount}`: what is to be paid or paid back.
    Amount,
    /// `{answer:QUESTION}`: an answer.
    Answer(QuestionId),
    /// `{field:EVIDENCE.FIELD}`: what a register said.
    Field(EvidenceId, FieldId),
    /// `{step:STEP}`: a result.
    Step(StepId),
}

/// The closed list, for messages.
pub(super) const PLACES: &str = "{reference}, {service}, {applicant}, {identifier}, {submitted-on}, {decided-on}, {decision}, {law}, {reason}, \
     {office}, {appeal}, {amount}, {answer:QUESTION}, {field:EVIDENCE.FIELD}, {step:STEP}";

/// What stands where there is nothing to fill in.
pub const NOTHING: &str = "–";

impl Template {
    /// Reads a text; the error is what stands between braces and is not on the list, or a brace that stands alone.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("{")?;
            push(&mut pieces, words)?;
            pieces.push(Piece::Place(place(name).ok_or_else(|| format!("{{{name}}}"))?));
            rest = after;
        }
        push(&mut pieces, rest)?;
        Ok(Self(pieces))
    }

    /// The places in it.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Place(place) => Some(place),
            Piece::Words(_) => None,
        })
    }

    /// The text with every place filled; what has nothing becomes [`NOTHING`]. What is filled in is never read again.
    #[must_use]
    pub fn fill(&self, mut with: impl FnMut(&Place) -> Option<String>) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Place(place) => {
                with(place).filter(|text| !text.trim().is_empty()).unwrap_or_else(|| NOTHING.to_owned())
            }
        };
        self.0.iter().map(text).collect()
    }
}

fn push(pieces: &mut Vec<Piece>, words: &str) -> Result<(), String> {
    if words.contains('}') {
        return Err("}".to_owned());
    }
    if !words.is_empty() {
        pieces.push(Piece::Words(words.to_owned()));
    }
    Ok(())
}

fn place(name: &str) -> Option<Place> {
    Some(match name {
        "reference" => Place::Reference,
        "service" => Place::Service,
        "applicant" => Place::Applicant,
        "identifier" => Place::Identifier,
        "submitted-on" => Place::SubmittedOn,
        "decided-on" => Place::DecidedOn,
        "decision" => Place::Decision,
        "law" => Place::Law,
        "reason" => Place::Reason,
        "office" => Place::Office,
        "appeal" => Place::Appeal,
        "amount" => Place::Amount,
        other => match operand(other)? {
            Operand::Answer(question) => Place::Answer(question),
            Operand::Field(evidence, field) => Place::Field(evidence, field),
            Operand::Step(step) => Place::Step(step),
            Operand::Amount(_) | Operand::Identifier | Operand::Name => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        let template = Template::parse("Ref {reference}: {answer:a}{field:e.f}, {step:s}.").unwrap();
        let filled = template.fill(|place| match place {
            Place::Reference => Some("{law}".to_owned()),
            Place::Answer(_) => Some("yes".to_owned()),
            Place::Step(_) => Some(" ".to_owned()),
            _ => None,
        });
        assert_eq!(filled, "Ref {law}: yes–, –.");
        assert_eq!(template.places().count(), 4);
        assert_eq!(Template::parse("plain").unwrap().fill(|_| None), "plain");
    }

    #[test]
    fn what_is_not_on_the_list_is_refused() {
        for (text, named) in [
            ("{name}", "{name}"),
            ("{ reference}", "{ reference}"),
            ("{}", "{}"),
            ("{7}", "{7}"),
            ("{applicant:name}", "{applicant:name}"),
            ("{reference", "{"),
            ("a } b", "}"),
            ("{{reference}}", "{{reference}"),
        ] {
            assert_eq!(Template::parse(text), Err(named.to_owned()), "{text}");
        }
    }
}
