//! What pages say, in the language of their path.

mod catalogue;
mod day;
mod figure;
mod lang;
mod locale;
mod moment;
mod msg;

pub use catalogue::{TextError, Texts};
pub use day::{Day, DayError};
pub use figure::{Currency, Money};
pub use lang::{Direction, Lang};
pub use locale::Locale;
pub use moment::{Zone, ZoneError};
pub use msg::{Msg, Multi};

pub use fluent_bundle::FluentValue;

/// A text of the catalogues in the language of the page: `text!(locale, "stage-of", n = 3, total = 5)`.
///
/// The key is a literal: a test reads the sources, knows every key that is used, and fails for one that no catalogue
/// has, for variables that differ from the catalogue's, and for a text that nothing uses.
#[macro_export]
macro_rules! text {
    ($locale:expr, $key:literal) => {
        $locale.text($key)
    };
    ($locale:expr, $key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $locale.text_with($key, &[$((stringify!($name), $crate::text::FluentValue::from($value))),+])
    };
}
