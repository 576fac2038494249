//! The chain by which a message comes to be trusted: [`Received`] → [`Verified`], and [`Sealed`] for own messages.
//!
//! Each type is made in one way only, so whoever holds one knows what has been proved. Policy and ledger go on from
//! here with types of their own.

use bytes::Bytes;
use simpul_core::{MemberId, UnixTime};
use simpul_wire::Seal;

use crate::conf::GlobalConf;
use crate::seal::{self, Parts, SealError, SealFacts};
use crate::token::Signer;

/// A message as far as its seal is concerned. Both answers must come from the octets that are passed on, parsed once
/// (architecture.md, I3).
pub trait Canonical {
    /// The parts that a seal must cover: all of them, in their order (wire.md §5.1).
    fn parts(&self) -> Parts;
    /// The member that must have sealed it: of the client for a request, of the service's owner for a response
    /// (§5.4, rule 4).
    fn signer(&self) -> &MemberId;
}

/// A message that has arrived with a seal. It proves nothing.
#[derive(Clone, Debug)]
pub struct Received<M> {
    message: M,
    seal: Seal,
}

/// A message whose seal holds: made by [`Received::verify`] and in no other way.
#[derive(Clone, Debug)]
pub struct Verified<M> {
    message: M,
    seal: Seal,
    facts: SealFacts,
}

/// An own message with the seal that [`Sealed::make`] gave it.
#[derive(Clone, Debug)]
pub struct Sealed<M> {
    message: M,
    seal: Seal,
}

impl<M: Canonical> Received<M> {
    /// Joins a message with the seal that came with it.
    #[must_use]
    pub fn new(message: M, seal: Seal) -> Self {
        Self { message, seal }
    }

    /// Checks the seal by all rules of §5.4, with certificates and OCSP responses judged at `at`. A message whose
    /// seal does not hold is gone.
    pub fn verify(self, conf: &GlobalConf, at: UnixTime) -> Result<Verified<M>, SealError> {
        let facts = seal::check(&self.message.parts(), &self.seal, self.message.signer(), conf, at)?;
        Ok(Verified { message: self.message, seal: self.seal, facts })
    }
}

impl<M> Verified<M> {
    /// The message.
    #[must_use]
    pub fn message(&self) -> &M {
        &self.message
    }

    /// Its seal, octet for octet as it came.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// What the seal proves.
    #[must_use]
    pub fn facts(&self) -> &SealFacts {
        &self.facts
    }

    /// Message, seal and facts; the proof ends here.
    #[must_use]
    pub fn into_parts(self) -> (M, Seal, SealFacts) {
        (self.message, self.seal, self.facts)
    }
}

impl<M: Canonical> Sealed<M> {
    /// Seals an own message. `ocsp` is as [`seal::seal`] wants it: first the response for the signing certificate.
    pub async fn make(message: M, signer: &dyn Signer, ocsp: &[Bytes], at: UnixTime) -> Result<Self, SealError> {
        let seal = seal::seal(&message.parts(), signer, ocsp, at).await?;
        Ok(Self { message, seal })
    }
}

impl<M> Sealed<M> {
    /// The message.
    #[must_use]
    pub fn message(&self) -> &M {
        &self.message
    }

    /// Its seal.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Message and seal.
    #[must_use]
    pub fn into_parts(self) -> (M, Seal) {
        (self.message, self.seal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::tests::{AT, Authority, Kind, now};
    use simpul_core::Code;

    #[derive(Debug)]
    struct Note {
        text: Bytes,
        signer: MemberId,
    }

    impl Canonical for Note {
        fn parts(&self) -> Parts {
            Parts::of(&self.text, vec![])
        }

        fn signer(&self) -> &MemberId {
            &self.signer
        }
    }

    #[test]
    fn a_message_is_verified_with_the_seal_that_it_was_given() {
        let authority = Authority::new();
        let signer = authority.member(Kind::P256, authority.id());
        let note = |text| Note { text: Bytes::from_static(text), signer: authority.id().clone() };
        let ocsp = [authority.ocsp(signer.certificate())];
        let sealed = now(Sealed::make(note(b"hello"), &signer, &ocsp, AT)).unwrap();
        let verify = |text, seal: &Seal| Received::new(note(text), seal.clone()).verify(&authority.conf, AT);
        let verified = verify(b"hello", sealed.seal()).unwrap();
        assert_eq!(verified.facts().member, *authority.id());
        assert_eq!(verified.seal(), sealed.seal());
        assert_eq!(verified.message().text, sealed.message().text);
        let (note, seal, _) = verified.into_parts();
        assert_eq!((note.text, &seal), (Bytes::from_static(b"hello"), &sealed.into_parts().1));
        let refused = verify(b"Hello", &seal).unwrap_err();
        assert_eq!(refused.path(), [Code::InvalidSignatureValue]);
    }
}
