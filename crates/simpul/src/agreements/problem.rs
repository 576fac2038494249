//! What can go wrong at the desk, and what to do about it.

use std::path::PathBuf;
use std::process::ExitCode;

use simpul_core::MemberId;
use simpul_policy::agreement::act::{ActError, JournalError, ProofError};
use simpul_policy::agreement::life::LifeError;
use simpul_policy::agreement::{AgreementId, DocumentError, LoadError};
use simpul_store::files::AgreementStoreError;

use super::keeper::Unenforced;
use crate::config::ConfigError;
use crate::files::FilesError;
use crate::keys::KeyError;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The server's configuration.
    #[error("the configuration cannot be used")]
    Config(#[source] Box<ConfigError>),
    /// It is not one of a server.
    #[error("the configuration has no section [server]")]
    NoServer,
    /// A file that was given.
    #[error("a file cannot be read")]
    File(#[source] FilesError),
    /// The folder of agreements.
    #[error("the agreements on disk cannot be used")]
    Store(#[source] Box<AgreementStoreError>),
    /// No such agreement.
    #[error("there is no agreement `{0}`")]
    Unknown(AgreementId),
    /// No such version.
    #[error("there is no version {1} of `{0}`")]
    NoVersion(AgreementId, u32),
    /// The document.
    #[error("{}: {cause}", file.display())]
    Document {
        /// Which.
        file: PathBuf,
        /// Line, place and what is allowed.
        cause: Box<DocumentError>,
    },
    /// A journal on disk.
    #[error("the journal of `{id}` is not believed")]
    Journal {
        /// Whose.
        id: AgreementId,
        /// Which line, and why.
        #[source]
        cause: Box<JournalError>,
    },
    /// A line of a file that was imported.
    #[error("line {line}: {what}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What it says.
        what: String,
        /// Why it is refused.
        #[source]
        cause: Box<ActError>,
    },
    /// The act does not belong here.
    #[error("this cannot be done now")]
    Act(#[source] Box<ActError>),
    /// The server signs for no party, or for several.
    #[error("this server signs for {0} parties of the agreement")]
    Party(usize),
    /// The member that was named.
    #[error("this server does not sign for {}", .0.short())]
    NotOwn(MemberId),
    /// An act of an own party in an import.
    #[error("line {line}: an act of {}, for which this server signs, came from outside", member.short())]
    Foreign {
        /// Which line, from 1.
        line: usize,
        /// The party.
        member: MemberId,
    },
    /// An officer's key.
    #[error("the officer's key cannot be used")]
    Key(#[source] Box<KeyError>),
    /// Nobody delivers.
    #[error("nothing was tried for {0} seconds")]
    Unsent(u64),
    /// Acts of others fill what they may fill.
    #[error("the other parties have done as much to `{0}` as a journal may hold of them")]
    Full(AgreementId),
    /// The clock of another party is wrong.
    #[error("it says that it was done at {0}, which is still to come")]
    Future(simpul_core::UnixTime),
    /// Nothing to judge a signature by.
    #[error("there is no global configuration to judge a signature by")]
    NoConf,
    /// The global configuration.
    #[error("there is no global configuration to judge by")]
    Conf(#[source] Cause),
    /// Signing.
    #[error("the agreement could not be signed")]
    Sign(#[source] Cause),
    /// Signatures of the parties.
    #[error("the signatures of `{id}` do not hold")]
    Signatures {
        /// Whose.
        id: AgreementId,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// What the container says.
    #[error("`{id}` cannot be put in force")]
    Unenforced {
        /// Which.
        id: AgreementId,
        /// Why.
        #[source]
        cause: Box<Unenforced>,
    },
    /// The policies.
    #[error("the document gives no policies")]
    Load(#[source] Box<LoadError>),
    /// The message log.
    #[error("the message log cannot be read")]
    Log(#[source] Cause),
}

impl From<AgreementStoreError> for Problem {
    fn from(cause: AgreementStoreError) -> Self {
        Self::Store(Box::new(cause))
    }
}

impl From<ActError> for Problem {
    fn from(cause: ActError) -> Self {
        Self::Act(Box::new(cause))
    }
}

impl From<LoadError> for Problem {
    fn from(cause: LoadError) -> Self {
        Self::Load(Box::new(cause))
    }
}

impl Problem {
    /// What can be done about it.
    pub(crate) fn cure(&self) -> &'static str {
        match self {
            Self::Config(_) | Self::NoServer => "--config takes the configuration file of the security server",
            Self::File(_) => "give the path of a file that you may read",
            Self::Store(cause) if matches!(**cause, AgreementStoreError::Busy(_)) => {
                "try again when the other command has ended"
            }
            Self::Store(_) => "see that the folder `agreements` below [storage] dir belongs to you and has mode 700",
            Self::Unknown(_) => "`simpul agreement list` tells which there are",
            Self::NoVersion(..) => "`simpul agreement show ID` tells which there are",
            Self::Document { .. } => "change the document there; docs/guide/agreements.md explains each member",
            Self::Journal { .. } => "restore the journal from a backup, or import the acts from the other party",
            Self::Line { .. } => "import the acts in the order of `export`, from the party that did them",
            Self::Act(cause) => act_cure(cause),
            Self::Party(_) => "name the party with --member; it must have a [[server.sign]] in the configuration",
            Self::NotOwn(_) => "only the own party's officers act here; the other party does it on its server",
            Self::Foreign { .. } => "do not import this file: ask the other party where this act comes from",
            Self::Key(_) => "--key and --certificate take the officer's own files, as PEM",
            Self::Unsent(_) => "see that the server runs, and that [[server.agreement-partner]] names the other party",
            Self::Full(_) => "end the agreement, and make another one with other parties or officers",
            Self::Future(_) => "see that the clocks of both servers are right, and try again",
            Self::Conf(_) | Self::NoConf => {
                "start the registry, or the server once, so that a configuration is on disk"
            }
            Self::Sign(_) => {
                "see that the OCSP responder and the timestamping service can be reached, and the sign key"
            }
            Self::Signatures { .. } | Self::Unenforced { .. } => {
                "ask the other party for its acts again (`export`, `import`); do not put it in force as it is"
            }
            Self::Load(_) => "report this: a document that is good must give policies",
            Self::Log(_) => "--config takes the configuration of a server that has run here",
        }
    }

    /// 1: refused by a rule. 2: an argument is wrong, or something cannot be read.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Document { .. }
            | Self::Journal { .. }
            | Self::Line { .. }
            | Self::Act(_)
            | Self::NotOwn(_)
            | Self::Foreign { .. }
            | Self::Full(_)
            | Self::Future(_)
            | Self::Sign(_)
            | Self::Signatures { .. }
            | Self::Unenforced { .. }
            | Self::Load(_) => ExitCode::from(1),
            Self::Config(_)
            | Self::NoServer
            | Self::File(_)
            | Self::Store(_)
            | Self::Unknown(_)
            | Self::NoVersion(..)
            | Self::Party(_)
            | Self::Conf(_)
            | Self::NoConf
            | Self::Key(_)
            | Self::Unsent(_)
            | Self::Log(_) => ExitCode::from(2),
        }
    }
}

fn act_cure(error: &ActError) -> &'static str {
    match error {
        ActError::Proof(ProofError::Missing(_)) => {
            "give the officer's key and certificate with --key FILE --certificate FILE"
        }
        ActError::Proof(ProofError::Unbound(_)) => {
            "leave out --key and --certificate, or bind the officer in a new text"
        }
        ActError::Proof(_) => "--key and --certificate take the files of the officer whom --officer names",
        ActError::Life(LifeError::Approvals { .. }) => "let two officers of each party approve first",
        ActError::Life(LifeError::Stranger { .. }) => "--officer takes a name exactly as the document has it",
        ActError::Life(LifeError::Unsigned(_)) => "import the signature of that party, or let it sign",
        ActError::Life(LifeError::OwnRedline(_)) => "the other party answers, or approve the text that stands",
        ActError::Life(LifeError::NotSuspended(_)) => "only who has suspended resumes; `show` tells who did",
        ActError::Life(LifeError::Again) => "nothing is to be done: another officer, or the other party, is next",
        ActError::Life(LifeError::Validity(_)) => "wait for `valid-from`; what is over needs a new version",
        ActError::Life(LifeError::Clause(_)) => "`show` tells the clauses; only those of kind `grant` can be suspended",
        ActError::Known(_) | ActError::Life(LifeError::Amendment { .. }) => {
            "an amendment has the next version and `amends`, the digest of the version in force"
        }
        _ => "`simpul agreement show ID` tells where it stands and what is next",
    }
}
