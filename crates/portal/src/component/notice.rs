//! What a page has to say before anything else.

use maud::{Markup, html};

use super::{Icon, Tone, icon};
use crate::text;
use crate::text::{Locale, Msg};

/// A notice inside a page.
#[must_use]
pub fn notice(tone: Tone, title: &Msg, body: &Markup) -> Markup {
    let sign = match tone {
        Tone::Plain | Tone::Active => Icon::Info,
        Tone::Good | Tone::Warning | Tone::Bad => tone.icon(),
    };
    let class = tone.class();
    html! {
        div class={ "note" @if !class.is_empty() { " " (class) } } {
            (icon(sign))
            div.stack-s { h2 { (title) } (body) }
        }
    }
}

/// A line under the header, on every page of the site: a service that is paused, a fault that is known.
#[must_use]
pub fn banner(locale: &Locale<'_>, text: &Markup) -> Markup {
    html! {
        section.banner aria-label=(text!(locale, "banner-label").plain()) {
            div.wrap { (icon(Icon::TriangleAlert)) div { (text) } }
        }
    }
}

/// What is wrong with a form, with links to its fields: `(id of the field, what is wrong)`. Nothing when all is well.
///
/// With scripts it takes the focus; without, it stands first in the page. Answer with 422 when it is shown.
#[must_use]
pub fn error_summary(locale: &Locale<'_>, errors: &[(String, Msg)]) -> Markup {
    html! {
        @if !errors.is_empty() {
            div #errors.errs role="alert" tabindex="-1" {
                h2 { (text!(locale, "form-errors", n = errors.len())) }
                ul { @for (field, what) in errors { li { a href={ "#" (field) } { (what) } } } }
            }
        }
    }
}

/// A list that has nothing: one sentence and the next thing to do.
#[must_use]
pub fn empty(sign: Icon, sentence: &Msg, next: &Markup) -> Markup {
    html! { div.none { (icon(sign)) p { (sentence) } (next) } }
}
