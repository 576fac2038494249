//! `simpul demo`: a complete federation of two states in one process.

mod accord;
mod http;
mod journey;
pub(crate) mod plan;
mod prepare;
mod rogue;
mod trail;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use simpul_exchange::ports::Clock;
use tokio_util::sync::CancellationToken;

use self::journey::Journey;
use self::plan::{Plan, PlanError};
use self::prepare::{PrepareError, Wishes};
use crate::cli::{DemoArgs, KeyKind};
use crate::config::{ConfigError, NodeConfig};
use crate::role::{self, RoleError, Running};
use crate::shutdown::Requests;
use crate::verdict::chain;

/// Why the demo did not start.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("the federation could not be made in {}", dir.display())]
    Prepare {
        dir: PathBuf,
        #[source]
        cause: PrepareError,
    },
    #[error("{}: the federation in it cannot be resumed; remove the folder to begin anew, or name another one by --dir", dir.display())]
    Plan {
        dir: PathBuf,
        #[source]
        cause: PlanError,
    },
    #[error("a configuration of the federation cannot be used")]
    Config(#[source] ConfigError),
    #[error(
        "the agreement of the federation could not be concluded; a folder of an earlier version must be removed: {0}"
    )]
    Agreement(String),
    #[error("a role of {instance} did not start")]
    Role {
        instance: String,
        #[source]
        cause: Box<RoleError>,
    },
}

/// A federation that runs in this process.
struct Federation {
    plan: Plan,
    roles: Vec<Running>,
    servers: Vec<role::server::Handle>,
    stop: CancellationToken,
}

/// Runs the command.
pub(crate) async fn run(args: &DemoArgs, clock: Arc<dyn Clock>) -> ExitCode {
    let say = Say { quiet: args.json };
    match demo(args, clock, &say).await {
        Ok(code) => code,
        Err(error) => {
            say.problem(&format!("simpul demo: {}", chain(&error)));
            ExitCode::FAILURE
        }
    }
}

async fn demo(args: &DemoArgs, clock: Arc<dyn Clock>, say: &Say) -> Result<ExitCode, DemoError> {
    let start = Instant::now();
    let plan = plan(args, clock.as_ref(), say)?;
    if args.prepare {
        say.line(&format!("prepared {}", args.dir.join(plan::FILE).display()));
        return Ok(ExitCode::SUCCESS);
    }
    let federation = Federation::start(plan, Arc::clone(&clock), say).await?;
    let began = Instant::now();
    match accord::conclude(&federation.plan, &clock).await {
        Ok(true) => say.step("agreement id-my-lab concluded: offered, approved, signed, in force", began),
        Ok(false) => say.step("agreement id-my-lab found", began),
        Err(why) => {
            federation.stop().await;
            return Err(DemoError::Agreement(why));
        }
    }
    say.step("federation is ready", start);
    if args.once {
        let report = Journey::new(&federation.plan, &federation.servers, &args.dir).make(say, &clock).await;
        federation.stop().await;
        say.report(args.json, &report);
        return Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let requests = Requests::listen();
    say.addresses(&federation.plan);
    requests.one().await;
    say.line("stopping");
    federation.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The plan in the folder, or a new federation.
fn plan(args: &DemoArgs, clock: &dyn Clock, say: &Say) -> Result<Plan, DemoError> {
    let start = Instant::now();
    let unreadable = |cause| DemoError::Plan { dir: args.dir.clone(), cause };
    if let Some(plan) = Plan::read(&args.dir).map_err(unreadable)? {
        say.step("federation found, resuming it", start);
        return Ok(plan);
    }
    let wishes = Wishes {
        base_port: args.base_port,
        first_address: args.first_address,
        keys: match args.keys {
            KeyKind::Rsa2048 => simpul_lab::ca::KeyKind::Rsa2048,
            KeyKind::P256 => simpul_lab::ca::KeyKind::P256,
        },
        now: clock.now(),
    };
    let plan =
        prepare::prepare(&args.dir, wishes).map_err(|cause| DemoError::Prepare { dir: args.dir.clone(), cause })?;
    say.step("keys, certificates and anchors made", start);
    Ok(plan)
}

impl Federation {
    /// Starts every role, each instance's trust services before its registry, and that before its server.
    async fn start(plan: Plan, clock: Arc<dyn Clock>, say: &Say) -> Result<Self, DemoError> {
        let mut federation = Self { plan, roles: Vec::new(), servers: Vec::new(), stop: CancellationToken::new() };
        let configs = federation.configs()?;
        for (instance, config) in &configs {
            let wrong = |cause: RoleError| DemoError::Role {
                instance: instance.clone(),
                cause: Box::new(cause.placed(config)),
            };
            if let Some(lab) = &config.lab {
                let began = Instant::now();
                let (clock, stop) = (Arc::clone(&clock), federation.stop.clone());
                let running = role::lab::start(lab, config.beside_lab(), clock, stop).await.map_err(wrong)?;
                federation.took_place(running, began, say);
            }
            if let Some(registry) = &config.registry {
                let began = Instant::now();
                let running = role::registry::start(registry, Arc::clone(&clock), federation.stop.clone());
                let running = running.await.map_err(wrong)?;
                federation.took_place(running, began, say);
            }
        }
        for (instance, config) in &configs {
            let Some(server) = &config.server else { continue };
            let began = Instant::now();
            let stop = federation.stop.clone();
            let (running, handle) =
                role::server::start(server, &config.storage, Arc::clone(&clock), stop).await.map_err(|cause| {
                    DemoError::Role { instance: instance.clone(), cause: Box::new(cause.placed(config)) }
                })?;
            federation.servers.push(handle);
            federation.took_place(running, began, say);
        }
        Ok(federation)
    }

    fn configs(&self) -> Result<Vec<(String, NodeConfig)>, DemoError> {
        let read = |site: &plan::Site| Ok((site.instance.clone(), NodeConfig::read(&site.config)?));
        self.plan.sites().into_iter().map(read).collect::<Result<_, _>>().map_err(DemoError::Config)
    }

    fn took_place(&mut self, running: Running, began: Instant, say: &Say) {
        say.step(&running.line(), began);
        self.roles.push(running);
    }

    async fn stop(self) {
        self.stop.cancel();
        // The servers' logs end when nobody can record in them any more.
        drop(self.servers);
        for role in self.roles {
            role.ended().await;
        }
    }
}

/// What the demo says.
struct Say {
    /// Keeps standard output for one JSON object.
    quiet: bool,
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on its standard streams")]
impl Say {
    fn line(&self, text: &str) {
        if !self.quiet {
            // A reader that has gone away, such as `head`, is no reason to stop.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    fn step(&self, text: &str, since: Instant) {
        self.line(&format!("{:>7.1} ms  {text}", since.elapsed().as_secs_f64() * 1000.0));
    }

    fn problem(&self, text: &str) {
        eprintln!("{text}");
    }

    fn report(&self, json: bool, report: &journey::Report) {
        if json {
            println!("{}", serde_json::to_string(report).unwrap_or_default());
            return;
        }
        println!("{}", if report.ok { "every step ended as it must" } else { "A STEP DID NOT END AS IT MUST" });
        println!("evidence  {}", report.evidence.as_deref().map_or(Path::new("none"), Path::new).display());
    }

    fn addresses(&self, plan: &Plan) {
        for site in plan.sites() {
            println!();
            println!("instance {}", site.instance);
            println!("  security server {}", site.server.id);
            println!("    for information systems   {}", site.server.consumer);
            println!("    for peers (mutual TLS)    {}", site.server.peer);
            println!("  registry                    {}/internalconf", site.registry);
            println!("  CA (OCSP), TSA              {}/ocsp  {}/tsa", site.lab, site.lab);
            println!("  configuration               {}", site.config.display());
        }
        println!();
        println!("A call across the border, from the ministry in ID to the civil register in MY:");
        println!();
        println!(
            "  curl -i -H 'X-Road-Client: ID/GOV/3201/manpower' '{}{}/persons?limit=2'",
            plan.id.server.consumer,
            journey::PERSONS
        );
        println!();
        println!("A call that only the agreement between ID and MY allows, for its purpose:");
        println!();
        println!(
            "  curl -i -H 'X-Road-Client: ID/GOV/3201/recognition' -H 'Simpul-Purpose: qualification-recognition' \\\n       \
             -H 'Simpul-Basis: lab-2' -H 'X-Road-Issue: LAB-CASE-1' '{}{}'",
            plan.id.server.consumer,
            accord::DIPLOMAS
        );
        println!();
        println!("Ctrl-C stops the federation; the same command resumes it.");
    }
}
