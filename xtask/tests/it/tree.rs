//! The files of the checkout, as the tidy and document tests read them.

use std::fs;
use std::path::{Path, PathBuf};

/// The workspace root.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.parent().unwrap().to_owned()
}

/// One text file.
pub(crate) struct File {
    /// Path below the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(crate) fn is_markdown(&self) -> bool {
        self.path.ends_with(".md")
    }

    /// The crate's folder name, for a file below `crates/`.
    pub(crate) fn krate(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// Numbered lines that are part of the program: not of `tests/`, not of the test module at the foot.
    pub(crate) fn program(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().take(self.foot())
    }

    /// Numbered lines that are tests.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().skip(self.foot())
    }

    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line))
    }

    /// Whether the file has nothing but tests: integration tests, benches, and a test module in a file of its own.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.contains("/benches/") || self.path.ends_with("/tests.rs")
    }

    /// How many lines stand before the tests: before `#[cfg(test)]` on a module with a body.
    fn foot(&self) -> usize {
        if self.is_test() {
            return 0;
        }
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        let is_foot = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].contains('{');
        lines.windows(2).position(is_foot).unwrap_or(usize::MAX)
    }
}

/// Folders that are not part of the project's text: what is built, what a demonstration stored, what git keeps.
const SKIPPED: [&str; 4] = ["target", "simpul-data", ".git", "node_modules"];

/// Every text file of the checkout, in order of path. Files that are not UTF-8 are not text.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    walk(&root(), &root(), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the walk found the checkout");
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_symlink() || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push(File { path: path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text });
        }
    }
}

/// Fails with one line per finding.
#[track_caller]
pub(crate) fn none(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}\n  {}\n", findings.join("\n  "));
}

#[test]
fn tests_stand_at_the_foot() {
    let file = File { path: "crates/a/src/b.rs".to_owned(), text: "one\n#[cfg(test)]\nmod tests {}\n".to_owned() };
    assert_eq!(file.program().collect::<Vec<_>>(), [(1, "one")]);
    assert_eq!(file.tests().map(|(n, _)| n).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(file.krate(), Some("a"));
    let file =
        File { path: "crates/a/src/lib.rs".to_owned(), text: "#[cfg(test)]\nmod tests;\npub mod b;\n".to_owned() };
    assert_eq!((file.program().count(), file.tests().count()), (3, 0), "a test module elsewhere ends nothing");
    let file = File { path: "crates/a/tests/it/b.rs".to_owned(), text: "one\n".to_owned() };
    assert_eq!((file.program().count(), file.tests().count()), (0, 1));
}
