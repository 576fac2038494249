//! The node as consumer before a faulty provider's server, which the test plays at the address of `MY`'s server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openssl::ssl::{Ssl, SslContextBuilder, SslVerifyMode};
use simpul_trust::token::Signer;

use super::case::Case;
use super::consumer;
use super::keys::{Keys, private};
use super::outcome::Outcome;
use super::peer::message::How;
use super::peer::wire::{Stream, chunk, dechunk, head, header_lines, reset};
use super::peer::{Exchange, Message};
use super::provider::deliver;

/// How long a connection that has to stay silent is kept open, if the node does not close it before.
const SILENCE: Duration = Duration::from_secs(150);

/// The provider's server, and the port where it gives out OCSP responses.
pub(super) struct FaultyProvider {
    script: Arc<Mutex<Script>>,
}

/// What the server does at the moment.
#[derive(Clone, Default)]
struct Script {
    mutations: Vec<String>,
    /// The key that it presents.
    identity: String,
    /// How it speaks of that key's status, see [`Keys::ocsp`]; or `refuse`, `fail`, `silence`, `text`, `empty`.
    ocsp: String,
}

/// The names of keys that the registry must know for the cases to use: a good OCSP response is kept for as long as it
/// is fresh, so every case about one has a key of its own.
pub(super) const OCSP_KEYS: [&str; 10] = ["o0", "o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8", "o9"];

impl FaultyProvider {
    /// Listens at both ports of the provider's server.
    pub(super) fn start(keys: Arc<Keys>, peer: SocketAddr, ocsp: SocketAddr) -> Self {
        let script = Arc::new(Mutex::new(Script::ordinary()));
        let (state, shared) = (Arc::clone(&script), Arc::clone(&keys));
        each(peer, move |tcp| {
            let script = state.lock().unwrap().clone();
            exchange(&shared, &script, tcp);
        });
        let state = Arc::clone(&script);
        each(ocsp, move |tcp| {
            let script = state.lock().unwrap().clone();
            status(&keys, &script, tcp);
        });
        Self { script }
    }

    /// Makes the call of a case while the server behaves as the case says.
    pub(super) fn run(&self, to: SocketAddr, case: &Case) -> Outcome {
        *self.script.lock().unwrap() = Script::of(&case.mutate);
        let call = case.call.clone().unwrap_or_default();
        let outcome = consumer::call(to, &call, Duration::from_secs(case.expect.patience() + 2));
        *self.script.lock().unwrap() = Script::ordinary();
        outcome
    }
}

impl Script {
    fn ordinary() -> Self {
        Self { mutations: Vec::new(), identity: "my/auth".to_owned(), ocsp: "good".to_owned() }
    }

    /// `peer-identity: KEY` and `peer-ocsp: HOW` are about the server itself, the rest about its message.
    fn of(mutations: &[String]) -> Self {
        let mut script = Self::ordinary();
        for mutation in mutations {
            match mutation.split_once(": ") {
                Some(("peer-identity", key)) => script.identity = key.to_owned(),
                Some(("peer-ocsp", how)) => script.ocsp = how.to_owned(),
                _ => script.mutations.push(mutation.clone()),
            }
        }
        script
    }
}

/// Accepts connections for ever, each in a thread of its own.
fn each(at: SocketAddr, serve: impl Fn(TcpStream) + Send + Sync + 'static) {
    let listener = TcpListener::bind(at).unwrap_or_else(|e| panic!("{at}: {e}"));
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(tcp));
        }
    });
}

/// One connection at the peer port: handshake, request, answer.
fn exchange(keys: &Keys, script: &Script, tcp: TcpStream) {
    let mut before = Message::response(keys, &Exchange::default());
    script.mutations.iter().for_each(|m| before.mutate(m));
    if let Some(greeting) = &before.greeting {
        let _ = (&tcp).write_all(&super::text::expand(greeting));
        return;
    }
    match (before.delivery.at.as_str(), before.delivery.how) {
        ("accept", How::Reset) => return reset(&tcp),
        ("accept", How::Silence) => return wait(&Stream::Plain(tcp)),
        ("handshake", how) => {
            // The hello is read before the connection breaks or falls silent.
            let _ = (&tcp).read(&mut [0; 4096]);
            return if how == How::Silence { wait(&Stream::Plain(tcp)) } else { reset(&tcp) };
        }
        _ => {}
    }
    let Some(mut stream) = accept(keys, &script.identity, tcp) else { return };
    if before.delivery.at == "request" {
        // Part of the request is read, and then nothing more.
        let _ = stream.read(&mut [0; 64]);
        return end(stream, before.delivery.how);
    }
    let Some(body) = request(&mut stream) else { return };
    let asked = Exchange::of(&body).expect("the node's own request is a message");
    let mut message = Message::response(keys, &asked);
    script.mutations.iter().for_each(|m| message.mutate(m));
    let segments = message.segments();
    let how = deliver(&mut stream, &message, &segments);
    end(stream, how);
}

fn end(stream: Stream, how: How) {
    match how {
        How::Reset => stream.reset(),
        How::Silence => wait(&stream),
        // No TLS close_notify: the octets end as if somebody had cut them.
        How::Close => stream.finish(),
        How::Whole | How::EndEarly => {
            if let Stream::Tls(mut tls) = stream {
                // The other side may be gone already.
                let _ = tls.shutdown();
            }
        }
    }
}

/// Keeps a connection open and silent until the other side closes it, or for a long time.
fn wait(stream: &Stream) {
    let tcp = stream.tcp();
    tcp.set_read_timeout(Some(SILENCE)).unwrap();
    let mut waste = [0; 4096];
    while matches!((&mut &*tcp).read(&mut waste), Ok(1..)) {}
}

fn accept(keys: &Keys, identity: &str, tcp: TcpStream) -> Option<Stream> {
    let key = keys.key(identity);
    let mut context = SslContextBuilder::new(openssl::ssl::SslMethod::tls()).unwrap();
    // The node must present its own certificate; which one it is does not matter here.
    context.set_verify_callback(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT, |_, _| true);
    context.set_certificate(key.certificate().x509()).unwrap();
    context.set_private_key(private(&key)).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    Ssl::new(&context.build()).unwrap().accept(tcp).ok().map(|tls| Stream::Tls(Box::new(tls)))
}

/// Reads a request to its end and gives its body; `None` if it broke off.
fn request(stream: &mut Stream) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some((_, rest)) = head(&octets)
            && let (body, true) = dechunk(rest)
        {
            return Some(body);
        }
        match stream.read(&mut buffer) {
            Ok(n @ 1..) => octets.extend_from_slice(&buffer[..n]),
            Ok(0) | Err(_) => return None,
        }
    }
}

/// One question at the OCSP port (wire.md §3.6).
fn status(keys: &Keys, script: &Script, tcp: TcpStream) {
    let mut stream = Stream::Plain(tcp);
    if script.ocsp == "refuse" {
        return stream.reset();
    }
    let mut octets = Vec::new();
    let mut buffer = [0; 4096];
    while head(&octets).is_none() {
        match stream.read(&mut buffer) {
            Ok(n @ 1..) => octets.extend_from_slice(&buffer[..n]),
            Ok(0) | Err(_) => return,
        }
    }
    let (question, _) = head(&octets).expect("read above");
    assert!(question.starts_with("GET /?cert=") && !header_lines(&question).is_empty(), "{question}");
    let boundary = "ocspboundary";
    let multipart =
        format!("multipart/related; type=\"application/ocsp-response\"; charset=UTF-8; boundary={boundary}");
    let (status, content_type, body) = match script.ocsp.as_str() {
        "silence" => return wait(&stream),
        "fail" => ("500 Internal Server Error", "text/plain".to_owned(), b"no response".to_vec()),
        "text" => ("200 OK", "text/plain".to_owned(), b"no multipart message".to_vec()),
        "empty" => ("200 OK", multipart, format!("--{boundary}--\r\n").into_bytes()),
        how => {
            let mut body = Vec::new();
            for der in keys.ocsp("my", &keys.key(&script.identity), how) {
                body.extend_from_slice(
                    format!("--{boundary}\r\ncontent-type: application/ocsp-response\r\n\r\n").as_bytes(),
                );
                body.extend(der);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            ("200 OK", multipart, body)
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    let answer = [head.as_bytes(), &chunk(&body), b"0\r\n\r\n"].concat();
    // The node may have given up.
    let _ = stream.write_all(&answer);
}
