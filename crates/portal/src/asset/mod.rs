//! The embedded files: named by their content, compressed when the crate was built, kept by browsers for ever.

#[cfg(test)]
mod minify;
mod serve;

pub use serve::router;

/// Where the files are served.
pub const PREFIX: &str = "/assets/";

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// How sources call it, such as `core.css`.
    pub name: &'static str,
    /// How browsers call it, such as `core.0123456789ab.css`.
    pub file: &'static str,
    /// The start of its SHA-256 as an entity tag, quoted.
    pub etag: &'static str,
    /// Its media type.
    pub mime: &'static str,
    /// Octets before compression.
    pub size: usize,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

/// Every embedded file.
pub static ALL: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The sheet of every page.
pub(crate) const CORE: &str = "core.css";
/// What desk and console add to it.
pub(crate) const CONSOLE: &str = "console.css";
/// The script.
pub(crate) const SCRIPT: &str = "simpul.js";
/// The typeface.
pub(crate) const FONT: &str = "plus-jakarta-sans.woff2";
/// The mark when the brand brings none.
pub(crate) const MARK: &str = "mark.svg";

/// The path of the file that sources call `name`. A name that is not there gives the prefix alone, which answers 404;
/// a test asks for every name that is used.
#[must_use]
pub fn path(name: &str) -> String {
    let file = ALL.iter().find(|asset| asset.name == name).map_or("", |asset| asset.file);
    format!("{PREFIX}{file}")
}

impl Asset {
    /// Octets as they travel to a browser that takes brotli.
    #[must_use]
    pub fn wire_size(&self) -> usize {
        self.brotli.unwrap_or(self.plain).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_pages_use_is_embedded() {
        for name in [CORE, CONSOLE, SCRIPT, FONT, MARK] {
            assert_ne!(path(name), PREFIX, "{name}");
        }
    }

    #[test]
    fn names_are_made_of_content() {
        for asset in ALL {
            let digest: String = openssl::sha::sha256(asset.plain).iter().take(6).map(|b| format!("{b:02x}")).collect();
            let (stem, end) = asset.name.rsplit_once('.').unwrap();
            assert_eq!(asset.file, format!("{stem}.{digest}.{end}"));
            assert_eq!(asset.etag, format!("\"{digest}\""));
            assert_eq!(asset.size, asset.plain.len());
        }
    }

    #[test]
    fn compressed_forms_hold_the_same() {
        use std::io::Read as _;
        for asset in ALL {
            if let Some(mut packed) = asset.brotli {
                let mut plain = Vec::new();
                brotli::BrotliDecompress(&mut packed, &mut plain).unwrap();
                assert_eq!(plain, asset.plain, "{}", asset.name);
            }
            if let Some(packed) = asset.gzip {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(packed).read_to_end(&mut plain).unwrap();
                assert_eq!(plain, asset.plain, "{}", asset.name);
            }
            assert_eq!(asset.brotli.is_some(), !asset.name.ends_with("woff2"), "{}", asset.name);
        }
    }
}
