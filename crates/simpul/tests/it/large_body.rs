//! Large bodies pass in constant memory where the operator lets them, and are refused where the log could not keep them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::FileExt;

use super::support::{Curl, Federation};

const MIB: u64 = 1024 * 1024;

/// 1 GiB, or as `SIMPUL_LARGE_BODY_MIB` says; with truncation on it passes, and each server's
/// peak memory grows by at most 32 MiB.
#[test]
fn a_large_body_passes_with_truncation_in_constant_memory() {
    let size = std::env::var("SIMPUL_LARGE_BODY_MIB").ok().and_then(|v| v.parse().ok()).unwrap_or(1024) * MIB;
    let federation = Federation::prepare();
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
    let base = federation.text("/id/server/consumer").to_owned();
    let url = format!("{base}/r1/MY/GOV/1001/civil-registry/persons/sink");
    let client = "ID/GOV/3201/manpower";
    let small = sparse(MIB);
    let warm = Curl::get(&url).client(client).post_file("application/octet-stream", small.path()).send();
    assert_eq!((warm.status, warm.body.as_slice()), (200, MIB.to_string().as_bytes()), "{warm:?}");
    let before: Vec<u64> = ["id/server", "my/server"].iter().map(|p| running.process(p).peak_rss_kib()).collect();

    let large = sparse(size);
    let reply = Curl::get(&url).client(client).post_file("application/octet-stream", large.path()).send();
    assert_eq!((reply.status, reply.body.as_slice()), (200, size.to_string().as_bytes()), "{reply:?}");
    for (process, before) in ["id/server", "my/server"].iter().zip(before) {
        let growth = running.process(process).peak_rss_kib().saturating_sub(before);
        println!("{process}: peak memory grew by {growth} KiB for a body of {} MiB", size / MIB);
        assert!(growth <= 32 * 1024, "{process} grew by {growth} KiB");
    }
}

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

/// A service that counts the octets of each body and answers with their number.
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
