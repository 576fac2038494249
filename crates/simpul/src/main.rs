//! Simpul: one binary that lets a government join a trusted federation.
fn main() {}
