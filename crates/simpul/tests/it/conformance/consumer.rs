//! Octets at the consumer port.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::case::{Call, Sends, Then};
use super::outcome::Outcome;
use super::peer::message::{CLIENT, SERVICE};
use super::peer::wire::Stream;
use super::text::{expand, expanded};

/// Makes a call and gives what came of it.
pub(super) fn call(to: SocketAddr, call: &Call, patience: Duration) -> Outcome {
    let start = Instant::now();
    let mut stream = Stream::plain(to);
    let line = if call.line.is_empty() { ordinary_line() } else { expanded(&call.line) };
    // A caller that is refused before it has sent everything may find the connection closed.
    let _ = stream.write_all(&octets(call, &line));
    match call.then {
        Then::Wait => {}
        Then::Finish => stream.finish(),
        Then::Reset => {
            stream.reset();
            return Outcome { closed: true, took: start.elapsed(), ..Outcome::default() };
        }
    }
    let heard = stream.hear(patience, line.starts_with("HEAD "));
    Outcome::heard(heard, start)
}

/// The ordinary call, which must succeed: the answer's status.
pub(super) fn ordinary(to: SocketAddr) -> Outcome {
    call(to, &Call::default(), Duration::from_secs(30))
}

fn ordinary_line() -> String {
    format!("GET /r1/{SERVICE}/persons?limit=1 HTTP/1.1")
}

fn octets(call: &Call, line: &str) -> Vec<u8> {
    if call.sends == Sends::Nothing {
        return Vec::new();
    }
    let mut octets = format!("{line}\r\n").into_bytes();
    if !call.bare {
        octets.extend_from_slice(b"Host: localhost\r\nConnection: close\r\n");
        if call.headers.is_empty() {
            octets.extend_from_slice(format!("X-Road-Client: {CLIENT}\r\n").as_bytes());
        }
    }
    for header in &call.headers {
        octets.extend(expand(header));
        octets.extend_from_slice(b"\r\n");
    }
    if call.sends == Sends::AnOpenHead {
        return octets;
    }
    let body = expand(&call.body);
    let framed = call.bare || call.headers.iter().any(|h| h.to_ascii_lowercase().starts_with("transfer-encoding:"));
    let length = call.announce.or_else(|| u64::try_from(body.len()).ok().filter(|n| *n > 0 && !framed));
    if let Some(length) = length {
        octets.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    octets.extend_from_slice(b"\r\n");
    octets.extend(body);
    octets
}
