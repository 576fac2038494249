//! What a decision costs with 10,000 agreements loaded: `cargo bench -p simpul-policy`. The last line is JSON, times
//! in nanoseconds.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use simpul_core::{ClientId, ServiceId, UnixTime};
use simpul_policy::Demand;
use simpul_policy::agreement::life::{Actor, Life};
use simpul_policy::agreement::{Agreement, Agreements, Context, Counters};

const AGREEMENTS: usize = 10_000;
const DECISIONS: usize = 20_000;

struct Call {
    client: ClientId,
    service: ServiceId,
}

impl Demand for Call {
    fn client(&self) -> &ClientId {
        &self.client
    }
    fn service(&self) -> &ServiceId {
        &self.service
    }
    fn method(&self) -> &str {
        "GET"
    }
    fn path(&self) -> &str {
        "/persons/1"
    }
}

fn document(i: usize) -> String {
    let officers = r#"officer = [{ name = "A", role = "r" }, { name = "B", role = "r" }]"#;
    format!(
        r#"id = "agreement-{i}"
version = 1
binding-language = "en"
valid-from = "2026-01-01T00:00:00Z"
valid-until = "2027-01-01T00:00:00Z"
review = "2026-06-01"
title = {{ id = "a", en = "b" }}
[[party]]
instance = "ID"
member = "ID/GOV/{i}"
subsystems = ["a"]
{officers}
[[party]]
instance = "MY"
member = "MY/GOV/1"
subsystems = ["x"]
{officers}
[[clause]]
id = "1"
kind = "grant"
text = {{ id = "a", en = "b" }}
[clause.grant]
consumers = ["ID/GOV/{i}/a"]
provider = "MY/GOV/1/x"
service = "persons"
endpoints = ["GET /persons/*"]
purposes = ["dpv:IdentityVerification", "dpv:LegalCompliance"]
basis = [{{ id = "b", law = "l", article = "1" }}]
categories = ["c"]
fields = ["id", "name.given"]
excess = "remove"
retention-days = 30
residency = ["ID"]
conditions = {{ consent = true, subject = true, case = true, approvals = 2 }}
volume = [{{ count = 1000000, seconds = 86400 }}]
hours = [{{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", until = "17:00", offset = "+07:00" }}]
"#
    )
}

fn in_force(i: usize, now: UnixTime) -> Result<Life, Box<dyn Error>> {
    let agreement = Agreement::from_toml(&document(i))?;
    let actors: Vec<Actor> = agreement
        .parties()
        .iter()
        .flat_map(|p| p.officers.iter().map(|o| Actor { member: p.member.clone(), officer: o.name.clone() }))
        .collect();
    let [a, _, b, _] = actors.as_slice() else { return Err("two officers of two parties".into()) };
    let mut life = Life::draft(agreement)?.offer(a)?;
    for actor in &actors {
        life = life.approve(actor)?;
    }
    Ok(life.sign(a)?.sign(b)?.enter(now)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let now: UnixTime = "2026-03-02T03:00:00Z".parse()?;
    let start = Instant::now();
    let mut agreements = Agreements::new()?;
    for i in 0..AGREEMENTS {
        agreements.put(&in_force(i, now)?)?;
    }
    let load = start.elapsed() / u32::try_from(AGREEMENTS)?;
    let usage = Counters::default();
    let context = Context {
        purpose: Some("dpv:LegalCompliance"),
        basis: Some("b"),
        consent: Some("c"),
        subject: true,
        case: Some("k"),
        approvals: 2,
        onward: None,
    };
    let mut times = Vec::with_capacity(DECISIONS);
    for i in 0..DECISIONS {
        let client = format!("ID/GOV/{}/a", (i * 7919) % AGREEMENTS).parse()?;
        let call = Call { client, service: "MY/GOV/1/x/persons".parse()? };
        let start = Instant::now();
        agreements.decide(&call, &context, &usage, now)?;
        times.push(start.elapsed().as_nanos());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    writeln!(
        std::io::stdout(),
        r#"{{"agreements":{AGREEMENTS},"load_ns":{},"decision_p50_ns":{},"decision_p99_ns":{}}}"#,
        load.as_nanos(),
        at(50),
        at(99)
    )?;
    Ok(())
}
