//! The manifests of a container (wire.md §7.1). X-Road writes them and does not verify them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simpul_core::DigestAlgorithm;

use super::{Container, Entry, MIME_TYPE};
use crate::hash;

/// The OpenDocument manifest: the container, then every entry outside `META-INF`.
pub(super) fn open_document(container: &Container) -> String {
    let present = [
        (Entry::Message, true),
        (Entry::HashChainResult, container.hash_chain_result.is_some()),
        (Entry::HashChain, container.hash_chain.is_some()),
        (Entry::TimestampChainResult, container.timestamp_chain_result.is_some()),
        (Entry::TimestampChain, container.timestamp_chain.is_some()),
    ];
    let files = present.into_iter().filter(|(_, there)| *there).map(|(entry, _)| line("text/xml", entry.name()));
    let attachments = container.attachments.keys();
    let attachments = attachments.map(|n| line("application/octet-stream", &format!("attachment{n}")));
    wrapped(&files.chain(attachments).collect::<String>())
}

/// The OpenDocument manifest of a container with these files: media type and name.
pub(super) fn listing<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    wrapped(&files.map(|(media_type, path)| line(media_type, path)).collect::<String>())
}

fn wrapped(files: &str) -> String {
    let container = line(MIME_TYPE, "/");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest \
         xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\">\n\
         {container}{files}</manifest:manifest>\n"
    )
}

fn line(media_type: &str, path: &str) -> String {
    format!("    <manifest:file-entry manifest:media-type=\"{media_type}\" manifest:full-path=\"{path}\"/>\n")
}

/// The manifest of a batch timestamp: what the token covers. The namespace is X-Road's, without a leading zero.
pub(super) fn asic(timestamp_chain_result: &[u8]) -> String {
    let digest = STANDARD.encode(hash::sha512(timestamp_chain_result).as_bytes());
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/2918/v1.2.1#\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n\
         <asic:SigReference URI=\"{token}\" MimeType=\"vnd.etsi.timestamp-token\"/>\n\
         <asic:DataObjectReference URI=\"{result}\" MimeType=\"text/xml\">\n\
         <ds:DigestMethod Algorithm=\"{method}\" />\n<ds:DigestValue>{digest}</ds:DigestValue>\n\
         </asic:DataObjectReference>\n</asic:ASiCManifest>",
        token = Entry::Timestamp,
        result = Entry::TimestampChainResult,
        method = DigestAlgorithm::Sha512.uri(),
    )
}
