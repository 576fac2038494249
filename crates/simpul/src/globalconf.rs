//! `simpul globalconf verify`: one published version of a signed configuration, judged by its anchor.

use std::process::ExitCode;

use serde::Serialize;
use simpul_core::{Code, UnixTime, limits};
use simpul_trust::conf::{ConfError, Published, is_lab, signed};
use simpul_wire::gconf::Anchor;

use crate::cli::GlobalconfVerifyArgs;
use crate::files::{self, FilesError};
use crate::verdict::{CheckLine, Judgement, Verdict, chain};

/// What a configuration says of itself.
#[derive(Debug, Default, Serialize)]
struct Facts {
    instance: Option<String>,
    version: Option<u8>,
    expires: Option<String>,
    parts: Vec<String>,
    lab: bool,
}

/// Why there is nothing to judge, or it does not hold.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("the anchor cannot be read")]
    AnchorFile(#[source] FilesError),
    #[error("the anchor is malformed: {0}")]
    Anchor(String),
    #[error("the configuration cannot be read")]
    Files(#[source] FilesError),
    #[error("the configuration cannot be fetched: {0}")]
    Fetch(String),
    #[error("the configuration is not accepted")]
    Conf(#[source] ConfError),
}

/// Runs the command.
pub(crate) async fn verify(args: &GlobalconfVerifyArgs, now: UnixTime) -> ExitCode {
    let at = args.at.unwrap_or(now);
    let found = judge(args, at).await;
    let verdict = match found {
        Ok((anchor, published)) => accepted(&anchor, &published, at),
        Err(problem) => refused(&problem),
    };
    print(&verdict, args.json);
    verdict.verdict.exit_code()
}

async fn judge(args: &GlobalconfVerifyArgs, at: UnixTime) -> Result<(Anchor, Published), Problem> {
    let bytes = files::read(&args.anchor, limits::CONF_DIRECTORY).map_err(Problem::AnchorFile)?;
    let anchor = Anchor::parse(&bytes).map_err(|e| Problem::Anchor(chain(&e)))?;
    let published = match (&args.dir, &args.url) {
        (Some(dir), _) => {
            let files = files::read_tree(dir).map_err(Problem::Files)?;
            signed::load(&anchor, &files, at).map_err(Problem::Conf)?
        }
        (None, Some(url)) => crate::fetch::published(&anchor, url, at).await.map_err(Problem::Fetch)?,
        (None, None) => return Err(Problem::Fetch("neither --dir nor --url is given".to_owned())),
    };
    Ok((anchor, published))
}

fn accepted(anchor: &Anchor, published: &Published, at: UnixTime) -> Verdict<Facts> {
    let directory = &published.directory;
    let parts: Vec<_> = directory.entries().iter().map(|e| e.name()).collect();
    let checks = vec![
        CheckLine::passed("signature", "the directory is signed with a key whose certificate is in the anchor"),
        CheckLine::passed("expiry", format!("the directory is valid until {}, judged at {at}", directory.expires())),
        CheckLine::passed("parts", format!("each of the {} parts has the hash that the directory names", parts.len())),
        CheckLine::passed("instance", format!("every part belongs to instance {}", directory.instance())),
        CheckLine::not_checked("anchor", "where the anchor comes from: compare it with the one your state hands out"),
        CheckLine::not_checked("rollback", "whether a newer configuration exists"),
    ];
    Verdict {
        verdict: Judgement::Valid,
        code: None,
        reason: None,
        facts: Facts {
            instance: Some(directory.instance().to_string()),
            version: Some(directory.format().number()),
            expires: Some(directory.expires().to_string()),
            parts,
            lab: is_lab(anchor),
        },
        checks,
    }
}

fn refused(problem: &Problem) -> Verdict<Facts> {
    let (verdict, code) = match problem {
        Problem::Conf(e) => (Judgement::Invalid, Some(e.code())),
        Problem::Anchor(_) => (Judgement::Unreadable, Some(Code::MalformedAnchor)),
        Problem::AnchorFile(_) => (Judgement::Unreadable, Some(Code::AnchorFileNotFound)),
        Problem::Files(_) => (Judgement::Unreadable, None),
        Problem::Fetch(_) => (Judgement::Unreadable, Some(Code::GlobalConfDownloadFailure)),
    };
    Verdict {
        verdict,
        code: code.map(|c| c.to_string()),
        reason: Some(chain(problem)),
        facts: Facts::default(),
        checks: Vec::new(),
    }
}

#[allow(clippy::print_stdout, reason = "a command speaks on standard output")]
fn print(verdict: &Verdict<Facts>, json: bool) {
    if json {
        println!("{}", serde_json::to_string(verdict).unwrap_or_default());
        return;
    }
    let facts = &verdict.facts;
    match verdict.verdict {
        Judgement::Valid => println!(
            "VALID: configuration of instance {}{}, format V{}, until {}",
            facts.instance.as_deref().unwrap_or("?"),
            if facts.lab { " (laboratory)" } else { "" },
            facts.version.unwrap_or(0),
            facts.expires.as_deref().unwrap_or("?"),
        ),
        Judgement::Invalid | Judgement::Unreadable => println!(
            "{}: {} [{}]",
            if verdict.verdict == Judgement::Invalid { "INVALID" } else { "UNREADABLE" },
            verdict.reason.as_deref().unwrap_or("?"),
            verdict.code.as_deref().unwrap_or("no code"),
        ),
    }
    for part in &facts.parts {
        println!("  part         {part}");
    }
    verdict.checks.iter().for_each(|c| println!("{}", c.line()));
}
