//! `simpul run|server|registry|lab|portal`: roles of one configuration file.

use std::process::ExitCode;
use std::sync::Arc;

use simpul_exchange::ports::Clock;
use tokio_util::sync::CancellationToken;

use crate::cli::RoleArgs;
use crate::config::{ConfigError, NodeConfig};
use crate::role::{self, RoleError, Running};
use crate::shutdown::Requests;
use crate::verdict::chain;

/// Which roles to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Every role that has a section.
    All,
    /// Only the security server.
    Server,
    /// Only the registry.
    Registry,
    /// Only the laboratory.
    Lab,
    /// Only the portal.
    Portal,
}

#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("the configuration cannot be used")]
    Config(#[source] ConfigError),
    #[error("the configuration has no section [{0}]")]
    NoSection(&'static str),
    #[error("a file that the configuration names cannot be used")]
    Files(#[source] RoleError),
    #[error("a role did not start")]
    Role(#[source] RoleError),
}

/// Runs roles until the process is asked to stop. Prints a line that starts with `ready` when all of them are.
pub(crate) async fn roles(args: &RoleArgs, which: Which, clock: Arc<dyn Clock>) -> ExitCode {
    let stop = CancellationToken::new();
    let running = match start(args, which, clock, &stop).await {
        Ok(running) => running,
        Err(error) => {
            problem(&error);
            return ExitCode::FAILURE;
        }
    };
    let requests = Requests::listen();
    say(&format!("ready: {}", running.iter().map(Running::line).collect::<Vec<_>>().join("; ")));
    requests.one().await;
    stop.cancel();
    for role in running {
        role.ended().await;
    }
    ExitCode::SUCCESS
}

/// Checks a configuration file with the files that it names, and says what would run.
pub(crate) fn check(args: &RoleArgs) -> ExitCode {
    let usable = |config: NodeConfig| role::check::files(&config).map(|()| config).map_err(RunError::Files);
    match NodeConfig::read(&args.config).map_err(RunError::Config).and_then(usable) {
        Ok(config) => {
            let sections = [
                ("registry", config.registry.is_some()),
                ("server", config.server.is_some()),
                ("lab", config.lab.is_some()),
                ("portal", config.portal.is_some()),
            ];
            let roles: Vec<_> = sections.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
            say(&format!("{}: good; would run {}", args.config.display(), roles.join(", ")));
            ExitCode::SUCCESS
        }
        Err(error) => {
            problem(&error);
            ExitCode::FAILURE
        }
    }
}

async fn start(
    args: &RoleArgs,
    which: Which,
    clock: Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Result<Vec<Running>, RunError> {
    let config = NodeConfig::read(&args.config).map_err(RunError::Config)?;
    let wrong = |error: RoleError| RunError::Role(error.placed(&config));
    let wanted = |role| which == Which::All || which == role;
    let mut running = Vec::new();
    if wanted(Which::Lab) {
        match &config.lab {
            Some(lab) => running
                .push(role::lab::start(lab, config.beside_lab(), clock.clone(), stop.clone()).await.map_err(wrong)?),
            None if which == Which::Lab => return Err(RunError::NoSection("lab")),
            None => {}
        }
    }
    if wanted(Which::Registry) {
        match &config.registry {
            Some(registry) => {
                let started = role::registry::start(registry, clock.clone(), stop.clone()).await;
                running.push(started.map_err(wrong)?);
            }
            None if which == Which::Registry => return Err(RunError::NoSection("registry")),
            None => {}
        }
    }
    if wanted(Which::Server) {
        match &config.server {
            Some(server) => {
                let started = role::server::start(server, &config.storage, clock.clone(), stop.clone()).await;
                running.push(started.map_err(wrong)?.0);
            }
            None if which == Which::Server => return Err(RunError::NoSection("server")),
            None => {}
        }
    }
    if wanted(Which::Portal) {
        match &config.portal {
            Some(portal) => {
                running.push(role::portal::start(portal, clock.clone(), stop.clone()).await.map_err(wrong)?);
            }
            None if which == Which::Portal => return Err(RunError::NoSection("portal")),
            None => {}
        }
    }
    Ok(running)
}

#[allow(clippy::print_stdout, reason = "a command speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}

#[allow(clippy::print_stderr, reason = "a command tells its problems on standard error")]
fn problem(error: &RunError) {
    eprintln!("simpul: {}", chain(error));
}
