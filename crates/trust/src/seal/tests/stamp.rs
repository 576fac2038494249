//! Timestamps in a signature (wire.md §6.2).

use super::*;

#[test]
fn a_timestamp_changes_nothing_else() {
    for (kind, attachments) in [(Kind::Rsa, 0), (Kind::P256, 1)] {
        let case = Case::new(kind, attachments);
        let stamped = with_timestamp(&case.seal.signature, b"token").unwrap();
        let text = std::str::from_utf8(&stamped).unwrap();
        let inserted = "<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>dG9rZW4=\
            </xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>";
        assert!(text.contains(&format!("<xades:UnsignedSignatureProperties>{inserted}<xades:RevocationValues>")));
        assert_eq!(replaced(text, inserted, ""), case.xml(), "all else is the same");
        assert_eq!(case.path(&case.with(text)), []);
        assert_eq!(signature_value(&stamped).unwrap(), signature_value(&case.seal.signature).unwrap());
        assert!(matches!(with_timestamp(&stamped, b"token"), Err(SealError::Stamp)), "one is enough");
    }
}

/// Octets stay as they are even where a reader takes them for others: line ends, and whatever stands before.
#[test]
fn foreign_line_ends_stay() {
    let case = Case::new(Kind::P256, 0);
    let open = "<xades:UnsignedSignatureProperties>";
    let foreign = replaced(case.xml(), open, &format!("{open}\r\n  <!-- é -->\r"));
    let stamped = with_timestamp(foreign.as_bytes(), b"token").unwrap();
    let text = std::str::from_utf8(&stamped).unwrap();
    assert!(text.contains(&format!("{open}<xades:SignatureTimeStamp>")));
    assert_eq!(text.replace(between(text, "<xades:SignatureTimeStamp>", "</xades:SignatureTimeStamp>"), ""), foreign);
    assert_eq!(case.path(&case.with(text)), []);
}

#[test]
fn nothing_to_stamp_is_an_error() {
    let case = Case::new(Kind::P256, 0);
    let unsigned = between(case.xml(), "<xades:UnsignedProperties>", "</xades:UnsignedProperties>");
    let without = replaced(case.xml(), unsigned, "");
    assert!(matches!(with_timestamp(without.as_bytes(), b"token"), Err(SealError::Stamp)));
    let empty = replaced(
        case.xml(),
        unsigned,
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties/></xades:UnsignedProperties>",
    );
    assert!(matches!(with_timestamp(empty.as_bytes(), b"token"), Err(SealError::Stamp)));
    assert!(with_timestamp(b"<a/>", b"token").is_err());
}
