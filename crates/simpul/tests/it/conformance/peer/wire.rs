//! Octets to and from a socket: HTTP/1.1 over plain TCP or TLS, written by hand so that it can be wrong on purpose.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use openssl::ssl::SslStream;

/// A connection.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<SslStream<TcpStream>>),
}

/// An HTTP answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body came as a whole.
    pub(crate) whole: bool,
}

/// How reading for an answer ended.
pub(crate) enum Heard {
    Reply(Reply),
    /// The connection was closed or broken before the head of an answer was complete.
    Closed,
    /// Nothing more came in time, and the connection is still open.
    Silence,
}

impl Stream {
    /// Connects without TLS.
    pub(crate) fn plain(to: SocketAddr) -> Self {
        Self::Plain(TcpStream::connect(to).unwrap_or_else(|e| panic!("{to}: {e}")))
    }

    pub(crate) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref(),
        }
    }

    /// Closes it with a reset: the other side sees a broken connection and not an end.
    pub(crate) fn reset(self) {
        reset(self.tcp());
    }

    /// Ends this half and leaves the other open.
    pub(crate) fn finish(&self) {
        // It may be closed already.
        let _ = self.tcp().shutdown(Shutdown::Write);
    }

    /// Reads until an answer is complete, the other side closes, or the time is over.
    pub(crate) fn hear(&mut self, patience: Duration, to_head: bool) -> Heard {
        let end = Instant::now() + patience;
        let mut octets = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(reply) = parse(&octets, to_head).filter(|reply| reply.whole) {
                return Heard::Reply(reply);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Heard::Silence;
            }
            self.tcp().set_read_timeout(Some(left)).unwrap();
            match self.read(&mut buffer) {
                Ok(n @ 1..) => octets.extend_from_slice(&buffer[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Heard::Silence,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return parse(&octets, to_head).map_or(Heard::Closed, Heard::Reply),
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(octets),
            Self::Tls(tls) => tls.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl Reply {
    /// A header's value, or the empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Makes closing this socket a reset.
pub(crate) fn reset(tcp: &TcpStream) {
    socket2::SockRef::from(tcp).set_linger(Some(Duration::ZERO)).unwrap();
}

/// One chunk of a chunked body; none of no octets, which would end the body.
pub(crate) fn chunk(octets: &[u8]) -> Vec<u8> {
    if octets.is_empty() {
        return Vec::new();
    }
    [format!("{:x}\r\n", octets.len()).as_bytes(), octets, b"\r\n"].concat()
}

/// The end of a chunked body.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The head of a message and what follows it.
pub(crate) fn head(octets: &[u8]) -> Option<(String, &[u8])> {
    let end = octets.windows(4).position(|w| w == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&octets[..end]).into_owned(), &octets[end + 4..]))
}

/// Header lines of a head, names in lower case.
pub(crate) fn header_lines(head: &str) -> Vec<(String, String)> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect()
}

/// The chunks of a body put together, and whether the last one was there.
pub(crate) fn dechunk(mut octets: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let line = octets.windows(2).position(|w| w == b"\r\n");
        let size = line.and_then(|end| usize::from_str_radix(std::str::from_utf8(&octets[..end]).ok()?, 16).ok());
        let (Some(end), Some(size)) = (line, size) else { return (body, false) };
        let rest = &octets[end + 2..];
        if size == 0 {
            return (body, rest.ends_with(b"\r\n"));
        }
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        match rest.get(size + 2..) {
            Some(next) => octets = next,
            None => return (body, false),
        }
    }
}

/// An answer as far as it has come; `None` until its head is complete.
fn parse(octets: &[u8], to_head: bool) -> Option<Reply> {
    let (head, rest) = head(octets)?;
    let status: u16 = head.split(' ').nth(1)?.parse().ok()?;
    if status < 200 {
        return parse(rest, to_head);
    }
    let mut reply = Reply { status, headers: header_lines(&head), body: rest.to_vec(), whole: false };
    let length = reply.header("content-length").parse::<usize>().ok();
    if to_head || matches!(status, 204 | 304) {
        reply.whole = true;
    } else if reply.header("transfer-encoding") == "chunked" {
        (reply.body, reply.whole) = dechunk(rest);
    } else if let Some(length) = length {
        reply.whole = rest.len() >= length;
    }
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9112 §7.1.
    #[test]
    fn chunks_are_put_together() {
        let octets = [chunk(b"abc"), chunk(b""), chunk(b"de"), LAST_CHUNK.to_vec()].concat();
        assert_eq!(dechunk(&octets), (b"abcde".to_vec(), true));
        for cut in 0..octets.len() {
            assert!(!dechunk(&octets[..cut]).1, "cut at {cut}");
        }
    }

    #[test]
    fn an_answer_is_whole_when_its_framing_says_so() {
        let reply = |text: &str| parse(text.as_bytes(), false);
        assert!(reply("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n").is_none());
        assert!(!reply("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na").unwrap().whole);
        let whole =
            reply("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 2\r\nA: b\r\n\r\nab").unwrap();
        assert!(whole.whole && whole.status == 500 && whole.header("a") == "b" && whole.body == b"ab");
    }
}
