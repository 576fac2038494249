//! Certificate profiles: which member a signing certificate speaks for (wire.md §10.1).

use const_oid::db::rfc4519::{BUSINESS_CATEGORY, C, CN, O, OU, SERIAL_NUMBER};
use der::asn1::ObjectIdentifier;
use simpul_core::MemberId;
use simpul_core::ident::Instance;

use super::{CertError, Certificate};

/// How a CA writes a member's identifier into the subject of its signing certificates.
///
/// Names in the global configuration are Java class names of the package
/// `ee.ria.xroad.common.certificateprofile.impl`; an unknown name is an error, never a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateProfile {
    /// `BasicCertificateProfileInfoProvider`: businessCategory is the class, serialNumber the code.
    Basic,
    /// `BasicACMECertificateProfileInfoProvider`: as [`Self::Basic`].
    BasicAcme,
    /// `FiVRKCertificateProfileInfoProvider` (Finland).
    FiVrk,
    /// `EjbcaCertificateProfileInfoProvider`: C is the instance, O the class, CN the code.
    Ejbca,
    /// `SkKlass3CertificateProfileInfoProvider` (Estonia, organisations).
    SkKlass3,
    /// `SkEsteIdCertificateProfileInfoProvider` (Estonia, persons).
    SkEsteId,
    /// `IsCertificateProfileInfoProvider` (Iceland).
    Is,
    /// `FoCertificateProfileInfoProvider` (Faroe Islands).
    Fo,
    /// `TestCertificateProfileInfoProvider`: X-Road's own test data; class `BUSINESS`, CN is the code.
    Test,
}

const PACKAGE: &str = "ee.ria.xroad.common.certificateprofile.impl.";

/// organizationIdentifier (X.520).
const ORGANIZATION_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");

impl CertificateProfile {
    /// Every profile.
    pub const ALL: [Self; 9] = [
        Self::Basic,
        Self::BasicAcme,
        Self::FiVrk,
        Self::Ejbca,
        Self::SkKlass3,
        Self::SkEsteId,
        Self::Is,
        Self::Fo,
        Self::Test,
    ];

    /// The profile with this `certificateProfileInfo` value.
    pub fn from_class_name(class: &str) -> Result<Self, CertError> {
        Self::ALL
            .into_iter()
            .find(|p| class.strip_prefix(PACKAGE) == Some(p.simple_name()))
            .ok_or_else(|| CertError::UnknownProfile(class.to_owned()))
    }

    /// The `certificateProfileInfo` value.
    #[must_use]
    pub fn class_name(self) -> String {
        format!("{PACKAGE}{}", self.simple_name())
    }

    fn simple_name(self) -> &'static str {
        match self {
            Self::Basic => "BasicCertificateProfileInfoProvider",
            Self::BasicAcme => "BasicACMECertificateProfileInfoProvider",
            Self::FiVrk => "FiVRKCertificateProfileInfoProvider",
            Self::Ejbca => "EjbcaCertificateProfileInfoProvider",
            Self::SkKlass3 => "SkKlass3CertificateProfileInfoProvider",
            Self::SkEsteId => "SkEsteIdCertificateProfileInfoProvider",
            Self::Is => "IsCertificateProfileInfoProvider",
            Self::Fo => "FoCertificateProfileInfoProvider",
            Self::Test => "TestCertificateProfileInfoProvider",
        }
    }

    /// The member that a signing certificate speaks for; `instance` is the instance of the message, for profiles
    /// that do not write one. The identifier still has to be compared with the member that ought to have signed.
    pub fn member_id(&self, certificate: &Certificate, instance: &Instance) -> Result<MemberId, CertError> {
        let subject = Subject(certificate);
        let (instance, class, code) = match self {
            Self::Basic | Self::BasicAcme => {
                (instance.as_str(), subject.need(BUSINESS_CATEGORY)?, subject.need(SERIAL_NUMBER)?)
            }
            Self::FiVrk => return finnish(&subject),
            Self::Ejbca => return plain(&subject),
            Self::SkKlass3 => return estonian(&subject, instance),
            Self::SkEsteId => (instance.as_str(), "PERSON".to_owned(), subject.need(SERIAL_NUMBER)?),
            Self::Is => return icelandic(&subject),
            Self::Fo => return nordic(&subject, "FO"),
            Self::Test => (instance.as_str(), "BUSINESS".to_owned(), subject.need(CN)?),
        };
        member(instance, &class, &code)
    }
}

struct Subject<'a>(&'a Certificate);

impl Subject<'_> {
    fn get(&self, oid: ObjectIdentifier) -> Option<String> {
        self.0.0.subject.first(oid).map(str::to_owned)
    }

    fn need(&self, oid: ObjectIdentifier) -> Result<String, CertError> {
        self.get(oid).filter(|v| !v.is_empty()).ok_or(CertError::Subject(match oid {
            BUSINESS_CATEGORY => "no business category",
            SERIAL_NUMBER => "no serial number",
            C => "no country code",
            O => "no organization",
            OU => "no organizational unit",
            _ => "no common name",
        }))
    }

    fn country(&self, expected: &str) -> Result<(), CertError> {
        match self.need(C)? == expected {
            true => Ok(()),
            false => Err(CertError::Subject("the country code does not fit the profile")),
        }
    }
}

fn member(instance: &str, class: &str, code: &str) -> Result<MemberId, CertError> {
    MemberId::from_parts(instance, class, code).map_err(CertError::Identifier)
}

/// C, O, CN.
fn plain(subject: &Subject<'_>) -> Result<MemberId, CertError> {
    member(&subject.need(C)?, &subject.need(O)?, &subject.need(CN)?)
}

/// O, OU, CN, with a fixed country and a serial number that must be there.
fn nordic(subject: &Subject<'_>, country: &str) -> Result<MemberId, CertError> {
    subject.country(country)?;
    let id = member(&subject.need(O)?, &subject.need(OU)?, &subject.need(CN)?)?;
    subject.need(SERIAL_NUMBER).map(|_| id)
}

fn icelandic(subject: &Subject<'_>) -> Result<MemberId, CertError> {
    match (subject.get(SERIAL_NUMBER), subject.get(OU)) {
        (None, None) => plain(subject),
        _ => nordic(subject, "IS"),
    }
}

fn finnish(subject: &Subject<'_>) -> Result<MemberId, CertError> {
    let Some(serial) = subject.get(SERIAL_NUMBER) else {
        return match subject.get(OU) {
            None => plain(subject),
            Some(class) => {
                subject.country("FI")?;
                member(&subject.need(O)?, &class, &subject.need(CN)?)
            }
        };
    };
    subject.country("FI")?;
    subject.need(O)?;
    match serial.split('/').collect::<Vec<_>>().as_slice() {
        [instance, _server, class] => member(instance, class, &subject.need(CN)?),
        _ => Err(CertError::Subject("the serial number is not INSTANCE/SERVER/CLASS")),
    }
}

fn estonian(subject: &Subject<'_>, instance: &Instance) -> Result<MemberId, CertError> {
    let instance = instance.as_str();
    if let Some(organisation) = subject.get(ORGANIZATION_IDENTIFIER).filter(|v| !v.is_empty()) {
        let register = |prefix| organisation.strip_prefix(prefix);
        return match (register("NTREE-"), register("GO:EE-"), register("NP:EE-")) {
            (Some(code), _, _) => member(instance, "COM", code),
            (_, Some(code), _) => member(instance, "GOV", code),
            (_, _, Some(code)) => member(instance, "NGO", code),
            _ => member(instance, "NEE", &organisation),
        };
    }
    let code = subject.need(SERIAL_NUMBER)?;
    if code.len() != 8 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CertError::Subject("the serial number is not eight digits"));
    }
    let class = match code.bytes().next() {
        Some(b'1'..=b'6') => "COM",
        Some(b'7') => "GOV",
        Some(b'8' | b'9') => "NGO",
        _ => return Err(CertError::Subject("no register has this serial number")),
    };
    member(instance, class, &code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::tests::certificate;

    const INSTANCE: &str = "EE";

    fn id(profile: CertificateProfile, subject: &[(&str, &str)]) -> Option<String> {
        let instance = INSTANCE.parse().unwrap();
        profile.member_id(&certificate(subject), &instance).ok().map(|m| m.short())
    }

    /// Each row is a row of wire.md §10.1.
    #[test]
    fn member_identifiers_follow_the_table() {
        use CertificateProfile::*;
        let some = |s: &str| Some(s.to_owned());
        let basic = [("CN", "Name"), ("O", "Name"), ("businessCategory", "GOV"), ("C", "X"), ("serialNumber", "1")];
        assert_eq!(id(Basic, &basic), some("EE/GOV/1"));
        assert_eq!(id(BasicAcme, &basic), some("EE/GOV/1"));
        assert_eq!(id(Basic, &[("serialNumber", "1")]), None);
        assert_eq!(id(Basic, &[("businessCategory", "GOV")]), None);

        let serial = ("serialNumber", "FI-TEST/ss1/GOV");
        assert_eq!(id(FiVrk, &[("C", "FI"), ("O", "x"), serial, ("CN", "12-3")]), some("FI-TEST/GOV/12-3"));
        assert_eq!(id(FiVrk, &[("C", "SE"), ("O", "x"), serial, ("CN", "12-3")]), None);
        assert_eq!(id(FiVrk, &[("C", "FI"), serial, ("CN", "12-3")]), None);
        assert_eq!(id(FiVrk, &[("C", "FI"), ("O", "x"), ("serialNumber", "a/b"), ("CN", "1")]), None);
        assert_eq!(id(FiVrk, &[("C", "FI"), ("O", "I"), ("OU", "GOV"), ("CN", "1")]), some("I/GOV/1"));
        assert_eq!(id(FiVrk, &[("C", "I"), ("O", "GOV"), ("CN", "1")]), some("I/GOV/1"));

        assert_eq!(id(Ejbca, &[("C", "I"), ("O", "GOV"), ("CN", "1")]), some("I/GOV/1"));
        assert_eq!(id(Ejbca, &[("C", "I"), ("CN", "1")]), None);

        let org = |v| id(SkKlass3, &[("organizationIdentifier", v), ("serialNumber", "70000000")]);
        assert_eq!(org("NTREE-10000000"), some("EE/COM/10000000"));
        assert_eq!(org("GO:EE-70000000"), some("EE/GOV/70000000"));
        assert_eq!(org("NP:EE-80000000"), some("EE/NGO/80000000"));
        assert_eq!(org("NTRFI-123"), some("EE/NEE/NTRFI-123"));
        let serial = |v| id(SkKlass3, &[("serialNumber", v)]);
        assert_eq!(serial("10000000"), some("EE/COM/10000000"));
        assert_eq!(serial("69999999"), some("EE/COM/69999999"));
        assert_eq!(serial("70000000"), some("EE/GOV/70000000"));
        assert_eq!(serial("90000000"), some("EE/NGO/90000000"));
        assert_eq!(serial("00000000"), None);
        assert_eq!(serial("1000000"), None);
        assert_eq!(serial("1000000a"), None);

        assert_eq!(id(SkEsteId, &[("serialNumber", "X-1")]), some("EE/PERSON/X-1"));

        let nordic = |c| [("C", c), ("O", "I"), ("OU", "GOV"), ("CN", "1"), ("serialNumber", "s")];
        assert_eq!(id(Is, &nordic("IS")), some("I/GOV/1"));
        assert_eq!(id(Is, &nordic("FO")), None);
        assert_eq!(id(Fo, &nordic("FO")), some("I/GOV/1"));
        assert_eq!(id(Fo, &[("C", "FO"), ("O", "I"), ("OU", "GOV"), ("CN", "1")]), None);
    }

    #[test]
    fn class_names_are_exact() {
        for p in CertificateProfile::ALL {
            assert_eq!(CertificateProfile::from_class_name(&p.class_name()).unwrap(), p);
        }
        assert!(CertificateProfile::from_class_name("BasicCertificateProfileInfoProvider").is_err());
        assert!(CertificateProfile::from_class_name("").is_err());
    }
}
