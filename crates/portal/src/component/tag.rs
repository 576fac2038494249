//! Tags: a state in a word, with an icon that says the same.

use maud::{Markup, html};

use super::{Icon, icon};
use crate::text::Msg;

/// How good or bad a state is. Never told by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither.
    #[default]
    Plain,
    /// Going on.
    Active,
    /// As it should be.
    Good,
    /// Needs a look.
    Warning,
    /// Wrong.
    Bad,
}

impl Tone {
    /// The class of the tone; empty for the plain one.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Active => "go",
            Self::Good => "ok",
            Self::Warning => "warn",
            Self::Bad => "bad",
        }
    }

    /// The icon that says it.
    #[must_use]
    pub fn icon(self) -> Icon {
        match self {
            Self::Plain => Icon::Clock,
            Self::Active => Icon::CircleDot,
            Self::Good => Icon::CircleCheck,
            Self::Warning => Icon::TriangleAlert,
            Self::Bad => Icon::CircleX,
        }
    }
}

/// A tag with the icon of its tone, or with another.
#[must_use]
pub fn tag(tone: Tone, other: Option<Icon>, text: &Msg) -> Markup {
    let class = tone.class();
    html! { span class={ "tag" @if !class.is_empty() { " " (class) } } { (icon(other.unwrap_or(tone.icon()))) (text) } }
}

/// Tags as a list.
#[must_use]
pub fn tags(list: &[Markup]) -> Markup {
    html! { ul.tags { @for one in list { li { (one) } } } }
}
