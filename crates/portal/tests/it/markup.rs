//! What no page may hold: styles and handlers in HTML, an attribute twice, an id twice, a label for nothing.

use std::collections::{BTreeMap, BTreeSet};

use simpul_portal::gallery::PATHS;

use crate::portal::Portal;

/// An element of a page: its name and its attributes in order.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the opening tags of HTML as maud writes it: lower case, values in double quotes.
fn elements(html: &str) -> Vec<Element> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if !after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let end = after.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap();
        let (name, mut inside) = after.split_at(end);
        let mut attributes = Vec::new();
        loop {
            inside = inside.trim_start();
            if let Some(after) = inside.strip_prefix('>').or_else(|| inside.strip_prefix("/>")) {
                rest = after;
                break;
            }
            let end = inside.find(|c: char| c.is_whitespace() || "=>".contains(c)).unwrap();
            let (key, after) = inside.split_at(end);
            match after.strip_prefix("=\"") {
                Some(quoted) => {
                    let (value, after) = quoted.split_once('"').unwrap();
                    attributes.push((key.to_owned(), value.to_owned()));
                    inside = after;
                }
                None => {
                    attributes.push((key.to_owned(), String::new()));
                    inside = after;
                }
            }
        }
        found.push(Element { name: name.to_owned(), attributes });
    }
    found
}

/// Everything wrong with a page.
fn faults(html: &str) -> Vec<String> {
    let elements = elements(html);
    let mut found = Vec::new();
    let mut ids = BTreeMap::<&str, usize>::new();
    for element in &elements {
        let name = &element.name;
        let mut keys = BTreeSet::new();
        for (key, value) in &element.attributes {
            if !keys.insert(key) {
                found.push(format!("<{name}> has `{key}` twice"));
            }
            if key == "style" || key.starts_with("on") {
                found.push(format!("<{name}> has `{key}`"));
            }
            if value.trim_start().to_lowercase().starts_with("javascript:") {
                found.push(format!("<{name}> has a script in `{key}`"));
            }
            if key == "href" && (value.is_empty() || value == "#") {
                found.push(format!("<{name}> leads nowhere"));
            }
        }
        if name == "style" {
            found.push("a <style>".to_owned());
        }
        if name == "script" && element.get("src").is_none() {
            found.push("a script inside the page".to_owned());
        }
        if let Some(id) = element.get("id") {
            *ids.entry(id).or_default() += 1;
        }
    }
    found.extend(ids.iter().filter(|(_, count)| **count > 1).map(|(id, _)| format!("the id `{id}` twice")));
    for element in &elements {
        for key in ["for", "aria-labelledby", "aria-describedby", "data-status"] {
            let wanted = element.get(key).into_iter().flat_map(str::split_whitespace);
            found.extend(
                wanted
                    .filter(|id| !ids.contains_key(*id))
                    .map(|id| format!("`{key}` names `{id}`, which is not there")),
            );
        }
        let inside = element.get("href").and_then(|href| href.strip_prefix('#'));
        found.extend(
            inside.filter(|id| !ids.contains_key(id)).map(|id| format!("a link to `#{id}`, which is not there")),
        );
    }
    if elements.iter().filter(|element| element.name == "h1").count() != 1 {
        found.push("not one <h1>".to_owned());
    }
    found
}

#[test]
fn faults_are_seen() {
    let page = |body: &str| faults(&format!("<!DOCTYPE html><html><body><h1>a</h1>{body}</body></html>"));
    for bad in [
        "<p class=\"a\" class=\"b\">",
        "<p style=\"color:red\">",
        "<p onclick=\"a()\">",
        "<a href=\"javascript:a()\">",
        "<a href=\"#\">",
        "<a href=\"#nowhere\">",
        "<style>a{}</style>",
        "<script>a()</script>",
        "<p id=\"a\"><p id=\"a\">",
        "<label for=\"x\">",
        "<p aria-describedby=\"x y\">",
        "<h1>b</h1>",
    ] {
        assert!(!page(bad).is_empty(), "{bad}");
    }
    assert_eq!(page("<p class=\"a b\" hidden>1 < 2 <a href=\"/x\">b</a><input disabled>"), Vec::<String>::new());
}

#[tokio::test]
async fn no_page_holds_what_none_may() {
    let mut portal = Portal::new();
    let mut pages = 0;
    for signed in [false, true] {
        if signed {
            portal.get("/id/gallery/sign-in").await;
        }
        let problems = [400, 404, 500, 503].map(|status| format!("/gallery/problem/{status}"));
        let more = ["/session", "/session/ended"].into_iter().filter(|path| signed || *path != "/session");
        let paths = PATHS.iter().copied().chain(problems.iter().map(String::as_str)).chain(more);
        for path in paths {
            for lang in ["id", "en", "ar"] {
                let answer = portal.get(&format!("/{lang}{path}")).await;
                let found = faults(answer.text());
                assert!(found.is_empty(), "/{lang}{path}: {found:#?}");
                pages += 1;
            }
        }
    }
    assert!(pages > 90, "{pages}");
}

#[tokio::test]
async fn the_arabic_frame_is_right_to_left_and_marks_what_is_not_arabic() {
    let mut portal = Portal::new();
    let html = portal.get("/ar/gallery/home").await.text().to_owned();
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">"), "{html}");
    assert!(html.contains("انتقل إلى المحتوى الرئيسي"), "the frame speaks Arabic");
    assert!(html.contains("<h1><span lang=\"en\" dir=\"ltr\">One door for everything you need</span></h1>"), "{html}");
}

#[tokio::test]
async fn each_page_leads_to_itself_in_every_language() {
    let mut portal = Portal::new();
    let html = portal.get("/id/gallery/case?x=y").await.text().to_owned();
    for lang in ["id", "en", "ar"] {
        assert!(
            html.contains(&format!("<link rel=\"alternate\" hreflang=\"{lang}\" href=\"/{lang}/gallery/case\">")),
            "{lang}"
        );
        assert!(
            html.contains(&format!("<a href=\"/{lang}/gallery/case?x=y\" lang=\"{lang}\" hreflang=\"{lang}\"")),
            "{lang}"
        );
    }
    assert_eq!(html.matches("aria-current=\"true\"").count(), 1, "one language is the present one");
    assert_eq!(html.matches("aria-current=\"page\"").count(), 2, "one place of the menu, and the way to it");
}
