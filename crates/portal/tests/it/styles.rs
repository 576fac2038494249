//! The sheets: both directions from the same rules, tokens instead of colours, classes that are used.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use simpul_portal::gallery::PATHS;

use crate::portal::Portal;

fn sheets() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/css"), &mut found);
    assert!(found.len() > 5);
    found
}

fn without_comments(sheet: &str) -> String {
    let parts = sheet.split("/*").enumerate();
    parts.map(|(i, part)| if i == 0 { part } else { part.split_once("*/").unwrap().1 }).collect()
}

/// The declarations of a sheet: property and value.
fn declarations(sheet: &str) -> Vec<(String, String)> {
    let without = without_comments(sheet);
    let inside = without.split(['{', '}', ';']).filter_map(|part| {
        let (property, value) = part.trim().split_once(':')?;
        let plain = |c: char| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit();
        property.chars().all(plain).then(|| (property.to_owned(), value.trim().to_owned()))
    });
    inside.collect()
}

/// Whether a declaration says left or right, or above or below, of a page that may be read the other way.
fn is_physical(property: &str, value: &str) -> bool {
    let sided = ["margin-", "padding-", "border-", "scroll-margin-", "scroll-padding-"]
        .iter()
        .filter_map(|start| property.strip_prefix(start))
        .any(|side| ["left", "right", "top", "bottom"].iter().any(|physical| side.starts_with(physical)));
    let placed =
        ["left", "right", "top", "bottom", "width", "height", "min-width", "max-width", "min-height", "max-height"];
    let turned = ["text-align", "float", "clear"].contains(&property)
        && (value.starts_with("left") || value.starts_with("right"));
    sided || placed.contains(&property) || turned || property == "overflow-y"
}

#[test]
fn sheets_are_logical() {
    for (property, value) in [
        ("margin-left", "1px"),
        ("left", "0"),
        ("text-align", "right"),
        ("width", "1px"),
        ("border-top", "0"),
        ("float", "left"),
    ] {
        assert!(is_physical(property, value), "{property}");
    }
    assert!(
        !is_physical("margin-inline-start", "1px")
            && !is_physical("text-align", "end")
            && !is_physical("border-radius", "1px")
    );
    let mut seen = 0;
    for (path, sheet) in sheets() {
        for (property, value) in declarations(&sheet) {
            seen += 1;
            assert!(!is_physical(&property, &value), "{}: {property}: {value}", path.display());
        }
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn every_token_that_is_used_is_declared_and_the_other_way_round() {
    let all: String = sheets().into_iter().map(|(_, sheet)| sheet).collect();
    let declared: BTreeSet<String> =
        declarations(&all).into_iter().filter_map(|(p, _)| p.strip_prefix("--").map(str::to_owned)).collect();
    let used: BTreeSet<String> =
        all.split("var(--").skip(1).map(|rest| rest.split([')', ',']).next().unwrap().trim().to_owned()).collect();
    let missing: Vec<_> = used.difference(&declared).filter(|name| !name.starts_with("flag-")).collect();
    assert!(missing.is_empty(), "not declared: {missing:?}");
    let idle: Vec<_> = declared.difference(&used).filter(|name| !name.starts_with('s')).collect();
    assert!(idle.is_empty(), "not used: {idle:?}");
}

/// Classes that no page of the gallery shows, each with its reason.
const ELSEWHERE: &[(&str, &str)] = &[
    ("js", "the script sets it"),
    ("cold", "for what is printed alone"),
    ("noprint", "for what is not printed"),
    ("plain", "for lists without marks"),
    ("c6", "for pages of the console"),
    ("num", "for figures outside tables"),
    ("w5", "a width of fields"),
    ("ends", "for those who are signed in"),
];

#[tokio::test]
async fn every_class_of_the_sheets_is_used_and_every_class_of_pages_is_known() {
    let mut portal = Portal::new();
    let mut shown = BTreeSet::new();
    for path in PATHS.iter().copied().chain(["/gallery/problem/404", "/session/ended"]) {
        let html = portal.get(&format!("/id{path}")).await.text().to_owned();
        for classes in html.split("class=\"").skip(1) {
            shown.extend(classes.split('"').next().unwrap().split_whitespace().map(str::to_owned));
        }
    }
    let mut styled = BTreeSet::new();
    for (_, sheet) in sheets() {
        for selector in without_comments(&sheet)
            .split('}')
            .filter_map(|rule| rule.rsplit_once('{').map(|(selector, _)| selector.to_owned()))
        {
            let names = selector
                .split('.')
                .skip(1)
                .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap().to_owned());
            styled.extend(names.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())));
        }
    }
    let excused: BTreeSet<String> = ELSEWHERE.iter().map(|(name, _)| (*name).to_owned()).collect();
    let idle: Vec<_> = styled.difference(&shown).filter(|name| !excused.contains(*name)).collect();
    assert!(idle.is_empty(), "styled and never shown: {idle:?}");
    let bare = [
        "btn", "card", "head", "track", "trail", "kv", "tasks", "field", "tag", "note", "kpi", "plot", "map", "letter",
    ];
    assert!(bare.iter().all(|name| styled.contains(*name) && shown.contains(*name)), "the sheets and pages were read");
}

#[test]
fn colours_are_tokens() {
    // Colours outside the token sheet: white on dark grounds, shades, and darker forms that never hold text of their own.
    for (path, sheet) in sheets().into_iter().filter(|(path, _)| !path.ends_with("1-tokens/tokens.css")) {
        let odd = sheet.split('#').skip(1).filter_map(|rest| {
            let colour: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
            (colour.len() == 6 && rest.chars().nth(6).is_none_or(|c| !c.is_ascii_alphanumeric())).then_some(colour)
        });
        let known = ["8a0d19", "e2c68b", "c77700", "8f5300", "b5dcc5", "c3d3ea", "d0112b"];
        let unknown: Vec<_> = odd.filter(|colour| !known.contains(&colour.as_str())).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", path.display());
    }
}
