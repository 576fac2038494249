//! The ports that this crate implements, gathered in one place.

pub use simpul_exchange::call::{Answer, AnswerBody, Caller, ConsumerCall, PeerCall};
pub use simpul_exchange::ports::{
    BodyError, BodyStream, Clock, ConfSource, Headers, LinkError, PeerConnection, PeerLink, PeerReply, ServiceReply,
    Spooled,
};
pub use simpul_trust::cert::Certificate;
pub use simpul_trust::conf::{GlobalConf, Route, Target};
