//! The pages of a session itself: when it ends, staying, signing out, and that it ended.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use maud::html;

use super::{Page, Post, Site};
use crate::component::{Button, Icon, icon};
use crate::problem::PageError;
use crate::shell::Sheet;
use crate::text;

pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/session", get(show))
        .route("/session/stay", post(stay))
        .route("/session/end", post(end))
        .route("/session/ended", get(ended))
}

/// When the session ends, and the way out. Looking at it prolongs it, as every page does.
async fn show(page: Page) -> Result<Response, PageError> {
    let session = page.session().filter(|session| session.person.is_some()).ok_or(PageError::SignIn)?;
    let l = page.locale();
    let ends = l.time(page.site().keeper().times().end(session));
    let leave =
        page.form("/session/end", &html! { (Button::submit(text!(l, "session-leave")).quiet().icon(Icon::LogOut)) })?;
    let title = text!(l, "session-page");
    let main = html! {
        div.wrap.sec.stack {
            h1 { (title) }
            p.lead { (text!(l, "session-ends", time = ends.plain())) }
            p { (text!(l, "session-drafts")) }
            div.acts { (Button::link(l.path("/"), text!(l, "session-go-on")).then(Icon::ArrowRight)) (leave) }
        }
    };
    Ok(page.portal(&Sheet::new(title, main)))
}

async fn stay(post: Post) -> Result<Response, PageError> {
    let key = post.page.session_key().ok_or(PageError::SignIn)?;
    post.page.site().keeper().stay(key, post.page.now()).await?;
    post.page.see_other("/session")
}

async fn end(post: Post) -> Result<Response, PageError> {
    let mut page = post.page;
    page.sign_out().await?;
    page.see_other("/session/ended")
}

async fn ended(page: Page) -> Response {
    let l = page.locale();
    let title = text!(l, "session-ended");
    let main = html! {
        div.wrap {
            div.oops {
                span.ic { (icon(Icon::LogOut)) }
                h1 { (title) }
                p.lead { (text!(l, "session-ended-about")) }
                @if page.site().mounted().has("/sign-in") {
                    div.acts { (Button::link(l.path("/sign-in"), text!(l, "sign-in")).icon(Icon::LogIn)) }
                }
            }
        }
    };
    page.portal(&Sheet::new(title, main))
}
