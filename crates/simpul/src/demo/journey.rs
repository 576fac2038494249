//! The journey of an official's call across the border, step by step, with what must come of each.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use simpul_exchange::ports::Clock;

use super::http::{self, Reply};
use super::plan::Plan;
use super::{Say, rogue};
use crate::role::server::Handle;
use crate::verify;

/// The service of the journey.
pub(super) const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons";

const MANPOWER: &str = "ID/GOV/3201/manpower";
const PAYROLL: &str = "ID/GOV/3201/payroll";

/// What came of the journey.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) steps: Vec<Step>,
    /// The container with the first call's answer.
    pub(super) evidence: Option<String>,
    /// The anchor of the state whose official called.
    pub(super) anchor: String,
    /// The signed configuration in force at the call.
    pub(super) conf: Option<String>,
    pub(super) urls: Value,
    pub(super) ok: bool,
}

/// One step.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    name: &'static str,
    expected: String,
    got: String,
    ms: f64,
}

/// A journey through a running federation.
pub(super) struct Journey<'a> {
    pub(super) plan: &'a Plan,
    servers: &'a [Handle],
    dir: &'a Path,
    steps: Vec<Step>,
}

impl<'a> Journey<'a> {
    pub(super) fn new(plan: &'a Plan, servers: &'a [Handle], dir: &'a Path) -> Self {
        Self { plan, servers, dir, steps: Vec::new() }
    }

    pub(super) async fn make(mut self, say: &Say, clock: &Arc<dyn Clock>) -> Report {
        let id = self.message_id();
        self.get(&id).await;
        self.post().await;
        self.no_access_right().await;
        self.tampered_message().await;
        self.revoked_certificate().await;
        self.under_agreement(clock).await;
        let evidence = self.evidence(&id).await;
        for step in &self.steps {
            let mark = if step.ok() { "ok    " } else { "FAILED" };
            say.line(&format!("{:>7.1} ms  {mark}  {}: {}", step.ms, step.name, step.got));
        }
        Report {
            ok: self.steps.iter().all(Step::ok),
            steps: self.steps,
            evidence: evidence.as_ref().map(|(file, _)| file.display().to_string()),
            conf: evidence.as_ref().map(|(_, conf)| conf.display().to_string()),
            anchor: self.plan.id.anchor.display().to_string(),
            urls: json!({
                "consumer": self.plan.id.server.consumer,
                "call": format!("{}{PERSONS}/persons", self.plan.id.server.consumer),
                "provider": self.plan.my.server.consumer,
                "register": self.plan.my.register,
                "globalconf": { "ID": format!("{}/internalconf", self.plan.id.registry),
                                "MY": format!("{}/internalconf", self.plan.my.registry) },
            }),
        }
    }

    async fn get(&mut self, id: &str) {
        let began = Instant::now();
        let headers = [("x-road-client", MANPOWER), ("x-road-id", id)];
        let reply = self.call("/persons?limit=1", &headers, None).await;
        self.step("get", "200, 1 person", began, reply.map(|r| people(&r)));
    }

    async fn post(&mut self) {
        let began = Instant::now();
        let headers = [("x-road-client", MANPOWER), ("content-type", "application/json")];
        let body = Bytes::from_static(br#"{"limit":3}"#);
        let reply = self.call("/persons/search", &headers, Some(body)).await;
        self.step("post", "200, 3 persons", began, reply.map(|r| people(&r)));
    }

    async fn no_access_right(&mut self) {
        let began = Instant::now();
        let reply = self.call("/persons?limit=1", &[("x-road-client", PAYROLL)], None).await;
        self.step("no-access-right", "500 server.serverproxy.access_denied", began, reply.map(|r| outcome(&r)));
    }

    async fn tampered_message(&mut self) {
        let began = Instant::now();
        let got = match self.servers {
            [consumer, ..] => rogue::tampered(consumer).await,
            [] => Err("no server".to_owned()),
        };
        // wire.md §5.2, §5.4.3: with the digest of the changed body, the hash chain does not lead to its result.
        let code = "server.serverproxy.signature_verification.malformed_signature.invalid_hash_chain";
        self.step("tampered-message", code, began, got);
    }

    async fn revoked_certificate(&mut self) {
        let began = Instant::now();
        let got = match self.servers {
            [consumer, ..] => rogue::revoked(consumer, &format!("{}/ocsp", self.plan.id.lab)).await,
            [] => Err("no server".to_owned()),
        };
        // wire.md §3.8: a status that is not good is `cert_validation`; §5.4.7: it breaks the certificate path.
        let code = "server.serverproxy.signature_verification.invalid_cert_path.cert_validation";
        self.step("revoked-certificate", code, began, got);
    }

    /// Fetches the answer's container and the configuration of that moment, and verifies both with the state's anchor.
    async fn evidence(&mut self, id: &str) -> Option<(PathBuf, PathBuf)> {
        let began = Instant::now();
        let fetched = self.fetch_evidence("manpower", id).await;
        let (got, files) = match fetched {
            Ok((file, conf)) => {
                let told = verify::judge_file(&file, Some(&self.plan.id.anchor), &conf, self.now());
                (Ok(told.short()), Some((file, conf)))
            }
            Err(why) => (Err(why), None),
        };
        self.step("evidence", "valid, trust anchor, signed by MEMBER:MY/GOV/1001", began, got);
        files
    }

    /// The container of an answer to a subsystem of the ministry, and the signed configuration of that moment.
    pub(super) async fn fetch_evidence(&self, subsystem: &str, id: &str) -> Result<(PathBuf, PathBuf), String> {
        let party = format!("xRoadInstance=ID&memberClass=GOV&memberCode=3201&subsystemCode={subsystem}");
        let base = &self.plan.id.server.consumer;
        let asic = format!("{base}/asic?{party}&queryId={id}&unique&responseOnly&force");
        let container = whole(http::call(&asic, &[], None).await?)?;
        let conf = whole(http::call(&format!("{base}/signedconf?{party}&queryId={id}"), &[], None).await?)?;
        let dir = self.dir.canonicalize().map_err(|e| e.to_string())?.join("evidence").join(id);
        std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
        let file = dir.join("response.asice");
        std::fs::write(&file, container).map_err(|e| e.to_string())?;
        verify::unpack_conf(&conf, &dir).map_err(|e| e.to_string())?;
        Ok((file, dir.join("signedconf")))
    }

    async fn call(&self, path: &str, headers: &[(&str, &str)], body: Option<Bytes>) -> Result<Reply, String> {
        let url = format!("{}{PERSONS}{path}", self.plan.id.server.consumer);
        http::call(&url, headers, body).await
    }

    pub(super) fn now(&self) -> simpul_core::UnixTime {
        self.servers.first().map_or(simpul_core::UnixTime::default(), |s| s.ports.clock.now())
    }

    pub(super) fn message_id(&self) -> String {
        format!("ID-demo-{}", self.now().millis())
    }

    pub(super) fn step(&mut self, name: &'static str, expected: &str, began: Instant, got: Result<String, String>) {
        let ms = (began.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
        let got = got.unwrap_or_else(|why| format!("error: {why}"));
        self.steps.push(Step { name, expected: expected.to_owned(), got, ms });
    }
}

impl Step {
    fn ok(&self) -> bool {
        self.got == self.expected
    }
}

pub(super) fn outcome(reply: &Reply) -> String {
    match &reply.fault {
        Some(code) => format!("{} {code}", reply.status),
        None => reply.status.to_string(),
    }
}

fn people(reply: &Reply) -> String {
    let json: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    match json.get("persons").and_then(Value::as_array).map(Vec::len) {
        Some(1) => format!("{}, 1 person", outcome(reply)),
        Some(n) => format!("{}, {n} persons", outcome(reply)),
        None => outcome(reply),
    }
}

pub(super) fn whole(reply: Reply) -> Result<Bytes, String> {
    match reply.status {
        200 => Ok(reply.body),
        status => Err(format!("status {status}: {}", String::from_utf8_lossy(&reply.body))),
    }
}
