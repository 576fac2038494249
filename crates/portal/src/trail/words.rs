//! Names for identifiers: what people read instead of codes.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::component::code;
use crate::text::{Locale, Msg, Multi};

/// Names of members, services, purposes, laws and fields, by their identifier.
#[derive(Clone, Debug, Default)]
pub struct Words(BTreeMap<String, Multi>);

impl Words {
    /// From names.
    #[must_use]
    pub fn new(names: BTreeMap<String, Multi>) -> Self {
        Self(names)
    }

    /// The name of an identifier, or of the longest beginning of it that has one; the identifier itself if none has.
    pub(super) fn of(&self, l: &Locale<'_>, identifier: &str) -> Msg {
        let mut rest = identifier;
        loop {
            if let Some(name) = self.0.get(rest) {
                return name.on(l.lang());
            }
            match rest.rsplit_once('/') {
                Some((shorter, _)) => rest = shorter,
                None => return l.own(identifier),
            }
        }
    }

    /// The name of a field: of its whole path, or else of its last part.
    pub(super) fn field(&self, l: &Locale<'_>, path: &str) -> Msg {
        let last = path.rsplit(['.', '/']).find(|part| !matches!(*part, "*" | "**" | "")).unwrap_or(path);
        let name = self.0.get(path).or_else(|| self.0.get(last));
        name.map_or_else(|| l.own(last), |name| name.on(l.lang()))
    }

    /// The name with the identifier after it, where they differ.
    pub(super) fn with_code(&self, l: &Locale<'_>, identifier: &str) -> Markup {
        match self.0.get(identifier) {
            Some(name) => html! { (name.on(l.lang())) " (" (code(identifier)) ")" },
            None => code(identifier),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lang, Texts, Zone};

    #[test]
    fn a_name_is_that_of_the_nearest_identifier() {
        let (texts, zone) = (Texts::embedded().unwrap(), Zone::new("+07:00", "WIB").unwrap());
        let en = Locale::new(Lang::En, &texts, &zone);
        let name = |id: &str, en: &str| Multi::new([(Lang::Id, id), (Lang::En, en)]);
        let words = Words::new(BTreeMap::from([
            ("ID/GOV/3201".to_owned(), name("Kementerian", "Ministry")),
            ("title".to_owned(), name("Judul", "Title")),
        ]));
        let of = |identifier| words.of(&en, identifier).text;
        assert_eq!((of("ID/GOV/3201/payroll"), of("ID/GOV/3202/x")), ("Ministry".into(), "ID/GOV/3202/x".into()));
        let field = |path| words.field(&en, path).text;
        assert_eq!((field("diplomas.*.title"), field("diplomas.*.level.**")), ("Title".into(), "level".into()));
        assert_eq!(field("**"), "**");
    }
}
