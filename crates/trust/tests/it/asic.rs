//! Containers: X-Road's own, with the verdicts of `fixtures/INDEX.md`, and containers written here (wire.md §7.1).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use simpul_core::{Code, UnixTime};
use simpul_trust::asic::{AsicError, Container, ContainerVerdict, Stamped, VerifyError, verify_container};
use simpul_trust::conf::{GlobalConf, supplied};
use simpul_trust::seal::{Outcome, SealError, Subject, signature_value, with_timestamp};

use crate::conf::files;
use crate::files::entry;
use crate::fixtures::fixture;

fn octets(path: &str) -> Option<Vec<u8>> {
    fixture(&format!("xroad/fixtures/{path}.asice")).map(|path| std::fs::read(path).unwrap())
}

/// `globalconf/globalconf_good2_v3`, the trust of the containers.
fn conf() -> GlobalConf {
    let root = fixture("xroad/fixtures/globalconf/globalconf_good2_v3").unwrap();
    let supplied = supplied::load(&files(&root)).unwrap();
    GlobalConf::from_parts(&supplied.own, supplied.parts).unwrap()
}

fn present() -> UnixTime {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

fn verify(octets: &[u8]) -> Result<ContainerVerdict, VerifyError> {
    let container = Container::read(octets).map_err(VerifyError::Container)?;
    verify_container(&container, &conf(), present())
}

fn path(octets: &[u8]) -> Vec<Code> {
    verify(octets).map(|_| vec![]).unwrap_or_else(|e| e.path())
}

/// fixtures/INDEX.md.
#[test]
fn xroads_verdicts() {
    for (name, expected) in [
        ("valid-signed-message", vec![]),
        ("valid-non-batch-soap-attachments", vec![]),
        ("valid-signed-hashchain", vec![]),
        ("invalid-not-signed-hashchain", vec![]),
        ("invalid-digest", vec![Code::InvalidSignatureValue]),
        ("invalid-signed-hashchain", vec![Code::MalformedSignature, Code::InvalidHashChainRef]),
        ("invalid-hashchain-modified-message", vec![Code::MalformedSignature, Code::HashchainUnusedInputs]),
        ("invalid-incorrect-references", vec![Code::MalformedSignature]),
        ("attachments", vec![Code::AsicMessageNotFound]),
    ] {
        let Some(octets) = octets(&format!("asice/{name}")) else { return };
        let verdict = verify(&octets);
        assert_eq!(verdict.as_ref().map(|_| vec![]).unwrap_or_else(|e| e.path()), expected, "{name}: {verdict:?}");
    }
}

/// The signature covers another file than the message.
#[test]
fn a_message_must_be_signed() {
    let Some(octets) = octets("asice/invalid-incorrect-references") else { return };
    assert!(matches!(verify(&octets), Err(VerifyError::NothingSigned)));
}

/// fixtures/INDEX.md: structural cases.
#[test]
fn xroads_structures() {
    for (name, expected) in [
        ("no-message", vec![Code::AsicMessageNotFound]),
        ("no-signature", vec![Code::AsicSignatureNotFound]),
        ("not-asic", vec![Code::AsicInvalidContainer]),
        ("valid-signed-message", vec![]),
        ("valid-signed-message-with-attachments", vec![]),
    ] {
        let Some(octets) = octets(&format!("asice-core/{name}")) else { return };
        let read = Container::read(&octets);
        assert_eq!(read.as_ref().map(|_| vec![]).unwrap_or_else(|e| e.path()), expected, "{name}");
        if let Ok(container) = read {
            assert_eq!(container.attachments.len(), if name.ends_with("attachments") { 2 } else { 0 });
        }
    }
}

/// wire.md §7.1: the verdict lists what is there as verified, and what is kept elsewhere as not.
#[test]
fn the_verdict_says_what_was_checked() {
    let Some(chained) = octets("asice/valid-signed-hashchain") else { return };
    let verdict = verify(&chained).unwrap();
    assert_eq!(verdict.sender.member(), &verdict.seal.member);
    assert_eq!(verdict.stamped, Stamped::Signature);
    let data: Vec<_> = verdict.seal.data.iter().map(|d| (d.uri.as_str(), d.verified)).collect();
    assert_eq!(data, [("/message.xml", true), ("/attachment1", false)]);
    let outcome =
        |verdict: &ContainerVerdict, subject| verdict.checks.iter().find(|c| c.subject == subject).map(|c| c.outcome);
    for subject in [Subject::HashChain, Subject::SigningCertificateDigest, Subject::Timestamp, Subject::TimestampPast] {
        assert_eq!(outcome(&verdict, subject), Some(Outcome::Held), "{subject}");
    }
    for subject in [Subject::TimestampHashChain, Subject::Manifest, Subject::SigningTime, Subject::Policy] {
        assert_eq!(outcome(&verdict, subject), Some(Outcome::NotChecked), "{subject}");
    }
    // The check time is the time of the timestamp, not the present and not the claimed time.
    assert_eq!(verdict.timestamp.gen_time.to_string(), "2024-12-05T12:37:50.000Z");
    assert!(verdict.seal.ocsp.produced_at <= verdict.timestamp.gen_time);

    let batch = verify(&octets("asice/valid-non-batch-soap-attachments").unwrap()).unwrap();
    assert_eq!(batch.stamped, Stamped::Batch);
    assert!(batch.seal.data.iter().all(|d| d.verified) && batch.seal.data.len() == 3);
    assert_eq!(outcome(&batch, Subject::TimestampHashChain), Some(Outcome::Held));
    assert_eq!(outcome(&batch, Subject::HashChain), Some(Outcome::NotChecked));

    let container = Container::read(&chained).unwrap();
    let early = verify_container(&container, &conf(), "2024-12-05T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(outcome(&early, Subject::TimestampPast), Some(Outcome::Failed));
}

/// One thing changed in a container that holds.
#[test]
fn changes_are_noticed() {
    let Some(batch) = octets("asice/valid-non-batch-soap-attachments") else { return };
    let (batch, chained) = (Container::read(&batch).unwrap(), octets("asice/valid-signed-hashchain").unwrap());
    let chained = Container::read(&chained).unwrap();
    let with = |container: &Container, change: &dyn Fn(&mut Container)| {
        let mut changed = container.clone();
        change(&mut changed);
        verify_container(&changed, &conf(), present()).map(|_| vec![]).unwrap_or_else(|e| e.path())
    };
    let edit = |octets: &Bytes, from: &str, to: &str| -> Bytes {
        let text = std::str::from_utf8(octets).unwrap();
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into()
    };
    let x = || Bytes::from_static(b"x");
    let value = vec![Code::InvalidSignatureValue];
    let malformed = vec![Code::MalformedSignature];
    assert_eq!(with(&batch, &|_| ()), []);
    assert_eq!(with(&batch, &|c| c.message = edit(&c.message, "</", " </")), value);
    assert_eq!(with(&batch, &|c| drop(c.attachments.insert(1, x()))), value);
    assert_eq!(with(&batch, &|c| drop(c.attachments.remove(&2))), [Code::InvalidReference]);
    assert_eq!(with(&batch, &|c| drop(c.attachments.insert(3, x()))), malformed, "not covered");
    let hash_chain_ref = vec![Code::MalformedSignature, Code::InvalidHashChainRef];
    assert_eq!(with(&chained, &|c| drop(c.attachments.insert(1, x()))), hash_chain_ref, "not what was signed");
    assert_eq!(with(&chained, &|c| c.hash_chain = None), [Code::MalformedSignature, Code::InvalidReference]);
    assert_eq!(with(&chained, &|c| c.message = x()), [Code::InvalidMessage]);

    assert_eq!(with(&batch, &|c| c.timestamp = None), [Code::AsicTimestampNotFound]);
    assert_eq!(with(&batch, &|c| c.timestamp = Some(x())), malformed);
    assert_eq!(with(&batch, &|c| c.timestamp_chain = None), malformed);
    assert_eq!(with(&batch, &|c| c.timestamp_chain_result = None), malformed, "the token covers the result");
    let result = |c: &Container| edit(c.timestamp_chain_result.as_ref().unwrap(), "?>\n", "?>\n\n");
    assert_eq!(with(&batch, &|c| c.timestamp_chain_result = Some(result(c))), malformed);
    let unsigned = |c: &Container| edit(&c.signature, "<xades:RevocationValues>", " <xades:RevocationValues>");
    assert_eq!(with(&batch, &|c| c.signature = unsigned(c)), malformed, "the batch covers all of the signature");
    let text = std::str::from_utf8(&chained.signature).unwrap();
    let stamp = text.split_once("<xades:SignatureTimeStamp>").unwrap().1;
    let stamp = format!("<xades:SignatureTimeStamp>{}", stamp.split_once("<xades:RevocationValues>").unwrap().0);
    assert_eq!(with(&chained, &|c| c.signature = edit(&c.signature, &stamp, "")), [Code::AsicTimestampNotFound]);

    let swapped = |c: &mut Container| c.signature = chained.signature.clone();
    assert_eq!(with(&batch, &swapped), malformed, "the signature of another message");
    let foreign = GlobalConf::from_parts(&"EE".parse().unwrap(), {
        let root = fixture("xroad/fixtures/globalconf/globalconf_good_v6").unwrap();
        supplied::load(&files(&root)).unwrap().parts
    });
    let refused = verify_container(&batch, &foreign.unwrap(), present()).unwrap_err();
    assert_eq!(refused.path(), [Code::TspCertificateNotFound], "the trust is that of the configuration");
}

fn sample() -> Container {
    Container {
        message: Bytes::from_static(b"GET\r\n/r1/x\r\n"),
        signature: Bytes::from_static(b"<asic:XAdESSignatures/>"),
        hash_chain_result: Some(Bytes::from_static(b"<r/>")),
        hash_chain: Some(Bytes::from_static(b"<c/>")),
        timestamp_chain_result: Some(Bytes::from_static(b"<tr/>")),
        timestamp_chain: Some(Bytes::from_static(b"<tc/>")),
        timestamp: Some(Bytes::from_static(b"\x30\x00")),
        attachments: BTreeMap::from([(1, Bytes::from_static(b"one")), (2, Bytes::new())]),
    }
}

/// wire.md §7.1: order, compression, comment and times of the entries.
#[test]
fn the_layout_is_xroads() {
    let at: UnixTime = "2024-12-03T13:44:54.715Z".parse().unwrap();
    let octets = sample().write(at).unwrap();
    assert_eq!(octets, sample().write(at).unwrap(), "the same container gives the same octets");
    assert_eq!(Container::read(&octets).unwrap(), sample());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(octets.as_slice())).unwrap();
    assert_eq!(archive.comment(), b"mimetype=application/vnd.etsi.asic-e+zip");
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index(index).unwrap();
        assert_eq!(file.compression(), zip::CompressionMethod::Deflated, "{}", file.name());
        let time = file.last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day()), (2024, 12, 3));
        assert_eq!((time.hour(), time.minute(), time.second()), (13, 44, 54));
        names.push(file.name().to_owned());
    }
    let expected = "mimetype message.xml META-INF/signatures.xml sig-hashchainresult.xml sig-hashchain.xml \
        ts-hashchainresult.xml ts-hashchain.xml META-INF/manifest.xml META-INF/ASiCManifest.xml \
        META-INF/timestamp.tst attachment1 attachment2";
    assert_eq!(names.join(" "), expected);
    assert_eq!(entry(&octets, "mimetype"), b"application/vnd.etsi.asic-e+zip");
    let extended = [0x55, 0x54, 5, 0, 1].into_iter().chain((at.secs() as u32).to_le_bytes()).collect::<Vec<u8>>();
    assert_eq!(octets.windows(9).filter(|w| *w == extended).count(), 2 * names.len(), "in headers and directory");
    let early = sample().write(UnixTime::from_secs(0)).unwrap();
    assert_eq!(Container::read(&early).unwrap(), sample(), "ZIP knows no time before 1980");
}

/// The manifests of a container that the Java implementation wrote.
#[test]
fn the_manifests_are_xroads() {
    let Some(theirs) = octets("asice/valid-non-batch-soap-attachments") else { return };
    let ours = Container::read(&theirs).unwrap().write(present()).unwrap();
    for name in ["META-INF/manifest.xml", "META-INF/ASiCManifest.xml", "META-INF/timestamp.tst", "ts-hashchain.xml"] {
        assert_eq!(entry(&ours, name), entry(&theirs, name), "{name}");
    }
    assert_eq!(path(&ours), []);
}

/// A ZIP file of these entries.
fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, octets) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, octets).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const MIME: (&str, &[u8]) = ("mimetype", b"application/vnd.etsi.asic-e+zip");
const LEAST: [(&str, &[u8]); 3] = [MIME, ("message.xml", b"m"), ("META-INF/signatures.xml", b"s")];

fn read_with(extra: &[(&str, &[u8])]) -> Result<Container, AsicError> {
    Container::read(&zipped(&[&LEAST, extra].concat()))
}

fn code(read: Result<Container, AsicError>) -> Vec<Code> {
    read.map(|_| vec![]).unwrap_or_else(|e| e.path())
}

/// wire.md §7.1: what is missed first, and by which code.
#[test]
fn what_is_missing_has_its_code() {
    let read = |entries: &[(&str, &[u8])]| code(Container::read(&zipped(entries)));
    assert_eq!(read(&LEAST), []);
    assert_eq!(read(&[]), [Code::AsicMimeTypeNotFound]);
    assert_eq!(read(&[("mimetype", b" "), LEAST[1], LEAST[2]]), [Code::AsicMimeTypeNotFound]);
    assert_eq!(read(&[("mimetype", b"application/zip")]), [Code::AsicInvalidMimeType]);
    assert_eq!(read(&[("mimetype", b"application/vnd.etsi.asic-e+zip\n")]), [Code::AsicInvalidMimeType]);
    assert_eq!(read(&[MIME, LEAST[2]]), [Code::AsicMessageNotFound]);
    assert_eq!(read(&[MIME, ("message.xml", b"\n"), LEAST[2]]), [Code::AsicMessageNotFound]);
    assert_eq!(read(&LEAST[..2]), [Code::AsicSignatureNotFound]);
    for (name, missing) in [
        ("sig-hashchain.xml", Code::AsicHashChainResultNotFound),
        ("sig-hashchainresult.xml", Code::AsicHashChainNotFound),
        ("ts-hashchain.xml", Code::AsicHashChainResultNotFound),
        ("ts-hashchainresult.xml", Code::AsicHashChainNotFound),
    ] {
        assert_eq!(code(read_with(&[(name, b"<a/>")])), [missing], "{name}");
        assert_eq!(code(read_with(&[(name, b" ")])), []);
    }
    assert_eq!(code(read_with(&[("META-INF/timestamp.tst", b"")])), [Code::AsicTimestampNotFound]);
    assert_eq!(code(read_with(&[("META-INF/manifest.xml", b"")])), [Code::AsicManifestNotFound]);
    assert_eq!(code(read_with(&[("META-INF/ASiCManifest.xml", b" ")])), [Code::AsicManifestNotFound]);
}

/// wire.md §7.1: names without regard to case, other names of the signature, unknown entries.
#[test]
fn names_are_free_within_reason() {
    let entries = [("MimeType", MIME.1), ("MESSAGE.xml", b"m".as_slice()), ("meta-inf/my-Signatures-0.XML", b"s")];
    let container = Container::read(&zipped(&entries)).unwrap();
    assert_eq!((container.message.as_ref(), container.signature.as_ref()), (b"m".as_slice(), b"s".as_slice()));
    let unknown =
        [("hashchain.xml", b"?".as_slice()), ("META-INF/", b""), ("attachmentX", b"?"), ("attachment01", b"?")];
    assert!(read_with(&unknown).unwrap().attachments.is_empty());
    let ignored = Container::ignored(&zipped(&[&LEAST, &unknown[..]].concat())).unwrap();
    assert_eq!(ignored, ["hashchain.xml", "attachmentX", "attachment01"], "all but the folder are named");
    let refused = vec![Code::AsicInvalidContainer];
    for name in ["Message.xml", "MIMETYPE", "META-INF/signatures0.xml"] {
        assert_eq!(code(read_with(&[(name, b"other")])), refused, "{name}");
    }
    assert_eq!(code(read_with(&[("a", b""), ("A", b"")])), refused, "unknown entries too");
}

/// Bounds of `core::limits`: at the bound, and one more.
#[test]
fn bombs_are_refused() {
    let names: Vec<String> = (0..simpul_core::limits::ASIC_ENTRIES).map(|n| format!("e{n}")).collect();
    let many = |n: usize| read_with(&names.iter().take(n).map(|n| (n.as_str(), b"".as_slice())).collect::<Vec<_>>());
    assert!(many(simpul_core::limits::ASIC_ENTRIES - LEAST.len()).is_ok());
    assert!(matches!(many(simpul_core::limits::ASIC_ENTRIES - LEAST.len() + 1), Err(AsicError::TooManyEntries(_))));

    let zeros = vec![0; usize::try_from(simpul_core::limits::ASIC_ENTRY).unwrap() + 1];
    let largest = &zeros[1..];
    let octets = zipped(&[&LEAST[..], &[("attachment1", largest)]].concat());
    assert!(octets.len() < 200_000, "a bomb");
    assert_eq!(Container::read(&octets).unwrap().attachments[&1].len(), largest.len());
    assert!(matches!(read_with(&[("attachment1", &zeros)]), Err(AsicError::TooLarge(_))));
    assert!(read_with(&[("unknown", &zeros)]).is_ok(), "it is not even unpacked");

    let filled = vec![0; usize::try_from(simpul_core::limits::ASIC_CONTENT).unwrap() + 1];
    assert!(matches!(Container::read(&filled), Err(AsicError::TooLarge(_))));
    assert!(matches!(Container::read(&filled[1..]), Err(AsicError::Zip(_))));

    let spent: usize = LEAST.iter().map(|(_, octets)| octets.len()).sum();
    let left = usize::try_from(simpul_core::limits::ASIC_CONTENT).unwrap() - largest.len() - spent;
    let two = |n: usize| read_with(&[("attachment1", largest), ("attachment2", &zeros[..n])]);
    assert!(two(left).is_ok());
    assert!(matches!(two(left + 1), Err(AsicError::TooLarge(_))));
}

/// Directory and headers tell the same story, so that no reader is shown another container.
#[test]
fn hidden_entries_are_refused() {
    let octets = zipped(&LEAST);
    let find = |octets: &[u8], what: &[u8], nth: usize| {
        octets.windows(what.len()).enumerate().filter(|(_, w)| *w == what).nth(nth).unwrap().0
    };
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = octets.clone();
        change(&mut changed);
        code(Container::read(&changed))
    };
    let refused = vec![Code::AsicInvalidContainer];
    assert_eq!(with(&|_| ()), []);
    let (header, directory) = (find(&octets, b"message.xml", 0), find(&octets, b"message.xml", 1));
    for at in [header, directory] {
        assert_eq!(with(&|o| o[at] = b'n'), refused, "a name in one place");
    }
    assert_eq!(with(&|o| o.splice(0..0, b"PK\x03\x04 junk".iter().copied()).for_each(drop)), refused, "octets before");
    for (offset, what) in [(6, "flags"), (8, "method"), (14, "checksum"), (18, "compressed size"), (22, "size")] {
        assert_eq!(with(&|o| o[offset] ^= 8), refused, "{what}");
    }
    // What a reader that looks for the end record from the back would not see, or would see elsewhere.
    let end = find(&octets, b"PK\x05\x06", 0);
    assert_eq!(with(&|o| o.push(b'x')), refused, "octets after");
    for (offset, what) in [
        (4, "disk"),
        (6, "disk of the directory"),
        (8, "entries on this disk"),
        (10, "entries"),
        (12, "size of the directory"),
        (16, "place of the directory"),
        (20, "length of the comment"),
    ] {
        assert_eq!(with(&|o| o[end + offset] ^= 1), refused, "{what}");
    }
    let last = find(&octets, b"META-INF/signatures.xml", 1) - 46;
    for (offset, what) in [(30, "length of the extra field"), (32, "length of the comment")] {
        assert_eq!(with(&|o| o[last + offset] ^= 1), refused, "{what} of the last entry");
    }
    let first = find(&octets, b"mimetype", 1) - 46;
    let both = |bit: u8| with(&|o| (o[6], o[first + 8]) = (bit, bit));
    assert_eq!(both(2), [], "how well it is deflated");
    assert_eq!(both(1), refused, "encrypted");
    assert_eq!(both(32), refused, "a patch");
    // The directory takes the last letter of a name for a comment.
    let mut longer = zipped(&[LEAST[0], ("message.xmlX", b"evil"), LEAST[2]]);
    assert_eq!(code(Container::read(&longer)), [Code::AsicMessageNotFound]);
    let listed = find(&longer, b"message.xmlX", 1) - 46;
    (longer[listed + 28], longer[listed + 32]) = (11, 1);
    assert_eq!(code(Container::read(&longer)), refused);
    // Two entries of one name: a directory lists both, or only the second one.
    let double = zipped(&[LEAST[0], ("Xessage.xml", b"evil"), LEAST[1], LEAST[2]]);
    let mut same_name = double.clone();
    for at in [find(&double, b"Xessage.xml", 0), find(&double, b"Xessage.xml", 1)] {
        same_name[at] = b'm';
    }
    assert_eq!(code(Container::read(&double)), []);
    assert_eq!(code(Container::read(&same_name)), refused);
}

#[test]
fn broken_containers_are_errors() {
    let Some(octets) = octets("asice/valid-signed-hashchain") else { return };
    for cut in (0..octets.len()).step_by(97) {
        assert!(Container::read(&octets[..cut]).is_err(), "{cut}");
    }
    for position in (0..octets.len()).step_by(7) {
        let mut changed = octets.clone();
        changed[position] ^= 1 << (position % 8);
        let _ = verify(&changed);
    }
}

/// `archives/`: containers of a message log.
#[test]
fn containers_of_an_archive_are_read() {
    let Some(path) = fixture("xroad/fixtures/archives/mlog-WITH_LINKINGINFO.zip") else { return };
    let container = entry(&std::fs::read(path).unwrap(), "1234567890-request-OUxhMqY0Kx.asice");
    let container = Container::read(&container).unwrap();
    assert!(container.message.starts_with(b"<") || container.message.starts_with(b"GET"));
}

/// wire.md §6.2, on signatures that the Java implementation wrote, with the line ends of its base64.
#[test]
fn timestamps_go_into_javas_signatures() {
    let Some(folder) = fixture("xroad/fixtures/tsp") else { return };
    let stamped = std::fs::read_to_string(folder.join("signature.xml")).unwrap();
    let written = stamped.split_once("<ds:SignatureValue Id=\"signature-value\">").unwrap().1;
    let written: String = written.split_once('<').unwrap().0.split_ascii_whitespace().collect();
    assert_eq!(STANDARD.encode(signature_value(stamped.as_bytes()).unwrap()), written);
    assert!(matches!(with_timestamp(stamped.as_bytes(), b"token"), Err(SealError::Stamp)), "it has one");

    let container = Container::read(&octets("asice/valid-non-batch-soap-attachments").unwrap()).unwrap();
    let signature = String::from_utf8(container.signature.to_vec()).unwrap();
    let stamped = String::from_utf8(with_timestamp(&container.signature, b"token").unwrap()).unwrap();
    assert_eq!(signature_value(stamped.as_bytes()).unwrap(), signature_value(&container.signature).unwrap());
    let open = "<xades:UnsignedSignatureProperties>";
    let (before, after) = stamped.split_once(&format!("{open}<xades:SignatureTimeStamp>")).unwrap();
    let (_, after) = after.split_once("</xades:SignatureTimeStamp>").unwrap();
    assert_eq!([before, open, after].concat(), signature, "nothing else has changed");
}
