//! Writing a container (wire.md §7.1).

use std::io::{Cursor, Write};

use simpul_core::UnixTime;
use zip::result::{ZipError, ZipResult};
use zip::write::FullFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{AsicError, Container, Entry, MIME_TYPE, manifest};

/// Header id of the extended timestamp (APPNOTE.TXT 4.6): the time of modification in UTC, to the second.
const EXTENDED_TIMESTAMP: u16 = 0x5455;

impl Container {
    /// The octets of the container: entries in X-Road's order, all deflated, all with the time of the record, and
    /// X-Road's comment. The same container and time give the same octets.
    pub fn write(&self, at: UnixTime) -> Result<Vec<u8>, AsicError> {
        self.zip(at).map_err(AsicError::Write)
    }

    fn zip(&self, at: UnixTime) -> ZipResult<Vec<u8>> {
        let open_document = manifest::open_document(self);
        let asic = self.timestamp_chain_result.as_ref().map(|result| manifest::asic(result));
        let mut entries = Vec::new();
        for entry in Entry::ALL {
            let octets = match entry {
                Entry::MimeType => Some(MIME_TYPE.as_bytes()),
                Entry::Message => Some(self.message.as_ref()),
                Entry::Signature => Some(self.signature.as_ref()),
                Entry::HashChainResult => self.hash_chain_result.as_deref(),
                Entry::HashChain => self.hash_chain.as_deref(),
                Entry::TimestampChainResult => self.timestamp_chain_result.as_deref(),
                Entry::TimestampChain => self.timestamp_chain.as_deref(),
                Entry::Manifest => Some(open_document.as_bytes()),
                Entry::AsicManifest => asic.as_deref().map(str::as_bytes),
                Entry::Timestamp => self.timestamp.as_deref(),
            };
            entries.extend(octets.map(|octets| (entry.name().to_owned(), octets)));
        }
        let attachments = self.attachments.iter();
        entries.extend(attachments.map(|(number, octets)| (format!("attachment{number}"), octets.as_ref())));
        zipped(&entries, at)
    }
}

/// Entries of these names, in this order, with X-Road's comment.
fn zipped(entries: &[(String, &[u8])], at: UnixTime) -> ZipResult<Vec<u8>> {
    let options = options(at)?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.set_comment(format!("mimetype={MIME_TYPE}"));
    for (name, octets) in entries {
        zip.start_file(name.as_str(), options.clone())?;
        zip.write_all(octets).map_err(ZipError::Io)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// A container of other entries than those of a message: `mimetype`, then `entries`, then the manifest of all that are
/// outside `META-INF`, which are of `media_type`. The same entries and time give the same octets.
pub(crate) fn write_entries(entries: &[(String, &[u8])], media_type: &str, at: UnixTime) -> Result<Vec<u8>, AsicError> {
    let files = entries.iter().map(|(name, _)| name.as_str()).filter(|name| !name.starts_with("META-INF/"));
    let manifest = manifest::listing(files.map(|name| (media_type, name)));
    let first = (Entry::MimeType.name().to_owned(), MIME_TYPE.as_bytes());
    let last = (Entry::Manifest.name().to_owned(), manifest.as_bytes());
    let all: Vec<(String, &[u8])> = [first].into_iter().chain(entries.iter().cloned()).chain([last]).collect();
    zipped(&all, at).map_err(AsicError::Write)
}

fn options(at: UnixTime) -> ZipResult<FullFileOptions<'static>> {
    let dos = at.civil().and_then(|t| {
        let year = u16::try_from(t.year).ok()?;
        DateTime::from_date_and_time(year, t.month, t.day, t.hour, t.minute, t.second).ok()
    });
    let mut options = FullFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644)
        .last_modified_time(dos.unwrap_or_default());
    if let Ok(seconds) = i32::try_from(at.secs()) {
        let [a, b, c, d] = seconds.to_le_bytes();
        options.add_extra_data(EXTENDED_TIMESTAMP, [1, a, b, c, d], false)?;
    }
    Ok(options)
}
