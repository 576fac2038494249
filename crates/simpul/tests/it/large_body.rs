//! Large bodies pass in constant memory where the operator lets them, and are refused where the log could not keep them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::FileExt;

use super::support::{Curl, Federation, in_memory};

const MIB: u64 = 1024 * 1024;

/// 1 GiB each way, or as `SIMPUL_LARGE_BODY_MIB` says; with truncation on it passes, and each server's peak memory grows
/// by at most 32 MiB. The spool lies on a disk: in memory it would be memory that the peak does not show.
#[test]
fn a_large_body_passes_with_truncation_in_constant_memory() {
    let size = std::env::var("SIMPUL_LARGE_BODY_MIB").ok().and_then(|v| v.parse().ok()).unwrap_or(1024) * MIB;
    let federation = Federation::prepare_on_disk();
    let sink = sink();
    for instance in ["id", "my"] {
        federation.edit(
            &format!("{instance}/simpul.toml"),
            "truncated-body-allowed = false",
            "truncated-body-allowed = true",
        );
    }
    replace_service(&federation, sink);
    let mut running = federation.start_all();
    for instance in ["id", "my"] {
        let spool = federation.dir().join(instance).join("data/server/spool");
        assert!(!in_memory(&spool), "{} lies in memory", spool.display());
    }
    let base = federation.text("/id/server/consumer").to_owned();
    let url = format!("{base}/r1/MY/GOV/1001/civil-registry/persons/sink");
    let client = "ID/GOV/3201/manpower";
    let send = |size: u64| {
        let file = sparse(size);
        let reply = Curl::get(&url).client(client).post_file("application/octet-stream", file.path()).send();
        assert_eq!((reply.status, reply.body.as_slice()), (200, size.to_string().as_bytes()), "{reply:?}");
    };
    let receive = |size: u64| {
        let (status, length, digest) = Curl::get(&format!("{url}?octets={size}")).client(client).digest();
        assert_eq!((status, length), (200, size));
        let mut sha = openssl::sha::Sha256::new();
        pattern(size, |octets| sha.update(octets));
        assert_eq!(digest, sha.finish(), "the octets that the service sent");
    };
    send(MIB);
    receive(MIB);
    let before: Vec<u64> = SERVERS.iter().map(|p| running.process(p).peak_rss_kib()).collect();
    for (way, pass) in [("request", &send as &dyn Fn(u64)), ("response", &receive)] {
        pass(size);
        for (process, before) in SERVERS.iter().zip(&before) {
            let growth = running.process(process).peak_rss_kib().saturating_sub(*before);
            println!("{process}: peak memory grew by {growth} KiB for a {way} of {} MiB", size / MIB);
            assert!(growth <= 32 * 1024, "{process} grew by {growth} KiB for a {way}");
        }
    }
}

const SERVERS: [&str; 2] = ["id/server", "my/server"];

/// With truncation off (the default), a body over the limit is refused with `logging_failed` (wire.md §7.2).
#[test]
fn a_body_over_the_limit_is_refused() {
    let federation = Federation::prepare();
    replace_service(&federation, sink());
    let _running = federation.start_all();
    let url = format!("{}/r1/MY/GOV/1001/civil-registry/persons/sink", federation.text("/id/server/consumer"));
    let limit = 10 * MIB;
    for (size, expected) in [(limit, 200), (limit + 1, 500)] {
        let file = sparse(size);
        let reply =
            Curl::get(&url).client("ID/GOV/3201/manpower").post_file("application/octet-stream", file.path()).send();
        assert_eq!(reply.status, expected, "{size}: {reply:?}");
        if expected == 500 {
            assert_eq!(reply.fault(), "server.clientproxy.logging_failed");
        }
    }
}

/// A file of this length that takes no room on the disk.
fn sparse(size: u64) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(size).unwrap();
    file.as_file().write_all_at(b"simpul", size / 2).unwrap();
    file
}

/// Lets the register's service lead to `address` instead of the sample register.
fn replace_service(federation: &Federation, address: SocketAddr) {
    let url = federation.text("/my/register").to_owned();
    federation.edit("my/simpul.toml", &format!("url = \"{url}\""), &format!("url = \"http://{address}\""));
}

/// A service that counts the octets of each body and answers with their number, or with as many octets as it is asked for.
fn sink() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut buffer = vec![0; 256 * 1024];
                let mut head = Vec::new();
                let end = loop {
                    let n = stream.read(&mut buffer).unwrap_or(0);
                    if n == 0 {
                        return;
                    }
                    head.extend_from_slice(&buffer[..n]);
                    if let Some(end) = head.windows(4).position(|w| w == b"\r\n\r\n") {
                        break end + 4;
                    }
                };
                let text = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
                if let Some(octets) = asked(&text) {
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {octets}\r\nContent-Type: application/octet-stream\r\n\
                         Connection: close\r\n\r\n"
                    );
                    let mut open = stream.write_all(head.as_bytes()).is_ok();
                    pattern(octets, |octets| open = open && stream.write_all(octets).is_ok());
                    return;
                }
                let length: u64 =
                    text.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
                let mut got = (head.len() - end) as u64;
                while got < length {
                    match stream.read(&mut buffer).unwrap_or(0) {
                        0 => return,
                        n => got += n as u64,
                    }
                }
                let body = got.to_string();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    address
}

/// The number in `?octets=N` of a request line.
fn asked(head: &str) -> Option<u64> {
    head.lines().next()?.split_once("?octets=")?.1.split(' ').next()?.parse().ok()
}

/// So many octets of which no two blocks are the same, block by block.
fn pattern(size: u64, mut take: impl FnMut(&[u8])) {
    let mut block = vec![b'.'; 256 * 1024];
    let mut left = size;
    while left > 0 {
        block[..8].copy_from_slice(&left.to_be_bytes());
        let n = block.len().min(usize::try_from(left).unwrap());
        take(&block[..n]);
        left -= n as u64;
    }
}
