//! The portal as browsers meet it: its own process, plain HTTP, a client that nobody here wrote.

use std::path::Path;

use super::support::{Curl, Federation, Process, Reply};
use super::trail::{DIPLOMAS, Persons};

/// A portal alone: nothing to sign in with, nothing to ask.
fn alone(dir: &Path) -> Process {
    let config = dir.join("simpul.toml");
    std::fs::write(&config, "[storage]\ndir = \"data\"\n\n[portal]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    Process::start(&["portal", "--config", config.to_str().unwrap()])
}

fn text(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}

/// Where links, forms and files of a page lead on this site.
fn ways(html: &str) -> Vec<&str> {
    let mut found: Vec<&str> = ["href=\"/", "src=\"/", "action=\"/"]
        .iter()
        .flat_map(|start| html.split(start).skip(1).map(|rest| &rest[..rest.find('"').unwrap()]))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn a_portal_without_services_leads_nowhere_that_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut portal = alone(dir.path());
    let base = format!("http://{}/", portal.port("http"));
    let first = Curl::get(&base).header("Accept-Language", "en").send();
    assert_eq!((first.status, first.header("location")), (303, "/en/"));
    for (lang, title) in [("id", "Apa yang ingin Anda lakukan?"), ("en", "What would you like to do?")] {
        let home = Curl::get(&format!("{base}{lang}/")).send();
        assert_eq!(home.status, 200, "{home:?}");
        assert!(text(&home).contains(title), "{}", text(&home));
        assert!(home.header("content-security-policy").contains("default-src 'none'"));
        let ways = ways(text(&home));
        assert!(ways.len() > 5, "{ways:?}");
        for way in ways {
            assert_eq!(Curl::get(&format!("{base}{way}")).send().status, 200, "{way}");
        }
    }
    for missing in ["en/sign-in", "en/cases", "en/account", "xx/", "en/data-trail"] {
        let reply = Curl::get(&format!("{base}{missing}")).send();
        assert_eq!(reply.status, 404, "{missing}");
        assert!(text(&reply).contains("<h1>"), "{missing}");
    }
    assert_eq!(portal.stop(), Some(0));
}

/// A browser: it keeps one cookie, follows nothing by itself, and sends forms from the page that it shows.
struct Browser {
    base: String,
    cookie: String,
}

impl Browser {
    fn new(base: &str) -> Self {
        Self { base: base.to_owned(), cookie: String::new() }
    }

    fn kept(&mut self, reply: Reply) -> Reply {
        if let Some(cookie) = reply.headers.get("set-cookie") {
            assert!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        reply
    }

    fn get(&mut self, path: &str) -> Reply {
        let url = if path.starts_with('/') { format!("{}{path}", self.base) } else { path.to_owned() };
        let reply = Curl::get(&url).header("Cookie", &self.cookie).send();
        self.kept(reply)
    }

    /// Sends the form of `page` that goes to `action`, with one more field.
    fn send(&mut self, page: &Reply, action: &str, more: &str) -> Reply {
        let (_, form) = text(page).split_once(&format!("action=\"{action}\"")).unwrap();
        let value =
            |name: &str| form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap();
        let body = format!("form-token={}&form-key={}{more}", value("form-token"), value("form-key"));
        let call = Curl::get(&format!("{}{action}", self.base)).header("Cookie", &self.cookie);
        let reply = call.header("Origin", &self.base).post("application/x-www-form-urlencoded", &body).send();
        self.kept(reply)
    }

    /// Goes to the identity provider from `path`, and gives the way back with the code of this account.
    fn way_back(&mut self, path: &str, account: &str) -> String {
        let away = self.get(path);
        assert_eq!(away.status, 303, "{away:?}");
        let choose = Curl::get(away.header("location")).send();
        let marked = ["LABORATORY: nobody here is a real person", "LABORATORIUM: tidak ada orang sungguhan"];
        assert!(marked.iter().any(|mark| text(&choose).contains(mark)), "{choose:?}");
        let chosen = format!("account={account}");
        let back = Curl::get(away.header("location")).post("application/x-www-form-urlencoded", &chosen).send();
        assert_eq!(back.status, 303, "{back:?}");
        back.header("location").to_owned()
    }

    fn sign_in(&mut self, account: &str) {
        let back = self.way_back("/en/sign-in?back=%2Faccount", account);
        let done = self.get(&back);
        assert_eq!((done.status, done.header("location")), (303, "/en/account"), "{done:?}");
    }
}

/// The laboratory of ID with its identity provider, and a portal that trusts it.
struct Town {
    _federation: Federation,
    _lab: Process,
    portal: Process,
    base: String,
}

impl Town {
    fn new() -> Self {
        let federation = Federation::prepare();
        let lab = federation.start("id", "lab");
        let issuer = format!("{}/idp", federation.text("/id/lab"));
        let config = federation.dir().join("portal.toml");
        let text = format!(
            "[storage]\ndir = \"portal\"\n[portal]\nlisten = \"127.0.0.1:0\"\n[portal.sign-in]\nissuer = \"{issuer}\"\n\
             client-id = \"portal\"\nnational-id-claim = \"national_id\"\n\
             roles = {{ citizen = [\"citizen\"], officer = [\"officer\"] }}\n"
        );
        std::fs::write(&config, text).unwrap();
        let portal = Process::start(&["portal", "--config", config.to_str().unwrap()]);
        let base = format!("http://{}", portal.port("http"));
        Self { _federation: federation, _lab: lab, portal, base }
    }
}

#[test]
fn a_citizen_signs_in_and_out_and_ends_other_sessions() {
    let town = Town::new();
    let mut phone = Browser::new(&town.base);
    let asked = phone.get("/en/account");
    assert_eq!((asked.status, asked.header("location")), (303, "/en/sign-in?back=%2Faccount"));
    let before = phone.get("/en/sign-in");
    assert_eq!(before.status, 303);
    let stranger = phone.cookie.clone();
    phone.sign_in("15");
    assert_ne!(phone.cookie, stranger, "the session of before is not the one that is signed in");
    let mut old = Browser { base: town.base.clone(), cookie: stranger };
    assert_eq!(old.get("/en/account").status, 303);

    let mut desk = Browser::new(&town.base);
    desk.sign_in("15");
    let mut other = Browser::new(&town.base);
    other.sign_in("30");
    let account = desk.get("/en/account");
    assert!(text(&account).contains("Citizen") && text(&account).contains("Sign out there"), "{}", text(&account));
    assert!(!text(&account).contains("LAB-00015"), "the national identifier is not shown");
    for way in ways(text(&account)).into_iter().filter(|way| !way.contains("/end") && !way.contains("/stay")) {
        assert_eq!(desk.get(&format!("/{way}")).status, 200, "{way}");
    }
    // Another person's session is not theirs to end, and stays.
    let ended = desk.send(&account, "/en/account/end", "");
    assert_eq!((ended.status, ended.header("location")), (303, "/en/account"), "{ended:?}");
    assert_eq!(phone.get("/en/account").status, 303, "the other device is signed out");
    assert_eq!((desk.get("/en/account").status, other.get("/en/account").status), (200, 200));
    let out = desk.send(&account, "/en/session/end", "");
    assert_eq!((out.status, out.header("location")), (303, "/en/session/ended"));
    assert_eq!(desk.get("/en/account").status, 303);
    assert!(!town.portal.errors().contains("LAB-00"), "{}", town.portal.errors());
}

#[test]
fn an_answer_of_the_identity_provider_is_good_once_for_the_browser_that_asked() {
    let town = Town::new();
    let mut browser = Browser::new(&town.base);
    let back = browser.way_back("/id/sign-in", "15");
    let mut thief = Browser::new(&town.base);
    assert_eq!(thief.get(&back).status, 400, "another browser");
    thief.way_back("/id/sign-in", "30");
    assert_eq!(thief.get(&back).status, 400, "another session");
    let waiting = browser.cookie.clone();
    assert_eq!(browser.get(&back).status, 303);
    assert_eq!(browser.get(&back).status, 400, "a state that was used");
    let mut again = Browser { base: town.base.clone(), cookie: waiting };
    assert_eq!(again.get(&back).status, 400, "by the session from before, too");

    // A code of another attempt is bound to another verifier and nonce.
    let mut other = Browser::new(&town.base);
    let first = other.way_back("/en/sign-in", "15");
    let second = other.way_back("/en/sign-in", "30");
    let part =
        |url: &str, name: &str| url.split(&format!("{name}=")).nth(1).unwrap().split('&').next().unwrap().to_owned();
    let mixed = format!("/en/sign-in/return?code={}&state={}", part(&first, "code"), part(&second, "state"));
    let refused = other.get(&mixed);
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(town.portal.says("HTTP status 400"), "{}", town.portal.errors());
    assert_eq!(other.get("/en/account").status, 303);

    // Who cancels is told, and is not signed in.
    let cancelled = other.way_back("/en/sign-in?back=%2F%2Fevil.example", "");
    let told = other.get(&cancelled);
    assert_eq!(told.status, 403);
    assert!(text(&told).contains("You are not signed in") && !text(&told).contains("evil"), "{}", text(&told));
}

#[test]
fn a_new_proof_must_be_of_the_same_person() {
    let town = Town::new();
    let mut browser = Browser::new(&town.base);
    browser.sign_in("15");
    let before = browser.cookie.clone();
    let other = browser.way_back("/en/sign-in/again?back=%2Faccount", "30");
    assert_eq!(browser.get(&other).status, 403);
    let same = browser.way_back("/en/sign-in/again?back=%2Faccount", "15");
    let done = browser.get(&same);
    assert_eq!((done.status, done.header("location")), (303, "/en/account"));
    assert_ne!(browser.cookie, before, "a proof rotates the session too");
}

#[test]
fn a_citizen_sees_who_used_their_data_and_nobody_else_does() {
    let mut persons = Persons::new();
    let federation = &persons.parties.federation;
    let config = federation.dir().join("portal.toml");
    let written = format!(
        "[storage]\ndir = \"portal\"\n[portal]\nlisten = \"127.0.0.1:0\"\n[portal.sign-in]\nissuer = \"{}/idp\"\n\
         client-id = \"portal\"\nnational-id-claim = \"national_id\"\n\
         roles = {{ citizen = [\"citizen\"], officer = [\"officer\"] }}\n\
         [portal.data-trail]\nserver = \"{}\"\nclient = \"ID/GOV/3299/portal\"\n\
         [portal.words]\n\"ID/GOV/3201/recognition\" = {{ id = \"Penyetaraan\", en = \"Recognition <office>\" }}\n\
         title = {{ id = \"Judul ijazah\", en = \"Title of the diploma\" }}\n",
        federation.text("/id/lab"),
        persons.base(),
    );
    std::fs::write(&config, written).unwrap();
    let portal = Process::start(&["portal", "--config", config.to_str().unwrap()]);
    let base = format!("http://{}", portal.port("http"));
    let mut browser = Browser::new(&base);
    assert_eq!(browser.get("/en/data-trail").header("location"), "/en/sign-in?back=%2Fdata-trail");
    browser.sign_in("15");
    let empty = browser.get("/en/data-trail");
    assert_eq!(empty.status, 200, "{empty:?}");
    assert!(text(&empty).contains("Nobody has used your data") && text(&empty).contains("Complete until"));

    for n in 0..21 {
        let token = persons.token(DIPLOMAS, "LAB-00015");
        assert_eq!(persons.call(DIPLOMAS, &format!("page-{n}"), Some(&token)).status, 200);
    }
    let first = browser.get("/en/data-trail");
    let html = text(&first);
    for told in [
        "Recognition &lt;office&gt;",
        "Title of the diploma",
        "dpv:IdentityVerification",
        "Cross-border",
        "Agreement between the states: id-my-diplomas, version 1, clause 2.1",
        "365 days later",
        "page-20",
        "page-1<",
        "Older entries",
    ] {
        assert!(html.contains(told), "{told}: {html}");
    }
    assert!(!html.contains("page-0<") && !html.contains("LAB-00015"));
    for way in ways(html).into_iter().filter(|way| !way.contains("/stay")) {
        let way = way.replace("&amp;", "&");
        assert_eq!(browser.get(&format!("/{way}")).status, 200, "{way}");
    }
    let older = ways(html).into_iter().find(|way| way.contains("after=")).unwrap().replace("&amp;", "&");
    let second = browser.get(&format!("/{older}"));
    assert!(text(&second).contains("page-0<") && text(&second).contains("To the latest"), "{}", text(&second));
    let indonesian = browser.get("/id/data-trail");
    assert!(text(&indonesian).contains("Siapa yang memakai data saya") && text(&indonesian).contains("Judul ijazah"));

    // Nobody else sees it; an official is no citizen; who is silent is named.
    let mut other = Browser::new(&base);
    other.sign_in("30");
    assert!(!text(&other.get("/en/data-trail")).contains("page-"));
    let mut officer = Browser::new(&base);
    officer.sign_in("101");
    assert_eq!(officer.get("/en/data-trail").status, 403);
    persons.running.process("my/server").kill();
    let silent = browser.get("/en/data-trail");
    assert!(text(&silent).contains("2 offices did not answer"), "{}", text(&silent));
    assert!(!text(&silent).contains("Complete until"));
    persons.running.process("id/server").kill();
    assert_eq!(browser.get("/en/data-trail").status, 503);
    assert!(!portal.errors().contains("LAB-0"), "{}", portal.errors());
}
