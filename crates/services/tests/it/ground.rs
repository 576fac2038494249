//! A holder, a portal, persons, and accesses to their data.

use std::sync::Arc;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};
use simpul_core::{ClientId, MemberId, ServiceId, UnixTime, limits};
use simpul_policy::agreement::AgreementGrant;
use simpul_policy::agreement::terms::Secrecy;
use simpul_policy::minimise::{Excess, FieldSet};
use simpul_services::trail::contract::MemoryTrail;
use simpul_services::trail::{
    AccessEvent, Answer, Concerned, Epoch, EventError, Exchange, Page, Part, Person, Portals, SoftPseudonymKey, Trail,
    TrailParts,
};
use simpul_trust::cert::Certificate;
use simpul_trust::keyed::Secret;
use simpul_trust::subject::{OpeningKey, RecipientKey, Subject};
use simpul_trust::token::SoftSigner;

pub(crate) const FIELDS: [&str; 3] = ["persons.*.birthDate", "persons.*.name", "persons.*.status"];
pub(crate) const LAW: &str = "Act 7 of 2020, section 12";

pub(crate) fn time(text: &str) -> UnixTime {
    text.parse().unwrap()
}

pub(crate) fn portal() -> MemberId {
    MemberId::from_parts("ID", "GOV", "9001").unwrap()
}

pub(crate) fn data_trail() -> ServiceId {
    "MY/GOV/1001/civil-registry/data-trail".parse().unwrap()
}

pub(crate) fn subject(identifier: &str) -> Subject {
    Subject::new(identifier.to_owned()).unwrap()
}

/// A person whom the state `ID` knows.
pub(crate) fn person(identifier: &str) -> Person {
    Person::new("ID".parse().unwrap(), subject(identifier))
}

pub(crate) fn whole(identifier: &str) -> Concerned {
    Concerned { person: person(identifier), part: Part::Whole }
}

pub(crate) fn part(identifier: &str, fields: &[&str]) -> Concerned {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Concerned { person: person(identifier), part: Part::Fields(fields) }
}

pub(crate) fn delayed(days: u32) -> Secrecy {
    Secrecy::Delayed { days, law: LAW.to_owned() }
}

pub(crate) fn hidden(until: &str) -> Secrecy {
    Secrecy::Hidden { until: time(until), law: LAW.to_owned() }
}

pub(crate) fn grant(secrecy: Secrecy) -> AgreementGrant {
    AgreementGrant {
        agreement: "id-my-civil-data".parse().unwrap(),
        version: 3,
        digest: "5a".repeat(32).parse().unwrap(),
        clauses: vec!["3.1".parse().unwrap()],
        fields: FieldSet { allowed: FIELDS.map(|field| field.parse().unwrap()).to_vec(), excess: Excess::Remove },
        secrecy,
        retention_days: 30,
    }
}

/// An exchange with ids made from `n`, given to `with`.
pub(crate) fn exchange<T>(at: UnixTime, n: u64, with: impl FnOnce(&Exchange<'_>) -> T) -> T {
    let client: ClientId = "ID/GOV/3201/manpower".parse().unwrap();
    let service = "MY/GOV/1001/civil-registry/persons".parse().unwrap();
    with(&Exchange {
        at,
        client: &client,
        service: &service,
        purpose: Some("dpv:FraudPrevention"),
        basis: Some("treaty-4"),
        message_id: &format!("ID-{n:08}"),
        request_id: &format!("00000000-0000-4000-8000-{n:012}"),
        record: n,
    })
}

pub(crate) fn event(
    at: UnixTime,
    n: u64,
    secrecy: Secrecy,
    persons: Vec<Concerned>,
) -> Result<AccessEvent, EventError> {
    exchange(at, n, |exchange| AccessEvent::granted(exchange, &grant(secrecy), persons))
}

pub(crate) fn key(epochs: &[u32]) -> SoftPseudonymKey {
    SoftPseudonymKey::new(epochs.iter().map(|n| (Epoch(*n), Secret::new([7; 32])))).unwrap()
}

/// A portal's key with its certificate; `portal` alone may ask with it.
#[derive(Clone)]
pub(crate) struct OnePortal {
    pub(crate) signer: SoftSigner,
    pub(crate) ends: UnixTime,
}

impl Portals for OnePortal {
    fn certificate(&self, member: &MemberId, sha256: &[u8; 32], at: UnixTime) -> Option<Certificate> {
        use simpul_trust::token::Signer;
        let certificate = self.signer.certificate();
        let holds = *member == portal() && certificate.sha256() == *sha256 && at < self.ends;
        holds.then(|| certificate.clone())
    }
}

pub(crate) fn rsa_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

pub(crate) fn ec_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A signer with a certificate of its own making.
pub(crate) fn signer(key: PKey<Private>) -> SoftSigner {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "portal").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_600_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(2_000_000_000).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = Certificate::from_der(&builder.build().to_der().unwrap()).unwrap();
    SoftSigner::new(key, certificate, vec![]).unwrap()
}

/// The trail of `MY/GOV/1001` with its store, and what a portal needs to ask it.
pub(crate) struct Ground {
    pub(crate) store: Arc<MemoryTrail>,
    pub(crate) trail: Trail,
    pub(crate) portal: OnePortal,
    pub(crate) recipient: RecipientKey,
    opening: OpeningKey,
}

impl Ground {
    pub(crate) fn new() -> Self {
        Self::with(&[1], ec_key())
    }

    pub(crate) fn with(epochs: &[u32], portal_key: PKey<Private>) -> Self {
        let opening = OpeningKey::from_pem(&ec_key().private_key_to_pem_pkcs8().unwrap()).unwrap();
        let recipient = opening.recipient().unwrap();
        let portal = OnePortal { signer: signer(portal_key), ends: time("2033-01-01T00:00:00Z") };
        let store = Arc::new(MemoryTrail::default());
        let trail = trail(&data_trail(), &store, key(epochs), &portal, &opening);
        Self { store, trail, portal, recipient, opening }
    }

    /// Another trail over the same store: another holder, or other epochs.
    pub(crate) fn beside(&self, service: &ServiceId, key: SoftPseudonymKey) -> Trail {
        trail(service, &self.store, key, &self.portal, &self.opening)
    }

    pub(crate) async fn record(&self, at: UnixTime, n: u64, secrecy: Secrecy, persons: Vec<Concerned>) {
        self.trail.record(&event(at, n, secrecy, persons).unwrap()).await.unwrap();
    }

    pub(crate) async fn seen(&self, identifier: &str, now: UnixTime) -> Answer {
        self.trail.seen_by(&person(identifier), page(limits::TRAIL_PAGE), now).await.unwrap()
    }
}

fn trail(
    service: &ServiceId,
    store: &Arc<MemoryTrail>,
    key: SoftPseudonymKey,
    portal: &OnePortal,
    opening: &OpeningKey,
) -> Trail {
    let parts = TrailParts {
        store: Arc::clone(store) as Arc<_>,
        key: Arc::new(key),
        portals: Arc::new(portal.clone()),
        opening: Arc::new(opening.clone()),
    };
    Trail::new(service.clone(), parts)
}

pub(crate) fn page(limit: usize) -> Page {
    Page { after: None, limit: limit.try_into().unwrap() }
}
