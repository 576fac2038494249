//! Who goes away, and when.

use std::sync::Arc;
use std::time::Duration;

use simpul_io::listen::Bounds;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};

use crate::support::http::read_to_end;
use crate::support::port::{bounds, port, text};

#[tokio::test]
async fn a_handler_runs_to_its_end_when_the_caller_goes_away() {
    let (go, entered, (tell, mut told)) = (Arc::new(Notify::new()), Arc::new(Notify::new()), mpsc::unbounded_channel());
    let port = port(bounds(), None, {
        let (go, entered) = (go.clone(), entered.clone());
        move |_| {
            let (go, entered, tell) = (go.clone(), entered.clone(), tell.clone());
            async move {
                entered.notify_one();
                go.notified().await;
                tell.send(()).unwrap();
                text(200, "")
            }
        }
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    entered.notified().await;
    drop(stream);
    // Long enough for the listener to see that the caller is gone.
    let mut other = TcpStream::connect(port.at).await.unwrap();
    other.write_all(b"garbage\r\n\r\n").await.unwrap();
    read_to_end(&mut other).await.1.ok();
    go.notify_one();
    told.recv().await.expect("the handler was torn off");
}

#[tokio::test]
async fn stopping_lets_running_exchanges_end() {
    let (go, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut port = port(bounds(), None, {
        let (go, entered) = (go.clone(), entered.clone());
        move |_| {
            let (go, entered) = (go.clone(), entered.clone());
            async move {
                entered.notify_one();
                go.notified().await;
                text(200, "done")
            }
        }
    })
    .await;
    let mut idle = TcpStream::connect(port.at).await.unwrap();
    let mut busy = TcpStream::connect(port.at).await.unwrap();
    busy.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    entered.notified().await;
    port.stop.cancel();
    assert_eq!(read_to_end(&mut idle).await.0, "", "an idle connection is closed at once");
    assert!(!port.served.is_finished());
    go.notify_one();
    let (said, ended) = read_to_end(&mut busy).await;
    ended.unwrap();
    assert!(said.contains("connection: close") && said.ends_with("done"), "{said}");
    (&mut port.served).await.unwrap();
    assert!(TcpStream::connect(port.at).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn the_grace_period_has_an_end() {
    let entered = Arc::new(Notify::new());
    let bounds = Bounds { grace: Duration::from_millis(100), ..bounds() };
    let mut port = port(bounds, None, {
        let entered = entered.clone();
        move |_| {
            let entered = entered.clone();
            async move {
                entered.notify_one();
                std::future::pending().await
            }
        }
    })
    .await;
    let mut stream = TcpStream::connect(port.at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    entered.notified().await;
    port.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), &mut port.served).await.expect("it never stopped").unwrap();
    // Told or cut off, whichever comes first.
    let (said, _) = read_to_end(&mut stream).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 503 "), "{said}");
}
