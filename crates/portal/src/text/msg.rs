//! A text that knows its language.

use std::collections::BTreeMap;

use maud::{Markup, Render, html};

use super::Lang;

/// A text with the language in which it is, and the language of the page on which it stands. Where they differ, the
/// element around the text says so, for voices and for the way it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msg {
    /// The language of the text.
    pub lang: Lang,
    /// The text.
    pub text: String,
    page: Lang,
}

impl Msg {
    /// A text in `lang` for a page in `page`.
    #[must_use]
    pub fn new(lang: Lang, page: Lang, text: impl Into<String>) -> Self {
        Self { lang, text: text.into(), page }
    }

    /// The bare text, for attributes and titles: there no language can be said.
    #[must_use]
    pub fn plain(&self) -> &str {
        &self.text
    }

    /// Whether the text is not in the language of its page.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.lang != self.page
    }
}

impl Render for Msg {
    fn render(&self) -> Markup {
        html! {
            @if self.is_foreign() {
                span lang=(self.lang.tag()) dir=(self.lang.direction().value()) { (self.text) }
            } @else {
                (self.text)
            }
        }
    }
}

/// A text of content, such as the name of a service: one version per language, at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multi(BTreeMap<Lang, String>);

impl Multi {
    /// From versions; a later one of the same language replaces an earlier.
    pub fn new<T: Into<String>>(versions: impl IntoIterator<Item = (Lang, T)>) -> Self {
        Self(versions.into_iter().map(|(lang, text)| (lang, text.into())).collect())
    }

    /// The version for a page in `page`: in its language, else in the one that it falls back to, else any.
    #[must_use]
    pub fn on(&self, page: Lang) -> Msg {
        let best = page.chain().into_iter().find_map(|lang| self.0.get_key_value(&lang));
        match best.or_else(|| self.0.first_key_value()) {
            Some((lang, text)) => Msg::new(*lang, page, text),
            None => Msg::new(page, page, String::new()),
        }
    }

    /// The versions.
    pub fn versions(&self) -> impl Iterator<Item = (Lang, &str)> {
        self.0.iter().map(|(lang, text)| (*lang, text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_says_its_language_and_direction() {
        let name = Multi::new([(Lang::Id, "Pindah alamat"), (Lang::En, "Change of <address>")]);
        assert_eq!(name.on(Lang::Id).render().0, "Pindah alamat");
        assert_eq!(name.on(Lang::Ar).render().0, r#"<span lang="en" dir="ltr">Change of &lt;address&gt;</span>"#);
        let one = Multi::new([(Lang::Id, "Paspor")]);
        assert_eq!(one.on(Lang::En).render().0, r#"<span lang="id" dir="ltr">Paspor</span>"#);
        assert_eq!(one.on(Lang::Ar).lang, Lang::Id);
        assert_eq!(Multi::default().on(Lang::En).render().0, "");
    }
}
