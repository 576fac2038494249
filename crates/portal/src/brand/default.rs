//! The brand of an invented republic. No state's emblem or name is shipped: each government adds its own by right.

/// A `brand.toml`.
pub(super) const EXAMPLE: &str = r##"phone = "1500-000"

[name]
id = "Simpul"
en = "Simpul"

[government]
id = "Pemerintah Republik Contoh"
en = "Government of the Example Republic"
ar = "حكومة الجمهورية النموذجية"

[zone]
offset = "+07:00"
name = "WIB"
"##;
