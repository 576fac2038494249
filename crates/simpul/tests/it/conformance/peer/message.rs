//! One message of a security server: what it is by the clauses, before anything is changed.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::sha::sha512;
use simpul_core::UnixTime;
use simpul_trust::token::SoftSigner;

use super::multipart::{Multipart, Segment};
use super::seal::SealPlan;
use crate::conformance::keys::{Keys, now};
use crate::conformance::text::expand;

/// The ordinary service of the federation.
pub(crate) const SERVICE: &str = "MY/GOV/1001/civil-registry/persons";
/// The ordinary client.
pub(crate) const CLIENT: &str = "ID/GOV/3201/manpower";

/// A message in the making.
pub(crate) struct Message<'a> {
    pub(super) keys: &'a Keys,
    /// The TLS identity; `None` presents no certificate.
    pub(crate) identity: Option<SoftSigner>,
    /// What is said in place of TLS.
    pub(crate) greeting: Option<String>,
    /// Start line of the HTTP message.
    pub(super) start: String,
    /// Header lines of the HTTP message.
    pub(super) http: Vec<(String, String)>,
    /// The first two lines of the block.
    pub(super) lines: [String; 2],
    /// Header lines of the block; `${…}` is expanded when it is put together.
    pub(super) headers: Vec<(String, String)>,
    /// Changes of the block before it is sealed.
    pub(super) block_edits: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
    /// OCSP parts.
    pub(super) ocsp: Vec<Vec<u8>>,
    pub(super) seal: SealPlan,
    /// Changes of the parts after they are sealed: name and argument.
    pub(super) late: Vec<(String, String)>,
    /// A whole body in place of the multipart message.
    pub(super) instead: Option<Vec<u8>>,
    /// How it is delivered.
    pub(crate) delivery: Delivery,
    /// What it answers, if it is a response.
    pub(super) asked: Exchange,
    /// Leaves the framing of HTTP away, whatever the head says.
    pub(super) unframed: bool,
    block_type: &'static str,
}

/// How octets reach the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// What happens at the stage.
    pub(crate) how: How,
    /// The stage; half of what belongs to it is sent.
    pub(crate) at: String,
}

/// What happens at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Nothing: everything is sent.
    Whole,
    /// The connection is broken.
    Reset,
    /// The connection is closed.
    Close,
    /// Nothing more is sent, and the connection stays open.
    Silence,
    /// The HTTP message ends as if it were complete.
    EndEarly,
}

/// What of a request its response must repeat (wire.md §2.4).
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    client: String,
    service: String,
    message_id: String,
    request_id: String,
    request_hash: String,
    /// The hash of the block alone.
    pub(super) block_hash: String,
}

impl<'a> Message<'a> {
    /// The message by which `ID`'s security server asks for a list of persons.
    pub(crate) fn request(keys: &'a Keys) -> Self {
        let (auth, sign) = (keys.key("id/auth"), keys.key("id/sign-3201"));
        let id = fresh_id();
        let http = [
            ("host", "peer"),
            ("x-hash-algorithm", "SHA-512"),
            ("x-proxy-version", "7.8.0"),
            ("x-original-content-type", ""),
            ("x-road-message-type", "REST"),
            ("x-road-request-id", &id),
            ("content-type", &Multipart::content_type()),
            ("transfer-encoding", "chunked"),
            ("connection", "close"),
        ];
        let headers = [
            ("Accept", "application/json"),
            ("X-Road-Client", CLIENT),
            ("x-road-request-id", &id),
            ("x-road-id", &format!("ID-{id}")),
        ];
        Self {
            ocsp: keys.ocsp("id", &auth, "good"),
            seal: SealPlan::good(sign.clone(), keys.ocsp("id", &sign, "good")),
            start: "POST / HTTP/1.1".to_owned(),
            lines: ["GET".to_owned(), format!("/r1/{SERVICE}/persons?limit=1")],
            block_type: "application/x-road-rest-request",
            ..Self::empty(keys, auth, &http, &headers)
        }
    }

    /// The message by which `MY`'s security server answers a request.
    pub(crate) fn response(keys: &'a Keys, asked: &Exchange) -> Self {
        let (auth, sign) = (keys.key("my/auth"), keys.key("my/sign-1001"));
        let http = [
            ("x-hash-algorithm", "SHA-512"),
            ("content-type", &Multipart::content_type()),
            ("transfer-encoding", "chunked"),
            ("connection", "close"),
        ];
        let headers = [
            ("Content-Type", "application/json"),
            ("x-road-id", &asked.message_id),
            ("x-road-client", &asked.client),
            ("x-road-service", &asked.service),
            ("x-road-request-id", &asked.request_id),
            ("x-road-request-hash", &asked.request_hash),
        ];
        Self {
            seal: SealPlan::good(sign.clone(), keys.ocsp("my", &sign, "good")),
            start: "HTTP/1.1 200 OK".to_owned(),
            lines: ["200".to_owned(), "OK".to_owned()],
            body: Some(b"{\"persons\":[]}".to_vec()),
            asked: asked.clone(),
            block_type: "application/x-road-rest-response",
            ..Self::empty(keys, auth, &http, &headers)
        }
    }

    fn empty(keys: &'a Keys, auth: SoftSigner, http: &[(&str, &str)], headers: &[(&str, &str)]) -> Self {
        let owned = |all: &[(&str, &str)]| all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Self {
            keys,
            identity: Some(auth.clone()),
            greeting: None,
            start: String::new(),
            http: owned(http),
            lines: Default::default(),
            headers: owned(headers),
            block_edits: Vec::new(),
            body: None,
            ocsp: Vec::new(),
            seal: SealPlan::good(auth, Vec::new()),
            late: Vec::new(),
            instead: None,
            delivery: Delivery { how: How::Whole, at: String::new() },
            asked: Exchange::default(),
            unframed: false,
            block_type: "",
        }
    }

    /// The block as it is sealed.
    fn block(&self) -> Vec<u8> {
        let mut block = format!("{}\r\n{}\r\n", self.lines[0], self.lines[1]);
        for (name, value) in &self.headers {
            block.push_str(&format!("{name}:{value}\r\n"));
        }
        for (from, to) in &self.block_edits {
            block = super::seal::replace(&block, from, to);
        }
        expand(&block)
    }

    /// The head of the HTTP message, then the pieces of its body, each by the name of its stage.
    pub(crate) fn segments(&self) -> Vec<Segment> {
        let mut head = format!("{}\r\n", self.start);
        for (name, value) in &self.http {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut segments = vec![("head".to_owned(), expand(&head))];
        match &self.instead {
            Some(octets) => segments.push(("end".to_owned(), octets.clone())),
            None => segments.extend(self.multipart(now()).segments()),
        }
        segments
    }

    /// Whether the body goes out in chunks.
    pub(crate) fn is_chunked(&self) -> bool {
        !self.unframed && self.http.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked")
    }

    fn multipart(&self, at: UnixTime) -> Multipart {
        let block = self.block();
        let parts: Vec<&[u8]> = std::iter::once(block.as_slice()).chain(self.body.as_deref()).collect();
        let sealed = self.seal.seal(&parts, at);
        let mut multipart = Multipart::of(&self.ocsp, self.block_type, &block, self.body.as_deref(), &sealed);
        self.late.iter().for_each(|(name, argument)| super::mutation::late(&mut multipart, name, argument));
        multipart
    }
}

impl Exchange {
    /// Reads what a response must repeat from the octets of a request's body, as the node sent it.
    pub(crate) fn of(multipart: &[u8]) -> Option<Self> {
        let block = content(multipart, "application/x-road-rest-request")?;
        let text = std::str::from_utf8(block).ok()?;
        let value = |name: &str| {
            let line = text.lines().find_map(|l| l.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)));
            line.map(|(_, v)| v.to_owned())
        };
        let service: Vec<&str> = text.lines().nth(1)?.split(['/', '?']).skip(2).take(5).collect();
        // wire.md §2.5.
        let hash = match content(multipart, "application/x-road-rest-body") {
            None => sha512(block),
            Some(body) => sha512(&[sha512(block), sha512(body)].concat()),
        };
        Some(Self {
            client: value("x-road-client")?,
            service: service.join("/"),
            message_id: value("x-road-id")?,
            request_id: value("x-road-request-id")?,
            request_hash: STANDARD.encode(hash),
            block_hash: STANDARD.encode(sha512(block)),
        })
    }
}

/// The content of the first part of a type.
fn content<'m>(multipart: &'m [u8], content_type: &str) -> Option<&'m [u8]> {
    let find = |octets: &[u8], what: &[u8]| octets.windows(what.len()).position(|w| w == what);
    let boundary = &multipart[..find(multipart, b"\r\n")?];
    let rest = &multipart[find(multipart, format!("content-type: {content_type}\r\n").as_bytes())?..];
    let start = find(rest, b"\r\n\r\n")? + 4;
    let end = find(&rest[start..], &[b"\r\n", boundary].concat())?;
    Some(&rest[start..start + end])
}

/// An id that no other message here has.
fn fresh_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}-0000-4000-8000-{:012x}", next, now().millis())
}
