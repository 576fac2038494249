//! The home page.

use axum::response::Response;
use maud::html;

use super::both;
use crate::component::{
    Button, Hero, Icon, Resume, Service, StageState, Tile, Tone, hero, icon, promises, resume, services, stage_bar,
    tag, tiles,
};
use crate::shell::Sheet;
use crate::site::Page;
use crate::text::{Currency, Locale, Money, Msg};

pub(super) async fn show(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let title = say("Satu pintu untuk semua urusan Anda", "One door for everything you need");
    let quick = [
        ("Paspor", "Passport"),
        ("Ijazah luar negeri", "Foreign diploma"),
        ("Pindah alamat", "Change of address"),
        ("Pajak tahunan", "Annual tax"),
    ];
    let stages = [
        (StageState::Done, say("Permohonan diterima", "Application received")),
        (StageState::Done, say("Bukti dari Malaysia", "Evidence from Malaysia")),
        (StageState::Now, say("Penilaian kesetaraan", "Equivalence assessment")),
        (StageState::Waiting, say("Keputusan", "Decision")),
        (StageState::Waiting, say("Surat terbit", "Letter issued")),
    ];
    let main = html! {
        (hero(l, &Hero {
            title: title.clone(),
            lead: say(
                "Cari layanan, ajukan sekali, lalu pantau setiap tahapnya. Data yang sudah dimiliki pemerintah tidak akan diminta lagi.",
                "Find a service, apply once, then follow every stage. You are never asked for data that the government already holds.",
            ),
            search: l.path("/gallery/home"),
            example: say("Misalnya: ijazah, pindah alamat, pajak", "For example: diploma, address, tax"),
            quick: quick.iter().map(|(id, en)| (say(id, en), l.path("/gallery/home"))).collect(),
        }))
        (resume(l, &Resume {
            title: say("Penyetaraan ijazah perawat", "Recognition of a nursing diploma"),
            path: l.path("/gallery/case"),
            reference: "K7QF-2M9X-4".to_owned(),
            progress: stage_bar(l, &stages),
            promise: say("Dijanjikan selesai 20 November 2026", "Promised for 20 November 2026"),
        }))
        section.wrap.sec aria-labelledby="events" {
            div.sec-h {
                h2 #events { (say("Layanan menurut peristiwa hidup", "Services by life event")) }
                a href=(l.path("/gallery/home")) { (say("Semua 150 layanan", "All 150 services")) }
            }
            (tiles(&life_events(l)))
        }
        div.wrap.sec {
            div.two {
                section aria-labelledby="most" {
                    h2 #most { (say("Paling sering diurus", "Most used")) }
                    (services(&most_used(l)))
                }
                (promises(&say("Janji layanan kami", "Our promise"), &[
                    (Icon::FileBadge, say("Cukup sekali", "Once only"), say("Data yang sudah kami miliki tidak diminta lagi.", "We never ask again for data that we hold.")),
                    (Icon::Activity, say("Selalu terlihat", "Always visible"), say("Setiap tahap punya penanggung jawab dan batas waktu.", "Every stage has an owner and a deadline.")),
                    (Icon::Eye, say("Anda yang mengawasi", "You keep watch"), say("Lihat siapa membuka data Anda, kapan, dan mengapa.", "See who opened your data, when and why.")),
                ]))
            }
        }
        div.band {
            section.wrap aria-labelledby="voice" {
                div.sec-h { h2 #voice { (say("Ikut menentukan", "Have your say")) } }
                div.cols { @for one in consultations(l) { (one) } }
            }
        }
    };
    page.portal(&Sheet::new(title, main).at("/"))
}

fn life_events(l: &Locale<'_>) -> Vec<Tile> {
    let tile = |sign: Icon, id: (&str, &str), en: (&str, &str)| Tile {
        sign,
        title: both(l, id.0, en.0),
        path: l.path("/gallery/home"),
        about: both(l, id.1, en.1),
    };
    vec![
        tile(
            Icon::Baby,
            ("Kelahiran dan anak", "Akta, Kartu Keluarga, imunisasi · 14 layanan"),
            ("Birth and children", "Certificates, family card, vaccination · 14 services"),
        ),
        tile(
            Icon::GraduationCap,
            ("Sekolah dan kuliah", "Beasiswa, penyetaraan ijazah · 22 layanan"),
            ("School and university", "Grants, diploma recognition · 22 services"),
        ),
        tile(
            Icon::Briefcase,
            ("Kerja dan usaha", "Izin usaha, pajak, jaminan kerja · 38 layanan"),
            ("Work and business", "Licences, tax, work insurance · 38 services"),
        ),
        tile(
            Icon::HeartPulse,
            ("Kesehatan", "Kepesertaan, rujukan, rekam medis · 19 layanan"),
            ("Health", "Membership, referrals, records · 19 services"),
        ),
        tile(
            Icon::House,
            ("Rumah dan tanah", "Sertifikat, izin bangunan, pindah · 17 layanan"),
            ("Home and land", "Titles, permits, moving · 17 services"),
        ),
        tile(
            Icon::Car,
            ("Kendaraan dan jalan", "SIM, pajak kendaraan, tilang · 11 layanan"),
            ("Vehicles and roads", "Licence, vehicle tax, fines · 11 services"),
        ),
        tile(
            Icon::Plane,
            ("Ke luar negeri", "Paspor, visa, pekerja migran · 16 layanan"),
            ("Going abroad", "Passport, visa, migrant workers · 16 services"),
        ),
        tile(
            Icon::HandCoins,
            ("Bantuan dan pensiun", "Bantuan sosial, pensiun, disabilitas · 13 layanan"),
            ("Support and pensions", "Social aid, pension, disability · 13 services"),
        ),
    ]
}

fn most_used(l: &Locale<'_>) -> Vec<Service> {
    let free = || both(l, "Gratis", "Free");
    let row = |id: &str, en: &str, time: Msg, cost: Msg| Service {
        title: both(l, id, en),
        path: l.path("/gallery/home"),
        meta: vec![
            (Icon::Clock, time),
            (Icon::HandCoins, cost),
            (Icon::FileBadge, both(l, "Tanpa unggah dokumen", "Nothing to upload")),
        ],
    };
    let passport = l.money(Money { amount: 350_000, currency: Currency::Idr });
    vec![
        row(
            "Penyetaraan ijazah dari Malaysia",
            "Recognition of a diploma from Malaysia",
            both(l, "5 hari kerja", "5 working days"),
            free(),
        ),
        row("Pindah alamat", "Change of address", both(l, "1 hari kerja", "1 working day"), free()),
        row("Lapor pajak tahunan", "Annual tax return", both(l, "15 menit", "15 minutes"), free()),
        row("Perpanjang paspor", "Renew a passport", both(l, "3 hari kerja", "3 working days"), passport),
    ]
}

fn consultations(l: &Locale<'_>) -> [maud::Markup; 2] {
    let one = |closes: Msg, title: Msg, about: Msg, count: i64| {
        html! {
            article.card.stack {
                (tag(Tone::Warning, Some(Icon::CalendarClock), &closes))
                h3 { (title) }
                p.small { (about) }
                div.acts {
                    (Button::link(l.path("/gallery/home"), both(l, "Beri tanggapan", "Give your view")).quiet().small().about(title.clone()))
                    span.small.mute.row { (icon(Icon::MessageSquare)) (l.number(count)) " " (both(l, "tanggapan", "views")) }
                }
            }
        }
    };
    [
        one(
            both(l, "Ditutup 12 Desember 2026", "Closes 12 December 2026"),
            both(l, "Rancangan aturan pelindungan data anak di sekolah", "Draft rule on children's data in schools"),
            both(
                l,
                "Siapa yang boleh menyimpan data murid, dan berapa lama.",
                "Who may keep pupils' data, and for how long.",
            ),
            1284,
        ),
        one(
            both(l, "Ditutup 30 Desember 2026", "Closes 30 December 2026"),
            both(l, "Jam layanan loket bandara untuk pekerja migran", "Airport desk hours for migrant workers"),
            both(
                l,
                "Pilih jam yang paling membantu saat berangkat dan pulang.",
                "Choose the hours that help most when leaving and returning.",
            ),
            417,
        ),
    ]
}
