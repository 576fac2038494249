//! X-Road bytes to values and back, without input or output
