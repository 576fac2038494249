//! Everything that a component needs to speak.

use fluent_bundle::FluentValue;
use maud::{Markup, html};
use simpul_core::UnixTime;

use super::{Day, Lang, Money, Msg, Texts, Zone, figure, moment};
use crate::text;

/// The language of the page, its texts, and the zone of its clock.
#[derive(Clone, Copy)]
pub struct Locale<'a> {
    lang: Lang,
    texts: &'a Texts,
    zone: &'a Zone,
}

impl<'a> Locale<'a> {
    /// For pages in `lang`.
    #[must_use]
    pub fn new(lang: Lang, texts: &'a Texts, zone: &'a Zone) -> Self {
        Self { lang, texts, zone }
    }

    /// The language of the page.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// A text of the catalogues. Use [`text!`](crate::text!), which names variables too.
    #[must_use]
    pub fn text(&self, key: &str) -> Msg {
        self.texts.find(self.lang, key, &[])
    }

    /// A text of the catalogues with variables. Use [`text!`](crate::text!).
    #[must_use]
    pub fn text_with(&self, key: &str, variables: &[(&str, FluentValue<'_>)]) -> Msg {
        self.texts.find(self.lang, key, variables)
    }

    /// A text that is no sentence of ours and belongs to every language: a name, a reference, a code.
    #[must_use]
    pub fn own(&self, text: impl Into<String>) -> Msg {
        Msg::new(self.lang, self.lang, text)
    }

    /// A figure or a date, which the Arabic frame shows in English.
    fn written(&self, text: String) -> Msg {
        Msg::new(self.lang.written(), self.lang, text)
    }

    /// `1.284` or `1,284`.
    #[must_use]
    pub fn number(&self, value: i64) -> Msg {
        self.own(figure::whole(self.lang, value))
    }

    /// `value` counted in units of 10^-`digits`: 9921 with 2 digits is `99,21` or `99.21`.
    #[must_use]
    pub fn decimal(&self, value: i64, digits: u8) -> Msg {
        self.own(figure::decimal(self.lang, value, digits))
    }

    /// `value` counted in units of 10^-`digits` percent: `99,21%`.
    #[must_use]
    pub fn percent(&self, value: i64, digits: u8) -> Msg {
        self.own(format!("{}%", figure::decimal(self.lang, value, digits)))
    }

    /// `Rp350.000` or `IDR 350,000`.
    #[must_use]
    pub fn money(&self, money: Money) -> Msg {
        self.own(figure::money(self.lang, money))
    }

    /// `17 November 2026`, of a day.
    #[must_use]
    pub fn day(&self, day: Day) -> Msg {
        self.written(moment::long_date(self.lang, day.year().into(), day.month(), day.day()))
    }

    /// `17 November 2026`, of a moment in the zone of the portal.
    #[must_use]
    pub fn date(&self, at: UnixTime) -> Msg {
        self.moment(at, |civil| moment::long_date(self.lang, civil.year.into(), civil.month, civil.day))
    }

    /// `17/11/2026`, where there is little room.
    #[must_use]
    pub fn short_date(&self, at: UnixTime) -> Msg {
        self.moment(at, |civil| format!("{:02}/{:02}/{}", civil.day, civil.month, civil.year))
    }

    /// `09.31` or `09:31`.
    #[must_use]
    pub fn clock(&self, at: UnixTime) -> Msg {
        self.moment(at, |civil| moment::clock(self.lang, civil))
    }

    /// `09.31 WIB`.
    #[must_use]
    pub fn time(&self, at: UnixTime) -> Msg {
        self.moment(at, |civil| format!("{}\u{a0}{}", moment::clock(self.lang, civil), self.zone.name()))
    }

    /// `17 November 2026, 09.31 WIB`.
    #[must_use]
    pub fn date_time(&self, at: UnixTime) -> Msg {
        let (date, time) = (self.date(at), self.time(at));
        self.written(format!("{}, {}", date.text, time.text))
    }

    fn moment(&self, at: UnixTime, form: impl Fn(&simpul_core::time::Civil) -> String) -> Msg {
        self.written(self.zone.civil(at).as_ref().map_or_else(|| at.to_string(), form))
    }

    /// How long ago `then` was at `now`, in the largest unit that fits: `3 menit lalu`.
    #[must_use]
    pub fn ago(&self, then: UnixTime, now: UnixTime) -> Msg {
        let seconds = now.since(then).as_secs();
        match seconds {
            0..60 => text!(self, "ago-seconds", n = seconds),
            60..3600 => text!(self, "ago-minutes", n = seconds / 60),
            3600..86_400 => text!(self, "ago-hours", n = seconds / 3600),
            _ => text!(self, "ago-days", n = seconds / 86_400),
        }
    }

    /// A `<time>` element around `shown`, which machines read as `at`.
    #[must_use]
    pub fn time_tag(&self, at: UnixTime, shown: &Msg) -> Markup {
        html! { time datetime=(at) { (shown) } }
    }

    /// The path of a page in the language of this one: `/cases` as `/id/cases`.
    #[must_use]
    pub fn path(&self, page: &str) -> String {
        format!("/{}{page}", self.lang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read_in_both_languages() {
        let texts = Texts::embedded().unwrap();
        let zone = Zone::new("+07:00", "WIB").unwrap();
        let at: UnixTime = "2026-11-17T02:31:59Z".parse().unwrap();
        let id = Locale::new(Lang::Id, &texts, &zone);
        let en = Locale::new(Lang::En, &texts, &zone);
        assert_eq!(id.date_time(at).text, "17\u{a0}November 2026, 09.31\u{a0}WIB");
        assert_eq!(en.date_time(at).text, "17\u{a0}November 2026, 09:31\u{a0}WIB");
        assert_eq!(id.short_date(at).text, "17/11/2026");
        assert_eq!(en.day(Day::new(1998, 8, 5).unwrap()).text, "5\u{a0}August 1998");
        assert_eq!(id.day(Day::new(1998, 8, 5).unwrap()).text, "5\u{a0}Agustus 1998");
        assert_eq!(id.time_tag(at, &id.clock(at)).0, "<time datetime=\"2026-11-17T02:31:59.000Z\">09.31</time>");
        assert_eq!(id.percent(9921, 2).text, "99,21%");
        let ar = Locale::new(Lang::Ar, &texts, &zone).date(at);
        assert_eq!((ar.lang, ar.is_foreign()), (Lang::En, true));
    }

    #[test]
    fn ago_takes_the_largest_unit() {
        let texts = Texts::embedded().unwrap();
        let zone = Zone::new("+00:00", "UTC").unwrap();
        let en = Locale::new(Lang::En, &texts, &zone);
        let now = UnixTime::from_secs(1_000_000);
        let ago = |seconds: i64| en.ago(UnixTime::from_secs(1_000_000 - seconds), now).text;
        assert_eq!(ago(59), "59 seconds ago");
        assert_eq!(ago(60), "1 minute ago");
        assert_eq!(ago(7200), "2 hours ago");
        assert_eq!(ago(200_000), "2 days ago");
    }
}
