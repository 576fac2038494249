//! What registers are asked for.

use simpul_core::limits;
use simpul_policy::agreement::purpose;
use simpul_policy::written::{DocumentError, at, list, parsed, unique, wrong};

use super::{days, line, question_of, text};
use crate::catalogue::form::{EvidenceForm, FieldForm};
use crate::catalogue::question::{Kind, Question};
use crate::catalogue::service::{Evidence, Field, PERSON, RequestTemplate};

pub(super) fn evidence(path: &str, form: &EvidenceForm, questions: &[Question]) -> Result<Evidence, DocumentError> {
    let fields =
        list(&at(path, "fields"), &form.fields, 1, limits::EVIDENCE_FIELDS, |path, form| field(path, form, questions))?;
    unique(&at(path, "fields"), fields.iter().map(|field| &field.id))?;
    if form.enter_yourself && fields.iter().all(|field| field.fills.is_none()) {
        return Err(wrong(&at(path, "enter-yourself"), "no field fills a question in which it could be entered"));
    }
    let evidence = Evidence {
        id: parsed(&at(path, "id"), &form.id)?,
        title: text(&at(path, "title"), &form.title)?,
        explanation: text(&at(path, "explanation"), &form.explanation)?,
        service: parsed(&at(path, "service"), &form.service)?,
        request: request(&at(path, "request"), &form.request)?,
        agreement: form.agreement.as_deref().map(|name| parsed(&at(path, "agreement"), name)).transpose()?,
        purpose: declared(&at(path, "purpose"), &form.purpose)?,
        basis: line(&at(path, "basis"), &form.basis)?,
        records: form.records.as_deref().map(|name| member(&at(path, "records"), name)).transpose()?,
        required: form.required,
        enter_yourself: form.enter_yourself,
        fresh_days: days(&at(path, "fresh-days"), form.fresh_days)?,
        consent: form.consent.as_ref().map(|form| text(&at(path, "consent"), form)).transpose()?,
        fields,
    };
    Ok(evidence)
}

/// A question is filled from one place at most.
pub(super) fn fills_once(evidence: &[Evidence]) -> Result<(), DocumentError> {
    let mut seen = Vec::new();
    for (i, evidence) in evidence.iter().enumerate() {
        for (n, field) in evidence.fields.iter().enumerate() {
            let Some(question) = &field.fills else { continue };
            if seen.contains(&question) {
                let path = format!("evidence[{i}].fields[{n}].fills");
                return Err(wrong(&path, &format!("`{question}` is filled by another field before")));
            }
            seen.push(question);
        }
    }
    Ok(())
}

fn field(path: &str, form: &FieldForm, questions: &[Question]) -> Result<Field, DocumentError> {
    let place = at(path, "path");
    let steps = form.path.split('.').count();
    if form.path.len() > limits::FIELD_PATH || steps > limits::FIELD_STEPS {
        return Err(wrong(
            &place,
            &format!("{} octets and {} steps are allowed", limits::FIELD_PATH, limits::FIELD_STEPS),
        ));
    }
    form.path.split('.').try_for_each(|name| member(&place, name).map(drop))?;
    let fills = form.fills.as_deref().map(|name| {
        let place = at(path, "fills");
        let asked = question_of(&place, name, questions)?;
        match asked.kind {
            Kind::Address | Kind::Choices(_) => {
                Err(wrong(&place, "a question whose answer is one value is allowed, no address and no several choices"))
            }
            _ => Ok(asked.id.clone()),
        }
    });
    Ok(Field {
        id: parsed(&at(path, "id"), &form.id)?,
        path: form.path.clone(),
        label: text(&at(path, "label"), &form.label)?,
        fills: fills.transpose()?,
    })
}

/// The name of a member of a JSON object.
fn member(path: &str, name: &str) -> Result<String, DocumentError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    match !name.is_empty() && name.len() <= limits::SERVICE_NAME_CHARS && name.bytes().all(plain) {
        true => Ok(name.to_owned()),
        false => Err(wrong(path, &format!("`{name}`: names of members, of letters, digits, `_` and `-`, are allowed"))),
    }
}

fn request(path: &str, text: &str) -> Result<RequestTemplate, DocumentError> {
    let reason =
        || wrong(path, "`GET` and a path with one `{person}` as a segment are allowed: `GET /persons/{person}`");
    let target = text.strip_prefix("GET ").ok_or_else(reason)?;
    let segments: Vec<&str> = target.strip_prefix('/').ok_or_else(reason)?.split('/').collect();
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let people = segments.iter().filter(|segment| **segment == PERSON).count();
    let fits = target.len() <= limits::FIELD_PATH && segments.iter().all(|s| plain(s) || *s == PERSON);
    (people == 1 && fits).then(|| RequestTemplate(target.to_owned())).ok_or_else(reason)
}

/// A term of the vocabulary, or a plain name that the agreement defines.
fn declared(path: &str, text: &str) -> Result<String, DocumentError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let local = !text.is_empty() && text.len() <= limits::CLAUSE_ID_CHARS && text.bytes().all(plain);
    match purpose::is_known(text) || local {
        true => Ok(text.to_owned()),
        false => {
            let reason =
                format!("`{text}`: a term that the agreement defines is allowed, or one of {}", purpose::list());
            Err(wrong(path, &reason))
        }
    }
}
