//! A laboratory's identity provider: OpenID Connect, authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1,
//! RFC 7636). Whoever opens its page may be any of its people: they are generated, and the page says so.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Value, json};
use simpul_core::UnixTime;

use crate::register::persons::{Person, person};

/// How long a code is good, and a token.
const CODE: Duration = Duration::from_secs(60);
const TOKEN: i64 = 300;
/// Codes at a time.
const CODES: usize = 1024;
/// The name of the one key.
const KID: &str = "lab-1";

/// Someone to sign in as.
pub struct Account {
    /// The number of the generated person in the sample register.
    pub number: u32,
    /// The role that the token names.
    pub role: &'static str,
}

/// Everyone to sign in as. The first has diplomas abroad.
pub const ACCOUNTS: &[Account] = &[
    Account { number: 15, role: "citizen" },
    Account { number: 30, role: "citizen" },
    Account { number: 42, role: "citizen" },
    Account { number: 101, role: "officer" },
    Account { number: 102, role: "officer" },
    Account { number: 201, role: "operator" },
];

impl Account {
    /// The generated person.
    #[must_use]
    pub fn person(&self) -> Option<Person> {
        person(self.number)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header lines.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// What a browser was sent back with.
struct Grant {
    query: Asked,
    account: &'static Account,
    at: UnixTime,
}

impl Grant {
    fn is_good(&self, now: UnixTime) -> bool {
        now >= self.at && now < self.at.plus(CODE)
    }
}

/// The provider of one laboratory. Its key lives as long as it does.
pub struct Provider {
    issuer: String,
    key: PKey<Private>,
    jwks: Value,
    grants: Mutex<HashMap<String, Grant>>,
}

/// What a relying party asks for.
#[derive(Clone, Default)]
struct Asked {
    client: String,
    redirect: String,
    state: String,
    nonce: String,
    challenge: String,
}

impl Provider {
    /// A provider with a new key. `issuer` is its address, without a slash at the end.
    ///
    /// # Errors
    /// When OpenSSL makes no key.
    pub fn new(issuer: String) -> Result<Self, ErrorStack> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = EcKey::generate(&group)?;
        let mut context = BigNumContext::new()?;
        let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
        key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context)?;
        let number = |n: &BigNum| n.to_vec_padded(32).map(|octets| URL_SAFE_NO_PAD.encode(octets));
        let jwks = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KID, "x": number(&x)?, "y": number(&y)?,
        }] });
        Ok(Self { issuer, key: PKey::from_ec_key(key)?, jwks, grants: Mutex::default() })
    }

    /// Answers one request: `/.well-known/openid-configuration`, `/jwks`, `/authorize`, `/token`.
    ///
    /// `code` is randomness for one code. Nothing else is random here.
    #[must_use]
    pub fn handle(
        &self,
        method: &str,
        path: &str,
        query: Option<&str>,
        body: &[u8],
        now: UnixTime,
        code: [u8; 32],
    ) -> Answer {
        match (method, path) {
            ("GET", "/.well-known/openid-configuration") => json_answer(200, &self.description()),
            ("GET", "/jwks") => json_answer(200, &self.jwks),
            ("GET", "/authorize") => match Asked::read(query.unwrap_or_default()) {
                Ok(_) => page(query.unwrap_or_default()),
                Err(why) => text(400, why),
            },
            ("POST", "/authorize") => match Asked::read(query.unwrap_or_default()) {
                Ok(asked) => self.grant(asked, body, now, code),
                Err(why) => text(400, why),
            },
            ("POST", "/token") => self.token(body, now),
            (_, "/.well-known/openid-configuration" | "/jwks" | "/authorize" | "/token") => text(405, "another method"),
            _ => text(404, "the laboratory's identity provider has no such page"),
        }
    }

    fn description(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        })
    }

    /// Somebody was chosen: back with a code.
    fn grant(&self, asked: Asked, body: &[u8], now: UnixTime, code: [u8; 32]) -> Answer {
        let chosen = field(body, "account");
        let back = |name: &str, value: &str| {
            let between = if asked.redirect.contains('?') { '&' } else { '?' };
            let pairs: String = form_urlencoded::Serializer::new(String::new())
                .append_pair(name, value)
                .append_pair("state", &asked.state)
                .append_pair("iss", &self.issuer)
                .finish();
            let to = format!("{}{between}{pairs}", asked.redirect);
            Answer { status: 303, headers: vec![("location", to), no_store()], body: String::new() }
        };
        if chosen.is_empty() {
            return back("error", "access_denied");
        }
        let Some(account) = ACCOUNTS.iter().find(|account| account.number.to_string() == chosen) else {
            return text(400, "the laboratory has no such account");
        };
        let code = URL_SAFE_NO_PAD.encode(code);
        let answer = back("code", &code);
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        grants.retain(|_, grant| grant.is_good(now));
        if grants.len() >= CODES {
            return text(503, "too many sign-ins at a time");
        }
        grants.insert(code, Grant { query: asked, account, at: now });
        answer
    }

    fn token(&self, body: &[u8], now: UnixTime) -> Answer {
        let refused = |why: &str| json_answer(400, &json!({ "error": why }));
        if field(body, "grant_type") != "authorization_code" {
            return refused("unsupported_grant_type");
        }
        // A code is gone with its first use, whatever comes of it.
        let grant = self.grants.lock().unwrap_or_else(PoisonError::into_inner).remove(&field(body, "code"));
        let Some(grant) = grant.filter(|grant| grant.is_good(now)) else {
            return refused("invalid_grant");
        };
        let asked = &grant.query;
        let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256(field(body, "code_verifier").as_bytes()));
        let same = field(body, "redirect_uri") == asked.redirect && field(body, "client_id") == asked.client;
        if !same || challenge != asked.challenge {
            return refused("invalid_grant");
        }
        match self.id_token(&grant, now) {
            Some(token) => json_answer(
                200,
                &json!({ "access_token": "none", "token_type": "Bearer", "expires_in": TOKEN, "id_token": token }),
            ),
            None => json_answer(500, &json!({ "error": "server_error" })),
        }
    }

    fn id_token(&self, grant: &Grant, now: UnixTime) -> Option<String> {
        let person = grant.account.person()?;
        let seconds = |at: UnixTime| at.millis().div_euclid(1000);
        let claims = json!({
            "iss": self.issuer, "aud": grant.query.client, "nonce": grant.query.nonce,
            "sub": format!("lab-account-{}", grant.account.number),
            "iat": seconds(now), "exp": seconds(now) + TOKEN, "auth_time": seconds(grant.at),
            "name": format!("{} {}", person.given_name, person.family_name),
            "national_id": person.id, "roles": [grant.account.role], "generated": true,
        });
        let header = json!({ "alg": "ES256", "kid": KID, "typ": "JWT" });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).ok()?;
        let der = signer.sign_oneshot_to_vec(signed.as_bytes()).ok()?;
        let pair = EcdsaSig::from_der(&der).ok()?;
        let signature = [pair.r().to_vec_padded(32).ok()?, pair.s().to_vec_padded(32).ok()?].concat();
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Asked {
    fn read(query: &str) -> Result<Self, &'static str> {
        let get = |name: &str| field(query.as_bytes(), name);
        if get("response_type") != "code" || get("code_challenge_method") != "S256" {
            return Err("response_type=code and code_challenge_method=S256 are needed");
        }
        let asked = Self {
            client: get("client_id"),
            redirect: get("redirect_uri"),
            state: get("state"),
            nonce: get("nonce"),
            challenge: get("code_challenge"),
        };
        let all = [&asked.client, &asked.state, &asked.nonce, &asked.challenge];
        if all.iter().any(|text| text.is_empty()) {
            return Err("client_id, state, nonce and code_challenge are needed");
        }
        if !is_on_this_machine(&asked.redirect) {
            return Err("a laboratory leads back to this machine only");
        }
        Ok(asked)
    }
}

/// `http` on a loopback address or `localhost`.
fn is_on_this_machine(url: &str) -> bool {
    let Some(uri) = url.parse::<http::Uri>().ok().filter(|uri| uri.scheme_str() == Some("http")) else { return false };
    let Some(authority) = uri.authority().filter(|authority| !authority.as_str().contains('@')) else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The one field of this name; empty if there is none or more than one.
fn field(form: &[u8], name: &str) -> String {
    let mut found = form_urlencoded::parse(form).filter(|(key, _)| key == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => value.into_owned(),
        _ => String::new(),
    }
}

fn no_store() -> (&'static str, String) {
    ("cache-control", "no-store".to_owned())
}

fn json_answer(status: u16, value: &Value) -> Answer {
    let headers = vec![("content-type", "application/json".to_owned()), no_store()];
    Answer { status, headers, body: value.to_string() }
}

fn text(status: u16, text: &str) -> Answer {
    let headers = vec![("content-type", "text/plain; charset=utf-8".to_owned()), no_store()];
    Answer { status, headers, body: text.to_owned() }
}

const STYLE: &str = "body{font:1.0625rem/1.5 system-ui,sans-serif;margin:0;background:#f5f4ef;color:#0b1b33}\
main{max-inline-size:40rem;margin:0 auto;padding:2rem 1rem}\
.lab{background:#5a3b00;color:#fff;padding:.75rem 1rem;text-align:center;font-weight:700}\
h1{font-size:1.75rem;line-height:1.2}h2{font-size:1rem;margin:1.5rem 0 .5rem}\
button{display:block;inline-size:100%;box-sizing:border-box;text-align:start;font:inherit;min-block-size:3.25rem;\
margin:.5rem 0;padding:.6rem 1rem;border:2px solid #0a489f;border-radius:.5rem;background:#fff;color:#0a489f;cursor:pointer}\
button b{display:block}button small{color:#42506a}button:focus-visible{outline:3px solid #f2b632;outline-offset:2px}\
button.no{border-color:#667;color:#334}";

/// The page on which somebody is chosen. It lists generated people alone.
fn page(query: &str) -> Answer {
    let english = field(query.as_bytes(), "ui_locales") != "id";
    let say = |id: &'static str, en: &'static str| if english { en } else { id };
    let mut html = format!(
        "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body>\
         <p class=\"lab\">{lab}</p><main><h1>{title}</h1><p>{about}</p>\
         <form method=\"post\" action=\"authorize?{query}\">",
        lang = say("id", "en"),
        lab = say("LABORATORIUM: tidak ada orang sungguhan di sini", "LABORATORY: nobody here is a real person"),
        title = say("Masuk sebagai siapa?", "Sign in as whom?"),
        about = say(
            "Semua orang ini dibuat oleh komputer. Siapa pun yang membuka halaman ini dapat memilih salah satunya.",
            "All these people are generated. Whoever opens this page may choose any of them."
        ),
        query = escaped(query),
    );
    let groups = [
        ("citizen", say("Warga", "Citizens")),
        ("officer", say("Petugas", "Officers")),
        ("operator", say("Operator", "Operators")),
    ];
    for (role, title) in groups {
        let _ = write!(html, "<h2>{title}</h2>");
        for account in ACCOUNTS.iter().filter(|account| account.role == role) {
            let Some(person) = account.person() else { continue };
            let _ = write!(
                html,
                "<button name=\"account\" value=\"{}\"><b>{} {}</b><small>{}</small></button>",
                account.number,
                escaped(&person.given_name),
                escaped(&person.family_name),
                escaped(&person.id)
            );
        }
    }
    let _ = write!(
        html,
        "<h2>{}</h2><button class=\"no\" name=\"account\" value=\"\">{}</button></form></main></body></html>",
        say("Atau", "Or"),
        say("Batal", "Cancel")
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    let headers = vec![
        ("content-type", "text/html; charset=utf-8".to_owned()),
        ("content-security-policy", policy.to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        no_store(),
    ];
    Answer { status: 200, headers, body: html }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: &str = "http%3A%2F%2F127.0.0.1%3A1%2Fid%2Fsign-in%2Freturn";

    fn query(challenge: &str) -> String {
        format!(
            "response_type=code&client_id=portal&redirect_uri={BACK}&scope=openid&state=s&nonce=n&\
             code_challenge={challenge}&code_challenge_method=S256"
        )
    }

    fn ask(provider: &Provider, method: &str, target: &str, body: &str, at: i64) -> Answer {
        let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
        provider.handle(method, path, query, body.as_bytes(), UnixTime::from_secs(at), [7; 32])
    }

    fn provider() -> Provider {
        Provider::new("http://127.0.0.1:9/idp".to_owned()).unwrap()
    }

    #[test]
    fn the_page_says_that_everybody_is_generated() {
        let provider = provider();
        let page = ask(&provider, "GET", &format!("/authorize?{}", query("c")), "", 0);
        assert_eq!(page.status, 200);
        assert!(page.body.contains("LABORATORY: nobody here is a real person") && page.body.contains("LAB-00015"));
        assert_eq!(page.body.matches("<button").count(), ACCOUNTS.len() + 1);
        let hostile = query("%22%3E") + "&ui_locales=\"><script>";
        assert!(!ask(&provider, "GET", &format!("/authorize?{hostile}"), "", 0).body.contains("<script"));
    }

    /// RFC 7636 §4.6; RFC 6749 §4.1.2: a code is good once.
    #[test]
    fn a_code_is_good_once_for_who_holds_the_verifier() {
        let provider = provider();
        let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256(b"verifier"));
        let authorize = format!("/authorize?{}", query(&challenge));
        let code = URL_SAFE_NO_PAD.encode([7; 32]);
        let form = |verifier: &str, client: &str| {
            format!(
                "grant_type=authorization_code&code={code}&redirect_uri={BACK}&client_id={client}&code_verifier={verifier}"
            )
        };
        for (form, at, expected) in [
            (form("verifier", "portal"), 59, 200),
            (form("verifier", "portal"), 60, 400),
            (form("other", "portal"), 1, 400),
            (form("verifier", "another"), 1, 400),
        ] {
            let chosen = ask(&provider, "POST", &authorize, "account=15", 0);
            assert_eq!(chosen.status, 303);
            assert!(chosen.headers[0].1.starts_with("http://127.0.0.1:1/id/sign-in/return?code="), "{chosen:?}");
            assert_eq!(ask(&provider, "POST", "/token", &form, at).status, expected, "{form}");
            assert_eq!(ask(&provider, "POST", "/token", &form, at).status, 400, "once");
        }
        let cancelled = ask(&provider, "POST", &authorize, "account=", 0);
        assert!(cancelled.headers[0].1.contains("?error=access_denied&state=s"), "{cancelled:?}");
        assert_eq!(ask(&provider, "POST", &authorize, "account=1", 0).status, 400, "nobody else");
    }

    #[test]
    fn it_leads_back_to_this_machine_only_and_wants_pkce() {
        let provider = provider();
        let authorize = |query: String| ask(&provider, "GET", &format!("/authorize?{query}"), "", 0).status;
        assert_eq!(authorize(query("c")), 200);
        for other in
            ["https%3A%2F%2F127.0.0.1%2F", "http%3A%2F%2Fportal.example%2F", "http%3A%2F%2F127.0.0.1%40x%2F", ""]
        {
            assert_eq!(authorize(query("c").replace(BACK, other)), 400, "{other}");
        }
        assert_eq!(authorize(query("c").replace("S256", "plain")), 400);
        assert_eq!(authorize(query("")), 400);
        assert_eq!(authorize(query("c") + "&state=two"), 400, "twice is not once");
    }
}
