//! How information systems connect (wire.md §9.3), by `curl` over real TLS: each connection type, allowed and refused.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::support::{Curl, Federation};

const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons/persons?limit=1";
/// Plain HTTP is enough for it.
const PLAIN: &str = "ID/GOV/3201/manpower";
/// Demands TLS.
const TLS: &str = "ID/GOV/3201/desk";
/// Demands TLS with its certificate.
const MUTUAL: &str = "ID/GOV/3201/payroll";

/// How a call comes.
#[derive(Clone, Copy, Debug)]
enum By {
    Http,
    Https,
    /// HTTPS with this certificate.
    With(&'static str),
}

/// wire.md §9.3: `NOSSL` takes everything, `SSLNOAUTH` any TLS, `SSLAUTH` the client's certificates byte for byte, and
/// always the server's own internal one.
#[test]
fn each_connection_type_is_held_over_real_tls() {
    let federation = Federation::prepare();
    let dir = federation.dir().to_owned();
    certificate(&dir, "known");
    certificate(&dir, "other");
    furnish(&federation);
    let _others = [("id", "lab"), ("my", "lab"), ("id", "registry"), ("my", "registry"), ("my", "server")]
        .map(|(instance, role)| federation.start(instance, role));
    let mut server = federation.start("id", "server");
    let internal = dir.join("id/data/server/internal-tls/internal.crt");
    let mode = std::fs::metadata(internal.with_extension("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::copy(&internal, dir.join("internal.pem")).unwrap();
    std::fs::copy(internal.with_extension("key"), dir.join("internal.key")).unwrap();

    let refused = Some("server.clientproxy.ssl_authentication_failed");
    let table = [
        (PLAIN, By::Http, None),
        (PLAIN, By::Https, None),
        (PLAIN, By::With("other"), None),
        (TLS, By::Http, refused),
        (TLS, By::Https, None),
        (TLS, By::With("other"), None),
        (MUTUAL, By::Http, refused),
        (MUTUAL, By::Https, refused),
        (MUTUAL, By::With("other"), refused),
        (MUTUAL, By::With("known"), None),
        (MUTUAL, By::With("internal"), None),
    ];
    let tls = server.port("consumer-tls");
    let plain = server.port("consumer");
    // The name in the URL is checked against the certificate, and nothing but that certificate is believed.
    let ask = |path: &str, by: By| match by {
        By::Http => Curl::get(&format!("http://{plain}{path}")),
        By::Https => Curl::get(&format!("https://{tls}{path}")).trust(&internal),
        By::With(name) => Curl::get(&format!("https://{tls}{path}"))
            .trust(&internal)
            .certificate(&dir.join(format!("{name}.pem")), &dir.join(format!("{name}.key"))),
    };
    for (client, by, expected) in table {
        let reply = ask(PERSONS, by).client(client).send();
        match expected {
            None => assert_eq!(reply.status, 200, "{client} {by:?}: {reply:?}"),
            Some(code) => assert_eq!((reply.status, reply.fault().as_str()), (500, code), "{client} {by:?}"),
        }
    }
    // Evidence is asked for in the same ways (wire.md §7.4): 401, or here 404, since there is no such exchange.
    let download = "/asic?xRoadInstance=ID&memberClass=GOV&memberCode=3201&subsystemCode=payroll&queryId=none";
    for (by, status) in [(By::Http, 401), (By::Https, 401), (By::With("other"), 401), (By::With("known"), 404)] {
        assert_eq!(ask(download, by).send().status, status, "{by:?}");
    }

    let before = std::fs::read(&internal).unwrap();
    server.restart();
    assert_eq!(std::fs::read(&internal).unwrap(), before, "the certificate that callers pinned stays");
}

/// A client of each type, known to both instances, and the HTTPS port.
fn furnish(federation: &Federation) {
    let plain: SocketAddr = federation.text("/id/server/consumer").trim_start_matches("http://").parse().unwrap();
    let ip = plain.ip();
    federation.edit("id/simpul.toml", "consumer-listen", &format!("consumer-tls-listen = \"{ip}:0\"\nconsumer-listen"));
    let entry = |id: &str| format!("[[server.client]]\nid = \"{id}\"\n");
    let of_type = |id: &str, more: &str| format!("{}connection = {more}\n", entry(id));
    let desk = of_type(TLS, "\"https\"");
    federation.edit("id/simpul.toml", &entry(PLAIN), &format!("{desk}\n{}", entry(PLAIN)));
    let mutual = of_type(MUTUAL, "\"https-mutual\"\ncertificates = [\"../known.pem\"]");
    federation.edit("id/simpul.toml", &entry(MUTUAL), &mutual);
    federation.edit("id/membership.toml", "\"manpower\", ", "\"manpower\", \"desk\", ");
    federation.edit(
        "id/membership.toml",
        &format!("clients = [\"{PLAIN}\""),
        &format!("clients = [\"{TLS}\", \"{PLAIN}\""),
    );
    let right =
        |id: &str| format!("provider = \"MY/GOV/1001/civil-registry\"\nservice = \"persons\"\nsubject = \"{id}\"\n");
    let rights = [PLAIN, TLS, MUTUAL].map(right).join("\n[[server.access]]\n");
    federation.edit("my/simpul.toml", &right(PLAIN), &rights);
}

/// A self-signed certificate of an information system, made by `openssl`.
fn certificate(dir: &Path, name: &str) {
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"])
        .args(["-subj", &format!("/CN={name}"), "-keyout"])
        .arg(dir.join(format!("{name}.key")))
        .arg("-out")
        .arg(dir.join(format!("{name}.pem")))
        .output()
        .expect("openssl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
