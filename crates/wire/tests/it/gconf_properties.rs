//! Properties of the readers and writers of a global configuration (wire.md §8.5).

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use simpul_core::{ClientId, MemberId};
use simpul_wire::gconf::shared::*;
use simpul_wire::gconf::*;

/// Text that XML can carry, with what needs escaping.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 &<>\"'\\t\\n\\r;/%é€😀]{0,12}"
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 &<>\"'\\r;/%é😀]{1,8}"
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..40)
}

fn few<T: Strategy>(of: T) -> impl Strategy<Value = Vec<T::Value>>
where
    T::Value: std::fmt::Debug,
{
    prop::collection::vec(of, 0..3)
}

fn cost() -> impl Strategy<Value = Option<CostType>> {
    prop::option::of(prop::sample::select(vec![CostType::Free, CostType::Paid, CostType::Undefined]))
}

fn ca_info() -> impl Strategy<Value = CaInfo> {
    let ocsp = (text(), prop::option::of(octets()), cost()).prop_map(|(url, certificate, cost)| OcspInfo {
        url,
        certificate,
        cost,
    });
    (octets(), few(ocsp)).prop_map(|(certificate, ocsp)| CaInfo { certificate, ocsp })
}

fn approved_ca() -> impl Strategy<Value = ApprovedCa> {
    let acme = (text(), prop::option::of(text()), prop::option::of(text()), prop::option::of(text())).prop_map(
        |(directory_url, ip_address, authentication_profile, signing_profile)| AcmeServer {
            directory_url,
            ip_address,
            authentication_profile,
            signing_profile,
        },
    );
    let csr = prop::option::of(prop::sample::select(vec![CsrFormat::Pem, CsrFormat::Der]));
    (text(), any::<bool>(), ca_info(), few(ca_info()), text(), csr, prop::option::of(acme)).prop_map(
        |(name, authentication_only, top, intermediates, profile, csr_format, acme)| ApprovedCa {
            name,
            authentication_only,
            top,
            intermediates,
            profile,
            csr_format,
            acme,
        },
    )
}

fn shared_params() -> impl Strategy<Value = SharedParams> {
    let member = (word(), word(), text(), text(), few((word(), prop::option::of(text()))));
    let source = (text(), few(octets()), few(octets())).prop_map(|(address, internal, external)| ConfSource {
        address,
        internal_certificates: internal,
        external_certificates: external,
    });
    let server = (
        word(),
        prop::option::of(text()),
        few(octets()),
        few(any::<prop::sample::Index>()),
        prop::option::of(prop::option::of(text())),
    );
    let tsa = (text(), text(), octets(), cost()).prop_map(|(name, url, certificate, cost)| ApprovedTsa {
        name,
        url,
        certificate,
        cost,
    });
    let head = (word(), prop::collection::vec(source, 1..3), few(approved_ca()), few(tsa));
    let body = (few(member), few(server), few((word(), text(), few((word(), word(), word())))), few((word(), text())));
    (head, body, 0..=i32::MAX as u64).prop_map(|((instance, sources, approved_cas, approved_tsas), body, fresh)| {
        let (members, servers, groups, classes) = body;
        let instance: simpul_core::ident::Instance = instance.parse().unwrap();
        let mut params = SharedParams {
            instance: instance.clone(),
            sources,
            approved_cas,
            approved_tsas,
            members: Vec::new(),
            servers: Vec::new(),
            groups: Vec::new(),
            member_classes: Vec::new(),
            ocsp_freshness: Duration::from_secs(fresh),
        };
        for (class, code, class_description, name, list) in members {
            let id = MemberId::from_parts(instance.as_str(), &class, &code).unwrap();
            let mut subsystems: Vec<Subsystem> = Vec::new();
            for (code, name) in list {
                let code = code.parse().unwrap();
                if subsystems.iter().all(|s| s.code != code) {
                    subsystems.push(Subsystem { code, name });
                }
            }
            if params.members.iter().all(|m| m.id != id) {
                params.members.push(Member { id, class_description, name, subsystems });
            }
        }
        let clients: Vec<ClientId> = params.members.iter().flat_map(Member::clients).collect();
        for (code, address, auth_cert_hashes, picks, maintenance) in servers {
            let Some(owner) = params.members.first().map(|m| m.id.clone()) else { break };
            let code = code.parse().unwrap();
            if params.servers.iter().any(|s| s.code == code) {
                continue;
            }
            let clients = picks.iter().map(|i| i.get(&clients).clone()).collect();
            let maintenance = maintenance.map(|message| Maintenance { message });
            params.servers.push(SecurityServer { owner, code, address, auth_cert_hashes, clients, maintenance });
        }
        for (code, description, members) in groups {
            let code = code.parse().unwrap();
            if params.groups.iter().all(|g| g.code != code) {
                let id = |(a, b, c): (String, String, String)| ClientId::from_parts(&[&a, &b, &c, &a]).unwrap();
                params.groups.push(GlobalGroup { code, description, members: members.into_iter().map(id).collect() });
            }
        }
        let class =
            |(code, description): (String, String)| MemberClassInfo { code: code.parse().unwrap(), description };
        params.member_classes = classes.into_iter().map(class).collect();
        params
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shared_parameters_are_read_back_as_written(params in shared_params()) {
        let text = params.write().unwrap();
        prop_assert_eq!(SharedParams::parse(text.as_bytes(), FormatVersion::V6).unwrap(), params);
    }

    #[test]
    fn no_octets_make_a_reader_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>()) {
        let _ = SignedDirectory::parse(&Bytes::from(bytes.clone())).and_then(|d| d.content());
        let _ = PartMetadata::parse(&bytes);
        let text = "<x:conf xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>";
        bytes.splice(0..0, text.bytes());
        let at = at.index(bytes.len());
        bytes.insert(at, b'<');
        let _ = SharedParams::parse(&bytes, FormatVersion::V6);
        let _ = PrivateParams::parse(&bytes, FormatVersion::V6);
    }
}
