//! Subjects of lab certificates, in the layouts of wire.md §10.1.

use const_oid::db::rfc4519::{BUSINESS_CATEGORY, C, CN, O, OU, SERIAL_NUMBER};
use der::Encode;
use der::asn1::{Any, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use openssl::x509::X509Name;
use simpul_core::{MemberId, ServerId};
use simpul_trust::cert::CertificateProfile;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

use super::LabError;
use crate::MARK;

/// How a lab CA writes members and servers into subjects; each is one of X-Road's certificate profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SubjectLayout {
    /// businessCategory is the member class, serialNumber the member code.
    #[default]
    Basic,
    /// serialNumber is `INSTANCE/SERVER/CLASS`, CN the member code.
    FiVrk,
    /// C is the instance, O the class, CN the code; OU carries the lab's mark.
    Ejbca,
}

impl SubjectLayout {
    /// The profile by which a node reads such a subject.
    #[must_use]
    pub fn profile(self) -> CertificateProfile {
        match self {
            Self::Basic => CertificateProfile::Basic,
            Self::FiVrk => CertificateProfile::FiVrk,
            Self::Ejbca => CertificateProfile::Ejbca,
        }
    }
}

/// What a signing certificate is asked for with.
#[derive(Clone, Debug)]
pub struct SignRequest<'a> {
    /// The member.
    pub member: &'a MemberId,
    /// Its name, for people.
    pub name: &'a str,
    /// Code of the security server that holds the key; part of the FiVRK layout.
    pub server_code: &'a str,
    /// Two letters.
    pub country: &'a str,
}

/// What an authentication certificate is asked for with.
#[derive(Clone, Debug)]
pub struct AuthRequest<'a> {
    /// The security server.
    pub server: &'a ServerId,
    /// The server's DNS name, also as subject alternative name.
    pub dns: &'a str,
    /// Two letters.
    pub country: &'a str,
}

impl SignRequest<'_> {
    pub(super) fn subject(&self, layout: SubjectLayout) -> Result<X509Name, LabError> {
        let MemberId { instance, class, code } = self.member;
        let serial = format!("{instance}/{}/{class}", self.server_code);
        match layout {
            SubjectLayout::Basic => name(&[
                (CN, self.name),
                (O, MARK),
                (BUSINESS_CATEGORY, class.as_str()),
                (C, self.country),
                (SERIAL_NUMBER, code.as_str()),
            ]),
            SubjectLayout::FiVrk => name(&[(C, "FI"), (O, MARK), (SERIAL_NUMBER, &serial), (CN, code.as_str())]),
            SubjectLayout::Ejbca => {
                name(&[(C, instance.as_str()), (O, class.as_str()), (OU, MARK), (CN, code.as_str())])
            }
        }
    }
}

impl AuthRequest<'_> {
    pub(super) fn subject(&self, layout: SubjectLayout) -> Result<X509Name, LabError> {
        let ServerId { owner: MemberId { instance, class, code }, code: server } = self.server;
        let serial = format!("{instance}/{server}/{class}");
        match layout {
            SubjectLayout::Basic => {
                name(&[(CN, self.dns), (SERIAL_NUMBER, code.as_str()), (C, self.country), (O, MARK)])
            }
            SubjectLayout::FiVrk => name(&[(C, "FI"), (O, MARK), (SERIAL_NUMBER, &serial), (CN, self.dns)]),
            SubjectLayout::Ejbca => name(&[(C, instance.as_str()), (OU, MARK), (CN, server.as_str())]),
        }
    }
}

/// The subject of a trust service: O is the mark.
pub(super) fn service(common_name: &str) -> Result<X509Name, LabError> {
    name(&[(O, MARK), (CN, common_name)])
}

/// A name of one attribute per relative name. It is encoded here and not by OpenSSL, which refuses values longer
/// than X.520 foresees; identifiers of X-Road may be longer.
fn name(attributes: &[(ObjectIdentifier, &str)]) -> Result<X509Name, LabError> {
    let encode = || -> der::Result<Vec<u8>> {
        let mut rdns = Vec::new();
        for (oid, value) in attributes {
            // RFC 5280 appendix A: country and serial number are PrintableString wherever they can be.
            let printable = PrintableStringRef::new(value).ok().filter(|_| [C, SERIAL_NUMBER].contains(oid));
            let value = match printable {
                Some(text) => Any::from(text),
                None => Any::from(Utf8StringRef::new(value)?),
            };
            let mut set = SetOfVec::new();
            set.insert(AttributeTypeAndValue { oid: *oid, value })?;
            rdns.push(RelativeDistinguishedName(set));
        }
        RdnSequence(rdns).to_der()
    };
    let der = encode().map_err(LabError::Encoding)?;
    X509Name::from_der(&der).map_err(LabError::OpenSsl)
}
