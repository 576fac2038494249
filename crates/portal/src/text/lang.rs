//! The languages of pages.

use std::fmt;

/// A language that pages come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    /// Indonesian.
    Id,
    /// English.
    En,
    /// Arabic: a frame that proves right-to-left. Texts that it lacks come in English and say so.
    Ar,
}

/// Which way a language is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Left to right.
    Ltr,
    /// Right to left.
    Rtl,
}

impl Direction {
    /// The value of `dir`.
    #[must_use]
    pub fn value(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

impl Lang {
    /// Every language, in the order of the switch. The first is the default.
    pub const ALL: [Self; 3] = [Self::Id, Self::En, Self::Ar];

    /// The language whose catalogue must be complete.
    pub const COMPLETE: [Self; 2] = [Self::Id, Self::En];

    /// The value of `lang` and the first segment of paths.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::En => "en",
            Self::Ar => "ar",
        }
    }

    /// The language with this tag, exactly.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// Its name in itself.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Id => "Bahasa Indonesia",
            Self::En => "English",
            Self::Ar => "العربية",
        }
    }

    /// Its name where there is little room.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::En => "EN",
            Self::Ar => "ع",
        }
    }

    /// Which way it is written.
    #[must_use]
    pub fn direction(self) -> Direction {
        match self {
            Self::Id | Self::En => Direction::Ltr,
            Self::Ar => Direction::Rtl,
        }
    }

    /// Where a text is looked for: here first.
    #[must_use]
    pub fn chain(self) -> [Self; 2] {
        match self {
            Self::Id => [Self::Id, Self::En],
            Self::En => [Self::En, Self::Id],
            Self::Ar => [Self::Ar, Self::En],
        }
    }

    /// The language whose numbers, dates and sentences this one's pages show.
    pub(crate) fn written(self) -> Self {
        match self {
            Self::Id => Self::Id,
            Self::En | Self::Ar => Self::En,
        }
    }

    /// The language that a browser likes best (RFC 9110 §12.5.4), the default when it names none of ours. Regions are
    /// ignored, and so is what stands after the sixteenth comma.
    #[must_use]
    pub fn preferred(accept_language: &str) -> Self {
        let weighed = accept_language.split(',').take(16).filter_map(|item| {
            let (range, rest) = item.split_once(';').unwrap_or((item, "q=1"));
            let tag = range.trim().split('-').next()?.to_ascii_lowercase();
            let weight = rest.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()).unwrap_or(0.0);
            Some((Self::from_tag(&tag)?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        weighed.reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(Self::Id, |(lang, _)| lang)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_is_asked() {
        for (header, expected) in [
            ("", Lang::Id),
            ("en-GB,en;q=0.9,id;q=0.8", Lang::En),
            ("fr, en;q=0.2, id;q=0.7", Lang::Id),
            ("de", Lang::Id),
            ("ar-SA", Lang::Ar),
            ("en;q=0, *", Lang::Id),
            ("en;q=nonsense, ar;q=0.1", Lang::Ar),
            ("en, id", Lang::En),
        ] {
            assert_eq!(Lang::preferred(header), expected, "{header}");
        }
        let late = format!("{}en", "fr,".repeat(16));
        assert_eq!(Lang::preferred(&late), Lang::Id, "the seventeenth is not read");
    }

    #[test]
    fn tags_are_exact() {
        assert_eq!(Lang::from_tag("id"), Some(Lang::Id));
        assert_eq!(Lang::from_tag("ID"), None);
        assert_eq!(Lang::from_tag("id-ID"), None);
    }
}
