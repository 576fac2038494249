//! Anchors whose URL ends in another name than `internalconf` and `externalconf`: those of a configuration proxy.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};

use super::evidence::Judge;
use super::support::{Curl, Federation, http};

const MANPOWER: &str = "ID/GOV/3201/manpower";
const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons/persons?limit=1";

/// wire.md §8.1: the anchor's URL says where the directory is; its last segment names the file. The configuration is
/// found again after a restart without registries, and evidence verifies with the anchor.
#[test]
fn a_configuration_of_another_name_is_kept_and_handed_out() {
    let federation = Federation::prepare();
    let proxy = proxy(&federation);
    let rename = |file: &str, pointer: &str, from: &str, to: &str| {
        federation.edit(file, &format!("{}/{from}", federation.text(pointer)), &format!("http://{proxy}/{to}"));
    };
    rename("id/anchor.xml", "/id/registry", "internalconf", "proxy-of-id");
    rename("my/external-anchor.xml", "/my/registry", "externalconf", "proxy-of-my");
    let mut running = federation.start_all();
    let base = federation.text("/id/server/consumer");
    let call = |id: &str| Curl::get(&format!("{base}{PERSONS}")).client(MANPOWER).header("x-road-id", id).send();
    let reply = call("proxy-1");
    assert_eq!(reply.status, 200, "{reply:?}");
    let judge = Judge::of(&federation);
    judge.fetch_and_verify(base, MANPOWER, "proxy-1", "responseOnly");
    let conf = judge.conf(base, MANPOWER, "proxy-1");
    assert!(conf.join("proxy-of-id").is_file() && conf.join("MY/proxy-of-my").is_file(), "{}", conf.display());

    for registry in ["id/registry", "my/registry"] {
        running.process(registry).kill();
    }
    running.process("id/server").restart();
    let reply = call("proxy-2");
    assert_eq!(reply.status, 200, "{reply:?}");
    judge.fetch_and_verify(base, MANPOWER, "proxy-2", "requestOnly");
}

/// Serves the directories of both registries under names of its own, and everything else as they do.
fn proxy(federation: &Federation) -> SocketAddr {
    let sites = ["/id/registry", "/my/registry"].map(|pointer| federation.text(pointer).to_owned());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // Whoever wants TLS gets nothing: locations are tried by https first.
            let mut line = Vec::new();
            BufReader::new(&stream).take(4096).read_until(b'\n', &mut line).unwrap();
            let Ok(line) = String::from_utf8(line) else { continue };
            let target = line.split(' ').nth(1).unwrap_or_default();
            let named = target.replace("/proxy-of-id", "/internalconf").replace("/proxy-of-my", "/externalconf");
            let asked: &[String] = match target {
                t if t.starts_with("/proxy-of-id") => &sites[..1],
                t if t.starts_with("/proxy-of-my") => &sites[1..],
                _ => &sites,
            };
            let found = asked.iter().find_map(|site| http::get(site, &named, &[]).filter(|(status, _)| *status == 200));
            let (status, body) = found.unwrap_or((404, Vec::new()));
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // A caller that has gone away is no finding.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    address
}
