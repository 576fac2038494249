//! Every bound, and one more.

use simpul_core::limits;

use super::*;

/// I5: every part but the body has a bound.
#[test]
fn parts_are_bounded() {
    let of = |n: usize| "x".repeat(n);
    type Parts<'a> = Vec<(&'a str, String)>;
    let with = |parts: Parts<'_>| {
        let parts: Vec<(&str, &str)> = parts.iter().map(|(t, c)| (*t, c.as_str())).collect();
        request(&message(&parts)).1
    };
    type Make = fn(String) -> Parts<'static>;
    let cases: [(&str, usize, Make); 5] = [
        ("OCSP response", limits::OCSP_RESPONSE, |x| {
            vec![(OCSP, x), (REQUEST, String::new()), (SIGNATURE, String::new())]
        }),
        ("REST message", limits::REST_BLOCK, |x| vec![(REQUEST, x), (SIGNATURE, String::new())]),
        ("hash chain result", limits::HASH_CHAIN_XML, |x| {
            vec![(REQUEST, String::new()), (RESULT, x), (CHAIN, String::new()), (SIGNATURE, String::new())]
        }),
        ("hash chain", limits::HASH_CHAIN_XML, |x| {
            vec![(REQUEST, String::new()), (RESULT, String::new()), (CHAIN, x), (SIGNATURE, String::new())]
        }),
        ("signature", limits::SIGNATURE_XML, |x| vec![(REQUEST, String::new()), (SIGNATURE, x)]),
    ];
    for (name, max, parts) in cases {
        assert_eq!(with(parts(of(max))), Ok(()), "{name}");
        assert_eq!(with(parts(of(max + 1))), Err(Code::InvalidMessage), "{name}");
    }
    let xml = fault_xml();
    let fault = |n: usize| vec![(REQUEST, String::new()), (FAULT, format!("{xml}{}", " ".repeat(n - xml.len())))];
    assert_eq!(with(fault(limits::FAULT_XML)), Ok(()));
    assert_eq!(with(fault(limits::FAULT_XML + 1)), Err(Code::InvalidMessage));

    let ocsp = |n: usize| {
        let mut parts: Parts<'_> = vec![(OCSP, String::new()); n];
        parts.extend([(REQUEST, String::new()), (SIGNATURE, String::new())]);
        with(parts)
    };
    assert_eq!(ocsp(limits::OCSP_PARTS), Ok(()));
    assert_eq!(ocsp(limits::OCSP_PARTS + 1), Err(Code::InvalidMessage));

    let good = message(&[(REQUEST, ""), (SIGNATURE, "")]);
    // The rest of the delimiter line (2), the content type line, `x:` and its line end (4), and the empty line (2).
    let fixed = 2 + format!("content-type: {REQUEST}\r\n").len() + 4 + 2;
    let header = |n: usize| good.replacen("content-type", &format!("x:{}\r\ncontent-type", of(n - fixed)), 1);
    assert_eq!(request(&header(limits::PART_HEADER)).1, Ok(()));
    assert_eq!(request(&header(limits::PART_HEADER + 1)).1, Err(Code::MimeParsingFailed));

    let tail = |n: usize| format!("{}{}", good.trim_end(), " ".repeat(n));
    assert_eq!(request(&tail(limits::PART_HEADER)).1, Ok(()));
    assert_eq!(request(&tail(limits::PART_HEADER + 1)).1, Err(Code::InvalidMessage));
}
