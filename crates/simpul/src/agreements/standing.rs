//! Where agreements stand: `list`, `show`, and what every act ends with.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};
use simpul_core::UnixTime;
use simpul_exchange::ports::Clock;
use simpul_policy::Modes;
use simpul_policy::agreement::AgreementId;
use simpul_policy::agreement::act::Journal;
use simpul_policy::agreement::life::{Life, Scope, Suspended};

use super::Told;
use super::args::{ListArgs, ShowArgs};
use super::desk::Desk;
use super::problem::Problem;
use crate::verdict::chain;

/// Every agreement in a line, and what passes without one.
pub(super) fn list(args: &ListArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let (mut text, mut all, mut good) = (String::new(), Vec::new(), true);
    for name in desk.folder.names().map_err(Problem::from)? {
        let Ok(id) = name.parse::<AgreementId>() else { continue };
        match desk.journal(&id) {
            Ok(journal) => {
                let told = versions(&journal, desk.clock.now());
                told.iter().for_each(|version| line(&mut text, &id, version));
                all.push(json!({ "id": id.as_str(), "versions": told }));
            }
            Err(problem) => {
                good = false;
                let error = chain(&problem);
                let _ = writeln!(text, "{id}  BROKEN: {error}");
                all.push(json!({ "id": id.as_str(), "error": error }));
            }
        }
    }
    if all.is_empty() {
        text.push_str("no agreement yet; `simpul agreement new ID` writes a template\n");
    }
    let modes = Modes::new(desk.role.mode.iter().filter_map(|entry| entry.rule().ok()).collect());
    let mut without = Vec::new();
    for rule in modes.without_agreement() {
        let service = rule.service.as_ref().map(|(provider, code)| format!("{}/{code}", provider.short()));
        let about = service.as_deref().unwrap_or("every service");
        let _ = writeln!(text, "access-rights-only: {} may pass without an agreement for {about}", rule.partner);
        without.push(json!({ "partner": rule.partner.to_string(), "service": service }));
    }
    Ok(Told { text, json: json!({ "agreements": all, "access-rights-only": without }), good })
}

/// One agreement with all its versions and acts.
pub(super) fn show(args: &ShowArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let journal = desk.known(&args.id)?;
    let told = versions(&journal, desk.clock.now());
    let mut text = String::new();
    for version in &told {
        line(&mut text, &args.id, version);
        detail(&mut text, version);
    }
    let mut acts = Vec::new();
    for act in journal.acts() {
        let _ = writeln!(text, "{}  {act}", act.at);
        acts.push(json!({
            "at": act.at.to_string(),
            "act": act.step.name(),
            "version": act.version,
            "clause": act.step.clause().map(|clause| clause.as_str()),
            "by": act.by.as_ref().map(|by| json!({ "member": by.member.short(), "officer": by.officer })),
        }));
    }
    Ok(Told::good(text, json!({ "id": args.id.as_str(), "versions": told, "acts": acts })))
}

/// Where a version stands after an act.
pub(super) fn after(desk: &Desk, id: &AgreementId, journal: &Journal, version: u32) -> Told {
    let told = versions(journal, desk.clock.now()).into_iter().find(|told| told["version"] == version);
    let told = told.unwrap_or(Value::Null);
    let mut text = String::new();
    line(&mut text, id, &told);
    detail(&mut text, &told);
    let mut json = told;
    if let Some(object) = json.as_object_mut() {
        object.insert("id".to_owned(), id.as_str().into());
    }
    Told::good(text, json)
}

fn versions(journal: &Journal, now: UnixTime) -> Vec<Value> {
    let history = journal.history();
    let deciding = history.deciding().map(|life| life.agreement().version());
    let of = |life: &Life| {
        let text = life.agreement();
        let version = text.version();
        let state = match life {
            Life::InForce(_) | Life::Suspended(_) if deciding != Some(version) => "replaced",
            _ => life.name(),
        };
        let signed = |member: &simpul_core::MemberId| history.signatures(version).any(|(by, _)| by == member);
        let approved = |member: &simpul_core::MemberId| {
            let approvals = match life {
                Life::Redline(redline) => Some(redline.approvals()),
                Life::Signed(signed) => Some(signed.approvals()),
                _ => None,
            };
            let of = approvals.into_iter().flatten().filter(|actor| actor.member == *member);
            of.map(|actor| actor.officer.clone()).collect::<Vec<_>>()
        };
        let parties: Vec<_> = text.parties().iter().map(|party| json!({
            "member": party.member.short(), "approved": approved(&party.member), "signed": signed(&party.member),
        })).collect();
        let stops = if let Life::Suspended(suspended) = life { stops(suspended) } else { Vec::new() };
        let changes: Vec<_> = life.redline().unwrap_or_default().iter().map(ToString::to_string).collect();
        json!({
            "version": version,
            "digest": text.digest().to_string(),
            "state": state,
            "title": text.title().en,
            "valid-from": text.valid_from().to_string(),
            "valid-until": text.valid_until().to_string(),
            "valid": text.valid_from() <= now && now < text.valid_until(),
            "review": text.review().to_string().chars().take(10).collect::<String>(),
            "review-overdue": text.review() <= now,
            "suspensions": stops,
            "parties": parties,
            "changes": changes,
        })
    };
    history.lives().map(of).collect()
}

fn stops(suspended: &Suspended) -> Vec<Value> {
    let of = |stop: &simpul_policy::agreement::life::Stop| {
        let clause = match &stop.scope {
            Scope::Whole => None,
            Scope::Clause(id) => Some(id.as_str().to_owned()),
        };
        json!({ "by": stop.by.short(), "clause": clause, "resume": stop.resume })
    };
    suspended.stops().iter().map(of).collect()
}

fn line(text: &mut String, id: &AgreementId, version: &Value) {
    let word = |name: &str| version[name].as_str().unwrap_or_default();
    let _ = write!(text, "{id}  version {}  {}  until {}", version["version"], word("state"), word("valid-until"));
    for stop in version["suspensions"].as_array().into_iter().flatten() {
        let by = stop["by"].as_str().unwrap_or_default();
        let _ = match stop["clause"].as_str() {
            Some(clause) => write!(text, "  clause {clause} suspended by {by}"),
            None => write!(text, "  suspended by {by}"),
        };
    }
    if version["valid"] == false && word("state") != "ended" {
        text.push_str("  OUTSIDE ITS VALIDITY");
    }
    if version["review-overdue"] == true && word("state") != "ended" {
        let _ = write!(text, "  REVIEW OVERDUE since {}", word("review"));
    }
    text.push('\n');
}

fn detail(text: &mut String, version: &Value) {
    let names = |value: &Value| {
        let names: Vec<_> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    };
    let _ = writeln!(text, "  digest {}", version["digest"].as_str().unwrap_or_default());
    for party in version["parties"].as_array().into_iter().flatten() {
        let signed = if party["signed"] == true { "signed" } else { "not signed" };
        let member = party["member"].as_str().unwrap_or_default();
        match ["redline", "signed"].contains(&version["state"].as_str().unwrap_or_default()) {
            true => {
                let _ = writeln!(text, "  {member}  approved by {}  {signed}", names(&party["approved"]));
            }
            false => {
                let _ = writeln!(text, "  {member}  {signed}");
            }
        }
    }
    for stop in version["suspensions"].as_array().into_iter().flatten() {
        if stop["resume"].as_array().is_some_and(|officers| !officers.is_empty()) {
            let _ = writeln!(text, "  one more officer resumes; agreed so far: {}", names(&stop["resume"]));
        }
    }
    for change in version["changes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(text, "  changed  {change}");
    }
}
