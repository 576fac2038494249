//! `simpul verify`: a piece of evidence judged offline.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::ExitCode;

use bytes::Bytes;
use serde::Serialize;
use simpul_core::{Code, FaultCode, Origin, UnixTime, limits};
use simpul_trust::asic::{AsicError, Container, ContainerVerdict, VerifyError, verify_container};
use simpul_trust::conf::{ConfError, GlobalConf, Trust, signed, supplied};
use simpul_trust::seal::{Check, Outcome};
use simpul_wire::gconf::Anchor;
use simpul_wire::rest::RestMessage;

use crate::cli::VerifyArgs;
use crate::files::{self, FilesError};
use crate::verdict::{CheckLine, CheckResult, Judgement, Verdict, chain};

/// What a piece of evidence says.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Facts {
    /// `anchor`: the configuration is proved by the anchor. `supplied, unverified`: somebody handed it out.
    trust: String,
    /// Who sealed the message.
    signer: Option<String>,
    /// Its name in the configuration.
    signer_name: Option<String>,
    /// By when it was sealed, by the clock of the timestamping authority.
    signed_at: Option<String>,
    /// The time that the signer claims.
    claimed_signing_time: Option<String>,
    /// `request` or `response`.
    kind: Option<&'static str>,
    /// Who asked.
    client: Option<String>,
    /// What was asked.
    service: Option<String>,
    /// The message id, which request and response share.
    message_id: Option<String>,
    /// Method and path of a request, or status of a response.
    said: Option<String>,
    /// Subject and issuer of the signing certificate.
    certificate: Option<String>,
    issuer: Option<String>,
    algorithm: Option<String>,
    timestamp_authority: Option<String>,
    /// Each signed part, and whether it is in the container and unchanged.
    parts: Vec<Part>,
    /// The instance whose configuration was used, and until when it was valid.
    configuration: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Part {
    name: String,
    verified: bool,
}

/// Why there is nothing to judge, or it does not hold.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("the container cannot be read")]
    File(#[source] FilesError),
    #[error("the anchor cannot be read")]
    AnchorFile(#[source] FilesError),
    #[error("the anchor is malformed: {0}")]
    Anchor(String),
    #[error("the configuration cannot be read")]
    Files(#[source] FilesError),
    #[error("the configuration is not accepted")]
    Conf(#[source] ConfError),
    #[error("the file is no container that can be read")]
    Asic(#[source] AsicError),
    #[error("the evidence does not hold")]
    Invalid(#[source] VerifyError),
}

/// Runs the command.
pub(crate) fn run(args: &VerifyArgs, now: UnixTime) -> ExitCode {
    let verdict = judge_file(&args.file, args.anchor.as_deref(), &args.conf, args.at.unwrap_or(now));
    verdict.print(args.json);
    verdict.verdict.exit_code()
}

/// Judges a container with a configuration: a signed one if there is an anchor, else one that was handed in.
pub(crate) fn judge_file(file: &Path, anchor: Option<&Path>, conf: &Path, at: UnixTime) -> Verdict<Facts> {
    let trust = if anchor.is_some() { "anchor" } else { "supplied, unverified" };
    match judge(file, anchor, conf, at) {
        Ok((container, conf, found)) => accepted(&container, &conf, &found),
        Err(problem) => refused(&problem, trust),
    }
}

fn judge(
    file: &Path,
    anchor: Option<&Path>,
    conf: &Path,
    at: UnixTime,
) -> Result<(Container, GlobalConf, ContainerVerdict), Problem> {
    let limit = usize::try_from(limits::ASIC_ENTRY).unwrap_or(usize::MAX);
    let octets = files::read(file, limit).map_err(Problem::File)?;
    let container = Container::read(&octets).map_err(Problem::Asic)?;
    let conf = read_conf(anchor, conf)?;
    let found = verify_container(&container, &conf, at).map_err(Problem::Invalid)?;
    Ok((container, conf, found))
}

/// Reads the configuration. Its expiry is told, not judged: a container that was stamped late, because the authority was
/// away, is no worse evidence.
fn read_conf(anchor: Option<&Path>, dir: &Path) -> Result<GlobalConf, Problem> {
    let files = files::read_tree(dir).map_err(Problem::Files)?;
    let Some(anchor) = anchor else {
        let supplied = supplied::load(&inner(files, "verificationconf/")).map_err(Problem::Conf)?;
        return GlobalConf::from_parts(&supplied.own, supplied.parts).map_err(Problem::Conf);
    };
    let bytes = files::read(anchor, limits::CONF_DIRECTORY).map_err(Problem::AnchorFile)?;
    let anchor = Anchor::parse(&bytes).map_err(|e| Problem::Anchor(chain(&e)))?;
    let tree = signed::load_tree(&anchor, &inner(files, "signedconf/"), UnixTime::from_millis(0));
    let mut tree = tree.map_err(Problem::Conf)?;
    // A federated configuration that does not hold is told, not left out: the reason would be lost.
    let federated = std::mem::take(&mut tree.federated);
    tree.federated =
        federated.into_iter().map(|(i, p)| p.map(|p| (i, Ok(p)))).collect::<Result<_, _>>().map_err(Problem::Conf)?;
    GlobalConf::from_parts(&anchor.instance, tree.parts()).map_err(Problem::Conf)
}

/// The files below `folder`, if all of them are there, as in a zip that was unpacked with its own folder.
fn inner(files: BTreeMap<String, Bytes>, folder: &str) -> BTreeMap<String, Bytes> {
    match files.keys().all(|name| name.starts_with(folder)) {
        true => files.into_iter().map(|(name, bytes)| (name.trim_start_matches(folder).to_owned(), bytes)).collect(),
        false => files,
    }
}

fn accepted(container: &Container, conf: &GlobalConf, found: &ContainerVerdict) -> Verdict<Facts> {
    let seal = &found.seal;
    let mut facts = Facts {
        trust: match conf.trust() {
            Trust::Verified => "anchor".to_owned(),
            Trust::Supplied => "supplied, unverified".to_owned(),
        },
        signer: Some(seal.member.to_string()),
        signer_name: conf.member_name(&seal.member).map(str::to_owned),
        signed_at: Some(found.timestamp.gen_time.to_string()),
        claimed_signing_time: seal.signed_at.map(|t| t.to_string()),
        kind: Some(if found.sender.is_response { "response" } else { "request" }),
        certificate: Some(seal.signer.subject_rfc2253()),
        issuer: Some(seal.signer.issuer_rfc2253()),
        algorithm: Some(format!("{:?} with {}", seal.algorithm.scheme, seal.algorithm.digest.name())),
        timestamp_authority: Some(found.timestamp.signer.subject_rfc2253()),
        parts: seal.data.iter().map(|d| Part { name: d.uri.clone(), verified: d.verified }).collect(),
        configuration: Some(format!("{} until {}", conf.own_instance(), conf.expires())),
        ..Facts::default()
    };
    message_facts(container, &mut facts);
    let mut checks: Vec<_> = found.checks.iter().map(line).collect();
    checks.push(match conf.trust() {
        Trust::Verified => CheckLine::passed("configuration", "the configuration is signed as the anchor demands"),
        Trust::Supplied => CheckLine::not_checked(
            "configuration",
            "who made the configuration: without an anchor it is the word of whoever handed it out",
        ),
    });
    checks
        .push(CheckLine::not_checked("legal-effect", "what the message means in law, and whether its content is true"));
    Verdict { verdict: Judgement::Valid, code: None, reason: None, facts, checks }
}

/// What the signed message block says; the block is covered by the seal.
fn message_facts(container: &Container, facts: &mut Facts) {
    match RestMessage::decode(container.message.clone()) {
        Ok(RestMessage::Request(head)) => {
            facts.client = Some(head.client().to_string());
            facts.service = Some(head.service().to_string());
            facts.message_id = Some(head.message_id().to_owned());
            let query = head.query().map(|q| format!("?{q}")).unwrap_or_default();
            facts.said = Some(format!("{} {}{query}", head.method(), head.service_path()));
        }
        Ok(RestMessage::Response(head)) => {
            facts.client = Some(head.client().to_string());
            facts.service = Some(head.service().to_string());
            facts.message_id = Some(head.message_id().to_owned());
            facts.said = Some(format!("status {}", head.status()));
        }
        // A SOAP message: its sender is known from the seal's check, the rest is not read yet.
        Err(_) => {}
    }
}

fn line(check: &Check) -> CheckLine {
    let text = match check.note.is_empty() {
        true => check.subject.to_string(),
        false => format!("{}: {}", check.subject, check.note),
    };
    let result = match check.outcome {
        Outcome::Held => CheckResult::Passed,
        Outcome::Failed => CheckResult::Failed,
        Outcome::NotChecked => CheckResult::NotChecked,
    };
    CheckLine { name: format!("{:?}", check.subject), result, text }
}

fn refused(problem: &Problem, trust: &str) -> Verdict<Facts> {
    let (verdict, path) = match problem {
        Problem::Invalid(e) => (Judgement::Invalid, e.path()),
        Problem::Asic(e) => match e.path() {
            path if path == [Code::AsicInvalidContainer] => (Judgement::Unreadable, path),
            path => (Judgement::Invalid, path),
        },
        Problem::Conf(e) => (Judgement::Invalid, vec![e.code()]),
        Problem::Anchor(_) => (Judgement::Unreadable, vec![Code::MalformedAnchor]),
        Problem::AnchorFile(_) => (Judgement::Unreadable, vec![Code::AnchorFileNotFound]),
        Problem::File(_) | Problem::Files(_) => (Judgement::Unreadable, vec![]),
    };
    Verdict {
        verdict,
        code: (!path.is_empty()).then(|| FaultCode::own(Origin::None, path).to_string()),
        reason: Some(chain(problem)),
        facts: Facts { trust: trust.to_owned(), ..Facts::default() },
        checks: Vec::new(),
    }
}

impl Verdict<Facts> {
    /// The verdict in one line, for the demo.
    #[must_use]
    pub(crate) fn short(&self) -> String {
        match self.verdict {
            Judgement::Valid => {
                format!("valid, trust {}, signed by {}", self.facts.trust, self.facts.signer.as_deref().unwrap_or("?"))
            }
            Judgement::Invalid | Judgement::Unreadable => self.reason.clone().unwrap_or_default(),
        }
    }

    #[allow(clippy::print_stdout, reason = "a command speaks on standard output")]
    fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::to_string(self).unwrap_or_default());
            return;
        }
        let facts = &self.facts;
        match self.verdict {
            Judgement::Valid => println!("VALID (trust: {})", facts.trust),
            Judgement::Invalid => {
                println!("INVALID (trust: {})", facts.trust);
                println!("  code         {}", self.code.as_deref().unwrap_or("none"));
                println!("  reason       {}", self.reason.as_deref().unwrap_or("?"));
            }
            Judgement::Unreadable => println!("UNREADABLE: {}", self.reason.as_deref().unwrap_or("?")),
        }
        let name = facts.signer_name.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
        let told = [
            ("who", facts.signer.as_ref().map(|s| format!("{s}{name}"))),
            ("said what", facts.said.as_ref().map(|s| format!("{}: {s}", facts.kind.unwrap_or("message")))),
            ("asked by", facts.client.clone()),
            ("of service", facts.service.clone()),
            ("message id", facts.message_id.clone()),
            ("when", facts.signed_at.as_ref().map(|t| format!("not after {t}, by the timestamping authority's clock"))),
            ("certificate", facts.certificate.clone()),
            ("issued by", facts.issuer.clone()),
            ("timestamp by", facts.timestamp_authority.clone()),
            ("configuration", facts.configuration.clone()),
        ];
        for (label, value) in told {
            if let Some(value) = value {
                println!("  {label:<13}{value}");
            }
        }
        for part in &facts.parts {
            println!(
                "  part         {} {}",
                part.name,
                if part.verified { "(verified)" } else { "(not in the container)" }
            );
        }
        self.checks.iter().for_each(|c| println!("{}", c.line()));
    }
}

/// Why a zip of configurations could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    /// It is no zip, or has a name that leads out of the folder.
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
        entry.by_ref().take(limit).read_to_end(&mut content).map_err(UnpackError::Write)?;
        std::fs::create_dir_all(path.parent().unwrap_or(dir)).map_err(UnpackError::Write)?;
        std::fs::write(path, content).map_err(UnpackError::Write)?;
    }
    Ok(())
}
