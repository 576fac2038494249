//! Faults: what a party of an exchange is told when it did not succeed (wire.md §3.9).
//!
//! The spelling of codes lives here alone. X-Road 7.8 writes `server.serverproxy.access_denied`; releases to 7.7
//! wrote `Server.ServerProxy.AccessDenied`. A node speaks one dialect by configuration and understands both.

use std::fmt;

/// One fault: code, text and detail as the wire carries them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong, for machines.
    pub code: FaultCode,
    /// What went wrong, in one sentence for people. Never holds secrets or payload.
    pub string: String,
    /// `faultactor`; usually empty.
    pub actor: String,
    /// `faultDetail`: the trace id under which the operator's log has the full cause chain.
    pub detail: String,
}

impl Fault {
    /// A fault made by this node; `detail` is set where the fault is logged.
    #[must_use]
    pub fn new(code: FaultCode, string: impl Into<String>) -> Self {
        Self { code, string: string.into(), actor: String::new(), detail: String::new() }
    }

    /// A fault of the consumer side (`server.clientproxy`).
    #[must_use]
    pub fn consumer(code: Code, string: impl Into<String>) -> Self {
        Self::new(FaultCode::own(Origin::ClientProxy, [code]), string)
    }

    /// A fault of the provider side (`server.serverproxy`).
    #[must_use]
    pub fn provider(code: Code, string: impl Into<String>) -> Self {
        Self::new(FaultCode::own(Origin::ServerProxy, [code]), string)
    }

    /// Sets the detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// The code of a fault: made here, or received and kept unchanged (§3.9: faults received from the server proxy
/// keep their code).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// Made by this node.
    Own {
        /// Which part of the exchange made it.
        origin: Origin,
        /// Stage codes and the final code, joined by dots on the wire.
        path: Vec<Code>,
    },
    /// Received from a peer.
    Received(String),
}

impl FaultCode {
    /// A code made here. Stages such as [`Code::SignatureVerification`] come before the final code.
    #[must_use]
    pub fn own(origin: Origin, path: impl IntoIterator<Item = Code>) -> Self {
        Self::Own { origin, path: path.into_iter().collect() }
    }

    /// The text on the wire.
    #[must_use]
    pub fn spell(&self, dialect: Dialect) -> String {
        match self {
            Self::Received(code) => code.clone(),
            Self::Own { origin, path } => {
                let stages = path.iter().map(|c| c.spell(dialect));
                std::iter::once(origin.prefix(dialect))
                    .filter(|p| !p.is_empty())
                    .chain(stages)
                    .collect::<Vec<_>>()
                    .join(".")
            }
        }
    }

    /// The last code of the path, if it is one of ours or a known spelling of one.
    #[must_use]
    pub fn last(&self) -> Option<Code> {
        match self {
            Self::Own { path, .. } => path.last().copied(),
            Self::Received(code) => code.rsplit('.').next().and_then(Code::from_text),
        }
    }

    /// The HTTP status a consumer gets: 500 if the text starts with `server.` in the 7.8 dialect or `Server.` in
    /// the 7.7 dialect, compared case-sensitively, else 400 (§2.6, §3.9).
    #[must_use]
    pub fn http_status(&self, dialect: Dialect) -> u16 {
        let server = match dialect {
            Dialect::V78 => "server.",
            Dialect::V77 => "Server.",
        };
        if self.spell(dialect).starts_with(server) { 500 } else { 400 }
    }
}

/// Which spelling of fault codes a node writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Dialect {
    /// `Server.ServerProxy.AccessDenied`, releases up to 7.7.
    V77,
    /// `server.serverproxy.access_denied`, 7.8 and later.
    #[default]
    V78,
}

/// The part of an exchange that made a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// No prefix: tools outside an exchange, such as a container verifier.
    None,
    /// The consumer's information system sent a message that cannot be used (SOAP only).
    Client,
    /// The consumer's security server.
    ClientProxy,
    /// The provider's security server.
    ServerProxy,
    /// The signing device.
    Signer,
}

impl Origin {
    fn prefix(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::None, _) => "",
            (Self::Client, Dialect::V78) => "client",
            (Self::Client, Dialect::V77) => "Client",
            (Self::ClientProxy, Dialect::V78) => "server.clientproxy",
            (Self::ClientProxy, Dialect::V77) => "Server.ClientProxy",
            (Self::ServerProxy, Dialect::V78) => "server.serverproxy",
            (Self::ServerProxy, Dialect::V77) => "Server.ServerProxy",
            (Self::Signer, Dialect::V78) => "signer",
            (Self::Signer, Dialect::V77) => "Signer",
        }
    }
}

macro_rules! codes {
    ($($name:ident = $new:literal / $old:literal),+ $(,)?) => {
        /// One word of a fault code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(
            #[doc = concat!("`", $new, "`, until 7.7 `", $old, "`.")]
            $name,
        )+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word in a dialect.
            #[must_use]
            pub fn spell(self, dialect: Dialect) -> &'static str {
                match (self, dialect) { $(
                    (Self::$name, Dialect::V78) => $new,
                    (Self::$name, Dialect::V77) => $old,
                )+ }
            }
        }
    };
}

codes! {
    IoError = "io_error" / "IOError",
    NetworkError = "network_error" / "NetworkError",
    InternalError = "internal_error" / "InternalError",
    BadRequest = "bad_request" / "BadRequest",
    NotFound = "not_found" / "NotFound",
    HttpError = "http_error" / "HttpError",
    UnknownHost = "unknown_host" / "UnknownHost",
    DatabaseError = "database_error" / "DatabaseError",
    InvalidRequest = "invalid_request" / "InvalidRequest",
    InvalidResponse = "invalid_response" / "InvalidResponse",
    CryptographyError = "cryptography_error" / "CryptographyError",
    CannotCreateSignature = "cannot_create_signature" / "CannotCreateSignature",
    CertValidation = "cert_validation" / "CertValidation",
    CertValidityTime = "cert_validity_time" / "CertValidityTime",
    IncorrectValidationInfo = "incorrect_validation_info" / "IncorrectValidationInfo",
    MissingValidationInfo = "missing_validation_info" / "MissingValidationInfo",
    CannotCreateCertPath = "cannot_create_cert_path" / "CannotCreateCertPath",
    InvalidCertPath = "invalid_cert_path" / "InvalidCertPath",
    IncorrectCertificate = "incorrect_certificate" / "IncorrectCertificate",
    UnsupportedAlgorithm = "unsupported_algorithm" / "UnsupportedAlgorithm",
    SignatureVerification = "signature_verification" / "SignatureVerification",
    InvalidSignatureValue = "invalid_signature_value" / "InvalidSignatureValue",
    MalformedSignature = "malformed_signature" / "MalformedSignature",
    InvalidXml = "invalid_xml" / "InvalidXml",
    InvalidReference = "invalid_reference" / "InvalidReference",
    InvalidHashChain = "invalid_hash_chain" / "InvalidHashChain",
    MalformedHashChain = "malformed_hash_chain" / "MalformedHashChain",
    HashchainUnusedInputs = "hashchain_unused_inputs" / "HashChainUnusedInputs",
    InvalidHashChainRef = "invalid_hash_chain_ref" / "InvalidHashChainRef",
    SslAuthenticationFailed = "ssl_authentication_failed" / "SslAuthenticationFailed",
    LoggingFailed = "logging_failed" / "LoggingFailed",
    TimestampingFailed = "timestamping_failed" / "TimestampingFailed",
    InvalidContentType = "invalid_content_type" / "InvalidContentType",
    InvalidSoapAction = "invalid_soap_action" / "InvalidSoapAction",
    InvalidHttpMethod = "invalid_http_method" / "InvalidHttpMethod",
    InvalidMessage = "invalid_message" / "InvalidMessage",
    InvalidSecurityServer = "invalid_security_server" / "InvalidSecurityServer",
    MimeParsingFailed = "mime_parsing_failed" / "MimeParsingFailed",
    MissingHeader = "missing_header" / "MissingHeader",
    MissingHeaderField = "missing_header_field" / "MissingHeaderField",
    DuplicateHeaderField = "duplicate_header_field" / "DuplicateHeaderField",
    MissingBody = "missing_body" / "MissingBody",
    InvalidBody = "invalid_body" / "InvalidBody",
    InconsistentHeaders = "inconsistent_headers" / "InconsistentHeaders",
    InconsistentResponse = "inconsistent_response" / "InconsistentResponse",
    MissingSoap = "missing_soap" / "MissingSoap",
    InvalidSoap = "invalid_soap" / "InvalidSoap",
    MissingRest = "missing_rest" / "MissingRest",
    InvalidRest = "invalid_rest" / "InvalidRest",
    AccessDenied = "access_denied" / "AccessDenied",
    ServiceDisabled = "service_disabled" / "ServiceDisabled",
    ServiceFailed = "service_failed" / "ServiceFailed",
    MissingSignature = "missing_signature" / "MissingSignature",
    UnknownService = "unknown_service" / "UnknownService",
    InvalidProtocolVersion = "invalid_protocol_version" / "InvalidProtocolVersion",
    InvalidClientIdentifier = "invalid_client_identifier" / "InvalidClientIdentifier",
    ServiceType = "service_type" / "ServiceType",
    ClientProxyVersionNotSupported = "client_proxy_version_not_supported" / "ClientProxyVersionNotSupported",
    UnknownMember = "unknown_member" / "UnknownMember",
    MalformedServerConf = "malformed_server_conf" / "MalformedServerConf",
    MalformedGlobalConf = "malformed_global_conf" / "MalformedGlobalConf",
    GlobalConfOutdated = "global_conf_outdated" / "OutdatedGlobalConf",
    ServiceMissingUrl = "service_missing_url" / "ServiceMissingUrl",
    ServiceMalformedUrl = "service_malformed_url" / "ServiceMalformedUrl",
    MaintenanceMode = "maintenance_mode" / "MaintenanceMode",
    HsmNonOperational = "hsm_non_operational" / "HSMNonOperational",
    MalformedAnchor = "malformed_anchor" / "MalformedAnchor",
    AnchorFileNotFound = "anchor_file_not_found" / "AnchorFileNotFound",
    AsicInvalidContainer = "asic_invalid_container" / "AsicInvalidContainer",
    AsicMimeTypeNotFound = "asic_mime_type_not_found" / "AsicMimeTypeNotFound",
    AsicInvalidMimeType = "asic_invalid_mime_type" / "AsicInvalidMimeType",
    AsicSignatureNotFound = "asic_signature_not_found" / "AsicSignatureNotFound",
    AsicMessageNotFound = "asic_message_not_found" / "AsicMessageNotFound",
    AsicHashChainResultNotFound = "asic_hash_chain_result_not_found" / "AsicHashChainResultNotFound",
    AsicHashChainNotFound = "asic_hash_chain_not_found" / "AsicHashChainNotFound",
    AsicTimestampNotFound = "asic_timestamp_not_found" / "AsicTimestampNotFound",
    AsicManifestNotFound = "asic_manifest_not_found" / "AsicManifestNotFound",
    GlobalConfHeaderFieldMissing = "global_conf_header_field_missing" / "GlobalConfHeaderFieldMissing",
    GlobalConfHeaderFieldMissingParameter =
        "global_conf_header_field_missing_parameter" / "GlobalConfHeaderFieldMissingParameter",
    GlobalConfHeaderFieldWrongValue = "global_conf_header_field_wrong_value" / "GlobalConfHeaderFieldWrongValue",
    GlobalConfParsingFailure =
        "global_conf_parsing_downloaded_conf_directory_failure" / "GlobalConfParsingDownloadedConfDirectoryFailure",
    GlobalConfSignatureDecodeFailure = "global_conf_signature_decode_failure" / "GlobalConfSignatureDecodeFailure",
    GlobalConfGetVersionFailed = "global_conf_get_version_failed" / "GlobalConfGetVersionFailed",
    GlobalConfMissingSignedData = "global_conf_missing_signed_data" / "GlobalConfMissingSignedData",
    GlobalConfMissingSignedDataExpirationDate =
        "global_conf_missing_signed_data_expiration_date" / "GlobalConfMissingSignedDataExpirationDate",
    GlobalConfMissingVerificationCert =
        "global_conf_missing_verification_cert" / "GlobalConfMissingVerificationCert",
    GlobalConfSignatureVerificationFailure =
        "global_conf_signature_verification_failure" / "GlobalConfSignatureVerificationFailure",
    GlobalConfPartDownloadFailure = "global_conf_part_download_failure" / "GlobalConfPartDownloadFailure",
    GlobalConfPartIntegrityFailure =
        "global_conf_part_downloaded_file_integrity_failure" / "GlobalConfPartDownloadedFileIntegrityFailure",
    GlobalConfPartInvalidInstanceIdentifier =
        "global_conf_part_invalid_instance_identifier" / "GlobalConfPartInvalidInstanceIdentifier",
    GlobalConfDownloadFailure =
        "global_conf_download_url_connection_failure" / "GlobalConfDownloadUrlConnectionFailure",
    TspCertificateNotFound = "tsp_certificate_not_found" / "TspCertificateNotFound",
    TimestampSignerVerificationFailed =
        "timestamp_signer_verification_failed" / "TimestampSignerVerificationFailed",
    NoTimestampingProviderFound = "no_timestamping_provider_found" / "NoTimestampingProviderFound",
    TimestampTokenSignerInfoNotFound =
        "timestamp_token_signer_info_not_found" / "TimestampTokenSignerInfoNotFound",
}

impl Code {
    /// The code with this spelling in either dialect.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| [Dialect::V78, Dialect::V77].iter().any(|d| c.spell(*d) == text))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spell(Dialect::V78))
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spell(Dialect::V78))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.string)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn both_dialects_are_spelled_and_understood() {
        let code = FaultCode::own(
            Origin::ServerProxy,
            [Code::SignatureVerification, Code::MalformedSignature, Code::InvalidHashChainRef],
        );
        assert_eq!(
            code.spell(Dialect::V78),
            "server.serverproxy.signature_verification.malformed_signature.invalid_hash_chain_ref"
        );
        assert_eq!(
            code.spell(Dialect::V77),
            "Server.ServerProxy.SignatureVerification.MalformedSignature.InvalidHashChainRef"
        );
        for received in ["server.serverproxy.access_denied", "Server.ServerProxy.AccessDenied"] {
            let code = FaultCode::Received(received.to_owned());
            assert_eq!(code.last(), Some(Code::AccessDenied));
            assert_eq!(code.spell(Dialect::V78), received, "received codes stay unchanged");
        }
    }

    #[test]
    fn no_two_codes_share_a_spelling() {
        for dialect in [Dialect::V78, Dialect::V77] {
            let all: HashSet<_> = Code::ALL.iter().map(|c| c.spell(dialect)).collect();
            assert_eq!(all.len(), Code::ALL.len());
        }
    }

    /// wire.md §2.6, §3.9: a fault of the other generation comes out as 400.
    #[test]
    fn status_follows_the_prefix_case_sensitively() {
        let old = FaultCode::Received("Server.ServerProxy.AccessDenied".to_owned());
        assert_eq!(old.http_status(Dialect::V78), 400);
        assert_eq!(old.http_status(Dialect::V77), 500);
        assert_eq!(Fault::provider(Code::AccessDenied, "").code.http_status(Dialect::V78), 500);
        assert_eq!(FaultCode::own(Origin::Client, [Code::InvalidSoap]).http_status(Dialect::V78), 400);
    }
}
