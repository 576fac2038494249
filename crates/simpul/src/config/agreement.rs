//! `[[server.agreement-partner]]`: where the other parties of agreements take acts, and what passes without an
//! agreement so that one can be made at all.

use serde::Deserialize;
use simpul_core::{ClientId, MemberId, ServiceId, limits};
use simpul_policy::mode::{Mode, Partner, Rule};

use super::values::text;
use super::{BuiltIn, ServerRole};

/// A party of agreements on another server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PartnerEntry {
    /// Its service `agreements`; whose it is says which party.
    #[serde(deserialize_with = "text")]
    pub(crate) service: ServiceId,
    /// The client of this server that asks it. Absent: the first subsystem that the agreement names for the own party
    /// and that is a client here.
    #[serde(default, deserialize_with = "client")]
    pub(crate) client: Option<ClientId>,
}

fn client<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<ClientId>, D::Error> {
    text(deserializer).map(Some)
}

impl PartnerEntry {
    /// The party that it reaches.
    pub(crate) fn member(&self) -> &MemberId {
        self.service.provider.member()
    }
}

impl ServerRole {
    /// What is needed for exchanges: what the operator says, and before it that acts of agreements are taken and
    /// delivered by access rights alone. No agreement can be required to make one.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let here = self.service.iter().filter(|entry| entry.built_in == Some(BuiltIn::Agreements));
        let here = here.map(|entry| (entry.provider.clone(), entry.code.clone()));
        let there = self.agreement_partner.iter();
        let there = there.map(|entry| (entry.service.provider.clone(), entry.service.code.clone()));
        let open = |service| Rule { partner: Partner::Anyone, service: Some(service), mode: Mode::AccessRightsOnly };
        // A wrong entry was refused when the file was read; were it lost here, more would be refused, never less.
        here.chain(there).map(open).chain(self.mode.iter().filter_map(|entry| entry.rule().ok())).collect()
    }

    pub(super) fn check_partners(&self) -> Result<(), String> {
        if self.agreement_partner.len() > limits::AGREEMENT_PARTNERS {
            return Err(format!("[[server.agreement-partner]]: more than {}", limits::AGREEMENT_PARTNERS));
        }
        for (place, entry) in self.agreement_partner.iter().enumerate() {
            let named = format!("[[server.agreement-partner]] service = \"{}\"", entry.service.short());
            let earlier = self.agreement_partner.iter().take(place);
            if earlier.into_iter().any(|other| other.member() == entry.member()) {
                return Err(format!("{named}: {} has two entries, and needs one", entry.member().short()));
            }
            if let Some(client) = entry.client.as_ref().filter(|id| !self.client.iter().any(|c| c.id == **id)) {
                return Err(format!("{named}, client = \"{}\": no [[server.client]] has this id", client.short()));
            }
        }
        Ok(())
    }
}
