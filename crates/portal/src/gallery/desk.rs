//! The officer's queue.

use axum::response::Response;
use maud::{Markup, html};

use super::both;
use crate::component::Button;
use crate::component::{Column, Icon, Kpi, Person, Table, Tone, card, empty, kpis, meter, person_card, table, tag};
use crate::shell::{DESK, Place, Sheet};
use crate::site::Page;

pub(super) async fn show(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let title = say("Antrean saya", "My queue");
    let kpi = |label, value, note, tone| Kpi { label, value, note: Some(note), tone };
    let row = |reference: &str,
               who: &str,
               service: (&str, &str),
               tone: Tone,
               left: (&str, &str),
               share: u32|
     -> Vec<Markup> {
        vec![
            html! { a.mono href=(l.path("/gallery/desk")) { (reference) } },
            html! { (who) },
            html! { (say(service.0, service.1)) },
            html! { (tag(tone, Some(Icon::Timer), &say(left.0, left.1))) (meter(tone, share)) },
        ]
    };
    let main = html! {
        div.ch {
            div { h1 { (title) } p.small.mute { (say("Direktorat Pendidikan Tinggi", "Directorate of Higher Education")) } }
            (Button::link(l.path("/gallery/desk"), say("Ambil perkara berikutnya", "Take the next case")).icon(Icon::ClipboardCheck))
        }
        (kpis(&[
            kpi(say("Perkara saya", "My cases"), l.number(7), say("tim: 41", "team: 41"), Tone::Plain),
            kpi(say("Tepat waktu, 30 hari", "On time, 30 days"), l.percent(964, 1), say("sasaran 95%", "target 95%"), Tone::Good),
            kpi(say("Lewat batas", "Overdue"), l.number(1), say("sejak kemarin", "since yesterday"), Tone::Bad),
        ]))
        div.grid {
            section.card.c8 aria-labelledby="queue" {
                div.card-h { h2 #queue { (say("Menurut batas waktu", "By deadline")) } }
                (table(&Table {
                    caption: title.clone(),
                    hidden_caption: true,
                    columns: vec![
                        Column::words(say("Rujukan", "Reference")),
                        Column::words(say("Pemohon", "Applicant")),
                        Column::words(say("Layanan", "Service")),
                        Column::words(say("Batas waktu", "Deadline")),
                    ],
                    rows: vec![
                        row("P3WD-8KTA-H", "Bima Saputra", ("Penyetaraan ijazah", "Recognition of a diploma"), Tone::Bad, ("lewat 1 hari", "1 day over"), 1000),
                        row("K7QF-2M9X-4", "Sekar Ayu Prameswari", ("Penyetaraan ijazah", "Recognition of a diploma"), Tone::Warning, ("6 jam lagi", "6 hours left"), 870),
                        row("R9HC-4VLE-7", "Nadia Kusuma", ("Pindah alamat", "Change of address"), Tone::Good, ("3 hari lagi", "3 days left"), 300),
                    ],
                }))
            }
            div.c4.stack {
                (card("person", &say("Pemohon", "Applicant"), &person_card(&Person {
                    name: l.own("Sekar Ayu Prameswari"),
                    role: say("Perawat, 28 tahun", "Nurse, 28 years old"),
                    facts: vec![(say("Alamat", "Address"), html! { "Kota Contoh" }), (say("Perkara lain", "Other cases"), html! { (l.number(0)) })],
                })))
                (card("second", &say("Menunggu keputusan kedua", "Waiting for a second decision"), &empty(Icon::Inbox, &say("Tidak ada yang menunggu Anda.", "Nothing waits for you."), &html! {
                    (Button::link(l.path("/gallery/desk"), say("Lihat keputusan tim", "See the team's decisions")).quiet().small())
                })))
            }
        }
    };
    let menu: Vec<Place> =
        DESK.iter().map(|place| if place.path == "/desk/decisions" { place.waiting(2) } else { *place }).collect();
    page.desk(&menu, &Sheet::new(title, main).at("/desk"))
}
