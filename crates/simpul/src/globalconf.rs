//! `simpul globalconf verify`: one published version of a signed configuration, judged by its anchor.

use std::process::ExitCode;

use serde::Serialize;
use simpul_core::{Code, FaultCode, Origin, UnixTime, limits};
use simpul_trust::conf::download::Refused;
use simpul_trust::conf::signed::{self, Examination};
use simpul_trust::conf::{ConfError, Published};
use simpul_wire::gconf::DocumentError;

use crate::cli::GlobalconfVerifyArgs;
use crate::files::{self, FilesError};
use crate::ground::{self, AnchorFacts, Files};
use crate::verdict::{CheckLine, Judgement, Verdict, chain, field, plain};

/// What a configuration says of itself; without a valid verdict, only the anchor and its instance.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Facts {
    instance: Option<String>,
    version: Option<u8>,
    expires: Option<String>,
    /// SHA-256 of the signed directory, hexadecimal.
    sha256: Option<String>,
    parts: Vec<String>,
    /// SHA-224 of the anchor as X-Road shows it.
    anchor_sha224: Option<String>,
    lab: bool,
}

/// Why there is nothing to judge, or it does not hold.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("the anchor cannot be read")]
    AnchorFile(#[source] FilesError),
    #[error("the anchor is malformed")]
    Anchor(#[source] DocumentError),
    #[error("the folder of the configuration cannot be read")]
    Files(#[source] FilesError),
    #[error("the configuration cannot be fetched: {0}")]
    Fetch(String),
    #[error("the configuration is not accepted")]
    Conf {
        #[source]
        cause: Box<ConfError>,
        cure: String,
    },
}

/// Runs the command.
#[allow(clippy::print_stdout, reason = "a command speaks on standard output")]
pub(crate) async fn verify(args: &GlobalconfVerifyArgs, now: UnixTime) -> ExitCode {
    let at = args.at.unwrap_or(now);
    let verdict = judge(args, at).await;
    match args.json {
        true => println!("{}", verdict.json()),
        false => print!("{}", report(&verdict)),
    }
    verdict.verdict.exit_code()
}

async fn judge(args: &GlobalconfVerifyArgs, at: UnixTime) -> Verdict<Facts> {
    let read = files::read(&args.anchor, limits::CONF_ANCHOR).map_err(Problem::AnchorFile);
    let read = read.and_then(|bytes| AnchorFacts::read(&bytes).map_err(Problem::Anchor));
    let (anchor, facts) = match read {
        Ok(read) => read,
        Err(problem) => return refused(&problem, None),
    };
    let examined = match (&args.dir, &args.url) {
        (Some(dir), _) => files::read_tree(dir).map_err(Problem::Files).and_then(|files| {
            signed::examine(&anchor, &files, at).map_err(|cause| {
                let cure = ground::cure(&cause, &facts, &files);
                Problem::Conf { cause: Box::new(cause), cure }
            })
        }),
        (None, Some(url)) => match crate::fetch::published(&anchor, url, at).await {
            Ok(Published { directory, parts }) => {
                Ok(Examination { directory, parts: parts.into_iter().map(Ok).collect() })
            }
            Err(refused) => Err(not_fetched(refused, &facts)),
        },
        (None, None) => Err(Problem::Fetch("neither --dir nor --url is given".to_owned())),
    };
    match examined {
        Ok(examined) => told(&facts, examined, at),
        Err(problem) => refused(&problem, Some(&facts)),
    }
}

/// What was there and does not hold says more than what was not there.
fn not_fetched(refused: Result<Refused, String>, facts: &AnchorFacts) -> Problem {
    use simpul_trust::conf::download::AttemptError;
    let refused = match refused {
        Ok(refused) => refused,
        Err(why) => return Problem::Fetch(why),
    };
    let all = crate::fetch::attempts(&refused);
    let conf = refused.attempts.into_iter().find_map(|attempt| match attempt.error {
        AttemptError::Conf(cause) => Some(cause),
        _ => None,
    });
    match conf {
        Some(cause) => {
            let cure = ground::cure(&cause, facts, &Files::new());
            Problem::Conf { cause: Box::new(cause), cure }
        }
        None => Problem::Fetch(all),
    }
}

/// A directory that holds: valid if each of its parts does too.
fn told(anchor: &AnchorFacts, examined: Examination, at: UnixTime) -> Verdict<Facts> {
    let directory = &examined.directory;
    let mut checks = vec![
        CheckLine::passed("signature", "the directory is signed with a key whose certificate is in the anchor"),
        CheckLine::passed("expiry", format!("the directory is valid until {}, judged at {at}", directory.expires())),
    ];
    for (entry, part) in directory.entries().iter().zip(&examined.parts) {
        checks.push(match part {
            Ok(_) => CheckLine::passed(
                "part",
                format!("{} has the hash that the directory names, its schema and its instance", entry.name()),
            ),
            Err(cause) => CheckLine::failed("part", chain(cause)),
        });
    }
    checks.extend(beyond(anchor));
    let facts = Facts {
        instance: Some(directory.instance().to_string()),
        version: Some(directory.format().number()),
        expires: Some(directory.expires().to_string()),
        sha256: Some(directory.sha256().iter().map(|octet| format!("{octet:02x}")).collect()),
        parts: directory.entries().iter().map(|e| e.name()).collect(),
        anchor_sha224: Some(anchor.hash.clone()),
        lab: anchor.laboratory,
    };
    match examined.published() {
        Ok(_) => Verdict { verdict: Judgement::Valid, code: None, reason: None, cure: None, facts, checks },
        Err(cause) => {
            let cure = ground::cure(&cause, anchor, &Files::new());
            Verdict { checks, ..refused(&Problem::Conf { cause: Box::new(cause), cure }, Some(anchor)) }
        }
    }
}

/// What nobody can tell from the files, and what should be known of the anchor.
fn beyond(anchor: &AnchorFacts) -> Vec<CheckLine> {
    let mut checks = vec![
        CheckLine::not_checked(
            "anchor",
            "where the anchor comes from: compare its SHA-224 with the one that is announced",
        ),
        CheckLine::not_checked("rollback", "whether a newer configuration exists"),
        CheckLine::not_checked("federation", "the configurations of federated instances: each has its own anchor"),
    ];
    if anchor.laboratory {
        let text = "the anchor is that of a laboratory: outside the laboratory it proves nothing";
        checks.push(CheckLine::warning("laboratory", text));
    }
    checks
}

fn refused(problem: &Problem, anchor: Option<&AnchorFacts>) -> Verdict<Facts> {
    let (verdict, code, cure) = match problem {
        Problem::Conf { cause, cure } => (ground::judgement(cause), Some(cause.code()), cure.as_str()),
        Problem::Anchor(_) => (Judgement::Unreadable, Some(Code::MalformedAnchor), ground::NO_ANCHOR),
        Problem::AnchorFile(_) => {
            (Judgement::Unreadable, Some(Code::AnchorFileNotFound), "give the path of the state's anchor file")
        }
        Problem::Files(_) => (Judgement::Unreadable, None, "--dir takes the folder of one published version"),
        Problem::Fetch(_) => (
            Judgement::Unreadable,
            Some(Code::GlobalConfDownloadFailure),
            "--url takes the address of the signed directory, such as http://HOST/internalconf; is it reachable from here?",
        ),
    };
    let checks = match problem {
        Problem::Conf { cause, .. } => {
            vec![
                CheckLine::failed(broken(cause), chain(cause.as_ref())),
                CheckLine::not_checked("rest", "everything after that"),
            ]
        }
        _ => Vec::new(),
    };
    Verdict {
        verdict,
        code: code.map(|code| FaultCode::own(Origin::None, vec![code]).to_string()),
        reason: Some(chain(problem)),
        cure: Some(cure.to_owned()),
        facts: Facts {
            instance: anchor.map(|a| a.instance.to_string()),
            anchor_sha224: anchor.map(|a| a.hash.clone()),
            lab: anchor.is_some_and(|a| a.laboratory),
            ..Facts::default()
        },
        checks,
    }
}

/// The check at which a configuration broke.
fn broken(error: &ConfError) -> &'static str {
    match error {
        ConfError::Directory { .. } | ConfError::NoDirectory { .. } | ConfError::Tree(_) => "directory",
        ConfError::NoVerificationCertificate { .. }
        | ConfError::VerificationCertificate { .. }
        | ConfError::Signature(_) => "signature",
        ConfError::Expired { .. } => "expiry",
        ConfError::Rollback { .. } => "rollback",
        ConfError::PartInstance { .. } | ConfError::Folder { .. } => "instance",
        ConfError::PartNotListed(_)
        | ConfError::PartMissing(_)
        | ConfError::PartTooLarge { .. }
        | ConfError::PartHash(_)
        | ConfError::Ambiguous { .. }
        | ConfError::NoShared(_) => "part",
        ConfError::Part { .. } | ConfError::TooManyInstances | ConfError::TrustService { .. } => "schema",
    }
}

fn report(verdict: &Verdict<Facts>) -> String {
    let facts = &verdict.facts;
    let mut text = format!("{}: global configuration", verdict.verdict.word());
    if let Some(instance) = &facts.instance {
        text.push_str(&format!(" of instance {}", plain(instance)));
    }
    text.push('\n');
    text.push_str(&verdict.complaint());
    let told = [
        ("format", facts.version.map(|v| format!("V{v}"))),
        ("valid until", facts.expires.clone()),
        ("SHA-256", facts.sha256.clone()),
        ("anchor SHA-224", facts.anchor_sha224.clone()),
    ];
    let told = told.into_iter().filter_map(|(label, value)| Some((label, value?)));
    told.for_each(|(label, value)| text.push_str(&field(label, &value)));
    facts.parts.iter().for_each(|part| text.push_str(&field("part", part)));
    text.push_str(&verdict.checked());
    text
}
