//! What the judges' tools of the binary find out: octets in, a verdict out, as data, as JSON and in plain words.
//!
//! It knows `simpul-trust` and what the rules there prove. It does not know where octets come from: no clock, no file, no
//! socket and no standard stream is touched here. The binary (`main.rs`) does that, and composes everything else.

pub mod evidence;
pub mod ground;
pub mod verdict;
