//! Where a page is, and the pages beside it.

use maud::{Markup, html};

use super::{Icon, icon};
use crate::text;
use crate::text::{Locale, Msg};

/// The way to this page: `(path, title)` of the pages above, and its own title.
#[must_use]
pub fn crumbs(locale: &Locale<'_>, above: &[(String, Msg)], here: &Msg) -> Markup {
    html! {
        nav.crumb aria-label=(text!(locale, "crumbs-label").plain()) {
            ol {
                @for (path, title) in above { li { a href=(path) { (title) } } }
                li aria-current="page" { (here) }
            }
        }
    }
}

/// A link to the page before, in a journey of questions.
#[must_use]
pub fn back(locale: &Locale<'_>, path: &str) -> Markup {
    html! { a.back href=(path) { (icon(Icon::ArrowLeft)) (text!(locale, "back")) } }
}

/// A list over several pages.
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a> {
    /// The path and query of the list, to which `page=N` is added.
    pub path: &'a str,
    /// The page shown, from 1.
    pub here: usize,
    /// How many there are.
    pub count: usize,
}

/// Links to the other pages of a list; nothing when there is one.
#[must_use]
pub fn pagination(locale: &Locale<'_>, pages: &Pages<'_>) -> Markup {
    let to = |page: usize| {
        let between = if pages.path.contains('?') { '&' } else { '?' };
        format!("{}{between}page={page}", pages.path)
    };
    let shown: Vec<usize> =
        (1..=pages.count).filter(|n| *n == 1 || *n == pages.count || n.abs_diff(pages.here) <= 1).collect();
    html! {
        @if pages.count > 1 {
            nav aria-label=(text!(locale, "pages-label").plain()) {
                ul.pages {
                    @if pages.here > 1 {
                        li { a href=(to(pages.here - 1)) rel="prev" { (icon(Icon::ChevronLeft)) (text!(locale, "pages-previous")) } }
                    }
                    @for (i, n) in shown.iter().enumerate() {
                        @if i > 0 && shown.get(i - 1).is_some_and(|before| before + 1 < *n) { li aria-hidden="true" { span { "…" } } }
                        li {
                            @if *n == pages.here { b aria-current="page" { (n) } }
                            @else { a href=(to(*n)) aria-label=(text!(locale, "pages-one", n = *n).plain()) { (n) } }
                        }
                    }
                    @if pages.here < pages.count {
                        li { a href=(to(pages.here + 1)) rel="next" { (text!(locale, "pages-next")) (icon(Icon::ChevronRight)) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lang, Texts, Zone};

    #[test]
    fn pages_far_away_are_left_out() {
        let texts = Texts::embedded().unwrap();
        let zone = Zone::new("+00:00", "UTC").unwrap();
        let locale = Locale::new(Lang::En, &texts, &zone);
        let html = pagination(&locale, &Pages { path: "/en/cases?q=a", here: 5, count: 9 }).0;
        for there in ["page=1\"", "page=4\"", "page=6\"", "page=9\""] {
            assert!(html.contains(there), "{there}");
        }
        assert!(!html.contains("page=2\"") && !html.contains("page=5\""));
        assert_eq!(html.matches('…').count(), 2);
        assert_eq!(pagination(&locale, &Pages { path: "/", here: 1, count: 1 }).0, "");
    }
}
