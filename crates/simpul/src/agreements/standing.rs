//! Where agreements stand: `list`, `show`, and what every act ends with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};
use simpul_core::{MemberId, UnixTime};
use simpul_exchange::ports::Clock;
use simpul_policy::Modes;
use simpul_policy::agreement::AgreementId;
use simpul_policy::agreement::act::{History, Journal};
use simpul_policy::agreement::life::{Life, OFFICERS, Scope, Stop, Suspended};
use simpul_policy::agreement::terms::Party;

use super::Told;
use super::args::{ListArgs, ShowArgs};
use super::desk::Desk;
use super::keeper::Keeper;
use super::problem::Problem;
use super::sign::Fixed;
use super::travel::{Marks, undelivered};
use crate::verdict::chain;

/// Every agreement in a line, and what passes without one.
pub(super) async fn list(args: &ListArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let unenforced = unenforced(&desk).await?;
    let (mut text, mut all, mut good) = (String::new(), Vec::new(), true);
    for name in desk.folder.names().map_err(Problem::from)? {
        let Ok(id) = name.parse::<AgreementId>() else { continue };
        match desk.journal(&id) {
            Ok(journal) => {
                let told = versions(&journal, desk.clock.now(), unenforced.get(&name).map(String::as_str));
                told.iter().for_each(|version| line(&mut text, &id, version));
                let delivery = delivery(&desk, &id, &journal, &mut text)?;
                all.push(json!({ "id": id.as_str(), "versions": told, "delivery": delivery }));
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
    let modes = Modes::new(desk.role.rules());
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
pub(super) async fn show(args: &ShowArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let journal = desk.known(&args.id)?;
    let unenforced = unenforced(&desk).await?;
    let told = versions(&journal, desk.clock.now(), unenforced.get(args.id.as_str()).map(String::as_str));
    let mut text = String::new();
    for version in &told {
        line(&mut text, &args.id, version);
        detail(&mut text, version);
    }
    let mut acts = Vec::new();
    for (act, void) in journal.settled() {
        let key = if act.proof.is_some() { "signed with the officer's key" } else { "not bound to a key" };
        let void = void.map(|cause| chain(cause));
        let effect = void.as_ref().map(|why| format!("  WITHOUT EFFECT: {why}")).unwrap_or_default();
        let _ = writeln!(text, "{}  {act}  ({key}){effect}", act.at);
        acts.push(json!({
            "at": act.at.to_string(),
            "act": act.step.name(),
            "version": act.version,
            "clause": act.step.clause().map(|clause| clause.as_str()),
            "by": { "member": act.by.member.short(), "officer": act.by.officer },
            "key": act.proof.is_some(),
            "void": void,
        }));
    }
    let delivery = delivery(&desk, &args.id, &journal, &mut text)?;
    Ok(Told::good(text, json!({ "id": args.id.as_str(), "versions": told, "acts": acts, "delivery": delivery })))
}

/// Those that came into force and decide nothing all the same, and why: as the running server would see it.
async fn unenforced(desk: &Desk) -> Result<BTreeMap<String, String>, Problem> {
    let conf = Arc::new(Fixed(desk.conf().await.ok()));
    let keeper = Keeper::new(desk.folder.clone(), conf, Arc::clone(&desk.clock)).map_err(Problem::from)?.quiet();
    Ok(keeper.unenforced().into_iter().map(|(name, why)| (name, chain(why.as_ref()))).collect())
}

/// What the other parties do not have yet.
fn delivery(desk: &Desk, id: &AgreementId, journal: &Journal, text: &mut String) -> Result<Vec<Value>, Problem> {
    let mut all = Vec::new();
    for pair in undelivered(desk, journal, &Marks::read(desk, id)?) {
        let (to, mark) = (pair.to.short(), &pair.mark);
        if pair.acts > 0 {
            let why = match (&mark.error, pair.addressed) {
                (_, false) => "no [[server.agreement-partner]] names its service".to_owned(),
                (Some(error), true) => error.clone(),
                (None, true) => "not tried yet".to_owned(),
            };
            let _ = writeln!(text, "  NOT DELIVERED to {to}: {} acts; {why}", pair.acts);
        }
        for refused in &mark.refused {
            let _ = writeln!(text, "  REFUSED by {to}: {refused}");
        }
        all.push(json!({
            "from": pair.from.short(), "to": to, "waiting": pair.acts, "addressed": pair.addressed,
            "delivered-through": mark.through, "tried": mark.tried, "error": mark.error, "refused": mark.refused,
        }));
    }
    Ok(all)
}

/// Where a version stands after an act.
pub(super) fn after(desk: &Desk, id: &AgreementId, journal: &Journal, version: u32) -> Told {
    let told = versions(journal, desk.clock.now(), None).into_iter().find(|told| told["version"] == version);
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

fn versions(journal: &Journal, now: UnixTime, unenforced: Option<&str>) -> Vec<Value> {
    let history = journal.history();
    let deciding = history.deciding().map(|life| life.agreement().version());
    let of = |life: &Life| {
        let text = life.agreement();
        let version = text.version();
        let state = match life {
            Life::InForce(_) | Life::Suspended(_) if deciding != Some(version) => "replaced",
            _ => life.name(),
        };
        let signed = |member: &MemberId| history.signatures(version).any(|(by, _)| by == member);
        let approved = |member: &MemberId| {
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
            "status": status(life, state, history, now, unenforced.filter(|_| deciding == Some(version))),
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

/// Where a version stands, in words.
fn status(life: &Life, state: &str, history: &History, now: UnixTime, unenforced: Option<&str>) -> String {
    let text = life.agreement();
    let over = now >= text.valid_until();
    match life {
        _ if state == "replaced" => "replaced by a later version".to_owned(),
        Life::Ended(ended) => format!("ended by {}", ended.by().member.short()),
        _ if over => format!("expired at {}", text.valid_until()),
        Life::InForce(_) | Life::Suspended(_) if unenforced.is_some() => {
            format!("NOT ENFORCED: {}", unenforced.unwrap_or_default())
        }
        Life::InForce(_) if now < text.valid_from() => format!("in force from {} on", text.valid_from()),
        Life::InForce(_) => "in force".to_owned(),
        Life::Suspended(suspended) => {
            let said = |stop: &Stop| match &stop.scope {
                Scope::Whole => format!("suspended by {}", stop.by.short()),
                Scope::Clause(id) => format!("clause {id} suspended by {}", stop.by.short()),
            };
            suspended.stops().iter().map(said).collect::<Vec<_>>().join(" and ")
        }
        Life::Draft(_) => "draft".to_owned(),
        Life::Redline(redline) => {
            let approved = |member: &MemberId| redline.approvals().iter().filter(|by| by.member == *member).count();
            let of =
                |party: &Party| format!("{} approved {}/{OFFICERS}", party.member.short(), approved(&party.member));
            let parties: Vec<_> = text.parties().iter().map(of).collect();
            format!("offered by {}; {}", redline.by().short(), parties.join(", "))
        }
        Life::Signed(_) => {
            let signed: Vec<_> = history.signatures(text.version()).map(|(member, _)| member.short()).collect();
            format!("signed by {}", signed.join(", "))
        }
    }
}

fn stops(suspended: &Suspended) -> Vec<Value> {
    let of = |stop: &Stop| {
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
    let (state, status) = (word("state"), word("status"));
    let _ = write!(text, "{id}  version {}  {state}  {status}  until {}", version["version"], word("valid-until"));
    if version["review-overdue"] == true && !["ended", "replaced"].contains(&state) {
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
