//! Serving the two files of a brand.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::Brand;

/// `GET` and `HEAD` of `/brand/{file}`.
pub fn router<S: Clone + Send + Sync + 'static>(brand: &Arc<Brand>) -> Router<S> {
    let brand = Arc::clone(brand);
    Router::new().route("/brand/{file}", get(async move |Path(file): Path<String>| one(&brand, &file)))
}

fn one(brand: &Brand, file: &str) -> Response {
    let Some(served) = brand.mark.iter().chain(&brand.sheet).find(|served| served.file == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(served.mime)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, served.text.clone()).into_response()
}
