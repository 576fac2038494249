//! Questions in every state, one question on a page, tasks, checking and confirming.

use axum::response::Response;
use maud::{Markup, html};

use super::{both, minute};
use crate::PageError;
use crate::component::field::{
    Choice, Field, Kind, TextInput, TypedDate, Width, checkboxes, date, radios, select, text_area, text_input,
};
use crate::component::{
    Answer, Button, Icon, Source, Task, TaskState, Tone, back, card, confirmation, details, error_summary, notice,
    summary_list, task_list,
};
use crate::shell::Sheet;
use crate::site::{Page, Post, Typed};
use crate::text::Locale;

/// Every kind of field, sound and wrong.
pub(super) async fn show(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let wrong = || Some(say("Isi nomor paspor, misalnya C1234567", "Enter a passport number, such as C1234567"));
    let title = say("Isian", "Fields");
    let states = [
        Choice::new("my", l.own("Malaysia"))
            .hint(say("Bukti diambil dari registernya.", "Evidence comes from its register.")),
        Choice::new("sg", say("Singapura", "Singapore")),
        Choice::new("ph", say("Filipina", "Philippines")),
    ];
    let typed = TypedDate { day: "31".into(), month: "2".into(), year: "1998".into() };
    let both_states = |mark: &str, error: bool| {
        let field = |name: &str, id: &str, en: &str| {
            let field = Field::new(format!("{name}-{mark}"), say(id, en));
            if error { field.error(wrong()) } else { field }
        };
        html! {
            (text_input(l, &field("passport", "Nomor paspor", "Passport number").hint(say("Di bagian atas halaman foto.", "At the top of the photo page.")), &TextInput { value: if error { "12".into() } else { String::new() }, width: Width::Ten, ..TextInput::default() }))
            (text_input(l, &field("mail", "Surel", "Email").optional(), &TextInput { kind: Kind::Email, width: Width::Twenty, autocomplete: Some("email"), ..TextInput::default() }))
            (text_input(l, &field("income", "Penghasilan sebulan", "Monthly income"), &TextInput { kind: Kind::Amount, prefix: Some("Rp".into()), value: "7.500.000".into(), ..TextInput::default() }))
            (date(l, &field("born", "Tanggal lahir", "Date of birth").hint(say("Misalnya 27 3 1998", "For example 27 3 1998")), &typed))
            (radios(l, &field("state", "Di mana Anda kuliah?", "Where did you study?"), &states, (!error).then_some("my")))
            (checkboxes(l, &field("docs", "Apa yang Anda punya?", "What do you have?"), &states, &["sg".to_owned()]))
            (select(l, &field("city", "Kota", "City"), &states, None))
            (text_area(l, &field("story", "Ceritakan", "Tell us"), "\nbaris kedua", 4))
        }
    };
    let main = html! {
        div.wrap.sec {
            h1 { (title) }
            div.two.gap {
                div.form { h2 { (say("Baik", "Sound")) } (both_states("a", false)) }
                div.form { h2 { (say("Keliru", "Wrong")) } (both_states("b", true)) }
            }
        }
    };
    page.portal(&Sheet::new(title, main))
}

pub(super) async fn ask(mut page: Page) -> Result<Response, PageError> {
    page.begin().await?;
    let typed = Typed::default();
    let form = page.form("/gallery/question", &questions(&page.locale(), &typed))?;
    Ok(question(&page, &typed, &form))
}

/// A real form: errors come back with 422, a sound one leads on with 303.
pub(super) async fn answer(post: Post) -> Result<Response, PageError> {
    let l = post.page.locale();
    let mut typed = post.typed.clone();
    if typed.value("name").trim().is_empty() {
        typed.wrong("name", both(&l, "Isi nama lengkap seperti di ijazah", "Enter the full name as on the diploma"));
    }
    if TypedDate::of("graduated", |name| typed.value(name)).read().is_err() {
        typed.wrong(
            "graduated",
            both(
                &l,
                "Tanggal lulus harus tanggal yang benar, misalnya 27 11 2019",
                "The date of graduation must be a real date, such as 27 11 2019",
            ),
        );
    }
    if typed.failed() {
        let form = post.page.form_again("/gallery/question", &post, &questions(&l, &typed))?;
        return Ok(question(&post.page, &typed, &form));
    }
    post.page.once(&post, async { Ok("/gallery/check".to_owned()) }).await
}

fn questions(l: &Locale<'_>, typed: &Typed) -> Markup {
    let say = |id: &str, en: &str| both(l, id, en);
    let name = Field::new("name", say("Nama lengkap", "Full name"))
        .hint(say("Tulis persis seperti di ijazah.", "Write it exactly as on the diploma."))
        .error(typed.error("name"));
    let graduated = Field::new("graduated", say("Tanggal lulus", "Date of graduation"))
        .hint(say("Misalnya 27 11 2019", "For example 27 11 2019"))
        .error(typed.error("graduated"));
    html! {
        (text_input(l, &name, &TextInput { value: typed.value("name"), width: Width::Twenty, autocomplete: Some("name"), ..TextInput::default() }))
        (date(l, &graduated, &TypedDate::of("graduated", |field| typed.value(field))))
        div.acts {
            (Button::submit(say("Simpan dan lanjutkan", "Save and continue")))
            a href=(l.path("/gallery/tasks")) { (say("Simpan dan lanjut nanti", "Save and come back later")) }
        }
    }
}

fn question(page: &Page, typed: &Typed, form: &Markup) -> Response {
    let l = &page.locale();
    let title = both(l, "Nama siapa yang tertulis di ijazah?", "Whose name is on the diploma?");
    let main = html! {
        div.wrap.sec {
            (back(l, &l.path("/gallery/tasks")))
            (error_summary(l, typed.errors()))
            p.small.mute { (both(l, "Penyetaraan ijazah · pertanyaan 2 dari 4", "Recognition of a diploma · question 2 of 4")) }
            h1 { (title) }
            div.gap { (form) }
        }
    };
    page.portal(&Sheet::new(title, main).failed(typed.failed()).at("/cases"))
}

pub(super) async fn tasks(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let title = say("Penyetaraan ijazah: langkah Anda", "Recognition of a diploma: your steps");
    let task = |id: &str, en: &str, state: TaskState| Task {
        title: say(id, en),
        path: (state != TaskState::Closed).then(|| l.path("/gallery/question")),
        hint: Some(say("Sekitar 2 menit", "About 2 minutes")),
        state,
    };
    let main = html! {
        div.wrap.sec {
            div.two {
                div.stack {
                    h1 { (title) }
                    p.lead { (say("2 dari 5 langkah selesai. Setiap jawaban langsung disimpan.", "2 of 5 steps are done. Every answer is saved at once.")) }
                    (task_list(l, &[
                        task("Siapa Anda", "Who you are", TaskState::Done),
                        task("Ijazah Anda", "Your diploma", TaskState::Wrong),
                        task("Bukti dari Malaysia", "Evidence from Malaysia", TaskState::Next),
                        task("Tujuan penyetaraan", "What it is for", TaskState::Later),
                        task("Periksa dan kirim", "Check and send", TaskState::Closed),
                    ]))
                }
                aside.stack aria-label=(say("Bantuan", "Help").plain()) {
                    (card("later", &say("Lanjut nanti?", "Later?"), &html! { p.small { (say("Jawaban Anda tersimpan 30 hari.", "Your answers are kept for 30 days.")) } }))
                }
            }
        }
    };
    page.portal(&Sheet::new(title, main).at("/cases"))
}

pub(super) async fn check(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let title = say("Periksa jawaban Anda", "Check your answers");
    let fetched = |id: &str, en: &str, value: Markup, register: &str| Answer {
        label: say(id, en),
        value,
        change: None,
        source: Some(Source { register: l.own(register), at: minute(14), dispute: l.path("/gallery/question") }),
    };
    let main = html! {
        div.wrap.sec.stack {
            (back(l, &l.path("/gallery/tasks")))
            h1 { (title) }
            (notice(Tone::Active, &say("Dua jawaban berasal dari register", "Two answers came from registers"), &html! {
                p.small { (say("Bila ada yang keliru, katakan di sini. Petugas akan memeriksanya pada register.", "If something is wrong, say so here. An officer will look into it at the register.")) }
            }))
            (summary_list(l, &[
                fetched("Nama", "Name", html! { "Sekar Ayu Prameswari" }, "Dinas Kependudukan Kota Contoh"),
                fetched("Ijazah", "Diploma", html! { "Bachelor of Nursing" p.small { "Universiti Contoh Malaysia, 2019" } }, "MQA Malaysia"),
                Answer { label: say("Tujuan", "Purpose"), value: html! { (say("Bekerja sebagai perawat", "To work as a nurse")) }, change: Some(l.path("/gallery/question")), source: None },
                Answer { label: say("Surel", "Email"), value: html! { "sekar@contoh.example" }, change: Some(l.path("/gallery/question")), source: None },
            ]))
            (details("why", &say("Apa yang terjadi setelah ini?", "What happens next?"), false, &html! {
                p { (say("Dua petugas memutuskan dalam 5 hari kerja.", "Two officers decide within 5 working days.")) }
            }))
            div.acts { (Button::link(l.path("/gallery/done"), say("Setuju dan kirim", "Agree and send")).then(Icon::ArrowRight)) }
        }
    };
    page.portal(&Sheet::new(title, main).at("/cases"))
}

pub(super) async fn done(page: Page) -> Response {
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let title = say("Permohonan terkirim", "Application sent");
    let main = html! {
        div.wrap.sec {
            div.two {
                div.stack {
                    (confirmation(l, &title, "K7QF-2M9X-4"))
                    h2 { (say("Selanjutnya", "What happens next")) }
                    p { (say("Direktorat Pendidikan Tinggi memberi keputusan paling lambat 24 November 2026. Anda akan menerima pesan.", "The Directorate of Higher Education decides by 24 November 2026. You will get a message.")) }
                    div.acts {
                        (Button::link(l.path("/gallery/case"), say("Lihat kemajuan", "See progress")).then(Icon::ArrowRight))
                        (Button::print(say("Cetak tanda terima", "Print the receipt")))
                    }
                }
            }
        }
    };
    page.portal(&Sheet::new(title, main).at("/cases"))
}
