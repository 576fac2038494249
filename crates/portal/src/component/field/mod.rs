//! Questions: a label, a hint, what is wrong, and something to answer with.
//!
//! The first control of a field has the field's name as its id, so that the error summary leads to it.

mod choice;
mod date;
mod typed;

use maud::{Markup, html};

pub use choice::{Choice, checkboxes, radios, select};
pub use date::{TypedDate, date};
pub use typed::{Kind, TextInput, Width, text_area, text_input};

use super::{Icon, icon};
use crate::text;
use crate::text::{Locale, Msg};

/// What every field has.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in the form: lower-case letters, digits and hyphens.
    pub name: String,
    /// The question.
    pub label: Msg,
    /// How to answer it.
    pub hint: Option<Msg>,
    /// What is wrong with the answer.
    pub error: Option<Msg>,
    /// Whether it may stay empty; then it says so.
    pub optional: bool,
    /// Whether the question is the heading of its page: one question a page.
    pub heading: bool,
}

impl Field {
    /// A question that must be answered.
    #[must_use]
    pub fn new(name: impl Into<String>, label: Msg) -> Self {
        Self { name: name.into(), label, hint: None, error: None, optional: false, heading: false }
    }

    /// With a hint.
    #[must_use]
    pub fn hint(self, hint: Msg) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// With what is wrong, if anything is.
    #[must_use]
    pub fn error(self, error: Option<Msg>) -> Self {
        Self { error, ..self }
    }

    /// It may stay empty.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// It is the heading of its page.
    #[must_use]
    pub fn heading(self) -> Self {
        Self { heading: true, ..self }
    }

    /// The ids that describe the control: hint and error, as far as there are.
    fn described(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.as_ref().map(|_| "true")
    }

    fn words(&self, locale: &Locale<'_>) -> Markup {
        html! {
            (self.label)
            @if self.optional { span.opt { " (" (text!(locale, "optional")) ")" } }
        }
    }

    fn notes(&self, locale: &Locale<'_>) -> Markup {
        html! {
            @if let Some(hint) = &self.hint { p.hint id={ (self.name) "-hint" } { (hint) } }
            @if let Some(error) = &self.error {
                p.wrong id={ (self.name) "-error" } {
                    (icon(Icon::CircleAlert))
                    span { span.vh { (text!(locale, "error-prefix")) " " } (error) }
                }
            }
        }
    }
}

/// A field with one control.
fn single(locale: &Locale<'_>, field: &Field, control: &Markup) -> Markup {
    html! {
        div.field.bad-f[field.error.is_some()] {
            @if field.heading { h1 { label for=(field.name) { (field.words(locale)) } } }
            @else { label for=(field.name) { (field.words(locale)) } }
            (field.notes(locale))
            (control)
        }
    }
}

/// A field with several controls.
fn group(locale: &Locale<'_>, field: &Field, controls: &Markup) -> Markup {
    html! {
        fieldset.field.bad-f[field.error.is_some()] aria-describedby=[field.described()] {
            legend { @if field.heading { h1 { (field.words(locale)) } } @else { (field.words(locale)) } }
            (field.notes(locale))
            (controls)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lang, Texts, Zone};

    fn with_locale(check: impl Fn(&Locale<'_>)) {
        let texts = Texts::embedded().unwrap();
        let zone = Zone::new("+00:00", "UTC").unwrap();
        check(&Locale::new(Lang::En, &texts, &zone));
    }

    #[test]
    fn a_wrong_answer_is_named_described_and_kept() {
        with_locale(|locale| {
            let field = Field::new("name", locale.own("Name"))
                .hint(locale.own("As on the deed"))
                .error(Some(locale.own("Enter a name")));
            let html = text_input(locale, &field, &TextInput { value: "\"><x".to_owned(), ..TextInput::default() }).0;
            assert!(html.contains("aria-describedby=\"name-hint name-error\""), "{html}");
            assert!(html.contains("aria-invalid=\"true\"") && html.contains("id=\"name-error\""), "{html}");
            assert!(html.contains("value=\"&quot;&gt;&lt;x\""), "{html}");
        });
    }

    #[test]
    fn a_sound_answer_says_nothing_of_errors() {
        with_locale(|locale| {
            let html = text_input(locale, &Field::new("name", locale.own("Name")).optional(), &TextInput::default()).0;
            assert!(
                !html.contains("aria-invalid") && !html.contains("aria-describedby") && !html.contains("bad-f"),
                "{html}"
            );
            assert!(html.contains("(optional)"), "{html}");
        });
    }

    #[test]
    fn the_first_control_has_the_name_of_its_field() {
        with_locale(|locale| {
            let field = Field::new("day", locale.own("Day"));
            let choices = [Choice::new("a", locale.own("A")), Choice::new("b", locale.own("B"))];
            let typed = TypedDate::default();
            for html in [
                date(locale, &field, &typed).0,
                radios(locale, &field, &choices, None).0,
                checkboxes(locale, &field, &choices, &[]).0,
            ] {
                assert_eq!(html.matches(" id=\"day\"").count(), 1, "{html}");
            }
        });
    }
}
