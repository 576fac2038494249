//! Both spellings of faults (wire.md §3.9): a node writes the one that it is set to, and passes on what it gets.

use simpul_core::Dialect::{self, V77, V78};

use crate::federation::calls::{call, get, raw, with_header};
use crate::federation::octets::cut;
use crate::federation::{Federation, PROVIDER, STRANGER, Settings};

async fn federation(dialects: [Dialect; 2]) -> Federation {
    Federation::with(Settings { dialects, ..Settings::default() }).await
}

/// wire.md §3.9: `server.clientproxy.…` from 7.8 on, `Server.ClientProxy.…` before; either is a fault of a server.
#[tokio::test]
async fn own_faults_are_in_the_own_spelling() {
    let table = [
        (V78, "server.clientproxy.unknown_member", "server.clientproxy.invalid_client_identifier"),
        (V77, "Server.ClientProxy.UnknownMember", "Server.ClientProxy.InvalidClientIdentifier"),
    ];
    for (dialect, unknown, without) in table {
        let federation = federation([dialect, V78]).await;
        let nobody = call("GET", "persons", "ID/GOV/9/nobody");
        let answer = federation.relay(nobody).await;
        assert_eq!((answer.status, answer.error()), (500, Some(unknown)));
        assert_eq!(answer.fault("type"), unknown);
        let answer = federation.relay(raw("GET", &format!("/r1/{PROVIDER}/persons"), &[])).await;
        assert_eq!((answer.status, answer.error()), (500, Some(without)));
    }
}

/// wire.md §3.9: a peer's code stays unchanged, so a fault of the other generation comes out as 400.
#[tokio::test]
async fn faults_of_peers_keep_their_spelling() {
    let table = [
        ([V78, V78], "server.serverproxy.access_denied", "server.serverproxy.io_error", 500),
        ([V77, V77], "Server.ServerProxy.AccessDenied", "Server.ServerProxy.IOError", 500),
        ([V78, V77], "Server.ServerProxy.AccessDenied", "Server.ServerProxy.IOError", 400),
        ([V77, V78], "server.serverproxy.access_denied", "server.serverproxy.io_error", 400),
    ];
    for (dialects, before, inside, status) in table {
        let federation = federation(dialects).await;
        let answer = federation.relay(call("GET", "persons", STRANGER)).await;
        assert_eq!((answer.status, answer.error()), (status, Some(before)), "{dialects:?}, before the message");
        federation.register.next_body(cut(["half"]));
        let answer = federation.relay(get("/1")).await;
        assert_eq!((answer.status, answer.error()), (status, Some(inside)), "{dialects:?}, inside the message");
    }
}

/// Nodes of either spelling exchange with one another.
#[tokio::test]
async fn spelling_is_for_faults_alone() {
    for dialects in [[V77, V78], [V78, V77], [V77, V77]] {
        let federation = federation(dialects).await;
        assert_eq!(federation.relay(get("/1")).await.status, 200, "{dialects:?}");
        federation.audit().await;
    }
}

/// wire.md §2.6: XML for a caller that asks for it, else JSON.
#[tokio::test]
async fn a_fault_has_the_form_that_its_caller_accepts() {
    for (dialect, code) in [(V78, "server.clientproxy.unknown_member"), (V77, "Server.ClientProxy.UnknownMember")] {
        let federation = federation([dialect, V78]).await;
        let nobody = || call("GET", "persons", "ID/GOV/9/nobody");
        let answer = federation.relay(with_header(nobody(), "ACCEPT", "text/html, application/xml;q=0.1")).await;
        assert_eq!(answer.header("content-type"), Some("application/xml;charset=utf-8"));
        assert!(answer.text().contains(&format!("<error><type>{code}</type><message>")), "{}", answer.text());
        let answer = federation.relay(with_header(nobody(), "Accept", "*/*")).await;
        assert_eq!(answer.header("content-type"), Some("application/json;charset=utf-8"));
        assert_eq!((answer.fault("type").as_str(), answer.error()), (code, Some(code)));
    }
}
