//! Agreements between states at this node: which of them the server obeys, and the desk at which officers act.

mod args;
mod conclude;
mod desk;
mod explain;
mod keeper;
mod problem;
mod send;
mod sign;
mod simulate;
mod standing;
mod travel;
mod usage;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use simpul_core::{UnixTime, limits};
use simpul_exchange::ports::Clock;
use simpul_policy::agreement::act::{Act, Journal, Step};
use simpul_policy::agreement::life::Scope;
use simpul_policy::agreement::{Agreement, AgreementId};
use simpul_trust::token::SoftSigner;

pub(crate) use self::args::AgreementCommand;
use self::args::{ActArgs, By, CheckArgs, ExportArgs, ImportArgs, NewArgs, OfferArgs, ScopeArgs};
pub(crate) use self::conclude::Table;
pub(crate) use self::desk::{Desk, folder};
use self::desk::{Received, document};
pub(crate) use self::keeper::Keeper;
pub(crate) use self::problem::Problem;
pub(crate) use self::travel::{Courier, Door, Said};
pub(crate) use self::usage::recount;
use crate::verdict::chain;
use crate::{files, keys};

const TEMPLATE: &str = include_str!("template.toml");
const DAY: Duration = Duration::from_secs(86_400);

/// What a command tells: text for people, one object for machines, and how it ends.
struct Told {
    text: String,
    json: Value,
    good: bool,
}

impl Told {
    fn good(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, good: true }
    }
}

/// Runs the command.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on its standard streams")]
pub(crate) async fn run(command: &AgreementCommand, clock: Arc<dyn Clock>) -> ExitCode {
    let machine = wants_json(command);
    match told(command, clock).await {
        Ok(told) => {
            match machine {
                true => println!("{}", told.json),
                false => print!("{}", told.text),
            }
            if told.good { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(problem) => {
            let (error, cure) = (chain(&problem), problem.cure());
            match machine {
                true => println!("{}", json!({ "error": error, "cure": cure })),
                false => eprintln!("simpul agreement: {error}\n  {cure}"),
            }
            problem.exit_code()
        }
    }
}

fn wants_json(command: &AgreementCommand) -> bool {
    match command {
        AgreementCommand::New(_) | AgreementCommand::Export(_) => false,
        AgreementCommand::Check(args) => args.json,
        AgreementCommand::Offer(args) => args.server.json,
        AgreementCommand::Approve(args)
        | AgreementCommand::Sign(args)
        | AgreementCommand::Enter(args)
        | AgreementCommand::End(args) => args.server.json,
        AgreementCommand::Suspend(args) | AgreementCommand::Resume(args) => args.server.json,
        AgreementCommand::List(args) => args.server.json,
        AgreementCommand::Show(args) => args.server.json,
        AgreementCommand::Send(args) => args.server.json,
        AgreementCommand::Explain(args) => args.server.json,
        AgreementCommand::Simulate(args) => args.server.json,
        AgreementCommand::Import(args) => args.server.json,
    }
}

async fn told(command: &AgreementCommand, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    match command {
        AgreementCommand::New(args) => Ok(Told::good(new(args, clock.now()), Value::Null)),
        AgreementCommand::Check(args) => check(args),
        AgreementCommand::Offer(args) => offer(args, clock).await,
        AgreementCommand::Approve(args) => act(args, clock, Step::Approve).await,
        AgreementCommand::Sign(args) => sign(args, clock).await,
        AgreementCommand::Enter(args) => enter(args, clock).await,
        AgreementCommand::Suspend(args) => scoped(args, clock, Step::Suspend).await,
        AgreementCommand::Resume(args) => scoped(args, clock, Step::Resume).await,
        AgreementCommand::End(args) => act(args, clock, Step::End).await,
        AgreementCommand::List(args) => standing::list(args, clock).await,
        AgreementCommand::Show(args) => standing::show(args, clock).await,
        AgreementCommand::Explain(args) => explain::explain(args, clock).await,
        AgreementCommand::Simulate(args) => simulate::simulate(args, clock).await,
        AgreementCommand::Send(args) => send::send(args, clock).await,
        AgreementCommand::Export(args) => export(args, clock),
        AgreementCommand::Import(args) => import(args, clock).await,
    }
}

/// The template, valid from today for three years.
fn new(args: &NewArgs, now: UnixTime) -> String {
    let day = |days: u32| now.plus(DAY * days).to_string().chars().take(10).collect::<String>();
    let midnight = |days| format!("{}T00:00:00Z", day(days));
    TEMPLATE
        .replace("@ID@", args.id.as_str())
        .replace("@FROM@", &midnight(0))
        .replace("@UNTIL@", &midnight(3 * 365))
        .replace("@REVIEW@", &day(365))
}

fn check(args: &CheckArgs) -> Result<Told, Problem> {
    let text = document(&args.file)?;
    let (id, version, digest) = (text.id().as_str(), text.version(), text.digest().to_string());
    let grants = text.clauses().iter().filter(|clause| clause.grant().is_some()).count();
    let clauses = text.clauses().len();
    Ok(Told::good(
        format!("good: {id} version {version}, {clauses} clauses, {grants} of them allow calls\ndigest {digest}\n"),
        json!({ "id": id, "version": version, "digest": digest, "clauses": clauses, "grants": grants }),
    ))
}

async fn offer(args: &OfferArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let text = document(&args.file)?;
    let by = desk.actor(&text, &args.by.officer, args.by.member.as_ref())?;
    let make = |journal: &Journal| {
        // An open redline is answered; whatever else stands there, its life says.
        let open = journal.history().life(text.version()).is_some_and(|life| life.name() == "redline");
        let step = if open { Step::Answer(Box::new(text.clone())) } else { Step::Offer(Box::new(text.clone())) };
        Ok(Act::new(&text, step, by.clone(), journal.moment(desk.clock.now())))
    };
    let journal = desk.act(text.id(), signer(&args.by)?.as_ref(), make).await?;
    Ok(standing::after(&desk, text.id(), &journal, text.version()))
}

async fn act(args: &ActArgs, clock: Arc<dyn Clock>, step: Step) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let version = version(&desk, &args.id, args.version)?;
    let make = |journal: &Journal| made(&desk, journal, version, args, step.clone());
    let journal = desk.act(&args.id, signer(&args.by)?.as_ref(), make).await?;
    Ok(standing::after(&desk, &args.id, &journal, version))
}

async fn scoped(args: &ScopeArgs, clock: Arc<dyn Clock>, step: fn(Scope) -> Step) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    // What decides is what is suspended, also while a later version is negotiated.
    let known = desk.known(&args.id)?;
    let deciding = known.history().deciding().or_else(|| known.history().newest());
    let version = deciding.map_or(1, |life| life.agreement().version());
    let scope = args.clause.clone().map_or(Scope::Whole, Scope::Clause);
    let make = |journal: &Journal| {
        let text = text(journal, &args.id, version)?;
        let by = desk.actor(&text, &args.by.officer, args.by.member.as_ref())?;
        Ok(Act::new(&text, step(scope.clone()), by, journal.moment(desk.clock.now())))
    };
    let journal = desk.act(&args.id, signer(&args.by)?.as_ref(), make).await?;
    Ok(standing::after(&desk, &args.id, &journal, version))
}

async fn sign(args: &ActArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let version = version(&desk, &args.id, args.version)?;
    let journal = desk.known(&args.id)?;
    // Nothing is signed that may not be: the step is tried first, with a signature that is none.
    let tried = made(&desk, &journal, version, args, Step::Sign(String::new()))?;
    journal.history().clone().take(&tried).map_err(Problem::from)?;
    let by = desk.actor(&text(&journal, &args.id, version)?, &args.by.officer, args.by.member.as_ref())?;
    let conf = desk.conf().await?;
    let signature = desk.signature(&text(&journal, &args.id, version)?, &by.member, &conf).await?;
    let make = |now: &Journal| {
        let act = made(&desk, now, version, args, Step::Sign(signature.clone()))?;
        // The text may have been answered meanwhile; what was signed is the one that was shown.
        Ok(Act { digest: tried.digest, ..act })
    };
    let journal = desk.act(&args.id, signer(&args.by)?.as_ref(), make).await?;
    Ok(standing::after(&desk, &args.id, &journal, version))
}

async fn enter(args: &ActArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let version = version(&desk, &args.id, args.version)?;
    let conf = desk.conf().await?;
    let make = |journal: &Journal| {
        desk.enterable(journal, version, Some(&conf))?;
        made(&desk, journal, version, args, Step::Enter)
    };
    let journal = desk.act(&args.id, signer(&args.by)?.as_ref(), make).await?;
    Ok(standing::after(&desk, &args.id, &journal, version))
}

/// The officer's own key, if one is given.
fn signer(by: &By) -> Result<Option<SoftSigner>, Problem> {
    match (&by.key, &by.certificate) {
        (Some(key), Some(certificate)) => {
            keys::signer(key, certificate).map(Some).map_err(|cause| Problem::Key(Box::new(cause)))
        }
        _ => Ok(None),
    }
}

fn export(args: &ExportArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let journal = Desk::open(&args.config, clock)?.known(&args.id)?;
    Ok(Told::good(journal.acts().iter().map(|act| act.to_json() + "\n").collect::<String>(), Value::Null))
}

async fn import(args: &ImportArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let octets = files::read(&args.file, limits::AGREEMENT_JOURNAL).map_err(Problem::File)?;
    let octets = String::from_utf8_lossy(&octets);
    let mut acts = Vec::new();
    for (line, number) in octets.lines().zip(1..) {
        let read = Act::from_json(line);
        acts.push(read.map_err(|cause| Problem::Line {
            line: number,
            what: "unreadable".to_owned(),
            cause: Box::new(cause),
        })?);
    }
    let judged = acts.iter().any(|act| matches!(act.step, Step::Sign(_)));
    let conf = if judged { Some(desk.conf().await?) } else { None };
    let (mut taken, mut skipped) = (Vec::new(), 0_usize);
    for (act, number) in acts.into_iter().zip(1..) {
        let told = act.to_string();
        match desk.receive(act, number, conf.as_deref())? {
            Received::Taken(None) => taken.push(told),
            Received::Taken(Some(void)) => taken.push(format!("{told} (without effect: {void})")),
            Received::Known => skipped += 1,
        }
    }
    let text: String = taken.iter().map(|act| format!("taken    {act}\n")).collect();
    let count = taken.len();
    Ok(Told::good(
        format!("{text}{count} acts taken, {skipped} were there before\n"),
        json!({ "taken": taken, "skipped": skipped }),
    ))
}

/// The version that is meant: the one that is named, or the newest.
fn version(desk: &Desk, id: &AgreementId, named: Option<u32>) -> Result<u32, Problem> {
    let journal = desk.known(id)?;
    let newest = journal.history().newest().map_or(1, |life| life.agreement().version());
    Ok(named.unwrap_or(newest))
}

fn text(journal: &Journal, id: &AgreementId, version: u32) -> Result<Agreement, Problem> {
    let life = journal.history().life(version).ok_or_else(|| Problem::NoVersion(id.clone(), version))?;
    Ok(life.agreement().clone())
}

fn made(desk: &Desk, journal: &Journal, version: u32, args: &ActArgs, step: Step) -> Result<Act, Problem> {
    let text = text(journal, &args.id, version)?;
    let by = desk.actor(&text, &args.by.officer, args.by.member.as_ref())?;
    Ok(Act::new(&text, step, by, journal.moment(desk.clock.now())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `new` writes is good as soon as the names in it are.
    #[test]
    fn the_template_is_a_good_document() {
        let args = NewArgs { id: "id-my-civil-data".parse().unwrap() };
        let text = new(&args, UnixTime::from_secs(1_790_000_000));
        let agreement = Agreement::from_toml(&text).unwrap();
        assert_eq!(agreement.id().as_str(), "id-my-civil-data");
        assert!(!text.contains('@') && text.lines().filter(|line| line.starts_with('#')).count() > 15);
    }
}
