//! What evidence is judged by: a global configuration, proved by an anchor or handed in by somebody.

use std::collections::BTreeMap;

use bytes::Bytes;
use simpul_core::ident::Instance;
use simpul_core::{Code, DigestAlgorithm, UnixTime};
use simpul_trust::conf::{ConfError, GlobalConf, Location, is_lab, signed, supplied};
use simpul_trust::hash;
use simpul_wire::gconf::{Anchor, DocumentError};

use crate::verdict::Judgement;

/// Files of a configuration by their paths, with `/` between folders.
pub type Files = BTreeMap<String, Bytes>;

/// The file that only an unsigned configuration has (wire.md §7.4).
const INSTANCE_IDENTIFIER: &str = "instance-identifier";
/// The folder in the archive of signed configurations.
const SIGNED: &str = "signedconf/";
/// The folder in X-Road's archive of unsigned ones (§7.4).
const SUPPLIED: &str = "verificationconf/";

/// A configuration, and what vouches for it.
#[derive(Debug)]
pub struct Ground {
    conf: GlobalConf,
    anchor: Option<AnchorFacts>,
    refused: BTreeMap<Instance, ConfError>,
}

/// What an anchor file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorFacts {
    /// The instance whose configuration it finds.
    pub instance: Instance,
    /// SHA-224 of the file in the form that X-Road shows (§8.1), to be compared with what the state announces.
    pub hash: String,
    /// Whether it belongs to a laboratory federation.
    pub laboratory: bool,
}

/// Why there is nothing to judge by.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    /// The anchor is none.
    #[error("the anchor is malformed")]
    Anchor(#[source] DocumentError),
    /// The configuration is not signed as the anchor demands, or cannot be read.
    #[error("the configuration is not accepted")]
    Signed {
        /// Why.
        #[source]
        cause: Box<ConfError>,
        /// What can be done about it.
        cure: String,
    },
    /// The configuration without signatures cannot be read.
    #[error("the configuration cannot be read")]
    Supplied {
        /// Why.
        #[source]
        cause: Box<ConfError>,
        /// What can be done about it.
        cure: String,
    },
}

impl Ground {
    /// The configuration that an anchor proves, with those of federated instances. The files are those that
    /// [`signed::load_tree`] reads, also below a folder `signedconf`.
    ///
    /// Its expiry is told with the verdict and not judged: evidence that was stamped late, because the authority was
    /// away, is no worse evidence. Federated instances whose configuration does not hold are left out;
    /// [`refused`](Self::refused) knows why.
    pub fn anchored(anchor: &[u8], files: &Files) -> Result<Self, GroundError> {
        let (anchor, facts) = AnchorFacts::read(anchor).map_err(GroundError::Anchor)?;
        let refused = |cause| {
            let cure = cure(&cause, &facts, files);
            GroundError::Signed { cause: Box::new(cause), cure }
        };
        let names: Vec<_> = Location::of_anchor(&anchor).iter().map(|l| l.file_name().to_owned()).collect();
        let below = below(files, SIGNED, |name| names.iter().any(|n| n == name));
        let never = UnixTime::from_millis(i64::MIN);
        let tree = signed::load_tree(&anchor, below.as_ref().unwrap_or(files), never).map_err(refused)?;
        let conf = GlobalConf::from_parts(&anchor.instance, tree.parts()).map_err(refused)?;
        let refused = tree.federated.into_iter().filter_map(|(i, p)| Some((i, p.err()?))).collect();
        Ok(Self { conf, anchor: Some(facts), refused })
    }

    /// A configuration without signatures, such as X-Road's unpacked `verificationconf` (§7.4).
    pub fn supplied(files: &Files) -> Result<Self, GroundError> {
        let below = below(files, SUPPLIED, |name| name == INSTANCE_IDENTIFIER);
        let files = below.as_ref().unwrap_or(files);
        let loaded = supplied::load(files).and_then(|s| GlobalConf::from_parts(&s.own, s.parts));
        match loaded {
            Ok(conf) => Ok(Self { conf, anchor: None, refused: BTreeMap::new() }),
            Err(cause) => {
                let signed = files.values().any(|bytes| bytes.starts_with(b"Content-Type: multipart/related"));
                let cure = match signed {
                    true => "this folder holds a signed configuration: give the state's anchor with --anchor",
                    false => {
                        "--conf without --anchor takes an unpacked verificationconf: the file instance-identifier, and \
                         for each instance a folder with shared-params.xml"
                    }
                };
                Err(GroundError::Supplied { cause: Box::new(cause), cure: cure.to_owned() })
            }
        }
    }

    /// The configuration.
    #[must_use]
    pub fn conf(&self) -> &GlobalConf {
        &self.conf
    }

    /// The anchor that proves it, if one does.
    #[must_use]
    pub fn anchor(&self) -> Option<&AnchorFacts> {
        self.anchor.as_ref()
    }

    /// Why the configuration of a federated instance was left out.
    #[must_use]
    pub fn refused(&self) -> &BTreeMap<Instance, ConfError> {
        &self.refused
    }
}

impl AnchorFacts {
    /// Reads an anchor file.
    pub fn read(bytes: &[u8]) -> Result<(Anchor, Self), DocumentError> {
        let anchor = Anchor::parse(bytes)?;
        let digest = hash::digest(DigestAlgorithm::Sha224, bytes);
        let hash: Vec<_> = digest.as_bytes().iter().map(|octet| format!("{octet:02X}")).collect();
        let facts = Self { instance: anchor.instance.clone(), hash: hash.join(":"), laboratory: is_lab(&anchor) };
        Ok((anchor, facts))
    }
}

impl GroundError {
    /// Whether something does not hold, or could not be read.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        match self {
            Self::Signed { cause, .. } => judgement(cause),
            Self::Anchor(_) | Self::Supplied { .. } => Judgement::Unreadable,
        }
    }

    /// X-Road's code (§3.9).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Anchor(_) => Code::MalformedAnchor,
            Self::Signed { cause, .. } | Self::Supplied { cause, .. } => cause.code(),
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn cure(&self) -> &str {
        match self {
            Self::Anchor(_) => NO_ANCHOR,
            Self::Signed { cure, .. } | Self::Supplied { cure, .. } => cure,
        }
    }
}

/// What can be done about a file that is no anchor.
pub const NO_ANCHOR: &str = "--anchor takes the XML file configurationAnchor that the authority of a state hands out";

/// Whether a signed configuration does not hold, or is not there to be judged.
#[must_use]
pub fn judgement(error: &ConfError) -> Judgement {
    match error {
        ConfError::NoDirectory { .. } | ConfError::PartMissing(_) | ConfError::Tree(_) => Judgement::Unreadable,
        ConfError::Directory { .. }
        | ConfError::NoVerificationCertificate { .. }
        | ConfError::VerificationCertificate { .. }
        | ConfError::Signature(_)
        | ConfError::Expired { .. }
        | ConfError::Rollback { .. }
        | ConfError::PartInstance { .. }
        | ConfError::PartNotListed(_)
        | ConfError::PartTooLarge { .. }
        | ConfError::PartHash(_)
        | ConfError::Part { .. }
        | ConfError::Folder { .. }
        | ConfError::NoShared(_)
        | ConfError::Ambiguous { .. }
        | ConfError::TooManyInstances
        | ConfError::TrustService { .. } => Judgement::Invalid,
    }
}

/// What can be done about a signed configuration that an anchor does not prove.
#[must_use]
pub fn cure(error: &ConfError, anchor: &AnchorFacts, files: &Files) -> String {
    let AnchorFacts { instance, hash, .. } = anchor;
    match error {
        ConfError::NoDirectory { .. } if files.keys().any(|path| path.ends_with(INSTANCE_IDENTIFIER)) => {
            "this folder is an unpacked verificationconf, which nobody has signed: ask for the signed configuration \
             (/signedconf), or leave --anchor out, and the trust will be unverified"
                .to_owned()
        }
        ConfError::NoDirectory { names, .. } => format!(
            "the folder must hold the file `{names}` (the last segment of the URL in the anchor of {instance}) as it \
             was downloaded, with the parts that it lists"
        ),
        ConfError::PartMissing(_) => {
            "the folder must hold every part that the directory lists: fetch the whole configuration again".to_owned()
        }
        ConfError::NoVerificationCertificate { .. } | ConfError::VerificationCertificate { .. } => format!(
            "anchor and configuration do not belong together: get both from the authority of {instance}, and compare \
             the hash of this anchor with the one that it announces (SHA-224 {hash})"
        ),
        ConfError::Expired { .. } | ConfError::Rollback { .. } => {
            "fetch the configuration that is published now, or judge as of an earlier moment with --at".to_owned()
        }
        ConfError::PartInstance { .. } | ConfError::Folder { .. } | ConfError::Ambiguous { .. } => {
            "files of different instances were mixed: fetch the whole configuration again".to_owned()
        }
        ConfError::Directory { .. }
        | ConfError::Signature(_)
        | ConfError::PartNotListed(_)
        | ConfError::PartTooLarge { .. }
        | ConfError::PartHash(_) => format!(
            "the files were altered, or come from different versions: fetch the whole configuration of {instance} \
             again and keep it octet for octet"
        ),
        ConfError::Part { .. }
        | ConfError::Tree(_)
        | ConfError::NoShared(_)
        | ConfError::TooManyInstances
        | ConfError::TrustService { .. } => {
            format!("what is published breaks its schema: report it to the authority of {instance}")
        }
    }
}

/// The files in a folder, without its name; none if the folder is absent, or one of the files at the top says that
/// the configuration is there.
fn below(files: &Files, folder: &str, at_the_top: impl Fn(&str) -> bool) -> Option<Files> {
    if files.keys().any(|path| at_the_top(path)) {
        return None;
    }
    let inner = files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(folder)?.to_owned(), bytes.clone())));
    Some(inner.collect::<Files>()).filter(|inner| !inner.is_empty())
}
