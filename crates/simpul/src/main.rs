//! Simpul: one binary that lets a government join a trusted federation.
//!
//! Here are the command line, the configuration, and the composition of roles from the crates that know their parts.
//! No rule of the domain lives here.

mod accepted;
mod agreements;
mod cli;
mod conf;
mod config;
mod demo;
mod fetch;
mod files;
mod globalconf;
mod internal_tls;
mod keys;
mod ledger;
mod membership;
mod random;
mod role;
mod run;
mod shutdown;
mod trail;
mod verify;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use simpul::{evidence, ground, verdict};
use simpul_exchange::ports::Clock;
use simpul_io::clock::SystemClock;

use crate::cli::{Cli, Command, ConfigCommand, GlobalconfCommand, LedgerCommand};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match &cli.command {
        Command::Demo(args) => demo::run(args, clock).await,
        Command::Run(args) => run::roles(args, run::Which::All, clock).await,
        Command::Server(args) => run::roles(args, run::Which::Server, clock).await,
        Command::Registry(args) => run::roles(args, run::Which::Registry, clock).await,
        Command::Lab(args) => run::roles(args, run::Which::Lab, clock).await,
        Command::Portal(args) => run::roles(args, run::Which::Portal, clock).await,
        Command::Config(ConfigCommand::Check(args)) => run::check(args),
        Command::Ledger(LedgerCommand::Verify(args)) => ledger::verify(args).await,
        Command::Agreement(command) => agreements::run(command, clock).await,
        Command::Trail(command) => trail::run(command, clock).await,
        Command::Verify(args) => verify::run(args, clock.now()),
        Command::Globalconf(GlobalconfCommand::Verify(args)) => globalconf::verify(args, clock.now()).await,
    }
}

/// The operator's log goes to standard error; `RUST_LOG` chooses what it holds.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,simpul=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
