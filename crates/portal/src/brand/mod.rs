//! How a government makes the pages its own: names, colours, a mark. Read from `brand.toml` and refused when a colour
//! could not be read, or the mark could do more than be seen.

mod colour;
mod default;
mod document;
mod mark;
mod pairs;
mod serve;
mod sheet;

use simpul_core::limits;

pub use colour::Colour;
pub use mark::{Mark, MarkError};
pub use pairs::{Need, PAIRS, Pair};
pub use serve::router;

use crate::asset;
use crate::text::{Multi, Zone, ZoneError};

/// Names, colours and mark of one government.
#[derive(Clone, Debug)]
pub struct Brand {
    /// The name of the portal, such as `Simpul`.
    pub name: Multi,
    /// Whose site it is, such as `Pemerintah Republik Contoh`.
    pub government: Multi,
    /// The number for help, as people write it.
    pub phone: String,
    /// The zone of the portal's clock.
    pub zone: Zone,
    /// The colour of the browser's frame: the deep brand colour.
    pub theme: Colour,
    mark: Option<Served>,
    sheet: Option<Served>,
}

/// A file made at load, with the name that its content gives it.
#[derive(Clone, Debug)]
struct Served {
    file: String,
    mime: &'static str,
    text: String,
}

/// Why a brand is refused.
#[derive(Debug, thiserror::Error)]
pub enum BrandError {
    /// `brand.toml` is too large.
    #[error("brand.toml has {0} octets, more than {max}", max = limits::BRAND_DOCUMENT)]
    TooLarge(usize),
    /// `brand.toml` is not TOML, or has a key that does not exist.
    #[error("brand.toml cannot be read")]
    Document(#[source] Box<toml::de::Error>),
    /// A text is missing, or has a language that does not exist.
    #[error("brand.toml, `{key}`: {why}")]
    Text {
        /// The key.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A colour is not `#rrggbb`, or there is no such colour to change.
    #[error("brand.toml, colour `{name}`: {why}")]
    Colour {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// Two colours that meet on pages are too much alike.
    #[error("brand.toml: `{front}` on `{back}` has a contrast of {found}, and {what} needs {least}")]
    Contrast {
        /// The colour in front.
        front: String,
        /// The colour behind.
        back: String,
        /// The computed ratio, rounded down to hundredths.
        found: String,
        /// What it is used for.
        what: &'static str,
        /// The least that is accepted.
        least: &'static str,
    },
    /// The zone.
    #[error("brand.toml, `zone`")]
    Zone(#[source] ZoneError),
    /// The mark.
    #[error("the mark is refused")]
    Mark(#[source] MarkError),
}

impl Brand {
    /// From `brand.toml` and, where there is one, the mark as SVG.
    ///
    /// # Errors
    /// When a key is unknown, a text lacks a language, a pair of colours is too weak, or the mark holds what is not on
    /// the list.
    pub fn new(document: &str, mark: Option<&str>) -> Result<Self, BrandError> {
        if document.len() > limits::BRAND_DOCUMENT {
            return Err(BrandError::TooLarge(document.len()));
        }
        let read = document::read(document)?;
        let palette = colour::Palette::of_tokens().with(&read.colours)?;
        pairs::check(&palette)?;
        let mark = mark.map(Mark::new).transpose().map_err(BrandError::Mark)?;
        let sheet = sheet::overrides(&read);
        Ok(Self {
            name: read.name,
            government: read.government,
            phone: read.phone,
            zone: Zone::new(&read.offset, &read.zone).map_err(BrandError::Zone)?,
            theme: palette.get("brand-deep").unwrap_or(Colour::BLACK),
            mark: mark.map(|mark| Served::new("mark", "svg", "image/svg+xml", mark.into_text())),
            sheet: sheet.map(|text| Served::new("brand", "css", "text/css; charset=utf-8", text)),
        })
    }

    /// The brand of the demonstration: an invented republic.
    ///
    /// # Errors
    /// None that a test would let pass.
    pub fn example() -> Result<Self, BrandError> {
        Self::new(default::EXAMPLE, None)
    }

    /// The path of the mark.
    #[must_use]
    pub fn mark_path(&self) -> String {
        self.mark.as_ref().map_or_else(|| asset::path(asset::MARK), Served::path)
    }

    /// The path of the sheet that changes colours; `None` when none is changed.
    #[must_use]
    pub fn sheet_path(&self) -> Option<String> {
        self.sheet.as_ref().map(Served::path)
    }
}

impl Served {
    fn new(stem: &str, end: &str, mime: &'static str, text: String) -> Self {
        let digest = openssl::sha::sha256(text.as_bytes());
        let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { file: format!("{stem}.{name}.{end}"), mime, text }
    }

    fn path(&self) -> String {
        format!("/brand/{}", self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    fn with(lines: &str) -> Result<Brand, BrandError> {
        Brand::new(&format!("{}\n{lines}", default::EXAMPLE), None)
    }

    #[test]
    fn the_example_is_a_brand() {
        let brand = Brand::example().unwrap();
        assert_eq!(brand.name.on(Lang::Id).text, "Simpul");
        assert_eq!(brand.theme.to_string(), "#04193a");
        assert!(brand.sheet_path().is_none(), "it changes no colour");
        assert!(brand.mark_path().starts_with("/assets/mark."));
    }

    #[test]
    fn a_colour_is_changed_by_a_sheet_of_its_own() {
        let brand = with("[colours]\nbrand = \"#0b5d3b\"\nbrand-strong = \"#084a2f\"").unwrap();
        let sheet = brand.sheet.as_ref().unwrap();
        assert_eq!(sheet.text, "@layer tokens{:root{--brand:#0b5d3b;--brand-strong:#084a2f}}");
        assert_eq!(brand.sheet_path().unwrap(), format!("/brand/{}", sheet.file));
    }

    #[test]
    fn weak_colours_are_refused_with_their_ratio() {
        // WCAG 2.2 gives #767676 on white as 4.54 and #777777 as 4.47.
        assert!(with("[colours]\nbrand = \"#767676\"").is_err(), "4.54 on white, but less on the tint");
        let error = with("[colours]\nbrand = \"#777777\"").unwrap_err().to_string();
        assert!(error.contains("has a contrast of 4.47"), "{error}");
        assert!(error.contains("needs 4.5"), "{error}");
        let gold = with("[colours]\ngold = \"#0a2a5a\"").unwrap_err().to_string();
        assert!(gold.contains("`gold`") && gold.contains("needs 3"), "{gold}");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let said = |lines: &str| with(lines).unwrap_err().to_string();
        assert!(said("[colours]\nink = \"#000000\"").contains("cannot be changed"));
        assert!(said("[colours]\nbrand = \"blue\"").contains("#rrggbb"));
        assert!(said("[colours]\nbrand = \"#fff\"").contains("#rrggbb"));
        assert!(said("[mystery]\na = 1").contains("cannot be read"));
        let large = format!("{}#{}", default::EXAMPLE, " ".repeat(limits::BRAND_DOCUMENT));
        assert!(matches!(Brand::new(&large, None), Err(BrandError::TooLarge(_))));
    }

    #[test]
    fn a_mark_is_served_under_the_name_of_its_content() {
        let brand = Brand::new(default::EXAMPLE, Some("<svg viewBox=\"0 0 1 1\"><circle r=\"1\"/></svg>")).unwrap();
        assert!(brand.mark_path().starts_with("/brand/mark."));
        assert!(matches!(Brand::new(default::EXAMPLE, Some("<svg><script/></svg>")), Err(BrandError::Mark(_))));
    }
}
