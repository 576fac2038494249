//! The catalogues: Fluent files, embedded, read once.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::{Lang, Msg, figure};

/// Every catalogue file: language, file name without ending, text.
pub(crate) static FILES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/catalogues.rs"));

/// The texts of all languages.
pub struct Texts {
    bundles: Vec<(Lang, FluentBundle<FluentResource>)>,
}

/// A catalogue that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// A folder is not named after a language.
    #[error("there is no language `{0}`")]
    Language(String),
    /// A file is not Fluent.
    #[error("locales/{lang}/{file}.ftl: {errors}")]
    Syntax {
        /// The folder.
        lang: String,
        /// The file.
        file: String,
        /// What the parser says.
        errors: String,
    },
    /// Two files say the same text.
    #[error("locales/{lang}/{file}.ftl repeats a text: {errors}")]
    Repeated {
        /// The folder.
        lang: String,
        /// The file that comes second.
        file: String,
        /// What the bundle says.
        errors: String,
    },
}

impl Texts {
    /// The embedded catalogues.
    ///
    /// # Errors
    /// When a file is not Fluent or two files of a language say the same text. A test loads them, so a program that
    /// passed its tests does not meet this.
    pub fn embedded() -> Result<Self, TextError> {
        Self::read(FILES)
    }

    fn read(files: &[(&str, &str, &str)]) -> Result<Self, TextError> {
        let mut bundles: Vec<_> = Lang::ALL.into_iter().map(|lang| (lang, bundle(lang))).collect();
        for &(tag, file, text) in files {
            let lang = Lang::from_tag(tag).ok_or_else(|| TextError::Language(tag.to_owned()))?;
            let named = |errors: String| (tag.to_owned(), file.to_owned(), errors);
            let resource = FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| {
                let (lang, file, errors) = named(list(&errors));
                TextError::Syntax { lang, file, errors }
            })?;
            let Some((_, bundle)) = bundles.iter_mut().find(|(of, _)| *of == lang) else { continue };
            bundle.add_resource(resource).map_err(|errors| {
                let (lang, file, errors) = named(list(&errors));
                TextError::Repeated { lang, file, errors }
            })?;
        }
        Ok(Self { bundles })
    }

    /// The text `key` for a page in `page`, with its variables. Where no catalogue has it the key itself stands there,
    /// and the log says so.
    pub(crate) fn find(&self, page: Lang, key: &str, variables: &[(&str, FluentValue<'_>)]) -> Msg {
        let found =
            page.chain().into_iter().find_map(|lang| Some(Msg::new(lang, page, self.one(lang, key, variables)?)));
        found.unwrap_or_else(|| {
            tracing::error!(key, page = page.tag(), "no catalogue has this text");
            Msg::new(page, page, key)
        })
    }

    fn one(&self, lang: Lang, key: &str, variables: &[(&str, FluentValue<'_>)]) -> Option<String> {
        let (_, bundle) = self.bundles.iter().find(|(of, _)| *of == lang)?;
        let pattern = bundle.get_message(key)?.value()?;
        let arguments: FluentArgs<'_> = variables.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(key, lang = lang.tag(), errors = list(&errors), "a text lacks what it needs");
        }
        Some(text)
    }
}

fn bundle(lang: Lang) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Marks that isolate what is inserted: needed where directions mix, noise elsewhere.
    bundle.set_use_isolating(lang == Lang::Ar);
    bundle.set_formatter(Some(match lang.written() {
        Lang::Id => |value, _| number(Lang::Id, value),
        Lang::En | Lang::Ar => |value, _| number(Lang::En, value),
    }));
    bundle
}

/// Whole numbers as the language groups them; Fluent's own form has no groups.
fn number(lang: Lang, value: &FluentValue<'_>) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    #[allow(clippy::cast_possible_truncation, reason = "counts: a whole number below 2^53 is exact")]
    (number.value.fract() == 0.0).then(|| figure::whole(lang, number.value as i64))
}

fn list<E: std::fmt::Debug>(errors: &[E]) -> String {
    errors.iter().map(|error| format!("{error:?}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        let files = [
            ("id", "a", "hari = { $n } hari kerja\nsatu = Hanya Indonesia\n"),
            ("en", "a", "hari = { $n ->\n    [one] { $n } working day\n   *[other] { $n } working days\n }\n"),
        ];
        Texts::read(&files).unwrap()
    }

    #[test]
    fn plurals_and_groups_follow_the_language() {
        let days = |lang, n: i64| texts().find(lang, "hari", &[("n", FluentValue::from(n))]).text;
        assert_eq!(days(Lang::Id, 1), "1 hari kerja");
        assert_eq!(days(Lang::Id, 1284), "1.284 hari kerja");
        assert_eq!(days(Lang::En, 1), "1 working day");
        assert_eq!(days(Lang::En, 1284), "1,284 working days");
    }

    #[test]
    fn a_missing_text_falls_back_and_says_so() {
        let texts = texts();
        let msg = texts.find(Lang::En, "satu", &[]);
        assert_eq!((msg.lang, msg.is_foreign()), (Lang::Id, true));
        assert_eq!(texts.find(Lang::Ar, "hari", &[("n", 2.into())]).lang, Lang::En);
        assert_eq!(texts.find(Lang::En, "none", &[]).text, "none");
    }

    #[test]
    fn a_catalogue_with_a_fault_is_refused() {
        let read = |files: &[(&str, &str, &str)]| Texts::read(files).map(|_| ()).unwrap_err().to_string();
        assert!(read(&[("id", "a", "broken")]).starts_with("locales/id/a.ftl: "));
        assert!(read(&[("xx", "a", "a = b\n")]).contains("`xx`"));
        assert!(read(&[("id", "a", "a = b\n"), ("id", "b", "a = c\n")]).starts_with("locales/id/b.ftl repeats"));
    }
}
