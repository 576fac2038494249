//! The zip files of the downloads.

use std::io::{Cursor, Write};

use simpul_ledger::KeptConf;
use simpul_trust::conf::{GlobalConf, kept};
use simpul_wire::gconf::Anchor;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Why a zip could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum BundleError {
    #[error("the zip format refuses an entry")]
    Zip(#[source] zip::result::ZipError),
    #[error("an entry cannot be written")]
    Write(#[source] std::io::Error),
}

/// Containers, stored without compression: they are compressed already.
pub(super) fn stored(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, BundleError> {
    let mut bundle = Bundle::new(CompressionMethod::Stored);
    files.iter().try_for_each(|(name, content)| bundle.add(name, content))?;
    bundle.finish()
}

/// X-Road's verification configuration: the shared parameters of every instance, unsigned (wire.md §7.4).
pub(super) fn verification_conf(conf: &GlobalConf) -> Result<Vec<u8>, BundleError> {
    let mut bundle = Bundle::new(CompressionMethod::Deflated);
    conf.verificationconf().iter().try_for_each(|(name, content)| bundle.add(name, content))?;
    bundle.finish()
}

/// Signed configurations as `trust::conf::signed::load_tree` reads them.
pub(super) fn signed_conf(anchor: &Anchor, confs: &[KeptConf]) -> Result<Vec<u8>, BundleError> {
    let mut bundle = Bundle::new(CompressionMethod::Deflated);
    let all = confs.iter().map(|c| (c.instance.as_str(), &c.directory, c.parts.as_slice()));
    for (name, content) in kept::tree_of(anchor, all) {
        bundle.add(&format!("signedconf/{name}"), &content)?;
    }
    bundle.finish()
}

/// A zip in the making.
struct Bundle {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    options: SimpleFileOptions,
}

impl Bundle {
    fn new(method: CompressionMethod) -> Self {
        let options = SimpleFileOptions::default().compression_method(method);
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), options }
    }

    fn add(&mut self, name: &str, content: &[u8]) -> Result<(), BundleError> {
        self.zip.start_file(name, self.options).map_err(BundleError::Zip)?;
        self.zip.write_all(content).map_err(BundleError::Write)
    }

    fn finish(self) -> Result<Vec<u8>, BundleError> {
        self.zip.finish().map(Cursor::into_inner).map_err(BundleError::Zip)
    }
}
