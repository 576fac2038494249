//! `simpul demo` by its command line: where its ports lie, and what it says when a step does not end as it must.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::support::{Federation, SIMPUL, first_address};

/// `--base-port N`: the five ports from N on, at both sites, and the journey goes over them.
#[test]
fn the_base_port_is_the_first_of_five() {
    let first = first_address();
    let base = five_free(first);
    let dir = tempfile::tempdir().unwrap();
    let output = demo(dir.path(), first, &["--once", "--json", "--base-port", &base.to_string()]);
    assert!(output.status.success(), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let plan: Value = serde_json::from_slice(&std::fs::read(dir.path().join("federation.json")).unwrap()).unwrap();
    for (site, address) in ["/id", "/my"].into_iter().zip(addresses(first)) {
        let at = |n: u16| format!("{address}:{}", base + n);
        let text = |pointer: &str| plan.pointer(&format!("{site}{pointer}")).unwrap().as_str().unwrap().to_owned();
        assert_eq!(text("/server/consumer"), format!("http://{}", at(0)));
        assert_eq!(text("/registry"), format!("http://{}", at(1)));
        assert_eq!(text("/lab"), format!("http://{}", at(2)));
        assert_eq!(text("/server/peer"), at(3));
        assert_eq!(text("/server/ocsp"), at(4));
    }
    assert_eq!(report["urls"]["consumer"], format!("http://{first}:{base}"), "{report}");
}

/// What cannot be had is refused with the way out, and nothing is left behind that a second try would stumble over.
#[test]
fn a_base_port_that_cannot_be_had_is_refused() {
    let first = first_address();
    let dir = tempfile::tempdir().unwrap();
    let output = demo(dir.path(), first, &["--prepare", "--base-port", "65532"]);
    assert_eq!(output.status.code(), Some(1));
    let told = "--base-port 65532 leaves no room for 5 ports; 65531 is the highest, and 0 finds free ones";
    assert!(said(&output).contains(told), "{}", said(&output));

    let [_, second, _] = addresses(first);
    let base = five_free(first);
    let busy = TcpListener::bind((second, base + 4)).unwrap();
    let wish = ["--prepare", "--base-port", &base.to_string()];
    let output = demo(dir.path(), first, &wish);
    assert_eq!(output.status.code(), Some(1));
    let told = format!("port {} is not free on {second}; choose another --base-port, or 0 to find free ones", base + 4);
    assert!(said(&output).contains(&told), "{}", said(&output));
    drop(busy);
    let output = demo(dir.path(), first, &wish);
    assert!(output.status.success(), "{}", said(&output));

    let output = demo(dir.path(), first, &["--base-port", "65536"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

/// A folder of another version is named with a cure, and is left alone.
#[test]
fn a_federation_of_another_version_is_not_resumed() {
    let first = first_address();
    let dir = tempfile::tempdir().unwrap();
    let output = demo(dir.path(), first, &["--prepare"]);
    assert!(output.status.success(), "{}", said(&output));
    let file = dir.path().join("federation.json");
    let mut plan: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    plan.as_object_mut().unwrap().remove("form").unwrap();
    std::fs::write(&file, plan.to_string()).unwrap();
    let output = demo(dir.path(), first, &["--once"]);
    assert_eq!(output.status.code(), Some(1));
    for told in ["another version of this program made it", "remove the folder to begin anew"] {
        assert!(said(&output).contains(told), "{}", said(&output));
    }
    assert_eq!(std::fs::read(&file).unwrap(), plan.to_string().into_bytes());
}

/// One thing that is wrong in the provider's folder, and the steps that then end otherwise, with what they get.
struct Fault {
    from: &'static str,
    to: &'static str,
    failing: &'static [(&'static str, &'static str)],
}

const RIGHT: &str = "service = \"persons\"\nsubject = \"ID/GOV/3201/manpower\"\n";
const PERSONS: &str = "provider = \"MY/GOV/1001/civil-registry\"\ncode = \"persons\"\n";
const NO_EVIDENCE: &str = "error: status 404: ";

/// wire.md §3.9 has the codes. §3.10: right and notice are looked at before the seal, so that forged messages
/// get as far only where both hold.
const FAULTS: &[Fault] = &[
    // The consumer may not call any more.
    Fault {
        from: RIGHT,
        to: "service = \"persons\"\nsubject = \"ID/GOV/3201/nobody\"\n",
        failing: &[
            ("get", "500 server.serverproxy.access_denied"),
            ("post", "500 server.serverproxy.access_denied"),
            ("tampered-message", "server.serverproxy.access_denied"),
            ("evidence", NO_EVIDENCE),
        ],
    },
    // Somebody may call who must not.
    Fault {
        from: RIGHT,
        to: "service = \"persons\"\nsubject = \"ID/GOV/3201/payroll\"\n\n[[server.access]]\nprovider = \"MY/GOV/1001/civil-registry\"\nservice = \"persons\"\nsubject = \"ID/GOV/3201/manpower\"\n",
        failing: &[("no-access-right", "200")],
    },
    // The service is closed.
    Fault {
        from: PERSONS,
        to: "provider = \"MY/GOV/1001/civil-registry\"\ncode = \"persons\"\ndisabled = \"closed\"\n",
        failing: &[
            ("get", "500 server.serverproxy.service_disabled"),
            ("post", "500 server.serverproxy.service_disabled"),
            ("tampered-message", "server.serverproxy.service_disabled"),
            ("revoked-certificate", "server.serverproxy.service_disabled"),
            ("agreement-other-purpose", "500 without a word"),
            ("evidence", NO_EVIDENCE),
        ],
    },
];

/// A journey in which a step ends otherwise exits with 1, and tells which, what it expected and what it got.
#[test]
fn a_step_that_does_not_end_as_it_must_fails_the_journey() {
    for fault in FAULTS {
        let federation = Federation::prepare();
        federation.edit("my/simpul.toml", fault.from, fault.to);
        let output =
            Command::new(SIMPUL).args(["demo", "--once", "--json", "--dir"]).arg(federation.dir()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{text} {}", said(&output));
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["ok"], false, "{report}");
        for step in report["steps"].as_array().unwrap() {
            let got = step["got"].as_str().unwrap();
            match fault.failing.iter().find(|(name, _)| step["name"] == *name) {
                Some((_, expected)) => assert!(got.starts_with(expected) && step["expected"] != step["got"], "{step}"),
                None => assert_eq!(step["expected"], step["got"], "{step}"),
            }
        }
    }
}

/// For people: the failing step is marked, and the last word is not a good one.
#[test]
fn a_failing_step_is_told_in_words() {
    let federation = Federation::prepare();
    // Nobody listens there: the service cannot be reached.
    let listener = TcpListener::bind((first_address(), 0)).unwrap();
    let closed = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    federation.edit(
        "my/simpul.toml",
        &format!("{PERSONS}url = \"{}\"", federation.text("/my/register")),
        &format!("{PERSONS}url = \"{closed}\""),
    );
    let output = Command::new(SIMPUL).args(["demo", "--once", "--dir"]).arg(federation.dir()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FAILED  get: 500 server.serverproxy."), "{text}");
    assert!(text.contains("ok      no-access-right: 500 server.serverproxy.access_denied"), "{text}");
    assert!(text.contains("A STEP DID NOT END AS IT MUST"), "{text}");
}

fn demo(dir: &Path, first: Ipv4Addr, args: &[&str]) -> Output {
    let first = first.to_string();
    Command::new(SIMPUL).args(["demo", "--first-address", &first, "--dir"]).arg(dir).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The addresses that a federation takes: of both sites, and one for a relay.
fn addresses(first: Ipv4Addr) -> [Ipv4Addr; 3] {
    [0, 1, 2].map(|n| Ipv4Addr::from_bits(first.to_bits() + n))
}

/// A port that is free with the four after it on all addresses of a federation.
fn five_free(first: Ipv4Addr) -> u16 {
    let free = |port| addresses(first).into_iter().all(|address| TcpListener::bind((address, port)).is_ok());
    let drawn = || TcpListener::bind((first, 0)).unwrap().local_addr().unwrap().port();
    std::iter::repeat_with(drawn)
        .take(64)
        .find(|base| *base <= u16::MAX - 4 && (*base..=base + 4).all(free))
        .expect("five ports in a row are free on addresses that nobody else uses")
}
