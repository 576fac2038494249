//! Global configuration: proofs and lookups over X-Road's own data (wire.md §8, fixtures/INDEX.md).

mod signed;
mod supplied;

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;

/// Every file below a folder by its relative path with `/`.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Bytes> {
    let mut all = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                all.insert(name, Bytes::from(std::fs::read(path).unwrap()));
            }
        }
    }
    all
}
