//! `brand.toml` as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{BrandError, Colour};
use crate::text::{Lang, Multi};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: BTreeMap<String, String>,
    government: BTreeMap<String, String>,
    phone: String,
    zone: ZoneLine,
    #[serde(default)]
    flag: Vec<String>,
    #[serde(default)]
    colours: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneLine {
    offset: String,
    name: String,
}

/// What it means.
pub(super) struct Read {
    pub(super) name: Multi,
    pub(super) government: Multi,
    pub(super) phone: String,
    pub(super) offset: String,
    pub(super) zone: String,
    pub(super) flag: Vec<Colour>,
    /// Changed colours by name of token, in that order.
    pub(super) colours: BTreeMap<String, Colour>,
}

/// Characters of one text.
const TEXT: usize = 120;

pub(super) fn read(text: &str) -> Result<Read, BrandError> {
    let document: Document = toml::from_str(text).map_err(|error| BrandError::Document(Box::new(error)))?;
    if !matches!(document.flag.len(), 0 | 2) {
        return Err(BrandError::Text { key: "flag", why: "two colours, from the top".to_owned() });
    }
    if document.phone.is_empty() || document.phone.chars().count() > TEXT {
        return Err(BrandError::Text { key: "phone", why: format!("1 to {TEXT} characters") });
    }
    let flag = document.flag.iter().map(|text| colour("flag", text)).collect::<Result<_, _>>()?;
    let colours = document.colours.iter().map(|(name, text)| Ok((name.clone(), colour(name, text)?)));
    Ok(Read {
        name: multi("name", document.name)?,
        government: multi("government", document.government)?,
        phone: document.phone,
        offset: document.zone.offset,
        zone: document.zone.name,
        flag,
        colours: colours.collect::<Result<_, _>>()?,
    })
}

fn colour(name: &str, text: &str) -> Result<Colour, BrandError> {
    text.parse().map_err(|why| BrandError::Colour { name: name.to_owned(), why })
}

fn multi(key: &'static str, versions: BTreeMap<String, String>) -> Result<Multi, BrandError> {
    let wrong = |why: String| BrandError::Text { key, why };
    let mut known = Vec::new();
    for (tag, text) in versions {
        let lang = Lang::from_tag(&tag).ok_or_else(|| wrong(format!("there is no language `{tag}`")))?;
        if text.trim().is_empty() || text.chars().count() > TEXT {
            return Err(wrong(format!("`{tag}` has 1 to {TEXT} characters")));
        }
        known.push((lang, text));
    }
    match Lang::COMPLETE.into_iter().find(|lang| known.iter().all(|(have, _)| have != lang)) {
        Some(missing) => Err(wrong(format!("`{missing}` is missing"))),
        None => Ok(Multi::new(known)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::default::EXAMPLE;

    fn refused(from: &str, to: &str) -> String {
        assert!(EXAMPLE.contains(from));
        read(&EXAMPLE.replace(from, to)).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn every_text_has_both_languages_and_a_bound() {
        assert!(refused("en = \"Simpul\"\n", "").contains("`name`: `en` is missing"));
        assert!(refused("ar = ", "fr = ").contains("no language `fr`"));
        let long = "x".repeat(TEXT + 1);
        assert!(refused("en = \"Simpul\"", &format!("en = \"{long}\"")).contains("1 to 120"));
        assert!(read(&EXAMPLE.replace("en = \"Simpul\"", &format!("en = \"{}\"", "x".repeat(TEXT)))).is_ok());
        assert!(refused("1500-000", "").contains("`phone`"));
    }

    #[test]
    fn a_flag_is_two_colours() {
        let flag = |line: &str| read(&format!("flag = {line}\n{EXAMPLE}"));
        assert_eq!(flag("[\"#d0112b\", \"#ffffff\"]").unwrap().flag.len(), 2);
        assert!(flag("[\"#d0112b\"]").is_err());
        assert!(flag("[\"#d0112b\", \"#ffffff\", \"#000000\"]").is_err());
    }
}
