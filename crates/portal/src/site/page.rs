//! The request, as the author of a page sees it.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, LOCATION, SET_COOKIE, USER_AGENT, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use maud::{Markup, html};
use simpul_core::UnixTime;

use super::flow::Place;
use super::{Post, Site, in_lang};
use crate::live::{Event, stream};
use crate::problem::PageError;
use crate::session::{Begun, Person, PostKey, Role, Session, SessionKey, clear_cookie, read_cookie, set_cookie};
use crate::shell::{self, Frame, Sheet, Signed};
use crate::text::{Lang, Locale};

/// A request for a page: its language, who asks, and how to answer. An extractor of every handler.
pub struct Page {
    site: Arc<Site>,
    place: Place,
    session: Option<(SessionKey, Session)>,
    /// What `Last-Event-ID` says.
    last_event: Option<String>,
    agent: String,
    cookie: Option<HeaderValue>,
    now: UnixTime,
    public: bool,
}

impl<S> FromRequestParts<S> for Page
where
    Arc<Site>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let site = Arc::<Site>::from_ref(state);
        let place = parts.extensions.get::<Place>().cloned().ok_or(PageError::NotFound)?;
        let now = site.clock.now();
        let session = match read_cookie(&parts.headers) {
            Some(secret) => site.keeper.find(&secret, !asks_by_itself(&parts.headers), now).await?,
            None => None,
        };
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (last_event, agent) = (text("last-event-id"), text(USER_AGENT.as_str()).unwrap_or_default());
        Ok(Self { site, place, session, last_event, agent, cookie: None, now, public: false })
    }
}

/// Whether a live page comes back on its own: no person did anything.
fn asks_by_itself(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accepted| accepted.as_bytes().starts_with(b"text/event-stream"))
}

impl Page {
    /// The portal.
    #[must_use]
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// What speaks the language of the path.
    #[must_use]
    pub fn locale(&self) -> Locale<'_> {
        self.site.locale(self.place.lang)
    }

    /// The language of the path.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.place.lang
    }

    /// The moment of the request.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.now
    }

    /// The path without its language, such as `/cases`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.place.path
    }

    /// A value of the query, such as `q` of a search; empty when there is none. Of several the first.
    #[must_use]
    pub fn query(&self, name: &str) -> String {
        let query = self.place.target.split_once('?').map_or("", |(_, query)| query);
        let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The session, signed in or not.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref().map(|(_, session)| session)
    }

    pub(crate) fn session_key(&self) -> Option<&SessionKey> {
        self.session.as_ref().map(|(key, _)| key)
    }

    /// Who asks, if anybody is signed in.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        self.session()?.person.as_ref()
    }

    /// Who asks, who must have this role.
    ///
    /// # Errors
    /// `SignIn` when nobody is signed in, `NotAllowed` when the role is missing.
    pub fn person_as(&self, role: Role) -> Result<&Person, PageError> {
        let person = self.person().ok_or(PageError::SignIn)?;
        if person.roles.contains(&role) { Ok(person) } else { Err(PageError::NotAllowed("the role is missing")) }
    }

    /// That the person proved who they are a few minutes ago: before an act of law.
    ///
    /// # Errors
    /// `SignIn` when nobody is signed in, `StepUp` when the proof is too old.
    pub fn raised(&self) -> Result<(), PageError> {
        let session = self.session().filter(|session| session.person.is_some()).ok_or(PageError::SignIn)?;
        if self.site.keeper.is_raised(session, self.now) { Ok(()) } else { Err(PageError::StepUp) }
    }

    /// Signs a person in. The session from before ends, and the answer sets the cookie of the new one.
    ///
    /// # Errors
    /// When there is no room for a session.
    pub async fn sign_in(&mut self, person: Person) -> Result<(), PageError> {
        self.open(Some(person)).await
    }

    /// Begins a session for somebody who is not signed in, so that a form can be sent. Nothing happens when there is one.
    ///
    /// # Errors
    /// When there is no room for a session.
    pub async fn begin(&mut self) -> Result<(), PageError> {
        if self.session.is_some() { Ok(()) } else { self.open(None).await }
    }

    async fn open(&mut self, person: Option<Person>) -> Result<(), PageError> {
        let opened = self.site.keeper.open(self.session_key(), person, &self.agent, self.now).await?;
        self.cookie = set_cookie(&opened.secret);
        self.session = Some((opened.key, opened.session));
        Ok(())
    }

    /// Ends the session; the answer takes the cookie away.
    ///
    /// # Errors
    /// When the store of sessions fails.
    pub async fn sign_out(&mut self) -> Result<(), PageError> {
        if let Some((key, _)) = self.session.take() {
            self.site.keeper.end(&key).await?;
        }
        self.cookie = Some(clear_cookie());
        Ok(())
    }

    /// Lets caches keep the page for a minute: it is the same for everyone. Holds only while nobody is signed in.
    #[must_use]
    pub fn public(self) -> Self {
        Self { public: true, ..self }
    }

    /// A form that is sent with `POST` to a path without language, with what proves that it is ours and with a key by
    /// which a second sending is known. `begin` a session first where nobody need be signed in.
    ///
    /// # Errors
    /// When there is no session, or OpenSSL fails.
    pub fn form(&self, path: &str, inside: &Markup) -> Result<Markup, PageError> {
        self.form_with(path, None, inside)
    }

    /// A form that came back with errors: it keeps its key.
    ///
    /// # Errors
    /// As [`Page::form`].
    pub fn form_again(&self, path: &str, post: &Post, inside: &Markup) -> Result<Markup, PageError> {
        self.form_with(path, Some(post.key()), inside)
    }

    fn form_with(&self, path: &str, key: Option<&str>, inside: &Markup) -> Result<Markup, PageError> {
        let fields = self.hidden(key)?;
        Ok(html! { form.form method="post" action=(self.locale().path(path)) novalidate { (fields) (inside) } })
    }

    fn hidden(&self, key: Option<&str>) -> Result<Markup, PageError> {
        let session = self.session_key().ok_or(PageError::SignIn)?;
        let mut random = [0; 32];
        self.site.random.fill(&mut random);
        let (pad, fresh) = random.split_at(16);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(pad).for_each(|(to, from)| *to = *from);
        let token = self.site.csrf.token(session, bytes).map_err(|error| PageError::internal("a form token", error))?;
        let fresh: String = fresh.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(html! {
            input type="hidden" name=(super::form::TOKEN) value=(token);
            input type="hidden" name=(super::form::KEY) value=(key.unwrap_or(&fresh));
        })
    }

    /// Does the work of a post once, however often its form is sent, and leads to the path that the work answers.
    ///
    /// When the work fails the form may be sent again. Two at the same time: the second gets `Running`.
    ///
    /// # Errors
    /// What the work answers, and `Running`.
    pub async fn once<F>(&self, post: &Post, work: F) -> Result<Response, PageError>
    where
        F: Future<Output = Result<String, PageError>>,
    {
        let session = self.session_key().ok_or(PageError::Forged)?;
        let key = PostKey::of(session, post.key());
        match self.site.posts.begin(key, self.now).await? {
            Begun::Done(path) => return self.see_other(&path),
            Begun::Running => return Err(PageError::Running),
            Begun::Fresh => {}
        }
        match work.await {
            Ok(path) => {
                self.site.posts.finish(&key, &path).await?;
                self.see_other(&path)
            }
            Err(error) => {
                self.site.posts.forget(&key).await?;
                Err(error)
            }
        }
    }

    /// Leads to a page: 303 to a path without language.
    ///
    /// # Errors
    /// When the path is no path of ours.
    pub fn see_other(&self, path: &str) -> Result<Response, PageError> {
        let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
        let location =
            Some(path).filter(|_| ours).and_then(|path| HeaderValue::from_str(&self.locale().path(path)).ok());
        let location = location.ok_or(PageError::Malformed("a path that is not of this portal"))?;
        Ok(self.dressed((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()))
    }

    /// Leads to another site: 303 to an address that is not typed by anybody who asks.
    ///
    /// # Errors
    /// When it is no address.
    pub(crate) fn elsewhere(&self, address: &str) -> Result<Response, PageError> {
        let location = HeaderValue::from_str(address).map_err(|error| PageError::internal("an address", error))?;
        Ok(self.dressed((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()))
    }

    /// A page for citizens.
    #[must_use]
    pub fn portal(&self, sheet: &Sheet) -> Response {
        self.answer(StatusCode::OK, sheet, |frame| shell::portal(frame, shell::PORTAL, sheet))
    }

    /// A page for officers. `menu` is [`shell::DESK`], perhaps with what waits.
    #[must_use]
    pub fn desk(&self, menu: &[shell::Place], sheet: &Sheet) -> Response {
        self.answer(StatusCode::OK, sheet, |frame| shell::desk(frame, menu, sheet))
    }

    /// A page for operators. `menu` is [`shell::CONSOLE`], perhaps with what waits.
    #[must_use]
    pub fn console(&self, menu: &[shell::Place], sheet: &Sheet) -> Response {
        self.answer(StatusCode::OK, sheet, |frame| shell::console(frame, menu, sheet))
    }

    fn answer(&self, status: StatusCode, sheet: &Sheet, render: impl Fn(&Frame<'_>) -> Markup) -> Response {
        let signed = self.signed();
        let frame = Frame {
            locale: self.locale(),
            brand: self.site.brand(),
            path: &self.place.path,
            target: &self.place.target,
            session: signed.as_ref().map_or(shell::Asking::Nobody, shell::Asking::Signed),
            mounted: self.site.mounted(),
        };
        let status = if sheet.failed { StatusCode::UNPROCESSABLE_ENTITY } else { status };
        let mut response = (status, Html(render(&frame).into_string())).into_response();
        if self.public && self.session.is_none() && !sheet.failed {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        }
        response.headers_mut().append(VARY, HeaderValue::from_static("cookie"));
        self.dressed(response)
    }

    fn signed(&self) -> Option<Signed> {
        let session = self.session()?;
        let person = session.person.as_ref()?;
        let ends = self.site.keeper.times().end(session);
        Some(Signed { name: person.name.clone(), ends, left: ends.since(self.now), fields: self.hidden(None).ok()? })
    }

    fn dressed(&self, mut response: Response) -> Response {
        if let Some(cookie) = &self.cookie {
            response.headers_mut().append(SET_COOKIE, cookie.clone());
        }
        response
    }

    /// The events of a live page. `present` makes those that show the present state; they are sent when something may
    /// have been missed. Judge first whether the person may see the topic.
    ///
    /// # Errors
    /// `TooMany` when too many live pages are open.
    pub fn live(&self, topic: &str, present: impl FnOnce() -> Vec<Event>) -> Result<Response, PageError> {
        let owner = self.session().map(|session| session.handle.as_str());
        let subscription =
            self.site.live.subscribe(&in_lang(topic, self.place.lang), owner, self.last_event.as_deref())?;
        Ok(stream(subscription, present))
    }
}
