//! How a configuration lies in files: a security server's own copy (wire.md §8.2) and the `verificationconf`
//! archive (§7.4), which has the same layout below a folder of that name.
//!
//! ```text
//! instance-identifier                         the own instance
//! {instance}/shared-params.xml                the instance as application/x-www-form-urlencoded
//! {instance}/shared-params.xml.metadata
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use simpul_core::{IdError, ident::Instance, limits};

use super::metadata::{MetadataError, PartMetadata};
use super::{FormatVersion, PartEntry, PartKind};

/// The file that holds the own instance.
pub const INSTANCE_IDENTIFIER: &str = "instance-identifier";
/// The folder of the archive that goes with containers (§7.4).
pub const VERIFICATIONCONF: &str = "verificationconf";
const METADATA_SUFFIX: &str = ".metadata";

/// A configuration as files, of which nothing is proved and no part is read.
#[derive(Clone, Debug)]
pub struct ConfTree {
    /// The own instance.
    pub own: Instance,
    /// Folders in the order of their names.
    pub folders: Vec<TreeFolder>,
}

/// The folder of one instance.
#[derive(Clone, Debug)]
pub struct TreeFolder {
    /// Its name.
    pub name: String,
    /// The parts in it whose file names are known, in the order of their names.
    pub parts: Vec<TreePart>,
}

/// One stored part.
#[derive(Clone, Debug)]
pub struct TreePart {
    /// What it is, by its file name.
    pub kind: PartKind,
    /// Its octets.
    pub bytes: Bytes,
    /// What stands beside it; all fields are missing if no file does.
    pub metadata: PartMetadata,
}

/// Why files are not a configuration.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// No file `instance-identifier`.
    #[error("there is no file {INSTANCE_IDENTIFIER}")]
    NoInstance,
    /// The file `instance-identifier` does not hold an instance.
    #[error("{INSTANCE_IDENTIFIER} holds no instance")]
    Instance(#[source] IdError),
    /// The metadata of a part cannot be read.
    #[error("{path} cannot be read")]
    Metadata {
        /// The path of the metadata file.
        path: String,
        /// Why.
        #[source]
        cause: MetadataError,
    },
    /// More than [`limits::CONF_INSTANCES`] folders.
    #[error("more than {max} instances", max = limits::CONF_INSTANCES)]
    TooManyInstances,
}

impl ConfTree {
    /// Sorts files by what they are. Paths are relative, with `/`; files with other names are passed over.
    ///
    /// The root is where `instance-identifier` lies: at the top, or in one folder such as `verificationconf`.
    pub fn from_files(files: &BTreeMap<String, Bytes>) -> Result<Self, TreeError> {
        let (root, own) = files
            .iter()
            .filter_map(|(path, bytes)| Some((path.strip_suffix(INSTANCE_IDENTIFIER)?, bytes)))
            .filter(|(root, _)| root.is_empty() || root.find('/') == Some(root.len() - 1))
            .min_by_key(|(root, _)| root.len())
            .ok_or(TreeError::NoInstance)?;
        let own = String::from_utf8_lossy(own).trim().parse().map_err(TreeError::Instance)?;
        let mut folders: BTreeMap<&str, Vec<TreePart>> = BTreeMap::new();
        for (path, bytes) in files {
            let Some((folder, file)) = path.strip_prefix(root).and_then(|p| p.split_once('/')) else { continue };
            let Some(kind) = PartKind::from_file_name(file) else { continue };
            let beside = format!("{path}{METADATA_SUFFIX}");
            let metadata = match files.get(&beside) {
                None => PartMetadata::default(),
                Some(json) => PartMetadata::parse(json).map_err(|cause| TreeError::Metadata { path: beside, cause })?,
            };
            folders.entry(folder).or_default().push(TreePart { kind, bytes: bytes.clone(), metadata });
        }
        if folders.len() > limits::CONF_INSTANCES {
            return Err(TreeError::TooManyInstances);
        }
        let folders = folders.into_iter().map(|(name, parts)| TreeFolder { name: name.to_owned(), parts }).collect();
        Ok(Self { own, folders })
    }
}

impl TreeFolder {
    /// Whether a folder of this name holds an instance; both the encoded and the plain name are understood.
    #[must_use]
    pub fn is_of(&self, instance: &Instance) -> bool {
        self.name == folder_name(instance) || self.name == instance.as_str()
    }
}

/// The files of a `verificationconf` archive (§7.4): shared parameters with their formats, all else left out.
#[must_use]
pub fn verificationconf(own: &Instance, shared: &[(Instance, FormatVersion, Bytes)]) -> BTreeMap<String, Bytes> {
    let mut files = BTreeMap::new();
    let own = Bytes::copy_from_slice(own.as_str().as_bytes());
    files.insert(format!("{VERIFICATIONCONF}/{INSTANCE_IDENTIFIER}"), own);
    for (instance, version, bytes) in shared {
        let file = PartKind::Shared.file_name().unwrap_or_default();
        let path = format!("{VERIFICATIONCONF}/{}/{file}", folder_name(instance));
        let metadata = PartMetadata { version: Some(*version), ..PartMetadata::default() };
        files.insert(metadata_path(&path), Bytes::from(metadata.write()));
        files.insert(path, bytes.clone());
    }
    files
}

/// The name of the folder of an instance (§8.2): form-urlencoded, and never one that leads elsewhere.
#[must_use]
pub fn folder_name(instance: &Instance) -> String {
    let dots_only = instance.as_str().bytes().all(|b| b == b'.');
    instance.as_str().bytes().fold(String::new(), |mut out, b| {
        match b {
            b' ' => out.push('+'),
            b'.' if dots_only => out.push_str("%2E"),
            b'.' | b'-' | b'*' | b'_' => out.push(char::from(b)),
            b if b.is_ascii_alphanumeric() => out.push(char::from(b)),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
        out
    })
}

/// The path of the metadata beside a part.
#[must_use]
pub fn metadata_path(part: &str) -> String {
    format!("{part}{METADATA_SUFFIX}")
}

/// The file name under which a client stores a part (§8.2): that of its kind, else `Content-file-name` or the
/// last segment of its location. `None` if that is no plain name, or one that is kept for something else.
#[must_use]
pub fn stored_name(entry: &PartEntry) -> Option<&str> {
    if entry.kind.needs_instance() {
        return entry.kind.file_name();
    }
    let path = entry.location.split(['?', '#']).next().unwrap_or_default();
    let name = entry.file_name.as_deref().or_else(|| path.rsplit('/').next())?;
    let plain = (1..=limits::ID_PART_CHARS).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && !name.starts_with('.')
        && !name.ends_with(METADATA_SUFFIX)
        && name != INSTANCE_IDENTIFIER;
    let kept = PartKind::from_file_name(name).is_some_and(|kind| kind != entry.kind);
    (plain && !kept).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_core::{Digest, DigestAlgorithm};

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, Bytes> {
        list.iter().map(|(p, b)| ((*p).to_owned(), Bytes::copy_from_slice(b.as_bytes()))).collect()
    }

    #[test]
    fn both_layouts_are_read() {
        for root in ["", "verificationconf/"] {
            let at = |path: &str| format!("{root}{path}");
            let tree = ConfTree::from_files(&files(&[
                (&at("instance-identifier"), " ID\n"),
                (&at("ID/shared-params.xml"), "<s/>"),
                (&at("ID/shared-params.xml.metadata"), r#"{"configurationVersion":"6"}"#),
                (&at("ID/private-params.xml"), "<p/>"),
                (&at("ID/notes.txt"), "x"),
                (&at("ID/deep/shared-params.xml"), "x"),
                (&at("dummy"), "x"),
                ("other/instance-identifier/x", "x"),
            ]))
            .unwrap();
            assert_eq!(tree.own.as_str(), "ID");
            let [folder] = &tree.folders[..] else { panic!("{:?}", tree.folders) };
            assert!(folder.is_of(&"ID".parse().unwrap()));
            let kinds: Vec<_> = folder.parts.iter().map(|p| (&p.kind, p.metadata.version)).collect();
            assert_eq!(kinds, [(&PartKind::Private, None), (&PartKind::Shared, Some(FormatVersion::V6))]);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let own: Instance = "ID/x y".parse().unwrap();
        let written = verificationconf(&own, &[(own.clone(), FormatVersion::V5, Bytes::from_static(b"<s/>"))]);
        assert!(written.contains_key("verificationconf/ID%2Fx+y/shared-params.xml"), "{written:?}");
        let tree = ConfTree::from_files(&written).unwrap();
        assert_eq!((&tree.own, tree.folders.len()), (&own, 1));
        assert!(tree.folders[0].is_of(&own));
        assert_eq!(tree.folders[0].parts[0].metadata.version, Some(FormatVersion::V5));
    }

    #[test]
    fn trees_without_meaning_are_refused() {
        assert!(matches!(ConfTree::from_files(&files(&[("ID/shared-params.xml", "x")])), Err(TreeError::NoInstance)));
        let deep = files(&[("a/b/instance-identifier", "ID")]);
        assert!(matches!(ConfTree::from_files(&deep), Err(TreeError::NoInstance)));
        let empty = files(&[("instance-identifier", " \n")]);
        assert!(matches!(ConfTree::from_files(&empty), Err(TreeError::Instance(IdError::Empty))));
        let broken = files(&[
            ("instance-identifier", "ID"),
            ("ID/shared-params.xml", "x"),
            ("ID/shared-params.xml.metadata", "{"),
        ]);
        assert!(matches!(ConfTree::from_files(&broken), Err(TreeError::Metadata { .. })));
    }

    #[test]
    fn instances_are_bounded() {
        let with = |n: usize| {
            let mut all = files(&[("instance-identifier", "ID")]);
            all.extend((0..n).map(|i| (format!("I{i}/shared-params.xml"), Bytes::new())));
            ConfTree::from_files(&all)
        };
        assert_eq!(with(limits::CONF_INSTANCES).unwrap().folders.len(), limits::CONF_INSTANCES);
        assert!(matches!(with(limits::CONF_INSTANCES + 1), Err(TreeError::TooManyInstances)));
    }

    /// A name out of a directory never leads out of the folder of its instance.
    #[test]
    fn names_stay_in_their_folder() {
        for (instance, folder) in [("..", "%2E%2E"), (".", "%2E"), ("a/../b", "a%2F..%2Fb"), ("é", "%C3%A9")] {
            assert_eq!(folder_name(&instance.parse().unwrap()), folder);
        }
        let entry = |kind: PartKind, location: &str, name: Option<&str>| PartEntry {
            kind,
            instance: None,
            location: location.to_owned(),
            file_name: name.map(str::to_owned),
            hash: Digest::new(DigestAlgorithm::Sha256, &[0; 32]).unwrap(),
        };
        let named = |kind: PartKind, location: &str, name: Option<&str>| {
            stored_name(&entry(kind, location, name)).map(str::to_owned)
        };
        assert_eq!(
            named(PartKind::NextUpdate, "/V6/1/nextupdate-params.xml?x=/y", None).unwrap(),
            "nextupdate-params.xml"
        );
        assert_eq!(named(PartKind::Shared, "/V6/1/evil", None).unwrap(), "shared-params.xml");
        for (location, name) in [
            ("/V6/..", None),
            ("/V6/", None),
            ("/V6/x", Some("../x")),
            ("/V6/x", Some("a/b")),
            ("/V6/x", Some("a\\b")),
            ("/V6/x", Some(".hidden")),
            ("/V6/x", Some("instance-identifier")),
            ("/V6/x", Some("shared-params.xml")),
            ("/V6/x", Some("x.metadata")),
        ] {
            assert_eq!(named(PartKind::Other("X".to_owned()), location, name), None, "{location} {name:?}");
        }
    }
}
