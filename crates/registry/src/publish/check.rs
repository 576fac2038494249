//! What must hold before a membership is published: a reader refuses what is ambiguous or dangling.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;
use std::time::Duration;

use simpul_core::{ClientId, SubsystemId};

use super::PublishError;
use super::membership::Membership;

pub(super) fn check(m: &Membership) -> Result<(), PublishError> {
    if m.addresses.is_empty() {
        return Err(PublishError::Missing("address of a central server"));
    }
    for (name, duration) in [
        ("ocsp_freshness", m.ocsp_freshness),
        ("timestamping_interval", m.timestamping_interval),
        ("validity", m.validity),
    ] {
        whole_seconds(name, duration)?;
    }
    unique(m.members.iter().map(|e| &e.id))?;
    unique(m.servers.iter().map(|e| &e.id))?;
    unique(m.groups.iter().map(|e| &e.code))?;
    unique(m.federation.iter().map(|a| &a.instance))?;
    if let Some(anchor) = m.federation.iter().find(|a| a.instance == m.instance) {
        return Err(PublishError::Duplicate(format!("the instance {}", anchor.instance)));
    }
    for member in &m.members {
        if member.id.instance != m.instance {
            return Err(PublishError::Foreign(member.id.to_string()));
        }
        if !m.classes.contains_key(&member.id.class) {
            return Err(unregistered(&member.id, &format!("the member class {}", member.id.class)));
        }
        unique(member.subsystems.iter().map(|s| &s.code))?;
    }
    let clients: HashSet<ClientId> = m.members.iter().flat_map(clients_of).collect();
    for server in &m.servers {
        let owner = ClientId::Member(server.id.owner.clone());
        unique(server.clients.iter())?;
        let missing = std::iter::once(&owner).chain(&server.clients).find(|c| !clients.contains(c));
        if let Some(missing) = missing {
            return Err(unregistered(&server.id, missing));
        }
    }
    m.groups.iter().try_for_each(|group| unique(group.members.iter()))
}

/// A member and its subsystems.
fn clients_of(member: &super::MemberEntry) -> impl Iterator<Item = ClientId> + '_ {
    let subsystem = |s: &super::SubsystemEntry| {
        ClientId::Subsystem(SubsystemId { member: member.id.clone(), code: s.code.clone() })
    };
    std::iter::once(ClientId::Member(member.id.clone())).chain(member.subsystems.iter().map(subsystem))
}

fn whole_seconds(name: &'static str, duration: Duration) -> Result<(), PublishError> {
    let fits = duration.subsec_nanos() == 0 && i32::try_from(duration.as_secs()).is_ok();
    if fits { Ok(()) } else { Err(PublishError::Seconds(name)) }
}

fn unregistered(what: &impl Display, missing: &impl Display) -> PublishError {
    PublishError::Unregistered { what: what.to_string(), missing: missing.to_string() }
}

fn unique<K: Hash + Eq + Display>(keys: impl Iterator<Item = K>) -> Result<(), PublishError> {
    let mut seen = HashSet::new();
    for key in keys {
        if seen.contains(&key) {
            return Err(PublishError::Duplicate(key.to_string()));
        }
        seen.insert(key);
    }
    Ok(())
}
