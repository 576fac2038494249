//! Keys, certificates and OCSP responses of a federation that a test plays a part in.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use simpul_core::{MemberId, ServerId, UnixTime};
use simpul_lab::ca::{AuthRequest, CaPlan, LabCa, SignRequest, SubjectLayout};
use simpul_lab::ocsp;
use simpul_trust::cert::Certificate;
use simpul_trust::token::SoftSigner;

/// How old an OCSP response may be in the federation that `demo --prepare` makes.
const FRESHNESS: Duration = Duration::from_secs(3600);

/// The keys of one federation: those that it was prepared with, and others that its CAs, or strangers, issue here.
pub(super) struct Keys {
    folder: PathBuf,
    cas: HashMap<&'static str, Mutex<LabCa>>,
    made: Mutex<HashMap<String, SoftSigner>>,
}

impl Keys {
    /// The keys in the folder of a prepared federation.
    pub(super) fn of(folder: &Path) -> Self {
        let load = |instance| (instance, Mutex::new(LabCa::load(&folder.join(instance).join("ca")).unwrap()));
        Self { folder: folder.to_owned(), cas: ["id", "my"].map(load).into(), made: Mutex::default() }
    }

    /// A key by its name:
    ///
    /// - `id/auth`, `my/sign-1001`: a key of the federation;
    /// - `id/auth:NAME`, `id/sign-CODE:NAME`: another that the same CA issues, the same each time;
    /// - `id/sign-CODE:future`: one that is valid from tomorrow;
    /// - `stranger/…`: one that a CA issues which nobody approves;
    /// - `double/…`: one that a CA issues which has the name of an approved one, and another key.
    pub(super) fn key(&self, name: &str) -> SoftSigner {
        if let Some(known) = self.made.lock().unwrap().get(name) {
            return known.clone();
        }
        let (issuer, what) = name.split_once('/').unwrap_or_else(|| panic!("`{name}` is no key"));
        let key = match (issuer, what.split_once(':')) {
            ("id" | "my", None) => self.read(issuer, what),
            ("id" | "my", Some((what, variant))) => {
                issue(&mut self.cas[issuer].lock().unwrap(), &issuer.to_uppercase(), what, variant)
            }
            ("stranger", _) => issue(&mut ca("Stranger"), "ID", what, ""),
            ("double", _) => issue(&mut ca("ID Lab"), "ID", what, ""),
            _ => panic!("`{name}` is no key"),
        };
        self.made.lock().unwrap().insert(name.to_owned(), key.clone());
        key
    }

    /// Writes what the CA of an instance has issued so far to its folder.
    pub(super) fn save(&self, instance: &str) {
        self.cas[instance].lock().unwrap().save(&self.folder.join(instance).join("ca")).unwrap();
    }

    fn read(&self, instance: &str, name: &str) -> SoftSigner {
        let file =
            |ending: &str| std::fs::read(self.folder.join(instance).join(format!("keys/{name}.{ending}"))).unwrap();
        let chain = X509::stack_from_pem(&file("pem")).unwrap();
        let mut chain = chain.iter().map(|x| Certificate::from_der(&x.to_der().unwrap()).unwrap());
        let leaf = chain.next().unwrap();
        SoftSigner::from_pem(&file("key"), leaf, chain.collect()).unwrap()
    }

    /// OCSP responses (DER) about a key of `issuer` (`id` or `my`), in one of these ways: `none`, `good`, `twice`,
    /// `stale` (thisUpdate too old), `superseded` (nextUpdate passed), `revoked`, `unknown`, `other` (good, and about
    /// another certificate), `foreign` (of a responder of another CA), `garbage`, `N times`, `N octets`.
    pub(super) fn ocsp(&self, issuer: &str, key: &SoftSigner, how: &str) -> Vec<Vec<u8>> {
        let now = now();
        let certificate = simpul_trust::token::Signer::certificate(key);
        let good = || self.respond(issuer, certificate, now, Some(FRESHNESS));
        match how {
            "none" => Vec::new(),
            "good" => vec![good()],
            "stale" => vec![self.respond(issuer, certificate, now.minus(2 * FRESHNESS), None)],
            "superseded" => {
                vec![self.respond(issuer, certificate, now.minus(FRESHNESS / 2), Some(FRESHNESS / 4))]
            }
            "revoked" => vec![self.revoked(issuer, certificate, now)],
            "unknown" => {
                let fresh = LabCa::load(&self.folder.join(issuer).join("ca")).unwrap();
                vec![respond(&fresh, fresh.issuer(), certificate, now, Some(FRESHNESS))]
            }
            "other" => {
                let other = self.key(&format!("{issuer}/sign-{}:other", if issuer == "id" { "3201" } else { "1001" }));
                self.ocsp(issuer, &other, "good")
            }
            "foreign" => {
                let other = if issuer == "id" { "my" } else { "id" };
                let mine = self.cas[issuer].lock().unwrap().issuer().clone();
                let other = self.cas[other].lock().unwrap();
                vec![respond(&other, &mine, certificate, now, Some(FRESHNESS))]
            }
            "garbage" => vec![b"no OCSP response".to_vec()],
            _ => match how.split_once(' ').map(|(n, what)| (n.parse().unwrap(), what)) {
                Some((n, "times")) => vec![good(); n],
                Some((n, "octets")) => {
                    let mut response = good();
                    response.resize(n, 0);
                    vec![response]
                }
                _ => panic!("`{how}` is no way of OCSP"),
            },
        }
    }

    fn respond(&self, issuer: &str, about: &Certificate, at: UnixTime, validity: Option<Duration>) -> Vec<u8> {
        let ca = self.cas[issuer].lock().unwrap();
        respond(&ca, ca.issuer(), about, at, validity)
    }

    /// What a CA says that has revoked the certificate; for everyone else it stays good.
    fn revoked(&self, issuer: &str, about: &Certificate, at: UnixTime) -> Vec<u8> {
        let mut ca = LabCa::load(&self.folder.join(issuer).join("ca")).unwrap();
        ca.revoke(about, at.minus(Duration::from_secs(60))).expect("a certificate of the prepared federation");
        respond(&ca, ca.issuer(), about, at, Some(FRESHNESS))
    }
}

/// What the responder of `ca` says about a certificate of `issuer`.
fn respond(ca: &LabCa, issuer: &Certificate, about: &Certificate, at: UnixTime, validity: Option<Duration>) -> Vec<u8> {
    let request = simpul_trust::ocsp::request(about, issuer).unwrap();
    ocsp::respond(ca, &request, at, validity)
}

/// A key and certificate: `auth`, or `sign-CODE` for the member with that code.
fn issue(ca: &mut LabCa, instance: &str, what: &str, variant: &str) -> SoftSigner {
    let at = match variant {
        "future" => now().plus(Duration::from_secs(24 * 3600)),
        _ => now().minus(Duration::from_secs(600)),
    };
    match what.strip_prefix("sign-") {
        Some(code) => {
            let member = MemberId::from_parts(instance, "GOV", code).unwrap();
            let request = SignRequest { member: &member, name: "Member (lab)", server_code: "ss1", country: instance };
            ca.new_sign_key(SubjectLayout::Basic, &request, at).unwrap()
        }
        None => {
            let server: ServerId = format!("{instance}/GOV/{}/ss1", owner(instance)).parse().unwrap();
            let request = AuthRequest { server: &server, dns: "ss1.lab.example", country: instance };
            ca.new_auth_key(SubjectLayout::Basic, &request, at).unwrap()
        }
    }
}

fn owner(instance: &str) -> &'static str {
    if instance == "ID" { "3201" } else { "1001" }
}

fn ca(name: &str) -> LabCa {
    LabCa::create(&CaPlan::named(name, now().minus(Duration::from_secs(3600)))).unwrap()
}

/// The private key for TLS contexts.
pub(super) fn private(key: &SoftSigner) -> &PKey<Private> {
    key.private_key()
}

/// The time that the processes of the federation live in.
#[allow(clippy::disallowed_methods, reason = "processes under test read the clock of the machine")]
pub(super) fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixTime::from_millis(i64::try_from(since.as_millis()).unwrap())
}
