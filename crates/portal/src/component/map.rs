//! The map of a federation: land without borders, numbered nodes, links from this one, and a list with the same.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::{Icon, icon};
use crate::text;
use crate::text::{Locale, Msg};

/// A part of the world that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// South-east Asia: 88° to 157° east, 28° north to 14° south.
    Asean,
}

/// How the link to a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// This node: links start here.
    Here,
    /// It answers.
    Up,
    /// It answers, but late.
    Slow,
    /// It does not answer.
    Down,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its place or name.
    pub name: Msg,
    /// Degrees east.
    pub east: f64,
    /// Degrees north.
    pub north: f64,
    /// How the link to it is.
    pub link: Link,
    /// A word about it, such as `38 ms`.
    pub note: Msg,
}

impl Region {
    fn land(self) -> &'static str {
        match self {
            Self::Asean => include_str!("../../assets/map/asean.path"),
        }
    }

    /// Where a place is in the box of 1000 × 609; `None` when it is not on the map.
    fn place(self, node: &Node) -> Option<(f64, f64)> {
        let Self::Asean = self;
        let scale = 1000.0 / 69.0;
        let (x, y) = ((node.east - 88.0) * scale, (28.0 - node.north) * scale);
        ((0.0..=1000.0).contains(&x) && (0.0..=609.0).contains(&y)).then_some((x, y))
    }
}

impl Link {
    fn class(self) -> &'static str {
        match self {
            Self::Here => "me",
            Self::Up => "ok",
            Self::Slow => "warn",
            Self::Down => "bad",
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Here => Icon::House,
            Self::Up => Icon::CircleCheck,
            Self::Slow => Icon::TriangleAlert,
            Self::Down => Icon::CircleX,
        }
    }
}

/// The map, its key, and its list. A node that is not on the map stands in the list.
#[must_use]
pub fn federation_map(locale: &Locale<'_>, id: &str, region: Region, nodes: &[Node]) -> Markup {
    let title = format!("{id}-title");
    html! {
        figure {
            svg.map viewBox="0 0 1000 609" role="img" aria-labelledby=(title) {
                title id=(title) { (text!(locale, "map-title").plain()) }
                path.land d=(region.land().trim()) {}
                (drawing(region, nodes))
            }
            ul.key {
                (key(Link::Up, &text!(locale, "link-up")))
                (key(Link::Slow, &text!(locale, "link-slow")))
                (key(Link::Down, &text!(locale, "link-down")))
            }
            ol.peers {
                @for (i, node) in nodes.iter().enumerate() {
                    li {
                        b class={ "n-" (node.link.class()) } aria-hidden="true" { (i + 1) }
                        span { (node.name) }
                        span class={ "st " (node.link.class()) } {
                            (icon(node.link.icon()))
                            span { (state(locale, node)) }
                        }
                    }
                }
            }
        }
    }
}

fn key(link: Link, words: &Msg) -> Markup {
    html! {
        li { svg.long viewBox="0 0 40 10" aria-hidden="true" { path class={ "lnk " (link.class()) } d="M0 5H40" {} } (words) }
    }
}

fn state(locale: &Locale<'_>, node: &Node) -> Markup {
    let words = match node.link {
        Link::Here => return html! { (text!(locale, "link-here")) },
        Link::Up => text!(locale, "link-up"),
        Link::Slow => text!(locale, "link-slow"),
        Link::Down => text!(locale, "link-down"),
    };
    html! {
        @if node.link == Link::Up { span.vh { (words) ", " } } @else { (words) ", " }
        (node.note)
    }
}

fn drawing(region: Region, nodes: &[Node]) -> Markup {
    let mut out = String::new();
    let placed: Vec<_> =
        nodes.iter().enumerate().filter_map(|(i, node)| Some((i, node, region.place(node)?))).collect();
    let here = placed.iter().find(|(_, node, _)| node.link == Link::Here).map(|(_, _, at)| *at);
    if let Some((hx, hy)) = here {
        for (_, node, (x, y)) in placed.iter().filter(|(_, node, _)| node.link != Link::Here) {
            // A link is a bow, so that links in one direction do not lie on each other.
            let side = if x < &hx { 1.0 } else { -1.0 };
            let (bx, by) =
                (f64::midpoint(hx, *x) + side * (hy - y) * 0.14, f64::midpoint(hy, *y) - (x - hx).abs() * 0.14);
            let _ = write!(
                out,
                "<path class=\"lnk {}\" d=\"M{hx:.0} {hy:.0}Q{bx:.0} {by:.0} {x:.0} {y:.0}\"/>",
                node.link.class()
            );
        }
    }
    for (i, node, (x, y)) in &placed {
        let radius = if node.link == Link::Here { 17 } else { 14 };
        let _ = write!(
            out,
            "<circle class=\"n-{}\" cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{radius}\"/><text class=\"no\" x=\"{x:.0}\" y=\"{:.0}\" aria-hidden=\"true\">{}</text>",
            node.link.class(),
            y + 6.0,
            i + 1
        );
        // The name stands on the side where no other node is near, and within the box.
        let near = |dx: f64| {
            placed
                .iter()
                .any(|(j, _, (ox, oy))| j != i && (oy - y).abs() < 30.0 && (0.0..150.0).contains(&((ox - x) * dx)))
        };
        let before = *x > 820.0 || (near(1.0) && !near(-1.0) && *x > 180.0);
        let (at, down, anchor) = match node.link {
            Link::Here => (*x, 40.0, "middle"),
            _ if before => (x - 21.0, 7.0, "end"),
            _ => (x + 21.0, 7.0, "start"),
        };
        let _ = write!(
            out,
            "<text class=\"lab\" x=\"{at:.0}\" y=\"{:.0}\" text-anchor=\"{anchor}\" aria-hidden=\"true\">{}</text>",
            y + down,
            html! { (node.name.plain()) }.0
        );
    }
    PreEscaped(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn places_are_where_the_land_is() {
        // Jakarta, as the drawn sample has it: 272, 495.
        let node = |east, north| Node {
            name: Msg::new(Lang::En, Lang::En, "x"),
            east,
            north,
            link: Link::Up,
            note: Msg::new(Lang::En, Lang::En, ""),
        };
        let (x, y) = Region::Asean.place(&node(106.85, -6.2)).unwrap();
        assert!((x - 272.0).abs() < 2.0 && (y - 495.0).abs() < 2.0, "{x} {y}");
        let (x, y) = Region::Asean.place(&node(147.18, -9.44)).unwrap();
        assert!((x - 857.0).abs() < 2.0 && (y - 542.0).abs() < 2.0, "{x} {y}");
        assert!(Region::Asean.place(&node(24.9, 60.2)).is_none(), "Helsinki is not on it");
    }

    #[test]
    fn names_are_escaped_in_the_drawing() {
        let node = Node {
            name: Msg::new(Lang::En, Lang::En, "<script>"),
            east: 106.85,
            north: -6.2,
            link: Link::Here,
            note: Msg::new(Lang::En, Lang::En, ""),
        };
        assert!(!drawing(Region::Asean, &[node]).0.contains("<script>"));
    }
}
