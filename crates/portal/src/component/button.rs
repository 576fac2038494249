//! Buttons, and links that look like them.

use maud::{Markup, Render, html};

use super::{Icon, icon};
use crate::text::Msg;

/// How a button looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// The one thing to do on the page.
    #[default]
    Main,
    /// What may be done too.
    Quiet,
    /// What cannot be undone.
    Stern,
}

enum To {
    Link(String),
    Submit(Option<(String, String)>),
    Print,
}

/// A button, built in words: `Button::link(path, &label).quiet().icon(Icon::Printer)`.
pub struct Button {
    label: Msg,
    to: To,
    look: Look,
    small: bool,
    before: Option<Icon>,
    after: Option<Icon>,
    about: Option<Msg>,
}

impl Button {
    fn new(to: To, label: Msg) -> Self {
        Self { label, to, look: Look::Main, small: false, before: None, after: None, about: None }
    }

    /// A link to a page.
    #[must_use]
    pub fn link(href: impl Into<String>, label: Msg) -> Self {
        Self::new(To::Link(href.into()), label)
    }

    /// Sends the form around it.
    #[must_use]
    pub fn submit(label: Msg) -> Self {
        Self::new(To::Submit(None), label)
    }

    /// Sends the form around it, with one more field.
    #[must_use]
    pub fn submit_as(name: impl Into<String>, value: impl Into<String>, label: Msg) -> Self {
        Self::new(To::Submit(Some((name.into(), value.into()))), label)
    }

    /// Opens the browser's print dialog. Hidden without scripts, where nothing would happen.
    #[must_use]
    pub fn print(label: Msg) -> Self {
        Self::new(To::Print, label).quiet().icon(Icon::Printer)
    }

    /// What may be done too.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { look: Look::Quiet, ..self }
    }

    /// What cannot be undone.
    #[must_use]
    pub fn stern(self) -> Self {
        Self { look: Look::Stern, ..self }
    }

    /// Lower: in rows and cards.
    #[must_use]
    pub fn small(self) -> Self {
        Self { small: true, ..self }
    }

    /// With an icon before the words.
    #[must_use]
    pub fn icon(self, icon: Icon) -> Self {
        Self { before: Some(icon), ..self }
    }

    /// With an icon after the words, such as an arrow.
    #[must_use]
    pub fn then(self, icon: Icon) -> Self {
        Self { after: Some(icon), ..self }
    }

    /// What it is about, for voices: several buttons on a page may have the same words.
    #[must_use]
    pub fn about(self, about: Msg) -> Self {
        Self { about: Some(about), ..self }
    }
}

impl Render for Button {
    fn render(&self) -> Markup {
        let (quiet, stern) = (self.look == Look::Quiet, self.look == Look::Stern);
        let inside = html! {
            @if let Some(before) = self.before { (icon(before)) }
            span {
                (self.label)
                @if let Some(about) = &self.about { span.vh { ": " (about) } }
            }
            @if let Some(after) = self.after { (icon(after)) }
        };
        html! {
            @match &self.to {
                To::Link(href) => { a.btn.quiet[quiet].stern[stern].s[self.small] href=(href) { (inside) } }
                To::Submit(None) => { button.btn.quiet[quiet].stern[stern].s[self.small] { (inside) } }
                To::Submit(Some((name, value))) => {
                    button.btn.quiet[quiet].stern[stern].s[self.small] name=(name) value=(value) { (inside) }
                }
                To::Print => {
                    button.btn.quiet[quiet].stern[stern].s[self.small] type="button" data-print hidden { (inside) }
                }
            }
        }
    }
}

/// Buttons and links in one row.
#[must_use]
pub fn actions(list: &[Markup]) -> Markup {
    html! { div.acts { @for one in list { (one) } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    fn msg(text: &str) -> Msg {
        Msg::new(Lang::En, Lang::En, text)
    }

    #[test]
    fn a_button_has_one_class_attribute() {
        let html = Button::link("/x", msg("Go")).quiet().small().then(Icon::ArrowRight).render().0;
        assert!(html.starts_with("<a class=\"btn quiet s\" href=\"/x\"><span>Go</span><svg"), "{html}");
        assert_eq!(html.matches("class=\"btn").count(), 1);
        assert_eq!(Button::submit(msg("Go")).render().0, "<button class=\"btn\"><span>Go</span></button>");
    }

    #[test]
    fn same_words_are_told_apart() {
        let html = Button::link("/x", msg("Ask")).about(msg("8f0c")).render().0;
        assert!(html.contains("Ask<span class=\"vh\">: 8f0c</span>"), "{html}");
    }
}
