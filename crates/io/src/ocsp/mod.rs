//! OCSP responses: own ones fetched and kept fresh, those of peers asked for and cached (wire.md §3.6, §3.8).

pub(crate) mod multipart;
