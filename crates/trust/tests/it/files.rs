//! Where the X-Road fixtures are.

use std::path::PathBuf;

/// The folder `xroad/fixtures` of `SIMPUL_FIXTURES`, or nothing with a remark where it is missing.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var_os("SIMPUL_FIXTURES").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let folder = root.join("xroad/fixtures").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no fixtures");
    None
}

/// The entry of a container.
pub(crate) fn entry(container: &[u8], name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(container)).unwrap();
    let mut octets = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_name(name).unwrap(), &mut octets).unwrap();
    octets
}
