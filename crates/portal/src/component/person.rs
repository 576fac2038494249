//! A person at a glance.

use maud::{Markup, html};

use crate::text::Msg;

/// A person.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name.
    pub name: Msg,
    /// What the person is here, or a number that names the person.
    pub role: Msg,
    /// Facts: label and value.
    pub facts: Vec<(Msg, Markup)>,
}

/// A card with initials instead of a picture: no face is stored to be shown.
#[must_use]
pub fn person_card(person: &Person) -> Markup {
    let initials: String =
        person.name.plain().split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
    html! {
        div.person {
            span.face aria-hidden="true" { (initials) }
            b { (person.name) }
            p { (person.role) }
        }
        @if !person.facts.is_empty() {
            dl.kv { @for (label, value) in &person.facts { div { dt { (label) } dd { (value) } } } }
        }
    }
}
