//! A portal over the gallery, with a clock that stands and randomness that counts; and how to ask it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use simpul_core::UnixTime;
use simpul_exchange::ports::{Clock, Randomness};
use simpul_portal::brand::Brand;
use simpul_portal::gallery::gallery;
use simpul_portal::session::{MemoryPosts, MemorySessions, Origin, Times};
use simpul_portal::shell::Mounted;
use simpul_portal::{Ports, Site, serve};
use tower::ServiceExt as _;

pub(crate) struct Machine {
    now: AtomicI64,
    calls: AtomicU64,
}

impl Clock for Machine {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.now.load(Ordering::Relaxed))
    }
}

impl Randomness for Machine {
    fn fill(&self, bytes: &mut [u8]) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        for (i, chunk) in bytes.chunks_mut(32).enumerate() {
            let digest = openssl::sha::sha256(&[call.to_be_bytes(), (i as u64).to_be_bytes()].concat());
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

/// A portal, and the cookie of one browser.
pub(crate) struct Portal {
    pub(crate) router: Router,
    machine: Arc<Machine>,
    cookie: Option<String>,
}

pub(crate) struct Answer {
    pub(crate) head: http::response::Parts,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.head.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Portal {
    pub(crate) fn new() -> Self {
        Self::with(Brand::example().unwrap(), Origin::Exact("https://portal.example".to_owned()))
    }

    pub(crate) fn with(brand: Brand, origin: Origin) -> Self {
        let machine = Arc::new(Machine { now: AtomicI64::new(1_794_963_600), calls: AtomicU64::new(0) });
        let ports = Ports {
            clock: Arc::<Machine>::clone(&machine),
            random: Arc::<Machine>::clone(&machine),
            sessions: Arc::new(MemorySessions::default()),
            posts: Arc::new(MemoryPosts::default()),
            mounted: Mounted::All,
        };
        let site = Site::new(brand, origin, Times::default(), ports).unwrap();
        Self { router: serve(&site, gallery()), machine, cookie: None }
    }

    pub(crate) fn forward(&self, seconds: i64) {
        self.machine.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Sends a request as it is; nothing is read of the answer but its head.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let (head, body) = self.send(request).await.into_parts();
        Answer { head, body: body.collect().await.unwrap().to_bytes() }
    }

    /// A page, as this browser asks for it; its cookie is kept.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.browse("GET", path, Body::empty()).await
    }

    /// A form, as this browser sends it.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.browse("POST", path, Body::from(body)).await
    }

    async fn browse(&mut self, method: &str, path: &str, body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "portal.example");
        if method == "POST" {
            request = request
                .header("origin", "https://portal.example")
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded");
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = self.ask(request.body(body).unwrap()).await;
        if let Some((cookie, _)) = answer.header("set-cookie").split_once(';') {
            self.cookie = (!cookie.ends_with('=')).then(|| cookie.to_owned());
        }
        answer
    }

    pub(crate) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    pub(crate) fn take_cookie(&mut self, cookie: Option<String>) {
        self.cookie = cookie;
    }
}

/// The value of a hidden field, the last of its name: the first may belong to the dialog.
pub(crate) fn hidden(html: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let main = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    main.split(&start).nth(1).unwrap_or_else(|| panic!("no field {name}")).split('"').next().unwrap().to_owned()
}

/// A bare request.
pub(crate) fn request(method: &str, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}
