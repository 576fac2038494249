//! Where an agreement is required: everywhere, but for the partners and services that the operator names.

use std::fmt;
use std::str::FromStr;

use simpul_core::ident::{Instance, ServiceCode};
use simpul_core::{ClientId, IdError, MemberId, ServiceId};

/// What an exchange with a partner needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// An access right, and an agreement in force that allows it.
    #[default]
    AgreementRequired,
    /// An access right is enough, as between X-Road servers that know nothing of agreements.
    AccessRightsOnly,
}

/// With whom: a whole instance, a member with all its subsystems, or one subsystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partner {
    /// Everybody. Not written by operators: it is said of services that work without agreements by their nature.
    Anyone,
    /// Everybody of an instance.
    Instance(Instance),
    /// A member and its subsystems.
    Member(MemberId),
    /// Exactly this client.
    Client(ClientId),
}

/// What the operator has said for a partner, perhaps for one service only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// For whom, as seen from this server: the consumer of an own service, or the provider of a foreign one.
    pub partner: Partner,
    /// For which service: its provider and code, in all versions; `None` for all.
    pub service: Option<(ClientId, ServiceCode)>,
    /// What is needed.
    pub mode: Mode,
}

/// The modes of a server.
#[derive(Clone, Debug, Default)]
pub struct Modes(Vec<Rule>);

impl Modes {
    /// From what the operator wrote. Of two rules that fit an exchange the narrower one counts: one that names a service
    /// before one that does not, then subsystem before member before instance, then the later one.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// What an exchange with this partner about this service needs.
    #[must_use]
    pub fn of(&self, partner: &ClientId, service: &ServiceId) -> Mode {
        let fitting = self.0.iter().filter(|rule| rule.fits(partner, service));
        fitting.max_by_key(|rule| rule.breadth()).map(|rule| rule.mode).unwrap_or_default()
    }

    /// Every rule that lets exchanges pass without an agreement: what a status keeps telling.
    pub fn without_agreement(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter(|rule| rule.mode == Mode::AccessRightsOnly)
    }
}

impl Rule {
    fn fits(&self, partner: &ClientId, service: &ServiceId) -> bool {
        let named = self.service.as_ref().is_none_or(|(p, c)| *p == service.provider && *c == service.code);
        named
            && match &self.partner {
                Partner::Anyone => true,
                Partner::Instance(instance) => instance == partner.instance(),
                Partner::Member(member) => member == partner.member(),
                Partner::Client(client) => client == partner,
            }
    }

    /// Narrower rules compare greater.
    fn breadth(&self) -> (bool, u8) {
        let partner = match self.partner {
            Partner::Anyone => 0,
            Partner::Instance(_) => 1,
            Partner::Member(_) => 2,
            Partner::Client(_) => 3,
        };
        (self.service.is_some(), partner)
    }
}

/// `ID`, `ID/GOV/3201` for the member with all its subsystems, or `ID/GOV/3201/manpower`.
impl FromStr for Partner {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        match s.split('/').count() {
            1 => s.parse().map(Self::Instance),
            3 => s.parse().map(Self::Member),
            _ => s.parse().map(Self::Client),
        }
    }
}

impl fmt::Display for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("everybody"),
            Self::Instance(instance) => instance.fmt(f),
            Self::Member(member) => f.write_str(&member.short()),
            Self::Client(client) => f.write_str(&client.short()),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AgreementRequired => "agreement-required",
            Self::AccessRightsOnly => "access-rights-only",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Mode::{AccessRightsOnly as Rights, AgreementRequired as Agreement};

    fn rule(partner: &str, service: Option<&str>, mode: Mode) -> Rule {
        let service = service.map(|code| ("MY/GOV/1/civil".parse().unwrap(), code.parse().unwrap()));
        Rule { partner: partner.parse().unwrap(), service, mode }
    }

    fn of(rules: &[Rule], partner: &str, service: &str) -> Mode {
        Modes::new(rules.to_vec()).of(&partner.parse().unwrap(), &service.parse().unwrap())
    }

    #[test]
    fn nothing_said_means_that_an_agreement_is_required() {
        assert_eq!(of(&[], "ID/GOV/3/a", "MY/GOV/1/civil/persons"), Agreement);
        let other = [rule("SG", None, Rights), rule("ID/GOV/4", None, Rights), rule("ID/GOV/3/b", None, Rights)];
        assert_eq!(of(&other, "ID/GOV/3/a", "MY/GOV/1/civil/persons"), Agreement);
    }

    #[test]
    fn the_narrower_rule_counts() {
        let rules = [
            rule("ID/GOV/3/a", None, Agreement),
            rule("ID", None, Rights),
            rule("ID/GOV/3", None, Rights),
            rule("ID", Some("births"), Agreement),
            rule("ID/GOV/3/a", Some("persons"), Rights),
        ];
        let table = [
            ("ID/GOV/9/x", "MY/GOV/1/civil/persons", Rights),
            ("ID/GOV/9/x", "MY/GOV/1/civil/births", Agreement),
            ("ID/GOV/3/b", "MY/GOV/1/civil/deaths", Rights),
            ("ID/GOV/3/a", "MY/GOV/1/civil/deaths", Agreement),
            ("ID/GOV/3/a", "MY/GOV/1/civil/persons", Rights),
            ("ID/GOV/3/a", "MY/GOV/2/civil/persons", Agreement),
            ("SG/GOV/3/a", "MY/GOV/1/civil/persons", Agreement),
        ];
        for (partner, service, expected) in table {
            assert_eq!(of(&rules, partner, service), expected, "{partner} {service}");
        }
        let mut versioned: ServiceId = "MY/GOV/1/civil/persons".parse().unwrap();
        versioned.version = Some("v2".parse().unwrap());
        let modes = Modes::new(rules.to_vec());
        assert_eq!(modes.of(&"ID/GOV/3/a".parse().unwrap(), &versioned), Rights, "in all versions");
        let twice = [rule("ID", None, Rights), rule("ID", None, Agreement)];
        assert_eq!(of(&twice, "ID/GOV/3/a", "MY/GOV/1/civil/persons"), Agreement, "the later one");
    }

    #[test]
    fn what_holds_for_everybody_gives_way_to_who_is_named() {
        let anyone = Rule { partner: Partner::Anyone, ..rule("ID", Some("agreements"), Rights) };
        let rules = [anyone.clone(), rule("ID/GOV/3", Some("agreements"), Agreement), rule("ID", None, Agreement)];
        assert_eq!(of(&rules, "ID/GOV/4/a", "MY/GOV/1/civil/agreements"), Rights);
        assert_eq!(of(&rules, "ID/GOV/3/a", "MY/GOV/1/civil/agreements"), Agreement);
        assert_eq!(of(&[anyone], "ID/GOV/4/a", "MY/GOV/1/civil/persons"), Agreement, "of no other service");
    }

    #[test]
    fn partners_are_written_short() {
        for text in ["ID", "ID/GOV/3", "ID/GOV/3/a"] {
            assert_eq!(text.parse::<Partner>().unwrap().to_string(), text);
        }
        for bad in ["", "ID/GOV", "ID/GOV/3/a/b", "ID//3"] {
            assert!(bad.parse::<Partner>().is_err(), "{bad}");
        }
    }
}
