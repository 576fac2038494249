//! Charts: bars and lines in SVG, axis words in HTML so that they stay readable on phones, and the same figures in a
//! table. Where nothing was measured the ground is hatched: no data is not zero.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::{Column, Table, details, table};
use crate::text;
use crate::text::{Locale, Msg};

/// Bars of one kind, one per place on the axis. Kinds stand on each other in their order.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What is counted.
    pub name: Msg,
    /// One figure per place; `None` where nothing was measured.
    pub values: Vec<Option<u64>>,
}

/// A line through the places.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it shows.
    pub name: Msg,
    /// One figure per place; `None` breaks the line.
    pub values: Vec<Option<u64>>,
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// A name of its own on the page.
    pub id: String,
    /// What it shows, in one sentence with the sums: voices read this.
    pub summary: Msg,
    /// What the places are, such as `Jam`.
    pub axis: Msg,
    /// The places.
    pub places: Vec<Msg>,
    /// At most three kinds of bars.
    pub bars: Vec<Bars>,
    /// At most four lines.
    pub lines: Vec<Line>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// Lines of the hatching of one place.
const HATCHES: u8 = 16;

/// A chart with its key and its table.
#[must_use]
pub fn chart(locale: &Locale<'_>, chart: &Chart) -> Markup {
    let top = round_up(highest(chart));
    let every = step_of_labels(chart.places.len());
    html! {
        figure {
            (key(chart))
            div.plot {
                div.y aria-hidden="true" {
                    @for quarter in (0..=4).rev() { span { (locale.number(i64::try_from(top / 4 * quarter).unwrap_or(0))) } }
                }
                svg viewBox="0 0 720 200" preserveAspectRatio="none" role="img" aria-label=(chart.summary.plain()) {
                    (drawing(chart, top))
                }
                div.x.each[every == 1] aria-hidden="true" { @for place in chart.places.iter().step_by(every) { span { (place) } } }
            }
            (details(&chart.id, &text!(locale, "chart-table"), false, &figures(locale, chart)))
        }
    }
}

fn key(chart: &Chart) -> Markup {
    html! {
        ul.key {
            @for (i, bars) in chart.bars.iter().enumerate() {
                li { svg viewBox="0 0 10 10" aria-hidden="true" { rect class={ "f" (i + 1) } width="10" height="10" rx="2" {} } (bars.name) }
            }
            @for (i, line) in chart.lines.iter().enumerate() {
                li { svg.long viewBox="0 0 40 10" aria-hidden="true" { path class={ "l" (i) } d="M0 5H40" {} } (line.name) }
            }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "pixels: a figure above 2^53 would be drawn a pixel wrong")]
fn drawing(chart: &Chart, top: u64) -> Markup {
    let step = WIDTH / chart.places.len().max(1) as f64;
    let scale = |value: u64| value as f64 / top as f64 * HEIGHT;
    let mut out = String::new();
    for quarter in 0..=4 {
        let y = f64::from(quarter) * HEIGHT / 4.0;
        let _ = write!(out, "<line x2=\"720\" y1=\"{y}\" y2=\"{y}\"/>");
    }
    for place in 0..chart.places.len() {
        let x = place as f64 * step;
        let unknown = chart.bars.iter().any(|bars| bars.values.get(place).copied().flatten().is_none());
        if unknown {
            for n in 1..=HATCHES {
                let y = f64::from(n) * HEIGHT / f64::from(HATCHES);
                let (left, width, rise) = (x + step * 0.1, step * 0.8, HEIGHT / f64::from(HATCHES));
                let _ = write!(out, "<path class=\"hatch\" d=\"M{left:.1} {y:.1}l{width:.1}-{rise:.1}\"/>");
            }
            continue;
        }
        let mut below = 0.0;
        for (kind, value) in
            chart.bars.iter().enumerate().filter_map(|(i, bars)| Some((i, bars.values.get(place).copied()??)))
        {
            // What is there is seen, and kinds are told apart by a gap.
            let height = if value == 0 { 0.0 } else { scale(value).max(1.0) };
            let y = HEIGHT - below - height;
            let _ = write!(
                out,
                "<rect class=\"f{}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
                kind + 1,
                x + step * 0.1,
                step * 0.8
            );
            below += if value == 0 { 0.0 } else { height + 1.0 };
        }
    }
    for (kind, line) in chart.lines.iter().enumerate() {
        let mut path = String::new();
        let mut pen_down = false;
        for (place, value) in line.values.iter().enumerate() {
            if let Some(value) = value {
                let (x, y) = ((place as f64 + 0.5) * step, HEIGHT - scale(*value));
                let _ = write!(path, "{}{x:.1} {y:.1}", if pen_down { "L" } else { "M" });
            }
            pen_down = value.is_some();
        }
        let _ = write!(out, "<path class=\"l{kind}\" d=\"{path}\"/>");
    }
    PreEscaped(out)
}

fn figures(locale: &Locale<'_>, chart: &Chart) -> Markup {
    let names = chart.bars.iter().map(|bars| &bars.name).chain(chart.lines.iter().map(|line| &line.name));
    let columns = std::iter::once(Column::words(chart.axis.clone()))
        .chain(names.map(|name| Column::figures(name.clone())))
        .collect();
    let values: Vec<&Vec<Option<u64>>> =
        chart.bars.iter().map(|bars| &bars.values).chain(chart.lines.iter().map(|line| &line.values)).collect();
    let cell = |value: Option<u64>| match value {
        Some(value) => html! { (locale.number(i64::try_from(value).unwrap_or(i64::MAX))) },
        None => html! { (text!(locale, "chart-no-data")) },
    };
    let row = |(place, name): (usize, &Msg)| {
        let cells = values.iter().map(|series| cell(series.get(place).copied().flatten()));
        std::iter::once(html! { (name) }).chain(cells).collect()
    };
    let rows = chart.places.iter().enumerate().map(row).collect();
    table(&Table { caption: chart.summary.clone(), hidden_caption: true, columns, rows })
}

/// Every which place is named: at most eight are, and where it can be done each name has the same number of places.
fn step_of_labels(places: usize) -> usize {
    let even = (1..=places).find(|step| places.is_multiple_of(*step) && (4..=8).contains(&(places / step)));
    even.unwrap_or_else(|| places.div_ceil(8).max(1))
}

/// The highest point: bars stand on each other.
fn highest(chart: &Chart) -> u64 {
    let at = |place: usize| chart.bars.iter().filter_map(|bars| bars.values.get(place).copied().flatten()).sum::<u64>();
    let bars = (0..chart.places.len()).map(at);
    let lines = chart.lines.iter().flat_map(|line| line.values.iter().copied().flatten());
    bars.chain(lines).max().unwrap_or(0)
}

/// A round figure that divides by four: 1, 2, 4, 6, 8 or 10 times a power of ten; at least 4.
fn round_up(value: u64) -> u64 {
    let mut power: u64 = 4;
    loop {
        for times in [1, 2, 3, 5] {
            let round = power.saturating_mul(times);
            if round >= value || round == u64::MAX {
                return round;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lang, Texts, Zone};

    #[test]
    fn the_axis_ends_at_a_round_figure() {
        for (value, expected) in
            [(0, 4), (4, 4), (5, 8), (9, 12), (13, 20), (21, 40), (9340, 12_000), (120_001, 200_000)]
        {
            assert_eq!(round_up(value), expected, "{value}");
        }
    }

    #[test]
    fn few_places_are_named() {
        for (places, step) in [(0, 1), (1, 1), (6, 1), (7, 1), (12, 2), (24, 3), (30, 5), (31, 4), (365, 73)] {
            assert_eq!(step_of_labels(places), step, "{places}");
        }
    }

    #[test]
    fn what_was_not_measured_is_hatched_and_said() {
        let texts = Texts::embedded().unwrap();
        let zone = Zone::new("+00:00", "UTC").unwrap();
        let locale = Locale::new(Lang::En, &texts, &zone);
        let msg = |text: &str| locale.own(text);
        let made = chart(
            &locale,
            &Chart {
                id: "traffic".to_owned(),
                summary: msg("Traffic"),
                axis: msg("Hour"),
                places: vec![msg("00"), msg("01"), msg("02")],
                bars: vec![Bars { name: msg("Succeeded"), values: vec![Some(10), None, Some(0)] }],
                lines: vec![Line { name: msg("Average"), values: vec![Some(5), None, Some(7)] }],
            },
        )
        .0;
        assert_eq!(made.matches("class=\"hatch\"").count(), usize::from(HATCHES), "one place of three");
        assert!(made.contains("no data"), "{made}");
        assert!(made.contains("<path class=\"l0\" d=\"M120.0 116.7M600.0 83.3\"/>"), "the line breaks: {made}");
        assert!(made.contains("height=\"0.0\""), "zero is drawn as nothing");
    }
}
