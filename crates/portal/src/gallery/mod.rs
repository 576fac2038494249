//! Every component in every state, and pages as they will look. For tests, screenshots and whoever makes pages; the
//! product does not mount it. What it shows is invented.

mod case;
mod console;
mod desk;
mod forms;
mod home;
mod letters;
mod parts;
mod trail;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Extension, Path};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use simpul_core::UnixTime;

use crate::PageError;
use crate::session::{Person, Role};
use crate::site::{Page, Site};
use crate::text::{Lang, Locale, Msg, Multi};

/// How far the application on the case page is: the sample that moves.
#[derive(Debug)]
struct Progress(AtomicUsize);

/// The paths of the gallery, without their language, each of which answers `GET` with a page.
pub const PATHS: &[&str] = &[
    "/gallery",
    "/gallery/forms",
    "/gallery/home",
    "/gallery/question",
    "/gallery/tasks",
    "/gallery/check",
    "/gallery/done",
    "/gallery/case",
    "/gallery/trail",
    "/gallery/letter",
    "/gallery/desk",
    "/gallery/console",
];

/// The gallery's router, for [`serve`](crate::serve).
pub fn gallery() -> Router<Arc<Site>> {
    Router::new()
        .route("/gallery", get(parts::show))
        .route("/gallery/forms", get(forms::show))
        .route("/gallery/home", get(home::show))
        .route("/gallery/question", get(forms::ask).post(forms::answer))
        .route("/gallery/tasks", get(forms::tasks))
        .route("/gallery/check", get(forms::check))
        .route("/gallery/done", get(forms::done))
        .route("/gallery/case", get(case::show))
        .route("/gallery/case/events", get(case::events))
        .route("/gallery/case/next", post(case::advance))
        .route("/gallery/trail", get(trail::show))
        .route("/gallery/letter", get(letters::show))
        .route("/gallery/desk", get(desk::show))
        .route("/gallery/console", get(console::show))
        .route("/gallery/problem/{status}", get(problem))
        .route("/gallery/sign-in", get(sign_in))
        .layer(Extension(Arc::new(Progress(AtomicUsize::new(2)))))
}

impl Progress {
    fn stage(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// The next stage; after the last the first again.
    fn advance(&self) -> usize {
        let next = |stage: usize| Some(if stage >= 4 { 0 } else { stage + 1 });
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).map_or(0, |before| next(before).unwrap_or(0))
    }
}

/// Signs the sample person in: a stranger's gallery has a stranger's header.
async fn sign_in(mut page: Page) -> Result<Response, PageError> {
    let person = Person {
        id: "gallery".to_owned(),
        name: "Sekar Ayu P.".to_owned(),
        roles: vec![Role::Citizen],
        national: None,
    };
    page.sign_in(person).await?;
    page.see_other("/gallery/home")
}

/// Each problem page, raised as handlers raise it.
async fn problem(Path(status): Path<u16>) -> Result<Response, PageError> {
    Err(match StatusCode::from_u16(status).map_err(|_| PageError::NotFound)? {
        StatusCode::BAD_REQUEST => PageError::Malformed("the gallery says so"),
        StatusCode::FORBIDDEN => PageError::NotAllowed("the gallery says so"),
        StatusCode::PAYLOAD_TOO_LARGE => PageError::TooLarge,
        StatusCode::UNPROCESSABLE_ENTITY => PageError::Unprocessable("the gallery says so"),
        StatusCode::TOO_MANY_REQUESTS => PageError::TooMany,
        StatusCode::INTERNAL_SERVER_ERROR => PageError::internal("the gallery", "it was asked to"),
        StatusCode::SERVICE_UNAVAILABLE => PageError::unavailable("the register", "it was asked to"),
        _ => PageError::NotFound,
    })
}

/// A sample text: Indonesian and English.
fn both(l: &Locale<'_>, id: &str, en: &str) -> Msg {
    Multi::new([(Lang::Id, id), (Lang::En, en)]).on(l.lang())
}

/// A sample moment: so many minutes after 17 November 2026, 08.00 in Jakarta.
fn minute(n: i64) -> UnixTime {
    UnixTime::from_secs(1_794_877_200 + n * 60)
}
