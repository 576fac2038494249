//! Acts of agreements travel between the servers of their parties, over the exchange.

use std::process::Command;

use serde_json::Value;

use super::agreements::{FIRST, ID, Parties};
use super::support::{Curl, SIMPUL};

const ACTS: &str = "/r1/ID/GOV/3201/recognition/agreements/acts";
const QUALIFICATIONS: &str = "MY/GOV/1002/qualifications";

impl Parties {
    /// Brings everything to the other side. Where that one was started again, a try may meet a connection that has gone.
    #[track_caller]
    pub(super) fn sends(&self, instance: &str) {
        let mut told = self.run(instance, &["send", ID]);
        for _ in 0..10 {
            if told.exit == 0 {
                break;
            }
            told = self.run(instance, &["send", ID]);
        }
        told.done("has every act");
    }

    /// What an officer does, and its delivery.
    #[track_caller]
    fn acts(&self, officer: &str, act: &[&str]) {
        self.act(officer, act).done("");
        let instance = if ["Siti Rahma", "Budi Santoso"].contains(&officer) { "id" } else { "my" };
        self.sends(instance);
    }

    /// Offered, approved, signed, in force, by what the servers brought each other.
    fn agree(&self) {
        let file = self.file("first.toml", FIRST);
        self.offer("Siti Rahma", &file).done("redline");
        self.run("id", &["send", ID]).done("has every act");
        for officer in ["Aisyah Karim", "Tan Wei Ming", "Siti Rahma", "Budi Santoso"] {
            self.acts(officer, &["approve"]);
        }
        self.acts("Siti Rahma", &["sign"]);
        self.acts("Tan Wei Ming", &["sign"]);
        self.acts("Tan Wei Ming", &["enter"]);
    }

    /// A message to ID's service `agreements` by a client of MY's server: status and body.
    fn post(&self, client: &str, lines: &str) -> (u16, Value) {
        let url = format!("{}{ACTS}", self.federation.text("/my/server/consumer"));
        let reply = Curl::get(&url).client(client).post("application/jsonl", lines).send();
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    fn shown(&self, instance: &str) -> Value {
        self.run(instance, &["show", ID, "--json"]).json()
    }
}

#[test]
fn an_agreement_is_made_over_the_exchange_and_a_suspension_reaches_the_other_side() {
    let parties = Parties::connected();
    let _running = parties.federation.start_all();
    parties.stops("No agreement in force");
    parties.agree();
    parties.passes();
    let (id, my) = (parties.shown("id"), parties.shown("my"));
    assert_eq!((&id["acts"], &id["versions"]), (&my["acts"], &my["versions"]));

    // The side that suspends refuses at once; after delivery the other one refuses itself.
    parties.act("Tan Wei Ming", &["suspend"]).done("suspended by MY/GOV/1002");
    parties.stops("suspended");
    parties.run("my", &["send", ID]).done("ID/GOV/3201: has every act");
    parties.stops("server.clientproxy.access_denied");
    let list = parties.run("id", &["list"]).done("suspended by MY/GOV/1002").text;
    assert!(!list.contains("NOT DELIVERED"), "{list}");
    parties.acts("Tan Wei Ming", &["resume"]);
    parties.stops("server.clientproxy.access_denied");
    parties.acts("Aisyah Karim", &["resume"]);
    parties.passes();
}

#[test]
fn what_was_done_while_the_other_side_was_away_arrives_and_what_crossed_is_settled_alike() {
    let parties = Parties::connected();
    let mut running = parties.federation.start_all();
    parties.agree();
    running.process("my/server").kill();
    parties.act("Siti Rahma", &["suspend"]).done("suspended");
    let unsent = parties.run("id", &["send", ID]);
    assert!(unsent.exit == 1 && unsent.text.contains("1 acts not delivered"), "{unsent:?}");
    let list = parties.run("id", &["list"]).done("NOT DELIVERED to MY/GOV/1002: 1 acts; ").text;
    assert!(list.contains("server.clientproxy"), "the last error: {list}");

    // The other side acts too, and hears of it when it is back.
    parties.act("Tan Wei Ming", &["suspend", "--clause", "2.1"]).done("clause 2.1");
    running.process("my/server").restart();
    parties.sends("my");
    parties.sends("id");
    let (id, my) = (parties.shown("id"), parties.shown("my"));
    assert_eq!((&id["acts"], &id["versions"]), (&my["acts"], &my["versions"]));
    assert_eq!(my["versions"][0]["suspensions"].as_array().map(Vec::len), Some(2), "{my}");
    for officer in ["Siti Rahma", "Budi Santoso"] {
        parties.acts(officer, &["resume"]);
    }
    for officer in ["Tan Wei Ming", "Aisyah Karim"] {
        parties.acts(officer, &["resume", "--clause", "2.1"]);
    }
    parties.passes();
    // A server that is started again delivers nothing twice.
    let before =
        std::fs::read(parties.federation.dir().join(format!("my/data/agreements/{ID}/journal.jsonl"))).unwrap();
    running.process("id/server").restart();
    parties.sends("id");
    let after = std::fs::read(parties.federation.dir().join(format!("my/data/agreements/{ID}/journal.jsonl"))).unwrap();
    assert_eq!(before, after);

    // Who asks is told what the other side did, also where that one does not bring it.
    running.process("id/server").kill();
    for service in ["MY/GOV/1002/qualifications", "MY/GOV/1001/civil-registry"] {
        let entry = format!("[[server.agreement-partner]]\nservice = \"{service}/agreements\"\n");
        parties.federation.edit("id/simpul.toml", &entry, "");
    }
    running.process("id/server").restart();
    parties.act("Siti Rahma", &["suspend"]).done("suspended");
    let unsent = parties.run("id", &["send", ID]);
    assert!(unsent.exit == 1 && unsent.text.contains("does not name its service"), "{unsent:?}");
    parties.sends("my");
    parties.run("my", &["list"]).done("suspended by ID/GOV/3201");
}

/// A partner that cannot be reached keeps no other one waiting, and is told with its reason.
#[test]
fn one_partner_does_not_wait_for_another() {
    let parties = Parties::connected();
    let there = "service = \"MY/GOV/1001/civil-registry/agreements\"";
    parties.federation.edit("id/simpul.toml", there, "service = \"MY/GOV/1001/civil-registry/nowhere\"");
    let _running = parties.federation.start_all();
    let third = "[[party]]\ninstance = \"MY\"\nmember = \"MY/GOV/1001\"\nsubsystems = [\"civil-registry\"]\n\
                 officer = [{ name = \"Lim\", role = \"a\" }, { name = \"Ong\", role = \"b\" }]\n\n[[clause]]";
    let file = parties.file("three.toml", &FIRST.replacen("[[clause]]", third, 1));
    parties.offer("Siti Rahma", &file).done("redline");
    let sent = parties.run("id", &["send", ID]);
    assert_eq!(sent.exit, 1, "{sent:?}");
    assert!(sent.text.contains("MY/GOV/1002: has every act"), "{sent:?}");
    assert!(sent.text.contains("MY/GOV/1001: 1 acts not delivered: 500 server."), "{sent:?}");
    parties.run("my", &["show", ID]).done("offered by ID/GOV/3201");
}

/// An act is taken from the party that did it, as the seal of the message says, and from nobody else.
#[test]
fn nobody_brings_the_acts_of_others() {
    let parties = Parties::connected();
    let _running = parties.federation.start_all();
    parties.agree();
    let acts = parties.run("my", &["export", ID]).text;
    let lines: Vec<&str> = acts.lines().collect();
    let of = |lines: &str, client: &str| {
        let (status, body) = parties.post(client, lines);
        assert_eq!(status, 200, "{body}");
        let words = body["acts"].as_array().unwrap().clone();
        words.iter().map(|w| format!("{} {}", w["is"].as_str().unwrap(), w["reason"].as_str().unwrap_or(""))).collect()
    };
    let is = |said: Vec<String>, word: &str| assert!(said.iter().all(|s| s.starts_with(word)), "{word}: {said:?}");

    // What it did itself is known; what others did is refused, and so is what it says that another one did.
    is(of(lines[1], QUALIFICATIONS), "known");
    is(of(lines[0], QUALIFICATIONS), "refused an act is taken only from the party that did it");
    is(of(lines[1], "MY/GOV/1001/civil-registry"), "refused an act is taken only from the party that did it");
    let suspend = |member: &str, officer: &str, at: &str| {
        let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        let mut act = last.clone();
        act["act"] = "suspend".into();
        act["at"] = at.into();
        act["by"] = serde_json::json!({ "member": member, "officer": officer });
        act.to_string()
    };
    is(
        of(&suspend("ID/GOV/3201", "Siti Rahma", "2026-11-22T00:00:00Z"), QUALIFICATIONS),
        "refused an act is taken only",
    );
    is(of(&suspend("MY/GOV/1002", "Mallory", "2089-11-22T00:00:00Z"), QUALIFICATIONS), "later");
    is(
        of(&suspend("MY/GOV/1002", "Tan Wei Ming", "2020-11-22T00:00:00Z"), QUALIFICATIONS),
        "refused it says that it was done",
    );
    // A member that is no party learns nothing, not even that there is such an agreement, and can take no id.
    let stranger = "MY/GOV/1001/civil-registry";
    is(of(&suspend("MY/GOV/1001", "Tan Wei Ming", "2026-11-22T00:00:00Z"), stranger), "later");
    is(of(&suspend("MY/GOV/1001", "Tan", "2026-11-22T00:00:00Z").replace(ID, "id-none"), stranger), "later");
    let url = |id: &str| format!("{}{ACTS}/{id}", parties.federation.text("/my/server/consumer"));
    let got = |id: &str, client: &str| {
        let reply = Curl::get(&url(id)).client(client).send();
        (reply.status, String::from_utf8_lossy(&reply.body).into_owned())
    };
    assert_eq!(got(ID, stranger), got("id-none", stranger));
    assert_eq!(got(ID, stranger).0, 404);
    let (status, own) = got(ID, QUALIFICATIONS);
    assert!(status == 200 && own.lines().all(|line| line.contains("\"member\":\"ID/GOV/3201\"")), "{own}");
    let last: Value = serde_json::from_str(own.lines().last().unwrap()).unwrap();
    let after = format!("{ID}?after={}", last["at"].as_str().unwrap());
    assert_eq!(got(&after, QUALIFICATIONS), (200, String::new()));
    assert_eq!(got(&format!("{ID}?since=x"), QUALIFICATIONS).0, 400);
    parties.passes();

    // Another agreement of this id, by its stranger; and one of others, by a party.
    let offer = |id: &str, member: &str, text: &str, n: usize| {
        let text = text.replace(ID, id);
        let json = parties.file("offer.toml", &text);
        let checked = Command::new(SIMPUL).args(["agreement", "check", "--json"]).arg(&json).output().unwrap();
        let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
        let document = simpul_json(&text);
        serde_json::json!({
            "act": "offer", "agreement": id, "version": 1, "digest": checked["digest"], "document": document,
            "at": format!("2026-01-01T00:00:{:02}Z", n % 60), "by": { "member": member, "officer": "Aisyah Karim" },
        })
        .to_string()
    };
    let foreign = FIRST.replace("MY/GOV/1002", "MY/GOV/1001").replace("[\"qualifications\"]", "[\"civil-registry\"]");
    let foreign = foreign.replace("1001/qualifications", "1001/civil-registry");
    is(of(&offer(ID, "MY/GOV/1001", &foreign, 1), stranger), "refused no agreement of these parties can have this id");
    is(of(&offer("id-new", "MY/GOV/1001", &foreign, 1), stranger), "taken");
    is(of(&offer("id-new", "MY/GOV/1002", FIRST, 1), QUALIFICATIONS), "refused no agreement of these parties");
    let elsewhere = FIRST.replace("ID/GOV/3201", "ID/GOV/3204").replace("[\"recognition\"]", "[\"licensing\"]");
    let elsewhere = elsewhere.replace("3204/recognition", "3204/licensing");
    is(
        of(&offer("id-else", "MY/GOV/1002", &elsewhere, 1), QUALIFICATIONS),
        "refused it is no agreement between these two",
    );

    // Offers that nobody has answered are bounded for each partner.
    for n in 0..32 {
        is(of(&offer(&format!("id-draft-{n}"), "MY/GOV/1002", FIRST, n), QUALIFICATIONS), "taken");
    }
    is(of(&offer("id-draft-32", "MY/GOV/1002", FIRST, 32), QUALIFICATIONS), "later too many offers");
    // Without an access right nobody is heard, and the mode of the service lets nobody pass.
    let url =
        format!("{}/r1/MY/GOV/1002/qualifications/agreements/acts", parties.federation.text("/id/server/consumer"));
    let reply = Curl::get(&url).client("ID/GOV/3201/payroll").post("application/jsonl", "{}").send();
    assert_eq!((reply.status, reply.header("x-road-error")), (500, "server.serverproxy.access_denied"));
    let (status, _) = parties.post(QUALIFICATIONS, &format!("{}\n", lines[1]).repeat(65));
    assert_eq!(status, 413, "one act more than a delivery may have");
}

/// The document of a text as an offer carries it.
fn simpul_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap()
}

/// An officer whom the document binds to a certificate acts with its key and in no other way, here and from outside.
#[test]
fn an_officer_who_is_bound_to_a_certificate_signs_every_act() {
    let parties = Parties::connected();
    let _running = parties.federation.start_all();
    let (siti, other) = (Key::make(&parties, "siti"), Key::make(&parties, "other"));
    let (aisyah, tan) = (Key::make(&parties, "aisyah"), Key::make(&parties, "tan"));
    let bound = |name: &str, key: &Key| {
        (format!("name = \"{name}\""), format!("name = \"{name}\", certificate = \"{}\"", key.digest))
    };
    let mut text = FIRST.to_owned();
    for (from, to) in [bound("Siti Rahma", &siti), bound("Aisyah Karim", &aisyah), bound("Tan Wei Ming", &tan)] {
        text = text.replace(&from, &to);
    }
    // One certificate is one person: a text that binds two officers of a party to it is none.
    let file = parties.file("one.toml", &text.replace(&tan.digest, &aisyah.digest));
    parties.offer("Siti Rahma", &file).refused("the same stands in the list before");
    let file = parties.file("bound.toml", &text);
    let offer = |by: &[&str]| parties.run("id", &[&["offer", file.to_str().unwrap(), "--officer"], by].concat());
    offer(&["Siti Rahma"]).refused("binds Siti Rahma to a certificate");
    offer(&["Siti Rahma", "--key", &other.key, "--certificate", &other.certificate])
        .refused("not the certificate that");
    offer(&["Siti Rahma", "--key", &other.key, "--certificate", &siti.certificate])
        .fails("cannot be used with its certificate");
    let open = siti.readable_for_others(&parties);
    offer(&["Siti Rahma", "--key", &open, "--certificate", &siti.certificate]).fails("chmod 600");
    offer(&["Budi Santoso", "--key", &siti.key, "--certificate", &siti.certificate]).refused("to no certificate");
    offer(&["Siti Rahma", "--key", &siti.key, "--certificate", &siti.certificate]).done("redline");
    let with = |officer: &str, key: &Key, act: &str| {
        let instance = if officer.starts_with("Siti") { "id" } else { "my" };
        let args = [act, ID, "--officer", officer, "--key", &key.key, "--certificate", &key.certificate];
        parties.run(instance, &args)
    };
    with("Siti Rahma", &siti, "approve").done("");
    parties.act("Budi Santoso", &["approve"]).done("");
    parties.run("id", &["send", ID]).done("has every act");
    let shown = parties.run("my", &["show", ID]).done("signed with the officer's key").text;
    assert!(shown.contains("Budi Santoso of ID/GOV/3201  (not bound to a key)"), "{shown}");
    with("Aisyah Karim", &aisyah, "approve").done("");
    with("Tan Wei Ming", &aisyah, "approve").refused("not the certificate that the agreement names for Tan Wei Ming");
    with("Tan Wei Ming", &aisyah, "sign").refused("approved with 1 of 2 officers");
    with("Tan Wei Ming", &tan, "approve").done("approved by Aisyah Karim, Tan Wei Ming");

    // From outside: without the signature, with one of another act, or changed, it is not taken; and what was changed on
    // the disk is not loaded.
    let acts = parties.run("my", &["export", ID]).text;
    let mine: Vec<Value> = acts.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (first, second) = (&mine[mine.len() - 2], &mine[mine.len() - 1]);
    let later = "2026-12-31T00:00:00.000Z";
    let mut bare = second.clone();
    bare.as_object_mut().unwrap().remove("proof");
    let mut swapped = second.clone();
    swapped["proof"] = first["proof"].clone();
    let mut changed = second.clone();
    changed["at"] = later.into();
    for (act, why) in [(&bare, "binds Tan Wei Ming"), (&swapped, "signature does not hold"), (&changed, "to come")] {
        // The delivery of the genuine one may have come first; then this one comes too late for its party as well.
        let (_, said) = parties.post(QUALIFICATIONS, &act.to_string());
        let word = &said["acts"][0];
        let reason = word["reason"].as_str().unwrap_or_default();
        assert!(
            word["is"] != "taken" && (reason.contains(why) || reason.contains("must come before")),
            "{why}: {said}"
        );
        let file = parties.file("changed.jsonl", &format!("{act}\n"));
        let told = parties.run("id", &["import", file.to_str().unwrap()]);
        assert_ne!(told.exit, 0, "{told:?}");
    }
    let journal = parties.path("my", "journal.jsonl");
    let good = std::fs::read_to_string(&journal).unwrap();
    let proof = second["proof"]["signature"].as_str().unwrap();
    let (head, tail) = proof.split_at(proof.len() - 8);
    let flipped = if tail.starts_with('A') { "B" } else { "A" };
    std::fs::write(&journal, good.replace(proof, &format!("{head}{flipped}{}", &tail[1..]))).unwrap();
    parties.run("my", &["show", ID]).refused("signature is not accepted");
    std::fs::write(&journal, &good).unwrap();
    parties.run("my", &["show", ID]).done("");
}

/// An officer's key and certificate as files.
struct Key {
    key: String,
    certificate: String,
    digest: String,
}

impl Key {
    fn make(parties: &Parties, name: &str) -> Self {
        let path = |end: &str| parties.federation.dir().join(format!("{name}.{end}")).display().to_string();
        let (key, certificate) = (path("key"), path("pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"])
            .args(["-subj", &format!("/CN={name}"), "-keyout", &key, "-out", &certificate])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let der =
            Command::new("openssl").args(["x509", "-in", &certificate, "-noout", "-fingerprint", "-sha256"]).output();
        let print = String::from_utf8(der.unwrap().stdout).unwrap();
        let digest = print.split('=').nth(1).unwrap().trim().replace(':', "").to_lowercase();
        Self { key, certificate, digest }
    }

    fn readable_for_others(&self, parties: &Parties) -> String {
        let path = parties.file("open.key", &std::fs::read_to_string(&self.key).unwrap());
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        path.display().to_string()
    }
}
