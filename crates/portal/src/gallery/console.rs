//! The operator's first page.

use axum::response::Response;
use maud::{Markup, html};

use super::both;
use crate::component::field::{Field, TextInput, text_input};
use crate::component::{
    Bars, Button, Chart, Column, Icon, Kpi, Line, Link, Node, Region, Table, Tone, card, chart, code, federation_map,
    kpis, meter, table, tag,
};
use crate::shell::{CONSOLE, Place, Sheet};
use crate::site::Page;
use crate::text::Locale;

const SUCCEEDED: [u64; 24] = [
    812, 640, 520, 470, 510, 890, 2100, 4300, 7420, 8910, 9340, 9120, 7800, 8450, 9010, 8760, 7230, 5100, 3900, 3350,
    2800, 2210, 1640, 1120,
];
const FAILED: [u64; 24] = [3, 1, 2, 0, 1, 4, 9, 14, 22, 31, 28, 25, 240, 410, 38, 30, 21, 12, 9, 8, 6, 5, 4, 2];
const AVERAGE: [u64; 24] = [
    950, 800, 700, 650, 750, 1050, 2100, 4050, 6800, 8100, 8500, 8300, 7100, 7700, 8200, 7950, 6600, 4750, 3700, 3200,
    2700, 2250, 1750, 1250,
];

pub(super) async fn show(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let title = say("Keadaan simpul", "Node status");
    let kpi = |label, value, note, tone| Kpi { label, value, note: Some(note), tone };
    let main = html! {
        div.ch {
            div { h1 { (title) } p.small.mute { span.mono { "ID-CONTOH-01" } " · Simpul 0.1 · " (say("aktif 42 hari", "up 42 days")) } }
            div.row {
                (tag(Tone::Warning, None, &say("3 hal perlu tindakan", "3 items need action")))
                (Button::link(l.path("/gallery/console"), say("Muat ulang", "Refresh")).quiet().small().icon(Icon::RefreshCw))
            }
        }
        (kpis(&[
            kpi(say("Pesan, 24 jam", "Messages, 24 h"), l.number(116_362), say("naik 6,2% dari kemarin", "up 6.2% on yesterday"), Tone::Good),
            kpi(say("Berhasil", "Success rate"), l.percent(9921, 2), say("sasaran 99,90%", "target 99.90%"), Tone::Warning),
            kpi(say("Waktu tanggap p95", "Response time p95"), l.own("182 ms"), say("sasaran 300 ms", "target 300 ms"), Tone::Good),
            kpi(say("Simpul tersambung", "Nodes linked"), say("7 dari 8", "7 of 8"), say("Dili terputus", "Dili is down"), Tone::Bad),
            kpi(say("Antrean cap waktu", "Timestamp queue"), l.number(0), say("terakhir 20 detik lalu", "last 20 seconds ago"), Tone::Good),
        ]))
        div.grid {
            section.card.c8 aria-labelledby="traffic" {
                div.card-h { h2 #traffic { (say("Lalu lintas pesan, 24 jam terakhir", "Message traffic, last 24 hours")) } }
                (traffic(l))
            }
            section.card.c4 aria-labelledby="certificates" {
                div.card-h { h2 #certificates { (say("Sertifikat yang akan habis", "Certificates expiring soon")) } }
                (certificates(l))
            }
            section.card.c7 aria-labelledby="federation" {
                div.card-h { h2 #federation { (say("Peta federasi", "Federation map")) } }
                (federation_map(l, "federation-map", Region::Asean, &nodes(l)))
            }
            div.c5.stack {
                (card("faults", &say("Gangguan terakhir", "Latest faults"), &faults(l)))
                (card("log", &say("Cari di log pesan", "Search the message log"), &html! {
                    form.stack action=(l.path("/gallery/console")) {
                        (text_input(l, &Field::new("message", say("Nomor pesan, anggota, atau layanan", "Message number, member or service")), &TextInput::default()))
                        div.acts { (Button::submit(say("Cari", "Search")).small().icon(Icon::Search)) a.small href=(l.path("/gallery/console")) { (say("Cara membaca bukti", "How to read evidence")) } }
                    }
                }))
            }
        }
    };
    let menu: Vec<Place> = CONSOLE
        .iter()
        .map(|place| if place.path == "/console/certificates" { place.waiting(3) } else { *place })
        .collect();
    page.console(&menu, &Sheet::new(title, main).at("/console"))
}

fn traffic(l: &Locale<'_>) -> Markup {
    let say = |id: &str, en: &str| both(l, id, en);
    // One hour without a measurement: no data is not zero.
    let known = |values: &[u64; 24]| values.iter().enumerate().map(|(i, value)| (i != 3).then_some(*value)).collect();
    let between = if l.lang() == crate::text::Lang::Id { '.' } else { ':' };
    chart(
        l,
        &Chart {
            id: "traffic-table".to_owned(),
            summary: say(
                "Lalu lintas pesan, 24 jam terakhir: 105.932 berhasil, 925 gagal",
                "Message traffic, last 24 hours: 105,932 succeeded, 925 failed",
            ),
            axis: say("Jam", "Hour"),
            places: (0..24).map(|hour| l.own(format!("{hour:02}{between}00"))).collect(),
            bars: vec![
                Bars { name: say("Berhasil", "Succeeded"), values: known(&SUCCEEDED) },
                Bars { name: say("Gagal", "Failed"), values: known(&FAILED) },
            ],
            lines: vec![Line {
                name: say("Rata-rata 30 hari", "30-day average"),
                values: AVERAGE.iter().copied().map(Some).collect(),
            }],
        },
    )
}

fn certificates(l: &Locale<'_>) -> Markup {
    let list = [
        ("AUTH dukcapil-ss1", "GOV/1001/DUKCAPIL", 6, Tone::Bad),
        ("SIGN bpjs-utama", "GOV/1014/BPJS", 19, Tone::Warning),
        ("TLS simpul.contoh", "simpul", 27, Tone::Warning),
        ("AUTH pajak-ss2", "GOV/1007/PAJAK", 88, Tone::Good),
        ("TSA waktu-1", "CA Negara", 214, Tone::Good),
    ];
    html! {
        ul.cert {
            @for (name, owner, days, tone) in list {
                li {
                    span { b { (name) } small.mono { (owner) } }
                    (tag(tone, None, &both(l, &format!("{days} hari"), &format!("{days} days"))))
                    (meter(tone, days * 1000 / 365))
                }
            }
        }
        p.small { a href=(l.path("/gallery/console")) { (both(l, "Semua 41 sertifikat", "All 41 certificates")) } }
    }
}

fn nodes(l: &Locale<'_>) -> Vec<Node> {
    let node = |name: &str, east: f64, north: f64, link: Link, note: crate::text::Msg| Node {
        name: l.own(name),
        east,
        north,
        link,
        note,
    };
    let ms = |n: u32| l.own(format!("{n} ms"));
    vec![
        node("Jakarta", 106.85, -6.2, Link::Here, l.own("")),
        node("Kuala Lumpur", 101.69, 3.15, Link::Up, ms(38)),
        node("Singapura", 103.82, 1.35, Link::Up, ms(24)),
        node("Bangkok", 100.5, 13.75, Link::Up, ms(61)),
        node("Ha Noi", 105.85, 21.03, Link::Slow, ms(410)),
        node("Manila", 120.98, 14.6, Link::Up, ms(72)),
        node("B.S. Begawan", 114.94, 4.9, Link::Up, ms(49)),
        node("Dili", 125.57, -8.56, Link::Down, both(l, "41 menit", "41 min")),
        node("Port Moresby", 147.18, -9.44, Link::Up, ms(133)),
    ]
}

fn faults(l: &Locale<'_>) -> Markup {
    let row =
        |time: &str, fault: &str, service: &str| vec![html! { (time) }, html! { (code(fault)) small { (service) } }];
    table(&Table {
        caption: both(l, "Gangguan terakhir", "Latest faults"),
        hidden_caption: true,
        columns: vec![
            Column::words(both(l, "Waktu", "Time")),
            Column::words(both(l, "Kode dan layanan", "Code and service")),
        ],
        rows: vec![
            row("13.52", "server.serverproxy.service_failed", "tl.sni/identitas/v1"),
            row("12.58", "server.serverproxy.access_denied", "pajak/penghasilan/v2"),
            row("12.31", "server.clientproxy.network_error", "tl.sni/identitas/v1"),
            row("09.07", "server.serverproxy.invalid_signature", "my.mqa/diploma/v1"),
        ],
    })
}
