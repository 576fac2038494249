//! Fields that are chosen from.

use maud::{Markup, html};

use super::{Field, group, single};
use crate::text;
use crate::text::{Locale, Msg};

/// One choice.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: Msg,
    /// What it means.
    pub hint: Option<Msg>,
}

impl Choice {
    /// A choice.
    #[must_use]
    pub fn new(value: impl Into<String>, label: Msg) -> Self {
        Self { value: value.into(), label, hint: None }
    }

    /// With what it means.
    #[must_use]
    pub fn hint(self, hint: Msg) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

/// One of a few. Nothing is chosen beforehand unless it was chosen before.
#[must_use]
pub fn radios(locale: &Locale<'_>, field: &Field, choices: &[Choice], chosen: Option<&str>) -> Markup {
    boxes(locale, field, choices, "radio", &|value| chosen == Some(value))
}

/// Any of a few.
#[must_use]
pub fn checkboxes(locale: &Locale<'_>, field: &Field, choices: &[Choice], chosen: &[String]) -> Markup {
    boxes(locale, field, choices, "checkbox", &|value| chosen.iter().any(|one| one == value))
}

fn boxes(
    locale: &Locale<'_>,
    field: &Field,
    choices: &[Choice],
    kind: &str,
    is_chosen: &dyn Fn(&str) -> bool,
) -> Markup {
    let id = |i: usize| if i == 0 { field.name.clone() } else { format!("{}-{}", field.name, i + 1) };
    let controls = html! {
        div.boxes {
            @for (i, choice) in choices.iter().enumerate() {
                div.box {
                    input id=(id(i)) name=(field.name) type=(kind) value=(choice.value) checked[is_chosen(&choice.value)]
                        aria-describedby=[choice.hint.as_ref().map(|_| format!("{}-about", id(i)))];
                    label for=(id(i)) { (choice.label) }
                    @if let Some(hint) = &choice.hint { small id={ (id(i)) "-about" } { (hint) } }
                }
            }
        }
    };
    group(locale, field, &controls)
}

/// One of many. The first line asks to choose and sends nothing.
#[must_use]
pub fn select(locale: &Locale<'_>, field: &Field, choices: &[Choice], chosen: Option<&str>) -> Markup {
    let control = html! {
        select.in id=(field.name) name=(field.name) aria-describedby=[field.described()] aria-invalid=[field.invalid()] {
            option value="" { (text!(locale, "choose").plain()) }
            @for choice in choices {
                option value=(choice.value) selected[chosen == Some(choice.value.as_str())] { (choice.label.plain()) }
            }
        }
    };
    single(locale, field, &control)
}
