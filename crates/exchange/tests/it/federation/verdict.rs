//! What the provider's server makes of a message that was made by hand.

use bytes::Bytes;
use simpul_core::Dialect;
use simpul_exchange::call::PeerCall;
use simpul_wire::soap;
use simpul_wire::transport::Direction;

use super::Federation;
use super::forge::Message;
use super::octets::collect;
use super::road::reply;

/// An answer of the provider's server.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// A fault in place of an answer (wire.md §3.4): code and detail.
    Refused(String, String),
    /// A message, which may end in a fault (wire.md §3.3).
    Answered(Box<Message>),
}

impl Verdict {
    /// The code of the fault, wherever it stands.
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            Self::Refused(code, _) => Some(code.clone()),
            Self::Answered(message) => message.fault.as_ref().map(|f| f.code.spell(Dialect::V78)),
        }
    }

    /// Whether it is a message with a seal.
    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self, Self::Answered(message) if message.seal.is_some())
    }
}

impl Federation {
    /// Lets the provider's server answer a message.
    pub(crate) async fn judge(&self, call: PeerCall) -> Verdict {
        let answer = reply(self.provider.answer(call).await);
        assert_eq!(answer.status, 200, "wire.md §3.4");
        let (body, end) = collect(answer.body).await;
        assert!(end.is_none(), "an answer ends well, be it with a fault");
        let header = |name: &str| {
            let value = answer.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
            value.map(|v: Bytes| String::from_utf8(v.to_vec()).unwrap())
        };
        let content_type = header("content-type").unwrap();
        if content_type.starts_with("multipart/") {
            assert_eq!(header("x-hash-algorithm").as_deref(), Some("SHA-512"), "wire.md §3.4");
            return Verdict::Answered(Box::new(Message::read(&content_type, Direction::Response, &body)));
        }
        assert_eq!((content_type.as_str(), header("soapaction").as_deref()), ("text/xml;charset=utf-8", Some("")));
        let fault = soap::fault::decode(&body).unwrap();
        Verdict::Refused(fault.code.spell(Dialect::V78), fault.detail)
    }
}
