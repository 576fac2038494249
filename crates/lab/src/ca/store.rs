//! A lab CA on disk: `ca.json` with what was issued and revoked, and beside it each key and certificate.
//!
//! ```text
//! ca.json                                version 1; replaced as a whole
//! root.crt root.key                      PEM; keys have mode 0600
//! root-ocsp.crt root-ocsp.key
//! issuing.crt … issuing-ocsp.key         only with an intermediate CA
//! tsa.crt tsa.key
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use simpul_core::UnixTime;
use simpul_trust::cert::Certificate;
use simpul_trust::token::{Signer, SoftSigner};

use super::{Authority, Issued, KeyKind, LabCa, LabError, Level};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    name: String,
    key: KeyWord,
    lifetime_seconds: u64,
    intermediate: bool,
    next_serial: u64,
    issued: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeyWord {
    Rsa2048,
    P256,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum IssuerWord {
    Root,
    Issuing,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    serial: u64,
    issuer: IssuerWord,
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at_millis: Option<i64>,
}

/// File names of an authority: its CA and its OCSP signer.
const ROOT: [&str; 2] = ["root", "root-ocsp"];
const ISSUING: [&str; 2] = ["issuing", "issuing-ocsp"];
const TSA: &str = "tsa";

impl LabCa {
    /// Writes everything to a folder, which is made if it is missing. A folder that holds another CA is refused.
    /// Each file is replaced at once, `ca.json` last; what was issued before the call and is not saved is forgotten
    /// by the next [`Self::load`].
    pub fn save(&self, dir: &Path) -> Result<(), LabError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |cause| LabError::File { path, cause }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
        let root = dir.join("root.crt");
        if root.exists() && certificate(&root)? != *self.root() {
            return Err(LabError::Occupied(dir.to_owned()));
        }
        let signers = [(ROOT, Some(&self.root)), (ISSUING, self.issuing.as_ref())];
        let signers = signers.into_iter().filter_map(|(names, authority)| Some((names, authority?)));
        let signers = signers.flat_map(|([ca, ocsp], a)| [(ca, &a.ca), (ocsp, &a.ocsp)]).chain([(TSA, &self.tsa)]);
        for (name, signer) in signers {
            let key = signer.private_key().private_key_to_pem_pkcs8().map_err(LabError::OpenSsl)?;
            let pem = signer.certificate().x509().to_pem().map_err(LabError::OpenSsl)?;
            for (ending, bytes) in [("key", key), ("crt", pem)] {
                let path = dir.join(format!("{name}.{ending}"));
                replace(&path, &bytes).map_err(at(&path))?;
            }
        }
        let path = dir.join("ca.json");
        let text = serde_json::to_vec_pretty(&self.document())
            .map_err(|cause| LabError::Document { path: path.clone(), cause })?;
        replace(&path, &text).map_err(at(&path))
    }

    /// Reads what [`Self::save`] wrote.
    pub fn load(dir: &Path) -> Result<Self, LabError> {
        let path = dir.join("ca.json");
        let text = fs::read(&path).map_err(|cause| LabError::File { path: path.clone(), cause })?;
        let document: Document =
            serde_json::from_slice(&text).map_err(|cause| LabError::Document { path: path.clone(), cause })?;
        if document.version != VERSION {
            return Err(LabError::Version { path, version: document.version });
        }
        let root = authority(dir, ROOT, false)?;
        let issuing = document.intermediate.then(|| authority(dir, ISSUING, true)).transpose()?;
        let chain = issuing.iter().map(|a| a.certificate().clone()).collect();
        let issued: BTreeMap<u64, Issued> = document.issued.into_iter().map(record).collect();
        Ok(Self {
            name: document.name,
            key: match document.key {
                KeyWord::Rsa2048 => KeyKind::Rsa2048,
                KeyWord::P256 => KeyKind::P256,
            },
            lifetime: Duration::from_secs(document.lifetime_seconds),
            root,
            issuing,
            tsa: signer(dir, TSA, chain)?,
            next_serial: document.next_serial,
            issued,
        })
    }

    fn document(&self) -> Document {
        let entry = |(serial, i): (&u64, &Issued)| Entry {
            serial: *serial,
            issuer: match i.issuer {
                Level::Root => IssuerWord::Root,
                Level::Issuing => IssuerWord::Issuing,
            },
            subject: i.subject.clone(),
            revoked_at_millis: i.revoked.map(UnixTime::millis),
        };
        Document {
            version: VERSION,
            name: self.name.clone(),
            key: match self.key {
                KeyKind::Rsa2048 => KeyWord::Rsa2048,
                KeyKind::P256 => KeyWord::P256,
            },
            lifetime_seconds: self.lifetime.as_secs(),
            intermediate: self.issuing.is_some(),
            next_serial: self.next_serial,
            issued: self.issued.iter().map(entry).collect(),
        }
    }
}

fn record(entry: Entry) -> (u64, Issued) {
    let issuer = match entry.issuer {
        IssuerWord::Root => Level::Root,
        IssuerWord::Issuing => Level::Issuing,
    };
    let revoked = entry.revoked_at_millis.map(UnixTime::from_millis);
    (entry.serial, Issued { issuer, subject: entry.subject, revoked })
}

fn authority(dir: &Path, [ca, ocsp]: [&str; 2], intermediate: bool) -> Result<Authority, LabError> {
    let ca = signer(dir, ca, vec![])?;
    let chain = if intermediate { vec![ca.certificate().clone()] } else { vec![] };
    Ok(Authority { ocsp: signer(dir, ocsp, chain)?, ca })
}

fn signer(dir: &Path, name: &str, chain: Vec<Certificate>) -> Result<SoftSigner, LabError> {
    let path = dir.join(format!("{name}.key"));
    let pem = fs::read(&path).map_err(|cause| LabError::File { path, cause })?;
    let certificate = certificate(&dir.join(format!("{name}.crt")))?;
    SoftSigner::from_pem(&pem, certificate, chain).map_err(LabError::Key)
}

fn certificate(path: &Path) -> Result<Certificate, LabError> {
    let pem = fs::read(path).map_err(|cause| LabError::File { path: path.to_owned(), cause })?;
    Certificate::from_der_or_pem(&pem).map_err(LabError::Certificate)
}

/// Writes a file beside the old one, readable by its owner only, and puts it in its place.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = PathBuf::from(path).into_os_string();
    beside.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}
