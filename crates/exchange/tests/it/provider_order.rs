//! The order of the provider's checks and the code of each (wire.md §3.10): a message in which everything is wrong
//! is mended from the front, and each time the next fault shows.

use std::time::Duration;

use bytes::Bytes;
use simpul_ledger::contract::{How, Step};

use crate::federation::authority::{chain, member};
use crate::federation::forge::{Part, Sent};
use crate::federation::octets::{cut, octets};
use crate::federation::register::{ANSWER, reply};
use crate::federation::verdict::Verdict;
use crate::federation::{Federation, PROVIDER, road};

/// A message before it is written.
struct Draft {
    service: &'static str,
    /// What is written before the first part.
    preamble: &'static str,
    /// A header line in the block that has no place there.
    forbidden: bool,
    ocsp: bool,
    sealed: bool,
    /// Whether the body is another one than was sealed.
    tampered: bool,
    /// Whether the stream breaks after the body.
    cut: bool,
    method: &'static str,
    headers: Vec<(&'static str, Option<&'static str>)>,
    neighbours_chain: bool,
}

const SOUND: Draft = Draft {
    service: "persons",
    preamble: "",
    forbidden: false,
    ocsp: true,
    sealed: true,
    tampered: false,
    cut: false,
    method: "POST",
    headers: Vec::new(),
    neighbours_chain: false,
};

impl Draft {
    async fn write(self, federation: &Federation) -> Sent {
        let mut message = federation.request("POST", self.service, Some("a body")).await;
        if self.tampered {
            message.body = Some("another body".into());
        }
        if self.forbidden {
            message.replace("Accept:", "Host:");
        }
        if !self.ocsp {
            message.ocsp.clear();
        }
        if !self.sealed {
            message.seal = None;
        }
        let mut sent = Sent::new(federation, &message);
        if !self.sealed {
            let boundary = message.write(simpul_wire::transport::Direction::Request).0;
            let boundary = boundary.split_once("boundary=").unwrap().1;
            sent.parts.push((Part::Seal, format!("\r\n--{boundary}--\r\n").into()));
        }
        if self.cut {
            sent.parts.retain(|(part, _)| *part < Part::Seal);
            sent.breaks = true;
        }
        if !self.preamble.is_empty() {
            sent.parts.insert(0, (Part::Nothing, Bytes::from_static(self.preamble.as_bytes())));
        }
        if self.neighbours_chain {
            sent.chain = chain(&federation.auth[2]);
        }
        sent.method = self.method.to_owned();
        self.headers.into_iter().for_each(|(name, value)| sent.header(name, value));
        sent
    }
}

/// What is wrong, and what must come of it.
struct Defect {
    name: &'static str,
    spoil: fn(&Federation, &mut Draft),
    code: &'static str,
    /// How far the message is read.
    read: Part,
    /// Records in the provider's log.
    logged: usize,
    /// Calls of the service.
    called: usize,
}

/// Refused when it is there whole, and recorded if its seal holds (docs/adr/0005).
const fn refused(name: &'static str, code: &'static str, spoil: fn(&Federation, &mut Draft)) -> Defect {
    Defect { name, spoil, code, read: Part::End, logged: 1, called: 0 }
}

const fn early(name: &'static str, read: Part, code: &'static str, spoil: fn(&Federation, &mut Draft)) -> Defect {
    Defect { name, spoil, code, read, logged: 0, called: 0 }
}

const fn late(name: &'static str, logged: usize, code: &'static str, spoil: fn(&Federation, &mut Draft)) -> Defect {
    Defect { name, spoil, code, read: Part::End, logged, called: 1 }
}

const INVALID_CHAIN: &str = "server.serverproxy.signature_verification.malformed_signature.invalid_hash_chain";

/// In the order of the checks.
const DEFECTS: &[Defect] = &[
    early("no configuration was accepted", Part::Nothing, "server.serverproxy.global_conf_outdated", |f, _| {
        f.my.conf.set(None);
    }),
    early("the configuration expired", Part::Nothing, "server.serverproxy.global_conf_outdated", |f, _| {
        f.clock.advance(Duration::from_secs(3600));
    }),
    early("another method", Part::Nothing, "server.serverproxy.invalid_http_method", |_, d| d.method = "GET"),
    early("an old peer", Part::Nothing, "server.serverproxy.client_proxy_version_not_supported", |f, d| {
        f.my.server.change(|s| s.minimum_client_version = Some((7, 6, 0)));
        d.headers.push(("x-proxy-version", Some("7.5.9")));
    }),
    early("a message that is not marked REST", Part::Nothing, "server.serverproxy.missing_soap", |_, d| {
        d.headers.push(("x-road-message-type", None));
    }),
    early("no hash algorithm", Part::Nothing, "server.serverproxy.internal_error", |_, d| {
        d.headers.push(("x-hash-algorithm", None));
    }),
    early("no multipart", Part::Nothing, "server.serverproxy.service_failed.invalid_content_type", |_, d| {
        d.headers.push(("content-type", Some("text/plain")));
    }),
    early("no delimiter", Part::Nothing, "server.serverproxy.service_failed.mime_parsing_failed", |_, d| {
        d.preamble = "a preamble that is no delimiter";
    }),
    early("a malformed block", Part::Block, "server.serverproxy.service_failed.invalid_rest", |_, d| {
        d.forbidden = true
    }),
    early("an unknown provider", Part::Block, "server.serverproxy.service_failed.unknown_member", |f, _| {
        f.my.server.change(|s| s.clients.clear());
    }),
    early("no sign key", Part::Block, "server.serverproxy.service_failed.cannot_create_signature", |f, _| {
        f.my.keys.remove(&member(PROVIDER));
    }),
    early("no OCSP response", Part::Block, "server.serverproxy.service_failed.ssl_authentication_failed", |_, d| {
        d.ocsp = false;
    }),
    early("another server", Part::Block, "server.serverproxy.service_failed.ssl_authentication_failed", |_, d| {
        d.neighbours_chain = true;
    }),
    early("an unknown service", Part::Block, "server.serverproxy.unknown_service", |_, d| d.service = "marriages"),
    early("a cut message", Part::End, "server.serverproxy.service_failed.io_error", |_, d| d.cut = true),
    early("no seal", Part::Seal, "server.serverproxy.missing_signature", |_, d| d.sealed = false),
    refused("no right", "server.serverproxy.access_denied", |_, d| d.service = "deaths"),
    refused("a disabled service", "server.serverproxy.service_disabled", |_, d| d.service = "closed"),
    // wire.md §5.2: the given digests go into the chain, whose result then differs.
    early("another body", Part::End, INVALID_CHAIN, |_, d| d.tampered = true),
    early("a log that fails", Part::End, "server.serverproxy.logging_failed", |f, _| {
        f.my.store.break_next(Step::Append, How::Lost, 2);
    }),
    late("an unreachable service", 1, "server.serverproxy.network_error", |f, _| {
        f.register.next(|| Err(road::unreachable()));
    }),
    late("an answer that no block can carry", 1, "server.serverproxy.invalid_rest", |f, _| {
        f.register.next(|| Ok(reply(200, "O\u{7}K", Some(octets([ANSWER])))));
    }),
    late("an answer that breaks off", 1, "server.serverproxy.io_error", |f, _| {
        f.register.next_body(cut([ANSWER]));
    }),
    late("a log that fails then", 1, "server.serverproxy.logging_failed", |f, _| {
        let store = f.my.store.clone();
        f.register.next(move || {
            store.break_next(Step::Append, How::Lost, 2);
            Ok(reply(200, "OK", Some(octets([ANSWER]))))
        });
    }),
];

/// Spoils a sound message with these defects, the last one first, and sees what comes of it.
async fn check(expected: &Defect, defects: &[Defect]) {
    let Defect { name, code, read, logged, called, .. } = expected;
    let federation = Federation::new().await;
    let mut draft = SOUND;
    defects.iter().rev().for_each(|defect| (defect.spoil)(&federation, &mut draft));
    // Whose seal does not hold has said nothing that could be recorded.
    let logged = if draft.tampered { 0 } else { *logged };
    let (call, progress) = draft.write(&federation).await.call();
    let verdict = federation.judge(call).await;
    assert_eq!(verdict.code().as_deref(), Some(*code), "{name}");
    assert!(!verdict.is_sealed(), "{name}");
    assert_eq!(progress.far(), *read, "{name}");
    assert_eq!(federation.my.records().await.len(), logged, "{name}");
    assert_eq!(federation.register.calls().len(), *called, "{name}");
    assert_eq!(federation.my.spool.entries(), 0, "{name}: nothing is left in the spool");
}

#[tokio::test]
async fn each_defect_alone_has_its_code() {
    for defect in DEFECTS {
        check(defect, std::slice::from_ref(defect)).await;
    }
}

#[tokio::test]
async fn the_first_defect_of_many_shows() {
    for (n, defect) in DEFECTS.iter().enumerate() {
        check(defect, &DEFECTS[n..]).await;
    }
}

#[tokio::test]
async fn without_a_defect_the_message_is_answered() {
    let federation = Federation::new().await;
    let (call, progress) = SOUND.write(&federation).await.call();
    let verdict = federation.judge(call).await;
    assert!(verdict.is_sealed());
    let Verdict::Answered(message) = verdict else { panic!("an answer") };
    assert_eq!(message.body.as_deref(), Some(ANSWER.as_bytes()));
    assert_eq!(progress.far(), Part::End);
    assert_eq!((federation.my.records().await.len(), federation.register.calls().len()), (2, 1));
}
