//! Signed configurations as they are kept in files and archives, so that [`load_tree`](super::signed::load_tree) finds
//! them again: each directory under the name that the anchor's URL gives it.

use std::collections::BTreeMap;

use bytes::Bytes;
use simpul_core::UnixTime;
use simpul_wire::gconf::{Anchor, PartKind, SignedDirectory, tree};

use super::location::file_name;
use super::part::Content;
use super::signed::{Published, verify_directory};

/// The name of the file of a directory whose anchor is not known: that of an external one (wire.md §8.3).
const WITHOUT_ANCHOR: &str = "externalconf";

/// A configuration as it was kept: the instance, its signed directory, and its parts by the names of
/// [`Published::files`].
pub type Kept<'a> = (&'a str, &'a Bytes, &'a [(String, Bytes)]);

/// The files that [`load_tree`](super::signed::load_tree) reads, from configurations that were kept: the own
/// instance's first, at the top; each other one in the folder of its instance. `anchor` is the own instance's; the
/// others' are those of the own private parameters.
#[must_use]
pub fn tree_of<'a>(anchor: &Anchor, kept: impl IntoIterator<Item = Kept<'a>>) -> BTreeMap<String, Bytes> {
    let mut files = BTreeMap::new();
    let mut anchors: Option<Vec<Anchor>> = None;
    for (instance, directory, parts) in kept {
        let (folder, name) = match (&anchors, instance.parse()) {
            (None, _) | (_, Err(_)) => (String::new(), directory_file(anchor, directory).to_owned()),
            (Some(anchors), Ok(instance)) => {
                let theirs = anchors.iter().find(|a| a.instance == instance);
                let name = theirs.map_or(WITHOUT_ANCHOR, |a| directory_file(a, directory)).to_owned();
                (format!("{}/", tree::folder_name(&instance)), name)
            }
        };
        anchors.get_or_insert_with(|| federated(directory, parts).unwrap_or_default());
        files.insert(format!("{folder}{name}"), directory.clone());
        files.extend(parts.iter().map(|(name, bytes)| (format!("{folder}{name}"), bytes.clone())));
    }
    files
}

/// As [`tree_of`], from configurations in force, the own instance's first.
#[must_use]
pub fn tree_of_published(anchor: &Anchor, published: &[Published]) -> BTreeMap<String, Bytes> {
    let parts: Vec<(Bytes, Vec<(String, Bytes)>)> = published.iter().map(parts_of).collect();
    let kept = published.iter().zip(&parts).map(|(p, (directory, parts))| {
        let instance: &str = p.directory.instance().as_str();
        (instance, directory, parts.as_slice())
    });
    tree_of(anchor, kept)
}

/// The directory of a configuration, and its parts by the names under which a client stores them (wire.md §8.2).
#[must_use]
pub fn parts_of(published: &Published) -> (Bytes, Vec<(String, Bytes)>) {
    // No part has an empty name.
    let mut files = published.files("");
    files.remove("");
    (published.directory.bytes().clone(), files.into_iter().collect())
}

/// The name of a directory's file: that of the anchor's source whose certificates verify it, else of the first.
fn directory_file<'a>(anchor: &'a Anchor, directory: &Bytes) -> &'a str {
    let never = UnixTime::from_millis(i64::MIN);
    let verifies =
        |certificates: &[Vec<u8>]| verify_directory(&anchor.instance, certificates, directory.clone(), never).is_ok();
    let source = anchor.sources.iter().find(|s| verifies(&s.certificates)).or(anchor.sources.first());
    source.map_or(WITHOUT_ANCHOR, |s| file_name(&s.url))
}

/// The anchors of federated instances in the private parameters, if there are any that can be read. Nothing is judged
/// here: whoever reads the files proves them.
fn federated(directory: &Bytes, parts: &[(String, Bytes)]) -> Option<Vec<Anchor>> {
    let content = SignedDirectory::parse(directory).ok()?.content().ok()?;
    let name = PartKind::Private.file_name()?;
    let (_, bytes) = parts.iter().find(|(n, _)| n == name)?;
    match Content::read(&PartKind::Private, content.format(), bytes).ok()? {
        Content::Private(params) => Some(params.anchors),
        _ => None,
    }
}
