//! A load of identical calls, each connection with one call under way at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::BenchError;

/// Calls of one path on several connections.
pub(super) struct Load {
    address: SocketAddr,
    request: String,
    connections: usize,
    /// What each call must be answered with, octet for octet.
    expected: Vec<u8>,
}

/// What one round gave.
pub(super) struct Outcome {
    /// Right answers per second.
    pub(super) per_second: f64,
    /// Time of each call, ascending.
    times: Vec<Duration>,
}

impl Outcome {
    /// Right answers.
    pub(super) fn answers(&self) -> u64 {
        self.times.len() as u64
    }

    /// A percentile of the calls' times, in milliseconds.
    pub(super) fn millis(&self, percentile: usize) -> f64 {
        let at = (self.times.len() * percentile / 100).min(self.times.len().saturating_sub(1));
        self.times.get(at).map_or(f64::NAN, |t| t.as_secs_f64() * 1000.0)
    }
}

impl Load {
    pub(super) fn new(base: &str, path: &str, connections: usize, expected: Vec<u8>) -> Result<Self, BenchError> {
        let host = base.trim_start_matches("http://");
        let address = host.parse().map_err(|_| BenchError::Program(format!("`{base}` is no http://IP:PORT")))?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Road-Client: ID/GOV/3201/manpower\r\nAccept: application/json\r\n\r\n"
        );
        Ok(Self { address, request, connections: connections.max(1), expected })
    }

    /// Calls for this long; any wrong answer is an error.
    pub(super) fn run(&self, time: Duration) -> Result<Outcome, BenchError> {
        let stop = AtomicBool::new(false);
        let start = Instant::now();
        let results: Vec<Result<Vec<Duration>, String>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.connections).map(|_| scope.spawn(|| self.work(&stop))).collect();
            std::thread::sleep(time);
            stop.store(true, Ordering::Relaxed);
            workers.into_iter().map(|w| w.join().unwrap_or_else(|_| Err("a caller died".to_owned()))).collect()
        });
        let elapsed = start.elapsed();
        let mut times = Vec::new();
        let mut wrong = Vec::new();
        for result in results {
            match result {
                Ok(more) => times.extend(more),
                Err(why) => wrong.push(why),
            }
        }
        if let Some(first) = wrong.first() {
            let (count, all) = (wrong.len() as u64, (times.len() + wrong.len()) as u64);
            return Err(BenchError::Wrong { wrong: count, all, first: first.clone() });
        }
        times.sort();
        Ok(Outcome { per_second: times.len() as f64 / elapsed.as_secs_f64(), times })
    }

    fn work(&self, stop: &AtomicBool) -> Result<Vec<Duration>, String> {
        let stream = TcpStream::connect(self.address).map_err(|e| e.to_string())?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(|e| e.to_string())?;
        let mut writer = stream.try_clone().map_err(|e| e.to_string())?;
        let mut reader = BufReader::new(stream);
        let mut times = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let start = Instant::now();
            writer.write_all(self.request.as_bytes()).map_err(|e| e.to_string())?;
            let (status, body) = read_answer(&mut reader).map_err(|e| e.to_string())?;
            if status != 200 || body != self.expected {
                return Err(format!("status {status}: {}", String::from_utf8_lossy(&body)));
            }
            times.push(start.elapsed());
        }
        Ok(times)
    }
}

/// The body that a URL (`http://IP:PORT/…`) answers with.
pub(super) fn fetch(url: &str) -> Result<Vec<u8>, BenchError> {
    let wrong = || BenchError::Program(format!("`{url}` is no http://IP:PORT/…"));
    let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
    let (host, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).ok_or_else(wrong)?;
    let what = "the register did not answer";
    let failed = |cause| BenchError::System { what, cause };
    let mut stream = TcpStream::connect(host).map_err(failed)?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(failed)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    match read_answer(&mut BufReader::new(stream)).map_err(failed)? {
        (200, body) => Ok(body),
        (status, _) => Err(BenchError::Program(format!("{what}: status {status}"))),
    }
}

/// Reads one answer of an HTTP connection that stays open.
fn read_answer(reader: &mut impl BufRead) -> std::io::Result<(u16, Vec<u8>)> {
    let mut status = 0;
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::Error::other("the connection closed before an answer"));
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if status == 0 {
            status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        } else if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok();
        }
    }
    let mut body = Vec::new();
    match length {
        Some(length) => {
            reader.take(length).read_to_end(&mut body)?;
        }
        None => read_chunks(reader, &mut body)?,
    }
    Ok((status, body))
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> std::io::Result<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        reader.by_ref().take(size).read_to_end(body)?;
        reader.read_line(&mut String::new())?;
        if size == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const BODY: &[u8] = b"{\"id\":\"LAB-00042\"}";

    /// An address at which the first call is answered with one body and each one after it with another.
    fn answering(first: &'static [u8], then: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut bodies = std::iter::once(first).chain(std::iter::repeat(then));
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|n| n > 0) {
                if line.trim_end().is_empty() {
                    let body = bodies.next().unwrap();
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                    if stream.write_all(&[head.as_bytes(), body].concat()).is_err() {
                        break;
                    }
                }
                line.clear();
            }
        });
        base
    }

    #[test]
    fn an_answer_is_right_only_if_it_is_whole() {
        let run = |first, then| {
            let load = Load::new(&answering(first, then), "/", 1, BODY.to_vec()).unwrap();
            load.run(Duration::from_millis(50))
        };
        assert!(run(BODY, BODY).unwrap().answers() > 0);
        for other in [&b"{\"id\":\"LAB-00042\""[..], b"{\"id\":\"LAB-00043\"}", b"{\"id\":\"LAB-00042\"}\n", b""] {
            assert!(matches!(run(BODY, other), Err(BenchError::Wrong { wrong: 1, .. })), "{other:?}");
        }
        assert_eq!(fetch(&format!("{}/a", answering(BODY, b""))).unwrap(), BODY);
    }
}
