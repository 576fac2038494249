//! `[portal]`: pages for citizens.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;
use simpul_core::ClientId;

use super::Named;
use super::values::text;

/// Pages for citizens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PortalRole {
    /// Where browsers, or the TLS proxy in front, connect in plain HTTP.
    pub(crate) listen: SocketAddr,
    /// Where browsers find it, such as `https://portal.example`. On loopback it may be left out: `http://` and `listen`.
    pub(crate) origin: Option<String>,
    /// Names, colours and zone of the government; absent, those of an invented republic.
    pub(crate) brand: Option<Named>,
    /// The government's mark, SVG.
    pub(crate) mark: Option<Named>,
    /// The identity provider; absent, nobody can sign in.
    pub(crate) sign_in: Option<SignInSettings>,
    /// Whom to ask who used a person's data; absent, the page is not there.
    pub(crate) data_trail: Option<TrailPageSettings>,
    /// Names that people read instead of identifiers of members, services, purposes, laws, agreements and fields.
    #[serde(default)]
    pub(crate) words: BTreeMap<String, Word>,
}

/// The security server that asks data trails for this portal.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TrailPageSettings {
    /// Its consumer port: https, or http on this machine, since the question names a person.
    pub(crate) server: String,
    /// The client as which this portal asks, such as `ID/GOV/3299/portal`. Its instance is home.
    #[serde(deserialize_with = "text")]
    pub(crate) client: ClientId,
    /// Root certificates (PEM) by which the server is believed over https.
    #[serde(default = "roots")]
    pub(crate) roots: PathBuf,
}

/// A name in both languages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Word {
    /// Indonesian.
    pub(crate) id: String,
    /// English.
    pub(crate) en: String,
}

/// An OpenID Connect provider, and what its claims mean here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SignInSettings {
    /// Its issuer, exactly as its tokens name it: https, or http on this machine.
    pub(crate) issuer: String,
    /// What it calls this portal.
    pub(crate) client_id: String,
    /// The file with the secret that it gave, readable for its owner only; absent, the portal proves itself by PKCE alone.
    pub(crate) client_secret: Option<Named>,
    /// What the portal asks for.
    #[serde(default = "scope")]
    pub(crate) scope: String,
    /// The claim with the name that pages show.
    #[serde(default = "name_claim")]
    pub(crate) name_claim: String,
    /// The claim with the identifier that the state gave; absent, none is taken.
    pub(crate) national_id_claim: Option<String>,
    /// The claim with one role or a list of them.
    #[serde(default = "roles_claim")]
    pub(crate) roles_claim: String,
    /// Which of its values mean which role.
    #[serde(default)]
    pub(crate) roles: RoleValues,
    /// Root certificates (PEM) by which the provider is believed over https.
    #[serde(default = "roots")]
    pub(crate) roots: PathBuf,
}

/// Values of the claim with roles.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RoleValues {
    /// Has applications and data.
    pub(crate) citizen: Vec<String>,
    /// Decides on applications.
    pub(crate) officer: Vec<String>,
    /// Keeps the node running.
    pub(crate) operator: Vec<String>,
}

fn scope() -> String {
    "openid profile".to_owned()
}

fn name_claim() -> String {
    "name".to_owned()
}

fn roles_claim() -> String {
    "roles".to_owned()
}

fn roots() -> PathBuf {
    PathBuf::from("/etc/ssl/certs/ca-certificates.crt")
}

impl PortalRole {
    /// The files that it names, each with its section and key.
    pub(super) fn files(&mut self) -> impl Iterator<Item = (&'static str, &mut Named)> {
        let brand = self.brand.iter_mut().map(|file| ("[portal] brand", file));
        let secret = self.sign_in.iter_mut().flat_map(|settings| &mut settings.client_secret);
        let secret = secret.map(|file| ("[portal.sign-in] client-secret", file));
        brand.chain(self.mark.iter_mut().map(|file| ("[portal] mark", file))).chain(secret)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(issuer) = self.sign_in.as_ref().map(|s| &s.issuer).filter(|issuer| !is_https_or_loopback(issuer)) {
            return Err(format!(
                "[portal.sign-in] issuer = \"{issuer}\": an https:// URL is needed, or an http:// URL of this machine"
            ));
        }
        if let Some(trail) = &self.data_trail {
            if !is_https_or_loopback(&trail.server) {
                return Err(format!(
                    "[portal.data-trail] server = \"{}\": an https:// URL is needed, or an http:// URL of this machine",
                    trail.server
                ));
            }
            if self.sign_in.as_ref().is_none_or(|settings| settings.national_id_claim.is_none()) {
                return Err("[portal.data-trail]: [portal.sign-in] with national-id-claim is needed too".to_owned());
            }
        }
        match &self.origin {
            None if self.listen.ip().is_loopback() => Ok(()),
            None => Err(format!(
                "[portal] listen = \"{}\": away from loopback an origin is needed, such as https://portal.example",
                self.listen
            )),
            Some(origin) if is_origin(origin) => Ok(()),
            Some(origin) => Err(format!(
                "[portal] origin = \"{origin}\": https:// and a host in lower case are needed, with nothing after it"
            )),
        }
    }
}

/// A URL over which nobody between can lie: https, or http that does not leave this machine.
pub(crate) fn is_https_or_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let Some(authority) = uri.authority().filter(|authority| !authority.as_str().contains('@')) else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => here,
        _ => false,
    }
}

/// `https://HOST` or `https://HOST:PORT`, in the one spelling that browsers send.
fn is_origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let (host, port) = rest.split_once(':').unwrap_or((rest, "8443"));
    let of_host = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
    !host.is_empty() && host.bytes().all(of_host) && port != "443" && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_reached_where_nobody_can_lie() {
        for good in ["https://id.example/realm", "http://127.0.0.9:1/idp", "http://[::1]:1/", "http://localhost/x"] {
            assert!(is_https_or_loopback(good), "{good}");
        }
        for bad in
            ["http://id.example/", "ftp://127.0.0.1/", "https://a@id.example/", "/idp", "", "http://127.0.0.1.example/"]
        {
            assert!(!is_https_or_loopback(bad), "{bad}");
        }
    }

    #[test]
    fn an_origin_has_one_spelling() {
        for good in ["https://portal.example", "https://portal.example:8443"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "http://portal.example",
            "https://",
            "https://portal.example/",
            "https://Portal.example",
            "https://portal.example:443",
            "https://portal.example:0",
            "https://user@portal.example",
            "portal.example",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
