//! The command line. `--help` on any command teaches it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use simpul_core::UnixTime;

use crate::agreements::AgreementCommand;
use crate::trail::TrailCommand;

/// Simpul lets a government join a trusted federation: agencies of different states exchange data that is signed,
/// checked, permitted, logged and provable, on the X-Road 7 wire.
#[derive(Debug, Parser)]
#[command(name = "simpul", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a complete federation of two states on this machine, on embedded defaults.
    ///
    /// Everything lives under --dir; a second start on the same folder resumes the same federation. Stop with Ctrl-C.
    Demo(DemoArgs),
    /// Start every role that the configuration file has a section for.
    Run(RoleArgs),
    /// Start only the security server of a configuration file.
    Server(RoleArgs),
    /// Start only the registry of a configuration file: it publishes the global configuration.
    Registry(RoleArgs),
    /// Start only the laboratory of a configuration file: test CA, OCSP, TSA, sample registers. Loopback only.
    Lab(RoleArgs),
    /// Start only the portal of a configuration file: pages for citizens.
    Portal(RoleArgs),
    /// Check a configuration file and say what would run.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look after a message log.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Work with agreements between states: write, negotiate, sign, put in force, suspend, explain.
    ///
    /// The way of an agreement: new, check, offer, approve (two officers of each party), sign (each party), enter. What
    /// the other party did comes with `import`, what was done here goes out with `export`. A running server obeys each
    /// change at its next exchange.
    ///
    /// Exit code 0: done. 1: refused by a rule, with the reason. 2: an argument is wrong, or something cannot be read.
    #[command(subcommand)]
    Agreement(AgreementCommand),
    /// Look after the data trail: who used whose data.
    #[command(subcommand)]
    Trail(TrailCommand),
    /// Verify a piece of evidence (an ASiC-E container) offline.
    ///
    /// Tells who said what to whom, when, under whose certificate, what was checked and what was not. It makes no
    /// statement about legal effect.
    ///
    /// Whom to trust is answered by the state, not by the operator whose evidence it is: take the anchor from the
    /// authority of the state, and the signed configuration of the exchange from the operator (GET /signedconf); it is
    /// checked against the anchor, and the container against it. Without --anchor the configuration in --conf is
    /// believed as it is, and the verdict says `trust: supplied, unverified`.
    ///
    /// Exit code 0: valid. 1: invalid, with the reason and X-Road's code. 2: unreadable, or an argument is wrong.
    #[command(after_long_help = "Example:\n  simpul verify response.asice --anchor anchor.xml --conf signedconf")]
    Verify(VerifyArgs),
    /// Work with a global configuration.
    #[command(subcommand)]
    Globalconf(GlobalconfCommand),
}

/// `simpul demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the federation lives.
    #[arg(long, default_value = "./simpul-data/demo")]
    pub(crate) dir: PathBuf,
    /// Make the journey and exit: 0 only if every step ended as it must.
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: print one JSON object instead of lines.
    #[arg(long, requires = "once")]
    pub(crate) json: bool,
    /// Only write the federation's files and exit, so that each role can be started on its own.
    #[arg(long, conflicts_with_all = ["once", "json"])]
    pub(crate) prepare: bool,
    /// First of the five ports of a new federation; 0 finds free ports.
    #[arg(long, default_value_t = 0)]
    pub(crate) base_port: u16,
    /// First loopback address of a new federation; each instance gets one.
    #[arg(long, default_value = "127.0.0.2")]
    pub(crate) first_address: std::net::Ipv4Addr,
    /// The kind of every key of a new federation.
    #[arg(long, value_enum, default_value_t = KeyKind::Rsa2048)]
    pub(crate) keys: KeyKind,
}

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyKind {
    /// RSA with 2048 bits, X-Road's default.
    Rsa2048,
    /// ECDSA on the curve P-256.
    P256,
}

/// `simpul run|server|registry|lab|portal`.
#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    /// The configuration file.
    #[arg(long, default_value = "simpul.toml")]
    pub(crate) config: PathBuf,
}

/// `simpul config …`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check a configuration file and say what would run.
    Check(RoleArgs),
}

/// `simpul ledger …`.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Verify every record of a security server that is stopped.
    ///
    /// Checked are its seal at the moment of the record, under the signed configurations that it cites; that it is filed
    /// under the parties and the id that its message names; its timestamp, once it has one; and that no record is
    /// missing before the last one.
    ///
    /// Exit code 0: every record verifies. 1: some do not, each is named; or the log cannot be read.
    Verify(RoleArgs),
}

/// `simpul verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The container (.asice).
    pub(crate) file: PathBuf,
    /// The anchor of the own state or of the signer's, as the state hands it out: an XML file whose SHA-224 the state
    /// announces. Without it nothing proves that the configuration in --conf is the state's, and the verdict says so.
    #[arg(long)]
    pub(crate) anchor: Option<PathBuf>,
    /// With --anchor: the folder of signed configurations as downloaded or as /signedconf answers it, unpacked.
    /// Without: an unpacked verificationconf.
    #[arg(long)]
    pub(crate) conf: PathBuf,
    /// Judge as of this moment (RFC 3339, such as 2026-11-21T10:00:00Z) instead of now: a timestamp after it is told
    /// as one from the future. Certificates and OCSP replies are judged at the time of the timestamp in any case, so a
    /// later moment changes nothing.
    #[arg(long)]
    pub(crate) at: Option<UnixTime>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `simpul globalconf …`.
#[derive(Debug, Subcommand)]
pub(crate) enum GlobalconfCommand {
    /// Verify one published version of a signed global configuration against its anchor.
    ///
    /// Checked are the signature of the directory, its Expire-date, and hash, schema and instance of every part that it
    /// lists.
    ///
    /// Exit code 0: valid. 1: invalid, with the reason and X-Road's code. 2: unreadable or not reachable, or an
    /// argument is wrong.
    #[command(after_long_help = "Examples:\n  simpul globalconf verify --anchor anchor.xml --dir V6\n  \
                           simpul globalconf verify --anchor anchor.xml --url http://HOST/internalconf")]
    Verify(GlobalconfVerifyArgs),
}

/// `simpul globalconf verify`.
#[derive(Debug, Args)]
pub(crate) struct GlobalconfVerifyArgs {
    /// The anchor, as the state hands it out.
    #[arg(long)]
    pub(crate) anchor: PathBuf,
    /// Where the configuration is published: the address of the directory. The newest version that is served is taken,
    /// V6 first, unless the address has ?version=N.
    #[arg(long, required_unless_present = "dir", conflicts_with = "dir")]
    pub(crate) url: Option<String>,
    /// A folder with one published version: the directory file, named as the last segment of the URL in the anchor, and
    /// the parts that it lists.
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// Judge as of this moment (RFC 3339, such as 2026-11-21T10:00:00Z) instead of now: the configuration must not have
    /// expired then.
    #[arg(long)]
    pub(crate) at: Option<UnixTime>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
