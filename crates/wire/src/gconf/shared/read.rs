//! Reading shared parameters of the formats 2 to 6.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

use roxmltree::Node;
use simpul_core::ident::{Instance, MemberCode};
use simpul_core::{ClientId, MemberId, SubsystemId, limits};

use super::{
    AcmeServer, ApprovedCa, ApprovedTsa, COST_TYPES, CSR_FORMATS, CaInfo, ConfSource, CostType, GlobalGroup,
    Maintenance, Member, MemberClassInfo, OcspInfo, SecurityServer, SharedParams, Subsystem,
};
use crate::gconf::FormatVersion;
use crate::gconf::element::{self, Broken, Read, Sequence};
use crate::gconf::error::{Document, DocumentError, DocumentFault as Fault};

impl SharedParams {
    /// Reads shared parameters of at most [`limits::CONF_PART`] octets in this format.
    ///
    /// Members, subsystems, servers, groups and ids that stand twice are refused: it would be open which one
    /// holds. Central services (§8.5, legacy) are read past. So are the elements after the settings, where the
    /// schema of format 3 and later has `any`.
    pub fn parse(bytes: &[u8], format: FormatVersion) -> Result<Self, DocumentError> {
        element::document(bytes, limits::CONF_PART, Document::Shared, "conf", |node| Reader { format }.conf(node))
    }
}

// Group members whose type does not fit their parts are left out of the group, as X-Road leaves them out: real
// files have them (globalconf_good_v2), and a right must not come from a guess.

/// Who the ids of members and subsystems stand for.
type Ids = HashMap<String, ClientId>;

struct Reader {
    format: FormatVersion,
}

impl Reader {
    /// The element if this format has it; where it has not, a following one is refused as unexpected.
    fn since<'a, 'i>(
        &self,
        first: FormatVersion,
        children: &mut Sequence<'a, 'i>,
        name: &'static str,
    ) -> Option<Node<'a, 'i>> {
        (self.format >= first).then(|| children.optional(name)).flatten()
    }

    fn conf(&self, node: Node<'_, '_>) -> Read<SharedParams> {
        let mut children = Sequence::of(node)?;
        let instance: Instance = element::identifier(children.required("instanceIdentifier")?)?;
        let sources = if self.format >= FormatVersion::V3 {
            let first = source(children.required("source")?)?;
            let more = children.bounded("source", limits::CONF_SOURCES - 1, source)?;
            std::iter::once(first).chain(more).collect()
        } else {
            Vec::new()
        };
        let approved_cas = children.repeated("approvedCA", |n| self.approved_ca(n))?;
        let approved_tsas = children.repeated("approvedTSA", |n| self.approved_tsa(n))?;
        let mut ids = Ids::new();
        let members = children.repeated("member", |n| self.member(n, &instance, &mut ids))?;
        unique(node, &members, |m| &m.id)?;
        let servers = children.repeated("securityServer", |n| self.server(n, &ids))?;
        unique(node, &servers, SecurityServer::id)?;
        let groups = children.repeated("globalGroup", group)?;
        unique(node, &groups, |g| &g.code)?;
        children.repeated("centralService", |_| Ok(()))?;
        let settings = children.required("globalSettings")?;
        if self.format == FormatVersion::V2 {
            children.end()?;
        }
        let mut children = Sequence::of(settings)?;
        let member_classes = children.repeated("memberClass", member_class)?;
        let ocsp_freshness = element::seconds(children.required("ocspFreshnessSeconds")?)?;
        children.end()?;
        Ok(SharedParams {
            instance,
            sources,
            approved_cas,
            approved_tsas,
            members,
            servers,
            groups,
            member_classes,
            ocsp_freshness,
        })
    }

    fn approved_ca(&self, node: Node<'_, '_>) -> Read<ApprovedCa> {
        let mut children = Sequence::of(node)?;
        let ca = ApprovedCa {
            name: element::text(children.required("name")?)?,
            authentication_only: children
                .optional("authenticationOnly")
                .map(element::boolean)
                .transpose()?
                .unwrap_or(false),
            top: self.ca_info(children.required("topCA")?)?,
            intermediates: children.repeated("intermediateCA", |n| self.ca_info(n))?,
            profile: element::text(children.required("certificateProfileInfo")?)?,
            csr_format: self
                .since(FormatVersion::V6, &mut children, "defaultCsrFormat")
                .map(|n| element::word(n, &CSR_FORMATS, "PEM or DER"))
                .transpose()?,
            acme: self
                .since(FormatVersion::V3, &mut children, "acmeServer")
                .map(|n| self.acme_server(n))
                .transpose()?,
        };
        children.end()?;
        Ok(ca)
    }

    fn ca_info(&self, node: Node<'_, '_>) -> Read<CaInfo> {
        let mut children = Sequence::of(node)?;
        let certificate = element::base64(children.required("cert")?)?;
        let ocsp = children.repeated("ocsp", |n| self.ocsp_info(n))?;
        children.end()?;
        Ok(CaInfo { certificate, ocsp })
    }

    fn ocsp_info(&self, node: Node<'_, '_>) -> Read<OcspInfo> {
        let mut children = Sequence::of(node)?;
        let info = OcspInfo {
            url: element::text(children.required("url")?)?,
            certificate: children.optional("cert").map(element::base64).transpose()?,
            cost: self.cost_type(&mut children)?,
        };
        children.end()?;
        Ok(info)
    }

    fn cost_type(&self, children: &mut Sequence<'_, '_>) -> Read<Option<CostType>> {
        let node = self.since(FormatVersion::V6, children, "costType");
        node.map(|n| element::word(n, &COST_TYPES, "FREE, PAID or UNDEFINED")).transpose()
    }

    fn acme_server(&self, node: Node<'_, '_>) -> Read<AcmeServer> {
        let mut children = Sequence::of(node)?;
        let v4 = FormatVersion::V4;
        let server = AcmeServer {
            directory_url: element::text(children.required("directoryURL")?)?,
            ip_address: children.optional("ipAddress").map(element::text).transpose()?,
            authentication_profile: self
                .since(v4, &mut children, "authenticationCertificateProfileId")
                .map(element::text)
                .transpose()?,
            signing_profile: self
                .since(v4, &mut children, "signingCertificateProfileId")
                .map(element::text)
                .transpose()?,
        };
        children.end()?;
        Ok(server)
    }

    fn approved_tsa(&self, node: Node<'_, '_>) -> Read<ApprovedTsa> {
        let mut children = Sequence::of(node)?;
        let tsa = ApprovedTsa {
            name: element::text(children.required("name")?)?,
            url: element::text(children.required("url")?)?,
            certificate: element::base64(children.required("cert")?)?,
            cost: self.cost_type(&mut children)?,
        };
        children.end()?;
        Ok(tsa)
    }

    fn member(&self, node: Node<'_, '_>, instance: &Instance, ids: &mut Ids) -> Read<Member> {
        let mut children = Sequence::with_id(node)?;
        let class = member_class(children.required("memberClass")?)?;
        let code: MemberCode = element::identifier(children.required("memberCode")?)?;
        let id = MemberId { instance: instance.clone(), class: class.code, code };
        remember(node, ids, ClientId::Member(id.clone()))?;
        let name = element::text(children.required("name")?)?;
        let subsystems = children.repeated("subsystem", |n| self.subsystem(n, &id, ids))?;
        unique(node, &subsystems, |s| &s.code)?;
        children.end()?;
        Ok(Member { id, class_description: class.description, name, subsystems })
    }

    fn subsystem(&self, node: Node<'_, '_>, member: &MemberId, ids: &mut Ids) -> Read<Subsystem> {
        let mut children = Sequence::with_id(node)?;
        let subsystem = Subsystem {
            code: element::identifier(children.required("subsystemCode")?)?,
            name: self.since(FormatVersion::V5, &mut children, "subsystemName").map(element::text).transpose()?,
        };
        children.end()?;
        let id = SubsystemId { member: member.clone(), code: subsystem.code.clone() };
        remember(node, ids, ClientId::Subsystem(id))?;
        Ok(subsystem)
    }

    fn server(&self, node: Node<'_, '_>, ids: &Ids) -> Read<SecurityServer> {
        let mut children = Sequence::of(node)?;
        let server = SecurityServer {
            owner: owner(children.required("owner")?, ids)?,
            code: element::identifier(children.required("serverCode")?)?,
            address: children.optional("address").map(element::text).transpose()?,
            auth_cert_hashes: children.repeated("authCertHash", element::base64)?,
            clients: children.repeated("client", |n| client(n, ids))?,
            maintenance: self
                .since(FormatVersion::V5, &mut children, "inMaintenanceMode")
                .map(maintenance)
                .transpose()?,
        };
        children.end()?;
        Ok(server)
    }
}

fn source(node: Node<'_, '_>) -> Read<ConfSource> {
    let mut children = Sequence::of(node)?;
    let most = limits::CONF_SOURCE_CERTS;
    let source = ConfSource {
        address: element::text(children.required("address")?)?,
        internal_certificates: children.bounded("internalVerificationCert", most, element::base64)?,
        external_certificates: children.bounded("externalVerificationCert", most, element::base64)?,
    };
    children.end()?;
    Ok(source)
}

fn member_class(node: Node<'_, '_>) -> Read<MemberClassInfo> {
    let mut children = Sequence::of(node)?;
    let class = MemberClassInfo {
        code: element::identifier(children.required("code")?)?,
        description: element::text(children.required("description")?)?,
    };
    children.end()?;
    Ok(class)
}

fn group(node: Node<'_, '_>) -> Read<GlobalGroup> {
    let mut children = Sequence::of(node)?;
    let group = GlobalGroup {
        code: element::identifier(children.required("groupCode")?)?,
        description: element::text(children.required("description")?)?,
        members: children.repeated("groupMember", element::consistent_client_id)?.into_iter().flatten().collect(),
    };
    children.end()?;
    Ok(group)
}

fn maintenance(node: Node<'_, '_>) -> Read<Maintenance> {
    let mut children = Sequence::of(node)?;
    let message = children.optional("message").map(element::text).transpose()?;
    children.end()?;
    Ok(Maintenance { message })
}

/// Records whom an `id` stands for; each stands once in a document.
fn remember(node: Node<'_, '_>, ids: &mut Ids, client: ClientId) -> Read<()> {
    match node.attribute("id") {
        Some(id) if ids.insert(id.to_owned(), client).is_some() => {
            Err(Broken::at(node, Fault::Duplicate(format!("the id `{id}`"))))
        }
        _ => Ok(()),
    }
}

/// `xs:IDREF`, with the white space around it that the type ignores.
fn client(node: Node<'_, '_>, ids: &Ids) -> Read<ClientId> {
    let text = element::text(node)?;
    let id = text.trim();
    ids.get(id).cloned().ok_or_else(|| unknown(node, id, "the id of a member or subsystem"))
}

fn owner(node: Node<'_, '_>, ids: &Ids) -> Read<MemberId> {
    match client(node, ids)? {
        ClientId::Member(member) => Ok(member),
        ClientId::Subsystem(_) => Err(unknown(node, &element::text(node)?, "the id of a member")),
    }
}

fn unknown(node: Node<'_, '_>, id: &str, expected: &'static str) -> Broken {
    Broken::at(node, Fault::Reference { element: element::name(node), id: id.to_owned(), expected })
}

/// Demands that no two entries have the same key.
fn unique<'a, T, K: Hash + Eq + Debug>(node: Node<'_, '_>, all: &'a [T], key: impl Fn(&'a T) -> K) -> Read<()> {
    let mut seen = HashSet::with_capacity(all.len());
    for entry in all {
        if !seen.insert(key(entry)) {
            return Err(Broken::at(node, Fault::Duplicate(format!("{:?}", key(entry)))));
        }
    }
    Ok(())
}
