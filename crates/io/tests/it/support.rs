//! Certificates, handlers and raw HTTP for the tests.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509Name, X509NameBuilder};
use simpul_core::MemberId;
use simpul_exchange::call::{Answer, AnswerBody};
use simpul_exchange::ports::{BodyStream, ConfSource, Headers};
use simpul_io::listen::Bounds;
use simpul_io::tls::Identity;
use simpul_trust::cert::Certificate;
use simpul_trust::conf::{GlobalConf, Target, supplied};
use simpul_wire::gconf::shared::{
    ApprovedCa, CaInfo, ConfSource as ConfSourceInfo, Member, MemberClassInfo, OcspInfo, SecurityServer, SharedParams,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A key with its certificate.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: Certificate,
    pub(crate) key: PKey<Private>,
}

pub(crate) static CA: LazyLock<Pair> = LazyLock::new(|| certify("Test CA", ec(), None));
pub(crate) static RSA_SERVER: LazyLock<Pair> = LazyLock::new(|| certify("rsa server", rsa(), Some(&CA)));
pub(crate) static EC_SERVER: LazyLock<Pair> = LazyLock::new(|| certify("ec server", ec(), Some(&CA)));
pub(crate) static RSA_CLIENT: LazyLock<Pair> = LazyLock::new(|| certify("rsa client", rsa(), Some(&CA)));
pub(crate) static EC_CLIENT: LazyLock<Pair> = LazyLock::new(|| certify("ec client", ec(), Some(&CA)));
pub(crate) static STRANGER: LazyLock<Pair> = LazyLock::new(|| certify("stranger", ec(), Some(&CA)));

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn ec() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(common: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("O", "Simpul tests").unwrap();
    name.append_entry_by_text("CN", common).unwrap();
    name.build()
}

fn certify(common: &str, key: PKey<Private>, issuer: Option<&Pair>) -> Pair {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, openssl::bn::MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name(common)).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    let mut usage = KeyUsage::new();
    match issuer {
        None => {
            builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
            usage.key_cert_sign().crl_sign();
            builder.set_issuer_name(&name(common)).unwrap();
        }
        Some(issuer) => {
            builder.append_extension(ExtendedKeyUsage::new().client_auth().server_auth().build().unwrap()).unwrap();
            usage.digital_signature().key_encipherment();
            builder.set_issuer_name(issuer.certificate.x509().subject_name()).unwrap();
        }
    }
    builder.append_extension(usage.critical().build().unwrap()).unwrap();
    builder.sign(issuer.map_or(&key, |i| &i.key), MessageDigest::sha256()).unwrap();
    Pair { certificate: Certificate::from_der(&builder.build().to_der().unwrap()).unwrap(), key }
}

impl Pair {
    /// As this side's identity, with the CA as if it were an intermediate.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        let chain = vec![CA.certificate.clone()];
        Arc::new(Identity::new(self.certificate.clone(), chain, self.key.clone()).unwrap())
    }

    /// Writes certificate and key as PEM, for other programs.
    pub(crate) fn files(&self, dir: &tempfile::TempDir) -> (PathBuf, PathBuf) {
        let (certificate, key) = (dir.path().join("certificate.pem"), dir.path().join("key.pem"));
        std::fs::write(&certificate, self.certificate.x509().to_pem().unwrap()).unwrap();
        std::fs::write(&key, self.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        (certificate, key)
    }
}

/// A configuration that knows these certificates and can be changed.
pub(crate) struct Conf(Mutex<Option<Arc<GlobalConf>>>);

impl Conf {
    pub(crate) fn knowing(pairs: &[&Pair]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Arc::new(global_conf(pairs, &[]))))))
    }

    pub(crate) fn set(&self, pairs: &[&Pair]) {
        *self.0.lock().unwrap() = Some(Arc::new(global_conf(pairs, &[])));
    }

    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap() = None;
    }
}

impl ConfSource for Conf {
    fn current(&self) -> Option<Arc<GlobalConf>> {
        self.0.lock().unwrap().clone()
    }
}

/// An instance with one member, whose server registered these certificates, and a CA with these OCSP responders.
pub(crate) fn global_conf(pairs: &[&Pair], responders: &[String]) -> GlobalConf {
    let owner: MemberId = "ID/GOV/1".parse().unwrap();
    let certificate = CA.certificate.der().to_vec();
    let ocsp = responders.iter().map(|url| OcspInfo { url: url.clone(), certificate: None, cost: None }).collect();
    let shared = SharedParams {
        instance: owner.instance.clone(),
        sources: vec![ConfSourceInfo {
            address: "127.0.0.1".to_owned(),
            internal_certificates: vec![certificate.clone()],
            external_certificates: vec![certificate.clone()],
        }],
        approved_cas: vec![ApprovedCa {
            name: "Test CA".to_owned(),
            authentication_only: false,
            top: CaInfo { certificate, ocsp },
            intermediates: Vec::new(),
            profile: "ee.ria.xroad.common.certificateprofile.impl.FiVRKCertificateProfileInfoProvider".to_owned(),
            csr_format: None,
            acme: None,
        }],
        approved_tsas: Vec::new(),
        members: vec![Member {
            id: owner.clone(),
            class_description: "Government".to_owned(),
            name: "Test".to_owned(),
            subsystems: Vec::new(),
        }],
        servers: vec![SecurityServer {
            owner: owner.clone(),
            code: "ss1".parse().unwrap(),
            address: Some("127.0.0.1".to_owned()),
            auth_cert_hashes: pairs.iter().map(|p| p.certificate.sha256().to_vec()).collect(),
            clients: Vec::new(),
            maintenance: None,
        }],
        groups: Vec::new(),
        member_classes: vec![MemberClassInfo { code: owner.class.clone(), description: "Government".to_owned() }],
        ocsp_freshness: Duration::from_secs(3600),
    };
    let part = "ID/shared-params.xml";
    let files = [
        ("instance-identifier".to_owned(), Bytes::from_static(b"ID")),
        (part.to_owned(), Bytes::from(shared.write().unwrap())),
        (format!("{part}.metadata"), Bytes::from_static(br#"{"configurationVersion":"6"}"#)),
    ];
    let supplied = supplied::load(&files.into_iter().collect()).unwrap();
    GlobalConf::from_parts(&supplied.own, supplied.parts).unwrap()
}

/// Bounds that are generous enough for a slow machine; tests make the one they test small.
pub(crate) fn bounds() -> Bounds {
    Bounds { grace: Duration::from_secs(5), ..Bounds::default() }
}

pub(crate) fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: AnswerBody) -> Answer {
    Answer { status, reason: None, headers: header_list(headers), body }
}

pub(crate) fn header_list(headers: &[(&str, &str)]) -> Headers {
    headers.iter().map(|(n, v)| ((*n).to_owned(), Bytes::copy_from_slice(v.as_bytes()))).collect()
}

/// Everything that a body holds, or why it broke.
pub(crate) async fn collect(mut body: BodyStream) -> Result<Vec<u8>, simpul_exchange::ports::BodyError> {
    use futures_util::StreamExt;
    let mut all = Vec::new();
    while let Some(chunk) = body.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

/// A body of these chunks.
pub(crate) fn chunks(chunks: &[&'static str]) -> BodyStream {
    let chunks: Vec<_> = chunks.iter().map(|c| Ok(Bytes::from_static(c.as_bytes()))).collect();
    Box::pin(futures_util::stream::iter(chunks))
}

/// Sends octets and reads until the connection ends. The error is that of a broken connection.
pub(crate) async fn raw(to: SocketAddr, request: &str) -> (String, std::io::Result<()>) {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read_to_end(&mut stream).await
}

/// Reads until the connection ends.
pub(crate) async fn read_to_end(stream: &mut (impl AsyncReadExt + Unpin)) -> (String, std::io::Result<()>) {
    let mut all = Vec::new();
    let ended = loop {
        let mut buf = [0; 4096];
        match stream.read(&mut buf).await {
            Ok(0) => break Ok(()),
            Ok(n) => all.extend_from_slice(&buf[..n]),
            Err(e) => break Err(e),
        }
    };
    (String::from_utf8_lossy(&all).into_owned(), ended)
}

/// Reads one answer's head and as many octets as its content length says, and leaves the connection open.
pub(crate) async fn read_answer(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut all = Vec::new();
    loop {
        if let Some(at) = all.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&all[..at]).to_lowercase();
            let len = head
                .split("content-length: ")
                .nth(1)
                .and_then(|l| l.split("\r\n").next())
                .map_or(0, |l| l.parse().unwrap());
            if all.len() >= at + 4 + len {
                return String::from_utf8(all).unwrap();
            }
        }
        let mut buf = [0; 4096];
        let n = stream.read(&mut buf).await.unwrap();
        assert!(n > 0, "the connection ended early: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buf[..n]);
    }
}

/// A server to go to.
pub(crate) fn target(address: &str) -> Target {
    Target { server: "ID/GOV/1/ss1".parse().unwrap(), address: address.to_owned() }
}
