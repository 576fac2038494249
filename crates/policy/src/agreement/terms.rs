//! What a clause says, understood: every value here is inside its bounds.

use simpul_core::ident::{Instance, ServiceCode, SubsystemCode};
use simpul_core::{ClientId, MemberId, UnixTime};

use super::ident::ClauseId;
use crate::access::Endpoint;
use crate::minimise::FieldSet;

/// The two languages of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Indonesian, `id`.
    Indonesian,
    /// English, `en`.
    English,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Indonesian.
    pub id: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The words in one of the languages.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Indonesian => &self.id,
            Language::English => &self.en,
        }
    }
}

/// One party of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The instance of its member.
    pub instance: Instance,
    /// The member that signs.
    pub member: MemberId,
    /// Its subsystems that the agreement speaks of; the member itself may be named in clauses too.
    pub subsystems: Vec<SubsystemCode>,
    /// Who approves for it: two or more, with names that differ.
    pub officers: Vec<Officer>,
}

/// A person who approves for a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Name, unique in the party.
    pub name: String,
    /// Office.
    pub role: String,
    /// SHA-256 of the officer's certificate, if the party binds one.
    pub certificate: Option<[u8; 32]>,
}

/// A purpose that the agreement defines under a term of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPurpose {
    /// Its name, without `dpv:`.
    pub term: String,
    /// The term of the vocabulary that it is part of.
    pub broader: String,
    /// What it is, for people.
    pub title: Text,
}

/// A clause of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its id, unique in the agreement.
    pub id: ClauseId,
    /// Its words.
    pub text: Text,
    /// What it does.
    pub kind: ClauseKind,
}

/// What a clause does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClauseKind {
    /// It allows calls (`kind = "grant"`).
    Grant(Box<GrantClause>),
    /// It binds people and no machine (`kind = "provision"`).
    Provision,
}

/// Which calls a clause allows, and under which conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantClause {
    /// Who may call: exactly these.
    pub consumers: Vec<ClientId>,
    /// Whose service.
    pub provider: ClientId,
    /// Which service, in all its versions.
    pub service: ServiceCode,
    /// Which calls of it.
    pub endpoints: Vec<Endpoint>,
    /// For which purposes, in the one spelling of each.
    pub purposes: Vec<String>,
    /// On which legal basis.
    pub basis: Vec<Basis>,
    /// Categories of the data, for people.
    pub categories: Vec<String>,
    /// What the answer may hold.
    pub fields: FieldSet,
    /// Days after which the consumer erases the data.
    pub retention_days: u32,
    /// Countries in which the data may be kept (ISO 3166-1 alpha-2).
    pub residency: Vec<String>,
    /// To whom the consumer may hand it on; empty: to nobody.
    pub onward: Vec<MemberId>,
    /// How many calls per window; each bounds the clause as a whole.
    pub volume: Vec<Volume>,
    /// When calls are allowed; empty: at any time.
    pub hours: Vec<Hours>,
    /// What the caller must bring.
    pub conditions: Conditions,
    /// What the person may see of an access, and when.
    pub secrecy: Secrecy,
    /// First moment: that of the agreement, or a later one.
    pub from: UnixTime,
    /// First moment after the clause: that of the agreement, or an earlier one.
    pub until: UnixTime,
}

/// A legal basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// How callers name it.
    pub id: ClauseId,
    /// The law.
    pub law: String,
    /// Its article.
    pub article: String,
}

/// At most so many calls in each window. Windows stand side by side from 1970-01-01T00:00:00Z on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Volume {
    /// Calls in one window, from 1.
    pub count: u64,
    /// Seconds of one window, from 1.
    pub seconds: u32,
}

/// A daily span on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Days, 0 for Monday to 6 for Sunday.
    pub days: Vec<u8>,
    /// First minute of the day.
    pub from: u16,
    /// First minute after the span, up to 1440.
    pub until: u16,
    /// Minutes by which the clock of the span is ahead of UTC.
    pub offset: i16,
}

/// What the caller must bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// A reference to the consent of the person.
    pub consent: bool,
    /// The token that names the person to the provider.
    pub subject: bool,
    /// A case number.
    pub case: bool,
    /// Persons who approved the call; 2 is four eyes.
    pub approvals: u8,
}

/// What the person may see of an access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Everything at once.
    Open,
    /// Everything, so many days after the access.
    Delayed {
        /// Days.
        days: u32,
        /// The law that says so.
        law: String,
    },
    /// Nothing until a moment; counted for the ombudsman.
    Hidden {
        /// When it is shown.
        until: UnixTime,
        /// The law that says so.
        law: String,
    },
}

impl Language {
    /// `id` or `en`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }
}

impl Party {
    /// Whether `client` is this party's member or one of the named subsystems.
    #[must_use]
    pub fn speaks_for(&self, client: &ClientId) -> bool {
        *client.member() == self.member && client.subsystem().is_none_or(|code| self.subsystems.contains(code))
    }
}

impl Clause {
    /// The grant, if it is one.
    #[must_use]
    pub fn grant(&self) -> Option<&GrantClause> {
        match &self.kind {
            ClauseKind::Grant(grant) => Some(grant),
            ClauseKind::Provision => None,
        }
    }
}
