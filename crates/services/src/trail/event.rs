//! An access to data about persons, as the holder's node sees it.

use simpul_core::{ClientId, ServiceId, UnixTime, limits};
use simpul_policy::agreement::terms::Secrecy;
use simpul_policy::agreement::{AgreementGrant, Cited, ClauseId};

use super::pseudonym::Person;

/// An access, with the persons whom it concerns. This form has their identifiers and is never stored:
/// [`super::Trail::record`] keeps each person's part under a pseudonym.
#[derive(Clone, Debug)]
pub struct AccessEvent {
    pub(super) at: UnixTime,
    pub(super) evidence: Evidence,
    pub(super) terms: Terms,
    pub(super) persons: Vec<Concerned>,
}

/// A person, and what left about that person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concerned {
    /// The person.
    pub person: Person,
    /// Which data.
    pub part: Part,
}

/// The part of an answer that is about one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Every field that the clause allows.
    Whole,
    /// These fields, as paths of the clause.
    Fields(Vec<String>),
}

/// What is told of an exchange.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// When the answer was made, by the holder's clock.
    pub at: UnixTime,
    /// Who asked.
    pub client: &'a ClientId,
    /// Which service answered.
    pub service: &'a ServiceId,
    /// The purpose as declared.
    pub purpose: Option<&'a str>,
    /// The legal basis as declared.
    pub basis: Option<&'a str>,
    /// The message id.
    pub message_id: &'a str,
    /// The request id.
    pub request_id: &'a str,
    /// The place of the exchange in the holder's message log.
    pub record: u64,
}

/// Where the proof of an access is: in the message log of the holder, and under the same ids in that of the consumer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// The message id.
    pub message_id: String,
    /// The request id.
    pub request_id: String,
    /// The place in the holder's message log.
    pub record: u64,
}

/// What is the same for every access of one client, under one clause, for one purpose, to the same fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Who asked.
    pub client: ClientId,
    /// Which service answered; its provider's member is the holder.
    pub service: ServiceId,
    /// The purpose as declared.
    pub purpose: Option<String>,
    /// The legal basis as declared.
    pub basis: Option<String>,
    /// The version of the agreement that allowed it; `None` if an access right alone did.
    pub agreement: Option<Cited>,
    /// The clauses of it.
    pub clauses: Vec<ClauseId>,
    /// Paths of the fields that left. In an event: those that may have left.
    pub fields: Vec<String>,
    /// What the person may see, and when.
    pub secrecy: Secrecy,
    /// Days after which the consumer erases the data, if the agreement says so.
    pub retention_days: Option<u32>,
}

/// Why there is no event. No text of it has anything of a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It concerns nobody.
    #[error("an access event concerns no person")]
    Nobody,
    /// It concerns more than [`limits::TRAIL_PERSONS`].
    #[error("an access event concerns {0} persons, more than {max}", max = limits::TRAIL_PERSONS)]
    Persons(usize),
    /// A field is said to have left that the clause does not allow.
    #[error("the clause does not allow a field that is said to have left")]
    Field,
    /// A text is too long, or has a control character.
    #[error("{0} is too long or has a control character")]
    Text(&'static str),
    /// A text that would be stored names one of the persons.
    #[error("{0} has the identifier of a person in it")]
    Identifier(&'static str),
}

impl AccessEvent {
    /// An access that an agreement allowed.
    ///
    /// Where the persons come from is the caller's knowledge: the subject token of the request, or the answer. A
    /// person who is named twice is concerned once, by both parts.
    pub fn granted(
        exchange: &Exchange<'_>,
        grant: &AgreementGrant,
        persons: Vec<Concerned>,
    ) -> Result<Self, EventError> {
        let cited = Cited { id: grant.agreement.clone(), version: grant.version, digest: grant.digest };
        Self::new(
            exchange,
            Terms {
                client: exchange.client.clone(),
                service: exchange.service.clone(),
                purpose: exchange.purpose.map(str::to_owned),
                basis: exchange.basis.map(str::to_owned),
                agreement: Some(cited),
                clauses: grant.clauses.clone(),
                fields: grant.fields.allowed.iter().map(ToString::to_string).collect(),
                secrecy: grant.secrecy.clone(),
                retention_days: Some(grant.retention_days),
            },
            persons,
        )
    }

    /// An access that an access right alone allowed. `fields` are those that left, as far as they are known; no law
    /// delays or hides it.
    pub fn by_access_right(
        exchange: &Exchange<'_>,
        fields: Vec<String>,
        persons: Vec<Concerned>,
    ) -> Result<Self, EventError> {
        Self::new(
            exchange,
            Terms {
                client: exchange.client.clone(),
                service: exchange.service.clone(),
                purpose: exchange.purpose.map(str::to_owned),
                basis: exchange.basis.map(str::to_owned),
                agreement: None,
                clauses: Vec::new(),
                fields,
                secrecy: Secrecy::Open,
                retention_days: None,
            },
            persons,
        )
    }

    fn new(exchange: &Exchange<'_>, terms: Terms, persons: Vec<Concerned>) -> Result<Self, EventError> {
        let event = Self {
            at: exchange.at,
            evidence: Evidence {
                message_id: exchange.message_id.to_owned(),
                request_id: exchange.request_id.to_owned(),
                record: exchange.record,
            },
            terms,
            persons: merged(persons)?,
        };
        event.check()?;
        Ok(event)
    }

    /// The persons whom it concerns.
    pub fn persons(&self) -> impl Iterator<Item = &Person> {
        self.persons.iter().map(|concerned| &concerned.person)
    }

    /// What one person is shown of it: the terms with that person's fields alone, in the order of the clause.
    pub(super) fn part_of(&self, concerned: &Concerned) -> Terms {
        let mut terms = self.terms.clone();
        if let Part::Fields(fields) = &concerned.part {
            terms.fields.retain(|field| fields.contains(field));
        }
        terms
    }

    fn check(&self) -> Result<(), EventError> {
        let terms = &self.terms;
        let text = |name, text: &str, most: usize| {
            let fits = text.chars().count() <= most && !text.chars().any(char::is_control);
            if fits { Ok(()) } else { Err(EventError::Text(name)) }
        };
        text("the purpose", terms.purpose.as_deref().unwrap_or_default(), limits::STATEMENT_CHARS)?;
        text("the basis", terms.basis.as_deref().unwrap_or_default(), limits::STATEMENT_CHARS)?;
        text("the message id", &self.evidence.message_id, limits::LOGGED_ID_CHARS)?;
        text("the request id", &self.evidence.request_id, limits::LOGGED_ID_CHARS)?;
        if terms.fields.len() > limits::FIELD_PATHS {
            return Err(EventError::Text("the list of fields"));
        }
        terms.fields.iter().try_for_each(|field| text("a field", field, limits::FIELD_PATH))?;
        for Concerned { person, part } in &self.persons {
            if let Part::Fields(fields) = part
                && !fields.iter().all(|field| terms.fields.contains(field))
            {
                return Err(EventError::Field);
            }
            self.names_nobody(person)?;
        }
        Ok(())
    }

    /// Whatever the caller wrote may have an identifier in it, the message id above all.
    fn names_nobody(&self, person: &Person) -> Result<(), EventError> {
        let texts = [
            ("the purpose", self.terms.purpose.as_deref().unwrap_or_default()),
            ("the basis", self.terms.basis.as_deref().unwrap_or_default()),
            ("the message id", &self.evidence.message_id),
            ("the request id", &self.evidence.request_id),
        ];
        let fields = self.terms.fields.iter().map(|field| ("a field", field.as_str()));
        match texts.into_iter().chain(fields).find(|(_, text)| person.is_named_in(text)) {
            Some((name, _)) => Err(EventError::Identifier(name)),
            None => Ok(()),
        }
    }
}

/// Each person once.
fn merged(persons: Vec<Concerned>) -> Result<Vec<Concerned>, EventError> {
    match persons.len() {
        0 => return Err(EventError::Nobody),
        n if n > limits::TRAIL_PERSONS => return Err(EventError::Persons(n)),
        _ => {}
    }
    let mut once: Vec<Concerned> = Vec::new();
    for next in persons {
        match once.iter_mut().find(|there| there.person == next.person) {
            None => once.push(next),
            Some(there) => match (&mut there.part, next.part) {
                (Part::Fields(fields), Part::Fields(more)) => fields.extend(more),
                (part, _) => *part = Part::Whole,
            },
        }
    }
    Ok(once)
}
