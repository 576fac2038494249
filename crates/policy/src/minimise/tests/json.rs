use super::*;

const PERSON: &[&str] = &["persons.*.name", "persons.*.address.**", "total"];

fn remove(paths: &[&str], body: &str) -> Result<(String, usize), MinimiseError> {
    let set = set(paths, Excess::Remove);
    let once = reduce_json(body.as_bytes(), &set);
    if let Ok(once) = &once {
        assert_eq!(reduce_json(&once.body, &set), Ok(Reduced { removed: 0, ..once.clone() }), "{body}");
    }
    text(once)
}

fn fault(body: &[u8]) -> Option<JsonFault> {
    // Judged the same whether the place is kept, reduced or dropped.
    let of = |paths: &[&str]| match reduce_json(body, &set(paths, Excess::Remove)) {
        Err(MinimiseError::Json { why, .. }) => Some(why),
        _ => None,
    };
    let all = of(&["**"]);
    assert_eq!((of(&["a"]), of(&["zz", "*.b.c"])), (all, all), "{}", String::from_utf8_lossy(body));
    all
}

#[test]
fn what_is_allowed_stays_and_the_rest_goes() {
    let table: [(&[&str], &str, &str, usize); 42] = [
        (&["a"], r#"{"a":1,"b":2}"#, r#"{"a":1}"#, 1),
        (&["b"], r#"{"a":1,"b":2}"#, r#"{"b":2}"#, 1),
        (&["a", "b"], " {\n\t\"a\" : 1 ,\r\n\"b\":2 } ", r#"{"a":1,"b":2}"#, 0),
        (&["c"], r#"{"a":1,"b":2}"#, "{}", 2),
        (&["a"], "{}", "{}", 0),
        (
            PERSON,
            r#"{"persons":[{"name":"A","nik":"1"},{"nik":"2"}],"total":2}"#,
            r#"{"persons":[{"name":"A"},{}],"total":2}"#,
            2,
        ),
        (PERSON, r#"{"persons":[],"total":0,"took":3}"#, r#"{"persons":[],"total":0}"#, 1),
        (
            PERSON,
            r#"{"persons":[{"address":{"a":[1,{"b":null}],"c":{}}}]}"#,
            r#"{"persons":[{"address":{"a":[1,{"b":null}],"c":{}}}]}"#,
            0,
        ),
        // A leaf path allows one value, never a container.
        (&["a"], r#"{"a":{"secret":1}}"#, "{}", 1),
        (&["a"], r#"{"a":[1,2]}"#, "{}", 1),
        (&["a"], r#"{"a":{}}"#, "{}", 1),
        (&["a.b"], r#"{"a":{"b":{"c":1}}}"#, r#"{"a":{}}"#, 1),
        // A value where a container is expected is excess.
        (&["a.b"], r#"{"a":"secret"}"#, "{}", 1),
        (&["a.b"], r#"{"a":null}"#, "{}", 1),
        (&["a.b"], r#"{"a":[{"b":1}]}"#, "{}", 1),
        (&["a.*.b"], r#"{"a":{"b":1}}"#, "{}", 1),
        // `*` stands for elements, not for members.
        (&["a.*"], r#"{"a":{"x":1,"y":2}}"#, "{}", 1),
        (&["a.*"], r#"{"a":[1,"x",null,true,{"b":1},[2]]}"#, r#"{"a":[1,"x",null,true]}"#, 2),
        (&["*.a"], r#"[{"a":1,"b":2},{"a":3}]"#, r#"[{"a":1},{"a":3}]"#, 1),
        (&["*.a"], r#"[1,{"a":1},[{"a":2}]]"#, r#"[{"a":1}]"#, 2),
        (&["*.*.a"], r#"[[{"a":1,"b":2}],[]]"#, r#"[[{"a":1}],[]]"#, 1),
        (&["*.*"], "[[1,[2]],3]", "[[1]]", 2),
        (&["**"], r#"{"a":[1,{"b":2}]}"#, r#"{"a":[1,{"b":2}]}"#, 0),
        (&["**"], "\"x\"", "\"x\"", 0),
        (&["a", "a.b"], r#"{"a":1}"#, r#"{"a":1}"#, 0),
        (&["a", "a.b"], r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"b":1}}"#, 1),
        (&["a.**", "a.b"], r#"{"a":{"c":2}}"#, r#"{"a":{"c":2}}"#, 0),
        // Keys are compared by what they mean, whole, and by case.
        (&["a"], r#"{"\u0061":1,"\u0062":2}"#, r#"{"a":1}"#, 1),
        (&["a"], r#"{"A":1,"a ":2," a":3,"á":4,"a\u0000":5}"#, "{}", 5),
        (&["a.b"], r#"{"a.b":1,"a":{"b":2}}"#, r#"{"a":{"b":2}}"#, 1),
        (&[r#""a.b""#], r#"{"a.b":1,"a":{"b":2}}"#, r#"{"a.b":1}"#, 1),
        (&[r#""*""#], r#"{"*":1,"x":2}"#, r#"{"*":1}"#, 1),
        (&[r#""""#], r#"{"":1,"x":2}"#, r#"{"":1}"#, 1),
        (&[r#""\"\\""#], r#"{"\"\\":1}"#, r#"{"\"\\":1}"#, 0),
        (&["é"], "{\"e\u{301}\":1,\"\\u00E9\":2}", r#"{"é":2}"#, 1),
        (&["😀.**"], r#"{"x":1}"#, "{}", 1),
        (&["a"], r#"{"__proto__":{"a":1},"constructor":1,"a":2}"#, r#"{"a":2}"#, 2),
        (&["a"], r#"{"a":1,"$ref":"/b","@type":"x"}"#, r#"{"a":1}"#, 2),
        // Numbers and strings as they are spelled.
        (
            &["a.*"],
            r#"{"a":[1.0,1e400,-0,1E+2,123456789012345678901234567890.10]}"#,
            r#"{"a":[1.0,1e400,-0,1E+2,123456789012345678901234567890.10]}"#,
            0,
        ),
        (&["a"], r#"{"a":"\u0041\/\n\ud83d\ude00é"}"#, r#"{"a":"\u0041\/\n\ud83d\ude00é"}"#, 0),
        (&["a"], r#"{"a":"\"}, \"b\": \"x"}"#, r#"{"a":"\"}, \"b\": \"x"}"#, 0),
        (&["a.**"], r#"{"a":{"\u0022\u0001":"x"}}"#, r#"{"a":{"\"\u0001":"x"}}"#, 0),
    ];
    for (paths, body, expected, removed) in table {
        // A key that no bare path can have is written in quotes.
        let quoted: Vec<String> = paths.iter().map(|p| p.replace("😀", "\"😀\"")).collect();
        let paths: Vec<&str> = quoted.iter().map(String::as_str).collect();
        assert_eq!(remove(&paths, body), Ok((expected.to_owned(), removed)), "{paths:?} {body}");
        let refused = reduce_json(body.as_bytes(), &set(&paths, Excess::Refuse));
        match removed {
            0 => assert_eq!(text(refused), Ok((expected.to_owned(), 0)), "{body}"),
            n => assert_eq!(refused, Err(MinimiseError::Excess(n)), "{body}"),
        }
    }
}

#[test]
fn an_answer_of_which_nothing_is_allowed_is_refused() {
    for (paths, body) in [
        (&["a"][..], "[1]"),
        (&["a"], "\"a\""),
        (&["a"], "null"),
        (&["*.a"], "{}"),
        (&[], "{}"),
        (&[], "1"),
        (&["/a/b"], r#"{"a":{"b":1}}"#),
    ] {
        assert_eq!(remove(paths, body), Err(MinimiseError::NothingAllowed), "{paths:?} {body}");
    }
}

/// RFC 8259: what is no JSON, and JSON that readers disagree about (§4 names, §8.1 encoding, §8.2 surrogates).
#[test]
fn what_two_readers_could_read_differently_is_refused() {
    use JsonFault::*;
    let table: [(&[u8], JsonFault); 60] = [
        (b"", Syntax),
        (b"  ", Syntax),
        (br#"{"a":1,"a":2}"#, DuplicateKey),
        (br#"{"a":1,"\u0061":2}"#, DuplicateKey),
        (br#"{"b":{"x":1,"x":1}}"#, DuplicateKey),
        (br#"[[{"":1,"":1}]]"#, DuplicateKey),
        (br#"{"\u00e9":1,"\u00E9":1}"#, DuplicateKey),
        (br#"{"__proto__":1,"__proto__":2}"#, DuplicateKey),
        (b"\xEF\xBB\xBF{}", ByteOrderMark),
        (b"\xFE\xFF\0{\0}", Utf8),
        (b"\xFF\xFE{\0}\0", Utf8),
        (b"{\0}\0", Syntax),
        (b"\0{\0}", Syntax),
        (b"{\"a\":\"\xC0\xAF\"}", Utf8),
        (b"{\"a\":\"\xED\xA0\x80\"}", Utf8),
        (b"{\"a\":\"\xFF\"}", Utf8),
        (br#"{"a":"\ud800"}"#, Surrogate),
        (br#"{"a":"\udc00"}"#, Surrogate),
        (br#"{"a":"\ud800\u0041"}"#, Surrogate),
        (br#"{"a":"\ud800x"}"#, Surrogate),
        (br#"{"\udfff":1}"#, Surrogate),
        (br#"{"a":NaN}"#, Syntax),
        (br#"{"a":Infinity}"#, Syntax),
        (br#"{"a":-Infinity}"#, Number),
        (br#"{"a":01}"#, Number),
        (br#"{"a":-}"#, Number),
        (br#"{"a":+1}"#, Syntax),
        (br#"{"a":.5}"#, Syntax),
        (br#"{"a":1.}"#, Number),
        (br#"{"a":1e}"#, Number),
        (br#"{"a":1e+}"#, Number),
        (br#"{"a":0x10}"#, Number),
        (br#"{"a":1_000}"#, Number),
        (br#"{"a":1.2.3}"#, Number),
        (br#"{"a":1 2}"#, Syntax),
        (br#"{"a":"b}"#, String),
        (b"{\"a\":\"\n\"}", String),
        (b"{\"a\":\"\t\"}", String),
        (b"{\"a\":\"\0\"}", String),
        (br#"{"a":"\x41"}"#, String),
        (br#"{"a":"\u00g1"}"#, String),
        (br#"{"a":"\u+041"}"#, String),
        (br#"{"a":"\u00"}"#, String),
        (br#"{"a":"\"#, String),
        (br#"{"a":'b'}"#, Syntax),
        (br#"{'a':1}"#, Syntax),
        (br#"{a:1}"#, Syntax),
        (br#"{1:1}"#, Syntax),
        (br#"{"a":1,}"#, Syntax),
        (br#"{,}"#, Syntax),
        (br#"{"a"}"#, Syntax),
        (br#"{"a":}"#, Syntax),
        (br#"{"a":1"#, Syntax),
        (br#"{"a":[1,]}"#, Syntax),
        (br#"{"a":[1}}"#, Syntax),
        (br#"{"a":True}"#, Syntax),
        (br#"{"a":1}/* x */"#, Trailing),
        (br#"{"a":1}{"a":2}"#, Trailing),
        (b"{\"a\":1}\n{\"a\":2}", Trailing),
        (b"{}\0", Trailing),
    ];
    for (body, why) in table {
        assert_eq!(fault(body), Some(why), "{}", std::string::String::from_utf8_lossy(body));
    }
    for body in [
        "{\"a\":1//x\n}",
        "/**/{}",
        "{\u{a0}}",
        "{\"a\":nul}",
        "{\"a\":nullx}",
        "{\"a\":\"b\"\"c\"}",
        "\u{b}{}",
        "undefined",
    ] {
        assert_eq!(fault(body.as_bytes()), Some(Syntax), "{body}");
    }
}

#[test]
fn an_answer_is_bounded() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert_eq!(fault(nested(limits::JSON_DEPTH).as_bytes()), None);
    assert_eq!(fault(nested(limits::JSON_DEPTH + 1).as_bytes()), Some(JsonFault::Depth));
    let objects = |n: usize| format!("{}1{}", "{\"b\":".repeat(n), "}".repeat(n));
    assert_eq!(fault(objects(limits::JSON_DEPTH).as_bytes()), None);
    assert_eq!(fault(objects(limits::JSON_DEPTH + 1).as_bytes()), Some(JsonFault::Depth));
    assert_eq!(fault(&b"[".repeat(100_000)), Some(JsonFault::Depth));
    let long = |n: usize| format!("\"{}\"", "x".repeat(n - 2));
    assert!(remove(&["**"], &long(limits::MINIMISED_BODY)).is_ok());
    let refused = remove(&["**"], &long(limits::MINIMISED_BODY + 1));
    assert_eq!(refused, Err(MinimiseError::TooLarge(limits::MINIMISED_BODY + 1)));
    let paths = |n: usize| FieldSet { allowed: vec!["a".parse().unwrap(); n], excess: Excess::Remove };
    assert!(reduce_json(b"{}", &paths(limits::FIELD_PATHS)).is_ok());
    let many = limits::FIELD_PATHS + 1;
    assert_eq!(reduce_json(b"{}", &paths(many)), Err(MinimiseError::TooManyPaths(many)));
    assert_eq!(reduce_xml(b"<a/>", &paths(many)), Err(MinimiseError::TooManyPaths(many)));
}

/// The raw answer is never logged: an error says where, never what.
#[test]
fn no_error_shows_the_answer() {
    let secret = "3201010101010001";
    for body in
        [format!("{{\"{secret}\":1,\"{secret}\":2}}"), format!("{{\"a\":{secret}x}}"), format!("{secret} {secret}")]
    {
        let error = reduce_json(body.as_bytes(), &set(&["a"], Excess::Remove)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret));
    }
    let xml = format!("<{secret}><a{secret}></b{secret}>");
    let error = reduce_xml(xml.as_bytes(), &set(&["/a"], Excess::Remove)).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret));
}

/// A field that an answer may hold and does not has not left.
#[test]
fn what_left_is_told() {
    let paths = &["persons.*.name", "persons.*.address.**", "total", "persons.*.\"a.b\""];
    let left = |body: &str| reduce_json(body.as_bytes(), &set(paths, Excess::Remove)).unwrap().left;
    assert_eq!(left(r#"{"persons":[],"total":0}"#), [2]);
    assert_eq!(left(r#"{"persons":[{"nik":1},{"name":null}]}"#), [0]);
    assert_eq!(left(r#"{"persons":[{"address":{}},{"a.b":[]}]}"#), [1], "a container is no value");
    assert_eq!(left(r#"{"persons":[{"a.b":"","name":"A"}],"took":1}"#), [0, 3]);
    assert_eq!(left(r#"{"nik":{"total":1}}"#), [0; 0], "what was taken out has not left");
    let all = reduce_json(b"{}", &set(&["**"], Excess::Remove)).unwrap();
    assert_eq!(all.left, [0]);
}
