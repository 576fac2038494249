//! Letters.

use simpul_core::limits;
use simpul_policy::written::{DocumentError, at, list, parsed, unique, wrong};

use super::{Known, text};
use crate::catalogue::form::LetterForm;
use crate::catalogue::service::{LetterTemplate, Occasion, Outcome};
use crate::catalogue::template::{PLACES, Place, Template};

pub(super) fn letter(path: &str, form: &LetterForm, known: &Known<'_>) -> Result<LetterTemplate, DocumentError> {
    let occasion = match form.occasion.as_str() {
        "receipt" => Occasion::Receipt,
        "grant" => Occasion::Decision(Outcome::Grant),
        "refuse" => Occasion::Decision(Outcome::Refuse),
        other => {
            return Err(wrong(&at(path, "for"), &format!("`{other}`: `receipt`, `grant` or `refuse` is allowed")));
        }
    };
    let paragraphs = list(&at(path, "paragraphs"), &form.paragraphs, 1, limits::LETTER_PARAGRAPHS, |path, form| {
        let both = text(path, form)?;
        let id = template(&at(path, "id"), &both.id, occasion, known)?;
        let en = template(&at(path, "en"), &both.en, occasion, known)?;
        // A decision that says less in one language is two decisions.
        match id.places().all(|place| en.places().any(|other| other == place))
            && en.places().all(|place| id.places().any(|other| other == place))
        {
            true => Ok((id, en)),
            false => Err(wrong(path, "both languages have the same places")),
        }
    })?;
    let letter = LetterTemplate {
        id: parsed(&at(path, "id"), &form.id)?,
        occasion,
        title: text(&at(path, "title"), &form.title)?,
        paragraphs,
    };
    if let Occasion::Decision(outcome) = occasion {
        let needed: &[(Place, &str)] = match outcome {
            Outcome::Grant => &[(Place::Reference, "{reference}"), (Place::Law, "{law}"), (Place::Appeal, "{appeal}")],
            Outcome::Refuse => &[
                (Place::Reference, "{reference}"),
                (Place::Law, "{law}"),
                (Place::Reason, "{reason}"),
                (Place::Appeal, "{appeal}"),
            ],
        };
        let has = |place: &Place| letter.paragraphs.iter().any(|(id, _)| id.places().any(|there| there == place));
        if let Some((_, name)) = needed.iter().find(|(place, _)| !has(place)) {
            return Err(wrong(&at(path, "paragraphs"), &format!("a decision says its {name}")));
        }
    }
    Ok(letter)
}

/// One letter for each occasion that must have one, and no second one.
pub(super) fn complete(letters: &[LetterTemplate]) -> Result<(), DocumentError> {
    unique("letter", letters.iter().map(|letter| &letter.id))?;
    unique("letter", letters.iter().map(|letter| letter.occasion))?;
    for outcome in [Outcome::Grant, Outcome::Refuse] {
        if !letters.iter().any(|letter| letter.occasion == Occasion::Decision(outcome)) {
            return Err(wrong("letter", &format!("there is no letter for `{}`", outcome.as_str())));
        }
    }
    Ok(())
}

fn template(path: &str, text: &str, occasion: Occasion, known: &Known<'_>) -> Result<Template, DocumentError> {
    let template =
        Template::parse(text).map_err(|found| wrong(path, &format!("`{found}` is no place; allowed: {PLACES}")))?;
    for place in template.places() {
        let (there, name) = match place {
            Place::Answer(question) => (known.questions.iter().any(|known| known.id == *question), question.as_str()),
            Place::Field(evidence, field) => (
                known.evidence.iter().any(|known| known.id == *evidence && known.field(field).is_some()),
                field.as_str(),
            ),
            Place::Step(step) => (known.steps.iter().any(|known| known.id == *step), step.as_str()),
            Place::DecidedOn | Place::Decision | Place::Law | Place::Reason if occasion == Occasion::Receipt => {
                return Err(wrong(path, "a receipt is written before there is a decision"));
            }
            _ => (true, ""),
        };
        if !there {
            return Err(wrong(path, &format!("a place leads nowhere: there is no `{name}`")));
        }
    }
    Ok(template)
}
