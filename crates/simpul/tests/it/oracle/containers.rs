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
    let _running = federation.start_all();
    let base = federation.text("/id/server/consumer");
    let url = format!("{base}{PERSONS}");
    let get = Curl::get(&format!("{url}?limit=1")).client(MANPOWER).header("x-road-id", "oracle-get").send();
    assert_eq!(get.status, 200, "{get:?}");
    let post = Curl::get(&format!("{url}/search")).client(MANPOWER).header("x-road-id", "oracle-post");
    let post = post.post("application/json", r#"{"limit":3}"#).send();
    assert_eq!(post.status, 200, "{post:?}");

    // The consumer's log holds both sides; its own state's TSA stamped all of them.
    let evidence = Judge::of(&federation);
    let scratch = tempfile::tempdir().unwrap();
    let tsa = federation.dir().join("id/ca.pem");
    for (id, side, signer, body) in [
        ("oracle-get", "requestOnly", "id", false),
        ("oracle-get", "responseOnly", "my", true),
        ("oracle-post", "requestOnly", "id", true),
    ] {
        let container = evidence.fetch(base, MANPOWER, id, side);
        let file = scratch.path().join(format!("{id}-{side}.asice"));
        std::fs::write(&file, &container).unwrap();
        let ca = federation.dir().join(signer).join("ca.pem");

        let verdict = oracle.jdk(&ca, &file);
        assert_eq!(verdict.code, Some(0), "{id} {side}: {verdict:?}");
        let facts: serde_json::Value = serde_json::from_str(verdict.text.trim()).unwrap();
        assert!(facts["algorithm"].as_str().unwrap().ends_with(algorithm), "{facts}");
        assert_eq!(facts["hash_chain"], if body { "valid" } else { "none" }, "{facts}");
        assert_eq!(facts["timestamp"], "single", "{facts}");
        let verdict = oracle.xmlsec(&ca, &file);
        assert_eq!(verdict.code, Some(0), "{id} {side}: {verdict:?}");
        let verdict = oracle.timestamp(&tsa, &file);
        assert_eq!(verdict.code, Some(0), "{id} {side}: {verdict:?}");

        // wire.md §5.1: the signature names the message, or the result of the chain that stands for message and body.
        let (signed, covered) =
            if body { ("sig-hashchainresult.xml", "attachment1") } else { ("message.xml", "message.xml") };
        let mutation =
            |name: &str, near: &str| mutated(&container, &file.with_extension(name.replace('/', "-")), name, near);
        let verdict = oracle.jdk(&ca, &mutation(covered, ""));
        assert_eq!(verdict.code, Some(1), "{id} {side}: {verdict:?}");
        let verdict = oracle.xmlsec(&ca, &mutation(signed, if body { "DigestValue>" } else { "" }));
        assert_eq!(verdict.code, Some(1), "{id} {side}: {verdict:?}");
        let verdict = oracle.timestamp(&tsa, &mutation("META-INF/signatures.xml", "signature-value\">"));
        assert_eq!(verdict.code, Some(1), "{id} {side}: {verdict:?}");
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
