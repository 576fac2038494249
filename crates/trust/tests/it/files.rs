//! The entries of containers.

/// One entry.
pub(crate) fn entry(container: &[u8], name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(container)).unwrap();
    let mut octets = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_name(name).unwrap(), &mut octets).unwrap();
    octets
}
