//! Components: typed functions that make HTML. Each has the look of `assets/css`, works without a script, is written
//! for both directions, and stands in the gallery in every state.
//!
//! A component takes texts as [`Msg`](crate::text::Msg) and content as [`maud::Markup`], fetches nothing and knows no
//! domain: what it shows comes as a small struct of this module.

mod button;
mod chart;
mod crumb;
mod entry;
pub mod field;
mod figure;
mod icon;
mod letter;
mod live;
mod map;
mod notice;
mod person;
mod summary;
mod table;
mod tag;
mod task;
mod timeline;
mod track;

pub use button::{Button, Look, actions};
pub use chart::{Bars, Chart, Line, chart};
pub use crumb::{Pages, back, crumbs, pagination};
pub use entry::{Hero, Resume, Service, Tile, confirmation, hero, promises, resume, services, tiles};
pub use figure::{Kpi, kpis, meter};
pub use icon::{Icon, icon};
pub use letter::{Letter, Signature, letter};
pub use live::{Live, live_region};
pub use map::{Link, Node, Region, federation_map};
pub use notice::{banner, empty, error_summary, notice};
pub use person::{Person, person_card};
pub use summary::{Answer, Source, facts, fetched, summary_list};
pub use table::{Column, Table, table};
pub use tag::{Tone, tag, tags};
pub use task::{Task, TaskState, task_list};
pub use timeline::{Access, timeline};
pub use track::{Stage, StageState, stage_bar, stage_tracker};

use maud::{Markup, html};

use crate::text::Msg;

/// A fold: a summary that opens to show more. `id` keeps it open when a live region brings it again.
#[must_use]
pub fn details(id: &str, summary: &Msg, open: bool, body: &Markup) -> Markup {
    html! {
        details id=(id) open[open] {
            summary { (summary) }
            div.fold.stack { (body) }
        }
    }
}

/// A card with a heading. `id` names the heading, which names the section.
#[must_use]
pub fn card(id: &str, title: &Msg, body: &Markup) -> Markup {
    html! {
        section.card aria-labelledby=(id) {
            div.card-h { h2 id=(id) { (title) } }
            (body)
        }
    }
}

/// A code, a path or an identifier. It may break after what separates its parts, and nowhere else while there is room.
#[must_use]
pub fn code(text: &str) -> Markup {
    let parts = text.split_inclusive(['.', '_', '/', ':']);
    html! { span.mono { @for part in parts { (part) wbr; } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_breaks_after_its_separators() {
        assert_eq!(code("a.b_c<").0, "<span class=\"mono\">a.<wbr>b_<wbr>c&lt;<wbr></span>");
    }
}
