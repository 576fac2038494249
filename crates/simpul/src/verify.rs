//! `simpul verify`: reads a piece of evidence and what it is judged by, and tells the verdict.

use std::io::{Cursor, Read};
use std::path::Path;
use std::process::ExitCode;

use simpul_core::{Code, FaultCode, Origin, UnixTime, limits};

use crate::cli::VerifyArgs;
use crate::evidence::{self, Facts};
use crate::files::{self, FilesError};
use crate::ground::{Ground, GroundError};
use crate::verdict::{Judgement, Verdict, chain};

/// Why there is nothing to judge.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("the container cannot be read")]
    File(#[source] FilesError),
    #[error("the anchor cannot be read")]
    AnchorFile(#[source] FilesError),
    #[error("the folder of the configuration cannot be read")]
    Files(#[source] FilesError),
    #[error("there is nothing to judge by")]
    Ground(#[source] GroundError),
}

/// Runs the command.
#[allow(clippy::print_stdout, reason = "a command speaks on standard output")]
pub(crate) fn run(args: &VerifyArgs, now: UnixTime) -> ExitCode {
    let verdict = judge_file(&args.file, args.anchor.as_deref(), &args.conf, args.at.unwrap_or(now));
    match args.json {
        true => println!("{}", verdict.json()),
        false => print!("{}", verdict.report()),
    }
    verdict.verdict.exit_code()
}

/// Judges a container with a configuration: a signed one if there is an anchor, else one that was handed in.
pub(crate) fn judge_file(file: &Path, anchor: Option<&Path>, conf: &Path, at: UnixTime) -> Verdict<Facts> {
    let limit = usize::try_from(limits::ASIC_CONTENT).unwrap_or(usize::MAX);
    let judged = ground(anchor, conf).and_then(|ground| {
        let octets = files::read(file, limit).map_err(Problem::File)?;
        Ok(evidence::judge(&octets, &ground, at))
    });
    judged.unwrap_or_else(|problem| problem.verdict())
}

fn ground(anchor: Option<&Path>, conf: &Path) -> Result<Ground, Problem> {
    let anchor = anchor.map(|path| files::read(path, limits::CONF_ANCHOR)).transpose().map_err(Problem::AnchorFile)?;
    let files = files::read_tree(conf).map_err(Problem::Files)?;
    match anchor {
        Some(anchor) => Ground::anchored(&anchor, &files),
        None => Ground::supplied(&files),
    }
    .map_err(Problem::Ground)
}

impl Problem {
    fn verdict(&self) -> Verdict<Facts> {
        let (verdict, code, cure) = match self {
            Self::Ground(error) => (error.judgement(), Some(error.code()), error.cure()),
            Self::AnchorFile(_) => {
                (Judgement::Unreadable, Some(Code::AnchorFileNotFound), "give the path of the state's anchor file")
            }
            Self::File(_) => (Judgement::Unreadable, None, "give the path of one .asice file"),
            Self::Files(_) => {
                (Judgement::Unreadable, None, "--conf takes the folder with the configuration of the exchange")
            }
        };
        Verdict {
            verdict,
            code: code.map(|code| FaultCode::own(Origin::None, vec![code]).to_string()),
            reason: Some(chain(self)),
            cure: Some(cure.to_owned()),
            facts: Facts::groundless(),
            checks: Vec::new(),
        }
    }
}

/// Why a zip of configurations could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    /// It is no zip, or has a name that leads out of the folder, or an entry that is too large.
    #[error("the archive of configurations is malformed")]
    Malformed,
    /// The system refused.
    #[error("the configuration cannot be written")]
    Write(#[source] std::io::Error),
}

/// Unpacks the answer of `/signedconf` below a folder.
pub(crate) fn unpack_conf(zip: &[u8], dir: &Path) -> Result<(), UnpackError> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).map_err(|_| UnpackError::Malformed)?;
    for place in 0..zip.len() {
        let mut entry = zip.by_index(place).map_err(|_| UnpackError::Malformed)?;
        let path = dir.join(entry.enclosed_name().ok_or(UnpackError::Malformed)?);
        let limit = u64::try_from(limits::CONF_PART).unwrap_or(u64::MAX);
        let mut content = Vec::new();
        entry.by_ref().take(limit.saturating_add(1)).read_to_end(&mut content).map_err(UnpackError::Write)?;
        if content.len() > limits::CONF_PART {
            return Err(UnpackError::Malformed);
        }
        std::fs::create_dir_all(path.parent().unwrap_or(dir)).map_err(UnpackError::Write)?;
        std::fs::write(path, content).map_err(UnpackError::Write)?;
    }
    Ok(())
}
