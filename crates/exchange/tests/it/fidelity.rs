//! What is verified is what is forwarded (invariant I3): the service sees what was sealed, octet for octet.

use bytes::Bytes;
use simpul_ledger::{Direction, LoggedBody, Side};
use simpul_trust::hash;
use simpul_wire::rest::RestResponse;

use crate::federation::calls::{Reply, call, get, post, raw, with_body, with_header};
use crate::federation::octets::octets;
use crate::federation::proofs::kept_body;
use crate::federation::register::{ANSWER, reply};
use crate::federation::{CLIENT, Federation, PROVIDER};

/// wire.md §2.3: request line, path and query as they came, header lines in order without a space after the colon,
/// then the request id. The random ids are the only part that a test cannot know.
#[tokio::test]
async fn the_block_is_the_call_as_it_came() {
    let federation = Federation::new().await;
    let target = format!("/r1/{PROVIDER}/persons/a%2Fb/%C3%A9;v=1?q=%20&&=&q=2");
    let headers = [
        ("x-road-CLIENT", CLIENT),
        ("Accept", "text/*;q=0.1"),
        ("X-Empty", ""),
        ("Cookie", " a=b; c=\"d\" "),
        ("accept", "*/*"),
        ("X-Road-Id", "my id/1"),
        ("x-road-userid", "EE3 8001"),
    ];
    federation.relay(raw("POST", &target, &headers)).await;
    let seen = federation.register.calls().pop().unwrap();
    let request_id = &seen.headers.iter().find(|(name, _)| name == "x-road-request-id").unwrap().1;
    let expected = format!(
        "POST\r\n{target}\r\nx-road-CLIENT:{CLIENT}\r\nAccept:text/*;q=0.1\r\nX-Empty:\r\nCookie: a=b; c=\"d\" \r\n\
         accept:*/*\r\nX-Road-Id:my id/1\r\nx-road-userid:EE3 8001\r\nx-road-request-id:{request_id}\r\n"
    );
    assert_eq!(std::str::from_utf8(&seen.block).unwrap(), expected);
    assert_eq!(request_id.len(), 36);
    assert_eq!(seen.method, "POST");
    assert_eq!((seen.path.as_str(), seen.query.as_deref()), ("/a%2Fb/%C3%A9;v=1", Some("q=%20&&=&q=2")));
    let lines: Vec<_> = seen.headers.iter().map(|(n, v)| format!("{n}:{v}")).collect();
    assert_eq!(lines.join("\r\n"), expected.split_once(PROVIDER).unwrap().1.split_once("\r\n").unwrap().1.trim_end());
    federation.audit().await;
}

/// One call of each shape: method, path and query, and body.
const SHAPES: [(&str, &str, Option<&[&str]>); 10] = [
    ("GET", "", None),
    ("GET", "?", None),
    ("GET", "/", None),
    ("GET", "/1?", None),
    ("GET", "/with/body", Some(&["unusual"])),
    ("POST", "", Some(&["{\"a\":", "", "1}"])),
    ("PUT", "/%E2%82%AC?x=[1]", Some(&["\u{0}\u{7f}\r\n--xtop", "\r\n"])),
    ("PATCH", "/1", Some(&["p"])),
    ("DELETE", "//1//", None),
    ("OPTIONS", "/*?a=b?c=d", None),
];

#[tokio::test]
async fn every_shape_of_a_call_arrives_as_it_was_sealed_and_logged() {
    let federation = Federation::new().await;
    for (n, (method, tail, body)) in SHAPES.into_iter().enumerate() {
        let mut asked = call(method, &format!("persons{tail}"), CLIENT);
        asked.body = body.map(|chunks| octets(chunks.iter().copied()));
        let answer = federation.relay(asked).await;
        assert_eq!((answer.status, answer.text()), (200, ANSWER), "{method} {tail}");
        let seen = federation.register.calls().pop().unwrap();
        let (path, query) = tail.split_once('?').map_or((tail, None), |(path, query)| (path, Some(query)));
        assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.query.as_deref()), (method, path, query));
        let body = body.map(|chunks| Bytes::from(chunks.concat()));
        assert_eq!(seen.body, body, "{method} {tail}");
        let [consumer, provider] = federation.records().await;
        let at = 2 * n;
        for (record, side) in [(&consumer[at], Side::Consumer), (&provider[at], Side::Provider)] {
            assert_eq!((record.record.side, record.record.direction), (side, Direction::Request));
            assert_eq!(record.record.message, seen.block);
            assert_eq!(kept_body(record), body);
        }
        assert_eq!(provider[at].id, seen.record, "the service was asked with what stands in the log");
        assert_eq!(consumer[at].record.seal, provider[at].record.seal);
        assert_eq!(consumer[at + 1].record.message, provider[at + 1].record.message);
        assert_eq!(consumer[at + 1].record.seal, provider[at + 1].record.seal);
    }
    federation.audit().await;
}

/// wire.md §3.3: a body part only if the body was not empty; §2.5: and the hash follows it.
#[tokio::test]
async fn an_empty_body_is_no_body() {
    let federation = Federation::new().await;
    let bodies = [None, Some(octets::<Bytes>([])), Some(octets(["", ""]))];
    for body in bodies {
        let mut asked = call("POST", "persons", CLIENT);
        asked.body = body;
        federation.relay(asked).await;
        assert_eq!(federation.register.calls().pop().unwrap().body, None);
        let [consumer, provider] = federation.records().await;
        let [.., request, response] = provider.as_slice() else { panic!("two records") };
        assert_eq!(request.record.body, LoggedBody::None);
        assert_eq!(request.record.seal.hash_chain, None, "wire.md §5.1: a hash chain only with attachments");
        assert_eq!(consumer[consumer.len() - 2].record.body, LoggedBody::None);
        let response = RestResponse::decode(response.record.message.clone()).unwrap();
        assert_eq!(response.request_hash(), hash::sha512(&request.record.message).as_bytes());
    }
    federation.audit().await;
}

/// wire.md §2.5: SHA-512 over the digests of block and body.
#[tokio::test]
async fn the_request_hash_covers_the_body() {
    let federation = Federation::new().await;
    federation.relay(post("", "a body")).await;
    let [_, provider] = federation.records().await;
    let [request, response] = provider.as_slice() else { panic!("two records") };
    let both = [hash::sha512(&request.record.message), hash::sha512(b"a body")];
    let outer = hash::sha512(&both.iter().flat_map(|d| d.as_bytes().to_vec()).collect::<Vec<_>>());
    let response = RestResponse::decode(response.record.message.clone()).unwrap();
    assert_eq!(response.request_hash(), outer.as_bytes());
    assert!(request.record.seal.hash_chain.is_some());
}

/// wire.md §3.3: no entity (HEAD, 204), no body part; an entity of no octets is a body part.
#[tokio::test]
async fn no_entity_and_an_empty_entity_differ() {
    let federation = Federation::new().await;
    federation.register.next(|| Ok(reply(204, "No Content", None)));
    let none = federation.relay(call("HEAD", "persons/1", CLIENT)).await;
    assert_eq!((none.status, none.body), (204, None));
    federation.register.next_body(octets::<Bytes>([]));
    let empty = federation.relay(get("/1")).await;
    assert_eq!((empty.status, empty.body), (200, Some(Bytes::new())));
    for log in federation.records().await {
        assert_eq!(log[1].record.body, LoggedBody::None);
        assert_eq!(log[1].record.seal.hash_chain, None);
        assert_eq!(log[3].record.body, LoggedBody::Whole(Bytes::new()));
        assert!(log[3].record.seal.hash_chain.is_some());
    }
    federation.audit().await;
}

/// wire.md §2.2: `{instance}-{uuid}` is appended last; a foreign request id is dropped.
#[tokio::test]
async fn ids_are_made_where_they_are_absent() {
    let federation = Federation::new().await;
    federation.relay(with_header(get("/1"), "X-Road-Request-Id", "mine")).await;
    let seen = federation.register.calls().pop().unwrap();
    let [.., (request_name, request_id), (id_name, id)] = seen.headers.as_slice() else { panic!("two headers") };
    assert_eq!((request_name.as_str(), id_name.as_str()), ("x-road-request-id", "x-road-id"));
    let uuid = id.strip_prefix("ID-").unwrap();
    assert_eq!((uuid.len(), request_id.len()), (36, 36));
    assert_eq!(uuid.as_bytes()[14], b'4', "a random UUID");
    assert_ne!(uuid, request_id);
    assert!(!seen.headers.iter().any(|(_, value)| value == "mine"));
    federation.relay(get("/1")).await;
    let next = federation.register.calls().pop().unwrap();
    assert!(!next.headers.iter().any(|(_, value)| value == id || value == request_id), "ids are fresh");
}

/// wire.md §2.2: the headers of the connection stay behind, both ways.
#[tokio::test]
async fn headers_of_the_connection_do_not_travel() {
    let federation = Federation::new().await;
    let mut asked = get("/1");
    for name in ["Host", "Connection", "Content-Length", "TE", "User-Agent", "Expect", "X-Road-Request-Hash"] {
        asked = with_header(asked, name, "secret");
    }
    federation.register.next(|| {
        let mut answer = reply(200, "", Some(octets([ANSWER])));
        for name in ["Server", "Transfer-Encoding", "X-Road-Id", "X-Road-Client", "Keep-Alive"] {
            answer.headers.push((name.to_owned(), Bytes::from_static(b"secret")));
        }
        Ok(answer)
    });
    let answer = federation.relay(asked).await;
    assert_eq!((answer.status, answer.reason.as_deref()), (200, Some("")), "wire.md §2.3: an empty line, not none");
    let seen = federation.register.calls().pop().unwrap();
    assert!(!seen.headers.iter().any(|(_, value)| value == "secret"), "{:?}", seen.headers);
    assert!(!answer.headers.iter().any(|(_, value)| value == "secret"), "{:?}", answer.headers);
}

/// wire.md §2.4.5, §2.6: the provider's status and every header of the block, whatever the status; no x-road-error.
#[tokio::test]
async fn answers_pass_whatever_their_status() {
    let federation = Federation::new().await;
    for (status, reason) in [(200, "OK"), (302, "Found"), (404, "Not here"), (500, "Broken"), (999, "Odd")] {
        federation.register.next(move || Ok(reply(status, reason, Some(octets(["x"])))));
        let answer = federation.relay(with_header(get("/1"), "x-road-id", "call-1")).await;
        assert_eq!((answer.status, answer.reason.as_deref(), answer.text()), (status, Some(reason), "x"));
        assert_eq!(answer.error(), None);
        assert_protocol_headers(&answer);
    }
    federation.audit().await;
}

/// wire.md §2.2: five headers at the end, in this order.
fn assert_protocol_headers(answer: &Reply) {
    let names: Vec<_> = answer.headers.iter().map(|(n, _)| n.as_str()).collect();
    let own = ["x-road-id", "x-road-client", "x-road-service", "x-road-request-id", "x-road-request-hash"];
    assert_eq!(names, [["Content-Type"].as_slice(), &own].concat());
    assert_eq!(answer.header("x-road-id"), Some("call-1"));
    assert_eq!(answer.header("x-road-client"), Some(CLIENT));
    assert_eq!(answer.header("x-road-service"), Some(format!("{PROVIDER}/persons").as_str()));
}

/// wire.md §3.2: the headers between the servers.
#[tokio::test]
async fn the_transport_headers_are_those_of_the_protocol() {
    let federation = Federation::new().await;
    federation.relay(with_header(post("", "x"), "Content-Type", "text/csv")).await;
    let headers = federation.road.headers();
    let value = |name: &str| {
        let found: Vec<_> = headers.iter().filter(|(n, _)| n == name).collect();
        assert_eq!(found.len(), 1, "{name} once, in lower case");
        std::str::from_utf8(&found[0].1).unwrap()
    };
    assert_eq!(value("x-hash-algorithm"), "SHA-512");
    assert_eq!(value("x-proxy-version"), "7.8.0");
    assert_eq!(value("x-original-content-type"), "text/csv");
    assert_eq!(value("x-road-message-type"), "REST");
    assert_eq!(value("x-road-request-id").len(), 36);
    let (kind, boundary) = value("content-type").split_once("boundary=xtop").unwrap();
    assert_eq!(kind, "multipart/mixed; charset=UTF-8; ");
    assert!(boundary.len() == 30 && boundary.bytes().all(|b| b.is_ascii_alphabetic()), "{boundary}");
}

#[tokio::test]
async fn a_body_in_many_chunks_is_the_same_body() {
    let federation = Federation::new().await;
    let chunks: Vec<Bytes> = (0..1000_u32).map(|n| Bytes::from(n.to_be_bytes().repeat(64))).collect();
    let whole: Bytes = chunks.concat().into();
    federation.register.next_body(octets(chunks.clone()));
    let answer = federation.relay(with_body(call("POST", "persons", CLIENT), octets(chunks))).await;
    assert_eq!(answer.body.as_ref(), Some(&whole));
    assert_eq!(federation.register.calls().pop().unwrap().body.as_ref(), Some(&whole));
    drop(answer);
    assert_eq!((federation.id.spool.entries(), federation.my.spool.entries()), (0, 0), "the spools are empty again");
    federation.audit().await;
}
