//! How many cases there are, and that each leans on a clause that exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::case;

/// The least that the project promises.
const CASES: usize = 80;
const PAIRS: usize = 50;

#[test]
fn there_are_enough_different_cases() {
    let all = case::all();
    let pairs: BTreeSet<_> = all.iter().map(|c| (c.expect.key(), c.stage.clone())).collect();
    let mut subjects = BTreeMap::new();
    all.iter().for_each(|c| *subjects.entry(format!("{:?}", c.subject)).or_insert(0) += 1);
    println!("{} cases, {} pairs of code and stage: {subjects:?}", all.len(), pairs.len());
    assert!(all.len() >= CASES, "{} cases", all.len());
    assert!(pairs.len() >= PAIRS, "{} pairs of code and stage", pairs.len());
}

/// A case is filed as `SPEC/CLAUSE-name/NN-name.toml`, under the clause that it cites.
#[test]
fn cases_are_filed_by_clause() {
    for case in case::all() {
        let parts: Vec<&str> = case.name.split('/').collect();
        let [_, clause, file] = parts[..] else { panic!("{}: not SPEC/CLAUSE-name/NN-name", case.name) };
        assert!(clause.starts_with(&format!("{}-", case.clause)), "{}: cites clause {}", case.name, case.clause);
        let number = file.split('-').next().unwrap_or_default();
        assert!(number.len() == 2 && number.parse::<u8>().is_ok(), "{}: begins with no number", case.name);
        for (what, text) in [("title", &case.title), ("note", &case.note), ("stage", &case.stage)] {
            assert!(!text.is_empty(), "{}: no {what}", case.name);
        }
    }
}

/// Where the node is stricter, the place that documents it is there.
#[test]
fn stricter_choices_are_documented() {
    let workspace = case::root().join("..");
    for case in case::all() {
        let Some(place) = &case.stricter else { continue };
        let (file, item) = place.split_once(", ").unwrap_or((place, ""));
        let text =
            std::fs::read_to_string(workspace.join(file)).unwrap_or_else(|e| panic!("{}: {file}: {e}", case.name));
        let word = item.rsplit("::").next().unwrap_or_default();
        assert!(text.contains(word), "{}: {file} has no {word}", case.name);
    }
}

/// Every clause is a heading of the wire reference, where that is at hand.
#[test]
fn clauses_exist() {
    let fixtures = std::env::var_os("SIMPUL_FIXTURES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(fixtures.join("xroad/wire.md")) else {
        println!("skipped: no fixtures");
        return;
    };
    let headings = text.lines().filter_map(|l| l.strip_prefix("## ").or_else(|| l.strip_prefix("### ")));
    let clauses: BTreeSet<&str> =
        headings.filter_map(|h| h.split(' ').next()).map(|n| n.trim_end_matches('.')).collect();
    for case in case::all() {
        assert!(clauses.contains(case.clause.as_str()), "{}: wire.md has no clause {}", case.name, case.clause);
    }
}
