//! Two parties take an agreement through its whole life at the command line, while their servers run.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::evidence::Judge;
use super::support::{Curl, Federation, Running, SIMPUL};

pub(super) const ID: &str = "id-my-diplomas";
pub(super) const SERVICE: &str = "/r1/MY/GOV/1002/qualifications/diplomas";
pub(super) const FIRST: &str = r#"
id = "id-my-diplomas"
version = 1
binding-language = "en"
valid-from = "2020-01-01T00:00:00Z"
valid-until = "2090-01-01T00:00:00Z"
review = "2021-06-30"
title = { id = "Pengakuan ijazah", en = "Recognition of diplomas" }

[[party]]
instance = "ID"
member = "ID/GOV/3201"
subsystems = ["recognition"]
officer = [{ name = "Siti Rahma", role = "Direktur" }, { name = "Budi Santoso", role = "Sekretaris" }]

[[party]]
instance = "MY"
member = "MY/GOV/1002"
subsystems = ["qualifications"]
officer = [{ name = "Aisyah Karim", role = "Director" }, { name = "Tan Wei Ming", role = "Registrar" }]

[[clause]]
id = "2.1"
kind = "grant"
text = { id = "Pengakuan ijazah.", en = "Recognition of diplomas." }

[clause.grant]
consumers = ["ID/GOV/3201/recognition"]
provider = "MY/GOV/1002/qualifications"
service = "diplomas"
endpoints = ["GET /persons"]
purposes = ["dpv:IdentityVerification"]
basis = [{ id = "uu-12", law = "UU 12/2012", article = "44" }]
categories = ["education"]
fields = ["persons.*.id"]
excess = "remove"
retention-days = 365
residency = ["ID"]
"#;

/// A federation and what its officers do in it.
pub(super) struct Parties {
    pub(super) federation: Federation,
}

/// How a command ended and what it said on both streams.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) exit: i32,
    pub(super) text: String,
}

impl Told {
    /// It was done, and says this.
    #[track_caller]
    pub(super) fn done(self, says: &str) -> Self {
        assert!(self.exit == 0 && self.text.contains(says), "`{says}`: {self:?}");
        self
    }

    /// It was refused with a reason that says this, and with a cure.
    #[track_caller]
    pub(super) fn refused(self, says: &str) {
        assert!(self.exit == 1 && self.text.contains(says), "`{says}`: {self:?}");
    }

    /// It could not be tried, and says why.
    #[track_caller]
    pub(super) fn fails(self, says: &str) {
        assert!(self.exit == 2 && self.text.contains(says), "`{says}`: {self:?}");
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

impl Parties {
    /// Parties who carry their acts as files: no server delivers any.
    pub(super) fn new() -> Self {
        let parties = Self::connected();
        for (file, service) in [
            ("id/simpul.toml", "MY/GOV/1002/qualifications"),
            ("id/simpul.toml", "MY/GOV/1001/civil-registry"),
            ("my/simpul.toml", "ID/GOV/3201/recognition"),
        ] {
            let entry = format!("[[server.agreement-partner]]\nservice = \"{service}/agreements\"\n");
            parties.federation.edit(file, &entry, "");
        }
        parties
    }

    /// Parties whose servers deliver their acts.
    pub(super) fn connected() -> Self {
        Self { federation: Federation::prepare() }
    }

    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.federation.dir().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `simpul agreement …` on the server of an instance.
    pub(super) fn run(&self, instance: &str, args: &[&str]) -> Told {
        let mut command = Command::new(SIMPUL);
        command.arg("agreement").args(args).arg("--config").arg(self.federation.config(instance));
        let output = command.output().unwrap();
        // A machine reads one object on standard output and nothing else.
        let machine = args.contains(&"--json");
        let said = if machine { output.stdout } else { [output.stdout, output.stderr].concat() };
        let text = String::from_utf8(said).unwrap();
        Told { exit: output.status.code().unwrap(), text }
    }

    /// What an officer does, with the agreement.
    pub(super) fn act(&self, officer: &str, act: &[&str]) -> Told {
        let instance = if ["Siti Rahma", "Budi Santoso"].contains(&officer) { "id" } else { "my" };
        let (name, rest) = act.split_first().unwrap();
        self.run(instance, &[&[*name, ID, "--officer", officer], rest].concat())
    }

    pub(super) fn offer(&self, officer: &str, file: &Path) -> Told {
        let instance = if officer == "Siti Rahma" { "id" } else { "my" };
        self.run(instance, &["offer", file.to_str().unwrap(), "--officer", officer])
    }

    /// Brings the acts of one party to the other.
    fn carry(&self, from: &str, to: &str) -> Told {
        let acts = self.run(from, &["export", ID]).done("");
        let file = self.file("acts.jsonl", &acts.text);
        self.run(to, &["import", file.to_str().unwrap()])
    }

    /// A call under the agreement: status, `Simpul-Decision` or `Simpul-Refusal` or the fault, body.
    pub(super) fn call(&self) -> (u16, String, String) {
        self.call_for("dpv:IdentityVerification")
    }

    /// The same for another purpose.
    pub(super) fn call_for(&self, purpose: &str) -> (u16, String, String) {
        let url = format!("{}{SERVICE}/persons?limit=2", self.federation.text("/id/server/consumer"));
        let call = Curl::get(&url).client("ID/GOV/3201/recognition");
        let reply = call.header("Simpul-Purpose", purpose).header("Simpul-Basis", "uu-12").send();
        let said = match (reply.header("simpul-decision"), reply.header("simpul-refusal")) {
            ("", "") => reply.header("x-road-error"),
            (decision, "") => decision,
            (_, refusal) => refusal,
        };
        (reply.status, said.to_owned(), String::from_utf8_lossy(&reply.body).into_owned())
    }

    #[track_caller]
    pub(super) fn passes(&self) {
        let (status, said, body) = self.call();
        assert!(status == 200 && said.starts_with(&format!("{ID}@")) && said.ends_with(";2.1"), "{said}: {body}");
        assert!(body.contains("\"id\"") && !body.contains("name"), "{body}");
    }

    #[track_caller]
    pub(super) fn stops(&self, why: &str) {
        let (status, said, body) = self.call();
        assert!(status == 500 && format!("{said} {body}").contains(why), "`{why}`: {said}: {body}");
    }

    /// Offered, answered, approved by two officers of each party, signed by both, in force on both sides.
    fn in_force(&self) {
        self.conclude(FIRST);
    }

    /// As [`in_force`](Self::in_force), for another text of the same agreement.
    pub(crate) fn conclude(&self, text: &str) {
        let file = self.file("first.toml", text);
        self.offer("Siti Rahma", &file).done("redline");
        self.carry("id", "my").done("1 acts taken");
        for officer in ["Aisyah Karim", "Tan Wei Ming"] {
            self.act(officer, &["approve"]).done("approved by");
        }
        self.carry("my", "id").done("2 acts taken, 1 were there");
        for officer in ["Siti Rahma", "Budi Santoso"] {
            self.act(officer, &["approve"]).done("approved by");
        }
        self.act("Siti Rahma", &["sign"]).done("signed");
        self.carry("id", "my").done("3 acts taken");
        self.act("Tan Wei Ming", &["sign"]).done("signed");
        self.act("Tan Wei Ming", &["enter"]).done("in-force");
        self.carry("my", "id").done("2 acts taken");
    }

    pub(super) fn path(&self, instance: &str, file: &str) -> PathBuf {
        self.federation.dir().join(instance).join("data/agreements").join(ID).join(file)
    }
}

fn restart(running: &mut Running) {
    running.process("my/server").restart();
}

#[test]
fn an_agreement_lives_from_draft_to_end() {
    let parties = Parties::new();
    let mut running = parties.federation.start_all();
    parties.stops("No agreement in force");

    // Drafted and answered; the changes are seen, and nobody answers themselves.
    let first = parties.file("first.toml", &FIRST.replace("days = 365", "days = 730"));
    parties.offer("Siti Rahma", &first).done("redline");
    parties.offer("Siti Rahma", &first).refused("wrote this redline");
    parties.act("Siti Rahma", &["approve"]).done("approved by Siti Rahma");
    parties.carry("id", "my").done("2 acts taken, 0 were there before");
    let answer = parties.file("answer.toml", FIRST);
    parties.offer("Aisyah Karim", &answer).done("changed  clause 2.1: grant.retention-days: 730 -> 365");
    parties.carry("my", "id").done("taken    answer version 1 by Aisyah Karim of MY/GOV/1002");

    // The order is the one of its life, and one officer is not two.
    parties.act("Siti Rahma", &["enter"]).refused("`enter` is no step from `redline`");
    parties.act("Siti Rahma", &["suspend"]).refused("`suspend` is no step from `redline`");
    parties.act("Siti Rahma", &["sign"]).refused("approved with 0 of 2 officers");
    parties.act("Siti Rahma", &["approve"]).done("approved by Siti Rahma");
    parties.act("Siti Rahma", &["approve"]).refused("done before");
    parties.act("Siti Rahma", &["sign"]).refused("approved with 1 of 2 officers");
    parties.run("id", &["approve", ID, "--officer", "Mallory"]).refused("Mallory is not named");
    let other = ["approve", ID, "--officer", "Tan Wei Ming", "--member", "MY/GOV/1002"];
    parties.run("id", &other).refused("does not sign for MY/GOV/1002");
    parties.act("Budi Santoso", &["approve"]).done("approved by Budi Santoso, Siti Rahma");
    parties.carry("id", "my").done("2 acts taken");
    parties.act("Aisyah Karim", &["approve"]).done("");
    parties.act("Tan Wei Ming", &["approve"]).done("");
    parties.act("Tan Wei Ming", &["sign"]).done("MY/GOV/1002  approved by Aisyah Karim, Tan Wei Ming  signed");
    parties.act("Tan Wei Ming", &["sign"]).refused("done before");
    parties.act("Tan Wei Ming", &["enter"]).refused("ID/GOV/3201 has not signed");
    parties.carry("my", "id").done("3 acts taken");
    parties.stops("No agreement in force");
    parties.act("Budi Santoso", &["sign"]).done("signed");
    parties.act("Budi Santoso", &["enter"]).done("in-force");
    parties.carry("id", "my").done("2 acts taken");
    parties.carry("id", "my").done("0 acts taken");
    parties.passes();

    // A suspension holds for the very next call, on the side that wrote it; the second officer resumes.
    parties.act("Tan Wei Ming", &["suspend", "--clause", "2.1"]).done("clause 2.1 suspended by MY/GOV/1002");
    parties.stops("clause-suspended");
    parties.act("Tan Wei Ming", &["resume", "--clause", "2.1"]).done("one more officer resumes");
    parties.stops("clause-suspended");
    parties.act("Aisyah Karim", &["resume", "--clause", "2.1"]).done("in-force");
    parties.passes();
    parties.act("Siti Rahma", &["suspend"]).done("suspended by ID/GOV/3201");
    parties.stops("suspended");
    parties.carry("id", "my").done("1 acts taken");
    parties.act("Aisyah Karim", &["resume"]).refused("suspended nothing of that scope");
    parties.act("Siti Rahma", &["resume"]).done("suspended");
    parties.act("Budi Santoso", &["resume"]).done("in-force");
    parties.carry("id", "my").done("2 acts taken");
    parties.passes();

    // The desk tells what stands.
    let list = parties.run("my", &["list"]).done("in-force").text;
    assert!(list.contains("REVIEW OVERDUE since 2021-06-30") && list.contains("access-rights-only: ID may"), "{list}");
    let shown = parties.run("id", &["show", ID, "--json"]).json();
    assert_eq!(shown["versions"][0]["state"], "in-force");
    assert_eq!(shown["acts"].as_array().unwrap().len(), 13);

    // Ended is ended, also after a restart.
    parties.act("Aisyah Karim", &["end"]).done("ended");
    parties.stops("No agreement in force");
    parties.act("Aisyah Karim", &["suspend"]).refused("`suspend` is no step from `ended`");
    restart(&mut running);
    parties.stops("No agreement in force");
}

#[test]
fn officers_ask_why_and_what_would_change() {
    let parties = Parties::new();
    let _running = parties.federation.start_all();
    parties.in_force();
    parties.passes();
    parties.passes();
    let call = ["explain", "--client", "ID/GOV/3201/recognition", "--service", "MY/GOV/1002/qualifications/diplomas"];
    let asked = |more: &[&str]| parties.run("my", &[&call, more].concat());
    let good = ["--path", "/persons", "--purpose", "dpv:IdentityVerification", "--basis", "uu-12"];
    asked(&good).done("allowed by agreement id-my-diplomas version 1, clause 2.1");
    asked(&good[..4]).refused("states no legal basis");
    asked(&["--path", "/persons", "--purpose", "dpv:Marketing"]).refused("does not allow this purpose");
    let json = asked(&["--path", "/other", "--json"]);
    assert_eq!((json.exit, &json.json()["reason"]), (1, &Value::from("endpoint")), "{json:?}");

    let shown = parties.run("my", &["show", ID, "--json"]).json();
    let digest = shown["versions"][0]["digest"].as_str().unwrap().to_owned();
    let second = FIRST.replace("version = 1", &format!("version = 2\namends = \"{digest}\""));
    let narrow = parties.file("second.toml", &second.replace("dpv:IdentityVerification", "dpv:LegalCompliance"));
    let tried = parties.run("my", &["simulate", narrow.to_str().unwrap(), "--last", "1", "--json"]).json();
    assert_eq!((&tried["requests"], &tried["changed"][0]["then"]["allowed"]), (&1.into(), &false.into()), "{tried}");
    let same = parties.file("same.toml", &second);
    parties.run("my", &["simulate", same.to_str().unwrap()]).done("0 otherwise");
    parties.passes();

    // An amendment is negotiated while the version before it decides, and takes its place.
    parties.offer("Siti Rahma", &narrow).done("changed  clause 2.1: grant.purposes: - \"dpv:IdentityVerification\"");
    parties.passes();
    let bad = parties.file("bad.toml", &FIRST.replace("dpv:Identity", "dpv:identity"));
    parties.offer("Siti Rahma", &bad).refused("line 32, clause[0].grant.purposes[0]");
    parties.passes();
}

#[test]
fn what_was_tampered_with_decides_nothing() {
    let parties = Parties::new();
    let mut running = parties.federation.start_all();
    parties.in_force();
    parties.passes();
    let explained = || {
        let call = ["explain", "--client", "ID/GOV/3201/recognition", "--service"];
        let call = [&call[..], &["MY/GOV/1002/qualifications/diplomas", "--path", "/persons"]].concat();
        let stated = ["--purpose", "dpv:IdentityVerification", "--basis", "uu-12"];
        parties.run("my", &[&call[..], &stated].concat())
    };
    explained().done("allowed by");

    // One octet of the container.
    let container = parties.path("my", "v1.asice");
    let good = std::fs::read(&container).unwrap();
    let mut bad = good.clone();
    let place = bad.windows(4).position(|w| w == b"days").unwrap_or(bad.len() / 2);
    bad[place] ^= 1;
    std::fs::write(&container, &bad).unwrap();
    explained().refused("NOT ENFORCED  id-my-diplomas");
    restart(&mut running);
    parties.stops("No agreement in force");
    assert!(running.process("my/server").errors().contains("not enforced"));
    std::fs::remove_file(&container).unwrap();
    explained().refused("its container v1.asice is missing");
    std::fs::write(&container, &good).unwrap();
    explained().done("allowed by");

    // One word of the journal; a line of it; its end, which was never confirmed.
    let journal = parties.path("my", "journal.jsonl");
    let good = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, good.replacen("Tan Wei Ming\"},\"d", "Tan Wei Min\"},\"d", 1)).unwrap();
    std::fs::write(&journal, good.replacen("\"act\":\"approve\"", "\"act\":\"end\"", 1)).unwrap();
    let told = parties.run("my", &["show", ID]);
    assert!(told.text.contains("line 3 of the journal (approve version 1"), "{told:?}");
    told.refused("changed, left out or put in");
    explained().refused("its journal is not believed");
    let less: Vec<&str> = good.lines().enumerate().filter(|(n, _)| *n != 4).map(|(_, line)| line).collect();
    std::fs::write(&journal, less.join("\n") + "\n").unwrap();
    parties.run("my", &["show", ID]).refused("line 5 of the journal");
    std::fs::write(&journal, format!("{good}{{\"before\":")).unwrap();
    explained().done("allowed by");
    std::fs::write(&journal, &good).unwrap();
    restart(&mut running);
    parties.passes();

    // What comes from the other party is not believed beyond what it may say.
    let acts = parties.run("id", &["export", ID]).text;
    let last = acts.lines().last().unwrap();
    let forged = last.replace("\"enter\"", "\"suspend\"").replace("\"at\":\"20", "\"at\":\"21");
    let file = parties.file("forged.jsonl", &forged);
    parties.run("my", &["import", file.to_str().unwrap()]).refused("came from outside");
    parties.passes();
}

/// A signature that does not hold is not taken, and so never comes into force.
#[test]
fn a_forged_signature_is_not_taken() {
    let parties = Parties::new();
    let mut running = parties.federation.start_all();
    let once = "residency = [\"ID\"]\nvolume = [{ count = 1, seconds = 31622400 }]";
    let file = parties.file("first.toml", &FIRST.replace("residency = [\"ID\"]", once));
    parties.offer("Siti Rahma", &file).done("redline");
    parties.carry("id", "my").done("1 acts taken");
    for officer in ["Aisyah Karim", "Tan Wei Ming"] {
        parties.act(officer, &["approve"]).done("");
    }
    parties.carry("my", "id").done("2 acts taken");
    for officer in ["Siti Rahma", "Budi Santoso"] {
        parties.act(officer, &["approve"]).done("");
    }
    parties.act("Siti Rahma", &["sign"]).done("signed");
    let acts = parties.run("id", &["export", ID]).text;
    let forged = acts.replace("MEMBER:ID/GOV/3201", "MEMBER:MY/GOV/1002");
    assert_ne!(forged, acts);
    let file = parties.file("forged.jsonl", &forged);
    parties.run("my", &["import", file.to_str().unwrap()]).refused("do not hold");

    // A signature that holds and is another party's.
    let journal = parties.path("my", "journal.jsonl");
    let before = std::fs::read(&journal).unwrap();
    parties.act("Tan Wei Ming", &["sign"]).done("signed");
    let value = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let mut swapped = value(acts.lines().last().unwrap());
    swapped["signature"] = value(parties.run("my", &["export", ID]).text.lines().last().unwrap())["signature"].clone();
    std::fs::write(&journal, before).unwrap();
    let swapped = acts.replace(acts.lines().last().unwrap(), &swapped.to_string());
    let file = parties.file("swapped.jsonl", &swapped);
    parties.run("my", &["import", file.to_str().unwrap()]).refused("ID/GOV/3201 has not signed");

    parties.act("Tan Wei Ming", &["sign"]).done("signed");
    parties.act("Tan Wei Ming", &["enter"]).refused("ID/GOV/3201 has not signed");
    parties.carry("id", "my").done("1 acts taken");
    parties.act("Tan Wei Ming", &["enter"]).done("in-force");
    parties.carry("my", "id").done("2 acts taken");

    // What was used of a volume stays used when the agreement is read again.
    parties.passes();
    parties.stops("volume");
    parties.act("Tan Wei Ming", &["suspend"]).done("suspended");
    parties.stops("suspended");
    parties.act("Tan Wei Ming", &["resume"]).done("");
    parties.act("Aisyah Karim", &["resume"]).done("in-force");
    parties.stops("volume");

    // Nor does a restart, or a power cut, give it back.
    restart(&mut running);
    parties.stops("volume");
}

/// Decision and refusal are in what the provider sealed: both states prove them offline, and no raw field is on disk.
#[test]
fn the_decision_is_in_the_proof() {
    let parties = Parties::new();
    let _running = parties.federation.start_all();
    parties.in_force();
    let judge = Judge::of(&parties.federation);
    let base = parties.federation.text("/id/server/consumer");
    let call = |id: &str, purpose: &str| {
        let call = Curl::get(&format!("{base}{SERVICE}/persons?limit=2")).client("ID/GOV/3201/recognition");
        let call = call.header("X-Road-Id", id).header("Simpul-Purpose", purpose).header("Simpul-Basis", "uu-12");
        call.send()
    };
    assert_eq!(call("proof-1", "dpv:IdentityVerification").status, 200);
    let parties_of =
        [("/id/server/consumer", "ID/GOV/3201/recognition"), ("/my/server/consumer", "MY/GOV/1002/qualifications")];
    for (node, party) in parties_of {
        let base = parties.federation.text(node);
        let response = judge.fetch_and_verify(base, party, "proof-1", "responseOnly");
        assert_eq!(response["agreement"]["id"], ID, "{response}");
        assert_eq!(response["agreement"]["digest"].as_str().map(str::len), Some(64));
        assert_eq!(response["agreement"]["clauses"], serde_json::json!(["2.1"]));
        let request = judge.fetch_and_verify(base, party, "proof-1", "requestOnly");
        assert_eq!(request["declared"]["purpose"], "dpv:IdentityVerification", "{request}");
        assert!(request.get("agreement").is_none());
    }
    // Where this server demands an agreement the consumer refuses early; here it leaves the decision to the provider.
    parties.federation.edit("id/simpul.toml", "mode = \"agreement-required\"", "mode = \"access-rights-only\"");
    drop(_running);
    let _running = parties.federation.start_all();
    assert_eq!(call("proof-2", "dpv:LegalCompliance").status, 500);
    for (node, party) in parties_of {
        let receipt = judge.fetch_and_verify(parties.federation.text(node), party, "proof-2", "responseOnly");
        assert_eq!(receipt["refusal"]["reason"], "purpose", "{receipt}");
        assert_eq!((&receipt["refusal"]["id"], &receipt["refusal"]["clause"]), (&ID.into(), &"2.1".into()));
    }
    assert_eq!(
        holders(parties.federation.dir(), b"familyName"),
        Vec::<PathBuf>::new(),
        "a raw answer reached the disk"
    );
    assert_ne!(holders(parties.federation.dir(), b"proof-1"), Vec::<PathBuf>::new(), "the scan finds what is there");
}

/// The files below a folder that hold these octets.
pub(crate) fn holders(folder: &Path, marker: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(holders(&path, marker)),
            false if std::fs::read(&path).unwrap().windows(marker.len()).any(|w| w == marker) => found.push(path),
            false => {}
        }
    }
    found
}
