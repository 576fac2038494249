//! Global configuration by the fixtures and by its own writers (wire.md §8).

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use simpul_core::{ClientId, Code, limits};
use simpul_wire::gconf::parts::{parse_fetch_interval, parse_monitoring, parse_next_update};
use simpul_wire::gconf::shared::*;
use simpul_wire::gconf::*;

/// The folder of fixtures, unless it is missing.
fn fixtures() -> Option<PathBuf> {
    let root = std::env::var_os("SIMPUL_FIXTURES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let folder = root.join("xroad/fixtures");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no fixtures");
    None
}

fn read(path: PathBuf) -> Bytes {
    Bytes::from(std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// Counts made with `xmllint --xpath 'count(//…)'`: source, approvedCA, intermediateCA, ocsp, approvedTSA, member,
/// subsystem, securityServer, authCertHash, client, globalGroup, groupMember (without those of type MEMBER that have
/// a subsystemCode, §1.1), globalSettings/memberClass, and the value of ocspFreshnessSeconds.
const SHARED: [(&str, FormatVersion, [u64; 14]); 16] = {
    use FormatVersion::{V2, V3, V4, V5, V6};
    [
        ("globalconf/globalconf_good2_v3/DEV", V3, [1, 1, 0, 1, 1, 2, 3, 2, 2, 3, 1, 2, 1, 3600]),
        ("globalconf/globalconf_good_v2/EE", V2, [0, 5, 3, 6, 1, 3, 1, 4, 4, 5, 1, 4, 1, 42]),
        ("globalconf/globalconf_good_v2/bar", V2, [0, 1, 0, 2, 1, 3, 1, 4, 4, 5, 1, 3, 1, 420]),
        ("globalconf/globalconf_good_v2/foo", V2, [0, 4, 3, 4, 1, 3, 1, 4, 4, 5, 1, 3, 1, 4200]),
        ("globalconf/globalconf_good_v4/EE", V4, [1, 5, 3, 6, 1, 3, 1, 4, 4, 5, 1, 4, 1, 42]),
        ("globalconf/globalconf_good_v4/bar", V3, [1, 1, 0, 2, 1, 3, 1, 4, 4, 5, 1, 3, 1, 420]),
        ("globalconf/globalconf_good_v4/baz_v3", V3, [1, 5, 3, 6, 1, 3, 1, 4, 4, 5, 1, 4, 1, 42]),
        ("globalconf/globalconf_good_v4/foo_v2", V2, [0, 4, 3, 4, 1, 3, 1, 4, 4, 5, 1, 3, 1, 4200]),
        ("globalconf/globalconf_good_v6/EE", V6, [1, 2, 3, 11, 1, 3, 2, 4, 4, 5, 1, 4, 1, 42]),
        ("globalconf/globalconf_good_v6/bar", V3, [1, 1, 0, 2, 1, 3, 2, 4, 4, 5, 1, 3, 1, 420]),
        ("globalconf/globalconf_good_v6/baz_v3", V3, [1, 5, 3, 6, 1, 3, 2, 4, 4, 5, 1, 4, 1, 42]),
        ("globalconf/globalconf_good_v6/foo_v2", V2, [0, 4, 3, 4, 1, 3, 2, 4, 4, 5, 1, 3, 1, 4200]),
        ("globalconf/globalconf_good_v6/quux_v5", V5, [1, 5, 3, 6, 1, 3, 1, 4, 4, 5, 1, 4, 1, 42]),
        ("globalconf/globalconf_good_v6/qux_v4", V4, [1, 5, 3, 6, 1, 3, 1, 4, 4, 5, 1, 4, 1, 42]),
        ("signed-globalconf/V4/20240529203822880997000", V4, [1, 1, 0, 1, 1, 2, 5, 2, 2, 6, 1, 2, 3, 3600]),
        ("signed-globalconf/V6/20251110170000548026000", V6, [1, 2, 0, 2, 1, 2, 5, 2, 2, 6, 1, 2, 3, 3600]),
    ]
};

fn counts(p: &SharedParams) -> [u64; 14] {
    let infos: Vec<&CaInfo> =
        p.approved_cas.iter().flat_map(|ca| std::iter::once(&ca.top).chain(&ca.intermediates)).collect();
    let n = |n: usize| n as u64;
    [
        n(p.sources.len()),
        n(p.approved_cas.len()),
        n(infos.len() - p.approved_cas.len()),
        n(infos.iter().map(|i| i.ocsp.len()).sum()),
        n(p.approved_tsas.len()),
        n(p.members.len()),
        n(p.members.iter().map(|m| m.subsystems.len()).sum()),
        n(p.servers.len()),
        n(p.servers.iter().map(|s| s.auth_cert_hashes.len()).sum()),
        n(p.servers.iter().map(|s| s.clients.len()).sum()),
        n(p.groups.len()),
        n(p.groups.iter().map(|g| g.members.len()).sum()),
        n(p.member_classes.len()),
        p.ocsp_freshness.as_secs(),
    ]
}

#[test]
fn every_shared_parameters_fixture_has_what_xmllint_counts() {
    let Some(root) = fixtures() else { return };
    for (folder, format, expected) in SHARED {
        let bytes = read(root.join(folder).join("shared-params.xml"));
        let params = SharedParams::parse(&bytes, format).unwrap_or_else(|e| panic!("{folder}: {e:?}"));
        let instance = folder.rsplit('/').next().unwrap();
        let instance = if folder.starts_with("signed") { "DEV" } else { instance };
        assert_eq!((params.instance.as_str(), counts(&params)), (instance, expected), "{folder}");
    }
}

/// Values read by eye from `globalconf_good_v6/EE/shared-params.xml`.
#[test]
fn the_details_of_format_6_are_read() {
    let Some(root) = fixtures() else { return };
    let bytes = read(root.join("globalconf/globalconf_good_v6/EE/shared-params.xml"));
    let p = SharedParams::parse(&bytes, FormatVersion::V6).unwrap();
    let ca = &p.approved_cas[0];
    assert_eq!((ca.name.as_str(), ca.authentication_only, ca.csr_format), ("pki1", false, Some(CsrFormat::Pem)));
    let acme = ca.acme.as_ref().unwrap();
    assert_eq!((acme.authentication_profile.as_deref(), acme.signing_profile.as_deref()), (Some("5"), Some("6")));
    let costs: Vec<_> = ca.top.ocsp.iter().map(|o| o.cost).collect();
    let (free, paid) = (Some(CostType::Free), Some(CostType::Paid));
    assert_eq!(costs, [free, paid, paid, None, free]);
    assert!(p.approved_cas[1].authentication_only);
    assert_eq!(p.members[2].subsystems[0].name.as_deref(), Some("FOO Subsystem"));
    let server = &p.servers[3];
    assert_eq!(server.id().to_string(), "SERVER:EE/BUSINESS/foo/FooBarServerCode");
    assert_eq!(server.maintenance.as_ref().unwrap().message.as_deref(), Some("Test maintenance mode"));
    assert_eq!(p.servers[2].address, None);
    let clients: Vec<_> = p.servers[0].clients.iter().map(ClientId::short).collect();
    assert_eq!(clients, ["EE/BUSINESS/consumer", "EE/BUSINESS/foo", "EE/BUSINESS/foo/foosubsystem"]);
    assert_eq!(p.groups[0].members[0].to_string(), "SUBSYSTEM:EE/BUSINESS/member1/subsys");
}

/// wire.md §8.5: certificates may be PEM text; here they stay what they are.
#[test]
fn certificates_that_are_text_stay_text() {
    let Some(root) = fixtures() else { return };
    let bytes = read(root.join("signed-globalconf/V6/20251110170000548026000/shared-params.xml"));
    let p = SharedParams::parse(&bytes, FormatVersion::V6).unwrap();
    assert!(p.approved_cas[0].top.certificate.starts_with(b"-----BEGIN CERTIFICATE-----"));
    assert!(p.sources[0].internal_certificates[0].starts_with(&[0x30, 0x82]));
}

/// Counts made with xmllint, as above: federated anchors and timeStampingIntervalSeconds.
#[test]
fn every_private_parameters_fixture_has_what_xmllint_counts() {
    let Some(root) = fixtures() else { return };
    for (folder, format, _) in SHARED {
        let path = root.join(folder).join("private-params.xml");
        if !path.exists() {
            continue;
        }
        let params = PrivateParams::parse(&read(path), format).unwrap_or_else(|e| panic!("{folder}: {e:?}"));
        let expected = if folder.starts_with("signed") { (0, 60) } else { (1, 123) };
        assert_eq!((params.anchors.len(), params.timestamping_interval.as_secs()), expected, "{folder}");
    }
    let bytes = read(root.join("globalconf/globalconf_good_v6/EE/private-params.xml"));
    let params = PrivateParams::parse(&bytes, FormatVersion::V6).unwrap();
    assert_eq!(params.management.provider.to_string(), "MEMBER:EE/BUSINESS/servicemember2");
    assert_eq!(params.anchors[0].sources[0].certificates, [b"bar\n"]);
}

/// INDEX.md: malformed is malformed, and every file is read in its own format only.
#[test]
fn malformed_and_foreign_formats_are_refused() {
    let Some(root) = fixtures() else { return };
    for file in ["private-params.xml", "shared-params.xml"] {
        let bytes = read(root.join("globalconf/globalconf_malformed/foo").join(file));
        assert_eq!(SharedParams::parse(&bytes, FormatVersion::V2).unwrap_err().code(), Code::MalformedGlobalConf);
        assert_eq!(PrivateParams::parse(&bytes, FormatVersion::V2).unwrap_err().code(), Code::MalformedGlobalConf);
        assert!(SharedParams::parse(b"", FormatVersion::V6).is_err());
    }
    for (folder, as_format) in [
        ("globalconf_good_v2/EE", FormatVersion::V3),
        ("globalconf_good_v6/qux_v4", FormatVersion::V2),
        ("globalconf_good_v6/EE", FormatVersion::V5),
        ("globalconf_good_v6/EE", FormatVersion::V4),
    ] {
        let bytes = read(root.join("globalconf").join(folder).join("shared-params.xml"));
        let error = SharedParams::parse(&bytes, as_format).unwrap_err();
        assert_eq!(error.code(), Code::MalformedGlobalConf, "{folder}");
        assert!(error.line > 1, "{error}");
    }
}

#[test]
fn anchors_of_the_fixtures_are_read() {
    let Some(root) = fixtures() else { return };
    for (file, instance, urls) in [
        ("signed-globalconf/V4/anchor-external.xml", "DEV", vec!["http://cs/externalconf"]),
        ("signed-globalconf/V6/anchor-internal.xml", "DEV", vec!["http://cs/internalconf", "https://cs/internalconf"]),
        (
            "globalconf/configuration-anchor1.xml",
            "EE",
            vec![
                "http://www.bar.com/conf",
                "http://node-0x.example.com/internalconf",
                "http://node-1x.example.com/internalconf",
            ],
        ),
        ("globalconf/configuration-anchor2.xml", "EE", vec!["http://www.bar.com/conf2"]),
    ] {
        let anchor = Anchor::parse(&read(root.join(file))).unwrap_or_else(|e| panic!("{file}: {e:?}"));
        let found: Vec<_> = anchor.sources.iter().map(|s| s.url.as_str()).collect();
        assert_eq!((anchor.instance.as_str(), found), (instance, urls), "{file}");
        assert_eq!(Anchor::parse(anchor.write().unwrap().as_bytes()).unwrap(), anchor);
    }
}

/// INDEX.md: parts good and bad by their names.
#[test]
fn optional_parts_of_the_fixtures_are_as_named() {
    let Some(root) = fixtures() else { return };
    let part = |name: &str| read(root.join("globalconf").join(name));
    assert!(!parse_next_update(&part("valid-nextupdate-params.xml")).unwrap());
    let client = parse_monitoring(&part("valid-monitoring-params.xml")).unwrap().unwrap();
    assert_eq!(client.to_string(), "MEMBER:fdev/GOV/66655666");
    for bad in ["empty-nextupdate-params.xml", "invalid-nextupdate-params.xml"] {
        assert_eq!(parse_next_update(&part(bad)).unwrap_err().code(), Code::MalformedGlobalConf, "{bad}");
    }
    for bad in ["empty-fetchinterval-params.xml", "invalid-fetchinterval-params.xml"] {
        assert_eq!(parse_fetch_interval(&part(bad)).unwrap_err().code(), Code::MalformedGlobalConf, "{bad}");
    }
}

/// wire.md §8.3: the layout, byte by byte.
#[test]
fn signed_directories_of_the_fixtures_are_written_as_they_were_read() {
    let Some(root) = fixtures() else { return };
    for version in ["V4", "V6"] {
        for name in ["internalconf", "externalconf"] {
            let bytes = read(root.join("signed-globalconf").join(version).join(name));
            let directory = SignedDirectory::parse(&bytes).unwrap();
            assert_eq!(directory.write(), bytes, "{version} {name}");
            let content = directory.content().unwrap();
            assert_eq!(format!("V{}", content.format()), version);
            assert_eq!(content.parts.len(), if name == "internalconf" { 2 } else { 1 });
            let boundary = String::from_utf8_lossy(directory.signed());
            let boundary = boundary.lines().next().unwrap().trim_start_matches("--").to_owned();
            assert_eq!(content.write(&boundary).unwrap(), directory.signed(), "{version} {name}");
        }
    }
}

#[test]
fn trees_of_the_fixtures_are_read() {
    let Some(root) = fixtures() else { return };
    for (tree, own, folders) in [
        ("globalconf_good_v6", "EE", 6),
        ("globalconf_good2_v3", "DEV", 1),
        ("globalconf_malformed", "EE", 1),
        ("globalconf_empty", "EE", 0),
    ] {
        let root = root.join("globalconf").join(tree);
        let mut files = std::collections::BTreeMap::new();
        for entry in std::fs::read_dir(&root).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_file() {
                files.insert(name, read(entry.path()));
                continue;
            }
            for file in std::fs::read_dir(entry.path()).unwrap().map(Result::unwrap) {
                files.insert(format!("{name}/{}", file.file_name().into_string().unwrap()), read(file.path()));
            }
        }
        let read = ConfTree::from_files(&files).unwrap();
        assert_eq!((read.own.as_str(), read.folders.len()), (own, folders), "{tree}");
    }
}

/// What stands in the way of reading back is not written.
#[test]
fn what_could_not_be_read_back_is_not_written() {
    let params = SharedParams {
        instance: "ID".parse().unwrap(),
        sources: vec![ConfSource {
            address: "127.0.0.1".to_owned(),
            internal_certificates: vec![vec![1]],
            external_certificates: Vec::new(),
        }],
        approved_cas: Vec::new(),
        approved_tsas: Vec::new(),
        members: vec![Member {
            id: "ID/GOV/1".parse().unwrap(),
            class_description: String::new(),
            name: String::new(),
            subsystems: Vec::new(),
        }],
        servers: Vec::new(),
        groups: Vec::new(),
        member_classes: Vec::new(),
        ocsp_freshness: Duration::from_secs(3600),
    };
    assert!(params.write().is_ok());
    let written = |change: &dyn Fn(&mut SharedParams)| {
        let mut changed = params.clone();
        change(&mut changed);
        changed.write()
    };
    let not_xml = written(&|p| p.members[0].name = "a\u{1}".to_owned());
    assert!(matches!(not_xml, Err(DocumentWriteError::NotXml { element: "name", .. })));
    assert!(matches!(written(&|p| p.sources.clear()), Err(DocumentWriteError::Empty("source"))));
    let foreign = written(&|p| p.members[0].id = "MY/GOV/1".parse().unwrap());
    assert!(matches!(foreign, Err(DocumentWriteError::Foreign(_))));
    let server = |owner: &str| SecurityServer {
        owner: owner.parse().unwrap(),
        code: "ss".parse().unwrap(),
        address: None,
        auth_cert_hashes: Vec::new(),
        clients: Vec::new(),
        maintenance: None,
    };
    let unregistered = written(&|p| p.servers = vec![server("ID/GOV/2")]);
    assert!(matches!(unregistered, Err(DocumentWriteError::Unregistered(_))));
    let client = written(&|p| {
        p.servers = vec![SecurityServer { clients: vec!["ID/GOV/1/x".parse().unwrap()], ..server("ID/GOV/1") }];
    });
    assert!(matches!(client, Err(DocumentWriteError::Unregistered(_))));
}

/// wire.md §8.5: what the sequence of the schema does not hold is refused; `any` stands at the end of format 3 and
/// later; a thing that stands twice or a reference to nothing is refused.
#[test]
fn documents_outside_the_schema_are_refused() {
    let conf = |format: FormatVersion, from: &str, to: &str| {
        let source = if format == FormatVersion::V2 { "" } else { "<source><address>cs</address></source>" };
        let text = format!(
            "<x:conf xmlns:x='http://x-road.eu/xsd/xroad.xsd'><instanceIdentifier>ID</instanceIdentifier>{source}\
             <member id='a'><memberClass><code>GOV</code><description/></memberClass><memberCode>1</memberCode><name/>\
             <subsystem id='b'><subsystemCode>s</subsystemCode></subsystem></member>\
             <securityServer><owner>a</owner><serverCode>ss</serverCode><client> b </client></securityServer>\
             <centralService><anything/></centralService>\
             <globalSettings><ocspFreshnessSeconds>60</ocspFreshnessSeconds></globalSettings></x:conf>"
        );
        assert!(text.contains(from), "{from}");
        SharedParams::parse(text.replacen(from, to, 1).as_bytes(), format)
    };
    for format in FormatVersion::NEWEST_FIRST {
        let plain = conf(format, "<x", "<x").unwrap();
        assert_eq!(plain.servers[0].clients[0].short(), "ID/GOV/1/s");
        let any = conf(format, "</x:conf>", "<new xmlns='urn:x'/></x:conf>");
        assert_eq!(any.is_ok(), format != FormatVersion::V2);
        for (from, to) in [
            ("<owner>a</owner>", "<owner>b</owner>"),
            ("<owner>a</owner>", "<owner>c</owner>"),
            ("<client> b </client>", "<client>c</client>"),
            ("id='b'", "id='a'"),
            ("id='b'", "kind='b'"),
            ("<owner>a</owner>", "<owner kind='x'>a</owner>"),
            ("<serverCode>ss</serverCode>", ""),
            ("<serverCode>ss</serverCode>", "<serverCode>ss</serverCode><new/>"),
            ("<name/>", "<new/><name/>"),
            ("<globalSettings>", "<new/><globalSettings>"),
            (">60<", ">sixty<"),
            (
                "<subsystemCode>s</subsystemCode></subsystem>",
                "<subsystemCode>s</subsystemCode></subsystem><subsystem><subsystemCode>s</subsystemCode></subsystem>",
            ),
            (
                "</securityServer>",
                "</securityServer><securityServer><owner>a</owner><serverCode>ss</serverCode></securityServer>",
            ),
            (
                "</member>",
                "</member><member><memberClass><code>GOV</code><description/></memberClass><memberCode>1</memberCode><name/></member>",
            ),
        ] {
            assert_eq!(conf(format, from, to).unwrap_err().code(), Code::MalformedGlobalConf, "{format} {to}");
        }
    }
}

#[test]
fn shared_parameters_are_bounded() {
    let head = "<x:conf xmlns:x='http://x-road.eu/xsd/xroad.xsd'><instanceIdentifier>ID</instanceIdentifier>";
    let tail = "<globalSettings><ocspFreshnessSeconds>60</ocspFreshnessSeconds></globalSettings></x:conf>";
    let conf = |n: usize| format!("{head}{}{tail}", "<source><address>cs</address></source>".repeat(n));
    let parse = |text: &str| SharedParams::parse(text.as_bytes(), FormatVersion::V6);
    assert_eq!(parse(&conf(limits::CONF_SOURCES)).unwrap().sources.len(), limits::CONF_SOURCES);
    let over = parse(&conf(limits::CONF_SOURCES + 1)).unwrap_err();
    assert!(matches!(over.fault, DocumentFault::TooMany { element: "source", .. }));

    let text = conf(1);
    let padded = |n: usize| format!("{text}{}", " ".repeat(n - text.len()));
    assert!(parse(&padded(limits::CONF_PART)).is_ok());
    assert!(matches!(parse(&padded(limits::CONF_PART + 1)).unwrap_err().fault, DocumentFault::TooLarge { .. }));
}
