//! Whole sealed exchanges between a node and a peer in Java (JSSE, `javax.xml.crypto.dsig`), in both directions, with
//! each of X-Road's suites, one at a time (wire.md §3.1).

use std::process::Command;

use serde_json::Value;

use super::programs::{Oracle, Peer, Verdict};
use crate::evidence::Judge;
use crate::support::{Curl, Federation, Process};

const MANPOWER: &str = "ID/GOV/3201/manpower";
const REGISTRY: &str = "MY/GOV/1001/civil-registry";
const SERVICE: &str = "MY/GOV/1001/civil-registry/persons";

/// Suites for keys of either kind.
const RSA: &[&str] = &["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"];
const P256: &[&str] = &["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"];

#[test]
fn a_java_consumer_calls_a_node_over_rsa_suites() {
    java_consumer("rsa2048", RSA);
}

#[test]
fn a_java_consumer_calls_a_node_over_the_ecdsa_suite() {
    java_consumer("p256", P256);
}

#[test]
fn a_node_calls_a_java_provider_over_rsa_suites() {
    java_provider("rsa2048", RSA);
}

#[test]
fn a_node_calls_a_java_provider_over_the_ecdsa_suite() {
    java_provider("p256", P256);
}

/// Java in the place of `ID`'s server.
fn java_consumer(keys: &str, suites: &[&str]) {
    let Some(oracle) = Oracle::find() else { return };
    let side = Side::prepare(oracle, keys, "id", "3201");
    let _node = side.federation.start("my", "server");
    let evidence = Judge::of(&side.federation);
    let provider = side.federation.text("/my/server/consumer");
    for suite in suites {
        let id = format!("java-{suite}");
        let call = |id: &str, extra: &[&str]| {
            let mut arguments = side.arguments("client", "my", suite);
            for name in ["connect", "peer-ocsp"] {
                let address =
                    side.federation.text(if name == "connect" { "/my/server/peer" } else { "/my/server/ocsp" });
                arguments.extend([format!("--{name}"), address.to_owned()]);
            }
            let fixed = ["--client", MANPOWER, "--service", SERVICE, "--message-id", id, "--header", "accept:*/*"];
            arguments.extend(fixed.iter().chain(extra).map(|s| (*s).to_owned()));
            let mut peer = side.oracle.peer(&arguments);
            let line = peer.line();
            (peer.end(), line)
        };
        let search =
            ["--path", "/persons/search", "--header", "content-type:application/json", "--body", r#"{"limit":3}"#];

        let (code, post) = call(&id, &search);
        assert_eq!((code, &post["status"]), (Some(0), &Value::from(200)), "{suite}: {post}");
        assert_eq!(post["suite"], *suite, "{post}");
        for (fact, expected) in
            [("request_hash", "matches"), ("hash_chain", "valid"), ("peer_path", "valid"), ("signer_path", "valid")]
        {
            assert_eq!(post[fact], expected, "{suite}: {post}");
        }
        let (code, get) = call(&format!("{id}-get"), &["--path", "/persons?limit=1"]);
        assert_eq!((code, &get["status"]), (Some(0), &Value::from(200)), "{suite}: {get}");

        // The node proves what Java said, with the line ends of Java's base64 in the signed octets (wire.md §5.3).
        evidence.fetch_and_verify(provider, REGISTRY, &id, "requestOnly");
        evidence.fetch_and_verify(provider, REGISTRY, &format!("{id}-get"), "requestOnly");

        for kind in ["message", "body", "chain", "signature"] {
            let (code, fault) = call(&format!("{id}-{kind}"), &[search.as_slice(), &["--tamper", kind]].concat());
            assert_eq!(code, Some(1), "{suite}, another {kind}: {fault}");
            let text = fault["fault"].as_str().unwrap_or_default();
            assert!(text.starts_with("server.serverproxy.signature_verification."), "{suite}, another {kind}: {fault}");
        }
    }
}

/// Java in the place of `MY`'s server.
fn java_provider(keys: &str, suites: &[&str]) {
    let Some(oracle) = Oracle::find() else { return };
    let side = Side::prepare(oracle, keys, "my", "1001");
    let _node = side.federation.start("id", "server");
    let base = side.federation.text("/id/server/consumer");
    let url = |path: &str| format!("{base}/r1/{SERVICE}{path}");
    for suite in suites {
        for framing in ["eof", "chunked"] {
            let mut peer = side.provider(suite, &["--framing", framing, "--exchanges", "2"]);
            let post = Curl::get(&url("/persons/search?x=%2F")).client(MANPOWER).post("text/plain", "who?").send();
            assert_eq!((post.status, post.body.as_slice()), (200, ANSWER.as_bytes()), "{suite}, {framing}: {post:?}");
            let seen = peer.line();
            assert_eq!(seen["suite"], *suite, "{seen}");
            assert_eq!(seen["target"], format!("/r1/{SERVICE}/persons/search?x=%2F"), "{seen}");
            for (fact, expected) in [("hash_chain", "valid"), ("peer_path", "valid"), ("signer_path", "valid")] {
                assert_eq!(seen[fact], expected, "{suite}, {framing}: {seen}");
            }
            let get = Curl::get(&url("/persons")).client(MANPOWER).send();
            assert_eq!((get.status, get.body.as_slice()), (200, ANSWER.as_bytes()), "{suite}, {framing}: {get:?}");
            assert_eq!(peer.line()["hash_chain"], "none", "a request without a body has no chain (wire.md §5.1)");
            assert_eq!(peer.end(), Some(0), "{suite}, {framing}");
        }
        for kind in ["message", "body", "chain", "signature", "request-hash"] {
            let mut peer = side.provider(suite, &["--tamper", kind]);
            let refused = Curl::get(&url("/persons")).client(MANPOWER).send();
            assert_eq!(refused.status, 500, "{suite}, another {kind}: {refused:?}");
            let code = refused.fault();
            // wire.md §2.4: the hash of another request is sealed well, and does not fit.
            let expected = if kind == "request-hash" { "inconsistent_response" } else { "signature_verification." };
            assert!(code.starts_with(&format!("server.clientproxy.{expected}")), "{suite}, another {kind}: {code}");
            assert_eq!(peer.end(), Some(0), "the request was good");
        }
    }
}

const ANSWER: &str = r#"{"persons":[]}"#;

/// A federation in which Java takes the place of one server; the trust services and registries are the node's.
struct Side {
    oracle: Oracle,
    federation: Federation,
    /// The instance whose server is replaced, and the member that signs there.
    instance: &'static str,
    member: &'static str,
    _running: Vec<Process>,
}

impl Side {
    fn prepare(oracle: Oracle, keys: &str, instance: &'static str, member: &'static str) -> Self {
        let federation = Federation::prepare_with(&["--keys", keys]);
        let roles = [("id", "lab"), ("my", "lab"), ("id", "registry"), ("my", "registry")];
        let running = roles.map(|(instance, role)| federation.start(instance, role)).into();
        let side = Self { oracle, federation, instance, member, _running: running };
        for key in ["auth".to_owned(), format!("sign-{member}")] {
            side.fetch_ocsp(&key);
        }
        side
    }

    /// Asks the laboratory's responder with the `openssl` program.
    fn fetch_ocsp(&self, key: &str) {
        let dir = self.federation.dir().join(self.instance);
        let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
        let url = format!("{}/ocsp", self.federation.text(&format!("/{}/lab", self.instance)));
        let (ca, certificate) = (text(dir.join("ca.pem")), text(dir.join(format!("keys/{key}.pem"))));
        let response = text(dir.join(format!("keys/{key}.ocsp")));
        let arguments = [
            "ocsp",
            "-no_nonce",
            "-url",
            &url,
            "-CAfile",
            &ca,
            "-issuer",
            &ca,
            "-cert",
            &certificate,
            "-respout",
            &response,
        ];
        let verdict = Verdict::of(Command::new("openssl").args(arguments));
        assert!(verdict.code == Some(0) && verdict.text.contains("Response verify OK"), "{verdict:?}");
        assert!(verdict.text.contains(": good"), "{verdict:?}");
    }

    /// Arguments for both modes; the other side's certificates must lead to the CA of `other`.
    fn arguments(&self, mode: &str, other: &str, suite: &str) -> Vec<String> {
        let dir = self.federation.dir();
        let key = |name: &str, end: &str| {
            dir.join(self.instance).join(format!("keys/{name}.{end}")).to_str().unwrap().to_owned()
        };
        let sign = format!("sign-{}", self.member);
        let mut arguments = vec![mode.to_owned(), "--suite".to_owned(), suite.to_owned()];
        for (option, value) in [
            ("--auth-key", key("auth", "key")),
            ("--auth-chain", key("auth", "pem")),
            ("--auth-ocsp", key("auth", "ocsp")),
            ("--sign-key", key(&sign, "key")),
            ("--sign-chain", key(&sign, "pem")),
            ("--sign-ocsp", key(&sign, "ocsp")),
            ("--ca", dir.join(other).join("ca.pem").to_str().unwrap().to_owned()),
        ] {
            arguments.extend([option.to_owned(), value]);
        }
        arguments
    }

    /// Java as the provider's server, listening.
    fn provider(&self, suite: &str, extra: &[&str]) -> Peer {
        let mut arguments = self.arguments("server", "id", suite);
        for (option, pointer) in [("--listen", "/my/server/peer"), ("--ocsp-listen", "/my/server/ocsp")] {
            arguments.extend([option.to_owned(), self.federation.text(pointer).to_owned()]);
        }
        let fixed = ["--header", "content-type:application/json", "--body", ANSWER];
        arguments.extend(fixed.iter().chain(extra).map(|s| (*s).to_owned()));
        let peer = self.oracle.peer(&arguments);
        let started = peer.line();
        assert!(started["listening"].is_string(), "{started}");
        peer
    }
}
