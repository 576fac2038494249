//! The certification path of RFC 5280 §6, without revocation (wire.md §3.5.2, §5.4.7).

use openssl::stack::Stack;
use openssl::x509::X509StoreContext;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use simpul_core::{UnixTime, limits};

use super::{CertError, Certificate};

/// Builds and checks the path from `leaf` through some of `extra` to `anchor`, valid at `at`.
///
/// The answer is the path, leaf first and anchor last, of at most [`limits::CHAIN`] certificates; `extra` may hold
/// as many, in any order, and those that are not needed are ignored. The anchor may be an intermediate CA (§3.5.2);
/// it must be valid at `at` too, and the very second of notAfter counts as expired, as OpenSSL counts it. Each
/// certificate between leaf and anchor must say in basicConstraints that it is a CA: X-Road's requests for signing
/// certificates ask for keyCertSign (§10.2), which alone makes no CA. Signatures with MD5 or SHA-1 are refused.
///
/// Revocation is not looked at (§3.8), nor whether the leaf's key usage fits its use.
pub fn verify_path(
    leaf: &Certificate,
    extra: &[Certificate],
    anchor: &Certificate,
    at: UnixTime,
) -> Result<Vec<Certificate>, CertError> {
    if extra.len() > limits::CHAIN {
        return Err(CertError::ChainTooLong(extra.len()));
    }
    if leaf == anchor {
        return Err(CertError::IsAnchor);
    }
    let path = openssl_path(leaf, extra, anchor, at).map_err(CertError::Library)??;
    match path.len() > limits::CHAIN {
        true => Err(CertError::ChainTooLong(path.len())),
        false => Ok(path),
    }
}

type Checked<T> = Result<T, CertError>;

fn openssl_path(
    leaf: &Certificate,
    extra: &[Certificate],
    anchor: &Certificate,
    at: UnixTime,
) -> Result<Checked<Vec<Certificate>>, openssl::error::ErrorStack> {
    let mut param = X509VerifyParam::new()?;
    param.set_flags(X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::TRUSTED_FIRST)?;
    param.set_time(at.secs());
    // Refuses MD5 and SHA-1 signatures and RSA keys under 1,024 bits; the anchor's own signature is not looked at.
    param.set_auth_level(1);
    // A first bound on the search; OpenSSL counts the certificates between leaf and anchor.
    param.set_depth(i32::try_from(limits::CHAIN).unwrap_or(i32::MAX).saturating_sub(2));
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(anchor.x509().to_owned())?;
    store.set_param(&param)?;
    let mut untrusted = Stack::new()?;
    for certificate in extra {
        untrusted.push(certificate.x509().to_owned())?;
    }
    X509StoreContext::new()?.init(&store.build(), leaf.x509(), &untrusted, |context| {
        if !context.verify_cert()? {
            let subject = context
                .current_cert()
                .and_then(|c| c.to_der().ok())
                .and_then(|der| Certificate::from_der(&der).ok())
                .map_or_else(|| leaf.subject_text(), |c| c.subject_text());
            let expired = matches!(context.error().as_raw(), NOT_YET_VALID | HAS_EXPIRED);
            return Ok(Err(failure(subject, context.error().error_string(), expired)));
        }
        let ders = context.chain().into_iter().flatten().map(|c| c.to_der()).collect::<Result<Vec<_>, _>>()?;
        Ok(ders.iter().map(|der| Certificate::from_der(der)).collect())
    })
}

/// `X509_V_ERR_CERT_NOT_YET_VALID` and `X509_V_ERR_CERT_HAS_EXPIRED`.
const NOT_YET_VALID: i32 = 9;
const HAS_EXPIRED: i32 = 10;

fn failure(subject: String, reason: &str, expired: bool) -> CertError {
    CertError::Path { subject, reason: reason.to_owned(), expired }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::tests::{END, Recipe, START, ec_key, issued, issued_with, self_signed};
    use openssl::hash::MessageDigest;
    use openssl::pkey::{PKey, Private};
    use simpul_core::Code;

    const CA: &[(&str, &str)] = &[("basicConstraints", "critical,CA:TRUE"), ("keyUsage", "critical,keyCertSign")];
    const AT: UnixTime = UnixTime::from_secs(START + 1000);

    fn named<'a>(subject: &'a [(&'a str, &'a str)], extensions: &'a [(&'a str, &'a str)]) -> Recipe<'a> {
        Recipe { subject, extensions, ..Recipe::default() }
    }

    /// A root and CAs below it, the last one first, each with its key.
    fn tower(height: usize) -> Vec<(Certificate, PKey<Private>)> {
        let key = ec_key();
        let mut tower = vec![(self_signed(&named(&[("CN", "root")], CA), &key), key)];
        for level in 1..height {
            let (ca, ca_key) = tower.first().unwrap();
            let key = ec_key();
            let made = issued(&named(&[("CN", &format!("ca{level}"))], CA), &key, ca, ca_key);
            tower.insert(0, (made, key));
        }
        tower
    }

    fn leaf_of((ca, key): &(Certificate, PKey<Private>)) -> Certificate {
        issued(&named(&[("CN", "leaf")], &[("keyUsage", "critical,nonRepudiation")]), &ec_key(), ca, key)
    }

    #[test]
    fn a_path_ends_at_the_anchor() {
        let tower = tower(3);
        let [ca2, ca1, root] = tower.as_slice() else { panic!() };
        let leaf = leaf_of(ca2);
        let extra = [root.0.clone(), ca1.0.clone(), ca2.0.clone()];
        let whole = verify_path(&leaf, &extra, &root.0, AT).unwrap();
        assert_eq!(whole, [leaf.clone(), ca2.0.clone(), ca1.0.clone(), root.0.clone()]);
        // §3.5.2: an intermediate CA is itself a valid anchor, and nothing above it is asked for.
        assert_eq!(verify_path(&leaf, &extra, &ca1.0, AT).unwrap().len(), 3);
        assert_eq!(verify_path(&leaf, &[], &ca2.0, AT).unwrap(), [leaf.clone(), ca2.0.clone()]);
        let missing = verify_path(&leaf, &[], &root.0, AT).unwrap_err();
        assert_eq!(missing.code(), Code::CertValidation);
        assert!(verify_path(&leaf, &extra, &self::tower(1)[0].0, AT).is_err(), "a root with the same name");
        assert!(matches!(verify_path(&root.0, &[], &root.0, AT), Err(CertError::IsAnchor)));
    }

    #[test]
    fn everything_is_valid_at_the_given_time() {
        let tower = tower(2);
        let leaf = leaf_of(&tower[0]);
        let extra = [tower[0].0.clone()];
        for (at, good) in [(START - 1, false), (START, true), (END - 1, true), (END, false)] {
            let path = verify_path(&leaf, &extra, &tower[1].0, UnixTime::from_secs(at));
            assert_eq!(path.is_ok(), good, "{at}");
            assert!(good || path.unwrap_err().code() == Code::CertValidityTime);
        }
    }

    /// §10.2: requests for signing certificates ask for keyCertSign. RFC 5280 §4.2.1.9: without basicConstraints
    /// the key must not verify certificates.
    #[test]
    fn a_member_is_no_ca() {
        let tower = tower(1);
        let (root, root_key) = &tower[0];
        for extensions in [
            &[("keyUsage", "nonRepudiation,keyCertSign")][..],
            &[("keyUsage", "nonRepudiation,keyCertSign"), ("basicConstraints", "CA:FALSE")],
        ] {
            let member_key = ec_key();
            let member = issued(&named(&[("CN", "member")], extensions), &member_key, root, root_key);
            let forged = leaf_of(&(member.clone(), member_key));
            assert!(verify_path(&member, &[], root, AT).is_ok());
            let refused = verify_path(&forged, &[member], root, AT).unwrap_err();
            assert_eq!(refused.code(), Code::CertValidation, "{extensions:?}");
        }
    }

    /// I4: nothing rests on SHA-1. An anchor is trusted for itself, whatever its own signature.
    #[test]
    fn weak_signatures_are_refused() {
        let tower = tower(1);
        let (root, root_key) = &tower[0];
        let key = ec_key();
        let weak = issued_with(MessageDigest::sha1(), &named(&[("CN", "weak")], CA), &key, root, root_key);
        let leaf = leaf_of(&(weak.clone(), key));
        assert!(verify_path(&weak, &[], root, AT).is_err());
        assert!(verify_path(&leaf, std::slice::from_ref(&weak), root, AT).is_err());
        assert!(verify_path(&leaf, &[], &weak, AT).is_ok());
    }

    /// RFC 5280 §4.2: a critical extension that is not understood.
    #[test]
    fn unknown_critical_extensions_are_refused() {
        let tower = tower(1);
        let (root, root_key) = &tower[0];
        for (value, good) in [("ASN1:NULL", true), ("critical,ASN1:NULL", false)] {
            let extensions = [("1.2.3.4.5", value)];
            let recipe = named(&[("CN", "leaf")], &extensions);
            assert_eq!(verify_path(&issued(&recipe, &ec_key(), root, root_key), &[], root, AT).is_ok(), good);
        }
    }

    #[test]
    fn chains_are_bounded() {
        let longest = tower(limits::CHAIN - 1);
        let certs = |t: &[(Certificate, PKey<Private>)]| t.iter().map(|(c, _)| c.clone()).collect::<Vec<_>>();
        let path = verify_path(&leaf_of(&longest[0]), &certs(&longest), &longest.last().unwrap().0, AT);
        assert_eq!(path.unwrap().len(), limits::CHAIN);
        let over = tower(limits::CHAIN);
        assert!(verify_path(&leaf_of(&over[0]), &certs(&over), &over.last().unwrap().0, AT).is_err());
        let padded = vec![over[0].0.clone(); limits::CHAIN + 1];
        let refused = verify_path(&leaf_of(&over[0]), &padded, &over[0].0, AT);
        assert!(matches!(refused, Err(CertError::ChainTooLong(n)) if n == limits::CHAIN + 1));
    }
}
