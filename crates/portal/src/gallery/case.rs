//! A case with its live tracker.

use std::sync::Arc;

use axum::extract::Extension;
use axum::response::Response;
use maud::{Markup, html};

use super::{Progress, both, minute};
use crate::PageError;
use crate::component::{
    Button, Icon, Live, Stage, StageState, card, crumbs, facts, fetched, live_region, stage_tracker,
};
use crate::live::Event;
use crate::shell::Sheet;
use crate::site::{Page, Post};
use crate::text::Locale;

const TOPIC: &str = "gallery/case";

pub(super) async fn show(mut page: Page, Extension(progress): Extension<Arc<Progress>>) -> Result<Response, PageError> {
    page.begin().await?;
    let l = &page.locale();
    let say = |id: &str, en: &str| both(l, id, en);
    let title = say("Penyetaraan ijazah perawat", "Recognition of a nursing diploma");
    let label = say("Perjalanan permohonan", "Progress of the application");
    let events = l.path("/gallery/case/events");
    let advance = page.form(
        "/gallery/case/next",
        &html! { (Button::submit(say("Majukan satu tahap", "Advance one stage")).quiet().small().icon(Icon::History)) },
    )?;
    let main = html! {
        div.head {
            div.wrap {
                (crumbs(l, &[(l.path("/"), say("Beranda", "Home")), (l.path("/gallery/home"), say("Permohonan", "Applications"))], &title))
                h1 { (title) }
                p.lead { (say(
                    "Ijazah Anda diperiksa langsung pada registernya di Malaysia. Anda tidak perlu mengunggah apa pun.",
                    "Your diploma is checked at its register in Malaysia. There is nothing to upload.",
                )) }
                (facts(&[
                    (say("Nomor rujukan", "Reference"), html! { span.mono { "K7QF-2M9X-4" } }),
                    (say("Pemohon", "Applicant"), html! { "Sekar Ayu Prameswari" }),
                    (say("Diajukan", "Applied"), html! { (l.date(minute(14))) }),
                    (say("Dijanjikan selesai", "Promised for"), html! { (l.date(minute(3 * 1440))) }),
                ]))
            }
        }
        div.wrap.sec {
            div.two {
                (live_region(l, &Live { events: &events, id: "case", label: label.plain() }, &html! { div.gap { (tracker(l, progress.stage())) } }))
                aside.stack aria-label=(say("Tentang permohonan ini", "About this application").plain()) {
                    (card("fetched", &say("Data yang kami ambil, bukan Anda", "What we fetched, so that you need not"), &html! {
                        (fetched(&[
                            (say("Ijazah sarjana keperawatan", "Bachelor of Nursing"), l.own("MQA Malaysia")),
                            (say("Nama dan tanggal lahir", "Name and date of birth"), say("Dinas Kependudukan", "Civil registry")),
                            (say("Izin praktik perawat", "Nursing licence"), l.own("Lembaga Jururawat Malaysia")),
                        ]))
                        p.small { a href=(l.path("/gallery/trail")) { (say("Lihat jejak data saya", "See my data trail")) } }
                    }))
                    (card("ask", &say("Ada yang perlu ditanyakan?", "Any question?"), &html! {
                        div.stack {
                            p.small.mute { (say("Petugas menjawab rata-rata dalam 3 jam pada hari kerja.", "An officer answers within 3 hours on working days, on average.")) }
                            p { (Button::link(l.path("/gallery/question"), say("Kirim pesan ke petugas", "Message the officer")).icon(Icon::MessageSquare)) }
                            p { (Button::print(say("Cetak bukti", "Print proof"))) }
                            (advance)
                        }
                    }))
                }
            }
        }
    };
    Ok(page.portal(&Sheet::new(title, main).at("/cases")))
}

pub(super) async fn events(page: Page, Extension(progress): Extension<Arc<Progress>>) -> Result<Response, PageError> {
    let l = page.locale();
    page.live(TOPIC, || vec![Event::patch(tracker(&l, progress.stage()))])
}

pub(super) async fn advance(Extension(progress): Extension<Arc<Progress>>, post: Post) -> Result<Response, PageError> {
    let work = async {
        let stage = progress.advance();
        post.page.site().tell(TOPIC, |l| {
            let news = both(l, "Tahap permohonan berubah.", "The stage of the application changed.");
            vec![Event::patch(tracker(l, stage)), Event::say(&news)]
        })?;
        Ok("/gallery/case".to_owned())
    };
    post.page.once(&post, work).await
}

/// The tracker when stage `now` goes on.
fn tracker(l: &Locale<'_>, now: usize) -> Markup {
    let say = |id: &str, en: &str| both(l, id, en);
    let at_once = || say("seketika", "at once");
    let office = say("Direktorat Pendidikan Tinggi", "Directorate of Higher Education");
    let day = |n: &str| say(&format!("{n} hari kerja"), &format!("{n} working days"));
    let all = [
        (
            say("Permohonan diterima", "Application received"),
            l.own("Portal Simpul"),
            at_once(),
            say(
                "Nama dan tanggal lahir diambil dari Dinas Kependudukan.",
                "Name and date of birth came from the civil registry.",
            ),
        ),
        (
            say("Bukti dari Malaysia", "Evidence from Malaysia"),
            l.own("MQA Malaysia"),
            say("1 hari kerja", "1 working day"),
            say("Ijazah ditemukan dan cocok dengan nama Anda.", "The diploma was found and matches your name."),
        ),
        (
            say("Penilaian kesetaraan", "Equivalence assessment"),
            office.clone(),
            day("2"),
            say(
                "Penilai Dwi Hartanto memeriksa mata kuliah dan jam praktik.",
                "Assessor Dwi Hartanto is checking courses and hours of practice.",
            ),
        ),
        (
            say("Keputusan dua petugas", "Decision by two officers"),
            office,
            say("1 hari kerja", "1 working day"),
            say("Petugas kedua memeriksa keputusan.", "A second officer checks the decision."),
        ),
        (
            say("Surat masuk ke dokumen Anda", "Letter in your documents"),
            l.own("Portal Simpul"),
            at_once(),
            say("Surat dapat diperiksa siapa saja.", "Anyone can verify the letter."),
        ),
    ];
    let stages: Vec<Stage> = all
        .into_iter()
        .enumerate()
        .map(|(i, (title, office, promise, note))| {
            let state = match i.cmp(&now) {
                std::cmp::Ordering::Less => StageState::Done,
                std::cmp::Ordering::Equal => StageState::Now,
                std::cmp::Ordering::Greater => StageState::Waiting,
            };
            let begun = i <= now;
            let at = begun.then(|| minute(14 + 108 * i64::try_from(i).unwrap_or(0)));
            Stage { title, office, promise, at, note: begun.then_some(note), act: None, state }
        })
        .collect();
    let updated = l.date_time(minute(230));
    stage_tracker(l, "track", &updated, &stages)
}
