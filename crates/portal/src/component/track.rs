//! The stages of an application: a tracker, which may be a live region, and a bar.

use maud::{Markup, html};
use simpul_core::UnixTime;

use super::{Icon, Tone, icon, tag};
use crate::text;
use crate::text::{Locale, Msg};

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageState {
    /// Done.
    Done,
    /// Going on.
    Now,
    /// Going on, and beyond its promise.
    Late,
    /// The person has something to do.
    NeedsYou,
    /// Not begun.
    Waiting,
    /// Ended without success.
    Stopped,
}

/// One stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// What happens in it.
    pub title: Msg,
    /// Who is responsible.
    pub office: Msg,
    /// What was promised, such as `2 hari kerja`.
    pub promise: Msg,
    /// When it ended, or last changed.
    pub at: Option<UnixTime>,
    /// What there is to say.
    pub note: Option<Msg>,
    /// What the person can do, such as a button.
    pub act: Option<Markup>,
    /// How far it is.
    pub state: StageState,
}

impl StageState {
    fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now | Self::NeedsYou => "now",
            Self::Late => "late",
            Self::Waiting => "todo",
            Self::Stopped => "stop",
        }
    }

    fn is_current(self) -> bool {
        matches!(self, Self::Now | Self::Late | Self::NeedsYou)
    }

    fn tag(self, locale: &Locale<'_>) -> Markup {
        match self {
            Self::Done => tag(Tone::Good, None, &text!(locale, "stage-done")),
            Self::Now => tag(Tone::Active, None, &text!(locale, "stage-now")),
            Self::Late => tag(Tone::Warning, None, &text!(locale, "stage-late")),
            Self::NeedsYou => tag(Tone::Warning, Some(Icon::UserRound), &text!(locale, "stage-needs-you")),
            Self::Waiting => tag(Tone::Plain, None, &text!(locale, "stage-waiting")),
            Self::Stopped => tag(Tone::Bad, None, &text!(locale, "stage-stopped")),
        }
    }
}

/// The tracker. `id` is what a `patch` event replaces: the event's HTML is this function's answer.
#[must_use]
pub fn stage_tracker(locale: &Locale<'_>, id: &str, updated: &Msg, stages: &[Stage]) -> Markup {
    html! {
        div id=(id) {
            div.sec-h {
                h2 { (text!(locale, "track-title")) }
                p.small.mute { (text!(locale, "track-updated", when = updated.plain())) }
            }
            ol.track {
                @for (i, stage) in stages.iter().enumerate() {
                    li class=(stage.state.class()) aria-current=[stage.state.is_current().then_some("step")] {
                        span.b aria-hidden="true" {
                            @match stage.state {
                                StageState::Done => (icon(Icon::Check)),
                                StageState::Stopped => (icon(Icon::X)),
                                _ => (i + 1),
                            }
                        }
                        div.h { h3 { (stage.title) } (stage.state.tag(locale)) }
                        div.in-card[stage.state.is_current() || stage.state == StageState::Stopped] { (body(locale, stage)) }
                    }
                }
            }
        }
    }
}

fn body(locale: &Locale<'_>, stage: &Stage) -> Markup {
    html! {
        p.mute {
            (stage.office) " · " (text!(locale, "stage-promise", promise = stage.promise.plain()))
            @if let Some(at) = stage.at {
                " · " (locale.time_tag(at, &locale.own(format!("{}, {}", locale.short_date(at).text, locale.clock(at).text))))
            }
        }
        @if let Some(note) = &stage.note { p { (note) } }
        @if let Some(act) = &stage.act { (act) }
    }
}

/// The stages as a bar with its words: `Tahap 3 dari 5 · Penerbitan akta`.
#[must_use]
pub fn stage_bar(locale: &Locale<'_>, stages: &[(StageState, Msg)]) -> Markup {
    let here = stages.iter().position(|(state, _)| state.is_current());
    let at =
        here.unwrap_or_else(|| stages.iter().filter(|(state, _)| *state == StageState::Done).count().saturating_sub(1));
    html! {
        div.stack-s {
            p.small {
                b { (text!(locale, "stage-of", n = at + 1, total = stages.len())) }
                @if let Some((_, title)) = stages.get(at) { " · " (title) }
            }
            ol.steps aria-hidden="true" { @for (state, _) in stages { li class=(state.class()) {} } }
        }
    }
}
