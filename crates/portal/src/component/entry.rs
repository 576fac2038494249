//! Where people come in: search, what they began, what there is, and what was promised.

use maud::{Markup, html};

use super::{Button, Icon, icon};
use crate::text;
use crate::text::{Locale, Msg};

/// The first thing on the home page.
#[derive(Clone, Debug)]
pub struct Hero {
    /// The promise, as the page's heading.
    pub title: Msg,
    /// One or two sentences.
    pub lead: Msg,
    /// Where the search goes: a page that takes `q`.
    pub search: String,
    /// What is typed in the field until someone types.
    pub example: Msg,
    /// What is searched often: words and path.
    pub quick: Vec<(Msg, String)>,
}

/// Search over a pattern of kawung.
#[must_use]
pub fn hero(locale: &Locale<'_>, hero: &Hero) -> Markup {
    let label = text!(locale, "search-services");
    html! {
        div.hero {
            div.wrap {
                h1 { (hero.title) }
                p.lead { (hero.lead) }
                form.find role="search" action=(hero.search) {
                    label.vh for="q" { (label) }
                    input.in #q name="q" type="search" autocomplete="off" placeholder=(hero.example.plain());
                    (Button::submit(text!(locale, "search")).icon(Icon::Search))
                }
                @if !hero.quick.is_empty() {
                    ul.tags aria-label=(text!(locale, "search-often").plain()) {
                        @for (words, path) in &hero.quick { li { a href=(path) { (words) } } }
                    }
                }
            }
        }
    }
}

/// What someone began and has not ended.
#[derive(Clone, Debug)]
pub struct Resume {
    /// The name of the service.
    pub title: Msg,
    /// The page of the application.
    pub path: String,
    /// Its reference.
    pub reference: String,
    /// How far it is: [`stage_bar`](super::stage_bar).
    pub progress: Markup,
    /// When it will be done, or what is missing.
    pub promise: Msg,
}

/// The card that lies over the end of the hero.
#[must_use]
pub fn resume(locale: &Locale<'_>, resume: &Resume) -> Markup {
    html! {
        div.wrap.over {
            section.card.resume aria-labelledby="resume" {
                div {
                    p.small.mute { (text!(locale, "resume")) }
                    h2 #resume { a href=(resume.path) { (resume.title) } }
                    p.small.mute { span.mono { (resume.reference) } }
                }
                div.stack-s { (resume.progress) p.small.mute { (resume.promise) } }
                p { (Button::link(&resume.path, text!(locale, "resume-see")).then(Icon::ArrowRight)) }
            }
        }
    }
}

/// One life event, or another way in.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Its picture.
    pub sign: Icon,
    /// Its name.
    pub title: Msg,
    /// Its page.
    pub path: String,
    /// What is inside, in a few words.
    pub about: Msg,
}

/// Ways in, as tiles.
#[must_use]
pub fn tiles(list: &[Tile]) -> Markup {
    html! {
        ul.tiles {
            @for tile in list {
                li.tile { span.ic { (icon(tile.sign)) } h3 { a href=(tile.path) { (tile.title) } } p { (tile.about) } }
            }
        }
    }
}

/// One service in a list.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub title: Msg,
    /// Its page.
    pub path: String,
    /// Time, cost and what else matters, each with its picture.
    pub meta: Vec<(Icon, Msg)>,
}

/// Services as rows.
#[must_use]
pub fn services(list: &[Service]) -> Markup {
    html! {
        ul.svc {
            @for service in list {
                li {
                    div {
                        h3 { a href=(service.path) { (service.title) } }
                        p.meta { @for (sign, words) in &service.meta { span { (icon(*sign)) (words) } } }
                    }
                    (icon(Icon::ArrowRight))
                }
            }
        }
    }
}

/// What the government promises: picture, promise, sentence.
#[must_use]
pub fn promises(title: &Msg, list: &[(Icon, Msg, Msg)]) -> Markup {
    html! {
        aside.card.calm.rights aria-labelledby="promises" {
            h2 #promises { (title) }
            ul { @for (sign, promise, sentence) in list { li { (icon(*sign)) span { b { (promise) } (sentence) } } } }
        }
    }
}

/// The head of a page that confirms: what was received, and its reference, large.
#[must_use]
pub fn confirmation(locale: &Locale<'_>, title: &Msg, reference: &str) -> Markup {
    html! {
        div.done-head {
            (icon(Icon::CircleCheck))
            h1 { (title) }
            p { (text!(locale, "reference-yours")) }
            p.ref { (reference) }
        }
    }
}
