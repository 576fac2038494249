//! The frame around every page: portal, desk and console.

mod chrome;
mod place;

use std::time::Duration;

use maud::{DOCTYPE, Markup, html};
use simpul_core::UnixTime;

pub use place::{CONSOLE, DESK, Mounted, PORTAL, Place};

use crate::asset;
use crate::brand::Brand;
use crate::component::{Icon, icon};
use crate::text;
use crate::text::{Lang, Locale, Msg};

/// What a frame needs to know of the request.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The language.
    pub locale: Locale<'a>,
    /// Whose pages they are.
    pub brand: &'a Brand,
    /// The path without its language, such as `/cases`.
    pub path: &'a str,
    /// The path with its query: the language switch leads to the same page with the same filters.
    pub target: &'a str,
    /// Who asks, as far as it is known.
    pub session: Asking<'a>,
    /// What there is to lead to.
    pub mounted: &'a Mounted,
}

/// Who asks for a page.
#[derive(Clone, Copy)]
pub enum Asking<'a> {
    /// Not looked up: a problem page says nothing about it.
    Unknown,
    /// Nobody who signed in.
    Nobody,
    /// Somebody who did.
    Signed(&'a Signed),
}

impl<'a> Asking<'a> {
    fn signed(self) -> Option<&'a Signed> {
        match self {
            Self::Signed(signed) => Some(signed),
            Self::Unknown | Self::Nobody => None,
        }
    }
}

/// Who is signed in, as far as pages show it.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The name.
    pub name: String,
    /// When the session ends if nothing is done.
    pub ends: UnixTime,
    /// How long that is from now.
    pub left: Duration,
    /// Hidden fields of the form that keeps the session.
    pub fields: Markup,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its title; the portal's name is added.
    pub title: Msg,
    /// Whether a form came back with errors: the title says so first, for voices.
    pub failed: bool,
    /// The place that is marked in the menu: the `path` of a [`Place`].
    pub place: Option<&'static str>,
    /// What stands in `<main>`.
    pub main: Markup,
}

impl Sheet {
    /// A page at no place of the menu.
    #[must_use]
    pub fn new(title: Msg, main: Markup) -> Self {
        Self { title, failed: false, place: None, main }
    }

    /// At a place of the menu.
    #[must_use]
    pub fn at(self, place: &'static str) -> Self {
        Self { place: Some(place), ..self }
    }

    /// A form with errors.
    #[must_use]
    pub fn failed(self, failed: bool) -> Self {
        Self { failed, ..self }
    }
}

/// Seconds before the end of a session at which it is told (WCAG 2.2.1 asks for 20 at least).
pub(crate) const WARN_SECONDS: u64 = 120;

/// A page for citizens.
#[must_use]
pub fn portal(frame: &Frame<'_>, menu: &[Place], sheet: &Sheet) -> Markup {
    let l = &frame.locale;
    let menu = frame.mounted.of(menu);
    let inside = html! {
        header {
            (chrome::strip(frame))
            div.top {
                div.wrap {
                    (chrome::mark(frame, &text!(l, "shell-portal")))
                    nav aria-label=(text!(l, "menu-label").plain()) {
                        ul {
                            @for place in &menu {
                                li { a href=(l.path(place.path)) aria-current=[chrome::current(place, sheet)] { (icon(place.icon)) span { (l.text(place.text)) } } }
                            }
                        }
                    }
                    (chrome::who(frame))
                }
            }
        }
        main #main tabindex="-1" { (sheet.main) }
        (chrome::footer(frame))
    };
    document(frame, sheet, false, &inside)
}

/// A page for officers: a menu at the side, compact.
#[must_use]
pub fn desk(frame: &Frame<'_>, menu: &[Place], sheet: &Sheet) -> Markup {
    beside(frame, menu, sheet, &text!(frame.locale, "shell-desk"))
}

/// A page for operators: a menu at the side, compact.
#[must_use]
pub fn console(frame: &Frame<'_>, menu: &[Place], sheet: &Sheet) -> Markup {
    beside(frame, menu, sheet, &text!(frame.locale, "shell-console"))
}

fn beside(frame: &Frame<'_>, menu: &[Place], sheet: &Sheet, room: &Msg) -> Markup {
    let l = &frame.locale;
    let inside = html! {
        header {
            (chrome::strip(frame))
            div.top {
                div.wrap {
                    (chrome::mark(frame, room))
                    a.menu href="#menu" { (icon(Icon::LayoutDashboard)) (text!(l, "menu")) }
                    (chrome::who(frame))
                }
            }
        }
        // The menu stands after the page: on phones it is below, one link away, and needs no script.
        div.desk-grid {
            main #main tabindex="-1" { (sheet.main) }
            nav.side #menu tabindex="-1" aria-label=(text!(l, "menu-label").plain()) { (chrome::side(l, &frame.mounted.of(menu), sheet)) }
        }
        (chrome::footer(frame))
    };
    document(frame, sheet, true, &inside)
}

fn document(frame: &Frame<'_>, sheet: &Sheet, compact: bool, inside: &Markup) -> Markup {
    let l = &frame.locale;
    let lang = l.lang();
    let title = sheet.title.plain();
    let name = frame.brand.name.on(lang);
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) dir=(lang.direction().value()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title {
                    @if sheet.failed { (text!(l, "error-prefix").plain()) " " }
                    (title) " – " (name.plain())
                }
                link rel="preload" as="font" type="font/woff2" href=(asset::path(asset::FONT)) crossorigin;
                link rel="stylesheet" href=(asset::path(asset::CORE));
                @if compact { link rel="stylesheet" href=(asset::path(asset::CONSOLE)); }
                @if let Some(sheet) = frame.brand.sheet_path() { link rel="stylesheet" href=(sheet); }
                link rel="icon" type="image/svg+xml" href=(frame.brand.mark_path());
                meta name="theme-color" content=(frame.brand.theme);
                script type="module" src=(asset::path(asset::SCRIPT)) {}
                @for other in Lang::ALL { link rel="alternate" hreflang=(other.tag()) href={ "/" (other) (frame.path) }; }
            }
            body.con[compact] {
                a.skip href="#main" { (text!(l, "skip")) }
                (inside)
                div.vh #say role="status" aria-live="polite" {}
                @if let Some(session) = frame.session.signed() { (chrome::session_end(l, session)) }
            }
        }
    }
}
