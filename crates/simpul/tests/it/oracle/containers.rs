//! Containers of a node, judged by the JDK's XML signature, by xmlsec1 and by `openssl ts`; and one mutation of each,
//! which the same program must refuse.

use std::path::{Path, PathBuf};

use super::programs::Oracle;
use crate::evidence::{Judge, unpack};
use crate::support::{Curl, Federation};

const MANPOWER: &str = "ID/GOV/3201/manpower";
const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons/persons";

#[test]
fn containers_signed_by_rsa_keys() {
    judge_containers("rsa2048", "rsa-sha512");
}

#[test]
fn containers_signed_by_p256_keys() {
    judge_containers("p256", "ecdsa-sha512");
}

fn judge_containers(keys: &str, algorithm: &str) {
    let Some(oracle) = Oracle::find() else { return };
    let federation = Federation::prepare_with(&["--keys", keys]);
    federation.stamps_on_demand();
    let mut running = federation.start_all();
    let base = federation.text("/id/server/consumer");
    let url = format!("{base}{PERSONS}");
    let get = Curl::get(&format!("{url}?limit=1")).client(MANPOWER).header("x-road-id", "oracle-get").send();
    assert_eq!(get.status, 200, "{get:?}");
    let post = Curl::get(&format!("{url}/search")).client(MANPOWER).header("x-road-id", "oracle-post");
    let post = post.post("application/json", r#"{"limit":3}"#).send();
    assert_eq!(post.status, 200, "{post:?}");

    // The consumer's log holds both sides; its own state's TSA stamped all of them.
    let evidence = Judge::of(&federation);
    let bench = Bench { oracle, federation: &federation, scratch: tempfile::tempdir().unwrap(), algorithm };
    for (id, side, signer, body) in [
        ("oracle-get", "requestOnly", "id", false),
        ("oracle-get", "responseOnly", "my", true),
        ("oracle-post", "requestOnly", "id", true),
    ] {
        let container = evidence.fetch(base, MANPOWER, id, side);
        bench.judge(&format!("{id}-{side}"), &container, signer, body, "single");
    }

    // Requests and answers that waited together have one timestamp (wire.md §6.3).
    let get = Curl::get(&format!("{url}?limit=1")).client(MANPOWER).header("x-road-id", "batch-get").send();
    assert_eq!(get.status, 200, "{get:?}");
    let post = Curl::get(&format!("{url}/search")).client(MANPOWER).header("x-road-id", "batch-post");
    let post = post.post("application/json", r#"{"limit":3}"#).send();
    assert_eq!(post.status, 200, "{post:?}");
    running.stamp_waiting();
    for (id, side, signer, body) in [
        ("batch-get", "requestOnly", "id", false),
        ("batch-get", "responseOnly", "my", true),
        ("batch-post", "requestOnly", "id", true),
    ] {
        let container = evidence.fetch_stamped(base, MANPOWER, id, side);
        bench.judge(&format!("{id}-{side}"), &container, signer, body, "batch");
    }
}

/// The judges, and what they judge by.
struct Bench<'a> {
    oracle: Oracle,
    federation: &'a Federation,
    scratch: tempfile::TempDir,
    /// How the name of the signature's algorithm ends.
    algorithm: &'a str,
}

impl Bench<'_> {
    /// Every judge accepts a container whose signer is of this instance, and refuses one mutation of it.
    fn judge(&self, name: &str, container: &[u8], signer: &str, body: bool, timestamp: &str) {
        let Self { oracle, federation, .. } = self;
        let file = self.scratch.path().join(format!("{name}.asice"));
        std::fs::write(&file, container).unwrap();
        let ca = federation.dir().join(signer).join("ca.pem");
        let tsa = federation.dir().join("id/ca.pem");

        let verdict = oracle.jdk(&ca, &file);
        assert_eq!(verdict.code, Some(0), "{name}: {verdict:?}");
        let facts: serde_json::Value = serde_json::from_str(verdict.text.trim()).unwrap();
        assert!(facts["algorithm"].as_str().unwrap().ends_with(self.algorithm), "{facts}");
        assert_eq!(facts["hash_chain"], if body { "valid" } else { "none" }, "{facts}");
        assert_eq!(facts["timestamp"], timestamp, "{facts}");
        let verdict = oracle.xmlsec(&ca, &file);
        assert_eq!(verdict.code, Some(0), "{name}: {verdict:?}");
        let verdict = oracle.timestamp(&tsa, &file);
        assert_eq!(verdict.code, Some(0), "{name}: {verdict:?}");

        // wire.md §5.1: the signature names the message, or the result of the chain that stands for message and body.
        let (signed, covered) =
            if body { ("sig-hashchainresult.xml", "attachment1") } else { ("message.xml", "message.xml") };
        let mutation =
            |entry: &str, near: &str| mutated(container, &file.with_extension(entry.replace('/', "-")), entry, near);
        let verdict = oracle.jdk(&ca, &mutation(covered, ""));
        assert_eq!(verdict.code, Some(1), "{name}: {verdict:?}");
        let verdict = oracle.xmlsec(&ca, &mutation(signed, if body { "DigestValue>" } else { "" }));
        assert_eq!(verdict.code, Some(1), "{name}: {verdict:?}");
        // §6.2, §6.3: the token is of the signature's value, or of the result of the batch's chain.
        let stamped = match timestamp {
            "single" => mutation("META-INF/signatures.xml", "signature-value\">"),
            _ => mutation("ts-hashchainresult.xml", "DigestValue>"),
        };
        let verdict = oracle.timestamp(&tsa, &stamped);
        assert_eq!(verdict.code, Some(1), "{name}: {verdict:?}");
        if timestamp == "batch" {
            let verdict = oracle.jdk(&ca, &mutation("ts-hashchain.xml", "DigestValue>"));
            assert_eq!(verdict.code, Some(1), "{name}: {verdict:?}");
            assert!(verdict.text.contains("hash chain"), "the chain of the batch: {verdict:?}");
        }
    }
}

/// Unpacks a container and changes one octet of an entry: one of the letters and digits after `near`, the fifth of
/// them, so that line ends and markup stay as they are.
fn mutated(container: &[u8], folder: &Path, name: &str, near: &str) -> PathBuf {
    unpack(container, folder);
    let path = folder.join(name);
    let mut bytes = std::fs::read(&path).unwrap();
    let start =
        bytes.windows(near.len().max(1)).position(|w| near.is_empty() || w == near.as_bytes()).unwrap() + near.len();
    let octet = bytes[start..].iter_mut().filter(|b| b.is_ascii_alphanumeric()).nth(4).unwrap();
    *octet = if *octet == b'A' { b'B' } else { b'A' };
    std::fs::write(path, bytes).unwrap();
    folder.to_owned()
}
