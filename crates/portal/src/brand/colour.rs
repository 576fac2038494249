//! Colours and how well they are told apart.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::BrandError;

/// An opaque colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Black.
    pub const BLACK: Self = Self([0; 3]);

    /// The contrast ratio with `other`, from 1 to 21 (WCAG 2.2, "contrast ratio").
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not of the form #rrggbb");
        let digits = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let value = u32::from_str_radix(digits.ok_or_else(wrong)?, 16).map_err(|_| wrong())?;
        let [_, r, g, b] = value.to_be_bytes();
        Ok(Self([r, g, b]))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// The source of the tokens.
pub(super) const TOKENS: &str = include_str!("../../assets/css/1-tokens/tokens.css");

/// What a government may change.
const CHANGEABLE: [&str; 10] = [
    "brand",
    "brand-strong",
    "brand-deep",
    "brand-tint",
    "brand-line",
    "accent",
    "gold",
    "on-deep",
    "deep-line",
    "sand",
];

/// Colours by name of token.
#[derive(Clone, Debug)]
pub(super) struct Palette(BTreeMap<String, Colour>);

impl Palette {
    /// The opaque colours of the token sheet.
    pub(super) fn of_tokens() -> Self {
        let declared = TOKENS.lines().filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(':')?;
            Some((name.to_owned(), value.trim().trim_end_matches(';').parse().ok()?))
        });
        Self(declared.collect())
    }

    /// With some of them changed.
    pub(super) fn with(mut self, changes: &BTreeMap<String, Colour>) -> Result<Self, BrandError> {
        for (name, colour) in changes {
            if !CHANGEABLE.contains(&name.as_str()) {
                let why = format!("it cannot be changed; {} can", CHANGEABLE.join(", "));
                return Err(BrandError::Colour { name: name.clone(), why });
            }
            self.0.insert(name.clone(), *colour);
        }
        Ok(self)
    }

    pub(super) fn get(&self, name: &str) -> Option<Colour> {
        self.0.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let ratio = |a: &str, b: &str| a.parse::<Colour>().unwrap().contrast(b.parse().unwrap());
        assert!((ratio("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!((ratio("#ffffff", "#ffffff") - 1.0).abs() < 1e-9);
        // WebAIM's well-known neighbours of the limit.
        assert!((ratio("#767676", "#ffffff") - 4.54).abs() < 0.005);
        assert!((ratio("#777777", "#ffffff") - 4.48).abs() < 0.005);
        assert!((ratio("#ffffff", "#777777") - ratio("#777777", "#ffffff")).abs() < 1e-12);
    }

    #[test]
    fn colours_have_one_form() {
        assert_eq!("#0A489f".parse::<Colour>().unwrap().to_string(), "#0a489f");
        for bad in ["0a489f", "#0a489", "#0a489g", "#0a489ff", "", "#+a489f", "red"] {
            assert!(bad.parse::<Colour>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_tokens_are_read() {
        let palette = Palette::of_tokens();
        assert_eq!(palette.get("brand").unwrap().to_string(), "#0a489f");
        assert!(palette.0.len() > 25, "{}", palette.0.len());
        for name in CHANGEABLE {
            assert!(palette.get(name).is_some(), "{name}");
        }
    }
}
