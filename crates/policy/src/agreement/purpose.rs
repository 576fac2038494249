//! Purposes: a closed list from the W3C Data Privacy Vocabulary, and what an agreement adds under them.
//!
//! A purpose is spelled `dpv:Term`; its IRI is <https://w3id.org/dpv#> and the term (DPV 2.0, module Purposes). Terms
//! of commerce and advertising are left out by intent: no public body may agree to them. DPV has no term for what
//! some exchanges are for (recognition of a qualification, for one), so an agreement may define a narrower purpose
//! under a term of this list. No purpose covers another one: a caller names the purpose that the clause names.

/// Namespace of the vocabulary.
pub const NAMESPACE: &str = "https://w3id.org/dpv#";

/// The prefix of a term as agreements and callers spell it.
pub const PREFIX: &str = "dpv:";

/// Every term that an agreement may name.
pub const TERMS: &[&str] = &[
    "AcademicResearch",
    "AgeVerification",
    "CombatClimateChange",
    "CounterMoneyLaundering",
    "Counterterrorism",
    "DataAltruism",
    "DisputeManagement",
    "EnforceAccessControl",
    "EnforceSecurity",
    "EstablishContractualAgreement",
    "FraudPreventionAndDetection",
    "FulfilmentOfContractualObligation",
    "FulfilmentOfObligation",
    "IdentityAuthentication",
    "IdentityVerification",
    "ImproveHealthcare",
    "ImprovePublicServices",
    "ImproveTransportMobility",
    "LegalCompliance",
    "MisusePreventionAndDetection",
    "NonCommercialResearch",
    "OrganisationComplianceManagement",
    "OrganisationRiskManagement",
    "PaymentManagement",
    "ProtectionOfNationalSecurity",
    "ProtectionOfPublicSecurity",
    "ProvideOfficialStatistics",
    "PublicBenefit",
    "PublicPolicyMaking",
    "RecordManagement",
    "RequestedServiceProvision",
    "RightsFulfillment",
    "ScientificResearch",
    "ServiceProvision",
    "ServiceRegistration",
    "ServiceUsageAnalytics",
    "TechnicalServiceProvision",
    "Verification",
];

/// Whether `text` is `dpv:` and a term of the list, in exactly this spelling.
#[must_use]
pub fn is_known(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|term| TERMS.contains(&term))
}

/// The IRI of a term of the list.
#[must_use]
pub fn iri(text: &str) -> Option<String> {
    let term = text.strip_prefix(PREFIX).filter(|term| TERMS.contains(term))?;
    Some(format!("{NAMESPACE}{term}"))
}

/// Every allowed spelling, for messages.
#[must_use]
pub fn list() -> String {
    TERMS.iter().map(|term| format!("{PREFIX}{term}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_each() {
        assert!(TERMS.is_sorted() && TERMS.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(is_known("dpv:IdentityVerification"));
        for other in [
            "IdentityVerification",
            "dpv:identityverification",
            "DPV:IdentityVerification",
            "dpv: IdentityVerification",
            "dpv:Marketing",
            "dpv:SellDataToThirdParties",
            "dpv:",
            "https://w3id.org/dpv#IdentityVerification",
        ] {
            assert!(!is_known(other), "{other}");
        }
        assert_eq!(iri("dpv:LegalCompliance").as_deref(), Some("https://w3id.org/dpv#LegalCompliance"));
    }
}
