//! A state with one member, its CA and its timestamping authority.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use simpul_core::{MemberId, UnixTime};
use simpul_lab::ca::{CaPlan, KeyKind, LabCa, SignRequest, SubjectLayout};
use simpul_ledger::contract::record;
use simpul_ledger::{AuthorityError, LoggedBody, NewRecord, Timestamper};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::{GlobalConf, supplied};
use simpul_trust::seal::{self, Parts};
use simpul_trust::token::{Signer, SoftSigner};
use simpul_trust::{hash, ocsp};

/// When everything happens.
pub(crate) fn now() -> UnixTime {
    UnixTime::from_secs(1_700_000_100)
}

pub(crate) struct State {
    pub(crate) ca: LabCa,
    pub(crate) conf: GlobalConf,
    member: SoftSigner,
    ocsp: Bytes,
}

impl State {
    pub(crate) fn new() -> Self {
        let from = now().minus(Duration::from_secs(86_400));
        let plan = CaPlan { key: KeyKind::P256, ..CaPlan::named("State", from) };
        let mut ca = LabCa::create(&plan).unwrap();
        let id: MemberId = "ID/GOV/3201".parse().unwrap();
        let request = SignRequest { member: &id, name: "Ministry", server_code: "ss1", country: "ID" };
        let member = ca.new_sign_key(SubjectLayout::Basic, &request, from).unwrap();
        let asked = ocsp::request(member.certificate(), ca.issuer()).unwrap();
        let ocsp = simpul_lab::ocsp::respond(&ca, &asked, now(), None).into();
        let conf = conf(&ca);
        Self { ca, conf, member, ocsp }
    }

    /// The `n`th record, sealed by the member.
    pub(crate) async fn record(&self, n: u32, body: Option<&'static [u8]>) -> NewRecord {
        let body = body.map(Bytes::from_static);
        let mut record = record(n);
        let digests = body.iter().map(|b| hash::sha512(b)).collect();
        let parts = Parts::of(&record.message, digests);
        record.seal = seal::seal(&parts, &self.member, std::slice::from_ref(&self.ocsp), now()).await.unwrap();
        record.body = body.map_or(LoggedBody::None, LoggedBody::Whole);
        record
    }

    pub(crate) fn authority(&self) -> Authority {
        let certificate = self.ca.tsa().certificate().clone();
        Authority { tsa: self.ca.tsa().clone(), certificate, asked: AtomicU64::new(0), answers: Mutex::default() }
    }
}

fn conf(ca: &LabCa) -> GlobalConf {
    let encode = |certificate: &Certificate| STANDARD.encode(certificate.der());
    let (root, tsa) = (encode(ca.root()), encode(ca.tsa().certificate()));
    let ocsp = encode(&ca.ocsp_certificates()[0]);
    let profile = SubjectLayout::Basic.profile().class_name();
    let shared = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ns3:conf xmlns:ns2="http://x-road.eu/xsd/identifiers" xmlns:ns3="http://x-road.eu/xsd/xroad.xsd">
<instanceIdentifier>ID</instanceIdentifier>
<source><address>registry.example</address></source>
<approvedCA><name>State</name><topCA><cert>{root}</cert><ocsp><url>http://ocsp.example</url><cert>{ocsp}</cert></ocsp>
</topCA><certificateProfileInfo>{profile}</certificateProfileInfo></approvedCA>
<approvedTSA><name>State</name><url>http://tsa.example</url><cert>{tsa}</cert></approvedTSA>
<member id="id0"><memberClass><code>GOV</code><description>Government</description></memberClass>
<memberCode>3201</memberCode><name>Ministry</name></member>
<globalSettings><memberClass><code>GOV</code><description>Government</description></memberClass>
<ocspFreshnessSeconds>3600</ocspFreshnessSeconds></globalSettings>
</ns3:conf>"#
    );
    let files = BTreeMap::from([
        ("instance-identifier".to_owned(), Bytes::from_static(b"ID")),
        ("ID/shared-params.xml".to_owned(), shared.into()),
        ("ID/shared-params.xml.metadata".to_owned(), Bytes::from_static(br#"{"configurationVersion":"6"}"#)),
    ]);
    let supplied = supplied::load(&files).unwrap();
    GlobalConf::from_parts(&supplied.own, supplied.parts).unwrap()
}

/// What an authority does when it is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Good,
    Silence,
    Garbage,
    /// A good token for something else.
    OtherData,
    /// A token of an authority that nobody has approved.
    OtherAuthority,
}

/// The state's timestamping authority, which errs as a test says and is right otherwise.
pub(crate) struct Authority {
    tsa: SoftSigner,
    pub(crate) certificate: Certificate,
    pub(crate) asked: AtomicU64,
    answers: Mutex<Vec<Reply>>,
}

impl Authority {
    pub(crate) fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.answers.lock().unwrap().extend(replies);
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl Timestamper for Authority {
    async fn stamp(&self, query: Vec<u8>) -> Result<Vec<u8>, AuthorityError> {
        let serial = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let reply = {
            let mut answers = self.answers.lock().unwrap();
            (!answers.is_empty()).then(|| answers.remove(0))
        };
        match reply {
            None | Some(Reply::Good) => Ok(simpul_lab::tsa::respond(&self.tsa, &query, now(), serial)),
            Some(Reply::Silence) => Err(AuthorityError("no route".into())),
            Some(Reply::Garbage) => Ok(b"<html>".to_vec()),
            Some(Reply::OtherData) => {
                let other = simpul_trust::tsp::request(&hash::sha512(b"other")).unwrap();
                Ok(simpul_lab::tsa::respond(&self.tsa, &other, now(), serial))
            }
            Some(Reply::OtherAuthority) => {
                let stranger = LabCa::create(&CaPlan { key: KeyKind::P256, ..CaPlan::named("Stranger", now()) });
                Ok(simpul_lab::tsa::respond(stranger.unwrap().tsa(), &query, now(), serial))
            }
        }
    }
}
