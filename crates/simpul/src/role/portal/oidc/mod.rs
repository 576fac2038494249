//! An OpenID Connect relying party: authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636).

mod id_token;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use form_urlencoded::Serializer;
use serde::Deserialize;
use serde_json::{Map, Value};
use simpul_core::{UnixTime, limits};
use simpul_exchange::ports::{Clock, LinkError};
use simpul_io::fetch::{Fetched, Fetcher};
use simpul_io::tls::{Roots, TlsError};
use simpul_portal::session::{NationalId, Person, Role};
use simpul_portal::signin::{Attempt, IdentityProvider, RETURN, SignInError};
use tokio::sync::Mutex;

use self::id_token::{Expected, TokenError, Unverified};
use self::keys::{Keys, KeysError};
use crate::config::{SignInSettings, is_https_or_loopback};

/// How long one question to the provider may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long its description and keys are believed.
const KEPT: Duration = Duration::from_secs(3600);
/// How soon they are asked for again because a token names a key that is not there.
const AGAIN: Duration = Duration::from_secs(60);
/// Characters of a name that pages show.
const NAME: usize = 120;
/// Octets of a national identifier.
const NATIONAL: usize = 64;

/// A provider, as the configuration names it.
pub(super) struct OpenIdProvider {
    settings: SignInSettings,
    secret: Option<String>,
    origin: String,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<Known>>,
}

/// What the provider says about itself, and when it did.
#[derive(Clone)]
struct Known {
    description: Arc<Description>,
    keys: Keys,
    at: UnixTime,
}

/// OpenID Connect Discovery 1.0 §3, as far as it is needed.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// Why the provider cannot be used.
#[derive(Debug, thiserror::Error)]
enum ProviderError {
    #[error("{what} cannot be fetched")]
    Link {
        what: &'static str,
        #[source]
        cause: LinkError,
    },
    #[error("{what} is answered with HTTP status {status}")]
    Status { what: &'static str, status: u16 },
    #[error("its description is not one of OpenID Connect, at line {line}, column {column}")]
    Description { line: usize, column: usize },
    #[error("its description is of another issuer")]
    Issuer,
    #[error("an address in its description is neither https nor of this machine")]
    Address,
    #[error("its keys cannot be read")]
    Keys(#[source] KeysError),
    #[error("its answer holds no token")]
    NoToken,
}

impl OpenIdProvider {
    /// A provider. Nothing is asked of it before somebody signs in.
    pub(super) fn new(
        settings: SignInSettings,
        secret: Option<String>,
        origin: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TlsError> {
        let fetcher = Fetcher::new(&Roots::File(settings.roots.clone()), PATIENCE)?;
        Ok(Self { settings, secret, origin, fetcher, clock, known: Mutex::new(None) })
    }

    async fn fetch(&self, what: &'static str, url: &str) -> Result<Bytes, ProviderError> {
        let fetched = self.fetcher.get(url, limits::IDENTITY_ANSWER).await;
        whole(what, fetched)
    }

    /// Description and keys; asked for again when they are old, or when no key has the name of `missing`.
    async fn known(&self, missing: Option<Option<&str>>) -> Result<Known, ProviderError> {
        let now = self.clock.now();
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| now.within(known.at, known.at.plus(KEPT))) {
            let has = missing.is_none_or(|kid| known.keys.has(kid));
            if has || now.within(known.at, known.at.plus(AGAIN)) {
                return Ok(known.clone());
            }
        }
        let issuer = self.settings.issuer.trim_end_matches('/');
        let json = self.fetch("its description", &format!("{issuer}/.well-known/openid-configuration")).await?;
        let description: Description = serde_json::from_slice(&json)
            .map_err(|e| ProviderError::Description { line: e.line(), column: e.column() })?;
        if description.issuer != self.settings.issuer {
            return Err(ProviderError::Issuer);
        }
        let addresses = [&description.authorization_endpoint, &description.token_endpoint, &description.jwks_uri];
        if !addresses.into_iter().all(|address| is_https_or_loopback(address)) {
            return Err(ProviderError::Address);
        }
        let keys = Keys::read(&self.fetch("its keys", &description.jwks_uri).await?).map_err(ProviderError::Keys)?;
        Ok(known.insert(Known { description: Arc::new(description), keys, at: now }).clone())
    }

    fn return_to(&self, attempt: &Attempt) -> String {
        format!("{}/{}{RETURN}", self.origin, attempt.lang)
    }

    /// The form that asks for the token (RFC 6749 §4.1.3).
    fn question(&self, attempt: &Attempt, code: &str) -> Bytes {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.return_to(attempt))
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("code_verifier", &attempt.verifier);
        if let Some(secret) = &self.secret {
            form.append_pair("client_secret", secret);
        }
        Bytes::from(form.finish())
    }

    async fn token(&self, attempt: &Attempt, code: &str, known: &Known) -> Result<String, ProviderError> {
        #[derive(Deserialize)]
        struct Answer {
            id_token: Option<String>,
        }
        let body = self.question(attempt, code);
        let kind = "application/x-www-form-urlencoded";
        let url = &known.description.token_endpoint;
        let json = whole("the token", self.fetcher.post(url, kind, body, limits::IDENTITY_ANSWER).await)?;
        let answer: Answer = serde_json::from_slice(&json).map_err(|_| ProviderError::NoToken)?;
        answer.id_token.ok_or(ProviderError::NoToken)
    }

    /// Who it is, from claims that hold.
    fn person(&self, claims: &Map<String, Value>) -> Option<Person> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let settings = &self.settings;
        let id = text("sub")?.to_owned();
        let name: String =
            text(&settings.name_claim).unwrap_or("–").chars().filter(|c| !c.is_control()).take(NAME).collect();
        let national = settings.national_id_claim.as_deref().and_then(text);
        let national = national.filter(|text| text.len() <= NATIONAL && !text.chars().any(char::is_control));
        let said: Vec<&str> = match claims.get(&settings.roles_claim) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let is = |values: &[String]| values.iter().any(|value| said.contains(&value.as_str()));
        let roles = &settings.roles;
        let held = [
            (Role::Citizen, is(&roles.citizen)),
            (Role::Officer, is(&roles.officer)),
            (Role::Operator, is(&roles.operator)),
        ];
        let roles = held.into_iter().filter(|(_, held)| *held).map(|(role, _)| role).collect();
        Some(Person { id, name, roles, national: national.map(|text| NationalId::new(text.to_owned())) })
    }
}

fn whole(what: &'static str, fetched: Result<Fetched, LinkError>) -> Result<Bytes, ProviderError> {
    match fetched {
        Ok(Fetched { status: 200, body, .. }) => Ok(body),
        Ok(Fetched { status, .. }) => Err(ProviderError::Status { what, status }),
        Err(cause) => Err(ProviderError::Link { what, cause }),
    }
}

fn unusable(error: ProviderError) -> SignInError {
    match error {
        // The provider refuses the code: it is used, of another party, or expired.
        ProviderError::Status { what: "the token", status: 400 | 401 } => SignInError::Refused(Box::new(error)),
        error => SignInError::Provider(Box::new(error)),
    }
}

fn refused(error: TokenError) -> SignInError {
    SignInError::Refused(Box::new(error))
}

#[async_trait]
impl IdentityProvider for OpenIdProvider {
    async fn address(&self, attempt: &Attempt) -> Result<String, SignInError> {
        let known = self.known(None).await.map_err(unusable)?;
        let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256(attempt.verifier.as_bytes()));
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.return_to(attempt))
            .append_pair("scope", &self.settings.scope)
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("ui_locales", attempt.lang.tag());
        if attempt.fresh {
            query.append_pair("max_age", "0").append_pair("prompt", "login");
        }
        let at = &known.description.authorization_endpoint;
        let between = if at.contains('?') { '&' } else { '?' };
        Ok(format!("{at}{between}{}", query.finish()))
    }

    async fn redeem(&self, attempt: &Attempt, code: &str, now: UnixTime) -> Result<Person, SignInError> {
        let known = self.known(None).await.map_err(unusable)?;
        let token = self.token(attempt, code, &known).await.map_err(unusable)?;
        let token = Unverified::read(&token).map_err(refused)?;
        let known = self.known(Some(token.kid())).await.map_err(unusable)?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client: &self.settings.client_id,
            nonce: &attempt.nonce,
            fresh: attempt.fresh.then_some(attempt.begun),
            now,
        };
        let claims = token.verify(&known.keys, &expected).map_err(refused)?;
        self.person(&claims).ok_or_else(|| refused(TokenError::Incomplete))
    }
}
