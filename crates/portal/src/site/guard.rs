//! The outermost layer: bounds of a request, where paths lead, a panic as an answer, headers on everything.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH, LOCATION, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::Limited;
use simpul_core::limits;

use super::{Site, headers};
use crate::text::Lang;

/// Every request passes here.
pub(super) async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let mut response = match elsewhere(&request) {
        Some(response) => response,
        None => {
            // What is above the bound is cut, whatever a handler reads.
            let request = request.map(|body| Body::new(Limited::new(body, limits::FORM_BODY)));
            let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
            answered.unwrap_or_else(|_| {
                tracing::error!("a handler panicked");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            })
        }
    };
    headers::put(response.headers_mut(), &site.origin);
    response
}

/// Where a path leads that is spelled another way: `/` to the language that the browser likes, `/id` to `/id/`, and
/// `/id/cases/` to `/id/cases`.
fn elsewhere(request: &Request) -> Option<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let path = request.uri().path();
    if path == "/" {
        let liked = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut response = redirect(StatusCode::SEE_OTHER, &format!("/{}/", Lang::preferred(liked)));
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept-language"));
        return Some(response);
    }
    // The path begins with a language of ours, so what follows cannot be read as another host.
    let (tag, rest) =
        path.strip_prefix('/')?.split_once('/').map_or((path.strip_prefix('/')?, None), |(t, r)| (t, Some(r)));
    Lang::from_tag(tag)?;
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    match rest {
        None => Some(redirect(StatusCode::PERMANENT_REDIRECT, &format!("/{tag}/{query}"))),
        Some(rest) if rest.ends_with('/') => {
            let rest = rest.trim_end_matches('/');
            Some(redirect(StatusCode::PERMANENT_REDIRECT, &format!("/{tag}/{rest}{query}")))
        }
        Some(_) => None,
    }
}

fn redirect(status: StatusCode, to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (status, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Whether the length that a request announces is above the bound.
pub(super) fn announces_too_much(headers: &HeaderMap) -> bool {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    announced.is_some_and(|length| length > limits::FORM_BODY)
}
