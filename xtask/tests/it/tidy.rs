//! What every source file keeps to (STYLE.md).

use crate::tree::{File, files, none, root};

/// Lines of a file, tests included: more is an error.
const HARD: usize = 800;
/// Lines of a file from which the run says that it grows long.
const LONG: usize = 500;

fn sources() -> impl Iterator<Item = File> {
    files().into_iter().filter(File::is_rust)
}

#[test]
fn files_are_short() {
    let mut findings = Vec::new();
    for file in sources() {
        let lines = file.text.lines().count();
        if lines > HARD {
            findings.push(format!("{}: {lines} lines", file.path));
        } else if lines > LONG {
            println!("note: {} has {lines} lines, over {LONG}", file.path);
        }
    }
    none("files over 800 lines: split them by purpose", findings);
}

#[test]
fn names_say_what_is_inside() {
    let vague = ["utils", "util", "helpers", "helper", "common", "misc", "models", "handlers"];
    let is_vague = |path: &str| path.split('/').any(|part| vague.contains(&part.trim_end_matches(".rs")));
    assert!(is_vague("crates/io/src/utils.rs") && is_vague("crates/io/src/models/a.rs"));
    assert!(!is_vague("crates/io/src/commons.rs"));
    none("a name that says nothing", sources().map(|file| file.path).filter(|path| is_vague(path)).collect());
}

/// What is written in two parts here so that this file does not find itself.
fn unfinished(line: &str) -> bool {
    [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("#[igno", "re]"),
    ]
    .iter()
    .any(|word| line.contains(word))
}

#[test]
fn nothing_is_left_for_later() {
    assert!(unfinished(concat!("    // TO", "DO: later")) && !unfinished("// to do"));
    let mut findings = Vec::new();
    for file in sources() {
        let lines = file.text.lines().enumerate().filter(|(_, line)| unfinished(line));
        findings.extend(lines.map(|(i, line)| format!("{}:{}: {}", file.path, i + 1, line.trim())));
    }
    none("unfinished code, or a test that is left out without a reason", findings);
}

/// Tests that may sleep: path and reason. A test waits for an event or moves the clock that it was given; it does not
/// wait for time to pass.
const SLEEPERS: &[(&str, &str)] = &[
    (
        "crates/simpul/tests/it/kill.rs",
        "kills processes at random moments, which are the point, and asks again while one is down",
    ),
    ("crates/io/tests/it/fetch.rs", "an answer that trickles for ever, to meet the bound on the whole fetch"),
    ("crates/io/tests/it/listen/bounds.rs", "callers that are slow on purpose, to meet the bounds on slowness"),
    ("crates/io/tests/it/peer/broken.rs", "a request that is sent slowly on purpose"),
];

fn sleeps(line: &str) -> bool {
    [concat!("sle", "ep("), concat!("sleep", "_until("), concat!("sle", "ep_ms(")]
        .iter()
        .any(|word| line.contains(word))
}

#[test]
fn tests_wait_for_events_and_not_for_time() {
    assert!(sleeps(concat!("tokio::time::sle", "ep(d).await")) && !sleeps("asleep = true"));
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for file in sources() {
        for (number, line) in file.tests().filter(|(_, line)| sleeps(line)) {
            match SLEEPERS.iter().find(|(path, _)| *path == file.path) {
                Some((path, _)) => used.push(*path),
                None => findings.push(format!("{}:{number}: {}", file.path, line.trim())),
            }
        }
    }
    findings.extend(
        SLEEPERS.iter().filter(|(path, _)| !used.contains(path)).map(|(path, _)| format!("{path}: sleeps no more")),
    );
    none("a test sleeps", findings);
}

/// Whether a line of a test binds or calls a port that was chosen by the author and not by the system.
///
/// `whole` is a test that may start a node: there a configured address is bound too. The parser of a configuration has
/// its tests at its foot and binds nothing.
fn fixed_port(line: &str, whole: bool) -> bool {
    let words: &[&str] = if whole { &["bind", "connect", "listen"] } else { &["bind(", "connect(", "listen("] };
    let uses = words.iter().any(|word| line.to_ascii_lowercase().contains(word));
    let hosts = ["127.0.0.", "localhost", "0.0.0.0", "::1]", "::]", "LOCALHOST", "UNSPECIFIED"];
    let named = hosts.iter().any(|host| {
        line.match_indices(host).any(|(at, _)| {
            // The rest of an IPv4 address, then what separates it from a port.
            let after = &line[at + host.len()..];
            let rest = if host.ends_with('.') { after.trim_start_matches(|c: char| c.is_ascii_digit()) } else { after };
            let port = rest.trim_start_matches(['"', ')', ']']).strip_prefix([':', ',']).map(str::trim_start);
            port.is_some_and(|port| port.starts_with(|c: char| ('1'..='9').contains(&c)))
        })
    });
    uses && named
}

#[test]
fn tests_bind_free_ports() {
    for bad in [
        "TcpListener::bind(\"127.0.0.1:8080\")",
        "bind((Ipv4Addr::LOCALHOST, 5500))",
        "connect(\"localhost:5500\")",
        "bind((\"127.0.0.2\", 80))",
        "bind(\"[::1]:4000\")",
    ] {
        assert!(fixed_port(bad, true) && fixed_port(bad, false), "{bad}");
    }
    for good in [
        "bind(\"127.0.0.1:0\")",
        "bind((Ipv4Addr::LOCALHOST, 0))",
        "assert_eq!(address, \"127.0.0.2:5500\")",
        "connect(address)",
    ] {
        assert!(!fixed_port(good, true), "{good}");
    }
    let configured = "peer-listen = \"127.0.0.3:5500\"";
    assert!(fixed_port(configured, true) && !fixed_port(configured, false));
    let mut findings = Vec::new();
    for file in sources().filter(|file| !file.path.ends_with("it/tidy.rs")) {
        let whole = file.is_test();
        let lines = file.tests().filter(|(_, line)| fixed_port(line, whole));
        findings.extend(lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())));
    }
    none("a test chooses a port: bind port 0 and ask which it became", findings);
}

/// Folders of one machine and hosts of package registries have no place in the project.
fn of_one_machine(line: &str) -> bool {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("C:\\Us", "ers"),
        concat!("deb.deb", "ian.org"),
        concat!("snapshot.deb", "ian.org"),
        concat!("index.cra", "tes.io"),
        concat!("static.cra", "tes.io"),
        concat!("py", "pi.org"),
        concat!("registry.npm", "js.org"),
        concat!("repo1.ma", "ven.org"),
    ];
    words.iter().any(|word| line.contains(word))
}

#[test]
fn nothing_names_one_machine() {
    assert!(of_one_machine(concat!("cd /wo", "rk/simpul")));
    let mut findings = Vec::new();
    for file in files() {
        let lines = file.text.lines().enumerate().filter(|(_, line)| of_one_machine(line));
        findings.extend(lines.map(|(i, line)| format!("{}:{}: {}", file.path, i + 1, line.trim())));
    }
    none("a path of one machine or a registry's host", findings);
}

/// A crate's head says what it is for and what it may not know.
fn head_is_complete(text: &str) -> bool {
    let head: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
    let words = head.join(" ").to_lowercase().replace("//!", "");
    let bounded =
        ["knows no", "know no", "never know", "never learn", "not know"].iter().any(|word| words.contains(word));
    head.len() >= 3 && bounded
}

/// Below this a crate has no content whose purpose could be told.
const EMPTY: usize = 20;

#[test]
fn every_crate_says_its_purpose_and_its_bounds() {
    assert!(head_is_complete("//! The words.\n//!\n//! This crate knows nothing but a calendar.\n"));
    assert!(!head_is_complete("//! The words.\n//!\n//! And more words.\n"), "bounds are missing");
    assert!(!head_is_complete("use a;\n//! It may not know b.\n"), "the head comes first");
    let mut findings = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(folder.join("src/lib.rs")) else { continue };
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let size: usize = sources().filter(|f| f.krate() == Some(&name)).map(|f| f.text.lines().count()).sum();
        if size < EMPTY {
            println!("note: crate {name} is empty");
        } else if !head_is_complete(&text) {
            findings.push(format!("crates/{name}/src/lib.rs"));
        }
    }
    none("a crate's head must say what it is for and what it may not know, in three lines or more", findings);
}
