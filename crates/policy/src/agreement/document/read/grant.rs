//! Clauses that allow calls.

use simpul_core::{UnixTime, limits};

use super::{Frame, client, day, moment, name, unknown_purpose};
use crate::access::Endpoint;
use crate::agreement::document::form::{BasisForm, ConditionsForm, GrantForm, HoursForm, SecrecyForm, VolumeForm};
use crate::agreement::purpose;
use crate::agreement::terms::{Basis, Conditions, GrantClause, Hours, Secrecy, Volume};
use crate::minimise::{Excess, FieldSet};
use crate::written::{DocumentError, at, list, parsed, unique, wrong};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Methods that an endpoint may name (RFC 9110 §9, PATCH of RFC 5789), and any.
const METHODS: [&str; 8] = ["*", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

pub(super) fn clause(path: &str, form: &GrantForm, frame: &Frame<'_>) -> Result<GrantClause, DocumentError> {
    let most = limits::CLAUSE_LIST;
    let consumers =
        list(&at(path, "consumers"), &form.consumers, 1, most, |path, text| client(path, text, frame.parties))?;
    unique(&at(path, "consumers"), &consumers)?;
    let provider = client(&at(path, "provider"), &form.provider, frame.parties)?;
    if let Some(i) = consumers.iter().position(|consumer| consumer.member() == provider.member()) {
        return Err(wrong(&format!("{path}.consumers[{i}]"), "the provider's own member needs no agreement"));
    }
    let purposes = list(&at(path, "purposes"), &form.purposes, 1, most, |path, text| {
        match purpose::is_known(text) || frame.purposes.iter().any(|local| local.term == *text) {
            true => Ok(text.clone()),
            false => Err(wrong(path, &unknown_purpose(text, frame.purposes))),
        }
    })?;
    unique(&at(path, "purposes"), &purposes)?;
    let basis = list(&at(path, "basis"), &form.basis, 1, most, basis)?;
    unique(&at(path, "basis"), basis.iter().map(|basis| &basis.id))?;
    let onward = list(&at(path, "onward"), &form.onward, 0, most, |path, text| parsed(path, text))?;
    unique(&at(path, "onward"), &onward)?;
    let volume = list(&at(path, "volume"), &form.volume, 0, limits::CLAUSE_VOLUMES, volume)?;
    unique(&at(path, "volume"), volume.iter().map(|volume| volume.seconds))?;
    let (from, until) = validity(path, form, frame)?;
    Ok(GrantClause {
        consumers,
        provider,
        service: parsed(&at(path, "service"), &form.service)?,
        endpoints: list(&at(path, "endpoints"), &form.endpoints, 1, most, endpoint)?,
        purposes,
        basis,
        categories: list(&at(path, "categories"), &form.categories, 1, most, |path, text| name(path, text))?,
        fields: fields(path, form)?,
        retention_days: form.retention_days,
        residency: list(&at(path, "residency"), &form.residency, 1, most, country)?,
        onward,
        volume,
        hours: list(&at(path, "hours"), &form.hours, 0, most, hours)?,
        conditions: form.conditions.as_ref().map(conditions).unwrap_or_default(),
        secrecy: form.secrecy.as_ref().map_or(Ok(Secrecy::Open), |form| secrecy(&at(path, "secrecy"), form))?,
        from,
        until,
    })
}

fn validity(path: &str, form: &GrantForm, frame: &Frame<'_>) -> Result<(UnixTime, UnixTime), DocumentError> {
    let one = |member: &str, text: &Option<String>, otherwise: UnixTime| match text {
        Some(text) => moment(&at(path, member), text),
        None => Ok(otherwise),
    };
    let from = one("valid-from", &form.valid_from, frame.from)?;
    let until = one("valid-until", &form.valid_until, frame.until)?;
    match () {
        () if from < frame.from => Err(wrong(&at(path, "valid-from"), "it is before that of the agreement")),
        () if until > frame.until => Err(wrong(&at(path, "valid-until"), "it is after that of the agreement")),
        () if until <= from => Err(wrong(&at(path, "valid-until"), "it must be later than `valid-from`")),
        () => Ok((from, until)),
    }
}

/// `METHOD PATTERN`, such as `GET /persons/*`.
fn endpoint(path: &str, text: &String) -> Result<Endpoint, DocumentError> {
    let Some((method, pattern)) = text.split_once(' ') else {
        return Err(wrong(
            path,
            &format!("`{text}`: a method and a path pattern are allowed, such as `GET /persons/*`"),
        ));
    };
    if !METHODS.contains(&method) {
        return Err(wrong(path, &format!("method `{method}`: {} are allowed", METHODS.join(", "))));
    }
    Endpoint::new(method, pattern).map_err(|error| wrong(path, &error.to_string()))
}

fn basis(path: &str, form: &BasisForm) -> Result<Basis, DocumentError> {
    Ok(Basis {
        id: parsed(&at(path, "id"), &form.id)?,
        law: name(&at(path, "law"), &form.law)?,
        article: name(&at(path, "article"), &form.article)?,
    })
}

fn fields(path: &str, form: &GrantForm) -> Result<FieldSet, DocumentError> {
    let allowed = list(&at(path, "fields"), &form.fields, 1, limits::FIELD_PATHS, |path, text| parsed(path, text))?;
    unique(&at(path, "fields"), &allowed)?;
    let excess = match form.excess.as_str() {
        "remove" => Excess::Remove,
        "refuse" => Excess::Refuse,
        other => return Err(wrong(&at(path, "excess"), &format!("`{other}`: `remove` or `refuse` is allowed"))),
    };
    Ok(FieldSet { allowed, excess })
}

fn country(path: &str, text: &String) -> Result<String, DocumentError> {
    match text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        true => Ok(text.clone()),
        false => Err(wrong(path, &format!("`{text}`: a country code of two capital letters is allowed"))),
    }
}

fn volume(path: &str, form: &VolumeForm) -> Result<Volume, DocumentError> {
    if form.count == 0 || form.count > limits::AGREEMENT_NUMBER {
        return Err(wrong(&at(path, "count"), &format!("1 to {} are allowed", limits::AGREEMENT_NUMBER)));
    }
    if form.seconds == 0 || form.seconds > limits::VOLUME_WINDOW {
        return Err(wrong(&at(path, "seconds"), &format!("1 to {} are allowed", limits::VOLUME_WINDOW)));
    }
    Ok(Volume { count: form.count, seconds: form.seconds })
}

fn hours(path: &str, form: &HoursForm) -> Result<Hours, DocumentError> {
    let days = list(&at(path, "days"), &form.days, 1, DAYS.len(), |path, text| {
        let index = DAYS.iter().position(|day| day == text).and_then(|i| u8::try_from(i).ok());
        index.ok_or_else(|| wrong(path, &format!("`{text}`: {} are allowed", DAYS.join(", "))))
    })?;
    unique(&at(path, "days"), &days)?;
    let from = clock(&at(path, "from"), &form.from)?;
    let until = clock(&at(path, "until"), &form.until)?;
    if until <= from {
        return Err(wrong(&at(path, "until"), "it must be later than `from`; a span over midnight is two spans"));
    }
    Ok(Hours { days, from, until, offset: offset(&at(path, "offset"), &form.offset)? })
}

/// `HH:MM` up to `24:00`, in minutes.
fn clock(path: &str, text: &str) -> Result<u16, DocumentError> {
    let minutes = match text.as_bytes() {
        [a, b, b':', c, d] => digits(*a, *b).zip(digits(*c, *d)).map(|(hour, minute)| (hour * 60 + minute, minute)),
        _ => None,
    };
    match minutes {
        Some((total, minute)) if minute < 60 && total <= 1440 => Ok(total),
        _ => Err(wrong(path, &format!("`{text}`: a time from 00:00 to 24:00 is allowed"))),
    }
}

/// `+07:00` or `-03:30`, up to 14 hours, in minutes.
fn offset(path: &str, text: &str) -> Result<i16, DocumentError> {
    let reason = || wrong(path, &format!("`{text}`: an offset from UTC such as +07:00 is allowed"));
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return Err(reason()),
    };
    let minutes = clock(path, rest).ok().and_then(|m| i16::try_from(m).ok()).filter(|m| *m <= 14 * 60);
    minutes.map(|m| sign * m).ok_or_else(reason)
}

fn digits(tens: u8, ones: u8) -> Option<u16> {
    let digit = |b: u8| char::from(b).to_digit(10).and_then(|d| u16::try_from(d).ok());
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn conditions(form: &ConditionsForm) -> Conditions {
    Conditions { consent: form.consent, subject: form.subject, case: form.case, approvals: form.approvals }
}

fn secrecy(path: &str, form: &SecrecyForm) -> Result<Secrecy, DocumentError> {
    let law = name(&at(path, "law"), &form.law)?;
    match (form.regime.as_str(), form.days, &form.until) {
        ("delayed", Some(days), None) if days > 0 => Ok(Secrecy::Delayed { days, law }),
        ("delayed", ..) => Err(wrong(path, "regime `delayed` has `days`, from 1, and no `until`")),
        ("hidden", None, Some(until)) => Ok(Secrecy::Hidden { until: day(&at(path, "until"), until)?, law }),
        ("hidden", ..) => Err(wrong(path, "regime `hidden` has the day `until` and no `days`")),
        (other, ..) => Err(wrong(&at(path, "regime"), &format!("`{other}`: `delayed` or `hidden` is allowed"))),
    }
}
