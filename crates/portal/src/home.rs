//! The first page: what there is.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use maud::html;

use crate::component::{Icon, Tile, empty, tiles};
use crate::shell::Sheet;
use crate::site::{Page, Site};
use crate::text;

/// Its router.
pub fn router() -> Router<Arc<Site>> {
    Router::new().route("/", get(show))
}

async fn show(page: Page) -> Response {
    let page = page.public();
    let l = page.locale();
    let tile = |sign, path: &str, title, about| Tile { sign, title, path: l.path(path), about };
    let all = [
        ("/data-trail", tile(Icon::Eye, "/data-trail", text!(l, "trail-title"), text!(l, "home-trail"))),
        ("/account", tile(Icon::IdCard, "/account", text!(l, "account-title"), text!(l, "home-account"))),
    ];
    let there: Vec<Tile> =
        all.into_iter().filter(|(path, _)| page.site().mounted().has(path)).map(|(_, tile)| tile).collect();
    let title = text!(l, "home-title");
    let main = html! {
        div.head { div.wrap { h1 { (title) } p.lead { (text!(l, "home-lead")) } } }
        div.wrap.sec {
            @if there.is_empty() { (empty(Icon::Inbox, &text!(l, "home-empty"), &html! {})) }
            @else { (tiles(&there)) }
        }
    };
    page.portal(&Sheet::new(title, main).at("/"))
}
