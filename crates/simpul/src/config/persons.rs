//! `[server.subjects]` and `[server.trail]`: persons in exchanges, and who used their data.

use serde::Deserialize;
use simpul_core::{ClientId, MemberId, ServiceId};

use super::values::texts;
use super::{BuiltIn, ServiceEntry};

/// The keys that open tokens which name persons.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct SubjectSettings {
    /// Days after which a provider's key is followed by a new one.
    pub(crate) new_key_days: u32,
}

/// Who used my data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct TrailSettings {
    /// Members that may ask the trails of this server on behalf of the persons of their instance. Nobody else may.
    #[serde(deserialize_with = "texts")]
    pub(crate) portals: Vec<MemberId>,
    /// The epoch of the pseudonyms: a larger number begins a new one, with a key of its own.
    pub(crate) epoch: u32,
    /// Data trails that portals of this server ask, beside those that agreements let them ask.
    #[serde(deserialize_with = "texts")]
    pub(crate) holders: Vec<ServiceId>,
}

impl Default for SubjectSettings {
    fn default() -> Self {
        Self { new_key_days: 30 }
    }
}

impl Default for TrailSettings {
    fn default() -> Self {
        Self { portals: Vec::new(), epoch: 1, holders: Vec::new() }
    }
}

impl SubjectSettings {
    pub(super) fn check(&self) -> Result<(), String> {
        match self.new_key_days {
            1..=3650 => Ok(()),
            days => Err(format!("[server.subjects] new-key-days = {days}: 1 to 3650 days are allowed")),
        }
    }
}

/// The code under which others look for the keys of a provider.
pub(crate) const SUBJECT_KEYS: &str = "subject-keys";
/// The code under which agreements name data trails.
pub(crate) const DATA_TRAIL: &str = "data-trail";

impl TrailSettings {
    pub(super) fn check(&self, services: &[ServiceEntry]) -> Result<(), String> {
        if self.epoch == 0 {
            return Err("[server.trail] epoch = 0: numbers begin with 1".to_owned());
        }
        let keys_of = |provider: &ClientId| {
            let keys = |s: &ServiceEntry| s.provider == *provider && s.built_in == Some(BuiltIn::SubjectKeys);
            services.iter().any(keys)
        };
        for service in services {
            let (code, provider) = (&service.code, service.provider.short());
            match &service.persons {
                Some(place) if !place.is_json() || place.is_subtree() => {
                    return Err(format!(
                        "[[server.service]] persons = \"{place}\": a path to single values of JSON is needed"
                    ));
                }
                Some(place) if !keys_of(&service.provider) => {
                    return Err(format!(
                        "[[server.service]] persons = \"{place}\": portals need the service \"{SUBJECT_KEYS}\" of {provider}"
                    ));
                }
                None if service.persons_home.is_some() => {
                    return Err(format!(
                        "[[server.service]] code = \"{code}\": persons-home says nothing without persons"
                    ));
                }
                Some(_) | None => {}
            }
        }
        for service in services {
            let code = match service.built_in {
                Some(BuiltIn::SubjectKeys) => SUBJECT_KEYS,
                Some(BuiltIn::DataTrail) => DATA_TRAIL,
                Some(BuiltIn::Agreements) | None => continue,
            };
            let (provider, found) = (service.provider.short(), &service.code);
            if found.as_str() != code {
                return Err(format!(
                    "[[server.service]] code = \"{found}\": others look for it under the code \"{code}\""
                ));
            }
            if !keys_of(&service.provider) {
                return Err(format!(
                    "[[server.service]] code = \"{found}\": portals need the service \"{SUBJECT_KEYS}\" of {provider} to ask it"
                ));
            }
        }
        Ok(())
    }
}
