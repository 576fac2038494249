//! The laboratory: a test CA's OCSP responder, a TSA, and a sample register. Never beside real anchors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use simpul_exchange::call::{Answer, AnswerBody, ConsumerCall};
use simpul_exchange::ports::Clock;
use simpul_exchange::ports::Randomness as _;
use simpul_io::listen::{self, Bounds, ConsumerHandler, Listener};
use simpul_lab::ca::LabCa;
use simpul_lab::{identity, ocsp, register, tsa};
use simpul_trust::conf::is_lab;
use simpul_wire::gconf::Anchor;
use simpul_wire::rest::SUBJECT_ID;
use tokio_util::sync::CancellationToken;

use super::{RoleError, Running, web};
use crate::config::{LabRole, Named};
use crate::membership::read_anchor;
use crate::random::SystemRandom;

/// Octets of a request to a trust service or the register.
const REQUEST: usize = 64 * 1024;

/// How long an OCSP response stays valid.
const OCSP_VALIDITY: Duration = Duration::from_secs(3600);

/// Starts the laboratory.
///
/// `beside` is the anchor of a server in the same file: it must be a laboratory's too.
pub(crate) async fn start(
    role: &LabRole,
    beside: Option<&Named>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<Running, RoleError> {
    let anchor = anchor(role, beside)?;
    let ca = ca(role)?;
    let failed =
        |cause| RoleError::Listen { place: String::new(), role: "lab", port: "listen", address: role.listen, cause };
    let listener = Listener::bind(role.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let identity = role.identity_provider.then(|| identity::Provider::new(format!("http://{address}/idp"))).transpose();
    let identity = identity.map_err(|cause| RoleError::Part {
        role: "lab",
        what: "making the key of the identity provider",
        cause: Box::new(cause),
    })?;
    let lab = Arc::new(Lab { ca, clock, register: role.register, identity, last_serial: AtomicU64::new(0) });
    let task = tokio::spawn(listen::consumer(listener, None, lab, Bounds::default(), stop));
    Ok(Running { name: format!("lab of {}", anchor.instance), ports: vec![("http", address)], tasks: vec![task] })
}

/// The anchor of the instance that is served. It and the anchor `beside` must be a laboratory's.
pub(super) fn anchor(role: &LabRole, beside: Option<&Named>) -> Result<Anchor, RoleError> {
    for named in [Some(&role.anchor), beside].into_iter().flatten() {
        if !is_lab(&read_anchor(named).map_err(RoleError::File)?) {
            return Err(RoleError::File(named.refused("a laboratory's anchor", NotLab)));
        }
    }
    read_anchor(&role.anchor).map_err(RoleError::File)
}

/// The test CA.
pub(super) fn ca(role: &LabRole) -> Result<LabCa, RoleError> {
    let needed = "the folder of a test CA, as `simpul demo --prepare` makes it,";
    LabCa::load(&role.ca).map_err(|cause| RoleError::File(role.ca.refused(needed, cause)))
}

/// Test trust services beside an anchor of a real federation.
#[derive(Debug, thiserror::Error)]
#[error("it is not marked as laboratory; test trust services start only beside an anchor that is")]
struct NotLab;

struct Lab {
    ca: LabCa,
    clock: Arc<dyn Clock>,
    register: bool,
    identity: Option<identity::Provider>,
    last_serial: AtomicU64,
}

#[async_trait]
impl ConsumerHandler for Lab {
    async fn handle(&self, call: ConsumerCall) -> Answer {
        let subject = call.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(SUBJECT_ID));
        let subject = subject.and_then(|(_, value)| std::str::from_utf8(value).ok());
        let Ok(body) = web::read(call.body, REQUEST).await else {
            return web::text(413, "the request is too long, or broke off");
        };
        let (path, query) = web::split(&call.target);
        match (call.method.as_str(), path) {
            ("POST", "/ocsp") => {
                let response = ocsp::respond(&self.ca, &body, self.clock.now(), Some(OCSP_VALIDITY));
                web::answer(200, "application/ocsp-response", response)
            }
            ("POST", "/tsa") => {
                let response = tsa::respond(self.ca.tsa(), &body, self.clock.now(), self.serial());
                web::answer(200, "application/timestamp-reply", response)
            }
            (method, path) if path.starts_with("/idp/") => match (&self.identity, path.strip_prefix("/idp")) {
                (Some(identity), Some(rest)) => {
                    let mut code = [0; 32];
                    SystemRandom.fill(&mut code);
                    let reply = identity.handle(method, rest, query, &body, self.clock.now(), code);
                    let line = |(name, value): (&str, String)| (name.to_owned(), Bytes::from(value));
                    let headers = reply.headers.into_iter().map(line).collect();
                    let body = AnswerBody::Whole(Bytes::from(reply.body));
                    Answer { status: reply.status, reason: None, headers, body }
                }
                _ => web::text(404, "the laboratory has no identity provider here"),
            },
            (method, path) => match path.strip_prefix("/register").filter(|_| self.register) {
                Some(rest) => {
                    let reply = register::handle(method, rest, query, subject, &body);
                    let content_type = reply.headers.iter().find(|(n, _)| *n == "content-type").map_or("", |(_, v)| v);
                    web::answer(reply.status, content_type, reply.body)
                }
                None => web::text(404, "the laboratory answers POST /ocsp and POST /tsa"),
            },
        }
    }
}

impl Lab {
    /// A serial number that no earlier run used: the time in milliseconds, and always more than the last.
    fn serial(&self) -> u64 {
        let now = u64::try_from(self.clock.now().millis()).unwrap_or(0);
        let next = |last: u64| Some(now.max(last.saturating_add(1)));
        let before = self.last_serial.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next).unwrap_or(0);
        now.max(before.saturating_add(1))
    }
}
