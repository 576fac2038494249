//! Versions, suites, groups and options.

use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::pkey::Params;
use openssl::ssl::{SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode, SslVersion};

use super::TlsError;

/// TLS 1.2 suites between security servers: AEAD first, then the three that X-Road 7 offers (wire.md §3.1).
pub(super) const PEER_SUITES: &str = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
     ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:\
     ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA256:ECDHE-ECDSA-AES256-SHA384";

/// TLS 1.2 suites with information systems and services: ECDHE and DHE, GCM before CBC (wire.md §9.3).
pub(super) const SYSTEM_SUITES: &str = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
     ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:\
     DHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:\
     ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256:DHE-RSA-AES128-SHA256";

/// Key exchange groups, the hybrid post-quantum one first.
const GROUPS: &str = "X25519MLKEM768:X25519:P-256:P-384";

/// The same without the hybrid group, for a TLS library that lacks it.
const CLASSICAL_GROUPS: &str = "X25519:P-256:P-384";

/// OpenSSL's security level: 112 bits, so RSA-2048 and SHA-256 pass, RSA-1024 and SHA-1 do not.
const SECURITY_LEVEL: u32 = 2;

/// A context with what every use here has in common: TLS 1.2 or later, no compression, no renegotiation, no
/// resumption (see the module's text), the groups of [`GROUPS`], the TLS 1.2 suites given, this side's order.
pub(super) fn context(suites: &str) -> Result<SslContextBuilder, TlsError> {
    let mut context = SslContextBuilder::new(SslMethod::tls()).map_err(TlsError::refused("a new context"))?;
    context.set_security_level(SECURITY_LEVEL);
    context.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(TlsError::refused("TLS 1.2 as the oldest"))?;
    context.set_cipher_list(suites).map_err(TlsError::refused("the TLS 1.2 suites"))?;
    set_groups(&mut context)?;
    context.set_options(
        SslOptions::NO_COMPRESSION
            | SslOptions::NO_RENEGOTIATION
            | SslOptions::NO_TICKET
            | SslOptions::CIPHER_SERVER_PREFERENCE,
    );
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_num_tickets(0).map_err(TlsError::refused("no session tickets"))?;
    context.set_mode(SslMode::RELEASE_BUFFERS | SslMode::ENABLE_PARTIAL_WRITE | SslMode::ACCEPT_MOVING_WRITE_BUFFER);
    context.set_read_ahead(true);
    context.set_tmp_dh(&*ffdhe2048()?).map_err(TlsError::refused("the Diffie-Hellman group"))?;
    Ok(context)
}

fn set_groups(context: &mut SslContextBuilder) -> Result<(), TlsError> {
    if context.set_groups_list(GROUPS).is_ok() {
        return Ok(());
    }
    tracing::warn!("this OpenSSL has no X25519MLKEM768: connections between nodes are not post-quantum");
    context.set_groups_list(CLASSICAL_GROUPS).map_err(TlsError::refused("the key exchange groups"))
}

/// The group ffdhe2048 of RFC 7919, appendix A.1: for the DHE suite of X-Road, with a safe prime that everyone can
/// check.
fn ffdhe2048() -> Result<Dh<Params>, TlsError> {
    let build = || {
        let prime = BigNum::from_hex_str(FFDHE2048_P)?;
        let mut order = BigNum::new()?;
        order.rshift1(&prime)?;
        Dh::from_pqg(prime, Some(order), BigNum::from_u32(2)?)
    };
    build().map_err(TlsError::refused("the Diffie-Hellman group"))
}

const FFDHE2048_P: &str = "\
    FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF9\
    7D2FE363630C75D8F681B202AEC4617AD3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935\
    984F0C70E0E68B77E2A689DAF3EFE8721DF158A136ADE73530ACCA4F483A797ABC0AB182B324FB61D108A94BB2C8E3FB\
    B96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB190B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F61\
    9172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005C58EF1837D1683B2C6F34A26C1B2EFFA\
    886B423861285C97FFFFFFFFFFFFFFFF";

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by `openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048`.
    const FFDHE2048_PEM: &str = "-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
";

    #[test]
    fn the_group_is_ffdhe2048() {
        let golden = Dh::params_from_pem(FFDHE2048_PEM.as_bytes()).unwrap();
        let own = ffdhe2048().unwrap();
        assert_eq!(own.prime_p(), golden.prime_p());
        assert_eq!(own.generator(), golden.generator());
    }

    #[test]
    fn every_suite_of_the_lists_exists_here() {
        for list in [PEER_SUITES, SYSTEM_SUITES] {
            for suite in list.split(':') {
                context(suite).unwrap_or_else(|e| panic!("{suite}: {e:?}"));
            }
        }
    }
}
