//! What an identity provider signs about a person (OpenID Connect Core 1.0 §2, §3.1.3.7). Whatever is unknown is refused.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use simpul_core::{UnixTime, limits};

use super::keys::{Algorithm, Keys};

/// How far clocks may differ.
const SKEW: Duration = Duration::from_secs(60);
/// Octets of a subject (§2).
const SUBJECT: usize = 255;

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    /// When a proof began that must be new: the person must have proved who they are since.
    pub(super) fresh: Option<UnixTime>,
    pub(super) now: UnixTime,
}

/// Why a token is refused. No text of it has anything of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("the token is longer than {max} octets", max = limits::JWS)]
    TooLong,
    #[error("not a signed token")]
    Malformed,
    #[error("the token is signed in no algorithm that is accepted")]
    Algorithm,
    #[error("the provider has no key of that name")]
    UnknownKey,
    #[error("the token's signature does not hold")]
    Signature,
    #[error("another issuer")]
    Issuer,
    #[error("for another party")]
    Audience,
    #[error("not of this attempt")]
    Nonce,
    #[error("expired")]
    Expired,
    #[error("from the future")]
    Future,
    #[error("the token lacks when it was made or ends, or whom it is about")]
    Incomplete,
    #[error("the proof is from before it was asked for")]
    Stale,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// A token taken apart. It proves nothing before [`Unverified::verify`].
pub(super) struct Unverified<'a> {
    signed: &'a str,
    algorithm: Algorithm,
    kid: Option<String>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    pub(super) fn read(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > limits::JWS {
            return Err(TokenError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let octets = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed);
        let header: Header = serde_json::from_slice(&octets(header)?).map_err(|_| TokenError::Malformed)?;
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let algorithm = Algorithm::named(&header.alg).ok_or(TokenError::Algorithm)?;
        Ok(Self { signed, algorithm, kid: header.kid, payload: octets(payload)?, signature: octets(signature)? })
    }

    /// The name of the key, as the token has it.
    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The claims, if everything holds.
    pub(super) fn verify(self, keys: &Keys, expected: &Expected<'_>) -> Result<Map<String, Value>, TokenError> {
        match keys.verify(self.kid(), self.algorithm, self.signed.as_bytes(), &self.signature) {
            None => return Err(TokenError::UnknownKey),
            Some(false) => return Err(TokenError::Signature),
            Some(true) => {}
        }
        let claims: Map<String, Value> = serde_json::from_slice(&self.payload).map_err(|_| TokenError::Malformed)?;
        judge(&claims, expected)?;
        Ok(claims)
    }
}

fn judge(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), TokenError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let moment = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(UnixTime::from_secs).map(Some).ok_or(TokenError::Malformed),
    };
    if text("iss") != Some(expected.issuer) {
        return Err(TokenError::Issuer);
    }
    let (named, several) = match claims.get("aud") {
        Some(Value::String(one)) => (one == expected.client, false),
        Some(Value::Array(list)) => (list.iter().any(|one| one.as_str() == Some(expected.client)), list.len() > 1),
        _ => (false, false),
    };
    let party = claims.get("azp").map(|azp| azp.as_str() == Some(expected.client));
    if !named || party == Some(false) || (several && party.is_none()) {
        return Err(TokenError::Audience);
    }
    if text("nonce") != Some(expected.nonce) {
        return Err(TokenError::Nonce);
    }
    let (made, ends) = (moment("iat")?.ok_or(TokenError::Incomplete)?, moment("exp")?.ok_or(TokenError::Incomplete)?);
    if expected.now >= ends.plus(SKEW) {
        return Err(TokenError::Expired);
    }
    let begins = moment("nbf")?.unwrap_or(made);
    if made > expected.now.plus(SKEW) || begins > expected.now.plus(SKEW) {
        return Err(TokenError::Future);
    }
    if text("sub").is_none_or(|sub| sub.is_empty() || sub.len() > SUBJECT) {
        return Err(TokenError::Incomplete);
    }
    match (expected.fresh, moment("auth_time")?) {
        (None, _) => Ok(()),
        (Some(since), Some(at)) if at.plus(SKEW) >= since => Ok(()),
        (Some(_), _) => Err(TokenError::Stale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::bn::{BigNum, BigNumContext};
    use openssl::ec::{EcGroup, EcKey};
    use openssl::ecdsa::EcdsaSig;
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::{PKey, Private};
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    struct Provider {
        rsa: PKey<Private>,
        ec: PKey<Private>,
        keys: Keys,
    }

    fn b64(octets: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(octets)
    }

    impl Provider {
        fn new() -> Self {
            let rsa = Rsa::generate(2048).unwrap();
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
            let ec = EcKey::generate(&group).unwrap();
            let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
            let mut context = BigNumContext::new().unwrap();
            ec.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context).unwrap();
            let set = json!({ "keys": [
                { "kty": "RSA", "kid": "r", "use": "sig", "n": b64(rsa.n().to_vec()), "e": b64(rsa.e().to_vec()) },
                { "kty": "EC", "kid": "e", "alg": "ES256", "crv": "P-256",
                  "x": b64(x.to_vec_padded(32).unwrap()), "y": b64(y.to_vec_padded(32).unwrap()) },
                { "kty": "RSA", "kid": "enc", "use": "enc", "n": b64(rsa.n().to_vec()), "e": b64(rsa.e().to_vec()) },
            ] });
            let keys = Keys::read(set.to_string().as_bytes()).unwrap();
            Self { rsa: PKey::from_rsa(rsa).unwrap(), ec: PKey::from_ec_key(ec).unwrap(), keys }
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let signed = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
            let key = if header["alg"] == "ES256" { &self.ec } else { &self.rsa };
            let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
            let mut signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
            if header["alg"] == "ES256" {
                let pair = EcdsaSig::from_der(&signature).unwrap();
                let [r, s] = [pair.r(), pair.s()].map(|n| n.to_vec_padded(32).unwrap());
                signature = [r, s].concat();
            }
            format!("{signed}.{}", b64(signature))
        }

        fn judge(&self, token: &str, fresh: Option<i64>) -> Result<Map<String, Value>, TokenError> {
            let expected = Expected {
                issuer: "https://id.example",
                client: "portal",
                nonce: "n-1",
                fresh: fresh.map(UnixTime::from_secs),
                now: UnixTime::from_secs(NOW),
            };
            Unverified::read(token)?.verify(&self.keys, &expected)
        }
    }

    fn good() -> Value {
        json!({ "iss": "https://id.example", "aud": "portal", "nonce": "n-1", "sub": "s-1",
                "iat": NOW - 5, "exp": NOW + 300, "auth_time": NOW - 5 })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = good();
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
        };
        claims
    }

    #[test]
    fn a_token_of_either_algorithm_holds() {
        let provider = Provider::new();
        for (alg, kid) in [("RS256", "r"), ("ES256", "e")] {
            let token = provider.sign(&json!({ "alg": alg, "kid": kid, "typ": "JWT" }), &good());
            assert_eq!(provider.judge(&token, None).unwrap()["sub"], "s-1");
            for n in 0..token.len() {
                let mut changed = token.clone().into_bytes();
                changed[n] = if changed[n] == b'A' { b'B' } else { b'A' };
                assert!(provider.judge(&String::from_utf8(changed).unwrap(), None).is_err(), "octet {n}");
            }
        }
    }

    /// §3.1.3.7, each of its conditions.
    #[test]
    fn what_a_token_says_must_be_what_was_asked() {
        use TokenError::{Audience, Expired, Future, Incomplete, Issuer, Malformed, Nonce};
        let provider = Provider::new();
        let list = json!(["portal", "other"]);
        let mut both = with("aud", list.clone());
        both["azp"] = json!("portal");
        let cases = [
            ("iss", json!("https://id.example/"), Err(Issuer)),
            ("iss", Value::Null, Err(Issuer)),
            ("aud", json!("other"), Err(Audience)),
            ("aud", json!([]), Err(Audience)),
            ("aud", json!(["portal"]), Ok(())),
            ("aud", list, Err(Audience)),
            ("aud", Value::Null, Err(Audience)),
            ("azp", json!("other"), Err(Audience)),
            ("nonce", json!("n-2"), Err(Nonce)),
            ("nonce", Value::Null, Err(Nonce)),
            ("exp", json!(NOW - 59), Ok(())),
            ("exp", json!(NOW - 60), Err(Expired)),
            ("exp", Value::Null, Err(Incomplete)),
            ("exp", json!("soon"), Err(Malformed)),
            ("iat", json!(NOW + 61), Err(Future)),
            ("iat", Value::Null, Err(Incomplete)),
            ("nbf", json!(NOW + 61), Err(Future)),
            ("sub", json!(""), Err(Incomplete)),
            ("sub", json!("x".repeat(256)), Err(Incomplete)),
            ("sub", Value::Null, Err(Incomplete)),
        ];
        let header = json!({ "alg": "ES256", "kid": "e" });
        for (name, value, expected) in cases {
            let token = provider.sign(&header, &with(name, value.clone()));
            assert_eq!(provider.judge(&token, None).map(drop), expected, "{name}: {value}");
        }
        assert!(provider.judge(&provider.sign(&header, &both), None).is_ok());
    }

    #[test]
    fn a_fresh_proof_is_one_from_after_it_was_asked_for() {
        let provider = Provider::new();
        let judged = |claims: &Value, since| {
            provider.judge(&provider.sign(&json!({ "alg": "ES256", "kid": "e" }), claims), Some(since)).map(drop)
        };
        assert_eq!(judged(&good(), NOW - 10), Ok(()));
        assert_eq!(judged(&with("auth_time", json!(NOW - 71)), NOW - 10), Err(TokenError::Stale));
        assert_eq!(judged(&with("auth_time", Value::Null), NOW - 10), Err(TokenError::Stale));
    }

    #[test]
    fn unknown_algorithms_and_keys_are_refused() {
        use TokenError::{Algorithm, Malformed, Signature, UnknownKey};
        let provider = Provider::new();
        let judged = |header: Value| provider.judge(&provider.sign(&header, &good()), None).map(drop);
        for alg in ["none", "HS256", "RS512", "ES384", "rs256", ""] {
            assert_eq!(judged(json!({ "alg": alg, "kid": "r" })), Err(Algorithm), "{alg}");
        }
        assert_eq!(judged(json!({ "alg": "RS256", "kid": "x" })), Err(UnknownKey));
        assert_eq!(judged(json!({ "alg": "RS256", "kid": "enc" })), Err(UnknownKey), "a key for another use");
        assert_eq!(judged(json!({ "alg": "RS256" })), Err(UnknownKey), "no name, and several keys");
        assert_eq!(judged(json!({ "alg": "RS256", "kid": "e" })), Err(Signature), "the key decides the algorithm");
        assert_eq!(judged(json!({ "alg": "RS256", "kid": "r", "crit": ["b64"] })), Err(Malformed));
        let bare = format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64(good().to_string()));
        assert_eq!(provider.judge(&bare, None).map(drop), Err(Algorithm));
        let dots = |size: usize| format!("{}..", "A".repeat(size - 2));
        assert_eq!(provider.judge(&dots(limits::JWS), None).map(drop), Err(Malformed));
        assert_eq!(provider.judge(&dots(limits::JWS + 1), None).map(drop), Err(TokenError::TooLong));
    }
}
