//! The seal of one message as it travels: the last parts of the multipart message (wire.md §3.3).

use bytes::Bytes;

/// A signature with its hash chain, byte for byte as received or as made. Proves nothing until it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// `signatures.xml` in UTF-8, part type `signature/bdoc-1.0/ts`; at most `limits::SIGNATURE_XML` octets.
    pub signature: Bytes,
    /// `application/hash-chain-result`: what the signature of a multi-part message refers to (§5.2); at most
    /// `limits::HASH_CHAIN_XML` octets. Travels together with the chain or not at all.
    pub hash_chain_result: Option<Bytes>,
    /// `application/hash-chain`: the steps from the parts to the result; at most `limits::HASH_CHAIN_XML` octets.
    pub hash_chain: Option<Bytes>,
}
