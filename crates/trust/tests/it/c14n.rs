//! Canonical XML against libxml2: the goldens beside this file, made by `golden/c14n/make.py`. A larger set of
//! random documents, made by the same script, is compared with `SIMPUL_C14N_CASES=folder`.

use std::path::{Path, PathBuf};

use simpul_trust::seal::c14n::{self, Canonicalization};

fn check(path: &Path) {
    let xml = std::fs::read_to_string(path).unwrap();
    let text = c14n::normalized(&xml);
    let document = simpul_wire::xml::parse(&text).unwrap();
    let apex = document.descendants().find(|n| n.attribute("Id") == Some("apex"));
    let prefixes = vec!["a".to_owned(), String::new()];
    for (extension, method) in [
        ("inclusive", Canonicalization::Inclusive),
        ("exclusive", Canonicalization::Exclusive(Vec::new())),
        ("prefixes", Canonicalization::Exclusive(prefixes)),
    ] {
        let ours = match apex {
            Some(apex) => c14n::element(apex, &method),
            None => c14n::document(&document, &method),
        };
        let golden = path.with_extension(extension);
        let theirs = std::fs::read_to_string(&golden).unwrap();
        assert_eq!(String::from_utf8(ours.unwrap()).unwrap(), theirs, "{}", golden.display());
    }
}

#[test]
fn libxml2_agrees() {
    let goldens = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/c14n"));
    let folder = std::env::var_os("SIMPUL_C14N_CASES").map_or(goldens, PathBuf::from);
    let cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "xml"))
        .collect();
    assert!(cases.len() >= 3, "the goldens are there");
    cases.iter().for_each(|path| check(path));
}
