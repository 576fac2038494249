//! Stored octets of [`Terms`]: one octet of version, then JSON. What was written once is read for ever.

use serde::{Deserialize, Serialize};
use simpul_core::{ClientId, ServiceId, UnixTime, limits};
use simpul_policy::agreement::Cited;
use simpul_policy::agreement::terms::Secrecy;

use super::event::Terms;

const VERSION: u8 = 1;

/// Why stored octets are no terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredError {
    /// A newer version wrote them, or nobody did.
    #[error("stored terms of an unknown version")]
    Version,
    /// Longer than [`limits::TRAIL_TERMS`].
    #[error("stored terms of {0} octets, more than {max}", max = limits::TRAIL_TERMS)]
    TooLong(usize),
    /// Not of the form of this version.
    #[error("stored terms that cannot be read")]
    Malformed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsForm {
    /// Instance, class, code, and the subsystem if there is one.
    client: Vec<String>,
    provider: Vec<String>,
    service: String,
    version: Option<String>,
    purpose: Option<String>,
    basis: Option<String>,
    agreement: Option<CitedForm>,
    clauses: Vec<String>,
    fields: Vec<String>,
    secrecy: SecrecyForm,
    retention_days: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CitedForm {
    id: String,
    version: u32,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "lowercase")]
enum SecrecyForm {
    Open {},
    Delayed { days: u32, law: String },
    Hidden { until: i64, law: String },
}

/// The octets of terms. Equal terms have equal octets.
pub fn encode(terms: &Terms) -> Result<Vec<u8>, StoredError> {
    let texts = |parts: Vec<&str>| parts.into_iter().map(str::to_owned).collect();
    let form = TermsForm {
        client: texts(terms.client.parts()),
        provider: texts(terms.service.provider.parts()),
        service: terms.service.code.to_string(),
        version: terms.service.version.as_ref().map(ToString::to_string),
        purpose: terms.purpose.clone(),
        basis: terms.basis.clone(),
        agreement: terms.agreement.as_ref().map(|cited| CitedForm {
            id: cited.id.to_string(),
            version: cited.version,
            digest: cited.digest.to_string(),
        }),
        clauses: terms.clauses.iter().map(ToString::to_string).collect(),
        fields: terms.fields.clone(),
        secrecy: match terms.secrecy.clone() {
            Secrecy::Open => SecrecyForm::Open {},
            Secrecy::Delayed { days, law } => SecrecyForm::Delayed { days, law },
            Secrecy::Hidden { until, law } => SecrecyForm::Hidden { until: until.millis(), law },
        },
        retention_days: terms.retention_days,
    };
    let mut octets = vec![VERSION];
    serde_json::to_writer(&mut octets, &form).map_err(|_| StoredError::Malformed)?;
    if octets.len() > limits::TRAIL_TERMS { Err(StoredError::TooLong(octets.len())) } else { Ok(octets) }
}

/// The terms in stored octets.
pub fn decode(octets: &[u8]) -> Result<Terms, StoredError> {
    if octets.len() > limits::TRAIL_TERMS {
        return Err(StoredError::TooLong(octets.len()));
    }
    match octets.split_first() {
        Some((&VERSION, form)) => {
            let form: TermsForm = serde_json::from_slice(form).map_err(|_| StoredError::Malformed)?;
            form.terms().ok_or(StoredError::Malformed)
        }
        _ => Err(StoredError::Version),
    }
}

impl TermsForm {
    fn terms(self) -> Option<Terms> {
        let client = |parts: &[String]| {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            ClientId::from_parts(&parts).ok()
        };
        let agreement = match self.agreement {
            None => None,
            Some(CitedForm { id, version, digest }) => {
                Some(Cited { id: id.parse().ok()?, version, digest: digest.parse().ok()? })
            }
        };
        let version = match self.version {
            None => None,
            Some(version) => Some(version.parse().ok()?),
        };
        Some(Terms {
            client: client(&self.client)?,
            service: ServiceId { provider: client(&self.provider)?, code: self.service.parse().ok()?, version },
            purpose: self.purpose,
            basis: self.basis,
            agreement,
            clauses: self.clauses.iter().map(|clause| clause.parse().ok()).collect::<Option<_>>()?,
            fields: self.fields,
            secrecy: match self.secrecy {
                SecrecyForm::Open {} => Secrecy::Open,
                SecrecyForm::Delayed { days, law } => Secrecy::Delayed { days, law },
                SecrecyForm::Hidden { until, law } => Secrecy::Hidden { until: UnixTime::from_millis(until), law },
            },
            retention_days: self.retention_days,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(secrecy: Secrecy) -> Terms {
        let digest = "ab".repeat(32);
        Terms {
            client: ClientId::from_parts(&["ID", "GOV", "a/b", "100%"]).unwrap(),
            service: "MY/GOV/1001/civil-registry/persons".parse().unwrap(),
            purpose: Some("dpv:FraudPrevention".to_owned()),
            basis: None,
            agreement: Some(Cited { id: "id-my".parse().unwrap(), version: 2, digest: digest.parse().unwrap() }),
            clauses: vec!["3.1".parse().unwrap()],
            fields: vec!["persons.*.name".to_owned()],
            secrecy,
            retention_days: Some(30),
        }
    }

    #[test]
    fn what_was_encoded_is_read() {
        let law = || "Act 1".to_owned();
        let bare = Terms { agreement: None, clauses: vec![], retention_days: None, ..terms(Secrecy::Open) };
        for terms in [
            bare,
            terms(Secrecy::Open),
            terms(Secrecy::Delayed { days: 30, law: law() }),
            terms(Secrecy::Hidden { until: UnixTime::from_millis(-1), law: law() }),
        ] {
            assert_eq!(decode(&encode(&terms).unwrap()), Ok(terms));
        }
    }

    /// Version 1, written by hand: later versions of this program read it too.
    #[test]
    fn version_1_is_read_for_ever() {
        let digest = "ab".repeat(32);
        let text = format!(
            "\u{1}{{\"client\":[\"ID\",\"GOV\",\"a/b\",\"100%\"],\"provider\":[\"MY\",\"GOV\",\"1001\",\
             \"civil-registry\"],\"service\":\"persons\",\"version\":null,\"purpose\":\"dpv:FraudPrevention\",\
             \"basis\":null,\"agreement\":{{\"id\":\"id-my\",\"version\":2,\"digest\":\"{digest}\"}},\
             \"clauses\":[\"3.1\"],\"fields\":[\"persons.*.name\"],\
             \"secrecy\":{{\"kind\":\"delayed\",\"days\":30,\"law\":\"Act 1\"}},\"retention_days\":30}}"
        );
        let expected = terms(Secrecy::Delayed { days: 30, law: "Act 1".to_owned() });
        assert_eq!(decode(text.as_bytes()), Ok(expected.clone()));
        assert_eq!(encode(&expected).unwrap(), text.as_bytes());
    }

    #[test]
    fn what_nobody_wrote_is_refused() {
        let good = encode(&terms(Secrecy::Open)).unwrap();
        assert_eq!(decode(b""), Err(StoredError::Version));
        assert_eq!(decode(&[&[2], &good[1..]].concat()), Err(StoredError::Version));
        assert_eq!(decode(&good[..good.len() - 1]), Err(StoredError::Malformed));
        let text = String::from_utf8(good).unwrap();
        for (from, to) in [("{", "{\"more\":1,"), ("\"3.1\"", "\"a b\""), ("ab", "AB"), ("\"open\"", "\"shut\"")] {
            assert_eq!(decode(text.replacen(from, to, 1).as_bytes()), Err(StoredError::Malformed), "{from}");
        }
    }

    #[test]
    fn terms_have_a_bound() {
        let long = |size: usize| {
            let bare = encode(&Terms { fields: vec![String::new()], ..terms(Secrecy::Open) }).unwrap().len();
            encode(&Terms { fields: vec!["a".repeat(size - bare)], ..terms(Secrecy::Open) })
        };
        let longest = long(limits::TRAIL_TERMS).unwrap();
        assert!(decode(&longest).is_ok());
        assert_eq!(long(limits::TRAIL_TERMS + 1), Err(StoredError::TooLong(limits::TRAIL_TERMS + 1)));
        assert_eq!(decode(&[longest, vec![b' ']].concat()), Err(StoredError::TooLong(limits::TRAIL_TERMS + 1)));
    }
}
