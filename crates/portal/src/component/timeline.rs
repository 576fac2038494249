//! Who used my data, day by day.

use maud::{Markup, html};
use simpul_core::UnixTime;

use super::{Icon, Tone, details, icon, tag, tags};
use crate::text;
use crate::text::{Locale, Msg};

/// One access.
#[derive(Clone, Debug)]
pub struct Access {
    /// A name of its own on the page.
    pub id: String,
    /// What kind of office it was.
    pub sign: Icon,
    /// Who.
    pub who: Msg,
    /// When.
    pub at: UnixTime,
    /// What for.
    pub purpose: Msg,
    /// Which data.
    pub data: Vec<Msg>,
    /// What else there is to say in a word.
    pub marks: Vec<(Tone, Option<Icon>, Msg)>,
    /// Legal basis, service, evidence: label and value.
    pub facts: Vec<(Msg, Markup)>,
    /// What can be done, such as asking about it.
    pub act: Option<Markup>,
    /// Whether it is out of the ordinary and stands out.
    pub flagged: bool,
}

/// The accesses of one day, newest first, under the day.
#[must_use]
pub fn timeline(locale: &Locale<'_>, day: &Msg, list: &[Access]) -> Markup {
    html! {
        h2.day { (day) }
        ol.trail { @for access in list { (one(locale, access)) } }
    }
}

fn one(locale: &Locale<'_>, access: &Access) -> Markup {
    let data = access.data.iter().map(|what| tag(Tone::Plain, Some(Icon::FileText), what));
    let marks = access.marks.iter().map(|(tone, sign, text)| tag(*tone, *sign, text));
    let list: Vec<Markup> = data.chain(marks).collect();
    let summary = text!(locale, "evidence-summary");
    html! {
        li.flag[access.flagged] {
            span.ic { (icon(if access.flagged { Icon::TriangleAlert } else { access.sign })) }
            div.bx {
                div.h { h3 { (access.who) } (locale.time_tag(access.at, &locale.time(access.at))) }
                p { (access.purpose) }
                (tags(&list))
                (details(&access.id, &summary, access.flagged, &html! {
                    dl.kv { @for (label, value) in &access.facts { div { dt { (label) } dd { (value) } } } }
                    @if let Some(act) = &access.act { p { (act) } }
                }))
            }
        }
    }
}
