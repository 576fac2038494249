//! The person's side of the journey: a token names the applicant, and the portal of the own state tells at once who used
//! the data, with the proof.

use std::time::Instant;

use bytes::Bytes;
use serde_json::{Value, json};

use super::accord::RECOGNITION;
use super::http;
use super::journey::{Journey, whole};
use crate::verify;

/// The service, and its path that holds no identifier.
const DIPLOMAS: &str = "MY/GOV/1002/qualifications/diplomas";
const PORTAL: &str = "ID/GOV/3299/portal";
/// A generated person of the laboratory.
const APPLICANT: &str = "LAB-00015";

impl Journey<'_> {
    /// An access to the data of a person abroad is in what the portal of the own state tells, at its next question.
    pub(super) async fn in_the_trail(&mut self, agreement: &str) {
        let began = Instant::now();
        let id = format!("{}-trail", self.message_id());
        let got = self.used_and_told(&id).await;
        let expected =
            format!("{agreement};2 of MY/GOV/1002, 10 fields, proof valid, trust anchor, signed by MEMBER:MY/GOV/1002");
        self.step("agreement-trail", &expected, began, got);
    }

    async fn used_and_told(&self, id: &str) -> Result<String, String> {
        let question = json!({ "client": RECOGNITION, "service": DIPLOMAS, "subject": APPLICANT });
        let token = self.question("/simpul/subject-token", &question).await?;
        let token = text(&token, "/token")?;
        let headers = [
            ("x-road-client", RECOGNITION),
            ("x-road-id", id),
            ("simpul-purpose", "qualification-recognition"),
            ("simpul-basis", "lab-2"),
            ("x-road-issue", "LAB-CASE-2"),
            ("simpul-subject", &token),
        ];
        let base = &self.plan.id.server.consumer;
        whole(http::call(&format!("{base}/r1/{DIPLOMAS}/diplomas"), &headers, None).await?)?;

        let told = self.question("/simpul/data-trail", &json!({ "client": PORTAL, "subject": APPLICANT })).await?;
        let accesses = told.pointer("/accesses").and_then(Value::as_array).cloned().unwrap_or_default();
        let here = |access: &&Value| access.pointer("/evidence/messageId").and_then(Value::as_str) == Some(id);
        let access = accesses.iter().find(here).ok_or_else(|| format!("the access is not in the trail: {told}"))?;
        let fields = access.pointer("/fields").and_then(Value::as_array).map_or(0, Vec::len);
        let holder = text(access, "/holder")?;
        let holder = holder.strip_suffix("/qualifications/data-trail").unwrap_or(&holder);

        let (file, conf) = self.fetch_evidence("recognition", id).await?;
        let proof = verify::judge_file(&file, Some(&self.plan.id.anchor), &conf, self.now()).short();
        Ok(format!(
            "{}@{};{} of {holder}, {fields} fields, proof {proof}",
            text(access, "/agreement/id")?,
            text(access, "/agreement/digest")?,
            text(access, "/agreement/clauses/0")?,
        ))
    }

    async fn question(&self, path: &str, question: &Value) -> Result<Value, String> {
        let headers = [("content-type", "application/json")];
        let body = Bytes::from(question.to_string());
        let url = format!("{}{path}", self.plan.id.server.consumer);
        let reply = whole(http::call(&url, &headers, Some(body)).await?)?;
        serde_json::from_slice(&reply).map_err(|e| e.to_string())
    }
}

fn text(value: &Value, pointer: &str) -> Result<String, String> {
    let text = value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| format!("the answer has no {pointer}"))
}
