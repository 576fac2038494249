//! Fields that are typed into.

use maud::{Markup, html};

use super::{Field, single};
use crate::text::Locale;

/// What is typed, so that phones show the right keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    #[default]
    Words,
    /// Digits: a number that names something. Never a spinner.
    Digits,
    /// An amount.
    Amount,
    /// An address of electronic mail.
    Email,
    /// A telephone number.
    Phone,
    /// A search.
    Search,
}

/// How wide a field is: it says how long an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// As wide as there is room.
    #[default]
    Full,
    /// About 20 characters.
    Twenty,
    /// About 10 characters.
    Ten,
    /// About 5 characters.
    Five,
}

/// A field of one line.
#[derive(Clone, Debug, Default)]
pub struct TextInput {
    /// What was typed.
    pub value: String,
    /// What is typed.
    pub kind: Kind,
    /// How wide it is.
    pub width: Width,
    /// What browsers may fill in, a token of the HTML standard such as `name` or `email`. Say it where it is about the
    /// person who types (WCAG 1.3.5).
    pub autocomplete: Option<&'static str>,
    /// What stands before the figure, such as `Rp`.
    pub prefix: Option<String>,
}

/// A field of one line.
#[must_use]
pub fn text_input(locale: &Locale<'_>, field: &Field, input: &TextInput) -> Markup {
    let (kind, keys) = match input.kind {
        Kind::Words => ("text", None),
        Kind::Digits => ("text", Some("numeric")),
        Kind::Amount => ("text", Some("decimal")),
        Kind::Email => ("email", None),
        Kind::Phone => ("tel", None),
        Kind::Search => ("search", None),
    };
    let width = input.width;
    let typed = input.kind != Kind::Words;
    let control = html! {
        input.in.w20[width == Width::Twenty].w10[width == Width::Ten].w5[width == Width::Five]
            id=(field.name) name=(field.name) type=(kind) inputmode=[keys] value=(input.value)
            autocomplete=(input.autocomplete.unwrap_or("off")) spellcheck=[typed.then_some("false")]
            aria-describedby=[field.described()] aria-invalid=[field.invalid()];
    };
    match &input.prefix {
        Some(prefix) => single(locale, field, &html! { div.pre { span aria-hidden="true" { (prefix) } (control) } }),
        None => single(locale, field, &control),
    }
}

/// A field of several lines.
#[must_use]
pub fn text_area(locale: &Locale<'_>, field: &Field, value: &str, lines: u8) -> Markup {
    let control = html! {
        textarea.in id=(field.name) name=(field.name) rows=(lines) aria-describedby=[field.described()] aria-invalid=[field.invalid()] {
            // A browser drops the first line end inside the element.
            "\n" (value)
        }
    };
    single(locale, field, &control)
}
