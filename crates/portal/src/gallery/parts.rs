//! Every component in every state, on one page.

use axum::response::Response;
use maud::{Markup, html};

use super::{both, minute};
use crate::component::{
    Answer, Bars, Button, Chart, Icon, Kpi, Line, Pages, Source, Stage, StageState, Tone, actions, banner, chart,
    empty, error_summary, icon, kpis, meter, notice, pagination, stage_bar, stage_tracker, summary_list, tag, tags,
};
use crate::shell::Sheet;
use crate::site::Page;
use crate::text::{Locale, Msg};

pub(super) async fn show(page: Page) -> Response {
    let l = &page.locale();
    let title = both(l, "Galeri komponen", "Component gallery");
    let main = html! {
        (banner(l, &html! { (both(l, "Register kendaraan tidak menjawab. Kami menunggu kabar pukul ", "The vehicle register does not answer. We expect news at ")) (l.time(minute(200))) }))
        div.wrap.sec.stack-l {
            div { h1 { (title) } p.lead { (both(l, "Setiap komponen dalam setiap keadaan.", "Every component in every state.")) } }
            (section("buttons", &both(l, "Tombol", "Buttons"), &buttons(l)))
            (section("tags-all", &both(l, "Tanda", "Tags"), &marks(l)))
            (section("notices", &both(l, "Catatan dalam halaman", "Notices in a page"), &notices(l)))
            (section("summary", &both(l, "Ringkasan", "Summary"), &summary(l)))
            (section("stages", &both(l, "Tahap", "Stages"), &stages(l)))
            (section("figures", &both(l, "Angka", "Figures"), &figures(l)))
            (section("pages", &both(l, "Halaman", "Pages"), &html! {
                (pagination(l, &Pages { path: &l.path("/gallery"), here: 1, count: 3 }))
            }))
            (section("nothing", &both(l, "Kosong", "Empty"), &empty(Icon::Inbox, &both(l, "Belum ada permohonan.", "No applications yet."), &html! {
                (Button::link(l.path("/gallery/home"), both(l, "Cari layanan", "Find a service")))
            })))
            (section("icons", &both(l, "Ikon", "Icons"), &html! {
                ul.tags { @for one in Icon::ALL { li { span.tag { (icon(*one)) (one.name()) } } } }
            }))
        }
    };
    page.portal(&Sheet::new(title, main))
}

fn section(id: &str, title: &Msg, body: &Markup) -> Markup {
    html! { section.stack aria-labelledby=(id) { h2 id=(id) { (title) } (body) } }
}

fn buttons(l: &Locale<'_>) -> Markup {
    let path = l.path("/gallery");
    let words = |id: &str, en: &str| both(l, id, en);
    actions(&[
        html! { (Button::link(&path, words("Utama", "Main")).then(Icon::ArrowRight)) },
        html! { (Button::link(&path, words("Lain", "Quiet")).quiet().icon(Icon::Download)) },
        html! { (Button::link(&path, words("Tegas", "Stern")).stern()) },
        html! { (Button::link(&path, words("Kecil", "Small")).small()) },
        html! { (Button::link(&path, words("Kecil lain", "Small quiet")).quiet().small()) },
        html! { (Button::print(words("Cetak", "Print"))) },
        html! { a href=(path) { (words("Tautan biasa", "Plain link")) } },
    ])
}

fn marks(l: &Locale<'_>) -> Markup {
    let tones = [
        (Tone::Plain, "Menunggu", "Waiting"),
        (Tone::Active, "Diproses", "In progress"),
        (Tone::Good, "Selesai", "Done"),
        (Tone::Warning, "Terlambat", "Late"),
        (Tone::Bad, "Ditolak", "Refused"),
    ];
    tags(&tones.map(|(tone, id, en)| tag(tone, None, &both(l, id, en))))
}

fn notices(l: &Locale<'_>) -> Markup {
    let body = html! { p { (both(l, "Satu kalimat yang menjelaskan apa yang perlu dilakukan.", "One sentence that says what to do.")) } };
    let tones = [
        (Tone::Plain, "Untuk diketahui", "Good to know"),
        (Tone::Good, "Tersimpan", "Saved"),
        (Tone::Warning, "Perlu perhatian", "Needs attention"),
        (Tone::Bad, "Tidak dapat dilanjutkan", "Cannot continue"),
    ];
    html! {
        @for (tone, id, en) in tones { (notice(tone, &both(l, id, en), &body)) }
        (error_summary(l, &[("buttons".to_owned(), both(l, "Contoh galat yang menuju isiannya", "A sample error that leads to its field"))]))
    }
}

fn summary(l: &Locale<'_>) -> Markup {
    let source = Source { register: l.own("MQA Malaysia"), at: minute(15), dispute: l.path("/gallery") };
    summary_list(
        l,
        &[
            Answer {
                label: both(l, "Ijazah", "Diploma"),
                value: html! { "Bachelor of Nursing" },
                change: None,
                source: Some(source),
            },
            Answer {
                label: both(l, "Tujuan", "Purpose"),
                value: html! { (both(l, "Bekerja", "Work")) },
                change: Some(l.path("/gallery")),
                source: None,
            },
        ],
    )
}

fn stages(l: &Locale<'_>) -> Markup {
    let stage = |state: StageState, id: &str, en: &str, act: Option<Markup>| Stage {
        title: both(l, id, en),
        office: both(l, "Direktorat Pendidikan Tinggi", "Directorate of Higher Education"),
        promise: both(l, "2 hari kerja", "2 working days"),
        at: (state != StageState::Waiting).then(|| minute(60)),
        note: (state != StageState::Waiting)
            .then(|| both(l, "Satu kalimat tentang tahap ini.", "One sentence about this stage.")),
        act,
        state,
    };
    let button = html! { p { (Button::link(l.path("/gallery"), both(l, "Jawab sekarang", "Answer now")).small()) } };
    let all = [
        stage(StageState::Done, "Selesai", "Done", None),
        stage(StageState::Now, "Berjalan", "Going on", None),
        stage(StageState::NeedsYou, "Menunggu jawaban Anda", "Waiting for your answer", Some(button)),
        stage(StageState::Late, "Lewat janji", "Beyond its promise", None),
        stage(StageState::Stopped, "Berhenti", "Stopped", None),
        stage(StageState::Waiting, "Belum mulai", "Not begun", None),
    ];
    let bar: Vec<(StageState, Msg)> = all.iter().map(|stage| (stage.state, stage.title.clone())).collect();
    html! { (stage_bar(l, &bar)) (stage_tracker(l, "stages-sample", &l.ago(minute(0), minute(3)), &all)) }
}

fn figures(l: &Locale<'_>) -> Markup {
    let kpi = |tone: Tone, id: &str, en: &str| Kpi {
        label: both(l, id, en),
        value: l.number(1284),
        note: Some(both(l, "sasaran 1.000", "target 1,000")),
        tone,
    };
    html! {
        (kpis(&[
            kpi(Tone::Plain, "Biasa", "Plain"),
            kpi(Tone::Good, "Baik", "Good"),
            kpi(Tone::Warning, "Perlu dilihat", "Needs a look"),
            kpi(Tone::Bad, "Buruk", "Bad"),
        ]))
        (chart(l, &sample(l)))
        (meter(Tone::Good, 800)) (meter(Tone::Warning, 400)) (meter(Tone::Bad, 100))
    }
}

/// Three kinds of bars and four lines, one of which breaks.
fn sample(l: &Locale<'_>) -> Chart {
    let months = [("Jan", "Jan"), ("Feb", "Feb"), ("Mar", "Mar"), ("Apr", "Apr"), ("Mei", "May"), ("Jun", "Jun")];
    let values = |list: [u64; 6]| list.into_iter().map(Some).collect::<Vec<_>>();
    let bars = |id: &str, en: &str, list| Bars { name: both(l, id, en), values: values(list) };
    let line = |id: &str, en: &str, list| Line { name: both(l, id, en), values: list };
    let mut broken = values([20, 24, 22, 30, 34, 31]);
    broken.splice(2..3, [None]);
    Chart {
        id: "sample-table".to_owned(),
        summary: both(l, "Permohonan menurut hasil, Januari sampai Juni", "Applications by outcome, January to June"),
        axis: both(l, "Bulan", "Month"),
        places: months.iter().map(|(id, en)| both(l, id, en)).collect(),
        bars: vec![
            bars("Diterima", "Granted", [41, 52, 48, 61, 70, 66]),
            bars("Ditolak", "Refused", [6, 4, 7, 5, 8, 6]),
            bars("Ditarik", "Withdrawn", [3, 5, 2, 4, 3, 6]),
        ],
        lines: vec![
            line("Rata-rata", "Average", values([50, 55, 56, 60, 66, 70])),
            line("Tahun lalu", "Last year", broken),
            line("Batas", "Limit", values([90, 90, 90, 90, 90, 90])),
            line("Sasaran", "Target", values([60, 62, 64, 66, 68, 70])),
        ],
    }
}
