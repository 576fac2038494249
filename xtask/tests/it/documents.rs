//! What the documents keep to: they exist, their links lead somewhere, decisions are numbered and listed.

use std::collections::BTreeSet;
use std::fs;

use crate::tree::{File, files, none, root};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_root_documents_are_here() {
    let names = ["ARCHITECTURE", "STYLE", "CONTRIBUTING", "CHANGELOG", "SECURITY"].map(|name| format!("{name}.md"));
    for name in names.iter().map(String::as_str).chain(["README.md", "docs/adr/README.md"]) {
        let text = read(name);
        assert!(text.starts_with("# "), "{name} starts with a title");
        assert!(text.lines().count() > 5, "{name} says something");
    }
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted, free of charge"));
    let apache = read("LICENSE-APACHE");
    assert!(apache.contains("Version 2.0, January 2004") && apache.contains("END OF TERMS AND CONDITIONS"));
    assert!(read("CHANGELOG.md").contains("## [Unreleased]"));
}

#[test]
fn the_readme_names_the_two_commands_and_ci_runs_the_test_command() {
    let readme = read("README.md");
    for command in ["cargo run --release -- demo", "cargo xtask test"] {
        assert!(readme.lines().any(|line| line.trim() == command), "README.md has no line `{command}`");
    }
    let script = read(".ci/run");
    let commands: Vec<&str> = script.lines().filter(|line| !line.starts_with("#!") && !line.is_empty()).collect();
    assert_eq!(commands, ["set -euo pipefail", "cargo xtask test"]);
}

/// Targets of `[text](target)` outside code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Every second piece between back-quotes is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
        for rest in prose.split("](").skip(1) {
            found.extend(rest.split(')').next().map(str::to_owned));
        }
    }
    found
}

/// Anchors of a document's headings, as usual renderers make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == ' ';
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        title.chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

fn dead_links(file: &File) -> Vec<String> {
    let full = root().join(&file.path);
    let folder = full.parent().unwrap();
    let mut dead = Vec::new();
    for link in links(&file.text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
        let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
        let target = if path.is_empty() { full.clone() } else { folder.join(path) };
        let lives = match anchor {
            None => target.exists(),
            Some(anchor) => fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor)),
        };
        if !lives {
            dead.push(format!("{}: {link}", file.path));
        }
    }
    dead
}

#[test]
fn links_lead_somewhere() {
    let sample = "a [b](c.md) `[d](e)` [f](g#h)\n```\n[i](j)\n```\n";
    assert_eq!(links(sample), ["c.md", "g#h"]);
    assert!(anchors("## What works today?\n").contains("what-works-today"));
    let file = |text: &str| File { path: "README.md".to_owned(), text: text.to_owned() };
    assert_eq!(dead_links(&file("[a](no-such-file.md)")).len(), 1);
    assert_eq!(dead_links(&file("[a](#no-such-heading)")).len(), 1);
    let found = files().iter().filter(|file| file.is_markdown()).flat_map(dead_links).collect();
    none("a link leads nowhere", found);
}

#[test]
fn decisions_are_numbered_and_listed() {
    let index = read("docs/adr/README.md");
    let mut names: Vec<String> = fs::read_dir(root().join("docs/adr"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "README.md")
        .collect();
    names.sort();
    for (number, name) in names.iter().enumerate() {
        assert!(
            name.starts_with(&format!("{number:04}-")) && name.ends_with(".md"),
            "{name}: numbers have gaps or repeat"
        );
        assert!(index.contains(&format!("]({name})")), "docs/adr/README.md does not list {name}");
        let text = read(&format!("docs/adr/{name}"));
        assert!(text.starts_with(&format!("# {number:04} ")), "{name}: the title starts with the number");
        for heading in ["## Context", "## Decision", "## Consequences"] {
            assert!(text.lines().any(|line| line == heading), "{name} has no {heading}");
        }
        assert!(text.lines().any(|line| line.starts_with("Status: ")), "{name} has no status");
    }
    assert!(names.len() >= 2, "the template and the first decision");
}

#[test]
fn prose_is_plain() {
    let picture = |c: char| matches!(u32::from(c), 0x2600..=0x27BF | 0x1F000..=0x1FAFF | 0xFE0F);
    assert!("done \u{2705}".contains(picture) && !"a → b, ≤ 800".contains(picture));
    let found = files().into_iter().filter(|file| file.is_markdown() && file.text.contains(picture));
    none("emoji in a document", found.map(|file| file.path).collect());
}
