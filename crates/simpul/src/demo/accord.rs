//! The agreement of the demo federation: concluded at the first start, and part of the journey.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use simpul_exchange::ports::Clock;
use simpul_policy::agreement::Agreement;
use simpul_policy::agreement::life::Actor;

use super::http::{self, Reply};
use super::journey::{Journey, PERSONS, outcome};
use super::plan::Plan;
use crate::agreements::{Problem, Table};
use crate::verdict::chain;

/// The service that only an agreement opens.
pub(super) const DIPLOMAS: &str = "/r1/MY/GOV/1002/qualifications/diplomas/diplomas/LAB-00015";
pub(super) const RECOGNITION: &str = "ID/GOV/3201/recognition";
const PAYROLL: &str = "ID/GOV/3201/payroll";

/// The text of the agreement.
fn text() -> Result<Agreement, String> {
    Agreement::from_toml(include_str!("agreement.toml")).map_err(|e| e.to_string())
}

/// Brings the agreement into force between the servers of a running federation, unless it was before.
pub(super) async fn conclude(plan: &Plan, clock: &Arc<dyn Clock>) -> Result<bool, String> {
    let text = text()?;
    let table = table(plan, clock).await?;
    if table.knows(text.id()).map_err(|e| chain(&e))? {
        return Ok(false);
    }
    table.conclude(&text).await.map_err(|e| chain(&e)).map(|()| true)
}

async fn table(plan: &Plan, clock: &Arc<dyn Clock>) -> Result<Table, String> {
    let configs = plan.sites().map(|site| site.config.as_path());
    Table::open(&configs, clock).await.map_err(|e| chain(&e))
}

impl Journey<'_> {
    /// What an agreement allows passes with its decision and without what it may not hold; all else is refused with the
    /// clause, and a suspension holds for the next request.
    pub(super) async fn under_agreement(&mut self, clock: &Arc<dyn Clock>) {
        let agreement = match text() {
            Ok(text) => format!("id-my-lab@{}", text.digest()),
            Err(why) => why,
        };
        let recognised = [
            ("x-road-client", RECOGNITION),
            ("simpul-purpose", "qualification-recognition"),
            ("simpul-basis", "lab-2"),
            ("x-road-issue", "LAB-CASE-1"),
        ];
        let decided = format!("200 {agreement};2");
        let began = Instant::now();
        let allowed = self.ask(DIPLOMAS, &recognised).await;
        let removed = allowed.as_ref().map(|reply| left(&reply.body)).map_err(Clone::clone);
        self.step("agreement-allowed", &decided, began, allowed.map(|r| told(&r)));
        self.step("agreement-field-removed", "holder awardedOn, no marks, no municipality", began, removed);

        let began = Instant::now();
        let headers = [("x-road-client", PAYROLL), ("simpul-purpose", "qualification-recognition")];
        let reply = self.ask(DIPLOMAS, &headers).await;
        self.step("agreement-none", "500 server.clientproxy.access_denied", began, reply.map(|r| outcome(&r)));

        let began = Instant::now();
        let person = format!("{PERSONS}/persons/LAB-00015");
        let headers =
            [("x-road-client", RECOGNITION), ("simpul-purpose", "dpv:LegalCompliance"), ("simpul-basis", "lab-1")];
        let reply = self.ask(&person, &headers).await;
        let refused = format!("500 purpose;{agreement};1");
        self.step("agreement-other-purpose", &refused, began, reply.map(|r| told(&r)));

        // Either server refuses: that of the party that suspended at once, the other one when it has heard of it.
        let began = Instant::now();
        let stopped = self.switched(clock, "Mei (lab)", Table::suspend, false).await;
        let reply = self.asked_after(stopped, &recognised).await.map(|r| outcome(&r));
        let refused = reply.map(|said| match said.as_str() {
            "500 server.clientproxy.access_denied" | "500 server.serverproxy.access_denied" => "refused".to_owned(),
            _ => said,
        });
        self.step("agreement-suspended", "refused", began, refused);

        let began = Instant::now();
        let arrived = self.arrived(clock).await;
        let reply = self.asked_after(arrived, &recognised).await;
        let refused = "500 server.clientproxy.access_denied";
        self.step("agreement-suspended-abroad", refused, began, reply.map(|r| outcome(&r)));

        let began = Instant::now();
        let mut resumed = Ok(());
        for officer in ["Mei (lab)", "Ravi (lab)"] {
            if resumed.is_ok() {
                resumed = self.switched(clock, officer, Table::resume, true).await;
            }
        }
        let reply = self.asked_after(resumed, &recognised).await;
        self.step("agreement-resumed", &decided, began, reply.map(|r| told(&r)));
        self.in_the_trail(&agreement).await;
    }

    /// An act of an officer of MY; and its arrival, if that is waited for.
    async fn switched(
        &self,
        clock: &Arc<dyn Clock>,
        officer: &str,
        act: fn(&Table, &Agreement, &Actor) -> Result<(), Problem>,
        awaited: bool,
    ) -> Result<(), String> {
        let by = Actor { officer: officer.to_owned(), ..mei()? };
        act(&table(self.plan, clock).await?, &text()?, &by).map_err(|e| chain(&e))?;
        if awaited { self.arrived(clock).await } else { Ok(()) }
    }

    /// Waits until what MY did is known to ID's server.
    async fn arrived(&self, clock: &Arc<dyn Clock>) -> Result<(), String> {
        let table = table(self.plan, clock).await?;
        table.arrived(&text()?, &mei()?).await.map_err(|e| chain(&e))
    }

    async fn asked_after(&self, done: Result<(), String>, headers: &[(&str, &str)]) -> Result<Reply, String> {
        done?;
        self.ask(DIPLOMAS, headers).await
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Result<Reply, String> {
        http::call(&format!("{}{path}", self.plan.id.server.consumer), headers, None).await
    }
}

fn mei() -> Result<Actor, String> {
    let member = "MY/GOV/1002".parse().map_err(|_| "no member".to_owned())?;
    Ok(Actor { member, officer: "Mei (lab)".to_owned() })
}

fn told(reply: &Reply) -> String {
    format!("{} {}", reply.status, reply.verdict.as_deref().unwrap_or("without a word about an agreement"))
}

/// What is left of the first diploma and what is not.
fn left(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let at = |pointer: &str| json.pointer(&format!("/diplomas/0/{pointer}")).is_some();
    let word = |pointer: &str, name: &str| if at(pointer) { name.to_owned() } else { format!("no {name}") };
    format!(
        "{} {}, {}, {}",
        word("holder/familyName", "holder"),
        word("awardedOn", "awardedOn"),
        word("marks", "marks"),
        word("holder/municipality", "municipality")
    )
}
