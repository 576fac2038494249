//! Messages between security servers made by hand, so that each part of them can be wrong.

use bytes::Bytes;
use futures_util::stream;
use simpul_core::{Dialect, DigestAlgorithm, Fault};
use simpul_exchange::call::PeerCall;
use simpul_exchange::ports::{BodyStream, Headers, PeerReply};
use simpul_trust::cert::Certificate;
use simpul_trust::hash;
use simpul_trust::seal::{self, Parts};
use simpul_trust::token::SoftSigner;
use simpul_wire::Seal;
use simpul_wire::rest::{RestRequest, RestResponse};
use simpul_wire::transport::{Decoder, Direction, Encoder, Event};

use super::authority::{chain, member};
use super::octets::{Watched, octets};
use super::road::Stranger;
use super::{CLIENT, Federation, NOW, PROVIDER};

/// The parts of a message (wire.md §3.3); each may be missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) ocsp: Vec<Bytes>,
    pub(crate) block: Option<Bytes>,
    pub(crate) body: Option<Bytes>,
    pub(crate) seal: Option<Seal>,
    pub(crate) fault: Option<Fault>,
}

impl Message {
    /// Takes a message apart.
    pub(crate) fn read(content_type: &str, direction: Direction, octets: &Bytes) -> Self {
        let mut message = Self::default();
        let mut decoder = Decoder::new(content_type, direction).unwrap();
        decoder.push(octets.clone());
        while let Some(event) = decoder.poll().unwrap() {
            match event {
                Event::Ocsp(der) => message.ocsp.push(der),
                Event::Rest(block) => message.block = Some(block),
                Event::BodyStart => message.body = Some(Bytes::new()),
                Event::Body(chunk) => {
                    let so_far = message.body.take().unwrap_or_default();
                    message.body = Some([so_far, chunk].concat().into());
                }
                Event::Seal(seal) => message.seal = Some(seal),
                Event::Fault(fault) => message.fault = Some(fault),
                Event::BodyEnd | Event::End => {}
            }
        }
        decoder.finish().unwrap();
        message
    }

    /// The parts on the wire, each with its name, and the content type of the whole.
    pub(crate) fn write(&self, direction: Direction) -> (String, Vec<(Part, Bytes)>) {
        let mut encoder = Encoder::new([7; 30]);
        let mut parts: Vec<_> = self.ocsp.iter().map(|der| (Part::Ocsp, encoder.ocsp(der))).collect();
        if let Some(block) = &self.block {
            let part = match direction {
                Direction::Request => encoder.rest_request(block),
                Direction::Response => encoder.rest_response(block),
            };
            parts.push((Part::Block, part));
        }
        if let Some(body) = &self.body {
            // The block ends where the next delimiter begins.
            parts.push((Part::Block, encoder.body_start()));
            parts.push((Part::Body, body.clone()));
        }
        if let Some(seal) = &self.seal {
            parts.push((Part::Seal, encoder.seal(seal)));
        }
        if let Some(fault) = &self.fault {
            parts.push((Part::Seal, encoder.fault(fault, Dialect::V78)));
        }
        (encoder.content_type(), parts)
    }

    /// Replaces a text in the block, which must be there.
    pub(crate) fn replace(&mut self, from: &str, to: &str) {
        let text = String::from_utf8(self.block.take().unwrap().to_vec()).unwrap();
        assert!(text.contains(from), "{from} is in {text}");
        self.block = Some(text.replace(from, to).into());
    }

    /// Seals what the message now has.
    pub(crate) async fn seal(&mut self, signer: &SoftSigner, ocsp: &[Bytes]) {
        let attachments = self.body.iter().map(|body| hash::sha512(body)).collect();
        let parts = Parts::of(self.block.as_ref().unwrap(), attachments);
        self.seal = Some(seal::seal(&parts, signer, ocsp, NOW).await.unwrap());
    }
}

/// How far a message was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Nothing of it.
    Nothing,
    /// The OCSP responses.
    Ocsp,
    /// The message block, with the delimiter that ends it.
    Block,
    /// The body.
    Body,
    /// The seal, or a fault in its place.
    Seal,
    /// All of it, to the end of the stream.
    End,
}

/// Notes how far the parts of a message are read.
pub(crate) struct Progress {
    parts: Vec<Part>,
    watched: Watched,
}

impl Progress {
    pub(crate) fn far(&self) -> Part {
        match (self.watched.end(), self.watched.chunks()) {
            (Some(_), _) => Part::End,
            (None, 0) => Part::Nothing,
            (None, n) => self.parts[n - 1],
        }
    }
}

/// A peer's message as its HTTP request, part by part, and how far it is read.
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) headers: Headers,
    pub(crate) chain: Vec<Certificate>,
    pub(crate) parts: Vec<(Part, Bytes)>,
    /// Whether the stream breaks after the last part.
    pub(crate) breaks: bool,
}

impl Sent {
    /// A whole message with the headers of wire.md §3.2.
    pub(crate) fn new(federation: &Federation, message: &Message) -> Self {
        let (content_type, parts) = message.write(Direction::Request);
        let headers = [
            ("x-hash-algorithm", "SHA-512"),
            ("x-proxy-version", "7.8.0"),
            ("x-road-message-type", "REST"),
            ("content-type", &content_type),
        ];
        let headers = headers.map(|(n, v)| (n.to_owned(), Bytes::copy_from_slice(v.as_bytes()))).to_vec();
        Self { method: "POST".to_owned(), headers, chain: federation.id_chain(), parts, breaks: false }
    }

    /// Sets or, without a value, removes a header.
    pub(crate) fn header(&mut self, name: &str, value: Option<&str>) {
        self.headers.retain(|(n, _)| n != name);
        self.headers.extend(value.map(|v| (name.to_owned(), Bytes::copy_from_slice(v.as_bytes()))));
    }

    pub(crate) fn call(self) -> (PeerCall, Progress) {
        let (parts, chunks): (Vec<_>, Vec<_>) = self.parts.into_iter().unzip();
        let stream: BodyStream = if self.breaks { super::octets::cut(chunks) } else { octets(chunks) };
        let watched = Watched::default();
        let body = watched.watch(stream);
        let call = PeerCall { method: self.method, headers: self.headers, chain: self.chain, body };
        (call, Progress { parts, watched })
    }
}

impl Federation {
    /// A sound request of a client, sealed by its member, with the OCSP responses of the consumer's server.
    pub(crate) async fn request(&self, method: &str, service: &str, body: Option<&'static str>) -> Message {
        let target = format!("/r1/{PROVIDER}/{service}");
        let headers = [("X-Road-Client", CLIENT.as_bytes()), ("Accept", b"*/*".as_slice())];
        let head = RestRequest::from_call(method, &target, headers, "request-1", "message-1").unwrap();
        let mut message = Message {
            ocsp: self.id.ocsp.responses(&self.id_chain(), NOW).unwrap(),
            block: Some(head.block().clone()),
            body: body.map(Bytes::from),
            ..Message::default()
        };
        self.seal(&mut message, CLIENT).await;
        message
    }

    /// Seals a message with the key of a client's member.
    pub(crate) async fn seal(&self, message: &mut Message, client: &str) {
        let node = if client.starts_with("ID/") { &self.id } else { &self.my };
        let signer = node.keys.of(&member(client));
        let ocsp = node.ocsp.responses(&chain(&signer), NOW).unwrap();
        message.seal(&signer, &ocsp).await;
    }
}

/// Somebody in the provider's place, who can seal as `sealed_by`.
pub(crate) struct Impostor {
    pub(crate) sealed_by: &'static str,
    pub(crate) body: Option<&'static str>,
    /// What it names as digest of the request hash, and makes it with.
    pub(crate) digest: DigestAlgorithm,
    /// What it changes before it seals the answer.
    pub(crate) before: fn(&mut Message),
    /// And after.
    pub(crate) after: fn(&mut Message),
}

impl Impostor {
    /// One whose answer is sound.
    pub(crate) const SOUND: Self = Self {
        sealed_by: PROVIDER,
        body: Some("the payload"),
        digest: DigestAlgorithm::Sha512,
        before: |_| {},
        after: |_| {},
    };

    /// It reads the request whole, and answers.
    pub(crate) fn stranger(self, federation: &Federation) -> Stranger {
        let node = if self.sealed_by.starts_with("ID/") { &federation.id } else { &federation.my };
        let signer = node.keys.of(&member(self.sealed_by));
        let ocsp = node.ocsp.responses(&chain(&signer), NOW).unwrap();
        Box::new(move |call| {
            Box::pin(async move {
                let content_type = call.headers.iter().find(|(n, _)| n == "content-type").unwrap().1.clone();
                let octets = super::octets::collect(call.body).await.0;
                let content_type = std::str::from_utf8(&content_type).unwrap();
                let request = Message::read(content_type, Direction::Request, &octets);
                let mut answer = answer_to(&request, self.body, self.digest);
                (self.before)(&mut answer);
                answer.seal(&signer, &ocsp).await;
                (self.after)(&mut answer);
                let (content_type, body) = stream(&answer, Direction::Response);
                let algorithm = Bytes::from_static(self.digest.name().as_bytes());
                let headers =
                    vec![("content-type".to_owned(), content_type.into()), ("x-hash-algorithm".to_owned(), algorithm)];
                Ok(PeerReply { status: 200, headers, body })
            })
        })
    }
}

/// A sound answer to a request, not sealed yet.
pub(crate) fn answer_to(request: &Message, body: Option<&'static str>, digest: DigestAlgorithm) -> Message {
    let head = RestRequest::decode(request.block.clone().unwrap()).unwrap();
    // wire.md §2.5.
    let block = hash::sha512(head.block());
    let hash = match &request.body {
        None => block,
        Some(body) => hash::digest(digest, &[block.as_bytes(), hash::sha512(body).as_bytes()].concat()),
    };
    let headers = [("Content-Type", b"text/plain".as_slice())];
    let head = RestResponse::from_service(200, "OK", headers, &head, hash.as_bytes(), None).unwrap();
    Message { block: Some(head.block().clone()), body: body.map(Bytes::from), ..Message::default() }
}

/// A message's octets in one stream.
pub(crate) fn stream(message: &Message, direction: Direction) -> (String, BodyStream) {
    let (content_type, parts) = message.write(direction);
    (content_type, Box::pin(stream::iter(parts.into_iter().map(|(_, chunk)| Ok(chunk)))))
}
