//! Names of persons that nobody can read without a key.
//!
//! A pseudonym is HMAC-SHA-256 of who the person is, under a key of one holder and one epoch. Two holders give one
//! person different pseudonyms, and so do two epochs. New events carry the pseudonym of the newest epoch; a lookup
//! asks under every epoch whose key is still kept, so that rotation loses nothing. When the key of an epoch is
//! destroyed, nobody finds the persons of its events any more.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use simpul_core::ident::Instance;
use simpul_core::{MemberId, limits};
use simpul_trust::keyed::Secret;
use simpul_trust::subject::Subject;

/// A person: which state gave the identifier, and the identifier. Its `Debug` text shows the state alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    home: Instance,
    identifier: Subject,
}

/// A period in which one key makes the pseudonyms. Later epochs have larger numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(pub u32);

/// A person under the key of a holder and an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym([u8; 32]);

/// Why there is no pseudonym.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key, or more than [`limits::TRAIL_EPOCHS`].
    #[error("{0} epochs of pseudonyms; 1 to {max} are allowed", max = limits::TRAIL_EPOCHS)]
    Epochs(usize),
    /// The key of this epoch is not kept.
    #[error("there is no key of epoch {}", .0.0)]
    Unknown(Epoch),
    /// The device failed.
    #[error("the key of the pseudonyms cannot be used")]
    Device(#[source] Box<dyn Error + Send + Sync>),
}

/// Whoever holds the keys: a process, or a device that never gives them out.
#[async_trait]
pub trait PseudonymKey: Send + Sync {
    /// Epochs whose keys are kept, newest first: 1 to [`limits::TRAIL_EPOCHS`]. The first names new events.
    fn epochs(&self) -> Vec<Epoch>;

    /// HMAC-SHA-256 of `data` under the key of this holder and epoch. The same arguments give the same answer for
    /// ever, and keys of two holders or epochs tell nothing of each other.
    async fn mac(&self, holder: &MemberId, epoch: Epoch, data: &[u8]) -> Result<[u8; 32], KeyError>;
}

/// Keys that are derived in this process from a secret per epoch: HKDF-SHA-256, with holder and epoch as its `info`.
#[derive(Clone, Debug)]
pub struct SoftPseudonymKey {
    secrets: BTreeMap<Epoch, Secret>,
}

/// The `salt` of the derivation.
const SALT: &[u8] = b"simpul data trail 1";

impl Person {
    /// A person whom `home` knows by `identifier`, in the one spelling that all callers use: it is compared octet for
    /// octet.
    #[must_use]
    pub fn new(home: Instance, identifier: Subject) -> Self {
        Self { home, identifier }
    }

    /// The state that gave the identifier.
    #[must_use]
    pub fn home(&self) -> &Instance {
        &self.home
    }

    /// Whether a text has the identifier in it. One of fewer than four octets is in too many texts to tell.
    pub(super) fn is_named_in(&self, text: &str) -> bool {
        let identifier = self.identifier.reveal().to_lowercase();
        identifier.len() >= 4 && text.to_lowercase().contains(&identifier)
    }

    /// The pseudonym under one epoch.
    pub(super) async fn pseudonym(
        &self,
        key: &dyn PseudonymKey,
        holder: &MemberId,
        epoch: Epoch,
    ) -> Result<Pseudonym, KeyError> {
        let data = counted(&[self.home.as_str(), self.identifier.reveal()]);
        key.mac(holder, epoch, &data).await.map(Pseudonym)
    }
}

impl Pseudonym {
    /// From stored octets.
    #[must_use]
    pub const fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// The octets, to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl SoftPseudonymKey {
    /// With a secret of 256 random bits per epoch. Epochs may share a secret: their keys are different.
    pub fn new(secrets: impl IntoIterator<Item = (Epoch, Secret)>) -> Result<Self, KeyError> {
        let secrets: BTreeMap<_, _> = secrets.into_iter().collect();
        match (1..=limits::TRAIL_EPOCHS).contains(&secrets.len()) {
            true => Ok(Self { secrets }),
            false => Err(KeyError::Epochs(secrets.len())),
        }
    }
}

#[async_trait]
impl PseudonymKey for SoftPseudonymKey {
    fn epochs(&self) -> Vec<Epoch> {
        self.secrets.keys().rev().copied().collect()
    }

    async fn mac(&self, holder: &MemberId, epoch: Epoch, data: &[u8]) -> Result<[u8; 32], KeyError> {
        let failed = |cause| KeyError::Device(Box::new(cause));
        let secret = self.secrets.get(&epoch).ok_or(KeyError::Unknown(epoch))?;
        let mut info = counted(&[holder.instance.as_str(), holder.class.as_str(), holder.code.as_str()]);
        info.extend(epoch.0.to_be_bytes());
        secret.derive(SALT, &info).and_then(|key| key.mac(data)).map_err(failed)
    }
}

/// Texts one after another, each behind its length, so that no text can move a border.
pub(super) fn counted(texts: &[&str]) -> Vec<u8> {
    let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    texts.iter().flat_map(|text| length(text).into_iter().chain(text.bytes())).collect()
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({}, ..)", self.home)
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}
