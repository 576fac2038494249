//! Acts as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use simpul_core::UnixTime;

use super::{Act, ActError, Proof, Step};
use crate::agreement::canonical;
use crate::agreement::document::Agreement;
use crate::agreement::life::{Actor, Scope};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    act: String,
    agreement: String,
    version: u32,
    digest: String,
    at: String,
    by: ActorForm,
    document: Option<Value>,
    signature: Option<String>,
    clause: Option<String>,
    proof: Option<ProofForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActorForm {
    member: String,
    officer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofForm {
    certificate: String,
    signature: String,
}

pub(super) fn read(text: &str) -> Result<Act, ActError> {
    understood(serde_json::from_str(text).map_err(|error| ActError::Form(error.to_string()))?)
}

/// An act inside of another JSON text.
pub(super) fn of_value(value: Value) -> Result<Act, ActError> {
    understood(serde_json::from_value(value).map_err(|error| ActError::Form(error.to_string()))?)
}

fn understood(form: Form) -> Result<Act, ActError> {
    let wrong = |what: &str| ActError::Form(format!("`{what}` is not of its form"));
    let member = form.by.member.parse().map_err(|_| wrong("by.member"))?;
    let by = Actor { member, officer: form.by.officer.clone() };
    let proof = match &form.proof {
        None => None,
        Some(proof) => {
            let certificate = STANDARD.decode(&proof.certificate).map_err(|_| wrong("proof.certificate"))?;
            Some(Proof { certificate, signature: proof.signature.clone() })
        }
    };
    let clause = form.clause.as_deref().map(str::parse).transpose().map_err(|_| wrong("clause"))?;
    let scope = || clause.clone().map_or(Scope::Whole, Scope::Clause);
    let document = form.document.as_ref().map(document).transpose()?;
    let brings = (document.is_some(), form.signature.is_some(), clause.is_some());
    let step = match (form.act.as_str(), document, form.signature) {
        ("offer", Some(text), _) => Step::Offer(Box::new(text)),
        ("answer", Some(text), _) => Step::Answer(Box::new(text)),
        ("approve", ..) => Step::Approve,
        ("sign", _, Some(signature)) => Step::Sign(signature),
        ("enter", ..) => Step::Enter,
        ("suspend", ..) => Step::Suspend(scope()),
        ("resume", ..) => Step::Resume(scope()),
        ("end", ..) => Step::End,
        _ => return Err(wrong("act")),
    };
    let belongs = match &step {
        Step::Offer(_) | Step::Answer(_) => (true, false, false),
        Step::Sign(_) => (false, true, false),
        Step::Suspend(_) | Step::Resume(_) => (false, false, clause.is_some()),
        Step::Approve | Step::Enter | Step::End => (false, false, false),
    };
    if brings != belongs {
        return Err(ActError::Form(format!("`{}` has a member that does not belong to it", form.act)));
    }
    Ok(Act {
        agreement: form.agreement.parse().map_err(|_| wrong("agreement"))?,
        version: form.version,
        digest: form.digest.parse().map_err(|_| wrong("digest"))?,
        at: form.at.parse::<UnixTime>().map_err(|_| wrong("at"))?,
        by,
        step,
        proof,
    })
}

pub(super) fn write(act: &Act) -> Value {
    let mut value = unsigned(act);
    if let (Some(proof), Some(object)) = (&act.proof, value.as_object_mut()) {
        let certificate = STANDARD.encode(&proof.certificate);
        object.insert("proof".to_owned(), json!({ "certificate": certificate, "signature": proof.signature }));
    }
    value
}

/// An act without its signature: what is signed.
pub(super) fn unsigned(act: &Act) -> Value {
    let mut value = json!({
        "act": act.step.name(),
        "agreement": act.agreement.as_str(),
        "version": act.version,
        "digest": act.digest.to_string(),
        "at": act.at.to_string(),
        "by": { "member": act.by.member.short(), "officer": act.by.officer },
    });
    let mut put =
        |name: &str, member: Value| value.as_object_mut().map(|object| object.insert(name.to_owned(), member));
    if let Some(clause) = act.step.clause() {
        put("clause", clause.as_str().into());
    }
    if let Some(text) = act.step.document() {
        put("document", serde_json::from_slice(&text.canonical_json()).unwrap_or(Value::Null));
    }
    if let Step::Sign(signature) = &act.step {
        put("signature", signature.as_str().into());
    }
    value
}

fn document(value: &Value) -> Result<Agreement, ActError> {
    let octets = canonical::write(value).map_err(|error| ActError::Form(error.to_string()))?;
    Agreement::from_json(&octets).map_err(ActError::Document)
}
