//! Who used my data.

use axum::response::Response;
use maud::html;

use super::{both, minute};
use crate::component::field::{Choice, Field, select};
use crate::component::{Access, Button, Icon, Kpi, Pages, Tone, crumbs, kpis, pagination, timeline};
use crate::shell::Sheet;
use crate::site::Page;
use crate::text::{Locale, Msg};

pub(super) async fn show(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let title = say("Siapa yang memakai data saya", "Who used my data");
    let kpi = |id: &str, en: &str, value: i64| Kpi {
        label: say(id, en),
        value: l.number(value),
        note: None,
        tone: Tone::Plain,
    };
    let all = [Choice::new("1", say("Dinas Kependudukan", "Civil registry")), Choice::new("2", l.own("MQA Malaysia"))];
    let days = ["30", "90", "365"].map(|n| Choice::new(n, say(&format!("{n} hari"), &format!("{n} days"))));
    let path = l.path("/gallery/trail");
    let period = page.query("period");
    let here = page.query("page").parse().ok().filter(|n| (1..=7).contains(n)).unwrap_or(2);
    let main = html! {
        div.head {
            div.wrap {
                (crumbs(l, &[(l.path("/"), say("Beranda", "Home"))], &say("Jejak data", "Data trail")))
                h1 { (title) }
                p.lead { (say(
                    "Setiap kali lembaga membuka data Anda, catatannya muncul di sini dalam satu menit. Catatan ini ditandatangani dan tidak dapat dihapus.",
                    "Each time an agency opens your data a record appears here within a minute. It is signed and cannot be erased.",
                )) }
                (kpis(&[
                    kpi("Akses, 30 hari", "Accesses, 30 days", 23),
                    kpi("Lembaga", "Agencies", 6),
                    kpi("Dari luar negeri", "From abroad", 1),
                    kpi("Ditolak sistem", "Refused by the system", 1),
                ]))
            }
        }
        div.wrap.sec {
            form.filt method="get" action=(path) {
                (select(l, &Field::new("agency", say("Lembaga", "Agency")), &all, None))
                (select(l, &Field::new("period", say("Kurun waktu", "Period")), &days, Some(if days.iter().any(|one| one.value == period) { &period } else { "30" })))
                (Button::submit(say("Saring", "Filter")).icon(Icon::Search))
                (Button::link(&path, say("Unduh CSV", "Download CSV")).quiet().icon(Icon::Download))
            }
            (timeline(l, &l.date(minute(1440)), &today(l)))
            (timeline(l, &l.date(minute(0)), &before(l)))
            div.sec { (pagination(l, &Pages { path: &path, here, count: 7 })) }
        }
    };
    page.portal(&Sheet::new(title, main).at("/data-trail"))
}

fn access(l: &Locale<'_>, id: &str, sign: Icon, who: Msg, at: i64, purpose: Msg) -> Access {
    let fact = |label_id: &str, label_en: &str, value: maud::Markup| (both(l, label_id, label_en), value);
    Access {
        id: format!("access-{id}"),
        sign,
        who,
        at: minute(at),
        purpose,
        data: Vec::new(),
        marks: Vec::new(),
        facts: vec![
            fact("Melalui layanan", "Through service", html! { span.mono { "MY/GOV/2002/mqa/diploma/v1" } }),
            fact(
                "Bukti bertanda tangan",
                "Signed evidence",
                html! { a.mono href=(l.path("/gallery/trail")) { (id) ".asice" } },
            ),
        ],
        act: Some(html! {
            (Button::link(l.path("/gallery/question"), both(l, "Tanyakan akses ini", "Ask about this access")).quiet().small().about(l.own(id)))
        }),
        flagged: false,
    }
}

fn today(l: &Locale<'_>) -> Vec<Access> {
    let say = |id: &str, en: &str| both(l, id, en);
    let mut assessment = access(
        l,
        "8f0c-51ab",
        Icon::Landmark,
        say("Direktorat Pendidikan Tinggi", "Directorate of Higher Education"),
        1531,
        say("Menilai ijazah, permohonan K7QF-2M9X-4", "Assessing a diploma, application K7QF-2M9X-4"),
    );
    assessment.data = vec![say("Nama", "Name"), say("Ijazah", "Diploma"), say("Jam praktik", "Hours of practice")];
    let mut refused = access(
        l,
        "1d77-c0f4",
        Icon::Landmark,
        l.own("Koperasi Maju Bersama"),
        1097,
        say("Permintaan data penghasilan tanpa persetujuan Anda", "Asked for income data without your consent"),
    );
    refused.data = vec![say("Penghasilan", "Income")];
    refused.marks = vec![(Tone::Bad, None, say("Ditolak, data tidak dikirim", "Refused, no data sent"))];
    refused.flagged = true;
    refused.facts.insert(0, (say("Dasar hukum", "Legal basis"), html! { (say("Tidak ada", "None")) }));
    vec![assessment, refused]
}

fn before(l: &Locale<'_>) -> Vec<Access> {
    let say = |id: &str, en: &str| both(l, id, en);
    let mut registry = access(
        l,
        "a91e-77c2",
        Icon::Building2,
        say("Dinas Kependudukan Kota Contoh", "Civil registry, Contoh City"),
        122,
        say("Mencocokkan nama dan tanggal lahir", "Matching name and date of birth"),
    );
    registry.data = vec![say("Nama", "Name"), say("Tanggal lahir", "Date of birth")];
    let mut abroad = access(
        l,
        "44b0-9e21",
        Icon::Globe,
        l.own("MQA Malaysia"),
        15,
        say("Memastikan ijazah, atas permintaan Anda", "Confirming a diploma, at your request"),
    );
    abroad.data = vec![say("Ijazah", "Diploma"), say("Nama", "Name")];
    abroad.marks = vec![(Tone::Active, Some(Icon::Globe), say("Lintas negara", "Cross-border"))];
    vec![registry, abroad]
}
