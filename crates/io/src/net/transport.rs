//! A connection with or without TLS.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use openssl::ssl::{Ssl, SslContext, SslRef};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_openssl::SslStream;

use super::tcp::Tcp;

/// A connection that carries HTTP.
#[derive(Debug)]
pub(crate) enum Transport {
    /// Octets as they are.
    Plain(Tcp),
    /// TLS, after its handshake.
    Tls(Box<SslStream<Below>>),
}

impl Transport {
    /// Makes the accepting side's handshake. Requests say how long they are, so a cut at their end cannot hide.
    pub(crate) async fn accept(tcp: Tcp, context: &SslContext, within: Duration) -> io::Result<Self> {
        let ssl = Ssl::new(context).map_err(io::Error::other)?;
        let below = Below { tcp, end: End::Lenient };
        let mut stream = Box::new(SslStream::new(ssl, below).map_err(io::Error::other)?);
        timed(within, Pin::new(&mut *stream).accept()).await?;
        Ok(Self::Tls(stream))
    }

    /// Makes the connecting side's handshake.
    pub(crate) async fn connect(tcp: Tcp, ssl: Ssl, within: Duration, end: End) -> io::Result<Self> {
        let mut stream = Box::new(SslStream::new(ssl, Below { tcp, end }).map_err(io::Error::other)?);
        timed(within, Pin::new(&mut *stream).connect()).await?;
        Ok(Self::Tls(stream))
    }

    /// The TLS session, if there is one.
    pub(crate) fn ssl(&self) -> Option<&SslRef> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(stream) => Some(stream.ssl()),
        }
    }

    /// The socket below.
    pub(crate) fn tcp(&self) -> &Tcp {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(stream) => &stream.get_ref().tcp,
        }
    }

    /// The socket below, for throwing away what still comes.
    pub(crate) fn tcp_mut(&mut self) -> &mut Tcp {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(stream) => &mut stream.get_mut().tcp,
        }
    }
}

async fn timed(within: Duration, handshake: impl Future<Output = Result<(), openssl::ssl::Error>>) -> io::Result<()> {
    match tokio::time::timeout(within, handshake).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.into_io_error().unwrap_or_else(io::Error::other)),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake took too long")),
    }
}

/// What it means that a socket ends without TLS's own end, the close_notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It was cut: a body that ends with its connection would look whole otherwise (RFC 9112 §9.8).
    Strict,
    /// It has ended: for messages that show themselves whether they are whole.
    Lenient,
}

/// The socket below TLS. OpenSSL alone would report a clean end in both cases.
#[derive(Debug)]
pub(crate) struct Below {
    tcp: Tcp,
    end: End,
}

impl AsyncRead for Below {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buf))?;
        let ended = buf.filled().len() == before && buf.remaining() > 0;
        if ended && self.end == End::Strict {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Below {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl AsyncRead for Transport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_write_vectored(cx, bufs),
        }
    }

    /// True without TLS. With TLS, HTTP joins head and chunks into one buffer, so that they become one record and
    /// not one each.
    fn is_write_vectored(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
        }
    }
}
