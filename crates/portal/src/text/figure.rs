//! Numbers and money.
//!
//! Own and small instead of ICU4X: icu 2.4 with its data costs 80 CPU seconds of building, a sixth of everything else
//! together, for the separators of two languages; it has no stable form of money. What is written here follows
//! Indonesian spelling rules (PUEBI III.K, III.B: point between groups, comma before decimals, `Rp` without a space) and
//! CLDR for English.

use super::Lang;

/// A currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Currency {
    /// Rupiah, counted whole: sen are not in use.
    Idr,
    /// Ringgit, counted in sen.
    Myr,
    /// Singapore dollar, counted in cents.
    Sgd,
    /// United States dollar, counted in cents.
    Usd,
    /// Euro, counted in cents.
    Eur,
}

impl Currency {
    /// Its code in ISO 4217.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Idr => "IDR",
            Self::Myr => "MYR",
            Self::Sgd => "SGD",
            Self::Usd => "USD",
            Self::Eur => "EUR",
        }
    }

    fn decimals(self) -> u8 {
        match self {
            Self::Idr => 0,
            Self::Myr | Self::Sgd | Self::Usd | Self::Eur => 2,
        }
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// How many of the smallest unit that the currency is counted in.
    pub amount: i64,
    /// Of what.
    pub currency: Currency,
}

/// A whole number with its groups: `1.284` or `1,284`.
pub(super) fn whole(lang: Lang, value: i64) -> String {
    decimal(lang, value, 0)
}

/// `value` counted in units of 10^-`digits`: 9921 with 2 digits is `99,21` or `99.21`.
pub(super) fn decimal(lang: Lang, value: i64, digits: u8) -> String {
    let (group, point) = match lang.written() {
        Lang::Id => ('.', ','),
        Lang::En | Lang::Ar => (',', '.'),
    };
    let plain = format!("{:0>width$}", value.unsigned_abs(), width = usize::from(digits) + 1);
    let (front, back) = plain.split_at_checked(plain.len().saturating_sub(usize::from(digits))).unwrap_or((&plain, ""));
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (i, digit) in front.chars().enumerate() {
        if i > 0 && (front.len() - i) % 3 == 0 {
            out.push(group);
        }
        out.push(digit);
    }
    if !back.is_empty() {
        out.push(point);
        out.push_str(back);
    }
    out
}

/// An amount: `Rp350.000` or `IDR 350,000`. A no-break space keeps code and figure on one line.
pub(super) fn money(lang: Lang, money: Money) -> String {
    let size = decimal(lang, money.amount.saturating_abs(), money.currency.decimals());
    let sign = if money.amount < 0 { "-" } else { "" };
    match (lang.written(), money.currency) {
        (Lang::Id, Currency::Idr) => format!("{sign}Rp{size}"),
        _ => format!("{sign}{}\u{a0}{size}", money.currency.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_points_follow_the_language() {
        for (value, digits, id, en) in [
            (0, 0, "0", "0"),
            (999, 0, "999", "999"),
            (1000, 0, "1.000", "1,000"),
            (-1_234_567, 0, "-1.234.567", "-1,234,567"),
            (9921, 2, "99,21", "99.21"),
            (5, 2, "0,05", "0.05"),
            (-5, 1, "-0,5", "-0.5"),
            (123_456_789, 2, "1.234.567,89", "1,234,567.89"),
            (i64::MIN, 0, "-9.223.372.036.854.775.808", "-9,223,372,036,854,775,808"),
        ] {
            assert_eq!(decimal(Lang::Id, value, digits), id);
            assert_eq!(decimal(Lang::En, value, digits), en);
            assert_eq!(decimal(Lang::Ar, value, digits), en, "the Arabic frame shows English figures");
        }
    }

    #[test]
    fn money_follows_spelling_rules() {
        let passport = Money { amount: 350_000, currency: Currency::Idr };
        assert_eq!(money(Lang::Id, passport), "Rp350.000");
        assert_eq!(money(Lang::En, passport), "IDR\u{a0}350,000");
        let fee = Money { amount: -5_050, currency: Currency::Myr };
        assert_eq!(money(Lang::Id, fee), "-MYR\u{a0}50,50");
        assert_eq!(money(Lang::En, fee), "-MYR\u{a0}50.50");
    }
}
