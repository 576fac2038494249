//! Figures at a glance.

use maud::{Markup, html};

use super::{Tone, icon};
use crate::text::Msg;

/// One figure.
#[derive(Clone, Debug)]
pub struct Kpi {
    /// What is counted.
    pub label: Msg,
    /// The figure.
    pub value: Msg,
    /// What it is measured against, or why it is not good.
    pub note: Option<Msg>,
    /// How good it is.
    pub tone: Tone,
}

/// Figures in a row.
#[must_use]
pub fn kpis(list: &[Kpi]) -> Markup {
    html! {
        dl.kpis {
            @for kpi in list {
                div class={ "kpi " (kpi.tone.class()) } {
                    dt { (kpi.label) }
                    dd {
                        (kpi.value)
                        @if let Some(note) = &kpi.note {
                            small { @if matches!(kpi.tone, Tone::Warning | Tone::Bad) { (icon(kpi.tone.icon())) } span { (note) } }
                        }
                    }
                }
            }
        }
    }
}

/// A share of a whole as a bar, beside words that say the same. `share` is in thousandths; more than 1000 is 1000.
#[must_use]
pub fn meter(tone: Tone, share: u32) -> Markup {
    let class = match tone {
        Tone::Plain | Tone::Active => "f1",
        Tone::Good => "n-ok",
        Tone::Warning => "n-warn",
        Tone::Bad => "n-bad",
    };
    html! {
        svg.bar viewBox="0 0 1000 4" preserveAspectRatio="none" aria-hidden="true" {
            rect.rest width="1000" height="4" {}
            rect class=(class) width=(share.min(1000)) height="4" {}
        }
    }
}
