//! What each crate may know (ARCHITECTURE.md, "The crates"; invariant I10).

use std::collections::BTreeSet;

use crate::graph::{Closure, members, short};
use crate::tree::{File, files, none, root};

/// One crate: what it may depend on, and what must not be built for it.
struct Layer {
    name: &'static str,
    /// Crates of the workspace that it may depend on.
    internal: &'static [&'static str],
    /// Crates from elsewhere that may not be reached from it at all.
    unreachable: &'static [&'static [&'static str]],
    /// Crates from elsewhere that it may not name itself, though something below it may.
    unnamed: &'static [&'static str],
}

const RUNTIME: &[&str] =
    &["async-io", "async-std", "mio", "polling", "smol", "socket2", "tokio", "tokio-openssl", "tokio-util"];
const HTTP: &[&str] = &["actix-web", "axum", "h2", "hyper", "hyper-util", "reqwest", "tower-http", "ureq"];
/// What of HTTP opens sockets. A router of pages is none of it: axum is taken without its server.
const SERVERS: &[&str] = &["actix-web", "h2", "hyper", "hyper-util", "reqwest", "tokio-openssl", "ureq"];
const TLS: &[&str] = &["native-tls", "rustls", "tokio-openssl"];
const SQL: &[&str] =
    &["diesel", "libsqlite3-sys", "rusqlite", "sqlx", "sqlx-core", "sqlx-postgres", "sqlx-sqlite", "tokio-postgres"];
const HTML: &[&str] = &["askama", "fluent-bundle", "maud", "minijinja", "tera"];
const KEYS: &[&str] = &["cms", "der", "openssl", "openssl-sys", "spki", "x509-cert", "x509-ocsp", "x509-tsp"];
const DOCUMENTS: &[&str] = &["quick-xml", "roxmltree", "zip"];
const CONFIGURATION: &[&str] = &["clap", "tracing-subscriber"];
/// The form in which people write configuration, and agreements: `policy` reads those. Whoever stands on `policy`
/// reaches it and may not name it.
const WRITTEN: &[&str] = &["toml"];

const LAYERS: &[Layer] = &[
    Layer {
        name: "core",
        internal: &[],
        unreachable: &[RUNTIME, HTTP, TLS, SQL, HTML, KEYS, DOCUMENTS, CONFIGURATION, WRITTEN],
        unnamed: &["async-trait", "bytes", "serde", "tracing"],
    },
    Layer {
        name: "wire",
        internal: &["core"],
        unreachable: &[RUNTIME, HTTP, TLS, SQL, HTML, KEYS, CONFIGURATION, WRITTEN],
        unnamed: &["async-trait", "tracing"],
    },
    Layer {
        name: "trust",
        internal: &["core", "wire"],
        unreachable: &[RUNTIME, HTTP, TLS, SQL, HTML, CONFIGURATION, WRITTEN],
        unnamed: &[],
    },
    Layer {
        name: "policy",
        // wire for one door: the one to XML trees, with its bounds.
        internal: &["core", "wire", "trust"],
        unreachable: &[RUNTIME, HTTP, TLS, SQL, HTML, CONFIGURATION],
        unnamed: &["openssl"],
    },
    Layer {
        name: "ledger",
        // wire for one type: the seal as it travels, which is what a record keeps.
        internal: &["core", "wire", "trust"],
        unreachable: &[RUNTIME, HTTP, TLS, SQL, HTML, CONFIGURATION, WRITTEN],
        unnamed: &["openssl", "quick-xml", "roxmltree"],
    },
    Layer {
        name: "registry",
        internal: &["core", "wire", "trust", "ledger"],
        unreachable: &[RUNTIME, HTTP, TLS, SQL, HTML, CONFIGURATION, WRITTEN],
        unnamed: &[],
    },
    Layer {
        name: "exchange",
        internal: &["core", "wire", "trust", "policy", "ledger"],
        unreachable: &[HTTP, TLS, SQL, HTML, CONFIGURATION],
        unnamed: &["openssl", "socket2", "toml"],
    },
    Layer {
        name: "services",
        internal: &["core", "trust", "policy"],
        unreachable: &[RUNTIME, HTTP, TLS, SQL, HTML, CONFIGURATION],
        unnamed: &["openssl", "toml"],
    },
    Layer {
        name: "store",
        internal: &["core", "wire", "trust", "policy", "ledger", "registry", "exchange", "services"],
        unreachable: &[HTTP, TLS, HTML, CONFIGURATION],
        unnamed: &["openssl", "socket2", "toml"],
    },
    Layer {
        name: "io",
        internal: &["core", "wire", "trust", "ledger", "registry", "exchange"],
        unreachable: &[SQL, HTML, CONFIGURATION],
        unnamed: &["toml"],
    },
    Layer {
        // openssl for the digest of a cookie and the code of a form's token.
        name: "portal",
        internal: &["core", "trust", "policy", "ledger", "registry", "exchange", "services"],
        unreachable: &[SERVERS, TLS, SQL, CONFIGURATION],
        unnamed: &["socket2", "sqlx"],
    },
    Layer {
        name: "lab",
        internal: &["core", "wire", "trust", "policy", "ledger", "registry", "exchange"],
        unreachable: &[HTTP, TLS, SQL, HTML, CONFIGURATION],
        unnamed: &["socket2", "toml"],
    },
    Layer {
        name: "simpul",
        internal: &[
            "core", "wire", "trust", "policy", "ledger", "registry", "exchange", "services", "store", "io", "portal",
            "lab",
        ],
        // It mounts the pages of `portal` and writes none.
        unreachable: &[],
        unnamed: &["askama", "fluent-bundle", "maud", "minijinja", "sqlx", "tera"],
    },
    // OpenSSL is the floor against which benches measure.
    Layer { name: "xtask", internal: &[], unreachable: &[RUNTIME, HTTP, TLS, SQL, HTML], unnamed: &[] },
];

/// Crates of the laboratory may serve the tests of any other crate.
const FOR_TESTS: &[&str] = &["lab"];

#[test]
fn every_crate_has_a_layer() {
    let present: BTreeSet<String> = members().into_keys().collect();
    let known: BTreeSet<String> = LAYERS.iter().map(|layer| layer.name.to_owned()).collect();
    assert_eq!(present, known, "a new crate needs its line here and in ARCHITECTURE.md");
}

#[test]
fn crates_depend_inward() {
    let members = members();
    let mut findings = Vec::new();
    for layer in LAYERS {
        for dependency in members[layer.name].dependencies.iter().filter(|dependency| dependency.by_path) {
            let name = short(&dependency.name);
            let test_only = !dependency.normal && (FOR_TESTS.contains(&name) || name == layer.name);
            if !layer.internal.contains(&name) && !test_only {
                findings.push(format!("{} depends on {name}", layer.name));
            }
        }
    }
    none("a crate depends on what it may not know", findings);
}

#[test]
fn crates_do_not_reach_what_they_may_not_know() {
    let members = members();
    let mut findings = Vec::new();
    for layer in LAYERS {
        let package = &members[layer.name];
        let closure = Closure::of(&package.name, "normal");
        let names = closure.names();
        for &name in layer.unreachable.iter().copied().flatten().filter(|name| names.contains(**name)) {
            findings.push(format!("{} reaches {name} through {:?}", layer.name, closure.parents(name)));
        }
        for dependency in package.dependencies.iter().filter(|dependency| dependency.normal) {
            if layer.unnamed.contains(&dependency.name.as_str()) {
                findings.push(format!("{} names {}", layer.name, dependency.name));
            }
        }
    }
    none("a crate reaches what it may not know", findings);
}

#[test]
fn the_ban_can_see() {
    // Were the closure empty, the test above would pass whatever the crates do.
    let closure = Closure::of("simpul-io", "normal");
    for name in ["tokio", "hyper", "openssl", "simpul-core"] {
        assert!(closure.names().contains(name), "{name}");
    }
    assert!(Closure::of("simpul-store", "normal").names().contains("sqlx-core"));
}

/// Words that a program line of a crate may not contain.
struct Words {
    rule: &'static str,
    /// Crates and single files that may; all others may not.
    except: &'static [&'static str],
    words: &'static [&'static str],
}

const NOT_PURE: &[&str] = &[
    "registry",
    "exchange",
    "store",
    "io",
    "portal",
    "lab",
    "simpul",
    // Makes `#[tokio::test]` functions in the crate that implements the port.
    "crates/ledger/src/contract/mod.rs",
    // Makes content encryption keys, each used once: like all key generation, with OpenSSL's randomness.
    "crates/trust/src/subject/jwe.rs",
];

const WORDS: &[Words] = &[
    Words {
        rule: "sockets are opened by io, and composed by simpul",
        // The example serves the gallery to browsers on this machine; it is no part of a node.
        except: &["io", "simpul", "crates/portal/examples/gallery.rs"],
        words: &["TcpListener", "TcpStream", "TcpSocket", "UdpSocket", "UnixListener", "UnixStream", "socket2::"],
    },
    Words {
        rule: "the clock is read by the composition root: time is an argument",
        except: &["simpul", "crates/io/src/clock.rs"],
        words: &["SystemTime::now", "Timestamp::now", "Zoned::now", "Uuid::now_v7"],
    },
    Words {
        rule: "pure crates have no files, no environment, no processes, no elapsed time and no randomness of their own",
        except: NOT_PURE,
        words: &[
            "std::fs",
            "std::env",
            "std::process",
            "Instant::now",
            "getrandom",
            "Uuid::new_v4",
            "rand_bytes",
            "tokio::",
        ],
    },
    Words { rule: "SQL is written in store", except: &["store"], words: &["sqlx::", "SELECT ", "INSERT INTO"] },
];

fn forbidden(file: &File) -> Vec<String> {
    let Some(krate) = file.krate().filter(|_| file.is_rust()) else { return Vec::new() };
    let mut findings = Vec::new();
    for (number, line) in file.program().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        let excepted = |rule: &Words| rule.except.contains(&krate) || rule.except.contains(&file.path.as_str());
        for rule in WORDS.iter().filter(|rule| !excepted(rule)) {
            if let Some(word) = rule.words.iter().find(|word| line.contains(**word)) {
                findings.push(format!("{}:{number}: `{word}`: {}", file.path, rule.rule));
            }
        }
    }
    findings
}

#[test]
fn sources_do_not_name_what_they_may_not_know() {
    none("a source names what its crate may not know", files().iter().flat_map(forbidden).collect());
}

#[test]
fn the_word_rule_can_see() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let clock = "fn f() {}\nlet t = SystemTime::now();\n";
    assert_eq!(forbidden(&file("crates/exchange/src/a.rs", clock)).len(), 1);
    assert!(forbidden(&file("crates/simpul/src/a.rs", clock)).is_empty());
    assert!(forbidden(&file("crates/io/src/clock.rs", clock)).is_empty());
    assert_eq!(forbidden(&file("crates/io/src/peer.rs", clock)).len(), 1);
    assert!(forbidden(&file("crates/trust/src/a.rs", "// SystemTime::now is not here\n")).is_empty());
    assert!(
        forbidden(&file("crates/trust/src/a.rs", "#[cfg(test)]\nmod tests {\nstd::fs::read(fixture);\n")).is_empty()
    );
    assert_eq!(forbidden(&file("crates/trust/src/a.rs", "std::fs::read(fixture);\n")).len(), 1);
    assert!(forbidden(&file("crates/store/src/a.rs", "sqlx::query(\"SELECT 1\")\n")).is_empty());
}

#[test]
fn architecture_shows_the_same_table() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for layer in LAYERS.iter().filter(|layer| layer.name != "xtask") {
        let start = format!("| `{}` |", layer.name);
        let row = text.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for {}", layer.name));
        let written: BTreeSet<&str> = row.split('|').nth(3).unwrap().split(',').map(str::trim).collect();
        let expected: BTreeSet<&str> = match layer.internal {
            [] => BTreeSet::from(["–"]),
            _ if layer.name == "simpul" => BTreeSet::from(["all"]),
            internal => internal.iter().copied().collect(),
        };
        assert_eq!(written, expected, "ARCHITECTURE.md, row of {}", layer.name);
    }
}
