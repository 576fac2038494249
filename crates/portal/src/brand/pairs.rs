//! Which colours meet on pages. Every brand is checked against this table, and so is the token sheet.

use super::BrandError;
use super::colour::Palette;

/// What a pair is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Words: 4.5 (WCAG 2.2, 1.4.3).
    Text,
    /// Controls, focus, and graphics that say something: 3 (WCAG 2.2, 1.4.11).
    Control,
}

/// Two colours that meet: names of tokens.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// In front.
    pub front: &'static str,
    /// Behind.
    pub back: &'static str,
    /// What for.
    pub need: Need,
}

const fn text(front: &'static str, back: &'static str) -> Pair {
    Pair { front, back, need: Need::Text }
}

const fn control(front: &'static str, back: &'static str) -> Pair {
    Pair { front, back, need: Need::Control }
}

/// Every pair.
pub const PAIRS: &[Pair] = &[
    text("ink", "paper"),
    text("ink", "sand"),
    text("ink", "mist"),
    text("ink", "brand-tint"),
    text("ink", "warn-tint"),
    text("ink", "bad-tint"),
    text("ink", "ok-tint"),
    text("ink", "focus"),
    text("ink", "brand-line"),
    text("ink", "sea"),
    text("ink", "land"),
    text("ink-2", "paper"),
    text("ink-2", "sand"),
    text("ink-2", "mist"),
    text("ink-2", "brand-tint"),
    text("ink-2", "warn-tint"),
    text("ink-2", "bad-tint"),
    text("ink-2", "ok-tint"),
    text("brand", "paper"),
    text("brand", "sand"),
    text("brand", "mist"),
    text("brand", "brand-tint"),
    text("brand", "warn-tint"),
    text("brand", "ok-tint"),
    text("brand", "bad-tint"),
    text("brand-strong", "paper"),
    text("brand-strong", "brand-tint"),
    text("on-brand", "brand"),
    text("on-brand", "brand-strong"),
    text("paper", "brand"),
    text("paper", "brand-deep"),
    text("paper", "ink"),
    text("paper", "bad"),
    text("paper", "ok"),
    text("paper", "warn"),
    text("on-deep", "brand-deep"),
    text("ok", "paper"),
    text("ok", "ok-tint"),
    text("warn", "paper"),
    text("warn", "warn-tint"),
    text("bad", "paper"),
    text("bad", "bad-tint"),
    control("line-strong", "paper"),
    control("line-strong", "sand"),
    control("line-strong", "mist"),
    control("accent", "paper"),
    control("accent", "brand-tint"),
    control("accent", "sand"),
    control("gold", "brand-deep"),
    control("deep-line", "brand-deep"),
    control("focus", "ink"),
    control("brand", "line"),
    control("ok", "line"),
    control("chart-1", "paper"),
    control("chart-2", "paper"),
    control("chart-3", "paper"),
    control("chart-1", "sea"),
    control("chart-1", "land"),
    control("chart-3", "sea"),
    control("chart-3", "land"),
    control("bad", "sea"),
    control("bad", "land"),
];

impl Need {
    fn least(self) -> (f64, &'static str, &'static str) {
        match self {
            Self::Text => (4.5, "4.5", "text"),
            Self::Control => (3.0, "3", "a control or graphic"),
        }
    }
}

/// Computes every pair.
pub(super) fn check(palette: &Palette) -> Result<(), BrandError> {
    for pair in PAIRS {
        let (Some(front), Some(back)) = (palette.get(pair.front), palette.get(pair.back)) else {
            let name = if palette.get(pair.front).is_none() { pair.front } else { pair.back };
            return Err(BrandError::Colour { name: name.to_owned(), why: "the token sheet has none".to_owned() });
        };
        let (enough, least, what) = pair.need.least();
        let ratio = front.contrast(back);
        if ratio < enough {
            let found = format!("{:.2}", (ratio * 100.0).floor() / 100.0);
            return Err(BrandError::Contrast {
                front: pair.front.to_owned(),
                back: pair.back.to_owned(),
                found,
                what,
                least,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_sheet_passes_its_own_table() {
        let palette = Palette::of_tokens();
        let found: Vec<String> = PAIRS
            .iter()
            .filter_map(|pair| {
                let ratio = palette.get(pair.front)?.contrast(palette.get(pair.back)?);
                (ratio < pair.need.least().0).then(|| format!("{} on {}: {ratio:.2}", pair.front, pair.back))
            })
            .collect();
        assert!(found.is_empty(), "{found:?}");
        check(&palette).unwrap();
    }

    #[test]
    fn known_ratios_are_computed_again() {
        // The ratios that ui.md §3 states for its tokens.
        let palette = Palette::of_tokens();
        for (front, back, stated) in [
            ("ink", "paper", 17.55),
            ("ink-2", "paper", 7.71),
            ("ink-2", "sand", 7.02),
            ("brand", "paper", 8.60),
            ("brand-strong", "brand-tint", 10.69),
            ("accent", "paper", 5.88),
            ("gold", "brand-deep", 9.55),
            ("line-strong", "paper", 4.38),
            ("ok", "ok-tint", 5.81),
            ("warn", "warn-tint", 6.57),
            ("bad", "bad-tint", 6.33),
            ("focus", "ink", 11.41),
            ("on-deep", "brand-deep", 13.45),
            ("chart-1", "paper", 5.01),
            ("chart-2", "paper", 7.28),
            ("chart-1", "sea", 4.36),
            ("chart-3", "land", 3.34),
        ] {
            let ratio = palette.get(front).unwrap().contrast(palette.get(back).unwrap());
            assert!((ratio - stated).abs() < 0.01, "{front} on {back}: {ratio:.3}, stated {stated}");
        }
    }
}
