//! X-Road's own defaults (wire.md §0, §3.8, §8.3, §9.3).

pub(super) fn peer_port() -> u16 {
    5500
}
pub(super) fn ocsp_port() -> u16 {
    5577
}
pub(super) fn conf_interval() -> u64 {
    60
}
pub(super) fn conf_expiry() -> u64 {
    600
}
pub(super) fn ocsp_interval() -> u64 {
    1200
}
pub(super) fn service_timeout() -> u64 {
    30
}
pub(super) fn any_method() -> String {
    "*".to_owned()
}
pub(super) fn any_path() -> String {
    "**".to_owned()
}
