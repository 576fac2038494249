//! A letter, to read and to print.

use axum::response::Response;
use maud::html;

use super::{both, minute};
use crate::component::{Button, Icon, Letter, Signature, back, letter};
use crate::shell::Sheet;
use crate::site::Page;

pub(super) async fn show(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let brand = page.site().brand();
    let title = say("Surat penyetaraan ijazah", "Letter of recognition");
    let signed =
        |name: &str, id: &str, en: &str, at: i64| Signature { name: l.own(name), title: say(id, en), at: minute(at) };
    let sheet = Letter {
        mark: brand.mark_path(),
        office: say("Direktorat Pendidikan Tinggi", "Directorate of Higher Education"),
        government: brand.government.on(l.lang()),
        number: l.own("DPT/2026/11/00417"),
        subject: say("Penyetaraan ijazah sarjana keperawatan", "Recognition of a Bachelor of Nursing"),
        to: l.own("Sekar Ayu Prameswari"),
        at: minute(3 * 1440),
        body: html! {
            p { (say(
                "Ijazah Bachelor of Nursing dari Universiti Contoh Malaysia, tahun 2019, dinyatakan setara dengan gelar sarjana keperawatan.",
                "The Bachelor of Nursing of Universiti Contoh Malaysia, 2019, is recognised as equivalent to a bachelor's degree in nursing.",
            )) }
            p { (say(
                "Keputusan ini diambil oleh dua petugas berdasarkan data yang diterima langsung dari register di Malaysia.",
                "The decision was taken by two officers on data received directly from the register in Malaysia.",
            )) }
        },
        signatures: vec![
            signed("Dwi Hartanto", "Penilai", "Assessor", 3 * 1440 + 65),
            signed("Ratna Wulandari", "Kepala bidang", "Head of division", 3 * 1440 + 93),
        ],
        proof: html! {
            (say("Siapa saja dapat memeriksa surat ini dengan ", "Anyone can verify this letter with ")) code { "simpul verify DPT-2026-11-00417.asice" } "."
        },
    };
    let main = html! {
        div.wrap.sec.stack {
            (back(l, &l.path("/gallery/home")))
            h1 { (title) }
            div.acts {
                (Button::print(say("Cetak surat", "Print the letter")))
                (Button::link(l.path("/gallery/letter"), say("Unduh bukti (ASiC-E)", "Download evidence (ASiC-E)")).quiet().icon(Icon::Download))
            }
            (letter(l, &sheet))
        }
    };
    page.portal(&Sheet::new(title, main).at("/letters"))
}
