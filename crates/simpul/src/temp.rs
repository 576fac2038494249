//! temporary
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::allow_attributes_without_reason)]
use bytes::{Bytes, BytesMut};
use std::sync::{Arc, Mutex};
use std::collections::HashMap;
use http_body_util::{BodyExt, Full, Limited};
use simpul_core::UnixTime;
use simpul_exchange::ports::*;
use simpul_trust::{cert::Certificate, conf::GlobalConf, ocsp};
use async_trait::async_trait;

#[derive(Default, Clone)] pub struct Fetcher;
pub struct Reply { pub status: u16, pub body: Bytes, pub content_type: String }
#[derive(Debug, thiserror::Error)] #[error("{0}")] pub struct FetchError(String);
impl Fetcher {
    pub async fn get(&self, url: &str, limit: usize) -> Result<Reply, FetchError> { self.call("GET", url, None, limit).await }
    pub async fn post(&self, url: &str, ct: &str, body: Vec<u8>, limit: usize) -> Result<Reply, FetchError> { self.call("POST", url, Some((ct.to_owned(), body)), limit).await }
    async fn call(&self, method: &str, url: &str, body: Option<(String, Vec<u8>)>, limit: usize) -> Result<Reply, FetchError> {
        let e = |e: String| FetchError(e);
        let rest = url.strip_prefix("http://").ok_or_else(|| e("only http".into()))?;
        let slash = rest.find('/').ok_or_else(|| e("no path".into()))?;
        let (host, path) = rest.split_at(slash);
        let s = tokio::net::TcpStream::connect(host).await.map_err(|x| e(x.to_string()))?;
        let (mut tx, conn) = hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(s)).await.map_err(|x| e(x.to_string()))?;
        tokio::spawn(conn);
        let mut r = hyper::Request::builder().method(method).uri(path).header("host", host);
        let mut b = Vec::new();
        if let Some((ct, x)) = body { r = r.header("content-type", ct); b = x; }
        let resp = tx.send_request(r.body(Full::new(Bytes::from(b))).map_err(|x| e(x.to_string()))?).await.map_err(|x| e(x.to_string()))?;
        let (h, b) = resp.into_parts();
        let content_type = h.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let body = Limited::new(b, limit).collect().await.map_err(|x| e(x.to_string()))?.to_bytes();
        Ok(Reply { status: h.status.as_u16(), body, content_type })
    }
}
pub struct OcspSettings { pub port: u16, pub interval: std::time::Duration, pub dir: std::path::PathBuf, pub own: Vec<Vec<Certificate>> }
pub struct OcspKeeper { s: OcspSettings, conf: Arc<dyn ConfSource>, clock: Arc<dyn Clock>, have: Mutex<HashMap<[u8; 20], Bytes>>, peers: Mutex<HashMap<[u8; 20], Bytes>> }
impl OcspKeeper {
    pub fn open(s: OcspSettings, conf: Arc<dyn ConfSource>, clock: Arc<dyn Clock>) -> Self { Self { s, conf, clock, have: Mutex::default(), peers: Mutex::default() } }
    pub async fn refresh(&self) {
        let Some(conf) = self.conf.current() else { return };
        for chain in &self.s.own { for cert in chain {
            let Some(ca) = conf.approved_ca(conf.own_instance(), &cert.issuer_der()) else { continue };
            let Ok(q) = ocsp::request(cert, &ca.cert) else { continue };
            for url in &ca.ocsp_urls { if let Ok(r) = Fetcher.post(url, "application/ocsp-request", q.clone(), 65536).await {
                if ocsp::verify(&r.body, cert, &ca.cert, &conf.ocsp_rules(&ca.cert), self.clock.now()).is_ok() { self.have.lock().unwrap().insert(cert.sha1(), r.body); }
            } }
        } }
    }
    pub async fn keep(self: Arc<Self>, stop: tokio_util::sync::CancellationToken) { stop.cancelled().await }
}
impl simpul_io::listen::OwnResponses for OcspKeeper { fn by_sha1(&self, s: &[u8; 20]) -> Option<Bytes> { self.have.lock().unwrap().get(s).cloned() } }
#[async_trait] impl OcspSource for OcspKeeper {
    fn own(&self, chain: &[Certificate], _at: UnixTime) -> Result<Vec<Bytes>, OcspUnavailable> {
        chain.iter().map(|c| self.have.lock().unwrap().get(&c.sha1()).cloned().ok_or_else(|| OcspUnavailable { subject: c.subject_rfc2253(), cause: None })).collect()
    }
    async fn of_peer(&self, address: &str, chain: &[Certificate], _conf: &GlobalConf, _at: UnixTime) -> Result<Vec<Bytes>, OcspUnavailable> {
        let mut out = Vec::new();
        for c in chain {
            let cached = self.peers.lock().unwrap().get(&c.sha1()).cloned();
            if let Some(b) = cached { out.push(b); continue }
            let hex: String = c.sha1().iter().map(|b| format!("{b:02x}")).collect();
            let un = || OcspUnavailable { subject: c.subject_rfc2253(), cause: None };
            let r = Fetcher.get(&format!("http://{address}:{}/?cert={hex}", self.s.port), 1 << 20).await.map_err(|_| un())?;
            let p = r.body.windows(4).rposition(|w| w == b"\r\n\r\n").map(|_| ()); let _ = p;
            let start = r.body.windows(4).position(|w| w == b"\r\n\r\n").ok_or_else(un)? + 4;
            let end = r.body.windows(4).rposition(|w| w == b"\r\n--").ok_or_else(un)?;
            let der = r.body.slice(start..end);
            self.peers.lock().unwrap().insert(c.sha1(), der.clone()); out.push(der);
        }
        Ok(out)
    }
}
pub struct Spool;
impl Spool { pub fn open(_: &std::path::Path) -> Result<Self, std::io::Error> { Ok(Self) } }
struct W(BytesMut); struct D(Bytes);
#[async_trait] impl simpul_exchange::ports::Spool for Spool { async fn create(&self) -> std::io::Result<Box<dyn SpoolWriter>> { Ok(Box::new(W(BytesMut::new()))) } }
#[async_trait] impl SpoolWriter for W { async fn write(&mut self, c: Bytes) -> std::io::Result<()> { self.0.extend_from_slice(&c); Ok(()) } async fn finish(self: Box<Self>) -> std::io::Result<Arc<dyn Spooled>> { Ok(Arc::new(D(self.0.freeze()))) } }
impl Spooled for D { fn len(&self) -> u64 { self.0.len() as u64 } fn read(&self) -> BodyStream { Box::pin(futures_util::stream::iter([Ok(self.0.clone())])) } }
