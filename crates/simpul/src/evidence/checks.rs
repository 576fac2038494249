//! What was checked, what was not, and what broke, in words and under names that stay.

use simpul_trust::asic::{ContainerVerdict, VerifyError};
use simpul_trust::seal::{Check, Outcome, SealError, Subject};

use super::Configuration;
use crate::ground::Ground;
use crate::verdict::{CheckLine, chain};

/// The checks of a container that holds.
pub(super) fn of_valid(
    found: &ContainerVerdict,
    ground: &Ground,
    configuration: &[Configuration],
    ignored: &[String],
) -> Vec<CheckLine> {
    let mut checks: Vec<_> = found.checks.iter().map(line).collect();
    checks.push(match ground.anchor() {
        Some(anchor) => CheckLine::passed(
            "configuration",
            format!("the configuration is signed as the anchor of {} demands", anchor.instance),
        ),
        None => CheckLine::not_checked(
            "configuration",
            "who made the configuration: without an anchor it is the word of whoever handed it out",
        ),
    });
    checks.push(validity(configuration));
    if let Some(anchor) = ground.anchor() {
        checks.push(CheckLine::not_checked(
            "anchor",
            format!("where the anchor comes from: compare its SHA-224 with the one that {} announces", anchor.instance),
        ));
        if anchor.laboratory {
            let text = "the anchor is that of a laboratory: outside the laboratory it proves nothing";
            checks.push(CheckLine::warning("laboratory", text));
        }
    }
    for (instance, cause) in ground.refused() {
        let text = format!("the configuration of {instance} was left out: {}", chain(cause));
        checks.push(CheckLine::warning("federated-configuration", text));
    }
    let absent: Vec<_> =
        found.seal.data.iter().filter(|d| !d.verified).map(|d| d.uri.trim_start_matches('/')).collect();
    if !absent.is_empty() {
        let text = format!("signed parts that are not in the container: compare their digests: {}", absent.join(", "));
        checks.push(CheckLine::not_checked("absent-parts", text));
    }
    if !ignored.is_empty() {
        let text = format!("entries that the signature does not cover: {}", ignored.join(", "));
        checks.push(CheckLine::not_checked("other-entries", text));
    }
    for (name, text) in [
        ("later-revocation", "whether a certificate was revoked after the timestamp"),
        ("timestamp-certificate", "whether the certificate of the timestamping authority was revoked"),
        ("content", "whether what the message says is true"),
        ("legal-effect", "what the message means in law"),
    ] {
        checks.push(CheckLine::not_checked(name, text));
    }
    checks
}

/// The check at which a container broke.
pub(super) fn of_error(error: &VerifyError) -> CheckLine {
    let name = match error {
        VerifyError::Container(_) => "container",
        VerifyError::Sender(_) => "message",
        VerifyError::NothingSigned => "coverage",
        VerifyError::NoTimestamp | VerifyError::Timestamp(_) => "timestamp",
        VerifyError::TimestampChain(_) => "timestamp-hash-chain",
        VerifyError::Seal(cause) => words(subject(cause)).0,
    };
    CheckLine::failed(name, chain(error))
}

/// What stands for all that comes after the check that failed.
pub(super) fn rest() -> CheckLine {
    CheckLine::not_checked("rest", "everything after the check that failed")
}

/// Whether the timestamp lies inside the time of the configuration.
fn validity(configuration: &[Configuration]) -> CheckLine {
    const NAME: &str = "configuration-validity";
    let outside: Vec<_> = configuration.iter().filter(|c| c.timestamp_inside == Some(false)).collect();
    let told = |c: &&Configuration| format!("{} until {}", c.instance, c.valid_until.as_deref().unwrap_or("?"));
    if !outside.is_empty() {
        let list: Vec<_> = outside.iter().map(told).collect();
        let text = "the timestamp lies after the end of the configuration, so that who was approved at that moment is \
                    not proved";
        return CheckLine::warning(NAME, format!("{text}: {}", list.join(", ")));
    }
    let unknown: Vec<_> = configuration.iter().filter(|c| c.valid_until.is_none()).collect();
    if unknown.is_empty() {
        let list: Vec<_> = configuration.iter().collect::<Vec<_>>().iter().map(told).collect();
        return CheckLine::passed(
            NAME,
            format!("the timestamp lies before the end of the configuration: {}", list.join(", ")),
        );
    }
    let list: Vec<_> = unknown.iter().map(|c| c.instance.as_str()).collect();
    let text = "whether the timestamp lies in the time of the configuration, which does not say its end";
    CheckLine::not_checked(NAME, format!("{text}: {}", list.join(", ")))
}

fn line(check: &Check) -> CheckLine {
    let (name, holds, topic) = words(check.subject);
    let noted = || format!("{topic}: {}", check.note);
    match check.outcome {
        Outcome::Held => CheckLine::passed(name, holds),
        Outcome::Failed => CheckLine::warning(name, noted()),
        Outcome::NotChecked => CheckLine::not_checked(name, noted()),
    }
}

/// Name, sentence for what holds, and topic of what does not or was not looked at.
fn words(subject: Subject) -> (&'static str, &'static str, &'static str) {
    match subject {
        Subject::Structure => {
            ("structure", "the signature has the form that X-Road demands", "the form of the signature")
        }
        Subject::HashChain => {
            ("hash-chain", "the hash chain leads from the parts to the signature", "the hash chain of the signature")
        }
        Subject::Coverage => (
            "coverage",
            "the signature covers the message and every attachment of the container, and they are unchanged",
            "what the signature covers",
        ),
        Subject::KeyUsage => ("key-usage", "the certificate is one for signing", "the use of the certificate's key"),
        Subject::Member => (
            "member",
            "the certificate names the member that the message names as its sender",
            "the certificate's member",
        ),
        Subject::SignatureValue => {
            ("signature-value", "the signature was made with the key of the certificate", "the signature value")
        }
        Subject::CertificatePath => (
            "certificate-path",
            "an approved certification authority has issued the certificate, and it was valid at the timestamp",
            "the certificate path",
        ),
        Subject::Ocsp => {
            ("ocsp", "an OCSP reply of that time says that the certificate was not revoked", "the OCSP replies")
        }
        Subject::SigningCertificateDigest => (
            "signing-certificate-digest",
            "the signed properties name the certificate that signed",
            "the certificate that the signed properties name",
        ),
        Subject::SigningTime => ("signing-time", "the claimed time of signing", "the claimed time of signing"),
        Subject::Policy => ("policy", "the signature policy", "the signature policy"),
        Subject::DataObjectFormat => {
            ("data-object-format", "the descriptions of the signed data", "the descriptions of the signed data")
        }
        Subject::Timestamp => {
            ("timestamp", "an approved timestamping authority has stamped the signature", "the timestamp")
        }
        Subject::TimestampPast => {
            ("timestamp-past", "the timestamp is not from the future", "the time of the timestamp")
        }
        Subject::TimestampHashChain => (
            "timestamp-hash-chain",
            "the hash chain leads from the signature to the timestamp",
            "the hash chain of the timestamp",
        ),
        Subject::Manifest => ("manifest", "the manifests", "the manifests of the container"),
    }
}

/// The check that a seal broke.
fn subject(error: &SealError) -> Subject {
    match error {
        SealError::TooLarge(_)
        | SealError::Xml(_)
        | SealError::Shape(_)
        | SealError::Place
        | SealError::Prefix(_)
        | SealError::SignatureCount(_)
        | SealError::DuplicateId(_)
        | SealError::Target
        | SealError::Policy
        | SealError::Algorithm(_)
        | SealError::TimestampManifest
        | SealError::Certificate(_) => Subject::Structure,
        SealError::NoChain | SealError::Chain(_) | SealError::PartOrder(_) => Subject::HashChain,
        SealError::NotSigning { .. } => Subject::KeyUsage,
        SealError::Subject(_) | SealError::OtherMember { .. } => Subject::Member,
        SealError::NotCanonical(_)
        | SealError::SignedProperties(_)
        | SealError::Transform(_)
        | SealError::Unresolved(_)
        | SealError::DataDiffers(_)
        | SealError::Value => Subject::SignatureValue,
        SealError::NotCovered(_) => Subject::Coverage,
        SealError::UnknownCa { .. }
        | SealError::AuthenticationOnly { .. }
        | SealError::Intermediate(_)
        | SealError::Path(_) => Subject::CertificatePath,
        SealError::NoOcsp | SealError::MissingOcsp { .. } | SealError::Ocsp { .. } => Subject::Ocsp,
        // Of making a seal; judging one never ends here.
        SealError::Stamp
        | SealError::PartDigest
        | SealError::NothingToProve
        | SealError::BuildChain(_)
        | SealError::Sign(_)
        | SealError::Encoding(_) => Subject::Structure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(end: Option<&str>, inside: Option<bool>) -> Configuration {
        let valid_until = end.map(str::to_owned);
        Configuration { instance: "ID".to_owned(), sha256: None, valid_until, timestamp_inside: inside }
    }

    #[test]
    fn the_time_of_the_configuration_is_told() {
        use crate::verdict::CheckResult;
        let inside = until(Some("T"), Some(true));
        assert_eq!(validity(std::slice::from_ref(&inside)).result, CheckResult::Passed);
        assert_eq!(validity(&[inside.clone(), until(None, None)]).result, CheckResult::NotChecked);
        let outside = validity(&[inside, until(None, None), until(Some("E"), Some(false))]);
        assert_eq!(outside.result, CheckResult::Warning);
        assert!(outside.text.ends_with(": ID until E"), "{}", outside.text);
    }
}
