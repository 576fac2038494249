//! Makes the demo federation: keys, certificates, anchors, and the configuration files that each role starts from.
//! Everything in it is generated and marked as laboratory.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use simpul_core::{IdError, MemberId, UnixTime};
use simpul_lab::ca::{AuthRequest, CaPlan, KeyKind, LabCa, LabError, SignRequest, SubjectLayout};
use simpul_trust::cert::Certificate;
use simpul_trust::token::{Signer, SoftSigner};
use simpul_wire::gconf::{Anchor, AnchorSource};

use super::plan::{self, FORM, Plan, PortError, Ports, Site};
use crate::files;

/// What a new federation is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes {
    /// First port, or 0.
    pub(crate) base_port: u16,
    /// First address.
    pub(crate) first_address: Ipv4Addr,
    /// Kind of every key.
    pub(crate) keys: KeyKind,
    /// Now.
    pub(crate) now: UnixTime,
}

/// Why no federation could be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    /// No ports.
    #[error("no ports for the federation")]
    Ports(#[source] PortError),
    /// A file or folder.
    #[error("{}: cannot be written", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The test CA.
    #[error("the test CA failed")]
    Ca(#[source] LabError),
    /// A key could not be written as PEM.
    #[error("a key cannot be encoded")]
    Key(#[source] openssl::error::ErrorStack),
    /// An identifier of the sample data.
    #[error("an identifier of the sample federation is wrong")]
    Id(#[source] IdError),
    /// An anchor.
    #[error("an anchor cannot be written: {0}")]
    Anchor(String),
}

/// A member of the sample federation.
struct Sample {
    code: &'static str,
    name: &'static str,
    subsystems: &'static [&'static str],
    /// Whether its sign certificate is revoked, so that the journey can show what happens then.
    revoked: bool,
}

const ID_MEMBERS: &[Sample] = &[
    Sample { code: "3200", name: "Registry of ID (lab)", subsystems: &["registry"], revoked: false },
    Sample {
        code: "3201",
        name: "Ministry of Manpower (lab)",
        subsystems: &["manpower", "payroll", "recognition"],
        revoked: false,
    },
    Sample { code: "3299", name: "Portal of the persons of ID (lab)", subsystems: &["portal"], revoked: false },
    Sample { code: "3204", name: "Licensing Office (lab, key revoked)", subsystems: &["licensing"], revoked: true },
];

const MY_MEMBERS: &[Sample] = &[
    Sample { code: "1000", name: "Registry of MY (lab)", subsystems: &["registry"], revoked: false },
    Sample {
        code: "1001",
        name: "National Registration Department (lab)",
        subsystems: &["civil-registry"],
        revoked: false,
    },
    Sample { code: "1002", name: "Qualifications Agency (lab)", subsystems: &["qualifications"], revoked: false },
];

/// Whom ID's security server asks only under an agreement, and how agreements are made with them.
const ID_MODES: &str = r#"
[[server.mode]]
partner = "MY/GOV/1002/qualifications"
mode = "agreement-required"

[[server.service]]
provider = "ID/GOV/3201/recognition"
code = "agreements"
built-in = "agreements"

[[server.access]]
provider = "ID/GOV/3201/recognition"
service = "agreements"
subject = "MY/GOV/1002/qualifications"

[[server.access]]
provider = "ID/GOV/3201/recognition"
service = "agreements"
subject = "MY/GOV/1001/civil-registry"

[[server.agreement-partner]]
service = "MY/GOV/1002/qualifications/agreements"

[[server.agreement-partner]]
service = "MY/GOV/1001/civil-registry/agreements"
[[server.mode]]
partner = "MY/GOV/1002/qualifications"
provider = "MY/GOV/1002/qualifications"
service = "subject-keys"
mode = "access-rights-only"

[[server.mode]]
partner = "MY/GOV/1002/qualifications"
provider = "MY/GOV/1002/qualifications"
service = "data-trail"
mode = "access-rights-only"

[server.trail]
holders = ["MY/GOV/1001/civil-registry/data-trail", "MY/GOV/1002/qualifications/data-trail"]
"#;

/// What a provider offers for persons: keys to name them by, and who used their data.
const FOR_PERSONS: &str = r#"
[[server.service]]
provider = "@PROVIDER@"
code = "subject-keys"
built-in = "subject-keys"

[[server.service]]
provider = "@PROVIDER@"
code = "data-trail"
built-in = "data-trail"

[[server.access]]
provider = "@PROVIDER@"
service = "subject-keys"
subject = "ID/GOV/3201/recognition"

[[server.access]]
provider = "@PROVIDER@"
service = "subject-keys"
subject = "ID/GOV/3299/portal"

[[server.access]]
provider = "@PROVIDER@"
service = "data-trail"
subject = "ID/GOV/3299/portal"
"#;

/// The services of MY's security server, who may use them, and who only under an agreement.
const MY_SERVICES: &str = r#"
[server.trail]
portals = ["ID/GOV/3299"]

[[server.service]]
provider = "MY/GOV/1002/qualifications"
code = "agreements"
built-in = "agreements"

[[server.access]]
provider = "MY/GOV/1002/qualifications"
service = "agreements"
subject = "ID/GOV/3201/recognition"

[[server.service]]
provider = "MY/GOV/1001/civil-registry"
code = "agreements"
built-in = "agreements"

[[server.access]]
provider = "MY/GOV/1001/civil-registry"
service = "agreements"
subject = "ID/GOV/3201/recognition"

[[server.agreement-partner]]
service = "ID/GOV/3201/recognition/agreements"

[[server.service]]
provider = "MY/GOV/1002/qualifications"
code = "diplomas"
url = "@REGISTER@"
openapi = "@REGISTER@/openapi.json"

[[server.access]]
provider = "MY/GOV/1002/qualifications"
service = "diplomas"
subject = "ID/GOV/3201/recognition"

[[server.access]]
provider = "MY/GOV/1002/qualifications"
service = "diplomas"
subject = "ID/GOV/3201/payroll"

[[server.access]]
provider = "MY/GOV/1001/civil-registry"
service = "persons"
subject = "ID/GOV/3201/recognition"

[[server.mode]]
partner = "ID/GOV/3201/recognition"
mode = "agreement-required"

[[server.mode]]
partner = "ID"
provider = "MY/GOV/1002/qualifications"
service = "diplomas"
mode = "agreement-required"

[[server.service]]
provider = "MY/GOV/1001/civil-registry"
code = "persons"
url = "@REGISTER@"
openapi = "@REGISTER@/openapi.json"

[[server.access]]
provider = "MY/GOV/1001/civil-registry"
service = "persons"
subject = "ID/GOV/3201/manpower"

[[server.access]]
provider = "MY/GOV/1001/civil-registry"
service = "persons"
subject = "ID/GOV/3204/licensing"
"#;

/// Makes a federation in `dir`; its plan file is written last.
pub(crate) fn prepare(dir: &Path, wishes: Wishes) -> Result<Plan, PrepareError> {
    make_dir(dir)?;
    let dir = &dir.canonicalize().map_err(|cause| PrepareError::Write { path: dir.to_owned(), cause })?;
    let first = wishes.first_address;
    let second = Ipv4Addr::from_bits(first.to_bits().wrapping_add(1));
    // The address after the second is left free for a relay between the servers.
    let ports = Ports::find(&[first, second, Ipv4Addr::from_bits(second.to_bits().wrapping_add(1))], wishes.base_port)
        .map_err(PrepareError::Ports)?;
    let plan = Plan {
        form: FORM,
        id: Site::new(dir, "ID", "ID/GOV/3201/ss1", first, ports),
        my: Site::new(dir, "MY", "MY/GOV/1001/ss1", second, ports),
    };
    Workshop::open(&plan.id, "3201", ID_MEMBERS, wishes)?.make("MY", ID_MODES)?;
    let mut services = MY_SERVICES.replace("@REGISTER@", &plan.my.register);
    for provider in ["MY/GOV/1001/civil-registry", "MY/GOV/1002/qualifications"] {
        services.push_str(&FOR_PERSONS.replace("@PROVIDER@", provider));
    }
    Workshop::open(&plan.my, "1001", MY_MEMBERS, wishes)?.make("ID", &services)?;
    let json = serde_json::to_vec_pretty(&plan).unwrap_or_default();
    write_whole(&dir.join(plan::FILE), &json, 0o644)?;
    Ok(plan)
}

/// Makes one site.
struct Workshop<'a> {
    site: &'a Site,
    /// The member that runs the security server.
    owner: &'static str,
    members: &'static [Sample],
    ca: LabCa,
    now: UnixTime,
}

impl<'a> Workshop<'a> {
    fn open(
        site: &'a Site,
        owner: &'static str,
        members: &'static [Sample],
        wishes: Wishes,
    ) -> Result<Self, PrepareError> {
        for folder in ["", "keys", "ca"] {
            make_dir(&site.dir.join(folder))?;
        }
        // A little in the past, so that a clock that is set back does not end the federation.
        let now = wishes.now.minus(Duration::from_secs(3600));
        let mut ca_plan = CaPlan::named(&format!("{} Lab", site.instance), now);
        ca_plan.key = wishes.keys;
        let ca = LabCa::create(&ca_plan).map_err(PrepareError::Ca)?;
        Ok(Self { site, owner, members, ca, now })
    }

    fn make(mut self, partner: &str, services: &str) -> Result<(), PrepareError> {
        self.make_trust_services()?;
        self.make_registry_keys()?;
        self.make_server_keys()?;
        self.ca.save(&self.site.dir.join("ca")).map_err(PrepareError::Ca)?;
        self.write("membership.toml", &self.membership(partner))?;
        self.write("simpul.toml", &self.config(partner, services))
    }

    fn make_trust_services(&self) -> Result<(), PrepareError> {
        self.certificate("ca", &[self.ca.root().clone()])?;
        self.certificate("ocsp", &self.ca.ocsp_certificates())?;
        self.certificate("tsa", &[self.ca.tsa().certificate().clone()])
    }

    /// Two configuration keys, and the anchors that carry their certificates.
    fn make_registry_keys(&mut self) -> Result<(), PrepareError> {
        for (key, directory, file) in
            [("internal", "internalconf", "anchor.xml"), ("external", "externalconf", "external-anchor.xml")]
        {
            let registry = self.members.first().map_or("", |m| m.code);
            let signer = self.sign_key(registry, &format!("{} configuration ({key}, lab)", self.site.instance))?;
            self.key(key, &signer)?;
            let anchor = Anchor {
                generated_at: Some(self.now),
                instance: self.site.instance.parse().map_err(PrepareError::Id)?,
                sources: vec![AnchorSource {
                    url: format!("{}/{directory}", self.site.registry),
                    certificates: vec![signer.certificate().der().to_vec()],
                }],
            };
            let xml = anchor.write().map_err(|e| PrepareError::Anchor(e.to_string()))?;
            self.write(file, &xml)?;
        }
        Ok(())
    }

    fn make_server_keys(&mut self) -> Result<(), PrepareError> {
        let server = self.site.server.id.parse().map_err(PrepareError::Id)?;
        let dns = format!("ss1.{}.lab.example", self.site.instance.to_lowercase());
        let request = AuthRequest { server: &server, dns: &dns, country: &self.site.instance };
        let auth = self.ca.new_auth_key(SubjectLayout::Basic, &request, self.now).map_err(PrepareError::Ca)?;
        self.key("auth", &auth)?;
        for member in self.served() {
            let signer = self.sign_key(member.code, member.name)?;
            self.key(&format!("sign-{}", member.code), &signer)?;
            if member.revoked {
                self.ca.revoke(signer.certificate(), self.now).map_err(PrepareError::Ca)?;
            }
        }
        Ok(())
    }

    /// Members whose subsystems are clients of the security server: all but the registry's operator.
    fn served(&self) -> impl Iterator<Item = &'static Sample> + use<> {
        self.members.iter().skip(1)
    }

    fn sign_key(&mut self, code: &str, name: &str) -> Result<SoftSigner, PrepareError> {
        let member = MemberId::from_parts(&self.site.instance, "GOV", code).map_err(PrepareError::Id)?;
        let request = SignRequest { member: &member, name, server_code: "ss1", country: &self.site.instance };
        self.ca.new_sign_key(SubjectLayout::Basic, &request, self.now).map_err(PrepareError::Ca)
    }

    fn membership(&self, partner: &str) -> String {
        let Site { instance, lab, registry, server, .. } = self.site;
        let address = registry.trim_start_matches("http://");
        let registry_member = self.members.first().map_or("", |m| m.code);
        let mut text = format!(
            r#"# Members, servers and trust services of the laboratory instance {instance}. Generated sample data.
address = "{address}"
management-provider = "{instance}/GOV/{registry_member}/registry"

[[class]]
code = "GOV"
description = "Government (lab)"

[[ca]]
name = "{instance} Lab CA"
certificate = "ca.pem"
profile = "{}"
ocsp = [{{ url = "{lab}/ocsp", certificate = "ocsp.pem" }}]

[[tsa]]
name = "{instance} Lab TSA"
url = "{lab}/tsa"
certificate = "tsa.pem"

[[federation]]
anchor = "../{}/external-anchor.xml"

[[server]]
owner = "{instance}/GOV/{}"
code = "ss1"
address = "{}"
auth-certificates = ["keys/auth.pem"]
clients = [{}]
"#,
            SubjectLayout::Basic.profile().class_name(),
            partner.to_lowercase(),
            self.owner,
            server.peer.ip(),
            self.clients().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", "),
        );
        for member in self.members {
            let subsystems: Vec<_> = member.subsystems.iter().map(|s| format!("\"{s}\"")).collect();
            text.push_str(&format!(
                "\n[[member]]\nclass = \"GOV\"\ncode = \"{}\"\nname = \"{}\"\nsubsystems = [{}]\n",
                member.code,
                member.name,
                subsystems.join(", ")
            ));
        }
        text
    }

    fn clients(&self) -> impl Iterator<Item = String> {
        let instance = self.site.instance.clone();
        self.served().flat_map(move |m| {
            let member = format!("{instance}/GOV/{}", m.code);
            m.subsystems.iter().map(move |s| format!("{member}/{s}"))
        })
    }

    fn config(&self, partner: &str, services: &str) -> String {
        let Site { instance, lab, registry, server, .. } = self.site;
        let host = |url: &str| url.trim_start_matches("http://").to_owned();
        let mut text = format!(
            r#"# Every role of the laboratory instance {instance}. Generated; edit it to try things out.
[storage]
dir = "data"

[lab]
listen = "{lab}"
ca = "ca"
anchor = "anchor.xml"
register = {}
identity-provider = {identity}

[registry]
instance = "{instance}"
listen = "{registry}"
membership = "membership.toml"

[registry.internal-sign]
key = "keys/internal.key"
certificate = "keys/internal.pem"

[registry.external-sign]
key = "keys/external.key"
certificate = "keys/external.pem"

[server]
id = "{}"
anchor = "anchor.xml"
allowed-federations = ["{partner}"]
peer-listen = "{}"
ocsp-listen = "{}"
peer-port = {}
ocsp-port = {}
consumer-listen = "{}"

[server.log]
truncated-body-allowed = false
timestamp-interval-seconds = 5

[server.auth]
key = "keys/auth.key"
certificate = "keys/auth.pem"
"#,
            instance == "MY",
            server.id,
            server.peer,
            server.ocsp,
            server.peer.port(),
            server.ocsp.port(),
            host(&server.consumer),
            lab = host(lab),
            identity = instance == "ID",
            registry = host(registry),
        );
        for member in self.served() {
            let code = member.code;
            text.push_str(&format!(
                "\n[[server.sign]]\nmember = \"{instance}/GOV/{code}\"\nkey = \"keys/sign-{code}.key\"\ncertificate = \"keys/sign-{code}.pem\"\n",
            ));
        }
        for client in self.clients() {
            text.push_str(&format!("\n[[server.client]]\nid = \"{client}\"\n"));
        }
        // A federation that begins: most exchanges still pass as between servers that know nothing of agreements.
        for whom in [instance.as_str(), partner] {
            text.push_str(&format!("\n[[server.mode]]\npartner = \"{whom}\"\nmode = \"access-rights-only\"\n"));
        }
        text.push_str(services);
        text
    }

    fn key(&self, name: &str, signer: &SoftSigner) -> Result<(), PrepareError> {
        let pem = signer.private_key().private_key_to_pem_pkcs8().map_err(PrepareError::Key)?;
        write_whole(&self.site.dir.join("keys").join(format!("{name}.key")), &pem, 0o600)?;
        let chain: Vec<_> = std::iter::once(signer.certificate()).chain(signer.chain()).cloned().collect();
        self.certificate(&format!("keys/{name}"), &chain)
    }

    fn certificate(&self, name: &str, chain: &[Certificate]) -> Result<(), PrepareError> {
        let pem: Result<Vec<_>, _> = chain.iter().map(|c| c.x509().to_pem()).collect();
        let pem = pem.map_err(PrepareError::Key)?.concat();
        write_whole(&self.site.dir.join(format!("{name}.pem")), &pem, 0o644)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), PrepareError> {
        write_whole(&self.site.dir.join(name), text.as_bytes(), 0o644)
    }
}

fn make_dir(path: &Path) -> Result<(), PrepareError> {
    files::make_dir(path).map_err(|cause| PrepareError::Write { path: path.to_owned(), cause })
}

fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<(), PrepareError> {
    files::write_whole(path, bytes, mode).map_err(|cause| PrepareError::Write { path: path.to_owned(), cause })
}
