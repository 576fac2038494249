//! A person's data are used abroad, and the portal of the person's state tells who did, at once and with the proof.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::agreements::{FIRST, Parties, holders};
use super::evidence::Judge;
use super::support::{Curl, Reply, Running};

const PERSON: &str = "LAB-00015";
const RECOGNITION: &str = "ID/GOV/3201/recognition";
const PORTAL: &str = "ID/GOV/3299/portal";
pub(super) const DIPLOMAS: &str = "MY/GOV/1002/qualifications/diplomas";
const JOBS: &str = "ID/GOV/3201/manpower/jobs";
const HERE: &str = "ID/GOV/3201/manpower/data-trail";
const ABROAD: &str = "MY/GOV/1002/qualifications/data-trail";

/// A clause that needs a token, with a field that no diploma has, and one for the keys.
fn text() -> String {
    let keys = r#"
[[clause]]
id = "2.2"
kind = "grant"
text = { id = "Kunci.", en = "Keys." }

[clause.grant]
consumers = ["ID/GOV/3201/recognition"]
provider = "MY/GOV/1002/qualifications"
service = "subject-keys"
endpoints = ["GET /keys"]
purposes = ["dpv:IdentityVerification"]
basis = [{ id = "uu-12", law = "UU 12/2012", article = "44" }]
categories = ["keys"]
fields = ["keys.*.kty", "keys.*.use", "keys.*.alg", "keys.*.kid", "keys.*.crv", "keys.*.x", "keys.*.y", "keepSeconds"]
excess = "refuse"
retention-days = 1
residency = ["ID"]

[[clause]]
id = "2.3"
kind = "grant"
text = { id = "Jejak data.", en = "The data trail." }

[clause.grant]
consumers = ["ID/GOV/3201/recognition"]
provider = "MY/GOV/1002/qualifications"
service = "data-trail"
endpoints = ["POST /accesses"]
purposes = ["dpv:RightsFulfillment"]
basis = [{ id = "uu-27", law = "UU 27/2022", article = "7" }]
categories = ["accesses"]
fields = ["accesses.**", "next"]
excess = "refuse"
retention-days = 1
residency = ["ID"]
"#;
    let condition =
        "residency = [\"ID\"]\nconditions = { consent = false, subject = true, case = false, approvals = 0 }";
    let fields = r#"fields = ["diplomas.*.withdrawn", "diplomas.*.title", "diplomas.*.level"]"#;
    let first = FIRST
        .replace("[\"GET /persons\"]", "[\"GET /diplomas\"]")
        .replace("fields = [\"persons.*.id\"]", fields)
        .replace("residency = [\"ID\"]", condition);
    first + keys
}

/// What the operator of ID adds: a service about persons of its own, by access rights alone, with its trail.
const OWN: &str = r#"
[[server.service]]
provider = "ID/GOV/3201/manpower"
code = "jobs"
url = "@REGISTER@"
persons = "diplomas.*.holder.id"

[[server.access]]
provider = "ID/GOV/3201/manpower"
service = "jobs"
subject = "ID/GOV/3201/recognition"

[[server.service]]
provider = "ID/GOV/3201/manpower"
code = "subject-keys"
built-in = "subject-keys"

[[server.access]]
provider = "ID/GOV/3201/manpower"
service = "subject-keys"
subject = "ID/GOV/3201/recognition"

[[server.access]]
provider = "ID/GOV/3201/manpower"
service = "subject-keys"
subject = "ID/GOV/3299/portal"

[[server.service]]
provider = "ID/GOV/3201/manpower"
code = "data-trail"
built-in = "data-trail"

[[server.access]]
provider = "ID/GOV/3201/manpower"
service = "data-trail"
subject = "ID/GOV/3299/portal"
"#;

/// What the operator of MY adds: the ministry of ID may ask its trail too, under the agreement.
const ASKED: &str = r#"
[[server.access]]
provider = "MY/GOV/1002/qualifications"
service = "data-trail"
subject = "ID/GOV/3201/recognition"
"#;

pub(super) struct Persons {
    pub(super) parties: Parties,
    pub(super) running: Running,
}

impl Persons {
    pub(super) fn new() -> Self {
        let parties = Parties::new();
        let federation = &parties.federation;
        let config = federation.config("id");
        let own = OWN.replace("@REGISTER@", federation.text("/my/register"));
        std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + &own).unwrap();
        let config = federation.config("my");
        std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + ASKED).unwrap();
        let more = format!("[server.trail]\nportals = [\"ID/GOV/3299\"]\nholders = [\"{HERE}\", ");
        federation.edit("id/simpul.toml", "[server.trail]\nholders = [", &more);
        let running = parties.federation.start_all();
        parties.conclude(&text());
        Self { parties, running }
    }

    pub(super) fn base(&self) -> &str {
        self.parties.federation.text("/id/server/consumer")
    }

    fn post(&self, path: &str, question: &Value) -> Reply {
        Curl::get(&format!("{}{path}", self.base())).post("application/json", &question.to_string()).send()
    }

    /// A token that names a person to a service.
    pub(super) fn token(&self, service: &str, subject: &str) -> String {
        let question = json!({ "client": RECOGNITION, "service": service, "subject": subject });
        let reply = self.post("/simpul/subject-token", &question);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    pub(super) fn call(&self, service: &str, id: &str, token: Option<&str>) -> Reply {
        let call = Curl::get(&format!("{}/r1/{service}/diplomas", self.base())).client(RECOGNITION);
        let call = call.header("Simpul-Purpose", "dpv:IdentityVerification").header("Simpul-Basis", "uu-12");
        // The consumer's word about whom it means counts for nothing.
        let call = call.header("X-Road-Id", id).header("Simpul-Subject-Id", "LAB-00030");
        match token {
            Some(token) => call.header("Simpul-Subject", token).send(),
            None => call.send(),
        }
    }

    /// What both servers have said on standard error.
    fn said(&mut self) -> String {
        ["id/server", "my/server"].map(|name| self.running.process(name).errors()).concat()
    }

    /// What the portal is told of a person.
    fn trail(&self, subject: &str) -> Value {
        let reply = self.post("/simpul/data-trail", &json!({ "client": PORTAL, "subject": subject }));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }
}

fn ids(trail: &Value) -> Vec<&str> {
    let accesses = trail["accesses"].as_array().unwrap();
    accesses.iter().map(|access| access["evidence"]["messageId"].as_str().unwrap()).collect()
}

fn answered(trail: &Value) -> Vec<(&str, bool)> {
    let holders = trail["holders"].as_array().unwrap();
    holders.iter().map(|h| (h["service"].as_str().unwrap(), h["answered"].as_bool().unwrap())).collect()
}

#[test]
fn an_access_abroad_is_in_the_trail_for_the_next_question() {
    let mut persons = Persons::new();
    let nothing = persons.trail(PERSON);
    assert_eq!(ids(&nothing), [""; 0]);
    let holders_asked = [(HERE, true), ("MY/GOV/1001/civil-registry/data-trail", true), (ABROAD, true)];
    assert_eq!(answered(&nothing), holders_asked);

    // Without a token, and with one that is none, the clause refuses; a token that opens names the person.
    let bare = persons.call(DIPLOMAS, "no-token", None);
    assert_eq!(bare.fault(), "server.clientproxy.access_denied", "{bare:?}");
    let bad = persons.call(DIPLOMAS, "bad-token", Some("not.a.token"));
    assert!(bad.header("simpul-refusal").starts_with("subject-unreadable;id-my-diplomas@"), "{bad:?}");
    assert!(bad.header("simpul-refusal").ends_with(";2.1"), "{bad:?}");
    let token = persons.token(DIPLOMAS, PERSON);
    let allowed = persons.call(DIPLOMAS, "trail-1", Some(&token));
    assert_eq!(allowed.status, 200, "{allowed:?}");
    let diplomas = allowed.json()["diplomas"].as_array().unwrap().clone();
    assert_eq!(diplomas.len(), 2, "those of the person in the token: {diplomas:?}");

    // The next question has it, with what really left, under what, and where the proof is.
    let trail = persons.trail(PERSON);
    assert_eq!(ids(&trail), ["trail-1"], "{trail}");
    let access = &trail["accesses"][0];
    let expected = json!({
        "client": RECOGNITION, "service": DIPLOMAS, "holder": ABROAD,
        "purpose": "dpv:IdentityVerification", "basis": "uu-12",
        "fields": ["diplomas.*.title", "diplomas.*.level"], "erasedAfterDays": 365, "withheld": null,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&access[name], value, "{name}: {access}");
    }
    assert_eq!(
        (&access["agreement"]["id"], &access["agreement"]["clauses"]),
        (&"id-my-diplomas".into(), &json!(["2.1"]))
    );
    let judge = Judge::of(&persons.parties.federation);
    let my = persons.parties.federation.text("/my/server/consumer");
    for (base, party) in [(my, "MY/GOV/1002/qualifications"), (persons.base(), RECOGNITION)] {
        let response = judge.fetch_and_verify(base, party, "trail-1", "responseOnly");
        assert_eq!(response["agreement"]["digest"], access["agreement"]["digest"], "{response}");
        let request = judge.fetch_and_verify(base, party, "trail-1", "requestOnly");
        assert_eq!(request["message_id"], access["evidence"]["messageId"], "{request}");
    }
    assert_eq!(ids(&persons.trail("LAB-00016")), [""; 0], "another person sees nothing");

    // A token is good once, also after a restart, and for one service.
    let again = |id: &str, persons: &Persons| {
        let reply = persons.call(DIPLOMAS, id, Some(&token));
        assert!(reply.header("simpul-refusal").starts_with("subject-used;"), "{reply:?}");
    };
    again("again-1", &persons);
    persons.running.process("my/server").restart();
    again("again-2", &persons);
    let elsewhere = persons.token(JOBS, PERSON);
    let other = persons.call(DIPLOMAS, "elsewhere", Some(&elsewhere));
    assert_eq!(other.status, 500);
    assert!(other.header("simpul-refusal").starts_with("subject-"), "{other:?}");
    assert_eq!(ids(&persons.trail(PERSON)), ["trail-1"], "what was refused is no access");

    // Nothing tells who it was: neither on disk, nor in what the servers said.
    assert!(!persons.said().contains(PERSON));
    for state in ["id", "my"] {
        let data = persons.parties.federation.dir().join(state).join("data");
        assert_eq!(holders(&data, PERSON.as_bytes()), Vec::<PathBuf>::new(), "the identifier reached the disk");
        assert_ne!(holders(&data, b"trail-1"), Vec::<PathBuf>::new(), "the scan finds what is there");
    }

    // In the own state, on the same server, by an access right alone.
    let here = persons.call(JOBS, "trail-2", Some(&persons.token(JOBS, PERSON)));
    assert_eq!(here.status, 200, "{here:?}");
    let trail = persons.trail(PERSON);
    assert_eq!(ids(&trail), ["trail-2", "trail-1"], "latest first: {trail}");
    assert_eq!((&trail["accesses"][0]["agreement"], &trail["accesses"][0]["holder"]), (&Value::Null, &HERE.into()));
    // Without a token too, where the operator says where answers name persons.
    let url = format!("{}/r1/{JOBS}/diplomas/LAB-00030", persons.base());
    assert_eq!(Curl::get(&url).client(RECOGNITION).header("X-Road-Id", "trail-3").send().status, 200);
    assert_eq!(ids(&persons.trail("LAB-00030")), ["trail-3"], "once, with two diplomas");
    // The identifier must not stand where it would be kept and told.
    let named = persons.call(JOBS, &format!("about-{PERSON}"), Some(&persons.token(JOBS, "about-")));
    assert_eq!(named.header("simpul-refusal"), "subject-named", "{named:?}");

    // Holders that do not answer are named.
    let question = json!({ "client": PORTAL, "subject": PERSON, "holders": [ABROAD, HERE], "limit": 1 });
    persons.running.process("my/server").kill();
    let half = persons.post("/simpul/data-trail", &question).json();
    assert_eq!((answered(&half), ids(&half)), (vec![(HERE, true), (ABROAD, false)], vec!["trail-2"]));
    assert!(half["holders"][1]["error"].as_str().unwrap().starts_with("server.clientproxy."), "{half}");
    assert!(!persons.said().contains(PERSON));
}

/// Who may ask, and in what form.
#[test]
fn questions_are_judged() {
    let mut persons = Persons::new();
    let token = |question: Value| persons.post("/simpul/subject-token", &question);
    let good = json!({ "client": RECOGNITION, "service": DIPLOMAS, "subject": PERSON });
    let with = |name: &str, value: Value| {
        let mut question = good.clone();
        question[name] = value;
        question
    };
    let table = [
        (with("client", "ID/GOV/3201/nobody".into()), "unknown_member", "not found"),
        (with("subject", "".into()), "bad_request", "identifier of a person"),
        (with("subject", "x".repeat(129).into()), "bad_request", "128 octets"),
        (with("more", PERSON.into()), "bad_request", "at line 1"),
        (with("service", PERSON.into()), "bad_request", "at line 1"),
        (with("agreement", "id-other".into()), "access_denied", "no agreement `id-other`"),
        (with("service", "MY/GOV/1002/qualifications/marks".into()), "access_denied", "one is required"),
        (with("home", "x".repeat(65).into()), "bad_request", "64 octets"),
    ];
    for (question, code, says) in table {
        let reply = token(question.clone());
        assert_eq!((reply.status, reply.fault()), (500, format!("server.clientproxy.{code}")), "{question}");
        let text = reply.json()["message"].as_str().unwrap().to_owned();
        assert!(text.contains(says) && !text.contains(PERSON), "{text}");
    }
    assert_eq!(token(with("agreement", "id-my-diplomas".into())).status, 200);
    // A token that is bound to no agreement is none under one.
    let unbound = token(with("agreement", Value::Null)).json();
    assert_eq!(unbound["agreement"], Value::Null);
    let refused = persons.call(DIPLOMAS, "unbound", unbound["token"].as_str());
    assert!(refused.header("simpul-refusal").starts_with("subject-elsewhere;"), "{refused:?}");
    let get = Curl::get(&format!("{}/simpul/subject-token", persons.base())).send();
    assert_eq!(get.fault(), "server.clientproxy.invalid_http_method");

    // Only a portal that the holder's operator names is told anything, and the access right alone is not enough.
    assert_eq!(answered(&persons.trail(PERSON)).iter().filter(|(_, told)| *told).count(), 3);
    persons.parties.federation.edit("my/simpul.toml", "portals = [\"ID/GOV/3299\"]", "portals = [\"ID/GOV/3298\"]");
    persons.running.process("my/server").restart();
    let told = persons.trail(PERSON);
    assert_eq!(answered(&told).iter().filter(|(_, told)| *told).count(), 1, "{told}");
    assert_eq!(told["holders"][2]["error"], "server.clientproxy.http_error.403");
    let stranger = persons.post("/simpul/data-trail", &json!({ "client": RECOGNITION, "subject": PERSON }));
    assert!(stranger.json()["holders"].as_array().unwrap().iter().all(|h| h["answered"] == false), "{stranger:?}");
}

/// Where an agreement decides, it decides the question too; pages follow each other.
#[test]
fn a_portal_asks_under_an_agreement() {
    let mut persons = Persons::new();
    let two = "portals = [\"ID/GOV/3299\", \"ID/GOV/3201\"]";
    persons.parties.federation.edit("my/simpul.toml", "portals = [\"ID/GOV/3299\"]", two);
    persons.running.process("my/server").restart();
    for id in ["first", "second"] {
        assert_eq!(persons.call(DIPLOMAS, id, Some(&persons.token(DIPLOMAS, PERSON))).status, 200);
    }
    let page = |after: Value| {
        let question = json!({
            "client": RECOGNITION, "subject": PERSON, "holders": [ABROAD], "limit": 1, "after": after,
        });
        persons.post("/simpul/data-trail", &question).json()
    };
    let newest = page(json!({}));
    assert_eq!((answered(&newest), ids(&newest)), (vec![(ABROAD, true)], vec!["second"]), "{newest}");
    let rest = page(json!({ ABROAD: newest["holders"][0]["next"] }));
    assert_eq!((answered(&rest), ids(&rest)), (vec![(ABROAD, true)], vec!["first"]), "{rest}");
    assert_eq!(rest["holders"][0]["next"], Value::Null);
    assert_eq!(answered(&page(json!({ ABROAD: "no cursor" }))), [(ABROAD, false)]);
}

/// What a law hides is counted beside the running server, and told only when the month is over.
#[test]
fn the_ombudsman_counts_beside_the_running_server() {
    let persons = Persons::new();
    let config = persons.parties.federation.config("my");
    let count = |month: &str, more: &[&str]| {
        let mut command = std::process::Command::new(super::support::SIMPUL);
        command.args(["trail", "count", "--law", "Act 7", "--month", month, "--config"]).arg(&config).args(more);
        let output = command.output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    };
    let (code, said) = count("2026-01", &[]);
    let expected = "MY/GOV/1001  2026-01  Act 7: fewer than 10\nMY/GOV/1002  2026-01  Act 7: fewer than 10\n";
    assert_eq!((code, said.as_str()), (0, expected));
    let (code, said) = count("2026-01", &["--holder", "MY/GOV/1002", "--json"]);
    let expected =
        json!({ "month": "2026-01", "law": "Act 7", "counts": [{ "holder": "MY/GOV/1002", "fewerThan": 10 }] });
    assert_eq!((code, serde_json::from_str::<Value>(&said).unwrap()), (0, expected));
    let (code, said) = count("9999-12", &[]);
    assert!(code == 1 && said.contains("cannot be counted yet"), "{said}");
    assert_eq!(count("2026-13", &[]).0, 2);
}
