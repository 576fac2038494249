//! A registry that serves chosen versions of a folder of published configurations.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A server on a free port of the loopback address, until the end of the test.
pub(super) struct FakeRegistry {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeRegistry {
    /// Serves `/NAME?version=N` for each listed version from the folder of that version, and whatever lies under
    /// `/V{N}/`; 404 for all else (wire.md §8.3).
    pub(super) fn start(name: &'static str, versions: BTreeMap<u8, PathBuf>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let Some((stream, target)) = target(stream) else { continue };
                seen.lock().unwrap().push(target.clone());
                answer(stream, find(name, &versions, &target));
            }
        });
        Self { address, asked }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The targets of all requests so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn find(name: &str, versions: &BTreeMap<u8, PathBuf>, target: &str) -> Option<Vec<u8>> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path == format!("/{name}") {
        let version = query.strip_prefix("version=").map_or(2, |v| v.parse().unwrap());
        return std::fs::read(versions.get(&version)?.join(name)).ok();
    }
    let (version, file) = path.strip_prefix("/V")?.split_once('/')?;
    std::fs::read(versions.get(&version.parse().ok()?)?.join(file)).ok()
}

/// The request's target; none for what is not HTTP, such as TLS.
fn target(mut stream: TcpStream) -> Option<(TcpStream, String)> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet).ok()?;
        head.push(octet[0]);
        if !b"GET ".starts_with(&head[..head.len().min(4)]) {
            return None;
        }
    }
    let line = String::from_utf8(head).ok()?;
    Some((stream, line.split(' ').nth(1)?.to_owned()))
}

fn answer(mut stream: TcpStream, found: Option<Vec<u8>>) {
    let (status, body) = found.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
}
