//! The stored form: every event comes back, and what version 1 wrote is read for ever.

use simpul_core::limits;
use simpul_services::application::What;
use simpul_services::application::contract::every_kind_of_event;
use simpul_services::application::stored::{StoredError, decode, encode};

/// Version 1, one event a line. Later versions of this program read it too; the file never changes.
const VERSION_1: &str = include_str!("events-1.jsonl");

#[test]
fn what_was_encoded_is_read() {
    for event in every_kind_of_event() {
        assert_eq!(decode(&encode(&event).unwrap()), Ok(event));
    }
}

#[test]
fn version_1_is_read_for_ever() {
    let all = every_kind_of_event();
    let written: Vec<String> =
        all.iter().map(|event| String::from_utf8(encode(event).unwrap().split_off(1)).unwrap()).collect();
    if VERSION_1.is_empty() && std::env::var_os("SIMPUL_WRITE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/services/events-1.jsonl");
        return std::fs::write(path, format!("{}\n", written.join("\n"))).unwrap();
    }
    let golden: Vec<&str> = VERSION_1.lines().collect();
    assert_eq!(golden.len(), all.len());
    for (line, event) in golden.iter().zip(all) {
        let octets = [&[1], line.as_bytes()].concat();
        assert_eq!(decode(&octets).as_ref(), Ok(&event), "{line}");
        assert_eq!(encode(&event).unwrap(), octets);
    }
}

/// A line that was written by hand from the description of the form, and not by the program.
#[test]
fn a_line_written_by_hand_is_read() {
    let line = "\u{1}{\"seq\":3,\"at\":1795305600000,\"actor\":{\"kind\":\"system\"},\
                \"what\":{\"step\":\"paid\",\"payment\":\"p\",\"receipt\":\"r\"}}";
    let event = decode(line.as_bytes()).unwrap();
    assert_eq!((event.seq, event.at.to_string().as_str()), (3, "2026-11-22T00:00:00.000Z"));
    assert_eq!(event.what, What::Paid { payment: "p".to_owned(), receipt: "r".to_owned() });
}

#[test]
fn what_nobody_wrote_is_refused() {
    let good = encode(&every_kind_of_event()[0]).unwrap();
    assert_eq!(decode(b""), Err(StoredError::Version));
    assert_eq!(decode(&[&[2], &good[1..]].concat()), Err(StoredError::Version));
    assert_eq!(decode(&good[..good.len() - 1]), Err(StoredError::Malformed));
    let text = String::from_utf8(good).unwrap();
    for (from, to) in [
        ("{", "{\"more\":1,"),
        ("\"citizen\"", "\"somebody\""),
        ("\"started\"", "\"begun\""),
        ("\"diploma-recognition\"", "\"Diploma\""),
        ("\"LAB-00001\"", "\"\""),
        ("\"seq\":1", "\"seq\":-1"),
    ] {
        assert!(text.contains(from), "{from}");
        assert_eq!(decode(text.replacen(from, to, 1).as_bytes()), Err(StoredError::Malformed), "{from}");
    }
}

#[test]
fn an_event_has_a_bound() {
    let long = |size: usize| {
        let mut event = every_kind_of_event()[0].clone();
        event.what = What::Refused { evidence: "e".parse().unwrap(), reason: String::new() };
        let bare = encode(&event).unwrap().len();
        event.what = What::Refused { evidence: "e".parse().unwrap(), reason: "a".repeat(size - bare) };
        encode(&event)
    };
    let longest = long(limits::APPLICATION_EVENT).unwrap();
    assert!(decode(&longest).is_ok());
    let over = limits::APPLICATION_EVENT + 1;
    assert_eq!(long(over), Err(StoredError::TooLong(over)));
    assert_eq!(decode(&[longest, vec![b' ']].concat()), Err(StoredError::TooLong(over)));
}
