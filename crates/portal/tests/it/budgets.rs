//! What travels: the byte budgets of ui.md §5, over the wire with brotli.

use axum::body::Body;
use http::Request;
use simpul_portal::asset::{ALL, Asset};
use simpul_portal::gallery::PATHS;

use crate::portal::Portal;

const KB: usize = 1024;

fn wire(name: &str) -> usize {
    ALL.iter().find(|asset| asset.name == name).map(Asset::wire_size).unwrap()
}

#[test]
fn files_are_within_their_budgets() {
    let css = wire("core.css") + wire("console.css");
    let js = ALL.iter().find(|asset| asset.name == "simpul.js").unwrap().size;
    let font = wire("plus-jakarta-sans.woff2");
    println!("note: css {css}, script {js} before compression, typeface {font} octets");
    assert!(css <= 12 * KB && js <= 6 * KB && font <= 20 * KB);
}

#[tokio::test]
async fn pages_are_within_their_budgets() {
    let portal = Portal::new();
    let portal_files =
        wire("core.css") + wire("simpul.js") + wire("plus-jakarta-sans.woff2") + wire("mark.svg") + wire("kawung.svg");
    let mut largest = (0, "");
    for path in PATHS {
        let request = Request::get(format!("/id{path}")).header("accept-encoding", "br").body(Body::empty()).unwrap();
        let html = portal.ask(request).await.body.len();
        let console = path.ends_with("/console") || path.ends_with("/desk");
        let cold = html + portal_files + if console { wire("console.css") } else { 0 };
        assert!(html <= 15 * KB, "{path}: {html}");
        assert!(cold <= if console { 60 * KB } else { 40 * KB }, "{path}: {cold}");
        largest = largest.max((html, path));
    }
    println!("note: the largest page of the gallery is {} with {} octets", largest.1, largest.0);
}
