//! Private parameters: what only members of the instance itself get (wire.md §8.4).

use std::time::Duration;

use roxmltree::Node;
use simpul_core::{ClientId, ident::Instance, limits};

use super::FormatVersion;
use super::anchor::Anchor;
use super::element::{self, Read, Sequence};
use super::error::{Document, DocumentError, DocumentWriteError};
use super::writer::Writer;

/// Private parameters of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateParams {
    /// The instance.
    pub instance: Instance,
    /// Anchors of federated instances.
    pub anchors: Vec<Anchor>,
    /// Where members send management requests.
    pub management: ManagementService,
    /// How soon a logged signature should be stamped; whole seconds.
    pub timestamping_interval: Duration,
}

/// The services that register certificates and clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementService {
    /// Address of the service that registers authentication certificates.
    pub address: String,
    /// Its TLS certificate, DER or PEM text.
    pub certificate: Option<Vec<u8>>,
    /// The member or subsystem that provides the management requests.
    pub provider: ClientId,
}

impl PrivateParams {
    /// Reads private parameters of at most [`limits::CONF_PART`] octets.
    ///
    /// `format` is that of the directory: 2 has its own schema, 3 to 6 share version 3, which ends with any
    /// number of elements that nobody reads.
    pub fn parse(bytes: &[u8], format: FormatVersion) -> Result<Self, DocumentError> {
        element::document(bytes, limits::CONF_PART, Document::Private, "conf", |node| Self::read(node, format))
    }

    /// The file in version 3.
    pub fn write(&self) -> Result<String, DocumentWriteError> {
        Writer::document("conf", |w| {
            w.text("instanceIdentifier", self.instance.as_str())?;
            self.anchors.iter().try_for_each(|a| w.element("configurationAnchor", |w| a.content(w)))?;
            w.element("managementService", |w| {
                w.text("authCertRegServiceAddress", &self.management.address)?;
                if let Some(certificate) = &self.management.certificate {
                    w.base64("authCertRegServiceCert", certificate)?;
                }
                w.client_id("managementRequestServiceProviderId", &self.management.provider)
            })?;
            w.text("timeStampingIntervalSeconds", &self.timestamping_interval.as_secs().to_string())
        })
    }

    fn read(node: Node<'_, '_>, format: FormatVersion) -> Read<Self> {
        let mut children = Sequence::of(node)?;
        let instance = element::identifier(children.required("instanceIdentifier")?)?;
        let anchors = children.bounded("configurationAnchor", limits::CONF_INSTANCES - 1, Anchor::read)?;
        let management = ManagementService::read(children.required("managementService")?)?;
        let timestamping_interval = element::seconds(children.required("timeStampingIntervalSeconds")?)?;
        if format == FormatVersion::V2 {
            children.end()?;
        }
        Ok(Self { instance, anchors, management, timestamping_interval })
    }
}

impl ManagementService {
    fn read(node: Node<'_, '_>) -> Read<Self> {
        let mut children = Sequence::of(node)?;
        let address = element::text(children.required("authCertRegServiceAddress")?)?;
        let certificate = children.optional("authCertRegServiceCert").map(element::base64).transpose()?;
        let provider = element::client_id(children.required("managementRequestServiceProviderId")?)?;
        children.end()?;
        Ok(Self { address, certificate, provider })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gconf::anchor::AnchorSource;
    use crate::gconf::error::DocumentFault;
    use simpul_core::Code;

    fn anchor(instance: &str) -> Anchor {
        let source = AnchorSource { url: format!("http://{instance}/externalconf"), certificates: vec![vec![9]] };
        Anchor { generated_at: None, instance: instance.parse().unwrap(), sources: vec![source] }
    }

    fn params() -> PrivateParams {
        PrivateParams {
            instance: "ID".parse().unwrap(),
            anchors: vec![anchor("MY"), anchor("SG")],
            management: ManagementService {
                address: "https://127.0.0.2:4001/managementservice/".to_owned(),
                certificate: Some(vec![1, 2, 3]),
                provider: "ID/GOV/0001/management".parse().unwrap(),
            },
            timestamping_interval: Duration::from_secs(60),
        }
    }

    fn parse(text: &str, format: FormatVersion) -> Result<PrivateParams, DocumentError> {
        PrivateParams::parse(text.as_bytes(), format)
    }

    #[test]
    fn what_is_written_is_read_back() {
        for format in FormatVersion::NEWEST_FIRST {
            assert_eq!(parse(&params().write().unwrap(), format).unwrap(), params());
        }
        let bare = PrivateParams {
            anchors: Vec::new(),
            management: ManagementService {
                certificate: None,
                provider: "ID/GOV/0001".parse().unwrap(),
                ..params().management
            },
            ..params()
        };
        assert_eq!(parse(&bare.write().unwrap(), FormatVersion::V6).unwrap(), bare);
    }

    /// wire.md §8.4: version 3 ends with `any*`, version 2 does not.
    #[test]
    fn extensions_stand_only_at_the_end_of_version_3() {
        let good = params().write().unwrap();
        let at_end = good.replacen("</xro:conf>", "<x:new xmlns:x='urn:x'><a b='c'>1</a></x:new></xro:conf>", 1);
        assert_eq!(parse(&at_end, FormatVersion::V3).unwrap(), params());
        assert!(matches!(parse(&at_end, FormatVersion::V2).unwrap_err().fault, DocumentFault::Unexpected { .. }));
        let inside = good.replacen("<managementService>", "<new/><managementService>", 1);
        assert_eq!(parse(&inside, FormatVersion::V6).unwrap_err().code(), Code::MalformedGlobalConf);
    }

    /// wire.md §1.1: the type must fit the parts, and is qualified.
    #[test]
    fn the_provider_has_a_type_that_fits() {
        let good = params().write().unwrap();
        for (from, to) in [
            ("id:objectType=\"SUBSYSTEM\"", "id:objectType=\"MEMBER\""),
            ("id:objectType=\"SUBSYSTEM\"", "id:objectType=\"SERVER\""),
            ("id:objectType=\"SUBSYSTEM\"", "objectType=\"SUBSYSTEM\""),
            (" id:objectType=\"SUBSYSTEM\"", ""),
            ("<id:memberCode>0001</id:memberCode>", "<memberCode>0001</memberCode>"),
            ("<id:memberCode>0001</id:memberCode>", "<id:memberCode></id:memberCode>"),
            (">60<", ">-60<"),
            (">60<", ">2147483648<"),
            (">60<", ">60s<"),
        ] {
            assert!(good.contains(from), "{from}");
            assert!(parse(&good.replacen(from, to, 1), FormatVersion::V6).is_err(), "{to}");
        }
    }

    #[test]
    fn federated_instances_are_bounded() {
        let with = |n: usize| PrivateParams { anchors: (0..n).map(|i| anchor(&format!("I{i}"))).collect(), ..params() };
        let most = with(limits::CONF_INSTANCES - 1);
        assert_eq!(parse(&most.write().unwrap(), FormatVersion::V6).unwrap(), most);
        let error = parse(&with(limits::CONF_INSTANCES).write().unwrap(), FormatVersion::V6).unwrap_err();
        assert!(matches!(error.fault, DocumentFault::TooMany { element: "configurationAnchor", .. }));
    }
}
