//! One portal: what its pages share, and the layers around them.

mod flow;
mod form;
mod guard;
mod headers;
mod page;
mod sessions;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use openssl::error::ErrorStack;
use simpul_exchange::ports::{Clock, Randomness};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

pub use form::{Post, Typed};
pub use headers::CSP;
pub use page::Page;

use crate::asset;
use crate::brand::{self, Brand};
use crate::live::{Event, Live, LiveError};
use crate::session::{Csrf, Keeper, Origin, Posts, Sessions, Times};
use crate::shell::Mounted;
use crate::text::{Lang, Locale, TextError, Texts};

/// What a portal needs from outside.
#[derive(Clone)]
pub struct Ports {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// Where sessions are kept.
    pub sessions: Arc<dyn Sessions>,
    /// Where posts are remembered.
    pub posts: Arc<dyn Posts>,
    /// The paths that menus may lead to: those of the router that is served.
    pub mounted: Mounted,
}

/// One portal. The state of every router of pages is an `Arc` of it.
pub struct Site {
    texts: Texts,
    brand: Arc<Brand>,
    origin: Origin,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    keeper: Keeper,
    posts: Arc<dyn Posts>,
    csrf: Csrf,
    live: Live,
    mounted: Mounted,
}

/// Why a portal cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The texts.
    #[error("the texts of the portal cannot be used")]
    Texts(#[source] TextError),
    /// The key of form tokens.
    #[error("the key of form tokens cannot be used")]
    Key(#[source] ErrorStack),
}

impl Site {
    /// A portal. `origin` is where browsers find it; it decides which requests may change something.
    ///
    /// # Errors
    /// When the embedded texts or the key of form tokens cannot be used; neither depends on the input.
    pub fn new(brand: Brand, origin: Origin, times: Times, ports: Ports) -> Result<Arc<Self>, SiteError> {
        let mut key = [0; 32];
        ports.random.fill(&mut key);
        Ok(Arc::new(Self {
            texts: Texts::embedded().map_err(SiteError::Texts)?,
            brand: Arc::new(brand),
            origin,
            keeper: Keeper::new(ports.sessions, Arc::clone(&ports.random), times),
            posts: ports.posts,
            csrf: Csrf::new(&key).map_err(SiteError::Key)?,
            live: Live::new(ports.random.as_ref()),
            clock: ports.clock,
            random: ports.random,
            mounted: ports.mounted,
        }))
    }

    /// What speaks `lang`.
    #[must_use]
    pub fn locale(&self, lang: Lang) -> Locale<'_> {
        Locale::new(lang, &self.texts, &self.brand.zone)
    }

    /// Whose pages they are.
    #[must_use]
    pub fn brand(&self) -> &Brand {
        &self.brand
    }

    /// What there is to lead to.
    #[must_use]
    pub fn mounted(&self) -> &Mounted {
        &self.mounted
    }

    /// Sessions.
    #[must_use]
    pub fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// A random name of 256 bits, in hexadecimal.
    pub(crate) fn name(&self) -> String {
        let mut octets = [0; 32];
        self.random.fill(&mut octets);
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// Tells every live page of `topic`, each in its language: `events` is asked once for each.
    ///
    /// # Errors
    /// When an event is too large.
    pub fn tell(&self, topic: &str, events: impl Fn(&Locale<'_>) -> Vec<Event>) -> Result<(), LiveError> {
        Lang::ALL.into_iter().try_for_each(|lang| self.live.publish(&in_lang(topic, lang), &events(&self.locale(lang))))
    }
}

/// A topic in one language: events are HTML.
fn in_lang(topic: &str, lang: Lang) -> String {
    format!("{topic}/{lang}")
}

/// The whole portal over its pages: files, language of the path, sessions, problem pages, headers, compression.
///
/// `pages` routes paths without their language: `/cases` answers `/id/cases`, `/en/cases` and `/ar/cases`.
pub fn serve(site: &Arc<Site>, pages: Router<Arc<Site>>) -> Router {
    let pages = pages.merge(sessions::router());
    let pages: Router = pages.with_state(Arc::clone(site));
    // The language is taken off the path before a route is looked for: that layer stands around the router.
    let pages = Router::new().fallback_service(pages).layer(from_fn(flow::language));
    // A typeface is compressed inside; streams and what is compressed already are left alone by default.
    let worth = DefaultPredicate::new().and(NotForContentType::const_new("font/"));
    let compression = CompressionLayer::new().quality(CompressionLevel::Precise(5)).compress_when(worth);
    Router::new()
        .merge(asset::router())
        .merge(brand::router(&site.brand))
        .fallback_service(pages)
        .layer(from_fn_with_state(Arc::clone(site), flow::problems))
        .layer(from_fn_with_state(Arc::clone(site), guard::guard))
        .layer(compression)
}
