//! What every answer says and how errors look: the layers around the pages.

use axum::body::Body;
use http::Request;
use simpul_core::limits;
use simpul_portal::brand::Brand;
use simpul_portal::session::Origin;
use simpul_portal::{Reference, asset};

use crate::portal::{Portal, request};

#[tokio::test]
async fn every_answer_carries_the_policy() {
    let portal = Portal::new();
    let core = asset::path("core.css");
    for path in ["/id/gallery", "/", "/id", "/id/none", "/none", "/id/gallery/problem/500", &core, "/assets/none.css"] {
        let answer = portal.ask(request("GET", path)).await;
        // The policy of ui.md §1, word by word.
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types simpul",
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
        assert_eq!(answer.head.headers.get_all("content-security-policy").iter().count(), 1, "{path}");
    }
}

#[tokio::test]
async fn pages_are_not_kept_and_files_are_for_ever() {
    let portal = Portal::new();
    assert_eq!(portal.ask(request("GET", "/id/gallery/home")).await.header("cache-control"), "no-store");
    assert_eq!(portal.ask(request("GET", "/id/none")).await.header("cache-control"), "no-store");
    let css = portal.ask(request("GET", &asset::path("core.css"))).await;
    assert_eq!(css.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(css.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn files_are_sent_as_they_are_asked_for() {
    let portal = Portal::new();
    for asset in asset::ALL {
        let path = format!("/assets/{}", asset.file);
        let packed = Request::get(&path).header("accept-encoding", "gzip, br").body(Body::empty()).unwrap();
        let answer = portal.ask(packed).await;
        let expected = if asset.name.ends_with("woff2") { "" } else { "br" };
        assert_eq!((answer.status(), answer.header("content-encoding")), (200, expected), "{}", asset.name);
        assert_eq!(answer.body.len(), asset.wire_size(), "{}: compressed once", asset.name);
        let again = Request::get(&path).header("if-none-match", asset.etag).body(Body::empty()).unwrap();
        let again = portal.ask(again).await;
        assert_eq!((again.status(), again.body.len()), (304, 0), "{}", asset.name);
        let head = portal.ask(request("HEAD", &path)).await;
        assert_eq!((head.status(), head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), asset.size.to_string());
    }
}

#[tokio::test]
async fn paths_have_one_spelling() {
    let portal = Portal::new();
    for (path, status, to) in [
        ("/", 303, "/id/"),
        ("/id", 308, "/id/"),
        ("/en?q=a", 308, "/en/?q=a"),
        ("/id/gallery/", 308, "/id/gallery"),
        ("/id/gallery/?q=a%2F", 308, "/id/gallery?q=a%2F"),
        ("/id//evil.example/", 308, "/id//evil.example"),
    ] {
        let answer = portal.ask(request("GET", path)).await;
        assert_eq!((answer.status(), answer.header("location")), (status, to), "{path}");
    }
    let liked = Request::get("/").header("accept-language", "en-GB").body(Body::empty()).unwrap();
    assert_eq!(portal.ask(liked).await.header("location"), "/en/");
    // What begins with two slashes leads nowhere else.
    for path in ["//evil.example/", "/fr/", "/ID/gallery", "/idx/"] {
        let answer = portal.ask(request("GET", path)).await;
        assert_eq!((answer.status(), answer.header("location")), (404, ""), "{path}");
    }
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let portal = Portal::new();
    for (path, status) in [("/id/gallery", 200), ("/id/none", 404), ("/id/gallery/problem/503", 503)] {
        let answer = portal.ask(request("HEAD", path)).await;
        assert_eq!((answer.status(), answer.body.len()), (status, 0), "{path}");
    }
}

#[tokio::test]
async fn every_problem_has_a_page_in_the_language_of_its_path() {
    let portal = Portal::new();
    let titles = [
        (400, "Permintaan tidak dapat dipahami", "We cannot understand this request"),
        (403, "Anda tidak dapat membuka ini", "You cannot open this"),
        (404, "Halaman tidak ditemukan", "Page not found"),
        (413, "Kiriman terlalu besar", "What you sent is too large"),
        (422, "Formulir tidak dapat diterima", "The form cannot be accepted"),
        (429, "Terlalu banyak permintaan", "Too many requests"),
        (500, "Ada gangguan di pihak kami", "Something went wrong on our side"),
        (503, "Layanan sedang tidak tersedia", "The service is not available"),
    ];
    for (status, id, en) in titles {
        for (lang, title) in [("id", id), ("en", en)] {
            let answer = portal.ask(request("GET", &format!("/{lang}/gallery/problem/{status}"))).await;
            assert_eq!(answer.status(), status);
            let html = answer.text();
            assert!(
                html.contains(&format!("<html lang=\"{lang}\"")) && html.contains(&format!("<h1>{title}</h1>")),
                "{html}"
            );
            assert!(html.contains("1500-000"), "the number for help");
            assert!(!html.contains("it was asked to"), "the cause is not for the reader");
            let again = html.contains(&format!("href=\"/{lang}/gallery/problem/{status}\"><svg"));
            assert_eq!(again, [429, 500, 503].contains(&status), "{status}: trying again is offered where it may help");
        }
    }
}

#[tokio::test]
async fn a_problem_has_a_reference_that_can_be_read_aloud() {
    let portal = Portal::new();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let answer = portal.ask(request("GET", "/id/none")).await;
        let text = answer.text().split("<dd class=\"mono\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        assert!(text.parse::<Reference>().is_ok(), "{text}");
        seen.insert(text);
    }
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn a_method_that_is_not_there_is_told_with_those_that_are() {
    let portal = Portal::new();
    let answer = portal.ask(request("POST", "/en/gallery/home")).await;
    assert_eq!((answer.status(), answer.header("allow")), (405, "GET,HEAD"));
    assert!(answer.text().contains("This cannot be done here"));
    assert_eq!(portal.ask(request("DELETE", "/en/gallery/question")).await.status(), 405);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let portal = Portal::new();
    let long = |n: usize| format!("/id/none?{}", "q".repeat(n - "/id/none?".len()));
    assert_eq!(portal.ask(request("GET", &long(limits::PAGE_TARGET))).await.status(), 404);
    assert_eq!(portal.ask(request("GET", &long(limits::PAGE_TARGET + 1))).await.status(), 400);
    let announced = Request::post("/id/gallery/question").header("content-length", limits::FORM_BODY + 1);
    assert_eq!(portal.ask(announced.body(Body::empty()).unwrap()).await.status(), 413);
}

#[tokio::test]
async fn nobody_signed_in_is_led_to_sign_in_and_back() {
    let portal = Portal::new();
    let answer = portal.ask(request("GET", "/en/session?a=b")).await;
    assert_eq!((answer.status(), answer.header("location")), (303, "/en/sign-in?back=%2Fsession%3Fa%3Db"));
}

#[tokio::test]
async fn pages_are_compressed_and_say_so() {
    let portal = Portal::new();
    for (accepted, expected) in [("br", "br"), ("gzip", "gzip"), ("identity", "")] {
        let request = Request::get("/id/gallery/home").header("accept-encoding", accepted).body(Body::empty()).unwrap();
        let answer = portal.ask(request).await;
        assert_eq!(answer.header("content-encoding"), expected);
    }
}

#[tokio::test]
async fn a_brand_brings_its_sheet_and_mark() {
    let document = "phone = \"112\"\n[name]\nid = \"Gerbang\"\nen = \"Gateway\"\n[government]\nid = \"Negara\"\nen = \"State\"\n[zone]\noffset = \"+08:00\"\nname = \"WITA\"\n[colours]\nbrand = \"#0b5d3b\"\n";
    let brand = Brand::new(document, Some("<svg viewBox=\"0 0 1 1\"><rect width=\"1\" height=\"1\"/></svg>")).unwrap();
    let (sheet, mark) = (brand.sheet_path().unwrap(), brand.mark_path());
    let portal = Portal::with(brand, Origin::Loopback);
    let page = portal.ask(request("GET", "/en/gallery/home")).await;
    assert!(page.text().contains("<title>One door for everything you need – Gateway</title>"));
    assert!(page.text().contains(&format!("<link rel=\"stylesheet\" href=\"{sheet}\">")));
    assert!(page.text().contains("Official site of the State"));
    assert!(page.header("strict-transport-security").is_empty(), "plain HTTP on one machine");
    for (path, kind) in [(sheet, "text/css; charset=utf-8"), (mark, "image/svg+xml")] {
        let answer = portal.ask(request("GET", &path)).await;
        assert_eq!((answer.status(), answer.header("content-type")), (200, kind));
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    }
    assert_eq!(portal.ask(request("GET", "/brand/brand.000000000000.css")).await.status(), 404);
}

/// Where a subscriber writes.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_the_chain_of_causes_under_the_reference_of_the_page() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let portal = Portal::new();
    let answer = portal.ask(request("GET", "/en/gallery/problem/503?secret=1")).await;
    let reference = answer.text().split("<dd class=\"mono\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = text.lines().find(|line| line.contains(&reference)).unwrap_or_else(|| panic!("{reference} in {text}"));
    assert!(line.contains("ERROR") && line.contains("the register does not answer: it was asked to"), "{line}");
    assert!(!line.contains("secret"), "what was asked for is not written down");
}
