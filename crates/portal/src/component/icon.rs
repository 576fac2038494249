//! Icons, inlined: no request, and the colour of the text around them.

use maud::{Markup, PreEscaped, html};

include!(concat!(env!("OUT_DIR"), "/icons.rs"));

/// An icon beside words. Voices do not read it: the words say the same.
#[must_use]
pub fn icon(icon: Icon) -> Markup {
    let body = PreEscaped(icon.body());
    html! {
        @if icon.points() {
            svg.i.flip aria-hidden="true" viewBox="0 0 24 24" { (body) }
        } @else {
            svg.i aria-hidden="true" viewBox="0 0 24 24" { (body) }
        }
    }
}

impl Icon {
    /// Whether it points along the line of reading, and so the other way in right-to-left pages.
    fn points(self) -> bool {
        matches!(
            self,
            Self::ArrowLeft
                | Self::ArrowRight
                | Self::ChevronLeft
                | Self::ChevronRight
                | Self::LogIn
                | Self::LogOut
                | Self::Undo2
                | Self::Send
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_is_silent_and_takes_the_colour_of_words() {
        let globe = icon(Icon::Globe).0;
        assert!(globe.starts_with("<svg class=\"i\" aria-hidden=\"true\" viewBox=\"0 0 24 24\"><circle"), "{globe}");
        assert!(icon(Icon::ArrowRight).0.contains("class=\"i flip\""));
    }

    #[test]
    fn icons_draw_and_do_nothing_else() {
        for one in Icon::ALL {
            for element in one.body().split('<').skip(1) {
                let name: String = element.chars().take_while(char::is_ascii_alphabetic).collect();
                assert!(
                    ["path", "circle", "rect", "line", "polyline", "polygon", "ellipse"].contains(&name.as_str()),
                    "{}",
                    one.name()
                );
            }
        }
    }
}
