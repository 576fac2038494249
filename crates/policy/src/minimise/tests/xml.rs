use super::*;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn remove(paths: &[&str], body: &str) -> Result<(String, usize), MinimiseError> {
    let set = set(paths, Excess::Remove);
    let once = reduce_xml(body.as_bytes(), &set);
    if let Ok(once) = &once {
        assert_eq!(reduce_xml(&once.body, &set), Ok(Reduced { removed: 0, ..once.clone() }), "{body}");
    }
    text(once).map(|(body, removed)| (body.strip_prefix(DECLARATION).unwrap().to_owned(), removed))
}

#[test]
fn what_is_allowed_stays_and_the_rest_goes() {
    let table: [(&[&str], &str, &str, usize); 44] = [
        (&["/r/a"], "<r><a>1</a><b>2</b></r>", "<r><a>1</a></r>", 1),
        (&["/r/a"], "<r>\n <a>1</a>\n <a>2</a>\n</r>", "<r><a>1</a><a>2</a></r>", 0),
        (&["/r/a"], "<r><a> 1 </a></r>", "<r><a> 1 </a></r>", 0),
        (&["/r/a"], "<r/>", "<r></r>", 0),
        (&["/r"], "<r>text</r>", "<r>text</r>", 0),
        (&["/r/a/b"], "<r><a><b>1</b><c>2</c></a><a/></r>", "<r><a><b>1</b></a><a></a></r>", 1),
        // Text, elements and attributes on the way are excess.
        (&["/r/a"], "<r>secret<a>1</a>more</r>", "<r><a>1</a></r>", 2),
        (&["/r/a"], "<r x='1'><a y='2'>1</a></r>", "<r><a>1</a></r>", 2),
        (&["/r/a"], "<r><a>1<i>2</i></a></r>", "<r></r>", 1),
        (&["/r/a"], "<r><a><i/></a></r>", "<r></r>", 1),
        (&["/r/a", "/r/a/i"], "<r><a>1<i>2</i><k/></a></r>", "<r><a><i>2</i></a></r>", 2),
        (&["/r/a", "/r/a/@x"], "<r><a x='1'>t<i>2</i></a></r>", "<r><a x=\"1\"></a></r>", 2),
        (&["/r/a/b"], "<r><a>secret</a></r>", "<r><a></a></r>", 1),
        // Subtrees.
        (&["/r/a/**"], "<r><a x='1'>t<i y='2'>u</i> v</a><b/></r>", "<r><a x=\"1\">t<i y=\"2\">u</i> v</a></r>", 1),
        (&["/**"], "<r x='1'> <a/> </r>", "<r x=\"1\"> <a></a> </r>", 0),
        (&["/r/**"], "<r x='1'>t</r>", "<r x=\"1\">t</r>", 0),
        (&["/r/a/**"], "<r x='1'><a/></r>", "<r><a></a></r>", 1),
        // Attributes.
        (&["/r/a/@x"], "<r><a x='1' y='2'>t</a></r>", "<r><a x=\"1\"></a></r>", 2),
        (&["/r/a/@x", "/r/a"], "<r><a x='1' y='2'>t</a></r>", "<r><a x=\"1\">t</a></r>", 1),
        (&["/r/@x"], "<r x='a&#10;&quot;&lt;&amp;&#x9;'/>", "<r x=\"a&#xA;&quot;&lt;&amp;&#x9;\"></r>", 0),
        (&["/r/@x"], "<r xmlns:p='urn:p' p:x='1'/>", "<r></r>", 1),
        (&["/r/@{urn:p}x"], "<r xmlns:p='urn:p' p:x='1' x='2'/>", "<r xmlns:p=\"urn:p\" p:x=\"1\"></r>", 1),
        (&["/r/a"], "<r xml:lang='id'><a xml:space='preserve'> </a></r>", "<r><a> </a></r>", 2),
        (&["/r/@{http://www.w3.org/XML/1998/namespace}lang"], "<r xml:lang='id'/>", "<r xml:lang=\"id\"></r>", 0),
        // Namespaces: a name is its namespace and its local name, whatever the prefix.
        (&["/r/a"], "<r xmlns='urn:x'><a>1</a></r>", "", 0),
        (&["/{urn:x}r/{urn:x}a"], "<r xmlns='urn:x'><a>1</a></r>", "<r xmlns=\"urn:x\"><a>1</a></r>", 0),
        (
            &["/{urn:x}r/{urn:x}a"],
            "<p:r xmlns:p='urn:x'><p:a>1</p:a></p:r>",
            "<p:r xmlns:p=\"urn:x\"><p:a>1</p:a></p:r>",
            0,
        ),
        (&["/{urn:x}r/{urn:x}a"], "<r/>", "", 0),
        // Redefinition: the same prefix, another namespace, and back.
        (
            &["/{urn:x}r/{urn:x}a"],
            "<p:r xmlns:p='urn:x'><p:a xmlns:p='urn:y'>secret</p:a><p:a>1</p:a></p:r>",
            "<p:r xmlns:p=\"urn:x\"><p:a>1</p:a></p:r>",
            1,
        ),
        (
            &["/r/{urn:x}a/b"],
            "<r><a xmlns='urn:x'><b xmlns=''>1</b><b>secret</b></a></r>",
            "<r><a xmlns=\"urn:x\"><b xmlns=\"\">1</b></a></r>",
            1,
        ),
        (&["/r/a"], "<r xmlns:leak='urn:secret'><a>1</a></r>", "<r><a>1</a></r>", 0),
        (&["/r/a/**"], "<r xmlns:p='urn:x'><a><p:b/></a></r>", "<r><a><p:b xmlns:p=\"urn:x\"></p:b></a></r>", 0),
        // xsi:type is an attribute like others; if it is allowed, its type keeps its meaning.
        (
            &["/r/a"],
            "<r xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:t='urn:t'><a xsi:type='t:x'>1</a></r>",
            "<r><a>1</a></r>",
            1,
        ),
        (
            &["/r/a", "/r/a/@{http://www.w3.org/2001/XMLSchema-instance}type"],
            "<r xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:t='urn:t'><a xsi:type='t:x'>1</a></r>",
            "<r><a xmlns:t=\"urn:t\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"t:x\">1</a></r>",
            0,
        ),
        // Values are kept by what they mean; comments and instructions go everywhere.
        (&["/r/a"], "<r><a><![CDATA[<b>x</b>&]]></a></r>", "<r><a>&lt;b&gt;x&lt;/b&gt;&amp;</a></r>", 0),
        (&["/r/a"], "<r><![CDATA[secret]]><a/></r>", "<r><a></a></r>", 1),
        (&["/r/a"], "<r><a>1<!-- secret -->2</a></r>", "<r><a>12</a></r>", 1),
        (&["/**"], "<!-- secret --><r><?x secret?>1</r><!-- secret -->", "<r>1</r>", 3),
        (&["/r/a"], "<r><a>&#65;&lt;&#13;&gt;é</a></r>", "<r><a>A&lt;&#xD;&gt;é</a></r>", 0),
        (&["/r/a"], "<r>&#32;&#x9;<a/>&#xA0;</r>", "<r><a></a></r>", 1),
        (&["/r/a"], "<?xml version='1.0' encoding='utf-8' standalone='yes'?><r><a>1</a></r>", "<r><a>1</a></r>", 0),
        (&["/r/a"], "\u{FEFF}<r><a>1</a></r>", "<r><a>1</a></r>", 0),
        (&["/r/a"], "<R><a>1</a></R>", "", 0),
        (&["/r/a"], "<r><A>1</A><a>2</a></r>", "<r><a>2</a></r>", 1),
    ];
    for (paths, body, expected, removed) in table {
        let refused = reduce_xml(body.as_bytes(), &set(paths, Excess::Refuse));
        if expected.is_empty() {
            assert_eq!(remove(paths, body), Err(MinimiseError::NothingAllowed), "{paths:?} {body}");
            assert_eq!(refused, Err(MinimiseError::NothingAllowed), "{paths:?} {body}");
            continue;
        }
        assert_eq!(remove(paths, body), Ok((expected.to_owned(), removed)), "{paths:?} {body}");
        match removed {
            0 => assert_eq!(text(refused), Ok((format!("{DECLARATION}{expected}"), 0)), "{body}"),
            n => assert_eq!(refused, Err(MinimiseError::Excess(n)), "{body}"),
        }
    }
}

#[test]
fn what_is_no_plain_xml_is_refused() {
    use XmlFault::*;
    let deep = format!("{}{}", "<r>".repeat(limits::XML_DEPTH + 1), "</r>".repeat(limits::XML_DEPTH + 1));
    let table: [(&[u8], XmlFault); 31] = [
        (b"", Malformed),
        (b"{}", Malformed),
        (b"<r>", Malformed),
        (b"<r></s>", Malformed),
        (b"<r/><r/>", Malformed),
        (b"<r/>text", Malformed),
        (b"<r a='1' a='2'/>", Malformed),
        (b"<r xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'/>", Malformed),
        (b"<p:r/>", Malformed),
        (b"<r p:a='1'/>", Malformed),
        (b"<r>&nbsp;</r>", Malformed),
        (b"<r>&#0;</r>", Malformed),
        (b"<r>\x01</r>", Malformed),
        (b"<r>&</r>", Malformed),
        (b"<r a='<'/>", Malformed),
        (b"<r a=1/>", Malformed),
        (b"<!DOCTYPE r><r/>", Dtd),
        (b"<!DOCTYPE r [<!ENTITY x 'y'>]><r>&x;</r>", Dtd),
        (b"<!DOCTYPE r SYSTEM 'http://x.example/'><r/>", Dtd),
        (b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>", Dtd),
        (b"<?xml version='1.0' encoding='UTF-16'?><r/>", Encoding),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><r/>", Encoding),
        (b"<?xml version='1.0'  encoding = \"utf-7\" ?><r/>", Encoding),
        (b"<?xml version='1.0' encoding='utf-8' encoding='utf-7'?><r/>", Encoding),
        (b"\xFE\xFF\0<\0r\0/\0>", Encoding),
        (b"\xFF\xFE<\0r\0/\0>\0", Encoding),
        (b"<r>\xE9</r>", Encoding),
        (b"<?xml version='1.1'?><r/>", Version),
        (b"<?xml version='1.0' x='1'?><r/>", Malformed),
        (b"<?xml version=1.0?><r/>", Malformed),
        (deep.as_bytes(), Bound),
    ];
    for (body, why) in table {
        for paths in [&["/r/a"][..], &["/**"], &["/x"]] {
            let refused = reduce_xml(body, &set(paths, Excess::Remove));
            assert_eq!(refused, Err(MinimiseError::Xml(why)), "{}", String::from_utf8_lossy(body));
        }
    }
}

#[test]
fn an_answer_is_bounded() {
    let read = |body: &str| reduce_xml(body.as_bytes(), &set(&["/r/**"], Excess::Remove)).map(|r| r.body.len());
    let long = |n: usize| format!("<r>{}</r>", "x".repeat(n - 7));
    let most = limits::MINIMISED_BODY - DECLARATION.len();
    assert_eq!(read(&long(most)), Ok(limits::MINIMISED_BODY));
    assert_eq!(read(&long(most + 1)), Err(MinimiseError::Xml(XmlFault::Bound)), "what is written is bounded too");
    let over = limits::MINIMISED_BODY + 1;
    assert_eq!(read(&long(over)), Err(MinimiseError::TooLarge(over)));
    let copies = |length, n| format!("<r xmlns:p='{}'>{}</r>", "u".repeat(length), "<p:a/>".repeat(n));
    assert!(read(&copies(limits::XML_NAMESPACE, 1)).is_ok());
    assert_eq!(read(&copies(limits::XML_NAMESPACE + 1, 1)), Err(MinimiseError::Xml(XmlFault::Bound)));
    let many = read(&copies(limits::XML_NAMESPACE, 20_000));
    assert_eq!(many, Err(MinimiseError::Xml(XmlFault::Bound)), "a namespace that is declared again and again");
}

/// A field that an answer may hold and does not has not left.
#[test]
fn what_left_is_told() {
    let paths = &["/r/a", "/r/a/@id", "/r/b/**"];
    let left = |body: &str| reduce_xml(body.as_bytes(), &set(paths, Excess::Remove)).unwrap().left;
    assert_eq!(left("<r><a>1</a><c>2</c></r>"), [0]);
    assert_eq!(left("<r><a id='1' x='2'/></r>"), [1], "an element without text holds none");
    assert_eq!(left("<r><b/><c><a>1</a></c></r>"), [2]);
    assert_eq!(left("<r/>"), [0; 0]);
}
