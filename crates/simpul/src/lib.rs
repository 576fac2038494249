//! What the tools of the binary find out, apart from where they read it: octets in, a verdict out. No clock, no file
//! and no network is touched here; the binary (`main.rs`) does that.

pub mod evidence;
pub mod ground;
pub mod verdict;
