//! From a path to a page, and from an error to a problem page.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use simpul_core::limits;

use super::{Site, guard};
use crate::problem::{PageError, Raised, page};
use crate::reference::Reference;
use crate::shell::{self, Frame, PORTAL, Sheet};
use crate::text::Lang;

/// Where a request stands: its language, and its path without it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) lang: Lang,
    pub(crate) path: String,
    /// With its query: where sign-in leads back to.
    pub(crate) target: String,
}

/// Takes the language off the path. A path without one is no page.
pub(super) async fn language(mut request: Request, next: Next) -> Response {
    let Some(place) = place(request.uri()) else { return PageError::NotFound.into_response() };
    let Ok(inner) = place.target.parse::<PathAndQuery>() else { return PageError::NotFound.into_response() };
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.path_and_query = Some(inner);
    match Uri::from_parts(parts) {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return PageError::NotFound.into_response(),
    }
    request.extensions_mut().insert(place);
    next.run(request).await
}

fn place(uri: &Uri) -> Option<Place> {
    let (tag, _) = uri.path().strip_prefix('/')?.split_once('/')?;
    let lang = Lang::from_tag(tag)?;
    let cut = |text: &str| text.get(tag.len() + 1..).map(str::to_owned);
    let target = uri.path_and_query().map_or(uri.path(), PathAndQuery::as_str);
    Some(Place { lang, path: cut(uri.path())?, target: cut(target)? })
}

/// Makes a page of every error, whoever raised it: a handler, an extractor, or the router.
pub(super) async fn problems(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let method = request.method().clone();
    let headers = request.headers().clone();
    let response = if uri.path_and_query().is_some_and(|target| target.as_str().len() > limits::PAGE_TARGET) {
        PageError::Malformed("the address is too long").into_response()
    } else if guard::announces_too_much(&headers) {
        PageError::TooLarge.into_response()
    } else {
        next.run(request).await
    };
    let raised = response.extensions().get::<Raised>().map(|raised| Arc::clone(&raised.0));
    match raised {
        Some(error) => told(&site, &uri, &method, &headers, &response, Some(&error)),
        // What the router says itself has no body of ours: 404, 405, and what extractors of axum refuse.
        None if is_bare(&response) => told(&site, &uri, &method, &headers, &response, None),
        None => response,
    }
}

/// An error without a page.
fn is_bare(response: &Response) -> bool {
    let html = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    (response.status().is_client_error() || response.status().is_server_error()) && !html
}

fn told(
    site: &Site,
    uri: &Uri,
    method: &Method,
    headers: &HeaderMap,
    response: &Response,
    error: Option<&PageError>,
) -> Response {
    let place = place(uri);
    let lang = place.as_ref().map_or_else(|| liked(headers), |place| place.lang);
    let target = place.as_ref().map_or("/", |place| place.target.as_str());
    if let Some(to @ (PageError::SignIn | PageError::StepUp)) = error {
        return sign_in(lang, target, method, matches!(to, PageError::StepUp));
    }
    let status = response.status();
    let reference = Reference::random(site.random.as_ref()).to_string();
    let why = error.map_or_else(|| "the router's answer".to_owned(), PageError::chain);
    // The path without its query: what people search for is nobody's business.
    let path = uri.path();
    match status.is_server_error() {
        true => tracing::error!(reference, status = status.as_u16(), %method, path, why, "a page failed"),
        false => tracing::info!(reference, status = status.as_u16(), %method, path, why, "a page was refused"),
    }
    let locale = site.locale(lang);
    let safe = matches!(*method, Method::GET | Method::HEAD);
    let again = (safe && matches!(status.as_u16(), 429 | 500 | 503)).then(|| locale.path(target));
    let (title, main) = page(&locale, status, &reference, &site.brand.phone, again.as_deref());
    let path = place.as_ref().map_or("/", |place| place.path.as_str());
    let frame =
        Frame { locale, brand: &site.brand, path, target, session: shell::Asking::Unknown, mounted: &site.mounted };
    let html = shell::portal(&frame, PORTAL, &Sheet::new(title, main)).into_string();
    let mut told = (status, Html(html)).into_response();
    if *method == Method::HEAD {
        *told.body_mut() = Body::empty();
    }
    for name in [ALLOW, RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            told.headers_mut().insert(name, value.clone());
        }
    }
    told
}

fn liked(headers: &HeaderMap) -> Lang {
    let header = headers.get(http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Lang::preferred(header.unwrap_or_default())
}

/// To sign-in, and back to the page that was asked for; after a form, to the home page.
fn sign_in(lang: Lang, target: &str, method: &Method, anew: bool) -> Response {
    let back = if matches!(*method, Method::GET | Method::HEAD) { target } else { "/" };
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("back", back).finish();
    let to = format!("/{lang}/sign-in{}?{query}", if anew { "/again" } else { "" });
    match HeaderValue::from_str(&to) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
