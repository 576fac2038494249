//! Content types, delimiters and single faults.

use simpul_core::limits;

use super::*;

/// §3.3: a missing boundary, and other content types of the whole.
#[test]
fn s3_3_content_types_of_the_whole() {
    for content_type in ["", "tsdfsdfsdf", "multipart/mixed", "multipart/related; boundary=b", "application/json"] {
        for direction in [Direction::Request, Direction::Response] {
            assert_eq!(decode(content_type, direction, &[]).1, Err(Code::InvalidContentType), "{content_type}");
        }
    }
    assert!(Decoder::new("Multipart/Mixed; Boundary=\"b\"", Direction::Request).is_ok());
}

/// §3.4: an error before streaming is a single fault.
#[test]
fn s3_4_single_faults() {
    let xml = fault_xml();
    let single = |direction, xml: &str| {
        decode("text/xml;charset=utf-8", direction, &[&xml.as_bytes()[..9], &xml.as_bytes()[9..]])
    };
    assert_eq!(single(Direction::Response, &xml), (vec![read_fault(), Event::End], Ok(())));
    assert_eq!(single(Direction::Request, &xml).1, Err(Code::InvalidContentType), "never as a request");
    assert_eq!(single(Direction::Response, &xml.replace("Fault>", "x>")).1, Err(Code::InvalidMessage));
    assert_eq!(single(Direction::Response, &xml[..40]).1, Err(Code::InvalidSoap));
    let padded = |n: usize| format!("{xml}{}", " ".repeat(n - xml.len()));
    assert_eq!(single(Direction::Response, &padded(limits::FAULT_XML)).1, Ok(()));
    assert_eq!(single(Direction::Response, &padded(limits::FAULT_XML + 1)).1, Err(Code::InvalidMessage));
}

/// §3.3: framing.
#[test]
fn s3_3_framing() {
    let good = message(&[(REQUEST, "block"), (BODY, "b"), (SIGNATURE, "S")]);
    let events = request(&good);
    assert_eq!(events.1, Ok(()));
    assert_eq!(request(&good.replace("\r\n", "\n")), events, "bare LF is tolerated");
    assert_eq!(
        request(&good.replace(&format!("--{B}\r"), &format!("--{B} \t\r"))),
        events,
        "padding after a delimiter"
    );
    assert_eq!(request(&good.replace("content-type: ", "X: y\r\n z\r\nCONTENT-TYPE:\r\n ")), events, "other headers");
    assert_eq!(request(&format!("\r\n{good}\r\n \t")), events, "white space around the message");
    for (text, code) in [
        (format!("preamble\r\n{good}"), Code::MimeParsingFailed),
        (format!("{good}x"), Code::InvalidMessage),
        (format!("{good}{good}"), Code::InvalidMessage),
        (good.replace(&format!("--{B}--"), &format!("--{B}--x")), Code::InvalidMessage),
        (good.replacen(&format!("--{B}\r"), &format!("--{B}x\r"), 1), Code::MimeParsingFailed),
        (good.replacen(&format!("--{B}\r"), &format!("--{B}-\r"), 1), Code::MimeParsingFailed),
        (good.replacen("content-type", "content type", 1).replacen(": ", " ", 1), Code::MimeParsingFailed),
        (good.replacen("content-type", "x: y\r\ncontent-type: a\r\ncontent-type", 1), Code::MimeParsingFailed),
        (good.replacen("content-type", "x", 1), Code::InvalidContentType),
        (String::new(), Code::MimeParsingFailed),
    ] {
        assert_eq!(request(&text).1, Err(code), "{text}");
    }
    let closing = good.len() - 2;
    for end in 0..closing {
        assert_eq!(request(&good[..end]).1, Err(Code::MimeParsingFailed), "cut at {end}");
    }
    assert_eq!(request(&good[..closing]), events, "the line end after the closing delimiter may be missing");
}

/// A body may hold anything but a line that begins with the boundary.
#[test]
fn bodies_may_come_near_the_boundary() {
    for body in [
        format!("--{B}x").split_at(1).1.to_owned(),
        format!("a--{B}\r\n"),
        format!("\r\n--{}", &B[..B.len() - 1]),
        format!("\r\n-{B}\r\n--xtopBoundarx\r\n--{}", B.to_lowercase()),
        format!("\r--{B}--\r"),
        "\r\n--\r\n-\r\n\r\n\r".to_owned(),
    ] {
        let text = message(&[(REQUEST, "block"), (BODY, &body), (SIGNATURE, "S")]);
        assert_eq!(request(&text).0[2], Event::Body(bytes(&body)), "{body:?}");
    }
    let split = message(&[(REQUEST, "block"), (BODY, &format!("a\r\n--{B}x")), (SIGNATURE, "S")]);
    assert_eq!(request(&split).1, Err(Code::MimeParsingFailed), "a delimiter in doubt is refused, not guessed");
}
