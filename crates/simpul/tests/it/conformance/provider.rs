//! The node as provider's server: a peer sends it a message over mutual TLS.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslStream, SslVerifyMode};
use simpul_trust::token::{Signer, SoftSigner};

use super::case::Case;
use super::keys::{Keys, private};
use super::outcome::Outcome;
use super::peer::Message;
use super::peer::message::How;
use super::peer::wire::{Heard, LAST_CHUNK, Stream, chunk};
use super::text::expand;

/// Sends the message of a case and gives what came of it.
pub(super) fn run(keys: &Keys, to: SocketAddr, case: &Case) -> Outcome {
    let mut message = Message::request(keys);
    case.mutate.iter().for_each(|mutation| message.mutate(mutation));
    send(to, &message, Duration::from_secs(case.expect.patience() + 2))
}

/// The unchanged message, which must be answered.
pub(super) fn ordinary(keys: &Keys, to: SocketAddr) -> Outcome {
    send(to, &Message::request(keys), Duration::from_secs(30))
}

fn send(to: SocketAddr, message: &Message<'_>, patience: Duration) -> Outcome {
    let segments = message.segments();
    let start = Instant::now();
    let tcp = TcpStream::connect(to).unwrap_or_else(|e| panic!("{to}: {e}"));
    let mut stream = match (&message.greeting, message.delivery.at.as_str()) {
        (None, "accept" | "handshake") | (Some(_), _) => Stream::Plain(tcp),
        (None, _) => match connect(tcp, message.identity.as_ref()) {
            Ok(tls) => Stream::Tls(Box::new(tls)),
            Err(()) => return Outcome::heard(Heard::Closed, start),
        },
    };
    if let Some(greeting) = &message.greeting {
        // Whether it is taken shows in what is heard.
        let _ = stream.write_all(&expand(greeting));
        return Outcome::heard(stream.hear(patience, false), start);
    }
    match deliver(&mut stream, message, &segments) {
        How::Whole | How::EndEarly | How::Silence => Outcome::heard(stream.hear(patience, false), start),
        How::Close => {
            stream.finish();
            Outcome::heard(stream.hear(patience, false), start)
        }
        How::Reset => {
            stream.reset();
            Outcome::heard(Heard::Closed, start)
        }
    }
}

/// Sends the pieces of a message up to where its delivery says, and gives what has to happen then. What the other side
/// no longer takes is not sent: it may have answered already.
pub(super) fn deliver(stream: &mut Stream, message: &Message<'_>, segments: &[(String, Vec<u8>)]) -> How {
    let delivery = &message.delivery;
    if delivery.at == "accept" {
        return delivery.how;
    }
    if delivery.at == "handshake" {
        // The head of a TLS record that announces a hello of 512 octets, and no more.
        let _ = stream.write_all(&[22, 3, 1, 2, 0, 1, 0]);
        return delivery.how;
    }
    for (name, octets) in segments {
        let stop = delivery.how != How::Whole && *name == delivery.at;
        let octets = if stop { &octets[..octets.len() / 2] } else { octets.as_slice() };
        let framed = if name == "head" || !message.is_chunked() { octets.to_vec() } else { chunk(octets) };
        if stream.write_all(&framed).is_err() {
            return How::Whole;
        }
        if stop {
            if delivery.how == How::EndEarly {
                let _ = stream.write_all(LAST_CHUNK);
            }
            return delivery.how;
        }
    }
    if message.is_chunked() {
        let _ = stream.write_all(LAST_CHUNK);
    }
    match delivery.at.as_str() {
        "answer" => delivery.how,
        _ => How::Whole,
    }
}

/// A handshake as client; the error says nothing, since what a server does not like it does not explain. With TLS 1.3
/// a client learns of a refusal only when it reads.
fn connect(tcp: TcpStream, identity: Option<&SoftSigner>) -> Result<SslStream<TcpStream>, ()> {
    tcp.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    Ssl::new(&context(identity)).unwrap().connect(tcp).map_err(|_| ())
}

/// A context that presents this identity and takes every other.
pub(super) fn context(identity: Option<&SoftSigner>) -> SslContext {
    let mut context = SslContextBuilder::new(SslMethod::tls()).unwrap();
    context.set_verify(SslVerifyMode::NONE);
    if let Some(key) = identity {
        context.set_certificate(key.certificate().x509()).unwrap();
        context.set_private_key(private(key)).unwrap();
    }
    context.build()
}
