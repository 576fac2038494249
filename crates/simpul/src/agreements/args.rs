//! `simpul agreement …`: the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use simpul_core::{ClientId, MemberId, ServiceId, UnixTime};
use simpul_policy::agreement::{AgreementId, ClauseId};

/// `simpul agreement …`.
#[derive(Debug, Subcommand)]
pub(crate) enum AgreementCommand {
    /// Write a commented template of an agreement, to be filled in and given to `check`.
    #[command(after_long_help = "Example:\n  simpul agreement new id-my-civil-data > civil-data.toml")]
    New(NewArgs),
    /// Check a document: TOML as people write it, or the JSON that was signed.
    ///
    /// Exit code 0: good, with its digest. 1: refused, with line, place and what is allowed there. 2: cannot be read.
    #[command(after_long_help = "Example:\n  simpul agreement check civil-data.toml")]
    Check(CheckArgs),
    /// Offer a version to the other parties, or answer their redline with another text of the same version.
    ///
    /// What changed against the text before is shown. Approvals given to the former text are void.
    #[command(after_long_help = "Example:\n  simpul agreement offer civil-data.toml --officer \"Siti Rahma\"")]
    Offer(OfferArgs),
    /// Approve the text that stands, as one of at least two officers of the own party.
    #[command(after_long_help = "Example:\n  simpul agreement approve id-my-civil-data --officer \"Budi Santoso\"")]
    Approve(ActArgs),
    /// Sign for the own party with its sign key, after two officers of each party have approved.
    ///
    /// The signature (XAdES in ASiC-E) carries an OCSP response and a timestamp, which are fetched now: the addresses in
    /// the global configuration must be reachable.
    #[command(after_long_help = "Example:\n  simpul agreement sign id-my-civil-data --officer \"Siti Rahma\"")]
    Sign(ActArgs),
    /// Put a version in force that all parties have signed. It decides from the next exchange on.
    #[command(after_long_help = "Example:\n  simpul agreement enter id-my-civil-data --officer \"Siti Rahma\"")]
    Enter(ActArgs),
    /// Suspend an agreement, or one clause of it, at once: the next exchange of the running server is refused.
    #[command(after_long_help = "Examples:\n  simpul agreement suspend id-my-civil-data --officer \"Siti Rahma\"\n  \
                           simpul agreement suspend id-my-civil-data --clause 2.1 --officer \"Siti Rahma\"")]
    Suspend(ScopeArgs),
    /// Agree to resume what the own party has suspended. The second officer does it.
    #[command(after_long_help = "Example:\n  simpul agreement resume id-my-civil-data --officer \"Budi Santoso\"")]
    Resume(ScopeArgs),
    /// End a version, or give up one that is not in force yet. It cannot be undone.
    #[command(after_long_help = "Example:\n  simpul agreement end id-my-civil-data --officer \"Siti Rahma\"")]
    End(ActArgs),
    /// List all agreements: state, suspensions, validity, overdue reviews, and partners that need none.
    List(ListArgs),
    /// Show one agreement: every version, who approved and signed, what changed, every act.
    Show(ShowArgs),
    /// Say which clause allows a call, or why none does, as the running server would decide it now.
    ///
    /// Nothing is called, and no volume is used. Exit code 0: allowed. 1: refused.
    #[command(after_long_help = "Example:\n  simpul agreement explain --client ID/GOV/3201/manpower \\\n    \
                           --service MY/GOV/1001/civil-registry/persons --method GET --path /persons/1 \\\n    \
                           --purpose dpv:IdentityVerification")]
    Explain(Box<ExplainArgs>),
    /// Try a document on the last requests in the own log, without effect: what it would change against what is in force.
    ///
    /// Only requests to services of the own clients count. Volumes are not counted.
    #[command(after_long_help = "Example:\n  simpul agreement simulate civil-data-v2.toml --last 500")]
    Simulate(SimulateArgs),
    /// Bring the own acts to the other parties now, fetch theirs, and wait for what comes of it.
    ///
    /// The running server does it by itself after every act; this wakes it when a partner was away. Exit code 0: all
    /// parties have everything. 1: some do not, with the reason.
    #[command(after_long_help = "Example:\n  simpul agreement send id-my-civil-data")]
    Send(SendArgs),
    /// Write the acts of an agreement, one JSON object a line, for the other parties.
    #[command(after_long_help = "Example:\n  simpul agreement export id-my-civil-data > acts.jsonl")]
    Export(ExportArgs),
    /// Take acts of the other parties that came as a file of `export`. Those that are there already are skipped.
    ///
    /// Acts of the own party never come from outside. A signature is verified before it is taken.
    #[command(after_long_help = "Example:\n  simpul agreement import acts.jsonl")]
    Import(ImportArgs),
}

/// Where the server is.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server's configuration file.
    #[arg(long, default_value = "simpul.toml")]
    pub(crate) config: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Who acts.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// The officer, as the document names them.
    #[arg(long)]
    pub(crate) officer: String,
    /// For which party; needed only where the server signs for several of them.
    #[arg(long)]
    pub(crate) member: Option<MemberId>,
    /// The officer's private key (PEM, readable for its owner only), where the document binds them to a certificate.
    #[arg(long, requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
    /// The officer's certificate (PEM), whose SHA-256 the document names.
    #[arg(long, requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
}

/// `simpul agreement new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The id that the agreement will have.
    pub(crate) id: AgreementId,
}

/// `simpul agreement check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The document: `.json` is read as canonical JSON, everything else as TOML.
    pub(crate) file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `simpul agreement offer`.
#[derive(Debug, Args)]
pub(crate) struct OfferArgs {
    /// The document: `.json` is read as canonical JSON, everything else as TOML.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// An act about one agreement.
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// The agreement.
    pub(crate) id: AgreementId,
    /// The version; without it the newest one.
    #[arg(long)]
    pub(crate) version: Option<u32>,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// `simpul agreement suspend|resume`.
#[derive(Debug, Args)]
pub(crate) struct ScopeArgs {
    /// The agreement.
    pub(crate) id: AgreementId,
    /// One clause; without it the whole agreement.
    #[arg(long)]
    pub(crate) clause: Option<ClauseId>,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// `simpul agreement list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) server: Server,
}

/// `simpul agreement show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The agreement.
    pub(crate) id: AgreementId,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// `simpul agreement explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Who calls.
    #[arg(long)]
    pub(crate) client: ClientId,
    /// Which service.
    #[arg(long)]
    pub(crate) service: ServiceId,
    /// HTTP method.
    #[arg(long, default_value = "GET")]
    pub(crate) method: String,
    /// Path below the service, without query.
    #[arg(long, default_value = "/")]
    pub(crate) path: String,
    /// Simpul-Purpose.
    #[arg(long)]
    pub(crate) purpose: Option<String>,
    /// Simpul-Basis.
    #[arg(long)]
    pub(crate) basis: Option<String>,
    /// Simpul-Consent.
    #[arg(long)]
    pub(crate) consent: Option<String>,
    /// A Simpul-Subject token is present.
    #[arg(long)]
    pub(crate) subject: bool,
    /// X-Road-Issue, the case number.
    #[arg(long)]
    pub(crate) case: Option<String>,
    /// How many persons approved the call.
    #[arg(long, default_value_t = 0)]
    pub(crate) approvals: u8,
    /// Whom the data will be handed on to.
    #[arg(long)]
    pub(crate) onward: Option<String>,
    /// Decide as of this moment (RFC 3339) instead of now.
    #[arg(long)]
    pub(crate) at: Option<UnixTime>,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// `simpul agreement simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The document: `.json` is read as canonical JSON, everything else as TOML.
    pub(crate) file: PathBuf,
    /// How many of the last requests.
    #[arg(long, default_value_t = 1000)]
    pub(crate) last: usize,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// `simpul agreement send`.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The agreement.
    pub(crate) id: AgreementId,
    /// How long to wait, in seconds.
    #[arg(long, default_value_t = 60)]
    pub(crate) wait: u64,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// `simpul agreement export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The agreement.
    pub(crate) id: AgreementId,
    /// The server's configuration file.
    #[arg(long, default_value = "simpul.toml")]
    pub(crate) config: PathBuf,
}

/// `simpul agreement import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What `export` wrote.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) server: Server,
}
