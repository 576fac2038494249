//! Seals: the XAdES signature of one message, with a hash chain where the message has more than one part
//! (wire.md §5).

pub mod c14n;
