//! The certificates that the other side presented.

use openssl::ssl::SslRef;
use simpul_core::limits;

use simpul_trust::cert::Certificate;

/// The other side's certificates, leaf first; empty if it sent none. `None` if there are more than
/// [`limits::CHAIN`] or one cannot be read.
///
/// OpenSSL keeps the leaf out of the chain on the accepting side and in it on the connecting side.
pub(crate) fn presented(ssl: &SslRef) -> Option<Vec<Certificate>> {
    let Some(leaf) = ssl.peer_certificate() else { return Some(Vec::new()) };
    let mut chain = vec![Certificate::from_der(&leaf.to_der().ok()?).ok()?];
    for (at, certificate) in ssl.peer_cert_chain().into_iter().flatten().enumerate() {
        let certificate = Certificate::from_der(&certificate.to_der().ok()?).ok()?;
        if at == 0 && chain.first() == Some(&certificate) {
            continue;
        }
        chain.push(certificate);
        if chain.len() > limits::CHAIN {
            return None;
        }
    }
    Some(chain)
}
