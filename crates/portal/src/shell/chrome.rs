//! Header, menus, footer and the warning before a session ends.

use maud::{Markup, html};

use super::{Asking, Frame, Place, Sheet, Signed, WARN_SECONDS};
use crate::component::{Button, Icon, icon};
use crate::text;
use crate::text::{Lang, Locale, Msg};

/// Whose site it is, and the languages.
pub(super) fn strip(frame: &Frame<'_>) -> Markup {
    let l = &frame.locale;
    let government = frame.brand.government.on(l.lang());
    html! {
        div.strip {
            div.wrap {
                span.gov {
                    span.flag {}
                    span {
                        span.wide { (text!(l, "official-site", government = government.plain())) }
                        span.narrow { (government) }
                    }
                }
                nav aria-label=(text!(l, "languages").plain()) {
                    ul {
                        @for other in Lang::ALL {
                            li {
                                a href={ "/" (other) (frame.target) } lang=(other.tag()) hreflang=(other.tag())
                                    aria-current=[(other == l.lang()).then_some("true")] {
                                    span.wide { (other.own_name()) }
                                    span.narrow { (other.short_name()) span.vh { " " (other.own_name()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The mark with the name, which leads home.
pub(super) fn mark(frame: &Frame<'_>, room: &Msg) -> Markup {
    let name = frame.brand.name.on(frame.locale.lang());
    html! {
        a.mark href=(frame.locale.path("/")) {
            img src=(frame.brand.mark_path()) alt="" width="44" height="44";
            span { (name) small { (room) } }
        }
    }
}

/// Who is signed in, or the way to sign in.
pub(super) fn who(frame: &Frame<'_>) -> Markup {
    let l = &frame.locale;
    match frame.session {
        Asking::Unknown => html! {},
        Asking::Signed(session) => {
            let page = if frame.mounted.has("/account") { "/account" } else { "/session" };
            html! { a.who href=(l.path(page)) { (icon(Icon::IdCard)) span { bdi { (session.name) } } } }
        }
        Asking::Nobody if !frame.mounted.has("/sign-in") => html! {},
        Asking::Nobody => {
            html! { a.who href=(l.path("/sign-in")) { (icon(Icon::LogIn)) span { (text!(l, "sign-in")) } } }
        }
    }
}

/// `page` on the place where the reader is.
pub(super) fn current(place: &Place, sheet: &Sheet) -> Option<&'static str> {
    (sheet.place == Some(place.path)).then_some("page")
}

/// The lines of a menu at the side, in their groups.
pub(super) fn side(l: &Locale<'_>, menu: &[Place], sheet: &Sheet) -> Markup {
    let line = |place: &Place| {
        html! {
            li {
                a href=(l.path(place.path)) aria-current=[current(place, sheet)] {
                    (icon(place.icon))
                    span { (l.text(place.text)) }
                    @if place.waiting > 0 { span.c { (place.waiting) span.vh { " " (text!(l, "waiting", n = place.waiting)) } } }
                }
            }
        }
    };
    let groups: Vec<&[Place]> = menu.chunk_by(|_, next| next.group.is_none()).collect();
    html! {
        @for group in groups {
            @if let Some(name) = group.first().and_then(|first| first.group) { h2 { (l.text(name)) } }
            ul { @for place in group { (line(place)) } }
        }
    }
}

/// The pages about the portal, and help.
pub(super) fn footer(frame: &Frame<'_>) -> Markup {
    let l = &frame.locale;
    let about = [
        ("/help", text!(l, "foot-help")),
        ("/status", text!(l, "foot-status")),
        ("/accessibility", text!(l, "foot-accessibility")),
        ("/privacy", text!(l, "foot-privacy")),
    ];
    let about: Vec<_> = about.into_iter().filter(|(path, _)| frame.mounted.has(path)).collect();
    let dial: String = frame.brand.phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    html! {
        footer.foot {
            div.wrap {
                @if !about.is_empty() {
                    ul { @for (path, words) in &about { li { a href=(l.path(path)) { (words) } } } }
                }
                p.row { (icon(Icon::LifeBuoy)) span { (text!(l, "foot-phone")) " " a href={ "tel:" (dial) } { (frame.brand.phone) } } }
                @if let Some(session) = frame.session.signed() {
                    p.ends {
                        (text!(l, "session-ends", time = l.time(session.ends).plain())) " "
                        a href=(l.path("/session")) { (text!(l, "session-keep")) }
                    }
                }
            }
        }
    }
}

/// The warning before a session ends. A script opens it; without one the footer says when.
pub(super) fn session_end(l: &Locale<'_>, session: &Signed) -> Markup {
    let minutes = html! { span #session-left { (WARN_SECONDS / 60) } };
    html! {
        dialog #session-end aria-labelledby="session-title" data-left=(session.left.as_secs()) data-warn=(WARN_SECONDS)
            data-gone=(l.path("/session/ended")) {
            form.stack method="post" action=(l.path("/session/stay")) {
                (session.fields)
                h2 #session-title { (text!(l, "session-title")) }
                p { (text!(l, "session-left")) " " (minutes) }
                p { (text!(l, "session-drafts")) }
                div.acts {
                    (Button::submit(text!(l, "session-keep")))
                    a href=(l.path("/session")) { (text!(l, "session-leave")) }
                }
            }
        }
    }
}
