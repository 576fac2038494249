//! Acts on their way between the parties of an agreement: over the exchange itself, sealed and recorded like every
//! message.
//!
//! A party delivers its own acts and no others, and takes from a partner what that partner did and nothing else: the seal
//! of the message says who brings an act, so no act needs more proof of its party than that it came from there.

mod courier;
mod door;
mod form;
mod marks;

pub(crate) use self::courier::Courier;
pub(crate) use self::door::{Door, Said};
pub(super) use self::marks::{Marks, undelivered};
