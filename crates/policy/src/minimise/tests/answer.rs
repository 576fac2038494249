use super::*;

fn given(
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
    excess: Excess,
) -> Result<(u16, String, String), MinimiseError> {
    let set = set(&["a", "/a"], excess);
    let headers = headers.iter().map(|(n, v)| (*n, v.as_bytes()));
    answer(status, headers, body.as_bytes(), &set).map(|a| {
        let headers: Vec<String> = a.headers.iter().map(|(n, v)| format!("{n}: {v}")).collect();
        (a.status, headers.join("; "), String::from_utf8(a.body).unwrap())
    })
}

const JSON: (&str, &str) = ("content-type", "application/json");
const BODY: &str = r#"{"a":1,"b":2}"#;

#[test]
fn headers_are_a_closed_list() {
    let headers = [
        ("Content-Type", "Application/JSON; charset=\"UTF-8\"; profile=secret"),
        ("Content-Length", "13"),
        ("ETag", "\"secret\""),
        ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ("Set-Cookie", "a=b"),
        ("Location", "/persons/3201"),
        ("Link", "</persons/3201>; rel=self"),
        ("X-Total-Count", "7"),
        ("Cache-Control", "public, secret=1"),
        ("Retry-After", "3"),
        ("Content-Encoding", "identity"),
        ("Digest", "sha-256=secret"),
    ];
    let expected = (200, "cache-control: no-store; content-type: application/json".to_owned(), r#"{"a":1}"#.to_owned());
    assert_eq!(given(200, &headers, BODY, Excess::Remove), Ok(expected));
    let empty = (204, "cache-control: no-store".to_owned(), String::new());
    assert_eq!(given(204, &[("x-secret", "1")], "", Excess::Refuse), Ok(empty));
    assert!(given(200, &[], "", Excess::Refuse).is_ok(), "an empty body needs no type");
}

#[test]
fn content_types_are_a_closed_list() {
    let of = |value: &str, body: &str| given(200, &[("content-type", value)], body, Excess::Remove);
    for value in
        ["application/json", "application/fhir+json", "APPLICATION/JSON;charset=utf-8", "application/json;;v=1"]
    {
        assert!(of(value, BODY).is_ok(), "{value}");
    }
    for value in ["application/xml", "text/xml; charset=UTF-8", "application/soap+xml", "Text/XML"] {
        assert!(of(value, "<a>1</a>").is_ok(), "{value}");
        assert!(of(value, BODY).is_err(), "{value}");
    }
    use HeaderFault::*;
    let table = [
        ("", ContentType),
        ("text/plain", ContentType),
        ("text/json", ContentType),
        ("text/html", ContentType),
        ("application/x-ndjson", ContentType),
        ("application/json-seq", ContentType),
        ("application/octet-stream", ContentType),
        ("application/+json", ContentType),
        ("application/a b+json", ContentType),
        ("application/jsonx", ContentType),
        ("image/svg+xml", ContentType),
        ("multipart/mixed; boundary=x", ContentType),
        ("application/json, text/html", ContentType),
        ("application/json; charset", ContentType),
        ("application/jsón", ContentType),
        ("application/json; charset=utf-16", Charset),
        ("application/json; charset=", Charset),
        ("text/xml; charset=iso-8859-1", Charset),
        ("text/xml; charset=utf-8; charset=utf-7", Charset),
        ("text/xml; charset*=utf-8''utf-7", Charset),
    ];
    for (value, why) in table {
        assert_eq!(of(value, BODY), Err(MinimiseError::Header(why)), "{value}");
    }
    assert_eq!(given(200, &[], BODY, Excess::Remove), Err(MinimiseError::Header(NoContentType)));
    assert_eq!(given(200, &[JSON, JSON], BODY, Excess::Remove), Err(MinimiseError::Header(NoContentType)));
}

#[test]
fn a_coded_answer_is_refused() {
    for coding in ["gzip", "br", "identity, gzip", "", "x-gzip"] {
        for status in [200, 404] {
            let refused = given(status, &[JSON, ("Content-Encoding", coding)], BODY, Excess::Remove);
            assert_eq!(refused, Err(MinimiseError::Header(HeaderFault::ContentEncoding)), "{coding}");
        }
    }
    let twice = [JSON, ("content-encoding", "identity"), ("content-encoding", "gzip")];
    assert!(given(200, &twice, BODY, Excess::Remove).is_err());
}

#[test]
fn an_error_answer_has_no_body() {
    for status in [300, 302, 304, 399, 400, 403, 404, 500, 599] {
        let bare = (status, "cache-control: no-store".to_owned(), String::new());
        let headers = [JSON, ("location", "/x"), ("retry-after", "1")];
        assert_eq!(given(status, &headers, r#"{"a":"no person 3201"}"#, Excess::Remove), Ok(bare.clone()));
        assert_eq!(given(status, &[], "", Excess::Refuse), Ok(bare));
        assert_eq!(given(status, &headers, BODY, Excess::Refuse), Err(MinimiseError::ErrorBody(status)));
    }
    let removed = answer(404, [], b"x", &set(&["a"], Excess::Remove)).unwrap().removed;
    assert_eq!(removed, 1);
    for (value, kept) in
        [("120", true), ("Mon, 01 Jan 2024 00:00:00 GMT", false), ("-1", false), ("99999999999", false)]
    {
        let headers = given(503, &[("Retry-After", value)], "", Excess::Remove).unwrap().1;
        assert_eq!(headers.contains("retry-after: 120"), kept, "{value}");
    }
    for status in [0, 100, 101, 199, 206, 226, 600, 999] {
        assert_eq!(given(status, &[JSON], BODY, Excess::Remove), Err(MinimiseError::Status(status)));
        assert_eq!(given(status, &[], "", Excess::Remove), Err(MinimiseError::Status(status)));
    }
}

#[test]
fn a_request_does_not_ask_for_what_cannot_be_reduced() {
    for name in ["Accept-Encoding", "range", "If-Range", "If-None-Match", "if-modified-since", "TE", "A-IM", " range "]
    {
        assert!(!forwards_request_header(name), "{name}");
    }
    for name in ["accept", "content-type", "x-road-id", "accept-language", "ranges"] {
        assert!(forwards_request_header(name), "{name}");
    }
}
