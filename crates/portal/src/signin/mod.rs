//! Sign-in at an identity provider, and the account page.
//!
//! What the provider says of a person is fetched and proved behind the port [`IdentityProvider`]. Here is what binds it to
//! one browser: each attempt has a state of its own that is good once, for ten minutes, and in the session that began it.

mod account;
mod pending;

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::Extension;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use maud::html;
use simpul_core::UnixTime;

use self::pending::Pending;
use crate::component::{Button, Icon, icon};
use crate::problem::{Cause, PageError};
use crate::session::Person;
use crate::shell::Sheet;
use crate::site::{Page, Site};
use crate::text;
use crate::text::Lang;

/// The path to which the identity provider leads back, after the language.
pub const RETURN: &str = "/sign-in/return";

/// One attempt to sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Comes back with the browser.
    pub state: String,
    /// Comes back in what the provider signs.
    pub nonce: String,
    /// Proves to the provider that the same party began (RFC 7636 §4.1): 64 characters.
    pub verifier: String,
    /// Whether the person must prove anew who they are.
    pub fresh: bool,
    /// The language of the page to come back to.
    pub lang: Lang,
    /// When it began.
    pub begun: UnixTime,
    /// The path without language to go on with.
    back: String,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The identity provider does not answer, or not as it must.
    #[error("the identity provider does not answer as it must")]
    Provider(#[source] Cause),
    /// What it says is not accepted.
    #[error("what the identity provider says is refused")]
    Refused(#[source] Cause),
}

impl From<SignInError> for PageError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Provider(cause) => Self::Unavailable { what: "the identity provider", cause },
            SignInError::Refused(cause) => Self::Refused(cause),
        }
    }
}

/// Who knows people. The portal owns this port.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Where a browser goes to begin this attempt: an address that asks for a proof bound to its state, nonce and
    /// verifier.
    async fn address(&self, attempt: &Attempt) -> Result<String, SignInError>;

    /// The person for whom the provider gave `code` to this attempt, at `now`. Whatever cannot be proved is refused; of a
    /// fresh attempt, also a proof from before it began.
    async fn redeem(&self, attempt: &Attempt, code: &str, now: UnixTime) -> Result<Person, SignInError>;
}

struct SignIn {
    provider: Arc<dyn IdentityProvider>,
    pending: Pending,
}

/// The pages that are there with a provider: for [`Mounted`](crate::shell::Mounted).
pub const PATHS: &[&str] = &["/sign-in", "/account"];

/// The router: sign-in, step-up, the way back, and the account page.
pub fn router(provider: Arc<dyn IdentityProvider>) -> Router<Arc<Site>> {
    Router::new()
        .route("/sign-in", get(begin))
        .route("/sign-in/again", get(again))
        .route(RETURN, get(end))
        .layer(Extension(Arc::new(SignIn { provider, pending: Pending::default() })))
        .route("/account", get(account::show))
        .route("/account/end", post(account::end))
}

async fn begin(page: Page, Extension(sign_in): Extension<Arc<SignIn>>) -> Result<Response, PageError> {
    if page.person().is_some() {
        return page.see_other(&back(&page));
    }
    leave(page, &sign_in, false).await
}

/// For an act of law: the person proves anew who they are.
async fn again(page: Page, Extension(sign_in): Extension<Arc<SignIn>>) -> Result<Response, PageError> {
    let fresh = page.person().is_some();
    leave(page, &sign_in, fresh).await
}

async fn leave(mut page: Page, sign_in: &SignIn, fresh: bool) -> Result<Response, PageError> {
    page.begin().await?;
    let session = *page.session_key().ok_or(PageError::SignIn)?;
    let [state, nonce, verifier] = [(); 3].map(|()| page.site().name());
    let attempt = Attempt { state, nonce, verifier, fresh, lang: page.lang(), begun: page.now(), back: back(&page) };
    let address = sign_in.provider.address(&attempt).await?;
    sign_in.pending.keep(session, attempt, page.now());
    page.elsewhere(&address)
}

/// The way back in this portal, from the query; the first page if there is none that is ours.
fn back(page: &Page) -> String {
    let back = page.query("back");
    let ours =
        back.starts_with('/') && !back.starts_with("//") && !back.contains('\\') && !back.starts_with("/sign-in");
    if ours { back } else { "/".to_owned() }
}

async fn end(mut page: Page, Extension(sign_in): Extension<Arc<SignIn>>) -> Result<Response, PageError> {
    let session = page.session_key().copied();
    let attempt = session.and_then(|session| sign_in.pending.take(&page.query("state"), &session, page.now()));
    let attempt = attempt.ok_or(PageError::Malformed("no sign-in of this session waits for this answer"))?;
    let code = page.query("code");
    if code.is_empty() || !page.query("error").is_empty() {
        return Ok(cancelled(&page, &attempt));
    }
    let person = sign_in.provider.redeem(&attempt, &code, page.now()).await?;
    if attempt.fresh && page.person().is_none_or(|before| before.id != person.id) {
        return Err(PageError::NotAllowed("the proof is of another person"));
    }
    page.sign_in(person).await?;
    page.see_other(&attempt.back)
}

/// The person, or the provider, ended it.
fn cancelled(page: &Page, attempt: &Attempt) -> Response {
    let l = page.locale();
    let title = text!(l, "sign-in-cancelled");
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("back", &attempt.back).finish();
    let main = html! {
        div.wrap {
            div.oops {
                span.ic { (icon(Icon::LogIn)) }
                h1 { (title) }
                p.lead { (text!(l, "sign-in-cancelled-about")) }
                div.acts { (Button::link(format!("{}?{query}", l.path("/sign-in")), text!(l, "sign-in")).icon(Icon::LogIn)) }
            }
        }
    };
    let mut response = page.portal(&Sheet::new(title, main));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}
