//! The problem pages.

use http::StatusCode;
use maud::{Markup, html};

use crate::component::{Button, Icon, icon};
use crate::text;
use crate::text::{Locale, Msg};

/// What is said of a status: a picture, a title, and what to do.
fn words(l: &Locale<'_>, status: StatusCode) -> (Icon, Msg, Msg) {
    match status.as_u16() {
        400 => (Icon::CircleHelp, text!(l, "problem-400"), text!(l, "problem-400-do")),
        403 => (Icon::ShieldAlert, text!(l, "problem-403"), text!(l, "problem-403-do")),
        404 => (Icon::MapPin, text!(l, "problem-404"), text!(l, "problem-404-do")),
        405 => (Icon::CircleHelp, text!(l, "problem-405"), text!(l, "problem-405-do")),
        413 => (Icon::Archive, text!(l, "problem-413"), text!(l, "problem-413-do")),
        422 => (Icon::PenLine, text!(l, "problem-422"), text!(l, "problem-422-do")),
        429 => (Icon::Timer, text!(l, "problem-429"), text!(l, "problem-429-do")),
        503 => (Icon::CloudOff, text!(l, "problem-503"), text!(l, "problem-503-do")),
        _ => (Icon::TriangleAlert, text!(l, "problem-500"), text!(l, "problem-500-do")),
    }
}

/// The title and the content of the page for `status`. `again` is the path to try again, where that may help.
pub(crate) fn page(
    l: &Locale<'_>,
    status: StatusCode,
    reference: &str,
    phone: &str,
    again: Option<&str>,
) -> (Msg, Markup) {
    let (sign, title, what) = words(l, status);
    let body = html! {
        div.head {
            div.wrap {
                div.oops {
                    span.ic { (icon(sign)) }
                    h1 { (title) }
                    p.lead { (what) }
                }
            }
        }
        div.wrap {
            div.oops {
                div.acts {
                    @if let Some(again) = again { (Button::link(again, text!(l, "problem-again")).icon(Icon::RefreshCw)) }
                    @if again.is_some() { (Button::link(l.path("/"), text!(l, "problem-home")).quiet()) }
                    @else { (Button::link(l.path("/"), text!(l, "problem-home"))) }
                }
                dl.facts {
                    div { dt { (text!(l, "problem-reference")) } dd.mono { (reference) } }
                    div { dt { (text!(l, "problem-call")) } dd { (phone) } }
                }
            }
        }
    };
    (title, body)
}
