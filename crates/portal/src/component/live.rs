//! A part of a page that changes while it is looked at.

use maud::{Markup, html};

use super::{Button, Icon};
use crate::text;
use crate::text::Locale;

/// What a live region needs.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    /// The path of its events.
    pub events: &'a str,
    /// A name on the page: its line of state is called after it.
    pub id: &'a str,
    /// What the region is, for voices.
    pub label: &'a str,
}

/// A region whose parts are replaced by events. Without scripts a button loads the page again instead.
#[must_use]
pub fn live_region(locale: &Locale<'_>, live: &Live<'_>, inside: &Markup) -> Markup {
    let status = format!("{}-state", live.id);
    html! {
        section aria-label=(live.label) data-live=(live.events) data-status=(status) {
            div.row {
                p.live id=(status) hidden data-on=(text!(locale, "live-on").plain()) data-off=(text!(locale, "live-off").plain()) {
                    i.pulse {} span {}
                }
                form.nojs method="get" { (Button::submit(text!(locale, "live-refresh")).quiet().small().icon(Icon::RefreshCw)) }
            }
            (inside)
        }
    }
}
