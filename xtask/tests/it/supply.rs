//! Where code comes from and under which licence: deny.toml, applied over cargo's own metadata (docs/adr/0002).

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Closure, packages};
use crate::spdx;
use crate::tree::{none, root};

/// The one registry, as Cargo.lock spells it.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn deny() -> toml::Table {
    std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

fn strings(value: &toml::Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// Banned crates, each with the crates that may bring it in all the same.
fn banned() -> BTreeMap<String, BTreeSet<String>> {
    let table = deny();
    let entries = table["bans"]["deny"].as_array().unwrap().clone();
    let read = |entry: toml::Value| {
        assert!(entry["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "no reason: {entry}");
        (entry["crate"].as_str().unwrap().to_owned(), entry.get("wrappers").map(strings).unwrap_or_default())
    };
    entries.into_iter().map(read).collect()
}

#[test]
fn banned_crates_are_not_in_the_binary() {
    let closure = Closure::of("simpul", "normal,build,no-proc-macro");
    let mut findings = Vec::new();
    for (name, wrappers) in banned() {
        for parent in closure.parents(&name).into_iter().filter(|parent| !wrappers.contains(*parent)) {
            findings.push(format!("{name}, brought by {parent}"));
        }
    }
    none("deny.toml bans what the binary contains", findings);
}

#[test]
fn the_ban_list_keeps_its_core() {
    let banned = banned();
    let core = [
        "ring",
        "rustls",
        "aws-lc-rs",
        "aws-lc-sys",
        "rsa",
        "ecdsa",
        "ed25519-dalek",
        "p256",
        "sha1",
        "sha2",
        "native-tls",
    ];
    none(
        "deny.toml no longer bans",
        core.into_iter().filter(|name| !banned.contains_key(*name)).map(str::to_owned).collect(),
    );
    let excused: Vec<_> = banned.iter().filter(|(_, wrappers)| !wrappers.is_empty()).map(|(name, _)| name).collect();
    assert_eq!(excused, ["sha2", "sha3"], "each exception is decided here too");
}

#[test]
fn licences_are_on_the_list() {
    let table = deny();
    let allow = strings(&table["licenses"]["allow"]);
    let mut findings = Vec::new();
    let mut seen = 0;
    for package in packages() {
        seen += 1;
        let name = &package.name;
        let verdict = match &package.license {
            Some(expression) => spdx::satisfied(expression, &|licence| allow.contains(licence)),
            None => Err("no licence".to_owned()),
        };
        match verdict {
            Ok(true) => {}
            Ok(false) => findings.push(format!("{name}: {}", package.license.unwrap())),
            Err(why) => findings.push(format!("{name}: {why}")),
        }
    }
    assert!(seen > 50, "the graph was read: {seen}");
    none("a licence is not on the list of deny.toml", findings);
}

#[test]
fn code_comes_from_the_registry_or_from_here() {
    let foreign = packages().into_iter().filter(|package| package.source.as_deref().is_some_and(|s| s != REGISTRY));
    none(
        "a package from elsewhere",
        foreign.map(|package| format!("{}: {:?}", package.name, package.source)).collect(),
    );
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    for package in lock["package"].as_array().unwrap() {
        if let Some(source) = package.get("source") {
            assert_eq!(source.as_str(), Some(REGISTRY), "{}", package["name"]);
            assert!(package.get("checksum").is_some(), "{} has no checksum", package["name"]);
        }
    }
    let table = deny();
    assert_eq!(table["sources"]["unknown-registry"].as_str(), Some("deny"));
    assert_eq!(table["sources"]["unknown-git"].as_str(), Some("deny"));
    assert_eq!(table["sources"]["allow-git"].as_array().unwrap().len(), 0);
}

#[test]
fn versions_are_named() {
    let mut findings = Vec::new();
    for package in packages().into_iter().filter(|package| package.source.is_none()) {
        for dependency in package.dependencies.into_iter().filter(|dependency| !dependency.by_path) {
            if dependency.requirement.contains('*') {
                findings.push(format!("{} takes any {}", package.name, dependency.name));
            }
            if dependency.source.as_deref() != Some(REGISTRY) {
                findings.push(format!("{} takes {} from {:?}", package.name, dependency.name, dependency.source));
            }
        }
    }
    none("a dependency without version or from elsewhere", findings);
}

#[test]
fn versions_stand_in_the_workspace_manifest() {
    let mut findings = Vec::new();
    for folder in ["crates", "."].map(|folder| root().join(folder)) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            let Ok(text) = std::fs::read_to_string(&manifest) else { continue };
            let table: toml::Table = text.parse().unwrap();
            if table.contains_key("workspace") {
                continue;
            }
            for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let Some(dependencies) = table.get(kind).and_then(toml::Value::as_table) else { continue };
                let shared = |value: &toml::Value| value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                let own = dependencies.iter().filter(|(_, value)| !shared(value));
                findings.extend(own.map(|(name, _)| format!("{}: {name}", manifest.display())));
            }
        }
    }
    none("one version for all: the root Cargo.toml names it", findings);
}
