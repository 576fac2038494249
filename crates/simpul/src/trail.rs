//! `simpul trail count`: how many accesses were withheld from the persons, for the ombudsman.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use simpul_core::MemberId;
use simpul_exchange::ports::Clock;
use simpul_services::trail::secrecy::SMALL;
use simpul_services::trail::{Counted, Month, TrailError, counted};
use simpul_store::trail::{OpenError, TrailCounts};

use crate::cli::RoleArgs;
use crate::config::{BuiltIn, ConfigError, NodeConfig};
use crate::role::TRAIL;
use crate::verdict::chain;

/// `simpul trail …`.
#[derive(Debug, Subcommand)]
pub(crate) enum TrailCommand {
    /// Count the accesses of a month that a law delayed or hid from the persons, on the holder's server; it may run.
    ///
    /// Fewer than 10 are told as that. A month is counted from one day after its end.
    ///
    /// Exit code 0: counted. 1: the month cannot be counted yet. 2: an argument is wrong, or the trail cannot be read.
    Count(CountArgs),
}

/// `simpul trail count`.
#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The month, in UTC, such as 2026-10.
    #[arg(long)]
    month: Month,
    /// The law, as the agreement writes it.
    #[arg(long)]
    law: String,
    /// The holder of the data, such as MY/GOV/1001; absent, every member with a data trail here.
    #[arg(long)]
    holder: Option<MemberId>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
enum CountError {
    #[error("the configuration cannot be used")]
    Config(#[source] ConfigError),
    #[error("the configuration has no section [server]")]
    NoServer,
    #[error("no [[server.service]] with built-in = \"data-trail\": say whose accesses are counted with --holder")]
    NoHolder,
    #[error("the data trail cannot be opened")]
    Open(#[source] OpenError),
    #[error("{0}")]
    NotSettled(TrailError),
    #[error("the data trail cannot be read")]
    Trail(#[source] TrailError),
}

/// Runs the command.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on its standard streams")]
pub(crate) async fn run(command: &TrailCommand, clock: Arc<dyn Clock>) -> ExitCode {
    let TrailCommand::Count(args) = command;
    match count(args, clock.as_ref()).await {
        Ok(counts) if args.json => {
            let counts: Vec<Value> = counts.iter().map(|(holder, count)| one(holder, *count)).collect();
            println!("{}", json!({ "month": args.month.to_string(), "law": args.law, "counts": counts }));
            ExitCode::SUCCESS
        }
        Ok(counts) => {
            for (holder, count) in counts {
                println!("{}  {}  {}: {count}", holder.short(), args.month, args.law);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("simpul trail count: {}", chain(&error));
            ExitCode::from(if matches!(error, CountError::NotSettled(_)) { 1 } else { 2 })
        }
    }
}

fn one(holder: &MemberId, count: Counted) -> Value {
    match count {
        Counted::Few => json!({ "holder": holder.short(), "fewerThan": SMALL }),
        Counted::Exactly(count) => json!({ "holder": holder.short(), "count": count }),
    }
}

async fn count(args: &CountArgs, clock: &dyn Clock) -> Result<Vec<(MemberId, Counted)>, CountError> {
    let config = NodeConfig::read(&args.role.config).map_err(CountError::Config)?;
    let server = config.server.ok_or(CountError::NoServer)?;
    let offered = server.service.iter().filter(|s| s.built_in == Some(BuiltIn::DataTrail));
    let mut holders: Vec<MemberId> = match &args.holder {
        Some(holder) => vec![holder.clone()],
        None => offered.map(|s| s.provider.member().clone()).collect(),
    };
    holders.sort();
    holders.dedup();
    if holders.is_empty() {
        return Err(CountError::NoHolder);
    }
    let folder = config.storage.dir.join("server").join(TRAIL);
    let store = TrailCounts::open(&folder).await.map_err(CountError::Open)?;
    let mut counts = Vec::new();
    for holder in holders {
        let count = counted(&store, &holder, args.month, &args.law, clock.now()).await.map_err(|e| match e {
            TrailError::NotSettled(_) => CountError::NotSettled(e),
            e => CountError::Trail(e),
        })?;
        counts.push((holder, count));
    }
    Ok(counts)
}
