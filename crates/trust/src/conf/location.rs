//! Where a configuration may be found, and whose signature it must carry (wire.md §8.1).

use simpul_core::ident::Instance;
use simpul_wire::gconf::{Anchor, PartKind, tree};

use crate::cert::Certificate;

/// The organisation in the subject of every verification certificate of a laboratory federation.
pub const LAB_ORGANISATION: &str = "Simpul Lab";

/// The name of the file of a directory whose URL gives none that can be used.
const DIRECTORY: &str = "directory";

/// A place that may hold a signed directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The instance whose configuration it holds.
    pub instance: Instance,
    /// The URL of the directory.
    pub url: String,
    /// The certificates of which one must verify the directory, DER.
    pub certificates: Vec<Vec<u8>>,
}

impl Location {
    /// The locations of an anchor, in its order.
    #[must_use]
    pub fn of_anchor(anchor: &Anchor) -> Vec<Self> {
        let location = |s: &simpul_wire::gconf::AnchorSource| Self {
            instance: anchor.instance.clone(),
            url: s.url.clone(),
            certificates: s.certificates.clone(),
        };
        anchor.sources.iter().map(location).collect()
    }

    /// The last segment of the path: the name of the directory, such as `internalconf`.
    #[must_use]
    pub fn directory_name(&self) -> &str {
        directory_name(&self.url)
    }

    /// The name of the file that holds a copy of the directory: the last segment of the path, where a file and no
    /// part of a configuration can have it.
    #[must_use]
    pub fn file_name(&self) -> &str {
        file_name(&self.url)
    }
}

/// The last segment of the path of a URL, without query and fragment; empty if there is none.
#[must_use]
pub fn directory_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    path.rsplit_once('/').map_or("", |(_, name)| name)
}

/// See [`Location::file_name`].
pub(super) fn file_name(url: &str) -> &str {
    match directory_name(url) {
        "" | "." | ".." | tree::INSTANCE_IDENTIFIER => DIRECTORY,
        name if PartKind::from_file_name(name).is_some() => DIRECTORY,
        name => name,
    }
}

/// Whether an anchor belongs to a laboratory federation.
///
/// It does if every verification certificate of every source has `O=Simpul Lab` in its subject. An anchor with a
/// certificate that cannot be read, or without any, is not marked: laboratory roles must not start beside it.
#[must_use]
pub fn is_lab(anchor: &Anchor) -> bool {
    const ORGANISATION: &str = "2.5.4.10";
    let mut certificates = anchor.sources.iter().flat_map(|s| &s.certificates).peekable();
    certificates.peek().is_some()
        && certificates.all(|der| {
            Certificate::from_der_or_pem(der)
                .is_ok_and(|c| c.subject_first(ORGANISATION).as_deref() == Some(LAB_ORGANISATION))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_wire::gconf::AnchorSource;

    #[test]
    fn the_directory_is_named_by_the_last_segment() {
        for (url, name) in [
            ("http://cs/internalconf", "internalconf"),
            ("http://cs:80/a/externalconf?version=6", "externalconf"),
            ("http://cs/conf#x/y", "conf"),
            ("http://cs/conf?x=/y", "conf"),
            ("http://cs/", ""),
            ("http://cs", ""),
        ] {
            assert_eq!(directory_name(url), name, "{url}");
        }
    }

    #[test]
    fn a_file_has_a_name_that_no_part_has() {
        for (url, name) in [
            ("http://proxy/ID/conf?version=6", "conf"),
            ("http://proxy/", "directory"),
            ("http://proxy/a/..", "directory"),
            ("http://proxy/shared-params.xml", "directory"),
            ("http://proxy/instance-identifier", "directory"),
        ] {
            assert_eq!(file_name(url), name, "{url}");
        }
    }

    #[test]
    fn an_anchor_that_cannot_be_read_is_not_marked() {
        let anchor = |certificates: Vec<Vec<u8>>| Anchor {
            generated_at: None,
            instance: "ID".parse().unwrap(),
            sources: vec![AnchorSource { url: "http://cs/internalconf".to_owned(), certificates }],
        };
        assert!(!is_lab(&anchor(vec![b"bar\n".to_vec()])));
        assert!(!is_lab(&anchor(Vec::new())));
    }
}
