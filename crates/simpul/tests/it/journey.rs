//! The journey of an official's call from one state to a register in another, seen from outside.

use super::evidence::Judge;
use super::support::{Curl, Federation, Relay, SIMPUL};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

const MANPOWER: &str = "ID/GOV/3201/manpower";
const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons";

/// Each step of the journey and how it must end; `*` stands for the digest of the agreement. wire.md §2.6 and §3.9 give the
/// codes of refusals, §5.4.3 that of a body which is not the sealed one, §3.8 and §5.4.7 that of a revoked certificate.
const STEPS: &[(&str, &str)] = &[
    ("get", "200, 1 person"),
    ("post", "200, 3 persons"),
    ("no-access-right", "500 server.serverproxy.access_denied"),
    ("tampered-message", "server.serverproxy.signature_verification.malformed_signature.invalid_hash_chain"),
    ("revoked-certificate", "server.serverproxy.signature_verification.invalid_cert_path.cert_validation"),
    ("agreement-allowed", "200 id-my-lab@*;2"),
    ("agreement-field-removed", "holder awardedOn, no marks, no municipality"),
    ("agreement-none", "500 server.clientproxy.access_denied"),
    ("agreement-other-purpose", "500 purpose;id-my-lab@*;1"),
    ("agreement-suspended", "refused"),
    ("agreement-suspended-abroad", "500 server.clientproxy.access_denied"),
    ("agreement-resumed", "200 id-my-lab@*;2"),
    (
        "agreement-trail",
        "id-my-lab@*;2 of MY/GOV/1002, 10 fields, proof valid, trust anchor, signed by MEMBER:MY/GOV/1002",
    ),
    ("evidence", "valid, trust anchor, signed by MEMBER:MY/GOV/1001"),
];

/// `demo --once --json` from an empty folder: one object, every step ends as it must, and the files that it names are
/// evidence which verifies by them.
#[test]
fn the_demo_makes_the_journey() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(SIMPUL).args(["demo", "--once", "--json", "--dir"]).arg(dir.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(keys(&report), ["anchor", "conf", "evidence", "ok", "steps", "urls"]);
    assert_eq!(report["ok"], true, "{report}");
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), STEPS.len(), "{report}");
    for (step, (name, expected)) in steps.iter().zip(STEPS) {
        assert_eq!(keys(step), ["expected", "got", "ms", "name"]);
        assert_eq!((&step["name"], &step["got"]), (&(*name).into(), &step["expected"]), "{step}");
        let said = step["expected"].as_str().unwrap();
        let (start, end) = expected.split_once('*').unwrap_or((expected, ""));
        assert!(said.starts_with(start) && said.ends_with(end), "{step}");
        assert!(expected.contains('*') || said == *expected, "{step}");
        assert!(step["ms"].as_f64().is_some_and(|ms| ms > 0.0 && ms < 60_000.0), "{step}");
    }

    let plan = std::fs::read(dir.path().join("federation.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&plan).unwrap();
    let at = |pointer: &str| plan.pointer(pointer).and_then(|v| v.as_str()).unwrap().to_owned();
    let urls = serde_json::json!({
        "consumer": at("/id/server/consumer"),
        "call": format!("{}{PERSONS}/persons", at("/id/server/consumer")),
        "provider": at("/my/server/consumer"),
        "register": at("/my/register"),
        "globalconf": {
            "ID": format!("{}/internalconf", at("/id/registry")),
            "MY": format!("{}/internalconf", at("/my/registry")),
        },
    });
    assert_eq!(report["urls"], urls);

    let file = |name: &str| std::path::PathBuf::from(report[name].as_str().unwrap());
    assert_eq!(file("anchor"), dir.path().canonicalize().unwrap().join("id/anchor.xml"));
    assert_eq!(file("evidence").extension().unwrap(), "asice");
    assert!(file("conf").is_dir());
    let output = Command::new(SIMPUL)
        .args(["verify", "--json", "--anchor"])
        .arg(file("anchor"))
        .arg("--conf")
        .arg(file("conf"))
        .arg(file("evidence"))
        .output()
        .unwrap();
    let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &verdict["verdict"], &verdict["trust"]),
        (Some(0), &"valid".into(), &"anchor".into())
    );
}

/// The names in an object, sorted.
fn keys(object: &serde_json::Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The same journey by `curl` against separate processes, through a relay between the servers that keeps every octet:
/// no plaintext of the payload is on the wire, and cutting the relay fails the call.
#[test]
fn separate_processes_through_a_recording_relay() {
    let federation = Federation::prepare();
    let real: SocketAddr = federation.text("/my/server/peer").parse().unwrap();
    let ocsp: SocketAddr = federation.text("/my/server/ocsp").parse().unwrap();
    let std::net::IpAddr::V4(ip) = real.ip() else { panic!("loopback addresses are IPv4") };
    let [a, b, c, d] = ip.octets();
    let middle = std::net::Ipv4Addr::new(a, b, c, d + 1);
    federation.edit("my/membership.toml", &format!("address = \"{ip}\""), &format!("address = \"{middle}\""));
    let relay = Relay::start(SocketAddr::from((middle, real.port())), real);
    let ocsp = Relay::start(SocketAddr::from((middle, ocsp.port())), ocsp);
    let mut running = federation.start_all();
    let base = federation.text("/id/server/consumer");

    let list = Curl::get(&format!("{base}{PERSONS}/persons?limit=1")).client(MANPOWER).send();
    assert_eq!(list.status, 200, "{list:?}");
    let person = &list.json()["persons"][0];
    let (id, name) = (person["id"].as_str().unwrap(), person["familyName"].as_str().unwrap());

    let get = Curl::get(&format!("{base}{PERSONS}/persons/{id}")).client(MANPOWER).send();
    assert_eq!((get.status, get.json()["familyName"].as_str()), (200, Some(name)), "{get:?}");
    assert_eq!(get.header("x-road-client"), MANPOWER);
    assert_eq!(get.header("x-road-service"), &PERSONS[4..]);
    assert!(!get.header("x-road-request-hash").is_empty());

    let search = format!("{{\"name\":\"{name}\"}}");
    let post = Curl::get(&format!("{base}{PERSONS}/persons/search")).client(MANPOWER).post("application/json", &search);
    let post = post.send();
    assert_eq!(post.status, 200, "{post:?}");
    assert!(post.json()["persons"].as_array().unwrap().iter().any(|p| p["id"] == id), "{post:?}");

    let (seen, beside) = (relay.seen(), ocsp.seen());
    assert!(seen.len() > 4_000, "the exchange went through the relay: {} octets", seen.len());
    let holds = |octets: &[u8], text: &str| octets.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds(&beside, "HTTP/1.1 200"), "OCSP responses are plain HTTP (wire.md §3.8): what is plain is seen");
    for secret in [id, name, "x-road-client", "civil-registry/persons", "familyName", "manpower"] {
        assert!(!holds(&seen, secret), "`{secret}` is on the wire");
        assert!(!holds(&beside, secret), "`{secret}` is on the wire beside it");
    }

    // What was exchanged is proved to both states, offline, each with its own anchor.
    let judge = Judge::of(&federation);
    let proved = Curl::get(&format!("{base}{PERSONS}/persons/{id}")).client(MANPOWER).header("X-Road-Id", "relay-1");
    assert_eq!(proved.send().status, 200);
    for (node, party) in [("/id/server/consumer", MANPOWER), ("/my/server/consumer", "MY/GOV/1001/civil-registry")] {
        for side in ["requestOnly", "responseOnly"] {
            let verdict = judge.fetch_and_verify(federation.text(node), party, "relay-1", side);
            let kind = side.trim_end_matches("Only");
            assert_eq!((&verdict["kind"], &verdict["message_id"]), (&kind.into(), &"relay-1".into()), "{verdict}");
        }
        let both = judge.archive(federation.text(node), party, "relay-1");
        assert_eq!(both.len(), 2, "both containers: {both:?}");
    }
    let conf = judge.verificationconf(base);
    let part = |name: &str| [format!("{name}/shared-params.xml"), format!("{name}/shared-params.xml.metadata")];
    let names = [part("ID"), part("MY")].concat().into_iter().chain(["instance-identifier".to_owned()]);
    assert_eq!(conf, names.map(|name| format!("verificationconf/{name}")).collect::<Vec<_>>());

    let denied = Curl::get(&format!("{base}{PERSONS}/persons/{id}")).client("ID/GOV/3201/payroll").send();
    assert_eq!((denied.status, denied.fault().as_str()), (500, "server.serverproxy.access_denied"));
    // The caller's detail is the trace id under which the operator of the server that refused finds the cause.
    let trace = denied.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(trace.len(), 36);
    assert!(running.process("my/server").says(&trace), "{}", running.process("my/server").errors());

    // A message that is changed on its way is no message, and the seal of a member whose certificate is revoked is none:
    // wire.md §3.8 (a status that is not good is `cert_validation`), §5.4.7.
    relay.tamper();
    let tampered = Curl::get(&format!("{base}{PERSONS}/persons/{id}")).client(MANPOWER).send();
    assert_eq!(tampered.status, 500, "{tampered:?}");
    assert!(tampered.fault().starts_with("server."), "{tampered:?}");
    let revoked = Curl::get(&format!("{base}{PERSONS}/persons/{id}")).client("ID/GOV/3204/licensing").send();
    let code = "server.serverproxy.signature_verification.invalid_cert_path.cert_validation";
    assert_eq!((revoked.status, revoked.fault().as_str()), (500, code));

    relay.cut();
    let cut = Curl::get(&format!("{base}{PERSONS}/persons/{id}")).client(MANPOWER).send();
    assert_eq!(cut.status, 500, "{cut:?}");
    assert!(cut.fault().starts_with("server.clientproxy."), "{cut:?}");
    let trace = cut.json()["detail"].as_str().unwrap().to_owned();
    assert!(running.process("id/server").says(&trace), "{}", running.process("id/server").errors());
    relay.mend();
    let again = Curl::get(&format!("{base}{PERSONS}/persons/{id}")).client(MANPOWER).send();
    assert_eq!(again.status, 200, "the call works again: {again:?}");

    // So does a cut in the middle of a request, of which a part has passed.
    let body = tempfile::NamedTempFile::new().unwrap();
    body.as_file().set_len(8 * 1024 * 1024).unwrap();
    relay.cut_after(1024 * 1024);
    let search = Curl::get(&format!("{base}{PERSONS}/persons/search")).client(MANPOWER);
    let cut = search.post_file("application/json", body.path()).send();
    assert!(relay.is_cut() && cut.status == 500, "{cut:?}");
    assert!(cut.fault().starts_with("server.clientproxy."), "{cut:?}");
    relay.mend();
    let again = Curl::get(&format!("{base}{PERSONS}/persons/{id}")).client(MANPOWER).send();
    assert_eq!(again.status, 200, "the call works again: {again:?}");
    assert_eq!(running.process("id/server").stop(), Some(0), "a server that is asked to stop ends cleanly");
}

/// `simpul demo` alone tells each step with its time, the addresses and calls to paste, which work as they are printed;
/// Ctrl-C ends it.
#[test]
fn the_demo_prints_calls_that_work() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(SIMPUL)
        .args(["demo", "--first-address", "127.9.11.2", "--dir"])
        .arg(dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        said.push_str(&line.unwrap());
        said.push('\n');
        if said.contains("Ctrl-C stops") {
            break;
        }
    }
    for expected in
        ["ms  server ID/GOV/3201/ss1: consumer 127.9.11.2:", "ms  federation is ready", "for peers (mutual TLS)"]
    {
        assert!(said.contains(expected), "`{expected}`: {said}");
    }
    let calls = said.split("\n\n").filter(|part| part.trim_start().starts_with("curl "));
    let mut answers = Vec::new();
    for call in calls {
        let output = Command::new("sh").args(["-c", call]).output().unwrap();
        answers.push(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    let [plain, agreed] = answers.as_slice() else { panic!("two calls are printed: {said}") };
    assert!(plain.starts_with("HTTP/1.1 200") && plain.contains("\"persons\""), "{plain}");
    assert!(agreed.starts_with("HTTP/1.1 200") && agreed.contains("id-my-lab@"), "{agreed}");
}

/// A second start on the same folder resumes the same federation: same anchors, and the log goes on.
#[test]
fn a_second_start_resumes_the_federation() {
    let dir = tempfile::tempdir().unwrap();
    let once = || {
        let output = Command::new(SIMPUL)
            .args(["demo", "--once", "--json", "--first-address", "127.9.9.2", "--dir"])
            .arg(dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(dir.path().join("id/anchor.xml")).unwrap()
    };
    let records = || {
        let config = dir.path().join("my/simpul.toml");
        let output = Command::new(SIMPUL).args(["ledger", "verify", "--config"]).arg(config).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}");
        text.split(' ').next().unwrap().parse::<usize>().unwrap()
    };
    let first = once();
    // Two requests and two answers, and the request without right; what has no seal that holds is not recorded. Under the
    // agreement two requests with their answers, and one with its receipt. For the person: the keys, the call under a token,
    // and of each of two holders the keys and the page, with answers. Acts of the agreement travel too, as many at a time as
    // there are.
    let recorded = records();
    assert!(recorded >= 23, "{recorded}");
    assert_eq!(once(), first, "the anchor is the same");
    assert!(records() >= recorded + 23, "the log goes on");
}

/// Test trust services must not serve a real federation: the laboratory refuses an anchor that is not marked.
#[test]
fn laboratory_roles_refuse_an_anchor_that_is_not_marked() {
    let federation = Federation::prepare();
    let anchor = std::fs::read_to_string(federation.dir().join("id/anchor.xml")).unwrap();
    let (before, rest) = anchor.split_once("<verificationCert>").unwrap();
    let (_, after) = rest.split_once("</verificationCert>").unwrap();
    let certificate = openssl::base64::encode_block(&certificate_without_mark());
    let foreign = format!("{before}<verificationCert>{certificate}</verificationCert>{after}");
    std::fs::write(federation.dir().join("id/anchor.xml"), foreign).unwrap();
    let refused = || {
        let output = Command::new(SIMPUL).args(["lab", "--config"]).arg(federation.config("id")).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains("not marked as laboratory"), "{text}");
    };
    refused();
    // Nor beside a server of the same file that has such an anchor.
    std::fs::write(federation.dir().join("id/lab-anchor.xml"), &anchor).unwrap();
    federation.edit(
        "id/simpul.toml",
        "ca = \"ca\"\nanchor = \"anchor.xml\"",
        "ca = \"ca\"\nanchor = \"lab-anchor.xml\"",
    );
    refused();
}

/// A self-signed certificate of somebody who is no laboratory, DER.
fn certificate_without_mark() -> Vec<u8> {
    use openssl::asn1::Asn1Time;
    use openssl::hash::MessageDigest;
    let key = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let mut name = openssl::x509::X509Name::builder().unwrap();
    name.append_entry_by_text("O", "Ministry").unwrap();
    let name = name.build();
    let mut made = openssl::x509::X509::builder().unwrap();
    made.set_version(2).unwrap();
    made.set_subject_name(&name).unwrap();
    made.set_issuer_name(&name).unwrap();
    made.set_pubkey(&key).unwrap();
    made.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    made.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    made.sign(&key, MessageDigest::sha256()).unwrap();
    made.build().to_der().unwrap()
}
