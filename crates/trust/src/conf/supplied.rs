//! Reading a configuration that carries no signatures: a security server's own copy (wire.md §8.2), or the
//! `verificationconf` archive that goes with containers (§7.4). Whoever hands it in must be trusted for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use simpul_core::ident::Instance;
use simpul_wire::gconf::{ConfTree, FormatVersion, PartKind};

use super::error::ConfError;
use super::part::{Content, LoadedPart, Origin};

/// A configuration whose parts are all [`Origin::Supplied`].
#[derive(Clone, Debug)]
pub struct Supplied {
    /// The own instance, by the file `instance-identifier`.
    pub own: Instance,
    /// The parts of all instances. Of other instances than the own one, shared parameters only (§8.2).
    pub parts: Vec<LoadedPart>,
}

/// Reads files whose paths are relative, with `/`.
///
/// A part without metadata is of format 2 and does not expire (§8.2, §8.3). The instance that a part names inside
/// must be that of its folder.
pub fn load(files: &BTreeMap<String, Bytes>) -> Result<Supplied, ConfError> {
    let tree = ConfTree::from_files(files).map_err(ConfError::Tree)?;
    let mut parts = Vec::new();
    for folder in tree.folders {
        let own = folder.is_of(&tree.own);
        let mut here = Vec::new();
        for part in &folder.parts {
            if !own && part.kind != PartKind::Shared {
                continue;
            }
            let name = format!("{}/{}", folder.name, part.kind);
            let format = part.metadata.version.unwrap_or(FormatVersion::V2);
            let content = match Content::read(&part.kind, format, &part.bytes) {
                Ok(content) => content,
                Err(cause) => return Err(ConfError::Part { part: name, cause }),
            };
            let instance = match content.instance() {
                Some(found) if !folder.is_of(found) => {
                    return Err(ConfError::Folder { folder: folder.name, part: name, found: found.clone() });
                }
                Some(found) => found.clone(),
                None => tree.own.clone(),
            };
            here.push(LoadedPart {
                kind: part.kind.clone(),
                instance,
                format,
                expires: part.metadata.expires,
                origin: Origin::Supplied,
                bytes: part.bytes.clone(),
                content: Arc::new(content),
            });
        }
        parts.extend(here);
    }
    Ok(Supplied { own: tree.own, parts })
}
