//! One connection: its handshake, its requests one after the other, its clock.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use simpul_core::limits;
use tokio::net::TcpStream;

use super::answer::{self, AnswerBytes};
use super::pace::{Answering, Late, Pace, Paced};
use super::serve::{House, Place};
use crate::net::body::Inflow;
use crate::net::tcp::Tcp;
use crate::net::transport::Transport;
use simpul_exchange::call::Answer;
use simpul_exchange::ports::{BodyStream, Headers};
use simpul_trust::cert::Certificate;

/// What answers the requests of one listener.
pub(super) trait App: Send + Sync {
    /// Answers one request.
    fn answer(self: Arc<Self>, asked: Asked, visitor: Arc<Visitor>) -> BoxFuture<'static, Answer>;
}

/// One request.
pub(super) struct Asked {
    /// HTTP method as written.
    pub(super) method: String,
    /// Raw path and query.
    pub(super) target: String,
    /// Headers.
    pub(super) headers: Headers,
    /// The body, if HTTP announced one.
    pub(super) body: Option<BodyStream>,
}

/// Who connected.
pub(super) struct Visitor {
    /// Whether by TLS.
    pub(super) tls: bool,
    /// The certificates presented, leaf first; possession of the leaf's key was proved.
    pub(super) chain: Vec<Certificate>,
    _place: Place,
}

/// Runs a connection to its end.
pub(super) async fn run(tcp: TcpStream, from: SocketAddr, place: Place, house: Arc<House>) {
    let welcomed = match house.kill.run_until_cancelled(welcome(tcp, place, &house)).await {
        Some(Ok(welcomed)) => welcomed,
        Some(Err(cause)) => {
            tracing::debug!(%from, %cause, "a connection was refused");
            return;
        }
        None => return,
    };
    converse(welcomed, from, &house).await;
}

/// Makes the handshake, if the listener wants one.
async fn welcome(tcp: TcpStream, place: Place, house: &House) -> io::Result<(Transport, Arc<Visitor>)> {
    let tcp = Tcp::new(tcp)?;
    let Some(acceptor) = &house.acceptor else {
        return Ok((Transport::Plain(tcp), Arc::new(Visitor { tls: false, chain: Vec::new(), _place: place })));
    };
    let context = acceptor.context().map_err(io::Error::other)?;
    let transport = Transport::accept(tcp, &context, house.bounds.handshake).await?;
    let chain = transport.ssl().and_then(crate::tls::presented);
    match chain {
        Some(chain) if acceptor.admits(&chain) => {
            Ok((transport, Arc::new(Visitor { tls: true, chain, _place: place })))
        }
        _ => Err(io::Error::new(io::ErrorKind::PermissionDenied, "the certificate is not admitted")),
    }
}

/// Answers request after request.
async fn converse((transport, visitor): (Transport, Arc<Visitor>), from: SocketAddr, house: &Arc<House>) {
    let pace = Pace::new();
    let io = TokioIo::new(Paced::new(transport, Arc::clone(&pace)));
    let service = {
        let (pace, house) = (Arc::clone(&pace), Arc::clone(house));
        service_fn(move |request| exchange(request, Arc::clone(&visitor), Arc::clone(&pace), Arc::clone(&house)))
    };
    let mut connection = pin!(
        http1::Builder::new()
            .max_headers(limits::HTTP_HEADERS)
            .max_header_size(limits::HTTP_HEAD)
            .max_buf_size(limits::HTTP_HEAD)
            .serve_connection(io, service)
    );
    let mut clock = tokio::time::interval(house.bounds.tick());
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(cause) = ended {
                    tracing::debug!(%from, %cause, "a connection broke");
                }
                return;
            }
            () = house.stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = house.kill.cancelled() => return,
            _ = clock.tick() => match pace.late(&house.bounds) {
                None => {}
                Some(Late::Idle) if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                Some(late) => {
                    tracing::debug!(%from, ?late, "a connection was too slow");
                    return;
                }
            }
        }
    }
}

/// One request and its answer.
async fn exchange(
    request: Request<Incoming>,
    visitor: Arc<Visitor>,
    pace: Arc<Pace>,
    house: Arc<House>,
) -> Result<Response<AnswerBytes>, Infallible> {
    let is_head = request.method() == Method::HEAD;
    let tunnel = request.method() == Method::CONNECT;
    let (asked, has_body) = asked(request, &pace, &house);
    pace.busy(has_body);
    let watch = Answering(pace);
    if tunnel {
        return Ok(answer::last(405, "this is no proxy", watch));
    }
    let handler = Arc::clone(&house.app).answer(asked, visitor);
    let task = house.tasks.spawn(house.kill.clone().run_until_cancelled_owned(handler));
    Ok(match task.await {
        Ok(Some(answer)) => answer::respond(answer::primed(answer).await, is_head, watch),
        Ok(None) => answer::last(503, "the server stops", watch),
        Err(cause) => {
            tracing::error!(%cause, "a handler failed");
            answer::plain(500, "internal error", watch)
        }
    })
}

fn asked(request: Request<Incoming>, pace: &Arc<Pace>, house: &House) -> (Asked, bool) {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
    let headers = head.headers.iter().map(crate::net::http::header).collect();
    let body = Some(body).filter(|b| !hyper::body::Body::is_end_stream(b)).map(|body| {
        let pace = Arc::clone(pace);
        let inflow = Inflow::new(body, Some(house.bounds.body)).at_end(move || pace.read_whole());
        Box::pin(inflow) as BodyStream
    });
    let has_body = body.is_some();
    (Asked { method: head.method.as_str().to_owned(), target, headers, body }, has_body)
}
