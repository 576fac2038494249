//! Changes of a message by name: `NAME` or `NAME: ARGUMENT`.
//!
//! Those of HTTP, block, body, OCSP and seal happen before the message is sealed, in the order of the case; those of
//! parts and framing happen after. A name that is not known fails the test.

use openssl::hash::MessageDigest;

use super::message::{Delivery, How, Message};
use super::multipart::{Multipart, Part};
use super::seal::{Edit, SealPlan, Text};
use crate::conformance::text::{expand, expanded};

impl Message<'_> {
    /// Applies one change.
    pub(crate) fn mutate(&mut self, mutation: &str) {
        let (name, argument) = mutation.split_once(": ").unwrap_or((mutation, ""));
        let known = self.mutate_connection(name, argument)
            || self.mutate_http(name, argument)
            || self.mutate_block(name, argument)
            || self.mutate_seal(name, argument);
        if !known {
            assert!(LATE.contains(&name), "no mutation is called `{name}`");
            self.late.push((name.to_owned(), argument.to_owned()));
        }
    }

    fn mutate_connection(&mut self, name: &str, argument: &str) -> bool {
        let how = match name {
            // The key by its name, or no certificate at all.
            "identity" if argument == "none" => {
                self.identity = None;
                return true;
            }
            "identity" => {
                self.identity = Some(self.keys.key(argument));
                return true;
            }
            // Other octets in place of TLS.
            "greeting" => {
                self.greeting = Some(expanded(argument));
                return true;
            }
            // Half of a stage is sent, then this happens.
            "reset" => How::Reset,
            "close" => How::Close,
            "silence" => How::Silence,
            "end-early" => How::EndEarly,
            _ => return false,
        };
        self.delivery = Delivery { how, at: argument.to_owned() };
        true
    }

    fn mutate_http(&mut self, name: &str, argument: &str) -> bool {
        match name {
            "start" => self.start = argument.to_owned(),
            "http" => set(&mut self.http, argument),
            // The body's octets as they are, where the head promises chunks.
            "unframed" => self.unframed = true,
            "without-http" => remove(&mut self.http, argument),
            // A whole body with its length in place of the multipart message.
            "instead" => {
                let octets = expand(argument);
                remove(&mut self.http, "transfer-encoding");
                self.http.push(("content-length".to_owned(), octets.len().to_string()));
                self.instead = Some(octets);
            }
            // A SOAP fault with this code in place of the multipart message (wire.md §3.4).
            "answer-fault" => {
                self.mutate_http("instead", &fault(argument));
                set(&mut self.http, "content-type: text/xml;charset=utf-8");
            }
            _ => return false,
        }
        true
    }

    fn mutate_block(&mut self, name: &str, argument: &str) -> bool {
        match name {
            // The first two lines: method and target, or status and reason.
            "line-1" => self.lines[0] = argument.to_owned(),
            "line-2" => self.lines[1] = argument.to_owned(),
            "set" => set(&mut self.headers, argument),
            "add" => self.headers.push(line(argument)),
            "without" => remove(&mut self.headers, argument),
            // The request hash leaves the request's body out.
            "hash-of-the-block" => {
                let line = format!("x-road-request-hash:{}", self.asked.block_hash);
                set(&mut self.headers, &line);
            }
            "block" => self.block_edits.push(from_to(argument)),
            "body" => self.body = Some(expand(argument)),
            "no-body" => self.body = None,
            "ocsp" => {
                let auth = self.identity.clone().expect("an identity");
                self.ocsp = self.keys.ocsp("id", &auth, argument);
            }
            "ocsp-of" => self.ocsp = self.keys.ocsp("id", &self.keys.key(argument), "good"),
            _ => return false,
        }
        true
    }

    fn mutate_seal(&mut self, name: &str, argument: &str) -> bool {
        let text = match name {
            "seal-as" => {
                let key = self.keys.key(argument);
                let ocsp = self.keys.ocsp(instance(argument), &key, "good");
                self.seal = SealPlan { ocsp, signer: key, ..self.seal.clone() };
                return true;
            }
            "seal-hand" => {
                self.seal.hand = Some(self.keys.key(argument));
                return true;
            }
            "seal-ocsp" => {
                // `HOW of INSTANCE`
                let (how, issuer) = argument.split_once(" of ").expect("HOW of INSTANCE");
                self.seal.ocsp = self.keys.ocsp(issuer, &self.seal.signer, how);
                return true;
            }
            "seal-digest" => {
                self.seal.digest = match argument {
                    "sha1" => MessageDigest::sha1(),
                    _ => panic!("`{argument}` is no digest here"),
                };
                return true;
            }
            "seal-chained" => {
                self.seal.chained = Some(argument == "yes");
                return true;
            }
            "seal-covers" => {
                self.seal.covers = Some(argument.parse().expect("how many parts"));
                return true;
            }
            "wrap" => {
                self.seal.wrap = Some(from_to(argument));
                self.late.push(("tamper".to_owned(), format!("block {argument}")));
                return true;
            }
            "chain" => Text::Chain,
            "chain-result" => Text::Result,
            "signed-properties" => Text::Properties,
            "signed-info" => Text::SignedInfo,
            "signature" => Text::Signature,
            _ => return false,
        };
        let (from, to) = from_to(argument);
        self.seal.edits.push(Edit { of: text, from, to });
        true
    }
}

/// Changes of parts and framing, after the seal.
const LATE: [&str; 13] = [
    "drop",
    "keep-to",
    "move",
    "repeat",
    "retype",
    "insert",
    "tamper",
    "stretch",
    "part-header",
    "fault",
    "preamble",
    "epilogue",
    "no-end",
];

/// Applies one change to the parts.
pub(super) fn late(multipart: &mut Multipart, name: &str, argument: &str) {
    let (first, rest) = argument.split_once(' ').unwrap_or((argument, ""));
    match name {
        "drop" => {
            multipart.at(argument);
            multipart.parts.retain(|p| p.name != argument);
        }
        // Everything after the part is left out.
        "keep-to" => {
            let at = multipart.at(argument);
            multipart.parts.truncate(at + 1);
        }
        // `NAME before NAME` or `NAME after NAME`
        "move" => {
            let part = multipart.parts.remove(multipart.at(first));
            let at = place(multipart, rest);
            multipart.parts.insert(at, part);
        }
        "repeat" => {
            let at = multipart.at(argument);
            multipart.parts.insert(at, multipart.parts[at].clone());
        }
        // `NAME TYPE`
        "retype" => multipart.part(first).content_type = rest.to_owned(),
        // `TYPE before NAME` or `TYPE after NAME`
        "insert" => {
            let part = Part {
                name: "inserted".to_owned(),
                content_type: first.to_owned(),
                headers: String::new(),
                content: b"inserted".to_vec(),
            };
            let at = place(multipart, rest);
            multipart.parts.insert(at, part);
        }
        // `NAME FROM => TO`
        "tamper" => {
            let (from, to) = from_to(rest);
            multipart.tamper(first, &from, &to);
        }
        // `NAME OCTETS`
        "stretch" => multipart.stretch(first, rest.parse().expect("how many octets")),
        // `NAME LINE`
        "part-header" => multipart.part(first).headers = format!("{}\r\n", expanded(rest)),
        // `NAME CODE`: a SOAP fault stands there, and nothing after it (wire.md §3.3).
        "fault" => {
            let at = if first == "signature" { multipart.parts.len() - 1 } else { multipart.at(first) };
            multipart.parts.truncate(at + 1);
            let part = &mut multipart.parts[at];
            part.content_type = "text/xml; charset=UTF-8".to_owned();
            part.content = fault(rest).into_bytes();
        }
        "preamble" => multipart.preamble = expanded(argument),
        "epilogue" => multipart.epilogue = expanded(argument),
        "no-end" => multipart.closed = false,
        _ => panic!("no mutation is called `{name}`"),
    }
}

/// `before NAME` or `after NAME` as a position.
fn place(multipart: &Multipart, words: &str) -> usize {
    match words.split_once(' ') {
        Some(("before", name)) => multipart.at(name),
        Some(("after", name)) => multipart.at(name) + 1,
        _ => panic!("`{words}` is neither `before NAME` nor `after NAME`"),
    }
}

/// `FROM => TO`; `TO` may be empty.
fn from_to(argument: &str) -> (String, String) {
    let (from, to) = argument.split_once(" =>").unwrap_or_else(|| panic!("`{argument}` is not FROM => TO"));
    (from.to_owned(), to.strip_prefix(' ').unwrap_or(to).to_owned())
}

/// `Name: Value` or `Name:Value`.
fn line(argument: &str) -> (String, String) {
    let (name, value) = argument.split_once(':').unwrap_or_else(|| panic!("`{argument}` is no header line"));
    (name.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())
}

/// Gives a header that is there another value, or adds it.
fn set(headers: &mut Vec<(String, String)>, argument: &str) {
    let (name, value) = line(argument);
    match headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(&name)) {
        Some(header) => *header = (name, value),
        None => headers.push((name, value)),
    }
}

fn remove(headers: &mut Vec<(String, String)>, name: &str) {
    let before = headers.len();
    headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    assert!(headers.len() < before, "there is no header `{name}`");
}

fn instance(key: &str) -> &str {
    match key.split('/').next() {
        Some(instance @ ("id" | "my")) => instance,
        _ => "id",
    }
}

/// A SOAP fault as X-Road writes it (wire.md §3.4).
fn fault(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><SOAP-ENV:Envelope \
         xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body><SOAP-ENV:Fault>\
         <faultcode>{code}</faultcode><faultstring>said by the peer</faultstring><faultactor></faultactor><detail>\
         <faultDetail xmlns=\"\">0</faultDetail></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
}
