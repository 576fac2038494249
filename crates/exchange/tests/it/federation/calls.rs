//! Calls of an information system, and the answers that it gets.

use bytes::Bytes;
use simpul_exchange::call::{Answer, AnswerBody, Caller, ConsumerCall};
use simpul_exchange::ports::BodyStream;

use super::octets::{collect, octets};
use super::{CLIENT, PROVIDER};

/// A call of the service `persons` without a body.
pub(crate) fn get(path: &str) -> ConsumerCall {
    call("GET", &format!("persons{path}"), CLIENT)
}

/// A call of the service `persons` with a body.
pub(crate) fn post(path: &str, body: &'static str) -> ConsumerCall {
    with_body(call("POST", &format!("persons{path}"), CLIENT), octets([body]))
}

/// A call of one of the provider's services (code, path and query) for a client.
pub(crate) fn call(method: &str, service: &str, client: &str) -> ConsumerCall {
    raw(method, &format!("/r1/{PROVIDER}/{service}"), &[("X-Road-Client", client)])
}

/// A call with exactly this target and these headers.
pub(crate) fn raw(method: &str, target: &str, headers: &[(&str, &str)]) -> ConsumerCall {
    ConsumerCall {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), Bytes::copy_from_slice(v.as_bytes()))).collect(),
        caller: Caller::Http,
        body: None,
    }
}

pub(crate) fn with_body(call: ConsumerCall, body: BodyStream) -> ConsumerCall {
    ConsumerCall { body: Some(body), ..call }
}

pub(crate) fn with_header(mut call: ConsumerCall, name: &str, value: &str) -> ConsumerCall {
    call.headers.push((name.to_owned(), Bytes::copy_from_slice(value.as_bytes())));
    call
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) reason: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    /// `None` if the answer has no body, not even one of no octets.
    pub(crate) body: Option<Bytes>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        self.body.as_ref().map_or("", |b| std::str::from_utf8(b).unwrap())
    }

    /// The fault code, if a security server made the answer (wire.md §2.6).
    pub(crate) fn error(&self) -> Option<&str> {
        self.header("x-road-error")
    }

    /// A field of a fault in JSON: `type`, `message` or `detail`.
    pub(crate) fn fault(&self, field: &str) -> String {
        let json: serde_json::Value = serde_json::from_slice(self.body.as_ref().unwrap()).unwrap();
        json[field].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn read(answer: Answer) -> Reply {
    let body = match answer.body {
        AnswerBody::Empty => None,
        AnswerBody::Whole(octets) => Some(octets),
        AnswerBody::Spooled(entry) => Some(collect(entry.read()).await.0),
        AnswerBody::Stream(_) => panic!("a consumer's answer is never streamed before its seal was checked"),
    };
    let text = |octets: Bytes| String::from_utf8(octets.to_vec()).unwrap();
    let headers = answer.headers.into_iter().map(|(name, value)| (name, text(value))).collect();
    Reply { status: answer.status, reason: answer.reason, headers, body }
}
