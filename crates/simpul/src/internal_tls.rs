//! The internal TLS key: what this server proves to the information systems of its clients, those that call and those
//! that answer (wire.md §9.3). Unless the operator brings one it is made here, self-signed, and kept.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use simpul_core::UnixTime;
use simpul_trust::token::SoftSigner;

use crate::files::{make_dir, write_whole};
use crate::keys::{self, KeyError};

/// Seconds that a key made here is good for: twenty years. Information systems pin the certificate itself.
const VALIDITY: i64 = 20 * 365 * 86_400;

/// Characters that a common name may have (X.520, ub-common-name).
const COMMON_NAME: usize = 64;

/// Why there is no internal TLS key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InternalTlsError {
    /// What is there cannot be used.
    #[error("the internal TLS key cannot be used")]
    Key(#[source] KeyError),
    /// None could be made.
    #[error("no internal TLS key can be made")]
    Make(#[source] ErrorStack),
    /// It cannot be kept.
    #[error("{}: cannot be written", path.display())]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

/// The key kept in `dir` (`internal.key`, mode 0600, and `internal.crt`), or a new RSA-2048 one for this machine's name
/// and, if it is one that callers can use, this address. The certificate is written last: where it is, the key is.
pub(crate) fn open(dir: &Path, address: Option<IpAddr>, now: UnixTime) -> Result<SoftSigner, InternalTlsError> {
    let (key_file, certificate_file) = (dir.join("internal.key"), dir.join("internal.crt"));
    if !certificate_file.exists() {
        let (key, certificate) = make(&host_name(), address, now).map_err(InternalTlsError::Make)?;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |cause| InternalTlsError::Write { path, cause }
        };
        make_dir(dir).map_err(failed(dir))?;
        write_whole(&key_file, &key, 0o600).map_err(failed(&key_file))?;
        write_whole(&certificate_file, &certificate, 0o644).map_err(failed(&certificate_file))?;
    }
    keys::signer(&key_file, &certificate_file).map_err(InternalTlsError::Key)
}

/// Key and certificate as PEM.
fn make(host: &str, address: Option<IpAddr>, now: UnixTime) -> Result<(Vec<u8>, Vec<u8>), ErrorStack> {
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let certificate = certify(&key, host, address, now)?;
    Ok((key.private_key_to_pem_pkcs8()?, certificate.to_pem()?))
}

fn certify(key: &PKey<Private>, host: &str, address: Option<IpAddr>, now: UnixTime) -> Result<X509, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", &host.chars().take(COMMON_NAME).collect::<String>())?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let seconds = now.millis().div_euclid(1000);
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_pubkey(key)?;
    // A little before now: the clocks of callers differ.
    builder.set_not_before(&*Asn1Time::from_unix(seconds - 3600)?)?;
    builder.set_not_after(&*Asn1Time::from_unix(seconds + VALIDITY)?)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().key_encipherment().build()?)?;
    builder.append_extension(ExtendedKeyUsage::new().server_auth().client_auth().build()?)?;
    let mut names = SubjectAlternativeName::new();
    names.dns(host);
    if let Some(address) = address.filter(|a| !a.is_unspecified()) {
        names.ip(&address.to_string());
    }
    let names = names.build(&builder.x509v3_context(None, None))?;
    builder.append_extension(names)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

/// This machine's name as the kernel has it, without what no DNS name holds; `localhost` if there is none.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use simpul_trust::token::Signer;

    use super::*;

    const NOW: UnixTime = UnixTime::from_millis(1_790_000_000_000);

    #[test]
    fn a_key_is_made_once_and_kept_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("server/internal-tls");
        let made = open(&dir, Some("127.0.0.9".parse().unwrap()), NOW).unwrap();
        let again = open(&dir, None, NOW).unwrap();
        assert_eq!(made.certificate(), again.certificate());
        let mode = |name: &str| fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("internal.key"), mode("internal.crt")), (0o600, 0o644));
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        let x509 = made.certificate().x509();
        assert!(x509.verify(&x509.public_key().unwrap()).unwrap(), "signed by itself");
        let names = x509.subject_alt_names().unwrap();
        assert!(names.iter().any(|n| n.ipaddress() == Some(&[127, 0, 0, 9])));
        assert!(names.iter().any(|n| n.dnsname().is_some()));
    }

    /// A key without its certificate is what a cut left; a certificate without its key is an operator's mistake.
    #[test]
    fn halves_are_made_anew_or_refused() {
        let dir = tempfile::tempdir().unwrap();
        let first = open(dir.path(), None, NOW).unwrap();
        fs::remove_file(dir.path().join("internal.crt")).unwrap();
        let second = open(dir.path(), None, NOW).unwrap();
        assert_ne!(first.certificate(), second.certificate());
        fs::remove_file(dir.path().join("internal.key")).unwrap();
        assert!(matches!(open(dir.path(), None, NOW), Err(InternalTlsError::Key(KeyError::Read { .. }))));
        fs::remove_file(dir.path().join("internal.crt")).unwrap();
        open(dir.path(), None, NOW).unwrap();
        fs::set_permissions(dir.path().join("internal.key"), fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(open(dir.path(), None, NOW), Err(InternalTlsError::Key(KeyError::Open { .. }))));
    }
}
