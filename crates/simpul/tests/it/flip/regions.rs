//! The list of regions in which a flipped bit changes nothing that is shown: `conformance/flips.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

const HEAD: &str = "\
# Where one flipped bit in a container changes neither the verdict nor any displayed fact, and why that is harmless.
# Everywhere else a flipped bit is rejected, and the verdict says where. A region that is not listed here fails the test
# crates/simpul/tests/it/flip. `file` is the container as it lies on a disk; the others are entries of it whose content
# was changed with checksums that fit. SIMPUL_FLIPS=full tries every bit; SIMPUL_FLIPS=update writes this list anew.
";
/// Stands for a reason that is still to be given.
const UNKNOWN: &str = "?";
/// How a reason begins where it is chance whether a container has such a place.
const AT_TIMES: &str = "at times: ";

/// Each listed region with its reason.
pub(super) struct Regions(BTreeMap<String, String>);

fn file() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance/flips.txt"))
}

impl Regions {
    pub(super) fn read() -> Self {
        let text = std::fs::read_to_string(file()).unwrap_or_default();
        let lines = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
        let split = |l: &str| l.split_once(" | ").map(|(region, why)| (region.to_owned(), why.to_owned()));
        Self(lines.map(|l| split(l).unwrap_or_else(|| panic!("no `region | reason`: {l}"))).collect())
    }

    /// Writes the list with exactly these regions, keeping the reasons that are known.
    pub(super) fn update(&self, found: &BTreeSet<String>) {
        let mut text = HEAD.to_owned();
        for region in found {
            let why = self.0.get(region).map_or(UNKNOWN, String::as_str);
            let _ = writeln!(text, "{region} | {why}");
        }
        std::fs::write(file(), text).unwrap();
    }

    /// What is wrong with the list, given what was found; `all` if every region must have been found.
    pub(super) fn compare(&self, found: &BTreeSet<String>, all: bool) -> Vec<String> {
        let unlisted = found.iter().filter(|r| !self.0.contains_key(*r)).map(|r| format!("not listed: {r}"));
        let unexplained =
            self.0.iter().filter(|(_, why)| *why == UNKNOWN).map(|(r, _)| format!("without a reason: {r}"));
        let expected = self.0.iter().filter(|(region, why)| !found.contains(*region) && !why.starts_with(AT_TIMES));
        let stale = expected.filter(|_| all).map(|(region, _)| format!("listed and not found: {region}"));
        unlisted.chain(unexplained).chain(stale).collect()
    }
}
