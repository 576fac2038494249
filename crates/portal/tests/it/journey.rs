//! Sessions, forms and live pages through the router.

use axum::body::Body;
use futures_util::StreamExt as _;
use http::Request;
use simpul_core::limits;

use crate::portal::{Portal, hidden};

const FORM: &str = "/id/gallery/question";

async fn filled(portal: &mut Portal) -> (String, String) {
    let page = portal.get(FORM).await;
    assert_eq!(page.status(), 200);
    (hidden(page.text(), "form-token"), hidden(page.text(), "form-key"))
}

fn fields<'a>(token: &'a str, key: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    let date = [("graduated", "27"), ("graduated-month", "11"), ("graduated-year", "2019")];
    [("form-token", token), ("form-key", key), ("name", name)].into_iter().chain(date).collect()
}

#[tokio::test]
async fn a_form_with_errors_comes_back_with_what_was_typed() {
    let mut portal = Portal::new();
    let (token, key) = filled(&mut portal).await;
    let answer = portal
        .post(FORM, &[("form-token", &token), ("form-key", &key), ("name", "Sekar <Ayu>"), ("graduated", "31")])
        .await;
    let html = answer.text();
    assert_eq!(answer.status(), 422);
    assert!(html.contains("<title>Galat: "), "{html}");
    assert!(html.contains("id=\"errors\" role=\"alert\"") && html.contains("<a href=\"#graduated\">"), "{html}");
    assert!(html.contains("value=\"Sekar &lt;Ayu&gt;\"") && html.contains("value=\"31\""), "{html}");
    assert!(html.contains("aria-describedby=\"graduated-hint graduated-error\""), "{html}");
    assert_eq!(hidden(html, "form-key"), key, "it is still the same form");
    assert_ne!(hidden(html, "form-token"), token, "and its token looks another");
}

#[tokio::test]
async fn a_sound_form_leads_on_once() {
    let mut portal = Portal::new();
    let (token, key) = filled(&mut portal).await;
    for _ in 0..2 {
        let answer = portal.post(FORM, &fields(&token, &key, "Sekar")).await;
        assert_eq!((answer.status(), answer.header("location")), (303, "/id/gallery/check"));
    }
}

/// Which stage of the sample goes on, from 0.
async fn stage(portal: &mut Portal) -> usize {
    let page = portal.get("/id/gallery/case").await;
    let track = page.text().split("<ol class=\"track\">").nth(1).unwrap().split("</ol>").next().unwrap().to_owned();
    track.split("<li").skip(1).position(|item| item.contains("aria-current=\"step\"")).unwrap()
}

#[tokio::test]
async fn a_form_that_is_sent_twice_does_its_work_once() {
    let mut portal = Portal::new();
    let before = stage(&mut portal).await;
    let page = portal.get("/id/gallery/case").await;
    let (token, key) = (hidden(page.text(), "form-token"), hidden(page.text(), "form-key"));
    for _ in 0..3 {
        let answer = portal.post("/id/gallery/case/next", &[("form-token", &token), ("form-key", &key)]).await;
        assert_eq!((answer.status(), answer.header("location")), (303, "/id/gallery/case"));
    }
    assert_eq!(stage(&mut portal).await, before + 1);
}

#[tokio::test]
async fn a_form_that_is_not_ours_is_refused() {
    let mut portal = Portal::new();
    let (token, key) = filled(&mut portal).await;
    let sound = fields(&token, &key, "Sekar");
    let without = |name: &str| sound.iter().filter(|(field, _)| *field != name).copied().collect::<Vec<_>>();
    assert_eq!(portal.post(FORM, &without("form-token")).await.status(), 403);
    assert_eq!(portal.post(FORM, &without("form-key")).await.status(), 400);
    let twice: Vec<_> = sound.iter().copied().chain([("form-token", token.as_str())]).collect();
    assert_eq!(portal.post(FORM, &twice).await.status(), 403, "two tokens are none");

    let mine = portal.cookie().unwrap().to_owned();
    portal.take_cookie(None);
    assert_eq!(portal.post(FORM, &sound).await.status(), 403, "no session");
    filled(&mut portal).await;
    assert_eq!(portal.post(FORM, &sound).await.status(), 403, "another session");

    for (origin, site) in
        [(Some("https://evil.example"), None), (Some("null"), None), (None, Some("cross-site")), (None, None)]
    {
        let mut request =
            Request::post(FORM).header("cookie", &mine).header("content-type", "application/x-www-form-urlencoded");
        request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&sound).finish();
        assert_eq!(portal.ask(request.body(Body::from(body)).unwrap()).await.status(), 403, "{origin:?} {site:?}");
    }
}

#[tokio::test]
async fn a_form_has_bounds() {
    let mut portal = Portal::new();
    let (token, key) = filled(&mut portal).await;
    let size = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields(&token, &key, "")).finish().len();
    let room = "x".repeat(limits::FORM_BODY - size);
    assert_eq!(portal.post(FORM, &fields(&token, &key, &room)).await.status(), 303, "exactly the bound");
    let more = format!("{room}x");
    assert_eq!(portal.post(FORM, &fields(&token, &key, &more)).await.status(), 413);
    let request = Request::post(FORM).header("origin", "https://portal.example").header("content-type", "text/plain");
    assert_eq!(portal.ask(request.body(Body::from("a=b")).unwrap()).await.status(), 400, "not a form");
}

#[tokio::test]
async fn signing_in_out_and_being_forgotten() {
    let mut portal = Portal::new();
    portal.get(FORM).await;
    let before = portal.cookie().unwrap().to_owned();
    let answer = portal.get("/id/gallery/sign-in").await;
    assert!(
        answer.header("set-cookie").ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"),
        "{}",
        answer.header("set-cookie")
    );
    let signed = portal.cookie().unwrap().to_owned();
    assert_ne!(before, signed, "signing in rotates");

    let page = portal.get("/id/gallery/home").await;
    assert!(page.text().contains("Sekar Ayu P.") && page.text().contains("<dialog id=\"session-end\""));
    assert!(page.text().contains("data-left=\"1800\""), "half an hour");
    assert_eq!(page.header("vary"), "cookie");

    let leave = portal.get("/id/session").await;
    let (token, key) = (hidden(leave.text(), "form-token"), hidden(leave.text(), "form-key"));
    let answer = portal.post("/id/session/end", &[("form-token", &token), ("form-key", &key)]).await;
    assert_eq!((answer.status(), answer.header("location")), (303, "/id/session/ended"));
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    portal.take_cookie(Some(signed));
    assert!(!portal.get("/id/gallery/home").await.text().contains("Sekar Ayu P."), "the old cookie opens nothing");

    portal.take_cookie(None);
    portal.get("/id/gallery/sign-in").await;
    portal.forward(30 * 60);
    assert!(!portal.get("/id/gallery/home").await.text().contains("Sekar Ayu P."), "half an hour without use");
}

#[tokio::test]
async fn a_session_is_kept_on_purpose() {
    let mut portal = Portal::new();
    portal.get("/id/gallery/sign-in").await;
    portal.forward(29 * 60);
    let page = portal.get("/id/session").await;
    let (token, key) = (hidden(page.text(), "form-token"), hidden(page.text(), "form-key"));
    portal.forward(29 * 60);
    let answer = portal.post("/id/session/stay", &[("form-token", &token), ("form-key", &key)]).await;
    assert_eq!(answer.status(), 303);
    portal.forward(29 * 60);
    assert!(portal.get("/id/gallery/home").await.text().contains("Sekar Ayu P."));
}

#[tokio::test]
async fn an_open_live_page_does_not_keep_a_session() {
    let mut portal = Portal::new();
    portal.get("/id/gallery/sign-in").await;
    for _ in 0..3 {
        portal.forward(10 * 60);
        let request = Request::get("/id/gallery/case/events").header("accept", "text/event-stream");
        let request = request.header("cookie", portal.cookie().unwrap()).body(Body::empty()).unwrap();
        assert_eq!(portal.send(request).await.status(), 200);
    }
    assert!(
        !portal.get("/id/gallery/home").await.text().contains("Sekar Ayu P."),
        "nobody did anything for half an hour"
    );
}

#[tokio::test]
async fn a_live_page_catches_up_in_its_own_language() {
    let mut portal = Portal::new();
    let stream = |last: Option<String>, lang: &str| {
        let request = Request::get(format!("/{lang}/gallery/case/events"));
        let request = last.into_iter().fold(request, |request, id| request.header("last-event-id", id));
        request.header("accept-encoding", "br, gzip").body(Body::empty()).unwrap()
    };
    let answer = portal.send(stream(None, "en")).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert!(!answer.headers().contains_key("content-encoding"), "a stream is not held back to be compressed");
    let mut body = answer.into_body().into_data_stream();
    let mut next = async || String::from_utf8(body.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert_eq!(next().await, "retry: 5000\n\n");
    let present = next().await;
    assert!(
        present.contains("event: patch\ndata: <div id=\"track\">") && present.contains("Equivalence assessment"),
        "{present}"
    );
    let id = present.lines().next().unwrap().trim_start_matches("id: ").to_owned();

    let page = portal.get("/id/gallery/case").await;
    let (token, key) = (hidden(page.text(), "form-token"), hidden(page.text(), "form-key"));
    portal.post("/id/gallery/case/next", &[("form-token", &token), ("form-key", &key)]).await;
    assert!(next().await.contains("event: patch"));
    assert!(next().await.contains("event: say\ndata: The stage of the application changed."));

    let mut again = portal.send(stream(Some(id), "en")).await.into_body().into_data_stream();
    let mut missed = String::new();
    for _ in 0..3 {
        missed.push_str(std::str::from_utf8(&again.next().await.unwrap().unwrap()).unwrap());
    }
    assert!(missed.contains("event: patch") && missed.contains("event: say"), "{missed}");
}

#[tokio::test]
async fn filters_and_pages_have_an_address() {
    let mut portal = Portal::new();
    let page = portal.get("/id/gallery/trail?period=90&page=3&page=4").await;
    assert!(
        page.text().contains("<option value=\"90\" selected>")
            && page.text().contains("<b aria-current=\"page\">3</b>")
    );
    let page = portal.get("/id/gallery/trail?period=%3Cb%3E&page=8").await;
    assert!(
        page.text().contains("<option value=\"30\" selected>")
            && page.text().contains("<b aria-current=\"page\">2</b>")
    );
    assert!(!page.text().contains("<b>"), "what was asked for is not HTML");
}
