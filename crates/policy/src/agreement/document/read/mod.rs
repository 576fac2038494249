//! From what is written to what it means: every name is known, every list is bounded, every part fits the others.

use simpul_core::{ClientId, MemberId, UnixTime, limits};

use super::Content;
use super::form::{AgreementForm, ClauseForm, OfficerForm, PartyForm, PurposeForm, TextForm};
use crate::agreement::purpose;
use crate::agreement::terms::{Clause, ClauseKind, Language, LocalPurpose, Officer, Party, Text};
use crate::written::{DocumentError, at, list, parsed, unique, wrong};

mod grant;

/// What a clause is read against.
struct Frame<'a> {
    parties: &'a [Party],
    purposes: &'a [LocalPurpose],
    from: UnixTime,
    until: UnixTime,
}

pub(super) fn content(form: &AgreementForm) -> Result<Content, DocumentError> {
    let version = form.version;
    let amends = form.amends.as_deref().map(|text| parsed("amends", text)).transpose()?;
    match (version, amends) {
        (0, _) => return Err(wrong("version", "versions count from 1")),
        (1, Some(_)) => return Err(wrong("amends", "version 1 amends nothing")),
        (2.., None) => return Err(wrong("version", "from version 2 on, `amends` is the digest of the one before")),
        _ => {}
    }
    let (from, until) = (moment("valid-from", &form.valid_from)?, moment("valid-until", &form.valid_until)?);
    if until <= from {
        return Err(wrong("valid-until", "it must be later than `valid-from`"));
    }
    let parties = list("party", &form.party, 2, limits::AGREEMENT_PARTIES, party)?;
    unique("party", parties.iter().map(|party| &party.member))?;
    let purposes = list("purpose", &form.purpose, 0, limits::AGREEMENT_PURPOSES, local_purpose)?;
    unique("purpose", purposes.iter().map(|purpose| &purpose.term))?;
    let frame = Frame { parties: &parties, purposes: &purposes, from, until };
    let clauses = list("clause", &form.clause, 1, limits::AGREEMENT_CLAUSES, |path, form| clause(path, form, &frame))?;
    unique("clause", clauses.iter().map(|clause| &clause.id))?;
    Ok(Content {
        id: parsed("id", &form.id)?,
        version,
        amends,
        binding: match form.binding_language.as_str() {
            "id" => Language::Indonesian,
            "en" => Language::English,
            other => return Err(wrong("binding-language", &format!("`{other}`: `id` or `en` is allowed"))),
        },
        title: text("title", &form.title)?,
        preamble: form.preamble.as_ref().map(|form| text("preamble", form)).transpose()?,
        from,
        until,
        review: day("review", &form.review)?,
        parties,
        purposes,
        clauses,
    })
}

fn party(path: &str, form: &PartyForm) -> Result<Party, DocumentError> {
    let member: MemberId = parsed(&at(path, "member"), &form.member)?;
    if member.instance.as_str() != form.instance {
        return Err(wrong(&at(path, "instance"), &format!("the member is of instance `{}`", member.instance)));
    }
    let subsystems = list(&at(path, "subsystems"), &form.subsystems, 0, limits::AGREEMENT_SUBSYSTEMS, |path, code| {
        parsed(path, code)
    })?;
    unique(&at(path, "subsystems"), &subsystems)?;
    let officers = list(&at(path, "officer"), &form.officer, 2, limits::AGREEMENT_OFFICERS, officer)?;
    unique(&at(path, "officer"), officers.iter().map(|officer| &officer.name))?;
    unique(&at(path, "officer"), officers.iter().filter_map(|officer| officer.certificate))?;
    Ok(Party { instance: member.instance.clone(), member, subsystems, officers })
}

fn officer(path: &str, form: &OfficerForm) -> Result<Officer, DocumentError> {
    let certificate = form.certificate.as_deref().map(|text| {
        parsed::<crate::agreement::AgreementDigest>(&at(path, "certificate"), text).map(|digest| *digest.as_bytes())
    });
    Ok(Officer {
        name: name(&at(path, "name"), &form.name)?,
        role: name(&at(path, "role"), &form.role)?,
        certificate: certificate.transpose()?,
    })
}

fn local_purpose(path: &str, form: &PurposeForm) -> Result<LocalPurpose, DocumentError> {
    if !purpose::is_known(&form.broader) {
        return Err(wrong(&at(path, "broader"), &unknown_purpose(&form.broader, &[])));
    }
    let term: crate::agreement::ClauseId = parsed(&at(path, "term"), &form.term)?;
    Ok(LocalPurpose {
        term: term.to_string(),
        broader: form.broader.clone(),
        title: text(&at(path, "title"), &form.title)?,
    })
}

fn clause(path: &str, form: &ClauseForm, frame: &Frame<'_>) -> Result<Clause, DocumentError> {
    let kind = match (form.kind.as_str(), &form.grant) {
        ("grant", Some(grant)) => ClauseKind::Grant(Box::new(grant::clause(&at(path, "grant"), grant, frame)?)),
        ("grant", None) => return Err(wrong(path, "a clause of kind `grant` has a table `grant`")),
        ("provision", None) => ClauseKind::Provision,
        ("provision", Some(_)) => {
            return Err(wrong(&at(path, "grant"), "a clause of kind `provision` has no table `grant`"));
        }
        (other, _) => {
            return Err(wrong(&at(path, "kind"), &format!("`{other}`: `grant` or `provision` is allowed")));
        }
    };
    Ok(Clause { id: parsed(&at(path, "id"), &form.id)?, text: text(&at(path, "text"), &form.text)?, kind })
}

fn text(path: &str, form: &TextForm) -> Result<Text, DocumentError> {
    let one = |language: &str, words: &str| {
        let count = words.chars().take(limits::AGREEMENT_TEXT_CHARS + 1).count();
        match count > limits::AGREEMENT_TEXT_CHARS || words.trim().is_empty() {
            true => Err(wrong(
                &at(path, language),
                &format!("1 to {} characters are allowed", limits::AGREEMENT_TEXT_CHARS),
            )),
            false => Ok(words.to_owned()),
        }
    };
    Ok(Text { id: one("id", &form.id)?, en: one("en", &form.en)? })
}

fn name(path: &str, text: &str) -> Result<String, DocumentError> {
    let count = text.chars().take(limits::AGREEMENT_NAME_CHARS + 1).count();
    let fits = count <= limits::AGREEMENT_NAME_CHARS && !text.trim().is_empty() && text.trim() == text;
    match fits && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => {
            let reason = "characters without control characters and without space at the ends are allowed";
            Err(wrong(path, &format!("1 to {} {reason}", limits::AGREEMENT_NAME_CHARS)))
        }
    }
}

fn moment(path: &str, text: &str) -> Result<UnixTime, DocumentError> {
    parsed(path, text)
}

/// `2027-01-31`, at 00:00 UTC.
fn day(path: &str, text: &str) -> Result<UnixTime, DocumentError> {
    let reason = || wrong(path, &format!("`{text}`: a day such as 2027-01-31 is allowed"));
    match text.len() {
        10 => format!("{text}T00:00:00Z").parse().map_err(|_| reason()),
        _ => Err(reason()),
    }
}

fn unknown_purpose(text: &str, local: &[LocalPurpose]) -> String {
    let own: Vec<&str> = local.iter().map(|purpose| purpose.term.as_str()).collect();
    let own = if own.is_empty() { String::new() } else { format!("{}, ", own.join(", ")) };
    format!("`{text}` is no known purpose; allowed: {own}{}", purpose::list())
}

/// A client that one of the parties brings.
fn client(path: &str, text: &str, parties: &[Party]) -> Result<ClientId, DocumentError> {
    let client: ClientId = parsed(path, text)?;
    match parties.iter().any(|party| party.speaks_for(&client)) {
        true => Ok(client),
        false => Err(wrong(path, &format!("`{text}` is neither a party nor one of the subsystems of a party"))),
    }
}
