//! The portal: pages for citizens, over what this node can offer them.

mod bridge;
mod data_trail;
mod oidc;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use simpul_exchange::ports::Clock;
use simpul_io::listen::{self, Bounds, Listener};
use simpul_portal::brand::Brand;
use simpul_portal::session::{MemoryPosts, MemorySessions, Origin, Times};
use simpul_portal::shell::Mounted;
use simpul_portal::text::{Lang, Multi};
use simpul_portal::{Ports, Site, home, serve, signin, trail};
use tokio_util::sync::CancellationToken;

use self::bridge::Bridge;
use self::data_trail::ServerTrail;
use self::oidc::OpenIdProvider;
use super::{RoleError, Running};
use crate::config::{Named, PortalRole, SignInSettings, Word};
use crate::random::SystemRandom;

/// For pages that are being made when the portal is told to stop; live pages come back by themselves.
const GRACE: Duration = Duration::from_secs(5);

/// Starts the portal.
pub(crate) async fn start(
    role: &PortalRole,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<Running, RoleError> {
    let brand = brand(role)?;
    let failed =
        |cause| RoleError::Listen { place: String::new(), role: "portal", port: "listen", address: role.listen, cause };
    let listener = Listener::bind(role.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let origin = role.origin.clone().unwrap_or_else(|| format!("http://{address}"));
    let (mut paths, mut pages) = (vec!["/"], Router::new().merge(home::router()));
    if let Some(settings) = &role.sign_in {
        let provider = OpenIdProvider::new(settings.clone(), secret(settings)?, origin.clone(), Arc::clone(&clock));
        let provider = provider.map_err(|cause| RoleError::Part {
            role: "portal.sign-in",
            what: "reading the root certificates",
            cause: Box::new(cause),
        })?;
        pages = pages.merge(signin::router(Arc::new(provider)));
        paths.extend(signin::PATHS);
    }
    if let Some(settings) = &role.data_trail {
        let reader = ServerTrail::new(settings, &settings.roots).map_err(|cause| RoleError::Part {
            role: "portal.data-trail",
            what: "reading the root certificates",
            cause: Box::new(cause),
        })?;
        let home = settings.client.member().short().split('/').next().unwrap_or_default().to_owned();
        pages = pages.merge(trail::router(Arc::new(reader), words(role), home));
        paths.push(trail::PATH);
    }
    let ports = Ports {
        clock,
        random: Arc::new(SystemRandom),
        sessions: Arc::new(MemorySessions::default()),
        posts: Arc::new(MemoryPosts::default()),
        mounted: Mounted::Only(paths),
    };
    let site = Site::new(brand, Origin::Exact(origin.clone()), Times::default(), ports)
        .map_err(|cause| RoleError::Part { role: "portal", what: "making the pages", cause: Box::new(cause) })?;
    let bounds = Bounds { grace: GRACE, ..Bounds::default() };
    let handler = Arc::new(Bridge(serve(&site, pages)));
    let task = tokio::spawn(listen::consumer(listener, None, handler, bounds, stop));
    Ok(Running { name: format!("portal {origin}"), ports: vec![("http", address)], tasks: vec![task] })
}

/// What the identity provider gave this portal to prove itself with.
pub(super) fn secret(settings: &SignInSettings) -> Result<Option<String>, RoleError> {
    const NEEDED: &str = "a file with the client's secret in one line, readable for its owner only,";
    let Some(file) = &settings.client_secret else { return Ok(None) };
    let text = std::fs::read_to_string(&**file).map_err(|cause| RoleError::File(file.refused(NEEDED, cause)))?;
    let mode = std::fs::metadata(&**file).map_err(|cause| RoleError::File(file.refused(NEEDED, cause)))?;
    if std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o077 != 0 {
        let cause = std::io::Error::other("others may read it; run: chmod 600");
        return Err(RoleError::File(file.refused(NEEDED, cause)));
    }
    Ok(Some(text.trim().to_owned()))
}

fn words(role: &PortalRole) -> trail::Words {
    let both = |word: &Word| Multi::new([(Lang::Id, word.id.as_str()), (Lang::En, word.en.as_str())]);
    trail::Words::new(role.words.iter().map(|(of, word)| (of.clone(), both(word))).collect())
}

/// The brand that the configuration names, or that of the demonstration.
pub(super) fn brand(role: &PortalRole) -> Result<Brand, RoleError> {
    const NEEDED: &str = "a brand.toml whose texts and colours can be used, with a mark of plain SVG if there is one,";
    let text = |file: &Named| {
        std::fs::read_to_string(&**file).map_err(|cause| RoleError::File(file.refused("a text file (UTF-8)", cause)))
    };
    let mark = role.mark.as_ref().map(text).transpose()?;
    let part = |cause| RoleError::Part { role: "portal", what: "reading the brand", cause: Box::new(cause) };
    match (&role.brand, &mark) {
        (Some(file), mark) => {
            let read = Brand::new(&text(file)?, mark.as_deref());
            read.map_err(|cause| RoleError::File(file.refused(NEEDED, cause)))
        }
        (None, None) => Brand::example().map_err(part),
        (None, Some(_)) => Err(RoleError::Entry { role: "portal", why: "mark says nothing without brand".to_owned() }),
    }
}
