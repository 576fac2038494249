//! Faults that tests seed into the engine, to see that the generated cases find each of them.
//!
//! Without the feature `faults` no fault can be seeded: [`Seeded`] is then empty and every question answers no.

/// One wrong way of deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(any(test, feature = "faults")),
    expect(unreachable_pub, reason = "public where tests seed faults, and only there")
)]
pub enum Fault {
    /// A suspended agreement still decides.
    SuspendedAgreement,
    /// A suspended clause still decides.
    SuspendedClause,
    /// The first moment after validity is inside it.
    UntilInclusive,
    /// The first moment of validity is outside it.
    FromExclusive,
    /// Validity is not looked at.
    NoValidity,
    /// Any method fits.
    AnyMethod,
    /// One fitting reading of the path is enough.
    AnyReading,
    /// The path is compared as it is written.
    RawPath,
    /// Any purpose fits.
    AnyPurpose,
    /// Upper and lower case of a purpose are the same.
    PurposeCase,
    /// A purpose also fits where its broader term is allowed.
    BroaderPurpose,
    /// Any basis fits.
    AnyBasis,
    /// Consent is not asked for.
    NoConsent,
    /// An empty statement counts.
    EmptyStatement,
    /// The token of the person is not asked for.
    NoSubject,
    /// A case number is not asked for.
    NoCase,
    /// One approval fewer is enough.
    OneApprovalLess,
    /// Handing on is not looked at.
    AnyOnward,
    /// The offset of hours is not applied.
    HoursInUtc,
    /// The first minute after a span is inside it.
    HoursEndInclusive,
    /// Any day of the week fits.
    AnyDay,
    /// One call more than agreed.
    VolumeOneMore,
    /// All clauses of an agreement share one count.
    VolumeShared,
    /// Only the first volume of a clause counts.
    FirstVolumeOnly,
    /// A right of a member is that of its subsystems.
    MemberCoversSubsystem,
    /// The service code alone finds the clauses.
    AnyProvider,
    /// The answer may hold what any clause of the agreement allows.
    FieldsOfAll,
}

impl Fault {
    /// Every fault.
    #[cfg(any(test, feature = "faults"))]
    pub const ALL: [Self; 27] = [
        Self::SuspendedAgreement,
        Self::SuspendedClause,
        Self::UntilInclusive,
        Self::FromExclusive,
        Self::NoValidity,
        Self::AnyMethod,
        Self::AnyReading,
        Self::RawPath,
        Self::AnyPurpose,
        Self::PurposeCase,
        Self::BroaderPurpose,
        Self::AnyBasis,
        Self::NoConsent,
        Self::EmptyStatement,
        Self::NoSubject,
        Self::NoCase,
        Self::OneApprovalLess,
        Self::AnyOnward,
        Self::HoursInUtc,
        Self::HoursEndInclusive,
        Self::AnyDay,
        Self::VolumeOneMore,
        Self::VolumeShared,
        Self::FirstVolumeOnly,
        Self::MemberCoversSubsystem,
        Self::AnyProvider,
        Self::FieldsOfAll,
    ];
}

/// The fault of an engine, if a test seeded one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seeded {
    #[cfg(any(test, feature = "faults"))]
    fault: Option<Fault>,
}

impl Seeded {
    /// With this fault.
    #[cfg(any(test, feature = "faults"))]
    pub(super) fn with(fault: Fault) -> Self {
        Self { fault: Some(fault) }
    }

    /// Whether this fault was seeded.
    #[cfg(any(test, feature = "faults"))]
    pub(super) fn has(self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Never.
    #[cfg(not(any(test, feature = "faults")))]
    #[expect(clippy::unused_self, reason = "the same call with and without the feature")]
    pub(super) const fn has(self, _: Fault) -> bool {
        false
    }
}
