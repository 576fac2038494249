//! Services that fail, each in its own way, behind the provider's security server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::peer::wire::{head, reset};

/// Starts them; the first segment of the path chooses the way.
pub(super) fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            std::thread::spawn(move || serve(tcp));
        }
    });
    address
}

/// Ways to fail, by the code of the service.
pub(super) const WAYS: [&str; 7] = ["reset", "cut", "silent", "stalling", "garbage", "long-head", "large"];

fn serve(mut tcp: TcpStream) {
    let mut octets = Vec::new();
    let mut buffer = [0; 4096];
    while head(&octets).is_none() {
        match tcp.read(&mut buffer) {
            Ok(n @ 1..) => octets.extend_from_slice(&buffer[..n]),
            Ok(0) | Err(_) => return,
        }
    }
    let (question, _) = head(&octets).expect("read above");
    let way = question.split('/').nth(1).unwrap_or_default();
    let answer = match way.split(['?', ' ']).next().unwrap_or_default() {
        "reset" => return reset(&tcp),
        "cut" => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nten octets".to_owned(),
        "stalling" => {
            let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nten octets");
            return wait(&tcp);
        }
        "silent" => return wait(&tcp),
        "garbage" => "this is no HTTP\r\n\r\n".to_owned(),
        "long-head" => format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(70_000)),
        "large" => {
            let body = "x".repeat(100_000);
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        }
        other => panic!("no service fails like `{other}`: {question}"),
    };
    // The node may have given up.
    let _ = tcp.write_all(answer.as_bytes());
}

/// Says nothing until the other side closes.
fn wait(mut tcp: &TcpStream) {
    tcp.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let mut waste = [0; 1024];
    while matches!(tcp.read(&mut waste), Ok(1..)) {}
}
