//! Public services: each is one TOML document, understood completely or refused with line, place and what is allowed.
//!
//! [`Service`] is what a document says, [`Catalogue`] all that a portal offers, in every version in which somebody has
//! an application. The JSON Schema of a document is [`schema`].

pub mod calendar;
mod form;
pub mod name;
pub mod question;
mod read;
pub mod schema;
mod service;
pub mod steps;
pub mod template;

use std::collections::BTreeMap;
use std::sync::Arc;

use simpul_core::limits;
use simpul_policy::agreement::terms::Language;
use simpul_policy::written::{self, DocumentError, wrong};

pub use self::name::{
    EvidenceId, FieldId, GroundId, LetterId, NameError, OfficeId, OptionId, PublicServiceId, QuestionId, RuleId,
    StageId, StepId,
};
pub use self::service::{
    Category, Check, DecisionTerms, Evidence, Fee, Field, Ground, LetterTemplate, Occasion, Outcome, RequestTemplate,
    Rule, Service, Stage,
};

/// Services as a portal offers them. The newest version of each is begun; older ones are finished.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    services: BTreeMap<PublicServiceId, BTreeMap<u32, Arc<Service>>>,
}

/// Why services make no catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// One version stands in it twice.
    #[error("service `{0}` version {1} stands in the catalogue twice")]
    Twice(PublicServiceId, u32),
    /// More than [`limits::SERVICES`].
    #[error("{0} services, more than {max}", max = limits::SERVICES)]
    TooMany(usize),
}

impl Service {
    /// Reads what people write.
    pub fn from_toml(text: &str) -> Result<Self, DocumentError> {
        match text.len() > limits::SERVICE_DOCUMENT {
            true => Err(wrong("", &format!("{} octets, {} are allowed", text.len(), limits::SERVICE_DOCUMENT))),
            false => written::read(text, read::service),
        }
    }
}

impl Catalogue {
    /// A catalogue of these services.
    pub fn new(services: impl IntoIterator<Item = Service>) -> Result<Self, CatalogueError> {
        let mut all: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (count, service) in (1..).zip(services) {
            let (id, version) = (service.id.clone(), service.version);
            if count > limits::SERVICES {
                return Err(CatalogueError::TooMany(count));
            }
            if all.entry(id.clone()).or_default().insert(version, Arc::new(service)).is_some() {
                return Err(CatalogueError::Twice(id, version));
            }
        }
        Ok(Self { services: all })
    }

    /// The newest version of a service.
    #[must_use]
    pub fn current(&self, id: &PublicServiceId) -> Option<&Arc<Service>> {
        self.services.get(id)?.values().next_back()
    }

    /// One version of a service.
    #[must_use]
    pub fn version(&self, id: &PublicServiceId, version: u32) -> Option<&Arc<Service>> {
        self.services.get(id)?.get(&version)
    }

    /// The newest version of each service, by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.services.values().filter_map(|versions| versions.values().next_back())
    }

    /// Services of one life event.
    pub fn of_category(&self, category: Category) -> impl Iterator<Item = &Arc<Service>> {
        self.all().filter(move |service| service.category == category)
    }

    /// Services in whose title or summary every word of the query stands, in either case; those with the words in the
    /// title come first.
    #[must_use]
    pub fn find(&self, query: &str, language: Language) -> Vec<&Arc<Service>> {
        let words: Vec<String> =
            query.split_whitespace().take(limits::QUESTION_CONDITIONS).map(str::to_lowercase).collect();
        let holds = |text: &str| {
            let text = text.to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        let title = |service: &Service| service.title.in_language(language).to_owned();
        let both = |service: &Service| format!("{} {}", title(service), service.summary.in_language(language));
        let mut found: Vec<_> = self.all().filter(|service| !words.is_empty() && holds(&both(service))).collect();
        found.sort_by_key(|service| !holds(&title(service)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_has_a_bound() {
        let one = Service::from_toml(include_str!("../../samples/tax-return.toml")).unwrap();
        let many = |n: usize| {
            let versions = (1..).map(|version| Service { version, ..one.clone() });
            Catalogue::new(versions.take(n)).map(|catalogue| catalogue.all().count())
        };
        assert_eq!(many(limits::SERVICES), Ok(1));
        assert_eq!(many(limits::SERVICES + 1), Err(CatalogueError::TooMany(limits::SERVICES + 1)));
    }
}
