//! What a form sends: read within bounds, proved to be ours, kept for showing it again.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request};
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use simpul_core::limits;

use super::{Page, Site};
use crate::problem::PageError;
use crate::session::check_origin;
use crate::text::Msg;

/// The name of the field with the token.
pub(super) const TOKEN: &str = "form-token";
/// The name of the field with the key of the post.
pub(super) const KEY: &str = "form-key";

/// A form of ours, of this session. The last extractor of a handler that answers `POST`; it comes with its [`Page`].
pub struct Post {
    /// The request.
    pub page: Page,
    /// What was typed.
    pub typed: Typed,
    key: String,
}

impl Post {
    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

/// What was typed into a form, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    values: Vec<(String, String)>,
    errors: Vec<(String, Msg)>,
}

impl Typed {
    /// With values that were kept before.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { values: values.into_iter().collect(), errors: Vec::new() }
    }

    /// What was typed into a field; empty when nothing was. Line ends are `\n`.
    #[must_use]
    pub fn value(&self, name: &str) -> String {
        self.values.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// What was chosen in a field of several.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<String> {
        self.values.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
    }

    /// Says what is wrong with a field.
    pub fn wrong(&mut self, name: &str, what: Msg) {
        self.errors.push((name.to_owned(), what));
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<Msg> {
        self.errors.iter().find(|(field, _)| field == name).map(|(_, what)| what.clone())
    }

    /// All that is wrong, for [`error_summary`](crate::component::error_summary).
    #[must_use]
    pub fn errors(&self) -> &[(String, Msg)] {
        &self.errors
    }

    /// Whether something is wrong.
    #[must_use]
    pub fn failed(&self) -> bool {
        !self.errors.is_empty()
    }
}

impl<S> FromRequest<S> for Post
where
    Arc<Site>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let page = <Page as axum::extract::FromRequestParts<S>>::from_request_parts(&mut parts, state).await?;
        check_origin(&page.site().origin, &parts.headers).map_err(PageError::Origin)?;
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(PageError::Malformed("the body is no form"));
        }
        // The body is cut at its bound by the outermost layer.
        let octets = body.collect().await.map_err(|error| unreadable(&error))?.to_bytes();
        let mut values = read(&octets)?;
        let token = take(&mut values, TOKEN).unwrap_or_default();
        let key = take(&mut values, KEY).unwrap_or_default();
        let ours = page.session_key().is_some_and(|session| page.site().csrf.holds(session, &token));
        if !ours {
            return Err(PageError::Forged);
        }
        if key.len() != 32 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(PageError::Malformed("the form has no key"));
        }
        Ok(Self { page, typed: Typed::new(values), key })
    }
}

/// A body that is too large, or a connection that broke.
fn unreadable(error: &(dyn std::error::Error + 'static)) -> PageError {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if one.is::<http_body_util::LengthLimitError>() {
            return PageError::TooLarge;
        }
        cause = one.source();
    }
    PageError::Malformed("the body broke off")
}

fn read(octets: &[u8]) -> Result<Vec<(String, String)>, PageError> {
    let mut values = Vec::new();
    for (name, value) in form_urlencoded::parse(octets) {
        if values.len() >= limits::FORM_FIELDS {
            return Err(PageError::TooLarge);
        }
        if value.contains('\0') {
            return Err(PageError::Malformed("a field holds a zero octet"));
        }
        values.push((name.into_owned(), value.replace("\r\n", "\n")));
    }
    Ok(values)
}

/// Takes the one field of this name out; two of it are none.
fn take(values: &mut Vec<(String, String)>, name: &str) -> Option<String> {
    let mut found: Vec<String> = values.extract_if(.., |(field, _)| field == name).map(|(_, value)| value).collect();
    if found.len() == 1 { found.pop() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_within_bounds() {
        let fields = |n: usize| (0..n).map(|i| format!("f{i}=x")).collect::<Vec<_>>().join("&");
        assert_eq!(read(fields(limits::FORM_FIELDS).as_bytes()).unwrap().len(), limits::FORM_FIELDS);
        assert!(matches!(read(fields(limits::FORM_FIELDS + 1).as_bytes()), Err(PageError::TooLarge)));
        assert!(matches!(read(b"a=%00"), Err(PageError::Malformed(_))));
        assert_eq!(read(b"a=x%0D%0Ay+z").unwrap(), [("a".to_owned(), "x\ny z".to_owned())]);
    }

    #[test]
    fn a_field_that_comes_twice_is_none() {
        let mut values = read(b"t=1&a=2&t=3").unwrap();
        assert_eq!(take(&mut values, "t"), None);
        assert_eq!(values.len(), 1, "and is gone");
        assert_eq!(take(&mut values, "a").as_deref(), Some("2"));
    }
}
