//! Writing shared parameters of format 6.

use std::collections::HashMap;

use simpul_core::ClientId;

use super::{
    AcmeServer, ApprovedCa, COST_TYPES, CSR_FORMATS, CaInfo, ConfSource, CostType, GlobalGroup, Member, OcspInfo,
    SecurityServer, SharedParams,
};
use crate::gconf::error::DocumentWriteError;
use crate::gconf::writer::{Writer, Written};

/// The ids that a document gives to clients.
type Ids = HashMap<ClientId, String>;

impl SharedParams {
    /// The file in format 6. Ids are `id0`, `id1`, …: each member, then its subsystems (§8.5).
    ///
    /// Every member must be of this instance, every owner and client of a server among the members.
    pub fn write(&self) -> Result<String, DocumentWriteError> {
        if self.sources.is_empty() {
            return Err(DocumentWriteError::Empty("source"));
        }
        if let Some(foreign) = self.members.iter().find(|m| m.id.instance != self.instance) {
            return Err(DocumentWriteError::Foreign(foreign.id.to_string()));
        }
        let clients = self.members.iter().flat_map(Member::clients);
        let ids: Ids = clients.enumerate().map(|(n, client)| (client, format!("id{n}"))).collect();
        Writer::document("conf", |w| {
            w.text("instanceIdentifier", self.instance.as_str())?;
            self.sources.iter().try_for_each(|s| w.element("source", |w| source(w, s)))?;
            self.approved_cas.iter().try_for_each(|ca| w.element("approvedCA", |w| approved_ca(w, ca)))?;
            self.approved_tsas.iter().try_for_each(|tsa| {
                w.element("approvedTSA", |w| {
                    w.text("name", &tsa.name)?;
                    w.text("url", &tsa.url)?;
                    w.base64("cert", &tsa.certificate)?;
                    cost_type(w, tsa.cost)
                })
            })?;
            self.members.iter().try_for_each(|m| member(w, m, &ids))?;
            self.servers.iter().try_for_each(|s| w.element("securityServer", |w| server(w, s, &ids)))?;
            self.groups.iter().try_for_each(|g| w.element("globalGroup", |w| group(w, g)))?;
            w.element("globalSettings", |w| {
                self.member_classes.iter().try_for_each(|class| {
                    w.element("memberClass", |w| member_class(w, class.code.as_str(), &class.description))
                })?;
                w.text("ocspFreshnessSeconds", &self.ocsp_freshness.as_secs().to_string())
            })
        })
    }
}

fn source(w: &mut Writer, source: &ConfSource) -> Written {
    w.text("address", &source.address)?;
    source.internal_certificates.iter().try_for_each(|c| w.base64("internalVerificationCert", c))?;
    source.external_certificates.iter().try_for_each(|c| w.base64("externalVerificationCert", c))
}

fn approved_ca(w: &mut Writer, ca: &ApprovedCa) -> Written {
    w.text("name", &ca.name)?;
    w.text("authenticationOnly", if ca.authentication_only { "true" } else { "false" })?;
    w.element("topCA", |w| ca_info(w, &ca.top))?;
    ca.intermediates.iter().try_for_each(|i| w.element("intermediateCA", |w| ca_info(w, i)))?;
    w.text("certificateProfileInfo", &ca.profile)?;
    w.optional("defaultCsrFormat", ca.csr_format.and_then(|f| name_of(&CSR_FORMATS, f)))?;
    ca.acme.as_ref().map_or(Ok(()), |acme| w.element("acmeServer", |w| acme_server(w, acme)))
}

fn ca_info(w: &mut Writer, ca: &CaInfo) -> Written {
    w.base64("cert", &ca.certificate)?;
    ca.ocsp.iter().try_for_each(|o| w.element("ocsp", |w| ocsp_info(w, o)))
}

fn ocsp_info(w: &mut Writer, ocsp: &OcspInfo) -> Written {
    w.text("url", &ocsp.url)?;
    ocsp.certificate.as_ref().map_or(Ok(()), |c| w.base64("cert", c))?;
    cost_type(w, ocsp.cost)
}

fn cost_type(w: &mut Writer, cost: Option<CostType>) -> Written {
    w.optional("costType", cost.and_then(|c| name_of(&COST_TYPES, c)))
}

fn acme_server(w: &mut Writer, acme: &AcmeServer) -> Written {
    w.text("directoryURL", &acme.directory_url)?;
    w.optional("ipAddress", acme.ip_address.as_deref())?;
    w.optional("authenticationCertificateProfileId", acme.authentication_profile.as_deref())?;
    w.optional("signingCertificateProfileId", acme.signing_profile.as_deref())
}

fn member(w: &mut Writer, member: &Member, ids: &Ids) -> Written {
    let mut clients = member.clients();
    let own = clients.next().map_or(Ok(""), |c| id_of(ids, &c))?;
    w.identified("member", own, |w| {
        w.element("memberClass", |w| member_class(w, member.id.class.as_str(), &member.class_description))?;
        w.text("memberCode", member.id.code.as_str())?;
        w.text("name", &member.name)?;
        clients.zip(&member.subsystems).try_for_each(|(client, subsystem)| {
            w.identified("subsystem", id_of(ids, &client)?, |w| {
                w.text("subsystemCode", subsystem.code.as_str())?;
                w.optional("subsystemName", subsystem.name.as_deref())
            })
        })
    })
}

fn member_class(w: &mut Writer, code: &str, description: &str) -> Written {
    w.text("code", code)?;
    w.text("description", description)
}

fn server(w: &mut Writer, server: &SecurityServer, ids: &Ids) -> Written {
    w.text("owner", id_of(ids, &ClientId::Member(server.owner.clone()))?)?;
    w.text("serverCode", server.code.as_str())?;
    w.optional("address", server.address.as_deref())?;
    server.auth_cert_hashes.iter().try_for_each(|h| w.base64("authCertHash", h))?;
    server.clients.iter().try_for_each(|c| w.text("client", id_of(ids, c)?))?;
    server
        .maintenance
        .as_ref()
        .map_or(Ok(()), |m| w.element("inMaintenanceMode", |w| w.optional("message", m.message.as_deref())))
}

fn group(w: &mut Writer, group: &GlobalGroup) -> Written {
    w.text("groupCode", group.code.as_str())?;
    w.text("description", &group.description)?;
    group.members.iter().try_for_each(|m| w.client_id("groupMember", m))
}

fn id_of<'a>(ids: &'a Ids, client: &ClientId) -> Result<&'a str, DocumentWriteError> {
    ids.get(client).map(String::as_str).ok_or_else(|| DocumentWriteError::Unregistered(client.to_string()))
}

fn name_of<T: PartialEq + Copy>(words: &[(&'static str, T)], value: T) -> Option<&'static str> {
    words.iter().find(|(_, v)| *v == value).map(|(name, _)| *name)
}
