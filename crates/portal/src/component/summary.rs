//! Facts, answers to check, and what was fetched from registers.

use maud::{Markup, html};
use simpul_core::UnixTime;

use super::{Icon, icon};
use crate::text;
use crate::text::{Locale, Msg};

/// Where an answer comes from when nobody typed it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The register.
    pub register: Msg,
    /// When it answered.
    pub at: UnixTime,
    /// The page where the person says that it is wrong.
    pub dispute: String,
}

/// One line of answers to check.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The question in few words.
    pub label: Msg,
    /// The answer.
    pub value: Markup,
    /// The page where it is changed.
    pub change: Option<String>,
    /// Which register says so.
    pub source: Option<Source>,
}

/// Answers to check. Each that a register gave shows the register, the time, and a way to say that it is wrong.
#[must_use]
pub fn summary_list(locale: &Locale<'_>, answers: &[Answer]) -> Markup {
    html! {
        dl.kv.wide-kv {
            @for answer in answers {
                div {
                    dt { (answer.label) }
                    dd {
                        (answer.value)
                        @if let Some(source) = &answer.source {
                            span.src {
                                (icon(Icon::ShieldCheck))
                                span { (text!(locale, "source", register = source.register.plain(), when = locale.date_time(source.at).plain())) }
                            }
                        }
                    }
                    dd.do {
                        @if let Some(change) = &answer.change {
                            a href=(change) { (text!(locale, "change")) span.vh { ": " (answer.label) } }
                        }
                        @if let Some(source) = &answer.source {
                            a href=(source.dispute) { (text!(locale, "this-is-wrong")) span.vh { ": " (answer.label) } }
                        }
                    }
                }
            }
        }
    }
}

/// A few facts in a row, under a title.
#[must_use]
pub fn facts(list: &[(Msg, Markup)]) -> Markup {
    html! { dl.facts { @for (label, value) in list { div { dt { (label) } dd { (value) } } } } }
}

/// What registers were asked, so that nobody else was: `(what, register)`.
#[must_use]
pub fn fetched(list: &[(Msg, Msg)]) -> Markup {
    html! {
        ul.got {
            @for (what, register) in list { li { (icon(Icon::ShieldCheck)) span { (what) small { (register) } } } }
        }
    }
}
