//! Subject tokens made, opened and refused.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use simpul_core::ClientId;

use super::*;

const AT: UnixTime = UnixTime::from_secs(1_795_000_000);
const NONCE: [u8; 16] = [0xA5; 16];
const AGREEMENT: [u8; 32] = [7; 32];

fn ec(curve: Nid) -> OpeningKey {
    OpeningKey::new(ec_pkey(curve)).unwrap()
}

fn ec_pkey(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn home() -> Instance {
    "ID".parse().unwrap()
}

fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

fn service(provider: &str, code: &str, version: Option<&str>) -> ServiceId {
    ServiceId {
        provider: provider.parse::<ClientId>().unwrap(),
        code: code.parse().unwrap(),
        version: version.map(|v| v.parse().unwrap()),
    }
}

fn persons() -> ServiceId {
    service("SUBSYSTEM:MY/GOV/2/registry", "persons", None)
}

fn person() -> Subject {
    Subject::new("3201010101010001".to_owned()).unwrap()
}

struct Case {
    key: OpeningKey,
    service: ServiceId,
    token: String,
}

impl Case {
    fn new(key: OpeningKey) -> Self {
        let service = persons();
        let binding = Binding { agreement: &AGREEMENT, service: &service };
        let token = seal_subject(&person(), &home(), &binding, &key.recipient().unwrap(), NONCE, AT).unwrap();
        Self { key, service, token }
    }

    fn open(&self, token: &str) -> Result<Opened, SubjectError> {
        let binding = Binding { agreement: &AGREEMENT, service: &self.service };
        open_subject(token, &binding, &self.key, AT)
    }

    fn header(&self) -> String {
        let header = self.token.split('.').next().unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
    }

    /// The error for the token with its header edited.
    fn edited(&self, from: &str, to: &str) -> SubjectError {
        let header = self.header();
        assert_eq!(header.matches(from).count(), 1, "{from} in {header}");
        let (_, rest) = self.token.split_once('.').unwrap();
        self.open(&format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.replace(from, to)))).unwrap_err()
    }
}

fn keys() -> Vec<OpeningKey> {
    let curves = [Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1];
    curves.into_iter().map(ec).chain([OpeningKey::new(rsa(2048)).unwrap()]).collect()
}

#[test]
fn what_was_sealed_is_opened() {
    for key in keys() {
        let case = Case::new(key);
        let opened = case.open(&case.token).unwrap();
        assert_eq!((opened.subject.reveal(), opened.until), ("3201010101010001", AT.plus(LIFETIME)));
        assert_eq!((opened.nonce.as_str(), opened.home.as_str()), ("a5".repeat(16).as_str(), "ID"));
        assert!(case.header().contains(&opened.nonce));
        assert!(!format!("{opened:?} {:?}", case.key).contains("3201010101010001"));
        let other = Case::new(ec(Nid::X9_62_PRIME256V1));
        assert!(matches!(other.open(&case.token), Err(SubjectError::OtherKey)));
        let kid = |case: &Case| case.header().split_once("\"kid\":\"").unwrap().1.get(..43).unwrap().to_owned();
        assert_eq!(kid(&case), case.key.id());
        assert!(matches!(case.edited(&kid(&case), &kid(&other)), SubjectError::OtherKey));
    }
}

/// RFC 7516 §4.1, RFC 7518 §4.1, §5.1.
#[test]
fn the_header_is_that_of_a_jwe() {
    let ec = Case::new(ec(Nid::X9_62_PRIME256V1)).header();
    let common = format!("\"enc\":\"A256GCM\",\"typ\":\"simpul-subject\",\"agr\":\"{}\"", "07".repeat(32));
    assert!(ec.starts_with(&format!("{{\"alg\":\"ECDH-ES\",{common}")), "{ec}");
    assert!(ec.contains(r#""aud":["MY","GOV","2","registry"],"svc":["persons"],"exp":1795000300,"#), "{ec}");
    assert!(ec.contains(r#""epk":{"kty":"EC","crv":"P-256","x":""#), "{ec}");
    let rsa = Case::new(OpeningKey::new(rsa(2048)).unwrap());
    assert!(rsa.header().starts_with(&format!("{{\"alg\":\"RSA-OAEP-256\",{common}")));
    assert!(!rsa.header().contains("epk"));
    assert_eq!(rsa.token.split('.').count(), 5);
}

#[test]
fn the_same_person_gives_another_token_each_time() {
    for key in [ec(Nid::X9_62_PRIME256V1), OpeningKey::new(rsa(2048)).unwrap()] {
        let recipient = key.recipient().unwrap();
        let service = persons();
        let binding = Binding { agreement: &AGREEMENT, service: &service };
        let token = |s: &str| {
            seal_subject(&Subject::new(s.to_owned()).unwrap(), &home(), &binding, &recipient, NONCE, AT).unwrap()
        };
        let mut tokens: Vec<String> = (0..20).map(|_| token("3201010101010001")).collect();
        tokens
            .extend(["1".to_owned(), "\"".repeat(limits::SUBJECT), "é".repeat(limits::SUBJECT / 2)].map(|s| token(&s)));
        // Even with one nonce. The header of an RSA token has no key in it, so it differs by the nonce alone.
        let first = if key.recipient().unwrap().key().ec_key().is_ok() { 0 } else { 1 };
        for part in [first, 2, 3, 4] {
            let parts: HashSet<&str> = tokens.iter().map(|t| t.split('.').nth(part).unwrap()).collect();
            assert_eq!(parts.len(), tokens.len(), "part {part}");
        }
        assert!(tokens.iter().all(|t| t.len() == tokens[0].len()), "no length tells anything");
    }
}

#[test]
fn a_token_holds_for_one_agreement_service_and_provider() {
    let case = Case::new(ec(Nid::X9_62_PRIME256V1));
    let open = |agreement: &[u8; 32], service: &ServiceId| {
        open_subject(&case.token, &Binding { agreement, service }, &case.key, AT).unwrap_err()
    };
    let mut other = AGREEMENT;
    other[31] ^= 1;
    assert!(matches!(open(&other, &case.service), SubjectError::OtherAgreement));
    for (provider, code, version) in [
        ("SUBSYSTEM:MY/GOV/2/registry", "diplomas", None),
        ("SUBSYSTEM:MY/GOV/2/registry", "persons", Some("v1")),
        ("SUBSYSTEM:MY/GOV/2/registry", "Persons", None),
    ] {
        assert!(matches!(open(&AGREEMENT, &service(provider, code, version)), SubjectError::OtherService));
    }
    for provider in ["SUBSYSTEM:MY/GOV/2/other", "MEMBER:MY/GOV/2", "SUBSYSTEM:ID/GOV/2/registry"] {
        let service = service(provider, "persons", None);
        assert!(matches!(open(&AGREEMENT, &service), SubjectError::OtherAudience), "{provider}");
    }
    // No border between names can be moved.
    let moved = service("MEMBER:MY/GOV/2", "registry", Some("persons"));
    assert!(matches!(open(&AGREEMENT, &moved), SubjectError::OtherAudience));
}

#[test]
fn a_token_ends() {
    let case = Case::new(ec(Nid::X9_62_PRIME256V1));
    let at = |seconds: i64| {
        let binding = Binding { agreement: &AGREEMENT, service: &case.service };
        open_subject(&case.token, &binding, &case.key, UnixTime::from_secs(AT.secs() + seconds))
    };
    let (lifetime, skew) = (300, 60);
    assert!(at(0).is_ok() && at(lifetime - 1).is_ok() && at(-skew).is_ok());
    assert!(matches!(at(lifetime), Err(SubjectError::Expired)));
    assert!(matches!(at(-skew - 1), Err(SubjectError::TooFar)));
    for (seconds, refused) in [("1795009999", "TooFar"), ("-1", "Expired"), ("1795000299", "Sealed")] {
        let error = case.edited("1795000300", seconds);
        assert_eq!(format!("{error:?}"), refused);
    }
}

#[test]
fn a_changed_token_is_refused() {
    for key in [ec(Nid::X9_62_PRIME256V1), OpeningKey::new(rsa(2048)).unwrap()] {
        let case = Case::new(key);
        for at in 0..case.token.len() {
            let mut changed = case.token.clone().into_bytes();
            changed[at] = match changed[at] {
                b'A' => b'B',
                _ => b'A',
            };
            assert!(case.open(std::str::from_utf8(&changed).unwrap()).is_err(), "octet {at}");
        }
        let parts: Vec<&str> = case.token.split('.').collect();
        let joined = |parts: &[&str]| parts.join(".");
        let short_tag = parts[4].get(..16).unwrap();
        for changed in [
            String::new(),
            "....".to_owned(),
            joined(&parts[..4]),
            format!("{}.", case.token),
            format!("{}=", case.token),
            format!(" {}", case.token),
            joined(&[parts[0], parts[1], parts[2], "", parts[4]]),
            joined(&[parts[0], parts[1], parts[2], parts[3], short_tag]),
            joined(&[parts[0], "AAAA", parts[2], parts[3], parts[4]]),
        ] {
            assert!(case.open(&changed).is_err(), "{changed}");
        }
    }
}

/// The key decides the algorithm, never the token.
#[test]
fn other_algorithms_and_headers_are_refused() {
    let case = Case::new(ec(Nid::X9_62_PRIME256V1));
    for (from, to) in [
        ("ECDH-ES", "dir"),
        ("ECDH-ES", "none"),
        ("ECDH-ES", "ECDH-ES+A256KW"),
        ("ECDH-ES", "RSA-OAEP-256"),
        ("ECDH-ES", "RSA1_5"),
        ("A256GCM", "A128GCM"),
        ("A256GCM", "A128CBC-HS256"),
    ] {
        assert!(matches!(case.edited(from, to), SubjectError::Algorithm), "{to}");
    }
    for (from, to) in [
        ("\"typ\"", "\"zip\":\"DEF\",\"typ\""),
        ("\"typ\"", "\"crit\":[\"x\"],\"typ\""),
        ("\"typ\"", "\"typ\":\"simpul-subject\",\"typ\""),
        ("simpul-subject", "JWT"),
        ("\"exp\":1795000300", "\"exp\":1795000300.0"),
        ("\"exp\":1795000300", "\"exp\":\"1795000300\""),
        ("\"jti\":\"", "\"jti\":\"0"),
        ("{\"alg\"", "[{\"alg\""),
    ] {
        assert!(matches!(case.edited(from, to), SubjectError::Malformed), "{to}");
    }
    // Points of another curve, and an RSA key with an ephemeral key.
    for (from, to) in [("P-256", "P-384"), ("\"kty\":\"EC\"", "\"kty\":\"OKP\"")] {
        assert!(matches!(case.edited(from, to), SubjectError::Sealed), "{to}");
    }
}

#[test]
fn keys_are_of_a_closed_list() {
    let spki = |key: PKey<Private>| RecipientKey::from_der(&key.public_key_to_der().unwrap());
    assert!(spki(rsa(2048)).is_ok());
    assert!(matches!(spki(rsa(1024)), Err(SubjectError::Key)));
    assert!(matches!(spki(ec_pkey(Nid::SECP256K1)), Err(SubjectError::Key)));
    assert!(matches!(spki(PKey::generate_ed25519().unwrap()), Err(SubjectError::Key)));
    assert!(matches!(RecipientKey::from_der(b"no key"), Err(SubjectError::Key)));
    let key = ec(Nid::X9_62_PRIME256V1);
    let read = OpeningKey::from_pem(&key.key().private_key_to_pem_pkcs8().unwrap()).unwrap();
    assert_eq!(read.recipient().unwrap().to_der().unwrap(), key.recipient().unwrap().to_der().unwrap());
    assert!(matches!(OpeningKey::from_pem(b"no key"), Err(SubjectError::Key)));
}

#[test]
fn a_subject_and_a_token_are_bounded() {
    let subject = |n: usize| Subject::new("x".repeat(n));
    assert!(subject(1).is_ok() && subject(limits::SUBJECT).is_ok());
    assert!(subject(0).is_err() && subject(limits::SUBJECT + 1).is_err());
    assert!(Subject::new("1\n2".to_owned()).is_err());
    let key = ec(Nid::X9_62_PRIME256V1).recipient().unwrap();
    let service = persons();
    let of = |home: &str| {
        let binding = Binding { agreement: &AGREEMENT, service: &service };
        seal_subject(&person(), &home.parse().unwrap(), &binding, &key, NONCE, AT)
    };
    let longest = of(&"\"".repeat(limits::SUBJECT_HOME)).unwrap();
    assert_eq!(longest.len(), of("ID").unwrap().len(), "no length tells the state");
    assert!(matches!(of(&"x".repeat(limits::SUBJECT_HOME + 1)), Err(SubjectError::Home)));
    assert!(matches!(of("a\nb"), Err(SubjectError::Home)));
    let case = Case::new(ec(Nid::X9_62_PRIME256V1));
    let long = |n: usize| case.open(&"x".repeat(n)).unwrap_err();
    assert!(matches!(long(limits::SUBJECT_TOKEN), SubjectError::Malformed));
    assert!(matches!(long(limits::SUBJECT_TOKEN + 1), SubjectError::TooLong(_)));
}
