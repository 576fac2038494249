//! What a central server answers to clients that fetch its configuration (wire.md §8.2, §8.3).

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::draft::{Publication, Side};

/// How long parts of an older publication stay available: a client may have its directory already (§8.3).
pub const OLD_PARTS: Duration = Duration::from_secs(600);

/// Older publications that are kept at most, however fast they follow each other.
pub const MOST_OLD: usize = 32;

/// The newest publication, and those before it whose parts may still be fetched.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Newest first.
    publications: VecDeque<Publication>,
}

/// A file that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its octets.
    pub content: Bytes,
    /// Its media type. That of a directory is not used by clients: its octets start with their own (§8.3).
    pub content_type: &'static str,
}

impl Site {
    /// A site that has published nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a publication the newest one, and lets go of those that were replaced [`OLD_PARTS`] ago or more.
    pub fn publish(&mut self, publication: Publication) {
        let at = publication.published();
        // Each but the newest was replaced when the next one was made.
        let replaced: Vec<_> = self.publications.iter().map(Publication::published).collect();
        let kept = replaced.iter().take_while(|replaced_at| at.since(**replaced_at) < OLD_PARTS).count();
        self.publications.truncate((kept + 1).min(MOST_OLD));
        self.publications.push_front(publication);
    }

    /// The newest publication.
    #[must_use]
    pub fn newest(&self) -> Option<&Publication> {
        self.publications.front()
    }

    /// The file at a path such as `/internalconf` with a query such as `version=6`; `None` is 404.
    ///
    /// `version=N` leads to the files of that format, no version to format 2 (§8.3); format 6 alone is published.
    /// Directories are those of the newest publication, parts those of any that is kept.
    #[must_use]
    pub fn serve(&self, path: &str, query: Option<&str>) -> Option<Answer> {
        let path = path.strip_prefix('/')?;
        let version = query.into_iter().flat_map(|q| q.split('&')).find_map(|p| p.strip_prefix("version="));
        let directory = [Side::Internal, Side::External].into_iter().find(|s| s.directory_name() == path);
        if let Some(side) = directory {
            let file = format!("V{}/{}", version.unwrap_or("2"), side.directory_name());
            let content = self.newest()?.files().get(&file)?.clone();
            return Some(Answer { content, content_type: "application/octet-stream" });
        }
        let is_part = path.ends_with(".xml");
        let content = self.publications.iter().filter(|_| is_part).find_map(|p| p.files().get(path))?.clone();
        Some(Answer { content, content_type: "text/xml" })
    }
}
